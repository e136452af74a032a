//! What was read: bytes with an id, spans into them, lines and columns, and the server's file system.

mod access;
mod disk;
mod follow;
mod glob;
mod host;
mod instead;
mod node;
mod shelf;
mod users;
mod writers;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use access::{Access, FileState, Obstacle, Seen};
pub use disk::Disk;
pub use glob::{matches, matches_any, matches_path};
pub(crate) use host::FileKey;
pub use host::{Entry, Host, MAX_FILE, Map, ReadError};
pub use node::Node;
pub use users::{Identity, Users};
pub use writers::{Writable, Writers};

use shelf::Shelf;

/// The number of a file among the [`Sources`] of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

impl FileId {
    /// The file's place in a list of all files.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A range of bytes of one file. Offsets count from 0; `end` is the byte after the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` to `end` of `file`.
    #[must_use]
    pub fn new(file: FileId, start: u32, end: u32) -> Self {
        Span { file, start, end }
    }

    /// The smallest span that holds both; both are of one file.
    #[must_use]
    pub fn to(self, other: Span) -> Self {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span before this one.
    #[must_use]
    pub fn before(self) -> Self {
        Span { end: self.start, ..self }
    }

    /// The empty span behind this one.
    #[must_use]
    pub fn after(self) -> Self {
        Span { start: self.end, ..self }
    }
}

/// A line and a column, both counted from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character within the line.
    pub column: usize,
}

/// One file as it was read.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    /// The text. Where the bytes were not UTF-8, each offending byte is one `\u{1a}`, so that every
    /// offset of the text is an offset of the bytes too.
    text: String,
    /// The bytes, where they are not the text.
    raw: Option<Box<[u8]>>,
    lines: OnceLock<Vec<u32>>,
}

impl Source {
    /// A file with the `path` under which the user knows it.
    #[must_use]
    pub fn new(path: PathBuf, bytes: Vec<u8>) -> Self {
        let (text, raw) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let bytes = error.into_bytes();
                (same_length_text(&bytes), Some(bytes.into_boxed_slice()))
            }
        };
        Source { path, text, raw, lines: OnceLock::new() }
    }

    /// The path as the user knows it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text, of the same length as the bytes.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes as they are in the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The offset of the first byte of each line.
    pub fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(memchr::memchr_iter(b'\n', self.text.as_bytes()).map(|at| offset(at) + 1));
            starts
        })
    }

    /// The number of the line that holds the byte at `at`, counted from 0.
    #[must_use]
    pub fn line_of(&self, at: u32) -> usize {
        self.lines().partition_point(|&start| start <= at) - 1
    }

    /// Line and column of the byte at `at`.
    #[must_use]
    pub fn position(&self, at: u32) -> Position {
        let line = self.line_of(at);
        let start = self.lines()[line] as usize;
        let end = self.text.floor_char_boundary((at as usize).min(self.text.len()));
        let column = self.text[start.min(end)..end].chars().count() + 1;
        Position { line: line + 1, column }
    }
}

/// All files of a run.
#[derive(Debug)]
pub struct Sources {
    files: Vec<Source>,
    /// What is not configuration but pointed into, such as files of users; found while configurations are judged.
    beside: Shelf<Source>,
    /// Given where there is no file.
    none: Source,
}

impl Default for Sources {
    fn default() -> Self {
        Sources { files: Vec::new(), beside: Shelf::default(), none: Source::new(PathBuf::new(), Vec::new()) }
    }
}

/// The ids of the files beside the configuration begin here.
const BESIDE: u32 = 1 << 31;

impl Sources {
    /// Takes a file in and gives it its id.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(offset(self.files.len() - 1))
    }

    /// Takes a file in that is no configuration, but that findings point into.
    pub fn add_beside(&self, source: Source) -> FileId {
        FileId(BESIDE + self.beside.put(source))
    }

    /// The file with this id.
    #[must_use]
    pub fn get(&self, file: FileId) -> &Source {
        match file.0.checked_sub(BESIDE) {
            None => &self.files[file.index()],
            Some(number) => self.beside.get(number).unwrap_or(&self.none),
        }
    }

    /// Whether this is a file beside the configuration, of which not all is shown: offsets in it are not those
    /// of the file.
    #[must_use]
    pub fn is_beside(&self, file: FileId) -> bool {
        file.0 >= BESIDE
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len() + self.beside.len()
    }

    /// The number of a file among all of them.
    #[must_use]
    pub fn number(&self, file: FileId) -> usize {
        file.0.checked_sub(BESIDE).map_or(file.index(), |number| self.files.len() + number as usize)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of a span as text.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text().get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// A length or an index as it is kept: files over [`MAX_FILE`] bytes are not read, so it fits.
#[must_use]
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn same_length_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n('\u{1a}', chunk.invalid().len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_bytes_that_are_no_text() {
        let source = Source::new("x".into(), b"a\n\xe9\xc3\xa4b\n".to_vec());
        assert_eq!(source.text().len(), source.bytes().len());
        assert_eq!(source.position(5), Position { line: 2, column: 3 });
        assert_eq!(source.position(6), Position { line: 2, column: 4 });
        assert_eq!(source.position(7), Position { line: 3, column: 1 });
    }
}
