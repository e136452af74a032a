//! Files of users: who is in them as each server reads them, and which password a server can check.
//!
//! nginx compares a file byte by byte, httpd reads it line by line like its configuration; the same file
//! has different users for the two. What is read here is never shown: [`masked`] makes the text that may be.

mod apache;
mod hash;
mod library;
mod nginx;

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::ops::Range;

pub use apache::Groups;
pub use hash::{Hash, Scheme, Strength, Works};
pub use library::Library;

/// The largest file of users that is read, in bytes: about half a million lines of `htpasswd -B`.
pub const MAX_USER_FILE: u64 = 64 << 20;

/// More names than these are not compared to find what was meant.
const MOST_COMPARED: usize = 10_000;

/// Whose reader it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// `ngx_http_auth_basic_handler` (spec H1 to H8).
    Nginx,
    /// `mod_authn_file` (spec a88 to a91).
    Apache,
}

impl Reader {
    /// The name of the server, for people.
    #[must_use]
    pub fn server(self) -> &'static str {
        match self {
            Reader::Nginx => "nginx",
            Reader::Apache => "Apache",
        }
    }
}

impl Reader {
    /// Whether the server checks bcrypt itself, with this letter behind the `$2`.
    fn has_bcrypt(self, letter: u8) -> bool {
        self == Reader::Apache && matches!(letter, b'a' | b'y')
    }
}

/// A file of users, as `htpasswd` or `htdigest` makes it.
#[derive(Debug)]
pub struct UserFile {
    reader: Reader,
    /// What the reader looks at: the file itself, or its lines joined and trimmed.
    text: Vec<u8>,
    lines: Vec<Line>,
    /// For each name, its line that decides.
    by_name: HashMap<Box<[u8]>, u32>,
    /// What is odd in it, in the order of the lines.
    pub slips: Vec<Slip>,
}

/// A line that names a user: where it stands, its fields, and what becomes of it.
#[derive(Clone, Debug)]
struct Line {
    /// Its number in the file, from 0; the first one where several were joined.
    number: u32,
    /// In the text: the name, and the two fields behind it.
    name: Range<u32>,
    fields: [Range<u32>; 2],
    fate: Fate,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It decides about its user.
    Counts,
    /// Another line of that user stands before it; it is the line with this number, from 0, among the lines of users.
    Shadowed(u32),
    /// nginx passes over it while it still compares the line before (spec H4).
    Swallowed,
}

/// A line as the server sees it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'u> {
    file: &'u UserFile,
    line: &'u Line,
}

/// Something in a file of users that is likely not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The number of the line in the file, from 0.
    pub line: u32,
    /// What is odd.
    pub oddity: Oddity,
}

/// What is odd about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Oddity {
    /// There is no colon, so that nobody can log in with it.
    NoColon,
    /// There is no colon, and the line looks like a comment of another language. Nobody misses the user.
    Remark,
    /// There is no colon, and nginx passes over the next line for the user that stands there (spec H4).
    SwallowsNext,
    /// The name is empty.
    NoName,
    /// A blank before the name belongs to it (spec H2).
    BlankBeforeName,
    /// A blank before the colon belongs to the name (spec H2, a88).
    BlankBehindName,
    /// A blank behind the colon belongs to the hash, which no password has then (spec H2, a88).
    BlankBeforeHash,
    /// A blank behind the hash belongs to it (spec H2).
    BlankBehindHash,
    /// The file begins with a byte order mark, which belongs to the first name (spec H5, a88).
    ByteOrderMark,
    /// Lines end with carriage returns alone: it is all one line (spec H2).
    CarriageReturns,
    /// The backslash at its end takes the next line in (spec a88).
    Continued,
    /// The line is so long that reading ends here (spec a88), or nginx cuts the hash (spec H5).
    TooLong,
}

