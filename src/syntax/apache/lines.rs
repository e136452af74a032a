//! Lines: where they end, and what those are that go on behind a backslash.

use memchr::{memchr, memrchr};

use super::LONGEST;
use crate::source::offset;
use crate::syntax::Range;

/// Some lines as the grammar reads them, and where they stand in the file.
pub struct View<'t> {
    pub text: &'t str,
    /// The place of its first byte.
    pub start: usize,
    /// The place behind its last.
    pub end: usize,
    pub joins: &'t [Join],
}

/// From byte `at` of a joined line on, so many bytes of the file have been left out.
pub struct Join {
    at: usize,
    left_out: usize,
}

impl View<'_> {
    /// Where a part of the text stands, which is not empty.
    pub fn range(&self, start: usize, end: usize) -> Range {
        Range {
            start: offset(self.place(start)),
            end: offset(self.place(end.saturating_sub(1).max(start)) + usize::from(end > start)),
        }
    }

    fn place(&self, at: usize) -> usize {
        let joins = self.joins.partition_point(|join| join.at <= at);
        self.start + at + joins.checked_sub(1).map_or(0, |last| self.joins[last].left_out)
    }
}

/// A logical line.
#[derive(Default)]
pub struct Joined {
    pub text: Vec<u8>,
    pub joins: Vec<Join>,
    /// Where the next line begins.
    pub end: usize,
}

/// Joins the line at `at` with those it goes on in, and cuts it at a NUL (spec a2, a6).
pub fn join(text: &[u8], at: usize) -> Joined {
    let mut line = Joined { end: at, ..Joined::default() };
    loop {
        let rest = &text[line.end..];
        let length = memchr(b'\n', rest).unwrap_or(rest.len());
        let physical = &rest[..length];
        line.end = text.len().min(line.end + length + 1);
        line.text.extend_from_slice(physical);
        if let Some(nul) = memchr(0, physical) {
            line.text.truncate(line.text.len() - length + nul);
            return line;
        }
        // The backslash may also be one that is left over of two in the line before.
        let body = line.text.strip_suffix(b"\r").unwrap_or(&line.text);
        let Some(body) = body.strip_suffix(b"\\").filter(|_| length < rest.len()) else { return line };
        let length = body.len();
        line.text.truncate(length);
        while line.joins.pop_if(|last| last.at >= length).is_some() {}
        line.joins.push(Join { at: length, left_out: line.end - at - length });
    }
}

/// Where a window of about `size` bytes ends: with a line. Before a line that is far too long the
/// window ends as well, so that it is alone in the next.
pub fn window(text: &[u8], at: usize, size: usize) -> usize {
    let wished = at.saturating_add(size);
    if wished >= text.len() {
        return text.len();
    }
    let end = memchr(b'\n', &text[wished - 1..]).map_or(text.len(), |line| wished + line);
    match memrchr(b'\n', &text[at..wished]) {
        Some(line) if end - wished > LONGEST => at + line + 1,
        _ => end,
    }
}

/// What separates words (spec a4).
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\x0b' | b'\x0c')
}

pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches([' ', '\t', '\r', '\u{b}', '\u{c}'])
}

/// The first word of a line, without its quotes, and its length with them.
pub fn first_word(line: &str) -> (&str, usize) {
    match line.as_bytes().first() {
        Some(&quote @ (b'"' | b'\'')) => match memchr(quote, &line.as_bytes()[1..]) {
            Some(inside) => (&line[1..=inside], inside + 2),
            None => (&line[1..], line.len()),
        },
        _ => {
            let length = line.bytes().position(is_blank).unwrap_or(line.len());
            (&line[..length], length)
        }
    }
}
