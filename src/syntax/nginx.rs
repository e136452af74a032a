//! nginx.conf: pest cuts the tokens, this pairs them into statements and blocks.
//!
//! The text is given to the grammar in windows, so that the tokens of a large file are never all in
//! memory at once. A token that reaches the end of its window is read again in a larger one.

use pest::Parser;

use super::template;
use super::{INSERTION, MAX_SLIPS, Range, SIMPLE, Slip, Statement, Tree, Word, flag};
use crate::source::{Source, offset};

#[allow(missing_docs, clippy::pedantic)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/nginx.pest"]
    pub struct Grammar;
}
use grammar::{Grammar, Rule};

/// `NGX_CONF_BUFFER`: a word has to fit in this with the byte behind it (spec G9).
const BUFFER: u32 = 4096;

const FIRST_WINDOW: usize = 1 << 7;
const WINDOW: usize = 1 << 16;

/// How far back a line's beginning is looked for, to compare indentations.
const LOOK_BACK: usize = 200;

/// Blocks that a forgotten `;` may swallow the opening of.
const BLOCKS: &[&str] = &[
    "http",
    "server",
    "location",
    "if",
    "limit_except",
    "upstream",
    "map",
    "geo",
    "events",
    "types",
    "stream",
];

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
    open: Vec<OpenBlock>,
    more_slips: usize,
    /// The first `}` whose indentation is not that of the block it closes: the block and the brace.
    crooked: Option<(Range, Range)>,
    /// A Lua block without end was seen: the next ones are cut by their indentation alone.
    lua_is_broken: bool,
}

struct OpenBlock {
    /// None for a brace without a name, which nginx refuses.
    statement: Option<usize>,
    brace: u32,
}

/// Where to go on reading.
enum Next {
    Token,
    Jump(usize),
}

impl<'s> Reader<'s> {
    fn new(text: &'s str) -> Self {
        let bytes = text.as_bytes();
        let ends = memchr::memchr2_iter(b';', b'{', bytes).count();
        let tree = Tree { statements: Vec::with_capacity(ends), ..Tree::default() };
        Reader {
            text,
            tree,
            pending: 0,
            open: Vec::new(),
            more_slips: 0,
            crooked: None,
            lua_is_broken: false,
        }
    }

    fn read(&mut self) {
        let mut at = 0;
        if self.text.starts_with('\u{feff}') {
            at = '\u{feff}'.len_utf8();
            self.slip(
                Range { start: 0, end: offset(at) },
                "the file begins with a byte-order mark, which nginx takes for a part of the first word",
            )
            .help = Some("save the file as UTF-8 without a byte-order mark");
        }
        let mut size = FIRST_WINDOW;
        while at < self.text.len() {
            let end = self.window(at, size);
            match self.read_window(at, end) {
                Some(Next::Jump(to)) => (at, size) = (to, FIRST_WINDOW),
                Some(Next::Token) => (at, size) = (end, (size * 8).min(WINDOW)),
                None => size = (end - at) * 2,
            }
        }
    }

    /// A window of about `size` bytes that ends with a line, or else behind a `;`.
    fn window(&self, at: usize, size: usize) -> usize {
        let bytes = self.text.as_bytes();
        let wished = at.saturating_add(size);
        if wished >= bytes.len() {
            return bytes.len();
        }
        let ahead = &bytes[wished..(wished + WINDOW).min(bytes.len())];
        let behind = &bytes[at..wished];
        match (memchr::memchr(b'\n', ahead), memchr::memrchr(b';', behind)) {
            (Some(line), _) => wished + line + 1,
            (None, Some(semicolon)) if semicolon > size / 2 => at + semicolon + 1,
            _ => self.text.ceil_char_boundary(wished),
        }
    }

