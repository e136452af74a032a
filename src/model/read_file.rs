//! The files of users that were read, each with all the directives that name it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Name, PasswordFile, PathValue, Site};
use crate::finding::{Finding, once_a_cause};
use crate::userfile::UserFile;

/// A file of users.
#[derive(Debug)]
pub struct ReadFile<'s> {
    /// Who is in it.
    pub users: &'s UserFile,
    /// By what it is named, at least once.
    named: Vec<PasswordFile<'s>>,
}

/// No more lines of one file than this are pointed at.
const MOST_LINES: usize = 4;

impl ReadFile<'_> {
    /// The path, for people.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        match self.named.first().map(|file| file.path()) {
            Some(PathValue::Absolute(path) | PathValue::Relative(path)) => path,
            _ => PathBuf::new(),
        }
    }

    /// A finding at the directive that names the file, with the numbers of the lines that are its reason and what
    /// is to be said of each; none where there are none.
    #[must_use]
    pub fn finding(&self, label: impl Into<String>, lines: Vec<(u32, String)>) -> Option<Finding> {
        let file = self.named.first()?;
        let more = lines.len().saturating_sub(MOST_LINES);
        let mut lines = lines.into_iter().take(MOST_LINES).peekable();
        lines.peek()?;
        let mut finding = self.at_directive(label)?;
        while let Some((line, what)) = lines.next() {
            let what = if lines.peek().is_none() && more > 0 {
                format!("{what} (and {more} more of its lines)")
            } else {
                what
            };
            if let Some(span) = file.span(line) {
                finding = finding.also(span, what);
            }
        }
        Some(finding)
    }

    /// A finding at the directive that names the file; the others that name it are where the same is the matter.
    #[must_use]
    pub fn at_directive(&self, label: impl Into<String>) -> Option<Finding> {
        let (file, others) = self.named.split_first()?;
        let mut finding = Finding::at(file.directive.span(), label);
        finding.elsewhere = others.iter().map(|file| file.directive.span()).collect();
        Some(finding)
    }
}

/// Findings about files, one for each file and level: of several directives that name a file the first is pointed
/// at.
pub fn once_a_file<'s>(found: impl IntoIterator<Item = (PasswordFile<'s>, Finding)>) -> Vec<Finding> {
    once_a_cause(found.into_iter().map(|(file, finding)| {
        let path = match file.path() {
            // It is no file that anybody could mend.
            PathValue::Absolute(path) if path == Path::new("/dev/null") => None,
            PathValue::Absolute(path) | PathValue::Relative(path) => Some(path),
            PathValue::Varies => None,
        };
        let is_of_groups = file.directive.name() == Name::AuthGroupFile;
        (path.map(|path| (path, is_of_groups, finding.level)), finding)
    }))
}

impl Site<'_> {
    /// The files of users that were read, each once.
    #[must_use]
    pub fn read_files(&self) -> Vec<ReadFile<'_>> {
        let mut files: Vec<ReadFile<'_>> = Vec::new();
        let mut by_path: HashMap<PathBuf, usize> = HashMap::new();
        for file in self.password_files() {
            let (PathValue::Absolute(path), Some(users)) = (file.path(), file.users()) else { continue };
            let at = *by_path.entry(path).or_insert_with(|| {
                files.push(ReadFile { users, named: Vec::new() });
                files.len() - 1
            });
            files[at].named.push(file);
        }
        files
    }
}
