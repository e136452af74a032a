//! As httpd reads a file of users or of groups: by the reader of its configuration (spec a72, a88).

use std::collections::HashMap;
use std::ops::Range;

use super::{Fate, Line, Oddity, Reader, Slip, UserFile};
use crate::source::offset;

/// A line that is longer with its end ends the reading, and one without an end that is as long.
const LONGEST_LINE: usize = 8191;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A line as the reader gives it: continued by backslashes, without the blanks around it.
struct Joined {
    /// The number of the first of its lines in the file, from 0.
    number: u32,
    /// In the text.
    text: Range<usize>,
    is_continued: bool,
}

/// The lines and the text they are put together in; the place of a line that ended the reading.
fn join(bytes: &[u8]) -> (Vec<u8>, Vec<Joined>, Option<u32>) {
    let mut text: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut lines = Vec::new();
    let (mut begin, mut from, mut is_continued) = (0, 0, false);
    let (mut at, mut number) = (0, 0);
    while at < bytes.len() {
        // As `apr_file_gets` fills a buffer: to the end of the line, or as far as there is room.
        let room = LONGEST_LINE.saturating_sub(text.len() - from).min(bytes.len() - at);
        let filled = &bytes[at..at + room];
        let whole = filled.split_inclusive(|byte| *byte == b'\n').next().unwrap_or(filled);
        let is_full = text.len() - from + whole.len() >= LONGEST_LINE && !whole.ends_with(b"\n");
        // Behind a NUL nobody sees that the buffer is full, and what is left is the next line.
        if is_full && !whole.contains(&0) {
            return (text, lines, Some(begin));
        }
        at += whole.len();
        number += u32::from(whole.ends_with(b"\n"));
        // What stands behind a NUL is not seen, not even that the line ends.
        let seen = whole.split(|byte| *byte == 0).next().unwrap_or(whole);
        let ended = seen.strip_suffix(b"\n").map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        text.extend(ended.unwrap_or(seen));
        if ended.is_some() && text.last() == Some(&b'\\') && text.len() > from {
            text.pop();
            is_continued = true;
            // A line that ends with the file is a line all the same.
            if at < bytes.len() {
                continue;
            }
        }
        let line = &text[from..];
        let start = line.iter().position(|byte| !is_space(*byte)).unwrap_or(line.len());
        let end = line.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last + 1);
        lines.push(Joined { number: begin, text: from + start..from + end, is_continued });
        (begin, from, is_continued) = (number, text.len(), false);
    }
    (text, lines, None)
}

/// `isspace`, which knows one more than Rust.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'\x0b'
}

/// The next word up to a colon, as `ap_getword` cuts it: all colons behind it go with it.
fn word(text: &[u8], at: usize, end: usize) -> (Range<usize>, usize) {
    let rest = &text[at..end];
    let length = rest.iter().position(|byte| *byte == b':').unwrap_or(rest.len());
    let colons = rest[length..].iter().take_while(|byte| **byte == b':').count();
    (at..at + length, at + length + colons)
}

pub(super) fn read(bytes: &[u8]) -> UserFile {
    let (text, joined, too_long) = join(bytes);
    let mut lines = Vec::new();
    let mut slips = Vec::new();
    for Joined { number, text: range, is_continued } in joined {
        let slip = |oddity| Slip { line: number, oddity };
        let line = &text[range.clone()];
        if is_continued {
            slips.push(slip(Oddity::Continued));
        }
        if matches!(line.first(), None | Some(b'#')) {
            continue;
        }
        let (name, at) = word(&text, range.start, range.end);
        let (second, at) = word(&text, at, range.end);
        let (third, _) = word(&text, at, range.end);
        slips.extend(
            oddities(number, line, &text[name.clone()], &text[second.clone()])
                .into_iter()
                .flatten()
                .map(slip),
        );
        let in_text = |range: Range<usize>| offset(range.start)..offset(range.end);
        lines.push(Line {
            number,
            name: in_text(name),
            fields: [in_text(second), in_text(third)],
            fate: Fate::Counts,
        });
    }
    slips.extend(too_long.map(|line| Slip { line, oddity: Oddity::TooLong }));
    UserFile::new(Reader::Apache, text, lines, slips)
}

fn oddities(number: u32, line: &[u8], name: &[u8], second: &[u8]) -> [Option<Oddity>; 5] {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    [
        (number == 0 && name.starts_with(BYTE_ORDER_MARK)).then_some(Oddity::ByteOrderMark),
        line.contains(&b'\r').then_some(Oddity::CarriageReturns),
        (!line.contains(&b':'))
            .then(|| Oddity::without_colon(line))
            .or_else(|| name.is_empty().then_some(Oddity::NoName)),
        is_blank(name.last()).then_some(Oddity::BlankBehindName),
        is_blank(second.first()).then_some(Oddity::BlankBeforeHash),
    ]
}

