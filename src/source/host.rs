//! The server's file system, seen from here: `--root` and `--map` say where the server's paths lie.
//!
//! Everything in a configuration is a path *of the server*. A [`Host`] finds it on this machine,
//! follows links as the server would, reads files in bounded memory, and says whether the server's
//! user can read a file.

use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use super::disk::{Kind, Stat};
use super::follow::{OUTSIDE, Walk};
use super::instead::Instead;
use super::{Disk, Users, glob};

pub use super::disk::Entry;

/// The largest file that is read, in bytes. Offsets are 32 bits wide.
pub const MAX_FILE: u64 = 256 << 20;

/// `--map FROM=TO`: the server's `from` lies at `to` here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// A path of the server.
    pub from: PathBuf,
    /// The path here.
    pub to: PathBuf,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It is not there.
    Missing,
    /// It is a directory.
    Directory,
    /// It is no regular file; what it is instead, for people.
    Special(&'static str),
    /// It is larger than this number of bytes.
    TooLarge(u64),
    /// The system's own words.
    Io(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Missing => f.write_str("no such file or directory"),
            ReadError::Directory => f.write_str("this is a directory"),
            ReadError::Special(what) => write!(f, "this is {what}, not a file"),
            ReadError::TooLarge(limit) => {
                write!(f, "the file is larger than {} MiB and is not read", limit >> 20)
            }
            ReadError::Io(words) => f.write_str(words),
        }
    }
}

/// What makes two paths the same file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FileKey {
    Inode(u64, u64),
    Path(PathBuf),
}

/// A file system as the server sees it.
#[derive(Debug)]
pub struct Host {
    pub(super) disk: Disk,
    pub(super) root: Option<PathBuf>,
    pub(super) maps: Vec<Map>,
    /// Paths below this directory are shown relative to it.
    shown_from: Option<PathBuf>,
    pub(super) users: OnceLock<Users>,
    pub(super) instead: Instead,
}

impl Host {
    /// The file system of this machine. `root` and the `to` of the maps may be relative to the
    /// working directory.
    ///
    /// # Errors
    /// When the working directory cannot be found out.
    pub fn new(root: Option<PathBuf>, maps: Vec<Map>) -> io::Result<Self> {
        let root = root.map(std::path::absolute).transpose()?.map(|root| plain(&root));
        let mut maps = maps
            .into_iter()
            .map(|map| Ok(Map { from: map.from, to: plain(&std::path::absolute(map.to)?) }))
            .collect::<io::Result<Vec<_>>>()?;
        // The most specific prefix wins.
        maps.sort_by_key(|map| std::cmp::Reverse(map.from.components().count()));
        Ok(Host {
            disk: Disk::Real,
            root,
            maps,
            shown_from: None,
            users: OnceLock::new(),
            instead: Instead::default(),
        })
    }

    /// A file system in memory.
    #[must_use]
    pub fn memory(files: impl IntoIterator<Item = (PathBuf, Entry)>) -> Self {
        let disk = Disk::Memory(files.into_iter().collect());
        Host {
            disk,
            root: None,
            maps: Vec::new(),
            shown_from: None,
            users: OnceLock::new(),
            instead: Instead::default(),
        }
    }

    /// Shows paths below `directory` relative to it.
    #[must_use]
    pub fn shown_from(mut self, directory: PathBuf) -> Self {
        self.shown_from = Some(directory);
        self
    }

