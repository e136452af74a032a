//! nginx.conf: pest cuts the tokens, this pairs them into statements and blocks.
//!
//! The text is given to the grammar in windows, so that the tokens of a large file are never all in
//! memory at once. A token that reaches the end of its window is read again in a larger one.

use std::borrow::Cow;

use pest::Parser;

use super::template;
use super::{INSERTION, MAX_SLIPS, Range, SIMPLE, Slip, Statement, StatementId, Tree, Word, flag};
use crate::source::{Source, offset};

mod blocks;
#[allow(missing_docs, clippy::pedantic)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/nginx.pest"]
    pub struct Grammar;
}
mod lua;
mod quotes;

use grammar::{Grammar, Rule};

/// `NGX_CONF_BUFFER`: what nginx has to see of the text at once, from the first byte of a word or a
/// comment on (spec G9).
const BUFFER: usize = 4096;

const FIRST_WINDOW: usize = 1 << 6;
const WINDOW: usize = 1 << 16;

/// Reads one file. Whatever the text is, all of it is read; what nginx would refuse is in
/// [`Tree::slips`].
#[must_use]
pub fn parse(source: &Source) -> Tree {
    let mut reader = Reader::new(source.text());
    reader.read();
    reader.finish()
}

/// Resolves the escapes of a word as `ngx_conf_read_token` copies it (spec G6).
#[must_use]
pub fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let escaped = match (byte, bytes.peek()) {
            (b'\\', Some(&quoted @ (b'"' | b'\'' | b'\\'))) => quoted,
            (b'\\', Some(b't')) => b'\t',
            (b'\\', Some(b'r')) => b'\r',
            (b'\\', Some(b'n')) => b'\n',
            _ => {
                value.push(byte);
                continue;
            }
        };
        value.push(escaped);
        bytes.next();
    }
    value
}

struct Reader<'s> {
    text: &'s str,
    tree: Tree,
    /// The first word of the statement that is being read.
    pending: usize,
    /// The blocks that are open, from the outermost on.
    open: Vec<StatementId>,
    more_slips: usize,
    /// Takes the details of a slip that is only counted.
    untold: Slip,
    /// Blocks that end too late by their indentation, and what shows it.
    late: Vec<(Range, Range, &'static str)>,
    /// The first `}` that stands deeper than the block it closes, and that block.
    early: Option<(Range, Range)>,
    /// Template marks choose between lines: nobody knows which braces will be there.
    has_conditions: bool,
    /// A Lua block without end was seen: the next ones are cut by their indentation alone.
    lua_is_broken: bool,
}

/// In place of a statement in [`Reader::open`]: a brace without a name, which nginx refuses.
const NAMELESS: StatementId = StatementId::MAX;

impl<'s> Reader<'s> {
    fn new(text: &'s str) -> Self {
        // Room for as many as there can be: what is never filled costs nothing.
        let ends = memchr::memchr2_iter(b';', b'{', text.as_bytes()).count();
        let (statements, words) = (Vec::with_capacity(ends), Vec::with_capacity(ends));
        Reader {
            text,
            tree: Tree { statements, words, ..Tree::default() },
            pending: 0,
            open: Vec::with_capacity(ends),
            more_slips: 0,
            untold: Slip::default(),
            late: Vec::new(),
            early: None,
            has_conditions: false,
            lua_is_broken: false,
        }
    }

    fn read(&mut self) {
        let mut at = 0;
        if self.text.starts_with('\u{feff}') {
            at = '\u{feff}'.len_utf8();
            let mark = Range { start: 0, end: offset(at) };
            self.slip(mark, "a byte-order mark, which nginx takes for a part of the first word").help =
                Some("save the file as UTF-8 without a byte-order mark");
        }
        let mut size = FIRST_WINDOW;
        while at < self.text.len() {
            let end = self.window(at, size);
            match self.read_window(at, end) {
                Some(to) if to < end => (at, size) = (to, FIRST_WINDOW),
                Some(to) => (at, size) = (to, (size * 8).min(WINDOW)),
                None => size = (end - at) * 2,
            }
        }
    }

    /// A window of about `size` bytes that ends with a line, so that it cuts no template mark in two,
    /// or else behind a `;`.
    fn window(&self, at: usize, size: usize) -> usize {
        let bytes = self.text.as_bytes();
        let wished = at.saturating_add(size);
        if wished >= bytes.len() {
            return bytes.len();
        }
        let ahead = &bytes[wished..(wished + BUFFER).min(bytes.len())];
        let behind = &bytes[at..wished];
        match (memchr::memchr(b'\n', ahead), memchr::memrchr(b';', behind)) {
            (Some(line), _) => wished + line + 1,
            (None, Some(semicolon)) if semicolon > size / 2 => at + semicolon + 1,
            _ => self.text.ceil_char_boundary(wished),
        }
    }

