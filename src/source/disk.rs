//! Where files come from: the disk, or memory for dumps, tests and editors.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What a directory entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Directory,
    Link,
    /// A FIFO, socket or device, with its name for people.
    Special(&'static str),
}

/// Type, permission bits and owner, as lstat(2) tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub kind: Kind,
    /// The twelve permission bits.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub size: u64,
    /// Device and number; memory has none.
    pub inode: Option<(u64, u64)>,
}

impl Stat {
    /// A directory that is there only because something lies below it.
    pub fn assumed_directory() -> Self {
        Stat { kind: Kind::Directory, mode: 0o755, uid: 0, gid: 0, size: 0, inode: None }
    }
}

/// A file held in memory.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The content.
    pub bytes: Vec<u8>,
    /// The permission bits, such as `0o644`.
    pub mode: u32,
    /// The owner's number.
    pub uid: u32,
    /// The group's number.
    pub gid: u32,
    /// Whether it is a directory; then `bytes` is empty.
    pub directory: bool,
}

impl Entry {
    /// A file that everybody may read.
    #[must_use]
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Entry { bytes: bytes.into(), mode: 0o644, uid: 0, gid: 0, directory: false }
    }

    /// A directory that everybody may search.
    #[must_use]
    pub fn directory() -> Self {
        Entry { bytes: Vec::new(), mode: 0o755, uid: 0, gid: 0, directory: true }
    }
}

/// A file system. Paths are absolute.
#[derive(Debug)]
pub enum Disk {
    /// The one of this machine.
    Real,
    /// Files by their absolute path; directories above them are there by themselves, mode 0755.
    Memory(BTreeMap<PathBuf, Entry>),
}

impl Disk {
    pub(super) fn lstat(&self, path: &Path) -> io::Result<Stat> {
        match self {
            Disk::Real => fs::symlink_metadata(path).map(|data| stat(&data)),
            Disk::Memory(files) => match files.get(path) {
                Some(entry) => Ok(Stat {
                    kind: if entry.directory { Kind::Directory } else { Kind::File },
                    mode: entry.mode,
                    uid: entry.uid,
                    gid: entry.gid,
                    size: entry.bytes.len() as u64,
                    inode: None,
                }),
                None if below(files, path).next().is_some() => Ok(Stat::assumed_directory()),
                None => Err(io::ErrorKind::NotFound.into()),
            },
        }
    }

    /// As [`Disk::lstat`], but through a link at the end; only for paths without `--root`.
    pub(super) fn stat(&self, path: &Path) -> io::Result<Stat> {
        match self {
            Disk::Real => fs::metadata(path).map(|data| stat(&data)),
            Disk::Memory(_) => self.lstat(path),
        }
    }

    /// Whether there is an access control list besides the mode.
    pub(super) fn has_acl(&self, path: &Path) -> bool {
        match self {
            // A zero-length buffer asks for the size alone.
            Disk::Real => rustix::fs::getxattr(path, "system.posix_acl_access", &mut [0_u8; 0]).is_ok(),
            Disk::Memory(_) => false,
        }
    }

    pub(super) fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        match self {
            Disk::Real => fs::read_link(path),
            Disk::Memory(_) => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// At most `limit` bytes and one more, so that the caller sees that there is too much.
    pub(super) fn read(&self, path: &Path, size: u64, limit: u64) -> io::Result<Vec<u8>> {
        match self {
            Disk::Real => {
                let mut bytes = Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or(0) + 1);
                // Some files of /proc wait for what never comes.
                let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or(0);
                let file = fs::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
                file.take(limit + 1).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Disk::Memory(files) => match files.get(path) {
                Some(entry) => Ok(entry.bytes.clone()),
                None => Err(io::ErrorKind::NotFound.into()),
            },
        }
    }

    /// The names in a directory, in no order.
    pub(super) fn names(&self, path: &Path) -> io::Result<Vec<std::ffi::OsString>> {
        match self {
            Disk::Real => fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name())).collect(),
            Disk::Memory(files) => {
                let mut names: Vec<_> = below(files, path)
                    .filter_map(|file| file.strip_prefix(path).ok()?.iter().next().map(Into::into))
                    .collect();
                names.dedup();
                Ok(names)
            }
        }
    }
}

fn below<'a>(files: &'a BTreeMap<PathBuf, Entry>, path: &'a Path) -> impl Iterator<Item = &'a PathBuf> {
    files
        .range::<Path, _>((std::ops::Bound::Excluded(path), std::ops::Bound::Unbounded))
        .map(|(file, _)| file)
        .take_while(move |file| file.starts_with(path))
}

fn stat(data: &fs::Metadata) -> Stat {
    let kind = data.file_type();
    let kind = if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        Kind::Link
    } else if kind.is_fifo() {
        Kind::Special("a FIFO")
    } else if kind.is_socket() {
        Kind::Special("a socket")
    } else {
        Kind::Special("a device")
    };
    Stat {
        kind,
        mode: data.mode() & 0o7777,
        uid: data.uid(),
        gid: data.gid(),
        size: data.len(),
        inode: Some((data.dev(), data.ino())),
    }
}