impl Oddity {
    /// For people: one lower-case clause.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Oddity::NoColon => "there is no colon: nobody can log in with this line",
            Oddity::Remark => "a comment begins with `#`: this is a line of nobody",
            Oddity::SwallowsNext => "there is no colon, so nginx never sees the next line",
            Oddity::NoName => "there is no name before the colon",
            Oddity::BlankBeforeName => "the blank before the name belongs to it",
            Oddity::BlankBehindName => "the blank before the colon belongs to the name",
            Oddity::BlankBeforeHash => "the blank behind the colon belongs to the hash",
            Oddity::BlankBehindHash => "the blank at the end belongs to the hash",
            Oddity::ByteOrderMark => "the byte order mark of the file belongs to this name",
            Oddity::CarriageReturns => "lines end with carriage returns alone: all of it is one line",
            Oddity::Continued => "the backslash takes the next line in",
            Oddity::TooLong => "the line is too long: what follows is not read",
        }
    }
}

impl Oddity {
    /// What a line without a colon is.
    fn without_colon(line: &[u8]) -> Self {
        let line = line.trim_ascii();
        let begins = |mark: &&[u8]| line.starts_with(mark);
        let is_remark = [&b"<!--"[..], b"-->", b"//", b";", b"/*", b"*/", b"--"].iter().any(begins)
            || line.ends_with(b"-->")
            || line.ends_with(b"*/");
        if is_remark { Oddity::Remark } else { Oddity::NoColon }
    }
}

/// What a file says of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// With a hash that some password has.
    Yes,
    /// With a plain password and a blank at its end, which one may take for no part of it (spec H2).
    WithBlank,
    /// With something that no password has.
    Never,
    /// Not a word.
    No,
}

impl UserFile {
    /// Reads a file as a server does.
    #[must_use]
    pub fn read(reader: Reader, bytes: &[u8]) -> Self {
        match reader {
            Reader::Nginx => nginx::read(bytes),
            Reader::Apache => apache::read(bytes),
        }
    }

    fn new(reader: Reader, text: Vec<u8>, lines: Vec<Line>, slips: Vec<Slip>) -> Self {
        let mut file = UserFile { reader, text, lines, by_name: HashMap::new(), slips };
        for number in 0..file.lines.len() {
            if file.lines[number].fate == Fate::Swallowed {
                continue;
            }
            let name = file.bytes(&file.lines[number].name).into();
            match file.by_name.entry(name) {
                Slot::Occupied(first) => file.lines[number].fate = Fate::Shadowed(*first.get()),
                Slot::Vacant(free) => drop(free.insert(crate::source::offset(number))),
            }
        }
        file
    }

    /// The lines that name a user, in their order.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.lines.iter().map(|line| Entry { file: self, line })
    }

    /// The line with a number, counted from 0, among those that name a user.
    #[must_use]
    pub fn entry(&self, number: u32) -> Option<Entry<'_>> {
        self.lines.get(number as usize).map(|line| Entry { file: self, line })
    }

    /// The line that decides about a user.
    #[must_use]
    pub fn find(&self, user: &str) -> Option<Entry<'_>> {
        self.find_bytes(user.as_bytes())
    }

    /// The line that decides about a user whose name is no text.
    #[must_use]
    pub fn find_bytes(&self, user: &[u8]) -> Option<Entry<'_>> {
        self.by_name.get(user).and_then(|number| self.entry(*number))
    }

    /// Whether nobody is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The first line for a name that is written otherwise, in capitals or not.
    #[must_use]
    pub fn find_ignoring_case(&self, user: &str) -> Option<Entry<'_>> {
        self.entries().take(MOST_COMPARED).find(|entry| entry.name().eq_ignore_ascii_case(user.as_bytes()))
    }

    /// Whether all of its lines are of `htdigest`, and none can be taken for one of `htpasswd`.
    #[must_use]
    pub fn is_of_htdigest(&self) -> bool {
        let mut lines = self.entries().filter(|entry| !entry.is_void()).peekable();
        lines.peek().is_some() && lines.all(|entry| entry.is_digest() && !entry.is_password())
    }

    /// What it says of a user with a password of `htpasswd`.
    #[must_use]
    pub fn basic(&self, user: &str, library: &Library) -> Listed {
        let Some(entry) = self.find(user) else { return Listed::No };
        let hash = entry.hash();
        match hash.works(self.reader, library) {
            Works::No(_) => Listed::Never,
            _ if hash.ends_with_blank() => Listed::WithBlank,
            Works::Yes | Works::Unknown(_) => Listed::Yes,
        }
    }

    /// Why it is not known whether the hash of a user can be checked; none where it is known.
    #[must_use]
    pub fn is_unsure(&self, user: &str, library: &Library) -> Option<&'static str> {
        match self.find(user)?.hash().works(self.reader, library) {
            Works::Unknown(why) => Some(why),
            _ => None,
        }
    }

    /// What it says of a user of a realm with a password of `htdigest`; only Apache reads those (spec a90, a91).
    #[must_use]
    pub fn digest(&self, user: &str, realm: &str) -> Listed {
        let mut lines = self.entries().filter(|entry| entry.name() == user.as_bytes());
        let found = lines.find(|entry| entry.realm() == realm.as_bytes());
        match found {
            Some(entry) if entry.is_digest() => Listed::Yes,
            Some(_) => Listed::Never,
            None => Listed::No,
        }
    }

    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.text.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

