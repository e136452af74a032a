//! What lies on the server's disk, each path looked at once.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use crate::decide::Decider;
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
    /// Files that are there, and the directories above them.
    assumed: HashMap<PathBuf, Node>,
    /// What is in those that are opened for a login.
    assumed_text: Vec<u8>,
    seen: RwLock<HashMap<PathBuf, Node>>,
}

impl<'s> Disk<'s> {
    pub fn new(decider: &Decider<'s>) -> Self {
        let above = decider.assumed.iter().flat_map(|path| path.ancestors().skip(1));
        let mut assumed: HashMap<PathBuf, Node> =
            above.map(|path| (path.to_path_buf(), Node::Directory)).collect();
        assumed.extend(decider.assumed.iter().map(|path| (path.clone(), Node::File)));
        let Decider { site, look, .. } = *decider;
        Disk { look, site, assumed, assumed_text: decider.assumed_text(), seen: RwLock::default() }
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
        if let Some(known) = self.assumed.get(path) {
            return *known;
        }
        // Nothing lies below a file.
        if path.ancestors().skip(1).any(|above| self.assumed.get(above) == Some(&Node::File)) {
            return Node::Missing;
        }
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

    /// What is in a file that is taken for granted.
    pub fn assumed(&self, path: &Path) -> Option<&[u8]> {
        (self.assumed.get(path) == Some(&Node::File)).then_some(&self.assumed_text)
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
