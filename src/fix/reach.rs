//! Which files may be written: those at or below the paths that were given, and no others.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::load::Origin;
use crate::source::Host;

/// How far fixes reach.
#[derive(Debug)]
pub struct Reach {
    /// Without links.
    given: Vec<PathBuf>,
    /// Whether nothing is written, so that what is no file can be dealt with, too.
    shows_only: bool,
}

impl Reach {
    /// What is at or below the paths, as the user names them. A link to a file does not reach the file.
    pub fn of(paths: &[PathBuf], host: &mut Host, shows_only: bool) -> Self {
        let mut given = Vec::new();
        for path in paths {
            let server_path = host.server_path(path);
            let here = host.disk_path(&server_path);
            let is_link = fs::symlink_metadata(host.shown(&server_path)).is_ok_and(|data| data.is_symlink());
            if (!is_link || here.is_dir())
                && let Ok(here) = here.canonicalize()
            {
                given.push(here);
            }
        }
        Reach { given, shows_only }
    }

    /// Where the file really lies.
    ///
    /// # Errors
    /// Why it is not to be written, as one clause.
    pub fn judge(&self, host: &Host, origin: &Origin) -> Result<PathBuf, String> {
        let path = match origin {
            Origin::Disk(path, _) => path,
            Origin::Elsewhere(_) if self.shows_only => return Ok(PathBuf::new()),
            Origin::Elsewhere(_) => return Err("not a file, but a copy of one".into()),
        };
        let here = host.disk_path(path);
        let real = here.canonicalize().map_err(|error| error.to_string())?;
        if !self.given.iter().any(|given| real.starts_with(given)) {
            return Err(outside(&host.shown(path), &real));
        }
        let data = fs::symlink_metadata(&real).map_err(|error| error.to_string())?;
        match data.nlink() {
            _ if !data.is_file() => Err("this is not a file".into()),
            0 | 1 => Ok(real),
            links => {
                Err(format!("it has {links} names (hard links), and the others would keep the old text"))
            }
        }
    }
}

fn outside(shown: &Path, real: &Path) -> String {
    if fs::symlink_metadata(shown).is_ok_and(|data| data.is_symlink()) {
        format!("a link to {}, which is not below a PATH that was given", real.display())
    } else {
        "not below a PATH that was given".into()
    }
}