impl<'u> Entry<'u> {
    /// The number of the line in the file, from 0.
    #[must_use]
    pub fn line(self) -> u32 {
        self.line.number
    }

    /// What becomes of it.
    #[must_use]
    pub fn fate(self) -> Fate {
        self.line.fate
    }

    /// The name, as the server compares it.
    #[must_use]
    pub fn name(self) -> &'u [u8] {
        self.file.bytes(&self.line.name)
    }

    /// What stands behind the name, taken as a hash of `htpasswd`.
    #[must_use]
    pub fn hash(self) -> Hash<'u> {
        Hash::new(self.file.bytes(&self.line.fields[0]))
    }

    /// What stands behind the name, taken as the realm of `htdigest`.
    #[must_use]
    pub fn realm(self) -> &'u [u8] {
        self.file.bytes(&self.line.fields[0])
    }

    /// Whether there is something odd about the line.
    #[must_use]
    pub fn is_odd(self) -> bool {
        self.file.slips.binary_search_by_key(&self.line.number, |slip| slip.line).is_ok()
    }

    /// Whether nobody can log in with it, whatever it was made with: there is nothing behind the name, or, for nginx, no
    /// name; Apache takes an empty one (spec A6, a88).
    #[must_use]
    pub fn is_void(self) -> bool {
        self.line.fields[0].is_empty() || self.line.name.is_empty() && self.file.reader == Reader::Nginx
    }

    /// Whether it is one of `htpasswd`: what stands behind the name is tagged, or of the form of a hash, and not
    /// the realm of `htdigest`.
    #[must_use]
    pub fn is_password(self) -> bool {
        match self.hash().scheme() {
            Scheme::Locked | Scheme::Untagged | Scheme::OtherTag => false,
            // A realm of thirteen letters looks like one.
            Scheme::Des => !self.is_digest(),
            _ => true,
        }
    }

    /// Whether the line is one of `htdigest`: `user:realm:md5`. The servers' own digests are in small letters.
    #[must_use]
    pub fn is_digest(self) -> bool {
        let md5 = self.file.bytes(&self.line.fields[1]);
        md5.len() == 32 && md5.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    }
}

/// The text line by line without what is secret, so that it can be shown. A line without a colon may be a
/// password, and a comment may be anything; not even their lengths are told.
#[must_use]
pub fn masked(bytes: &[u8]) -> Vec<u8> {
    const HIDDEN: &[u8] = b"***";
    let mut out = Vec::with_capacity(bytes.len().min(1 << 20));
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let colon = text.iter().position(|byte| *byte == b':');
        match (text.trim_ascii().first(), colon) {
            (None, _) => {}
            (Some(b'#'), _) => out.extend([b"# ", HIDDEN].concat()),
            (_, Some(colon)) => out.extend([&text[..=colon], HIDDEN].concat()),
            (_, None) => out.extend(HIDDEN),
        }
        out.extend(&line[text.len()..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn nothing_secret_is_shown() {
        let text = b"# old: x\n\nalice:s3cret:more\r\nmy password\n  # x\nbob:";
        assert_eq!(String::from_utf8_lossy(&masked(text)), "# ***\n\nalice:***\n***\n# ***\nbob:***");
    }
}
