//! Which files belong together: those that some configuration loads together.

use std::collections::HashMap;

use crate::load::Loaded;
use crate::source::FileKey;

/// The files of a run, in groups.
#[derive(Debug, Default)]
pub struct Groups {
    numbers: HashMap<FileKey, usize>,
    /// For each number the group that it has come into; the last in the chain names the group.
    into: Vec<usize>,
}

impl Groups {
    /// The groups of several looks at the same configuration.
    pub fn of(looks: &[&Loaded]) -> Self {
        let mut groups = Groups::default();
        for loaded in looks {
            for config in &loaded.configs {
                let entry = groups.number(&loaded.files.key(config.entry));
                for file in config.files() {
                    let other = groups.number(&loaded.files.key(file));
                    let (a, b) = (groups.last(entry), groups.last(other));
                    groups.into[a.max(b)] = a.min(b);
                }
            }
        }
        groups
    }

    /// The group of a file; none for a file of no configuration.
    pub fn find(&self, key: &FileKey) -> Option<usize> {
        self.numbers.get(key).map(|&number| self.last(number))
    }

    fn number(&mut self, key: &FileKey) -> usize {
        let next = self.into.len();
        let number = *self.numbers.entry(key.clone()).or_insert(next);
        if number == next {
            self.into.push(next);
        }
        number
    }

    fn last(&self, mut number: usize) -> usize {
        while self.into[number] != number {
            number = self.into[number];
        }
        number
    }
}
