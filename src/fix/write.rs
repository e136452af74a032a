//! Writing files so that at any moment either the old text or the new one is there, and all that belongs to a file
//! besides its text stays: owner, mode, access control list and other attributes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, XattrFlags};

/// A file with its old and its new text.
#[derive(Clone, Copy, Debug)]
pub struct Change<'c> {
    /// The file itself, no link.
    pub path: &'c Path,
    /// What has to be there.
    pub before: &'c [u8],
    /// What is to be there.
    pub after: &'c [u8],
}

/// Writes all files, or none of them.
///
/// # Errors
/// Which file could not be written, and why.
pub fn write(changes: &[Change<'_>]) -> Result<(), String> {
    let named = |path: &Path, why: String| format!("{} cannot be written: {why}", path.display());
    let mut prepared = Vec::new();
    for change in changes {
        prepared.push(Prepared::new(*change).map_err(|why| named(change.path, why))?);
    }
    for (number, one) in prepared.into_iter().enumerate() {
        let path = one.path.clone();
        let Err(error) = one.commit() else { continue };
        let failed = named(&path, error.to_string());
        // The directory takes new names, but not this one. What was written before goes back.
        for done in &changes[..number] {
            let back = Change { before: done.after, after: done.before, ..*done };
            if let Err(why) = Prepared::new(back).and_then(|back| back.commit().map_err(text)) {
                return Err(format!("{failed}; {} is written, and stays so: {why}", done.path.display()));
            }
        }
        return Err(failed);
    }
    Ok(())
}

/// A new file beside the old one, complete; it is removed unless it takes the old one's place.
struct Prepared {
    path: PathBuf,
    beside: PathBuf,
    is_done: bool,
}

impl Prepared {
    fn new(change: Change<'_>) -> Result<Self, String> {
        // Whoever may not write to the file shall not replace it either.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or(0);
        let mut old = OpenOptions::new();
        let mut old = old.read(true).write(true).custom_flags(flags).open(change.path).map_err(text)?;
        let mut bytes = Vec::with_capacity(change.before.len() + 1);
        (&mut old).take(change.before.len() as u64 + 1).read_to_end(&mut bytes).map_err(text)?;
        if bytes != change.before {
            return Err("it has changed meanwhile".into());
        }
        let (beside, file) = create_beside(change.path).map_err(text)?;
        let prepared = Prepared { path: change.path.to_path_buf(), beside, is_done: false };
        let mut writer = &file;
        writer.write_all(change.after).map_err(text)?;
        take_over(&old, &file)?;
        file.sync_all().map_err(text)?;
        Ok(prepared)
    }

    fn commit(mut self) -> io::Result<()> {
        fs::rename(&self.beside, &self.path)?;
        self.is_done = true;
        // So that the name is on the disk as well; where a directory cannot be synced it is so by itself.
        let directory = self.path.parent().map(File::open);
        if let Some(Ok(directory)) = directory {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if !self.is_done {
            let _ = fs::remove_file(&self.beside);
        }
    }
}

/// A new file in the same directory, with a name that neither server includes.
fn create_beside(path: &Path) -> io::Result<(PathBuf, File)> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut number = 0;
    loop {
        let beside = directory.join(format!(".authlint-{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => number += 1,
            Err(error) => return Err(error),
            Ok(file) => return Ok((beside, file)),
        }
    }
}

/// Gives the new file what belongs to the old one besides its text.
fn take_over(old: &File, new: &File) -> Result<(), String> {
    let was = old.metadata().map_err(text)?;
    let is = new.metadata().map_err(text)?;
    if (is.uid(), is.gid()) != (was.uid(), was.gid()) {
        fchown(new, Some(was.uid()), Some(was.gid()))
            .map_err(|error| format!("its owner and group cannot be kept: {error}"))?;
    }
    let mode = was.mode() & 0o7777;
    new.set_permissions(fs::Permissions::from_mode(mode))
        .map_err(|error| format!("its mode cannot be kept: {error}"))?;
    let wanted = attributes(old).map_err(text)?;
    let unkept = |name: &[u8]| format!("its attribute {} cannot be kept", String::from_utf8_lossy(name));
    for (name, value) in &wanted {
        if value_of(new, name).ok().as_ref() != Some(value) {
            rustix::fs::fsetxattr(new, name.as_slice(), value, XattrFlags::empty())
                .map_err(|_| unkept(name))?;
        }
    }
    // A directory may give its own list to whatever is made in it.
    for (name, _) in attributes(new).map_err(text)? {
        if !wanted.iter().any(|(kept, _)| *kept == name) {
            rustix::fs::fremovexattr(new, name.as_slice()).map_err(|_| unkept(&name))?;
        }
    }
    let is = new.metadata().map_err(text)?;
    let is_kept = (is.uid(), is.gid(), is.mode()) == (was.uid(), was.gid(), was.mode());
    if is_kept { Ok(()) } else { Err("its owner and mode cannot be kept".into()) }
}

/// The extended attributes, access control lists among them; none where the file system has none.
fn attributes(file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut names = vec![0; 1 << 16];
    let length = match rustix::fs::flistxattr(file, &mut names[..]) {
        Err(rustix::io::Errno::NOTSUP | rustix::io::Errno::NOSYS) => 0,
        other => other?,
    };
    let names = names[..length].split(|&byte| byte == 0).filter(|name| !name.is_empty());
    names.map(|name| Ok((name.to_vec(), value_of(file, name)?))).collect()
}

fn value_of(file: &File, name: &[u8]) -> io::Result<Vec<u8>> {
    let mut value = vec![0; 1 << 16];
    let length = rustix::fs::fgetxattr(file, name, &mut value[..])?;
    value.truncate(length);
    Ok(value)
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn text(error: io::Error) -> String {
    error.to_string()
}