    /// Reads the tokens of a window. `None`: the first token is cut off by the window's end.
    fn read_window(&mut self, at: usize, end: usize) -> Option<Next> {
        let tokens = Grammar::parse(Rule::tokens, &self.text[at..end]);
        // `tokens` is a repetition: it matches any text, if need be the empty start of it.
        let tokens = tokens.expect("the rule matches everything").next().expect("one rule, one pair");
        for token in tokens.into_inner() {
            let range = Range::of(token.as_span(), at);
            let rule = token.as_rule();
            let is_cut = range.end as usize == end && end < self.text.len();
            if is_cut && matches!(rule, Rule::word | Rule::quoted | Rule::comment | Rule::unclosed) {
                return (range.start as usize > at).then_some(Next::Jump(range.start as usize));
            }
            if let Next::Jump(to) = self.token(rule, range) {
                return Some(Next::Jump(to));
            }
        }
        Some(Next::Token)
    }

    fn token(&mut self, rule: Rule, at: Range) -> Next {
        match rule {
            Rule::word => self.word(at, 0),
            Rule::quoted => self.quoted(at),
            Rule::comment => self.comment(at),
            Rule::semicolon => self.semicolon(at),
            Rule::open => return self.open(at),
            Rule::close => self.close(at),
            Rule::unclosed => return self.unclosed(at),
            _ => {}
        }
        Next::Token
    }

    fn comment(&mut self, at: Range) {
        if at.end - at.start >= BUFFER {
            self.slip(at, "a comment longer than the 4,095 bytes that nginx reads");
        }
        self.tree.comments.push(at);
    }

    fn word(&mut self, at: Range, quoted: u32) {
        let inside = if quoted == 0 { at } else { Range { start: at.start + 1, end: at.end - 1 } };
        let bytes = &self.text.as_bytes()[inside.start as usize..inside.end as usize];
        let flags = quoted | flags(bytes);
        if flags & flag::TEMPLATE != 0 {
            self.tree.is_template = true;
            if self.is_start() && self.stands_alone(bytes, at) {
                return self.insertion(at);
            }
        } else if quoted == 0 && bytes.contains(&b'{') && has_quantifier(bytes) {
            self.slip(at, "`{` ends the word here and opens a block").help =
                Some("put the regular expression in quotes");
        }
        if inside.end - inside.start + u32::from(quoted != 0) >= BUFFER {
            self.slip(at, "a word longer than the 4,095 bytes that nginx reads");
        }
        let length = (at.end - at.start).min(flag::LENGTH);
        self.tree.words.push(Word { start: at.start, length: length | flags });
    }

    fn quoted(&mut self, at: Range) {
        if let Some(next) = self.text[at.end as usize..].chars().next()
            && !matches!(next, ' ' | '\t' | '\r' | '\n' | ';' | '{' | ')')
        {
            let next = Range { start: at.end, end: at.end + offset(next.len_utf8()) };
            self.slip(next, "only a blank, `;`, `{` or `)` may follow a closing quote");
        }
        self.word(at, flag::QUOTED);
    }

    fn semicolon(&mut self, at: Range) {
        if self.is_start() {
            self.slip(at, "`;` with no directive before it");
        } else {
            self.statement(at.end, SIMPLE);
        }
    }

    fn open(&mut self, at: Range) -> Next {
        if self.is_start() {
            self.slip(at, "`{` with no directive before it");
            self.open.push(OpenBlock { statement: None, brace: at.start });
            return Next::Token;
        }
        self.split_swallowed_block();
        let is_lua = self.text_of(&self.tree.words[self.pending]).ends_with(b"_by_lua_block");
        let statement = self.statement(at.end, at.start);
        if is_lua {
            return Next::Jump(self.lua(statement, at));
        }
        self.open.push(OpenBlock { statement: Some(statement), brace: at.start });
        Next::Token
    }

