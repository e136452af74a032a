//! What httpd takes in, line by line, after everything that is decided while it reads.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::environment::{Environment, Truth};
use crate::load::{Files, Instance};
use crate::source::{FileId, Span};
use crate::syntax::StatementId;

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A directive.
    Directive,
    /// A section opens.
    Open,
    /// The innermost section ends.
    Close,
    /// A `.htaccess` begins, which ends with a `Close`; its statement is the number of the file in
    /// [`Reading::htaccess`].
    Htaccess,
    /// Something may stand here that is not known: a file that is not there, a template mark.
    Unknown,
}

/// One line in the order of reading.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// What it does.
    pub step: Step,
    /// 0 if it is certainly there, given the section around it. Otherwise the number of the innermost
    /// container whose condition is unknown: lines of one container are there together.
    pub condition: u32,
    /// The reading of the file, or of the macro, that it stands in.
    pub instance: u32,
    /// The statement in the file.
    pub statement: StatementId,
    /// Its text, where that is not simply the text of the statement; see [`Reading::expanded`].
    pub expanded: Option<ExpandedId>,
}

/// The number of an expanded line.
pub type ExpandedId = std::num::NonZeroU32;

/// A line whose variables or macro parameters were replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The whole logical line.
    pub line: Vec<u8>,
    /// Its words, quotes and escapes resolved; the first is the name.
    pub words: Vec<Vec<u8>>,
}

/// A `.htaccess`, or whatever `AccessFileName` calls it.
#[derive(Clone, Debug)]
pub struct Htaccess {
    /// The directory it is for, as a path of the server.
    pub directory: PathBuf,
    /// The file; none where it could not be read.
    pub file: Option<FileId>,
}

/// A `<IfModule>` that was come by.
#[derive(Clone, Copy, Debug)]
pub struct ModuleTest {
    /// Where.
    pub instance: u32,
    /// The section.
    pub statement: StatementId,
    /// What came of it.
    pub result: Truth,
}

/// A variable without a known value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownVariable {
    /// The line that uses it.
    pub span: Span,
    /// Its name.
    pub name: String,
}

/// A configuration as httpd reads it.
#[derive(Debug, Default)]
pub struct Reading {
    /// The lines in their order.
    pub lines: Vec<Line>,
    /// The readings of files and macros that the lines stand in.
    pub instances: Vec<Instance>,
    /// The `.htaccess` files that belong to it.
    pub htaccess: Vec<Htaccess>,
    /// The tests of modules.
    pub module_tests: Vec<ModuleTest>,
    /// The variables without a known value, each once a line.
    pub unknown_variables: Vec<UnknownVariable>,
    /// `ServerRoot`, or what it is taken to be.
    pub server_root: Option<PathBuf>,
    /// What is known at the end of the main configuration.
    pub environment: Arc<Environment>,
    /// The bodies of containers that are not read, in which anything may stand.
    pub(super) soaked: Vec<Span>,
    expanded: Vec<Expanded>,
}

impl Reading {
    /// To begin with what is known of the server.
    pub(super) fn with(environment: Arc<Environment>) -> Self {
        Reading { environment, ..Reading::default() }
    }

    /// What is known, to be changed.
    pub(super) fn environment(&mut self) -> &mut Environment {
        Arc::make_mut(&mut self.environment)
    }

    /// The text of an expanded line.
    #[must_use]
    pub fn expanded(&self, id: ExpandedId) -> Option<&Expanded> {
        self.expanded.get(id.get() as usize - 1)
    }

    /// Takes an expanded line in.
    pub(super) fn expand(&mut self, expanded: Expanded) -> Option<ExpandedId> {
        self.expanded.push(expanded);
        ExpandedId::new(crate::source::offset(self.expanded.len()))
    }

    /// The file of a line.
    #[must_use]
    pub fn file(&self, line: Line) -> FileId {
        self.instances[line.instance as usize].file
    }

    /// Whether a place lies in a container that is not read, where httpd looks for nothing but tags.
    #[must_use]
    pub fn is_soaked(&self, at: Span) -> bool {
        // They never lie in each other, and are in order: see `finish`.
        let behind = self.soaked.partition_point(|span| (span.file, span.start) <= (at.file, at.start));
        let before = behind.checked_sub(1).and_then(|n| self.soaked.get(n));
        before.is_some_and(|span| span.file == at.file && at.end <= span.end)
    }

    /// Is called when all is read.
    pub(super) fn finish(&mut self) {
        self.soaked.sort_unstable_by_key(|span| (span.file, span.start));
        self.soaked.dedup();
    }

    /// A path made absolute as httpd does it: from `ServerRoot` (spec a27, a86), and `x/..` taken out by name alone,
    /// whether or not there is an `x`.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> Option<PathBuf> {
        let path = match &self.server_root {
            _ if path.is_absolute() => path.to_path_buf(),
            Some(root) => root.join(path),
            None => return None,
        };
        Some(if path.components().any(|part| part == Component::ParentDir) {
            without_parents(&path)
        } else {
            path
        })
    }

    /// Appends what was read apart: a `.htaccess`.
    pub(super) fn append(&mut self, other: Reading) {
        let instances = crate::source::offset(self.instances.len());
        let expanded = crate::source::offset(self.expanded.len());
        let move_id = |id: ExpandedId| id.checked_add(expanded);
        self.lines.extend(other.lines.into_iter().map(|line| Line {
            instance: line.instance + instances,
            expanded: line.expanded.and_then(move_id),
            ..line
        }));
        self.instances.extend(other.instances);
        self.expanded.extend(other.expanded);
        self.unknown_variables.extend(other.unknown_variables);
        self.soaked.extend(other.soaked);
        let tests = other.module_tests.into_iter();
        self.module_tests
            .extend(tests.map(|test| ModuleTest { instance: test.instance + instances, ..test }));
    }

    /// The words of a line that hold no unknown variable or template mark; none for those that do.
    pub(super) fn known_words(&self, files: &Files, line: Line) -> Vec<Option<Vec<u8>>> {
        if let Some(expanded) = line.expanded.and_then(|id| self.expanded(id)) {
            let is_known = |word: &&Vec<u8>| memchr::memmem::find(word, b"${").is_none();
            return expanded.words.iter().map(|word| Some(word).filter(is_known).cloned()).collect();
        }
        let file = self.file(line);
        let (tree, source) = (files.tree(file), files.sources.get(file));
        (0..tree.word_count(line.statement))
            .map(|n| {
                let value = tree.value(source, line.statement, n)?;
                tree.is_literal(line.statement, n).then(|| value.into_owned())
            })
            .collect()
    }
}

/// A path without `..`; a slash at its end stays, and `x/y/..` is `x/`.
fn without_parents(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.ends_with(b"/") || bytes.ends_with(b"/..") {
        plain.push("");
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_taken_out_by_name() {
        for (path, expected) in
            [("/a/../b", "/b"), ("/../b/", "/b/"), ("/a/b/..", "/a/"), ("/a//./b/../c", "/a/c")]
        {
            assert_eq!(without_parents(Path::new(path)).as_os_str(), expected);
        }
    }
}
