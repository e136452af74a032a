//! What lies on the server's disk, each path looked at once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use crate::model::{FilesMode, Look, Site};
use crate::source::{Access, Node};
use crate::userfile::MAX_USER_FILE;

/// More paths than this are not remembered.
const MOST_KNOWN: usize = 200_000;

/// The disk, as far as it may be looked at.
#[derive(Debug)]
pub struct Disk<'s> {
    look: Look<'s>,
    site: &'s Site<'s>,
    seen: RwLock<HashMap<PathBuf, Node>>,
}

impl<'s> Disk<'s> {
    pub fn new(site: &'s Site<'s>, look: Look<'s>) -> Self {
        Disk { look, site, seen: RwLock::default() }
    }

    /// Whether a path may be looked at.
    pub fn may_look(&self, path: &Path) -> bool {
        match self.look.mode {
            FilesMode::Always => true,
            FilesMode::Never => false,
            FilesMode::Auto => self.site.config().installed || self.look.host.places(path),
        }
    }

    /// What lies at a path, links not followed at its end.
    pub fn at(&self, path: &Path) -> Node {
        let known = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(path).copied();
        known.unwrap_or_else(|| {
            let seen = if self.may_look(path) { self.look.host.node(path) } else { Node::Unknown };
            let mut known = self.seen.write().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(path.to_path_buf(), seen);
            seen
        })
    }

    /// What a link leads to in the end, or the path itself.
    pub fn behind(&self, path: &Path) -> Node {
        match self.at(path) {
            Node::Link if self.look.host.is_directory(path) => Node::Directory,
            Node::Link if self.look.host.exists(path) => Node::File,
            Node::Link => Node::Missing,
            seen => seen,
        }
    }

    /// Whether the server's user can read a file.
    pub fn access(&self, path: &Path) -> Access {
        if self.may_look(path) {
            self.look.host.access(path, self.site.identity())
        } else {
            Access::Unknown(format!("{} is not looked at", path.display()))
        }
    }

    /// Whether the server's user may not reach what is in a directory.
    pub fn is_closed(&self, directory: &Path) -> bool {
        self.may_look(directory)
            && self.look.host.is_searchable(directory, self.site.identity()) == Some(false)
    }

    /// The bytes of a file of users or groups.
    pub fn read(&self, path: &Path) -> Option<Vec<u8>> {
        self.look.host.read_at_most(path, MAX_USER_FILE).ok()
    }
}