    fn close(&mut self, at: Range) {
        if !self.is_start() {
            self.missing_semicolon("`;` is missing before the `}`");
        }
        match self.open.pop() {
            None => drop(self.slip(at, "`}` closes nothing")),
            Some(OpenBlock { statement: None, .. }) => {}
            Some(OpenBlock { statement: Some(statement), .. }) => {
                self.tree.statements[statement].next = offset(self.tree.statements.len());
                self.tree.statements[statement].end = at.end;
                if self.crooked.is_none() {
                    let head = self.tree.head(offset(statement));
                    if let (Some(opening), Some(closing)) = (self.indent(head.start), self.indent(at.start))
                        && opening != closing
                    {
                        self.crooked = Some((head, at));
                    }
                }
            }
        }
    }

    /// A quote without its end: it is taken to end with its line, and reading goes on there. Of a
    /// kind of quote this happens once: behind it there is no other.
    fn unclosed(&mut self, at: Range) -> Next {
        self.slip(Range { start: at.start, end: at.start + 1 }, "this quote is never closed");
        let rest = &self.text.as_bytes()[at.start as usize..];
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = rest[..line].trim_ascii_end();
        let word = text.strip_suffix(b";").unwrap_or(text);
        self.word(Range { start: at.start, end: at.start + offset(word.len().max(1)) }, 0);
        if text.ends_with(b";") {
            self.statement(at.start + offset(text.len()), SIMPLE);
        }
        Next::Jump(at.start as usize + line)
    }

    /// Reads a Lua block from its `{` on; gives the offset behind its `}`.
    fn lua(&mut self, statement: usize, brace: Range) -> usize {
        let start = brace.start as usize;
        let mut size = FIRST_WINDOW;
        while !self.lua_is_broken {
            let end = self.text.floor_char_boundary((start + size).min(self.text.len()));
            if let Some(length) = lua_block(&self.text[start..end]) {
                let end = start + length;
                self.tree.statements[statement].end = offset(end);
                return end;
            }
            if end == self.text.len() {
                self.lua_is_broken = true;
                let head = self.tree.head(offset(statement));
                self.slip(head, "this Lua block is never closed");
            }
            size *= 4;
        }
        // The rest is still worth reading: go on behind the next line that holds only a `}`, with
        // the indentation of the directive.
        let head = self.tree.head(offset(statement)).start;
        let indent = self.indent(head).unwrap_or_default();
        let closing = format!("\n{indent}}}");
        let end = self.text[start..].find(&closing).map_or(self.text.len(), |at| start + at + closing.len());
        self.tree.statements[statement].end = offset(end);
        end
    }

    /// `listen 80⏎ location / {`: the words before a block's name at the beginning of a line are a
    /// directive that lacks its `;`.
    fn split_swallowed_block(&mut self) {
        let found = (self.pending + 1..self.tree.words.len()).rev().find(|&at| {
            let word = &self.tree.words[at];
            let text = self.text_of(word);
            BLOCKS.iter().any(|name| name.as_bytes() == text) && self.indent(word.start).is_some()
        });
        if let Some(at) = found {
            let behind = self.tree.words.split_off(at);
            self.missing_semicolon("`;` is missing at the end of this directive");
            self.pending = self.tree.words.len();
            self.tree.words.extend(behind);
        }
    }

    fn missing_semicolon(&mut self, message: &'static str) {
        let last = self.tree.words[self.tree.words.len() - 1];
        let at = Range { start: last.start, end: last.start + (last.length & flag::LENGTH) };
        self.slip(at, message);
        self.statement(at.end, SIMPLE);
    }

    fn insertion(&mut self, at: Range) {
        self.tree
            .words
            .push(Word { start: at.start, length: (at.end - at.start).min(flag::LENGTH) | flag::TEMPLATE });
        self.statement(at.end, INSERTION);
    }

    fn statement(&mut self, end: u32, open: u32) -> usize {
        let statement = self.tree.statements.len();
        self.tree.statements.push(Statement {
            first_word: offset(self.pending),
            next: offset(statement + 1),
            end,
            open,
        });
        if self.tree.words.get(self.pending).is_some_and(|name| self.text_of(name) == b"include") {
            self.tree.includes.push(offset(statement));
        }
        self.pending = self.tree.words.len();
        statement
    }

