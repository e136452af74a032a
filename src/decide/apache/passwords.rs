//! What password files and group files come to when httpd opens them (spec a72, a80, a84).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::disk::Disk;
use crate::source::Access;
use crate::userfile::{Groups, Reader, UserFile};

/// What a file comes to when it is opened.
#[derive(Debug)]
pub enum Opened<T> {
    /// What is in it.
    Read(T),
    /// It cannot be opened: 500 for whoever brings credentials.
    Broken(String),
    /// Nobody knows.
    Unknown(String),
}

/// The files that were read.
#[derive(Debug, Default)]
pub struct UserFiles {
    users: Kept<UserFile>,
    groups: Kept<Groups>,
}

/// Files of one sort by their path.
type Kept<T> = RwLock<HashMap<PathBuf, Arc<Opened<T>>>>;

impl UserFiles {
    /// The password file at an absolute path.
    pub fn users(&self, disk: &Disk<'_>, path: &Path) -> Arc<Opened<UserFile>> {
        get(&self.users, disk, path, |bytes| UserFile::read(Reader::Apache, bytes))
    }

    /// The group file at an absolute path.
    pub fn groups(&self, disk: &Disk<'_>, path: &Path) -> Arc<Opened<Groups>> {
        get(&self.groups, disk, path, Groups::read)
    }
}

fn get<T>(kept: &Kept<T>, disk: &Disk<'_>, path: &Path, parse: impl Fn(&[u8]) -> T) -> Arc<Opened<T>> {
    let known = kept.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
    known.unwrap_or_else(|| {
        let file = Arc::new(read(disk, path, parse));
        kept.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf(), file.clone());
        file
    })
}

fn read<T>(disk: &Disk<'_>, path: &Path, parse: impl Fn(&[u8]) -> T) -> Opened<T> {
    let shown = path.display();
    if let Some(text) = disk.assumed(path) {
        return Opened::Read(parse(text));
    }
    match disk.access(path) {
        Access::Readable if path == Path::new("/dev/null") => Opened::Read(parse(b"")),
        Access::Readable => match disk.read(path) {
            Some(bytes) => Opened::Read(parse(&bytes)),
            None => Opened::Unknown(format!("{shown} could not be read")),
        },
        Access::Missing(_) => Opened::Broken(format!("{shown} is missing")),
        Access::Directory => Opened::Broken(format!("{shown} is a directory")),
        Access::Unreadable(_) => Opened::Broken(format!("{shown} cannot be read by the server's user")),
        // httpd waits for what somebody writes into it.
        Access::Special(what) if what == "a FIFO" => Opened::Unknown(format!("{shown} is {what}")),
        // httpd reads regular files only, and /dev/null.
        Access::Special(what) => Opened::Broken(format!("{shown} is {what}")),
        Access::Outside => Opened::Unknown(format!("{shown} leads out of the root")),
        Access::Unknown(why) => Opened::Unknown(why),
    }
}