/// A file of groups: `name: user user` (spec a72). Names of groups are the same in capitals and in small letters, those
/// of users are not.
#[derive(Debug, Default)]
pub struct Groups(HashMap<Vec<u8>, Vec<Vec<u8>>>);

impl Groups {
    /// Reads a file as httpd does.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let (text, joined, _) = join(bytes);
        let mut groups = Groups::default();
        for Joined { text: range, .. } in joined {
            if text[range.clone()].starts_with(b"#") {
                continue;
            }
            let (name, mut at) = word(&text, range.start, range.end);
            let group = text[name].trim_ascii_end().to_ascii_lowercase();
            let members = groups.0.entry(group).or_default();
            while at < range.end {
                let member;
                (member, at) = argument(&text, at, range.end);
                members.push(member);
            }
        }
        groups
    }

    /// Whether there is a group of this name.
    #[must_use]
    pub fn has(&self, group: &str) -> bool {
        self.0.contains_key(&group.as_bytes().to_ascii_lowercase())
    }

    /// Who is in a group; some may be named twice.
    pub fn members(&self, group: &str) -> impl Iterator<Item = &[u8]> {
        self.0.get(group.as_bytes()).into_iter().flatten().map(Vec::as_slice)
    }

    /// Whether somebody is in a group.
    #[must_use]
    pub fn is_member(&self, user: &str, group: &str) -> bool {
        self.0
            .get(&group.as_bytes().to_ascii_lowercase())
            .is_some_and(|members| members.iter().any(|member| member == user.as_bytes()))
    }
}

/// The next word as `ap_getword_conf` cuts it, with the place of the one behind: in quotes of either kind, of which
/// the second may be missing, or up to a blank.
fn argument(text: &[u8], at: usize, end: usize) -> (Vec<u8>, usize) {
    let behind_blanks =
        |at: usize| at + text[at..end].iter().position(|byte| !is_space(*byte)).unwrap_or(end - at);
    let mut at = behind_blanks(at);
    let quote = text[at..end].first().copied().filter(|byte| matches!(byte, b'"' | b'\''));
    at += usize::from(quote.is_some());
    let mut word = Vec::new();
    while at < end {
        let byte = text[at];
        let next = text.get(at + 1).copied().filter(|_| at + 1 < end);
        at += 1;
        match byte {
            b'\\' if next.is_some_and(|next| next == b'\\' || Some(next) == quote) => {
                word.extend(next);
                at += 1;
            }
            _ if Some(byte) == quote => break,
            _ if quote.is_none() && is_space(byte) => break,
            _ => word.push(byte),
        }
    }
    (word, behind_blanks(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::userfile::{Library, Listed};

    #[test]
    fn users_and_groups() {
        let text = b"# x \\\nlost:aaaaaaaaaaaaa\nalice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n bob:plain \n";
        let users = UserFile::read(Reader::Apache, text);
        let library = Library::debian();
        assert_eq!(users.basic("alice", &library), Listed::Yes);
        assert_eq!(users.basic("bob", &library), Listed::Never);
        assert_eq!(users.basic("lost", &library), Listed::No);
        let groups = Groups::read(b"staff: alice \"bob\"\nSTAFF : carol\nops: 'x y'eve \"dave");
        assert!(groups.is_member("bob", "staff") && groups.is_member("carol", "Staff"));
        assert!(groups.is_member("eve", "ops") && groups.is_member("dave", "ops") && groups.has("Ops"));
        assert!(!groups.is_member("dave", "staff") && !groups.is_member("y", "ops"));
    }

    #[test]
    fn lines_end_as_httpd_ends_them() {
        let lists = |before: &str, ends: &str| {
            let text = format!("{before}\nalice:{{SHA}}W6ph5Mm5Pz8GgiULbPgzG37mj9g={ends}");
            UserFile::read(Reader::Apache, text.as_bytes()).basic("alice", &Library::debian()) == Listed::Yes
        };
        assert!(lists("", "\\\n") && !lists("", "\\"));
        assert!(lists("", "\x0b") && lists("", "\0x\\\n"));
        assert!(lists(&"#".repeat(8190), "") && !lists(&"#".repeat(8191), ""));
        assert!(
            lists("", &format!(":{}", "x".repeat(8150))) && !lists("", &format!(":{}", "x".repeat(8151)))
        );
    }
}