    fn finish(mut self) -> Tree {
        if !self.is_start() {
            self.missing_semicolon("the file ends before this directive does: `;` is missing");
        }
        let end = offset(self.text.len());
        let count = offset(self.tree.statements.len());
        for statement in self.open.iter().filter_map(|block| block.statement) {
            self.tree.statements[statement].next = count;
            self.tree.statements[statement].end = end;
        }
        if let Some(innermost) = self.open.last() {
            let at = Range { start: innermost.brace, end: innermost.brace + 1 };
            let message = match self.open.len() {
                1 => "this block is never closed".to_owned(),
                n => format!("this block and the {} around it are never closed", n - 1),
            };
            match self.crooked {
                Some((head, brace)) => {
                    self.slip(head, "a `}` is missing, probably of this block").because =
                        Some((brace, "this `}` closes it, but stands like that of an outer block"));
                }
                None => drop(self.slip(at, message)),
            }
        }
        if self.more_slips > 0 {
            let at = self.tree.slips[MAX_SLIPS - 2].at;
            let message = format!("{} more places like these in the file", self.more_slips);
            self.tree.slips.push(Slip { at, message, because: None, help: None });
        }
        self.tree.words.shrink_to_fit();
        self.tree.statements.shrink_to_fit();
        self.tree
    }

    /// Notes what nginx refuses; from a certain number on it is only counted.
    fn slip(&mut self, at: Range, message: impl Into<String>) -> &mut Slip {
        let slips = &mut self.tree.slips;
        if slips.len() < MAX_SLIPS - 1 {
            slips.push(Slip { at, message: message.into(), because: None, help: None });
        } else {
            self.more_slips += 1;
        }
        let last = slips.len() - 1;
        &mut slips[last]
    }

    fn is_start(&self) -> bool {
        self.pending == self.tree.words.len()
    }

    fn text_of(&self, word: &Word) -> &'s [u8] {
        let start = word.start as usize;
        &self.text.as_bytes()[start..start + (word.length & flag::LENGTH) as usize]
    }

    /// Whether a template mark at the start of a statement stands for lines instead of a name.
    fn stands_alone(&self, word: &[u8], at: Range) -> bool {
        let behind =
            self.text.as_bytes()[at.end as usize..].iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r'));
        template::is_control(word)
            || (template::is_bracketed(word) && matches!(behind, None | Some(b'\n' | b'{')))
    }

    /// The blanks before this byte, if there is nothing else before it on its line.
    fn indent(&self, at: u32) -> Option<&'s str> {
        let start = self.text.floor_char_boundary((at as usize).saturating_sub(LOOK_BACK));
        let before = &self.text[start..at as usize];
        let line = match before.rfind('\n') {
            Some(end) => &before[end + 1..],
            None if start == 0 => before,
            None => return None,
        };
        line.bytes().all(|byte| matches!(byte, b' ' | b'\t')).then_some(line)
    }
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

/// Whether an unquoted word holds the `{2}` of a regular expression.
fn has_quantifier(word: &[u8]) -> bool {
    word.windows(2).enumerate().any(|(at, pair)| {
        pair[0] == b'{'
            && pair[1].is_ascii_digit()
            && !(at > 0 && matches!(word[at - 1], b'$' | b'{' | b'\\'))
    })
}

/// The length of the Lua block that begins with the text's first byte, a `{`.
fn lua_block(text: &str) -> Option<usize> {
    let tokens = Grammar::parse(Rule::lua, text).expect("the rule matches everything");
    let mut depth = 0_usize;
    for token in tokens.flatten() {
        match token.as_rule() {
            Rule::lua_open => depth += 1,
            Rule::lua_close if depth == 1 => return Some(token.as_span().end()),
            Rule::lua_close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}
