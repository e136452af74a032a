//! What words and lines mean to httpd.

use std::borrow::Cow;

use super::lines;
use crate::source::Source;
use crate::syntax::{Range, StatementId, Tree, flag, template};

/// The value of a word: joined, escapes resolved as `substring_conf` does it (spec a10).
pub fn value(raw: &[u8], quote: Option<u8>) -> Vec<u8> {
    let mut value = Vec::with_capacity(raw.len());
    let joined = joined(raw);
    let mut bytes = joined.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = bytes.next_if(|&next| byte == b'\\' && (next == b'\\' || Some(next) == quote));
        value.push(escaped.unwrap_or(byte));
    }
    value
}

fn joined(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr2(b'\n', 0, text).is_none() { text.into() } else { lines::join(text, 0).text.into() }
}

/// What is special about a word, and what ends a template mark that begins in it and does not end
/// there.
pub(super) fn flags(word: &[u8]) -> (u32, Option<&'static [u8]>) {
    let mut flags = 0;
    let mut maybe_template = false;
    let mut before = 0;
    for &byte in word {
        match byte {
            b'\\' => flags |= flag::ESCAPED,
            b'{' if before == b'$' => flags |= flag::VARIABLE,
            b'{' => maybe_template |= before != b'%',
            b'@' | b'<' => maybe_template = true,
            b'_' => maybe_template |= before == b'_',
            _ => {}
        }
        before = byte;
    }
    if !maybe_template {
        return (flags, None);
    }
    if template::marked_in_apache(word) {
        flags |= flag::TEMPLATE;
    }
    (flags, open_mark(word))
}

fn open_mark(word: &[u8]) -> Option<&'static [u8]> {
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'{', b'<', &word[at..]) {
        at += found;
        let is_own = at > 0 && matches!(word[at - 1], b'%' | b'$');
        let close: &'static [u8] = match word[at..] {
            [b'{', b'{', ..] if !is_own => b"}}",
            [b'{', b'%', ..] if !is_own => b"%}",
            [b'{', b'#', ..] if !is_own => b"#}",
            [b'<', b'%', ..] => b"%>",
            _ => {
                at += 1;
                continue;
            }
        };
        match memchr::memmem::find(&word[at + 2..], close) {
            Some(inside) => at += inside + 4,
            None => return Some(close),
        }
    }
    None
}

impl Tree {
    /// The arguments from word `n` on as one text, quotes and all, with continued lines joined: what
    /// httpd gives to a directive that cuts them itself, such as `Require` (spec a11).
    #[must_use]
    pub fn rest<'s>(&self, source: &'s Source, id: StatementId, n: usize) -> Cow<'s, [u8]> {
        let count = self.word_count(id);
        if n >= count {
            return Cow::Borrowed(&[]);
        }
        let (start, end) = (self.word_range(id, n).start, self.word_range(id, count - 1).end);
        trimmed(joined(&source.bytes()[start as usize..end as usize]))
    }

    /// The whole line of the statement, or of its opening tag, with continued lines joined: what
    /// variables are replaced in (spec a26).
    #[must_use]
    pub fn line<'s>(&self, source: &'s Source, id: StatementId) -> Cow<'s, [u8]> {
        let Range { start, end } = self.range(id);
        let end = self.inside(id).unwrap_or(end);
        let text = &source.bytes()[start as usize..end as usize];
        trimmed(joined(text))
    }

    /// The closing tag of a section; empty and at the end where there is none.
    #[must_use]
    pub fn closing(&self, id: StatementId) -> Range {
        let end = self.range(id).end;
        Range { start: self.section(id).map_or(end, |section| section.close), end }
    }

    /// Sections with a condition that end with the file: httpd accepts that of those whose condition
    /// holds, and refuses the others (spec a17).
    #[must_use]
    pub fn unclosed(&self) -> &[StatementId] {
        &self.unclosed
    }

    /// Sections with a condition whose closing tag is not alone on its line: httpd accepts that of
    /// those whose condition does not hold, and refuses the others (spec a17).
    #[must_use]
    pub fn trailing(&self) -> &[StatementId] {
        &self.trailing
    }
}

fn trimmed(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let end = text.iter().rposition(|&byte| !lines::is_blank(byte)).map_or(0, |last| last + 1);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..end]),
        Cow::Owned(mut text) => {
            text.truncate(end);
            Cow::Owned(text)
        }
    }
}