    /// Reads the tokens of a window; gives the place to go on at. `None`: the first token is cut off by
    /// the window's end.
    fn read_window(&mut self, at: usize, end: usize) -> Option<usize> {
        let tokens = Grammar::parse(Rule::tokens, &self.text[at..end]);
        // `tokens` is a repetition: it matches any text, if need be the empty start of it.
        let tokens = tokens.expect("the rule matches everything").next().expect("one rule, one pair");
        let mut read = at;
        for token in tokens.into_inner() {
            let range = Range::of(token.as_span(), at);
            let (start, stop) = (range.start as usize, range.end as usize);
            if stop <= read {
                continue;
            }
            if start < read {
                return Some(read);
            }
            let rule = token.as_rule();
            let is_cut = stop == end && end < self.text.len();
            if is_cut && matches!(rule, Rule::word | Rule::quoted | Rule::comment | Rule::unclosed) {
                return (start > at).then_some(start);
            }
            // What is read otherwise than the grammar has it may end in the middle of a token.
            read = self.token(rule, range) as usize;
            if read < stop {
                return Some(read);
            }
        }
        Some(read.max(end))
    }

    /// Takes in a token; gives the place to go on at, which mostly is behind it.
    fn token(&mut self, rule: Rule, at: Range) -> u32 {
        match rule {
            Rule::word => return self.bare_word(at),
            Rule::quoted => return self.quoted(at),
            Rule::open => return self.open(at),
            Rule::unclosed => return self.unclosed_quote(at.start, None),
            Rule::comment => self.comment(at),
            Rule::semicolon => self.semicolon(at),
            Rule::close => self.close(at),
            _ => {}
        }
        at.end
    }

    fn comment(&mut self, at: Range) {
        // At the end of the file nginx asks for no byte behind it.
        let behind = usize::from((at.end as usize) < self.text.len());
        if self.slice(at).len() + behind > BUFFER {
            let start = Range { end: at.start + 1, ..at };
            self.slip(start, "a comment longer than the 4,095 bytes that nginx reads");
        }
        self.tree.comments.push(at);
    }

    /// Whether nginx can read the word: it sees the byte behind the closing quote or the word's end
    /// before it is done with it, and if that is a blank, one more before it forgets it (spec G9).
    fn fits(&self, end: u32, start: u32) -> bool {
        let behind = self.text.as_bytes().get(end as usize);
        let is_blank = behind.is_some_and(|byte| b" \t\r\n".contains(byte));
        (end - start) as usize + 1 + usize::from(is_blank) <= BUFFER
    }

    fn bare_word(&mut self, at: Range) -> u32 {
        let bytes = self.slice(at);
        if self.is_start()
            && matches!(bytes[0], b'{' | b'<')
            && let Some(end) = self.insertion(at.start)
        {
            return end;
        }
        if bytes.contains(&b'{') && has_quantifier(bytes) {
            self.slip(at, "`{` ends the word here and opens a block").help =
                Some("put the regular expression in quotes");
        }
        if bytes.ends_with(b"${") && self.ought_to_open(at) {
            let end = at.end - 1;
            self.slip(Range { start: end - 1, ..at }, "`${` begins a variable: this `{` opens no block")
                .help = Some("write a blank before the `{`");
            let at = Range { end, ..at };
            self.word(at, at, 0);
            return end;
        }
        let is_first = self.is_start();
        self.word(at, at, 0);
        // Alone on its line a mark stands for lines, and not for the name of what follows.
        if is_first && self.tree.words[self.pending].length & flag::TEMPLATE != 0 && self.ends_line(at.end) {
            self.statement(at.end, INSERTION);
        }
        at.end
    }

    /// Takes in a template mark in brackets that stands, at the start of a statement, for lines
    /// instead of a name; gives its end.
    fn insertion(&mut self, start: u32) -> Option<u32> {
        let rest = &self.text.as_bytes()[start as usize..];
        let mark = template::leading_mark(&rest[..rest.len().min(BUFFER)])?;
        let at = Range { start, end: start + offset(mark.len()) };
        if !template::is_control(mark) && !self.ends_line(at.end) {
            return None;
        }
        self.tree.is_template = true;
        self.has_conditions |= template::is_condition(mark);
        self.tree.words.push(Word { start, length: length(at) | flag::TEMPLATE });
        self.statement(at.end, INSERTION);
        Some(at.end)
    }

    /// Whether nothing but template marks follows on the line.
    fn ends_line(&self, at: u32) -> bool {
        let mut behind = self.text.as_bytes()[at as usize..]
            .iter()
            .skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        match behind.next() {
            None | Some(b'\n') => true,
            Some(b'{') => matches!(behind.next(), Some(b'{' | b'%' | b'#')),
            Some(b'<') => behind.next() == Some(&b'%'),
            Some(_) => false,
        }
    }