    /// Whether this is memory, not a disk.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        matches!(self.disk, Disk::Memory(_))
    }

    /// Whether a `--root` was given.
    #[must_use]
    pub fn has_root(&self) -> bool {
        self.root.is_some()
    }

    /// Whether a `--map` was given.
    #[must_use]
    pub fn has_maps(&self) -> bool {
        !self.maps.is_empty()
    }

    /// What makes two paths of the server the same file.
    #[must_use]
    pub(crate) fn key(&self, path: &Path) -> FileKey {
        match (self.is_memory(), self.find(path)) {
            (false, Ok((_, Stat { inode: Some((device, inode)), .. }))) => FileKey::Inode(device, inode),
            _ => FileKey::Path(path.to_path_buf()),
        }
    }

    /// Where a path of the server lies on this machine, its links followed.
    #[must_use]
    pub fn disk_path(&self, path: &Path) -> PathBuf {
        self.find(path).map_or_else(|_| self.here(path), |(here, _)| here)
    }

    /// Whether a `--root` or `--map` says where this path of the server lies.
    #[must_use]
    pub fn places(&self, path: &Path) -> bool {
        self.root.is_some() || self.is_memory() || self.maps.iter().any(|map| path.starts_with(&map.from))
    }

    /// The server's name for a path that the user gave: one of this machine, or, where a root is
    /// given, one of the server. A relative path outside of the root is taken as lying there for the
    /// server too, because the user named it.
    pub fn server_path(&mut self, given: &Path) -> PathBuf {
        let here = plain(&std::path::absolute(given).unwrap_or_else(|_| given.to_path_buf()));
        for map in &self.maps {
            if let Ok(rest) = here.strip_prefix(&map.to) {
                return join(&map.from, rest);
            }
        }
        let Some(root) = &self.root else { return here };
        if let Ok(rest) = here.strip_prefix(root) {
            return join(Path::new("/"), rest);
        }
        if given.is_relative() {
            let directory = here.parent().unwrap_or(Path::new("/")).to_path_buf();
            self.maps.insert(0, Map { from: directory.clone(), to: directory });
        }
        here
    }

    /// The path as the user knows it: on this machine, relative where that is wished.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        let here = self.here(path);
        match &self.shown_from {
            Some(base) => here.strip_prefix(base).map(Path::to_path_buf).unwrap_or(here),
            None => here,
        }
    }

    /// Reads a regular file of at most [`MAX_FILE`] bytes. Anything else is never opened.
    ///
    /// # Errors
    /// Why it was not read.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.read_at_most(path, MAX_FILE)
    }

    /// Reads a regular file of at most `limit` bytes. Anything else is never opened.
    ///
    /// # Errors
    /// Why it was not read.
    pub fn read_at_most(&self, path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
        let (path, stat) = self.find(path)?;
        match stat.kind {
            Kind::File => {}
            Kind::Directory => return Err(ReadError::Directory),
            Kind::Special(what) => return Err(ReadError::Special(what)),
            Kind::Link => return Err(ReadError::Missing),
        }
        if let Some(text) = self.instead_of_file(&stat) {
            return Ok(text.to_vec());
        }
        if stat.size > limit {
            return Err(ReadError::TooLarge(limit));
        }
        let bytes = self.disk.read(&path, stat.size, limit).map_err(|error| read_error(&error))?;
        if bytes.len() as u64 > limit { Err(ReadError::TooLarge(limit)) } else { Ok(bytes) }
    }

    /// Whether the path is a directory, links followed.
    #[must_use]
    pub fn is_directory(&self, path: &Path) -> bool {
        self.find(path).is_ok_and(|(_, stat)| stat.kind == Kind::Directory)
    }

    /// Whether there is something, links followed.
    #[must_use]
    pub fn exists(&self, path: &Path) -> bool {
        self.find(path).is_ok()
    }

    /// The names in a directory in bytewise order, at most `limit` of them.
    #[must_use]
    pub fn list(&self, path: &Path, limit: usize) -> Vec<String> {
        let Ok((here, _)) = self.find(path) else { return Vec::new() };
        let mut names: Vec<_> = self
            .disk
            .names(&here)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|name| name.into_string().ok())
            .collect();
        names.sort_unstable();
        names.truncate(limit);
        names
    }

    /// The paths that an absolute pattern matches, in the order of glob(3): bytewise.
    ///
    /// # Errors
    /// When a directory on the way is there but may not be listed: then nobody knows what matches.
    pub fn glob(&self, pattern: &Path) -> Result<Vec<PathBuf>, ReadError> {
        let mut found = vec![PathBuf::from("/")];
        for part in pattern.components() {
            let Component::Normal(part) = part else {
                if part == Component::ParentDir {
                    for path in &mut found {
                        path.push("..");
                    }
                }
                continue;
            };
            if !glob::is_pattern(part.as_encoded_bytes()) {
                for path in &mut found {
                    path.push(part);
                }
                continue;
            }
            let mut next = Vec::new();
            for directory in found {
                let (here, stat) = match self.find(&directory) {
                    Ok(found) => found,
                    Err(ReadError::Missing) => continue,
                    Err(error) => return Err(error),
                };
                if stat.kind != Kind::Directory {
                    continue;
                }
                for name in self.disk.names(&here).map_err(|error| read_error(&error))? {
                    if glob::matches(part.as_encoded_bytes(), name.as_encoded_bytes()) {
                        next.push(directory.join(name));
                    }
                }
            }
            found = next;
        }
        // glob(3) gives a dangling link too, as it is; only what has no entry at all is left out.
        found.retain(|path| self.entry_exists(path));
        found.sort_by(|a, b| a.as_os_str().cmp(b.as_os_str()));
        Ok(found)
    }

    pub(super) fn is_plain(&self) -> bool {
        self.root.is_none() && self.maps.is_empty() && !self.is_memory()
    }

    /// Where a path of the server lies here, links not followed.
    pub(super) fn here(&self, path: &Path) -> PathBuf {
        for map in &self.maps {
            if let Ok(rest) = path.strip_prefix(&map.from) {
                return join(&map.to, rest);
            }
        }
        match &self.root {
            Some(root) => join(root, path.strip_prefix("/").unwrap_or(path)),
            None => path.to_path_buf(),
        }
    }

    /// Whether there is an access control list beside the mode at a path.
    pub(super) fn has_acl(&self, path: &Path) -> Option<&'static str> {
        self.disk.has_acl(&self.here(path)).then_some("it has an access control list, which is not judged")
    }

    /// Whether the mode at a path is not the server's word on it: a checkout or an unpacked image belongs to
    /// whoever made it.
    pub(super) fn mode_is_not_all(&self, path: &Path, stat: &Stat) -> Option<&'static str> {
        let is_mapped = self.maps.iter().any(|map| path.starts_with(&map.from));
        let is_unpacked =
            self.root.as_ref().is_some_and(|root| self.disk.lstat(root).is_ok_and(|top| top.uid == stat.uid));
        let is_of_the_copy = stat.uid != 0 && (is_mapped || is_unpacked);
        is_of_the_copy.then_some("it belongs to whoever made this copy")
    }

    fn entry_exists(&self, path: &Path) -> bool {
        match (path.parent(), path.file_name()) {
            (Some(directory), Some(name)) => {
                self.find(directory).is_ok_and(|(here, _)| self.disk.lstat(&here.join(name)).is_ok())
                    || self.find(path).is_ok()
            }
            _ => true,
        }
    }

    pub(super) fn find(&self, path: &Path) -> Result<(PathBuf, Stat), ReadError> {
        if self.is_plain() {
            let stat = self.disk.stat(path).map_err(|error| read_error(&error))?;
            return Ok((path.to_path_buf(), stat));
        }
        match self.walk(path) {
            Walk::Found { path, stat, .. } => Ok((self.here(&path), stat)),
            Walk::Missing { .. } | Walk::NotADirectory { .. } => Err(ReadError::Missing),
            Walk::Outside => Err(ReadError::Io(OUTSIDE.into())),
            Walk::Unknown { why, .. } => Err(ReadError::Io(why)),
        }
    }
}

pub(super) fn read_error(error: &io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Missing,
        _ => ReadError::Io(error.to_string()),
    }
}

/// The path without `.` and `..`, taken out by name alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

fn join(base: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { base.to_path_buf() } else { base.join(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glob_finds_in_bytewise_order_and_leaves_dots() {
        let files = ["/c/b.conf", "/c/.h.conf", "/c/B.conf", "/c/9.conf", "/c/10.conf", "/c/a.conf~", "/d/x"];
        let host = Host::memory(files.map(|path| (path.into(), Entry::file(""))));
        let found = host.glob(Path::new("/c/*.conf")).unwrap();
        assert_eq!(found, ["/c/10.conf", "/c/9.conf", "/c/B.conf", "/c/b.conf"].map(PathBuf::from));
        assert_eq!(host.glob(Path::new("/?/x")).unwrap(), [PathBuf::from("/d/x")]);
        assert!(host.glob(Path::new("/e/*")).unwrap().is_empty());
    }
}
