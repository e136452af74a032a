//! Texts in place of what is in the files: what a configuration would be if they were written.

use std::collections::HashMap;

use super::disk::Stat;
use super::{FileKey, Host};

/// By the files that they stand for.
pub(super) type Instead = HashMap<FileKey, Vec<u8>>;

impl Host {
    /// Reads these texts from now on, and no others, in place of the files.
    pub(crate) fn read_instead(&mut self, texts: HashMap<FileKey, Vec<u8>>) {
        self.instead = texts;
    }

    /// What stands for the text of a file.
    pub(crate) fn instead_of(&self, key: &FileKey) -> Option<&[u8]> {
        self.instead.get(key).map(Vec::as_slice)
    }

    pub(super) fn instead_of_file(&self, stat: &Stat) -> Option<&[u8]> {
        let (device, inode) = stat.inode.filter(|_| !self.instead.is_empty())?;
        self.instead_of(&FileKey::Inode(device, inode))
    }
}