    /// Takes in a word: `inside` is what is between its quotes.
    fn word(&mut self, at: Range, inside: Range, quoted: u32) {
        let bytes = self.slice(inside);
        let flags = quoted | flags(bytes);
        self.tree.is_template |= flags & flag::TEMPLATE != 0;
        if !self.fits(at.end, inside.start) {
            let start = Range { start: at.start, end: at.start + 1 };
            self.slip(start, "a word longer than the 4,094 bytes that nginx reads");
        }
        self.tree.words.push(Word { start: at.start, length: length(at) | flags });
    }

    fn semicolon(&mut self, at: Range) {
        if self.is_start() {
            self.slip(at, "`;` with no directive before it");
        } else if self.lacks_block() {
            self.missing_brace(at);
        } else {
            self.statement(at.end, SIMPLE);
        }
    }

    fn missing_semicolon(&mut self, message: &'static str) {
        let last = self.tree.words[self.tree.words.len() - 1].range();
        self.slip(last, message);
        self.statement(last.end, SIMPLE);
    }

    fn statement(&mut self, end: u32, open: u32) -> StatementId {
        let id = offset(self.tree.statements.len());
        self.tree.statements.push(Statement { first_word: offset(self.pending), next: id + 1, end, open });
        if self.tree.words.get(self.pending).is_some_and(|&name| self.name(name) == b"include") {
            self.tree.includes.push(id);
        }
        self.pending = self.tree.words.len();
        id
    }

    fn finish(mut self) -> Tree {
        if !self.is_start() {
            self.missing_semicolon("the file ends before this directive does: `;` is missing");
        }
        self.unclosed(0, offset(self.text.len()), None);
        if self.more_slips > 0 {
            let at = self.tree.slips[MAX_SLIPS - 2].at;
            let message = format!("{} more places like these in the file", self.more_slips);
            self.tree.slips.push(Slip { at, message: message.into(), ..Slip::default() });
        }
        self.tree.words.shrink_to_fit();
        self.tree.statements.shrink_to_fit();
        self.tree
    }

    /// Notes what nginx refuses; from a certain number on it is only counted.
    fn slip<M: Into<Cow<'static, str>>>(&mut self, at: Range, message: M) -> &mut Slip {
        let slips = &mut self.tree.slips;
        if slips.len() == MAX_SLIPS - 1 {
            self.more_slips += 1;
            return &mut self.untold;
        }
        slips.push(Slip { at, message: message.into(), ..Slip::default() });
        slips.last_mut().expect("one was pushed")
    }

    fn is_start(&self) -> bool {
        self.pending == self.tree.words.len()
    }

    fn slice(&self, at: Range) -> &'s [u8] {
        &self.text.as_bytes()[at.start as usize..at.end as usize]
    }

    /// The text of a word that may be a directive's name, which may be in quotes (spec G5).
    fn name(&self, word: Word) -> &'s [u8] {
        let bytes = self.slice(word.range());
        if word.length & flag::QUOTED == 0 { bytes } else { &bytes[1..bytes.len() - 1] }
    }

    fn block_name(&self, block: StatementId) -> &'s [u8] {
        self.name(self.tree.words[self.tree.statements[block as usize].first_word as usize])
    }

    /// The words of a statement, of which the next may have begun already.
    fn head(&self, statement: StatementId) -> Range {
        let statements = &self.tree.statements;
        let first = statements[statement as usize].first_word as usize;
        let end =
            statements.get(statement as usize + 1).map_or(self.pending, |next| next.first_word as usize);
        Range { start: self.tree.words[first].start, end: self.tree.words[end - 1].range().end }
    }
}

fn length(at: Range) -> u32 {
    (at.end - at.start).min(flag::LENGTH)
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|known| known.as_bytes() == name)
}

fn flags(word: &[u8]) -> u32 {
    let mut flags = 0;
    let mut maybe_template = false;
    let mut before = 0;
    for (at, &byte) in word.iter().enumerate() {
        match byte {
            b'\\' => flags |= flag::ESCAPED,
            b'$' => {
                let next = word.get(at + 1).copied().unwrap_or(0);
                if next == b'{' || next == b'_' || next.is_ascii_alphanumeric() {
                    flags |= flag::VARIABLE;
                    maybe_template |= next == b'{';
                }
            }
            b'{' | b'%' | b'@' | b'<' => maybe_template = true,
            b'_' => maybe_template |= before == b'_',
            _ => {}
        }
        before = byte;
    }
    if maybe_template && template::marked(word) { flags | flag::TEMPLATE } else { flags }
}

/// Whether an unquoted word holds the `{2}` of a regular expression. No other brace is left in it but
/// those behind a `$`, behind a backslash, and of marks.
fn has_quantifier(word: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&byte) = word.get(at) {
        at += match byte {
            b'\\' => 2,
            b'$' => 1 + word[at + 1..].iter().take_while(|&&brace| brace == b'{').count(),
            b'{' if word.get(at + 1).is_some_and(u8::is_ascii_digit) => return true,
            b'{' => template::leading_mark(&word[at..]).map_or(1, <[u8]>::len),
            _ => 1,
        };
    }
    false
}
