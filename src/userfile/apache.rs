//! As httpd reads a file of users or of groups: by the reader of its configuration (spec a72, a88).

use std::collections::HashMap;
use std::ops::Range;

use super::{Fate, Line, Oddity, Reader, Slip, UserFile};
use crate::source::offset;

/// A longer line ends the reading, in bytes.
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
    for (number, whole) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if text.len() - from + line.len() > LONGEST_LINE {
            return (text, lines, Some(begin));
        }
        text.extend(line);
        if whole.ends_with(b"\n") && text.last() == Some(&b'\\') && text.len() > from {
            text.pop();
            is_continued = true;
            continue;
        }
        let blanks = text[from..].len() - text[from..].trim_ascii_start().len();
        let to = from + blanks + text[from..].trim_ascii().len();
        lines.push(Joined { number: begin, text: from + blanks..to, is_continued });
        (begin, from, is_continued) = (offset(number + 1), text.len(), false);
    }
    (text, lines, None)
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
            .then_some(Oddity::NoColon)
            .or_else(|| name.is_empty().then_some(Oddity::NoName)),
        is_blank(name.last()).then_some(Oddity::BlankBehindName),
        is_blank(second.first()).then_some(Oddity::BlankBeforeHash),
    ]
}

/// A file of groups: `name: user user` (spec a72).
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
            let (name, at) = word(&text, range.start, range.end);
            let members = groups.0.entry(text[name].trim_ascii_end().to_vec()).or_default();
            members.extend(
                text[at..range.end]
                    .split(u8::is_ascii_whitespace)
                    .filter(|word| !word.is_empty())
                    .map(unquoted),
            );
        }
        groups
    }

    /// Whether there is a group of this name.
    #[must_use]
    pub fn has(&self, group: &str) -> bool {
        self.0.contains_key(group.as_bytes())
    }

    /// Who is in a group; some may be named twice.
    pub fn members(&self, group: &str) -> impl Iterator<Item = &[u8]> {
        self.0.get(group.as_bytes()).into_iter().flatten().map(Vec::as_slice)
    }

    /// Whether somebody is in a group.
    #[must_use]
    pub fn is_member(&self, user: &str, group: &str) -> bool {
        self.0
            .get(group.as_bytes())
            .is_some_and(|members| members.iter().any(|member| member == user.as_bytes()))
    }
}

fn unquoted(word: &[u8]) -> Vec<u8> {
    let inner = [b'"', b'\''].iter().find_map(|quote| word.strip_prefix(&[*quote])?.strip_suffix(&[*quote]));
    inner.unwrap_or(word).to_vec()
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
        let groups = Groups::read(b"staff: alice \"bob\"\nstaff : carol\n");
        assert!(groups.is_member("bob", "staff") && groups.is_member("carol", "staff"));
        assert!(!groups.is_member("dave", "staff"));
    }
}
