//! What lies at a path of the server, without following a link at its end.

use std::path::Path;

use super::disk::Kind;
use super::host::read_error;
use super::{Host, ReadError};

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A FIFO, a socket, a device.
    Special,
    /// Nothing.
    Missing,
    /// It could not be found out.
    Unknown,
}

impl Host {
    /// What lies at a path; a link at its end is not followed.
    #[must_use]
    pub fn node(&self, path: &Path) -> Node {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else { return Node::Directory };
        let stat = if self.is_plain() {
            self.disk.lstat(path)
        } else {
            match self.find(directory) {
                Ok((here, _)) => self.disk.lstat(&here.join(name)).or_else(|error| match self.find(path) {
                    Ok((_, stat)) => Ok(stat),
                    Err(_) => Err(error),
                }),
                Err(ReadError::Missing) => return Node::Missing,
                Err(_) => return Node::Unknown,
            }
        };
        match stat {
            Ok(stat) => match stat.kind {
                Kind::File => Node::File,
                Kind::Directory => Node::Directory,
                Kind::Link => Node::Link,
                Kind::Special(_) => Node::Special,
            },
            Err(error) => match read_error(&error) {
                ReadError::Missing => Node::Missing,
                _ => Node::Unknown,
            },
        }
    }
}
