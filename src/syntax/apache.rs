//! Apache httpd's configuration: pest cuts lines into words, this makes statements of them.
//!
//! The text is given to the grammar in windows of whole lines, so that the tokens of a large file
//! are never all in memory at once. A line that goes on behind a backslash is joined first.

use std::path::PathBuf;

use pest::Parser;

use super::template;
use super::{Dialect, INSERTION, Range, SIMPLE, Section, Statement, StatementId, Tree, Word, flag};
use crate::source::{Source, offset};
use lines::View;
use slips::Slips;

#[allow(missing_docs, clippy::pedantic)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/apache.pest"]
    pub struct Grammar;
}
mod lines;
mod pairs;
mod slips;
mod text;

use grammar::{Grammar, Rule};
pub(super) use text::value;

const FIRST_WINDOW: usize = 1 << 6;
const WINDOW: usize = 1 << 16;

/// Longer lines are not read. httpd reads up to 16 MiB (spec a8), but the tokens of such a line
/// would take forty times the memory.
const LONGEST: usize = 1 << 22;

/// A template mark at the start of a line is looked for in this many bytes.
const MARK: usize = 4096;

/// Reads one file. Whatever the text is, all of it is read; what httpd would refuse is in
/// [`Tree::slips`].
#[must_use]
pub fn parse(source: &Source) -> Tree {
    let mut reader = Reader::new(source.text());
    let start = reader.byte_order_mark();
    reader.read(start);
    reader.finish()
}

/// The words of one line, as httpd takes them: without quotes, escapes resolved (spec a10). Of
/// `<Name a b>` they are `Name`, `a` and `b`; a comment and a closing tag have none.
#[must_use]
pub fn words(line: &[u8]) -> Vec<Vec<u8>> {
    // The value of a variable may hold a line feed, which separates words.
    let line = line.iter().map(|&byte| if byte == b'\n' { b' ' } else { byte }).collect();
    let source = Source::new(PathBuf::new(), line);
    let mut reader = Reader::new(source.text());
    reader.read(0);
    let tree = reader.finish();
    let Some(id) = tree.top().next() else { return Vec::new() };
    (0..tree.word_count(id)).filter_map(|n| Some(tree.value(&source, id, n)?.into_owned())).collect()
}

struct Reader<'s> {
    text: &'s str,
    tree: Tree,
    /// The first word of the line that is being read.
    pending: usize,
    /// The opening tag that is being read.
    tag: Option<Section>,
    /// The sections that are open, from the outermost on.
    open: Vec<StatementId>,
    /// Up to here the text has been read in another way than token by token.
    read: u32,
    slips: Slips,
    /// Sections that ended with one around them, while their own closing tag may follow.
    crossed: Vec<StatementId>,
    /// The word of the line in which a template mark begins that does not end in it, and what ends it.
    mark: Option<(usize, &'static [u8])>,
    /// Template marks choose between lines: nobody knows which tags will be there.
    has_conditions: bool,
    /// A section in another language without end was seen: the next ones are read like any other.
    foreign_is_broken: bool,
}

impl<'s> Reader<'s> {
    fn new(text: &'s str) -> Self {
        // Room for as many as there can be: what is never filled costs nothing.
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
        let (statements, words) = (Vec::with_capacity(lines), Vec::with_capacity(2 * lines));
        Reader {
            text,
            tree: Tree { dialect: Dialect::Apache, statements, words, ..Tree::default() },
            pending: 0,
            tag: None,
            open: Vec::new(),
            read: 0,
            slips: Slips::default(),
            crossed: Vec::new(),
            mark: None,
            has_conditions: false,
            foreign_is_broken: false,
        }
    }

    fn byte_order_mark(&mut self) -> usize {
        if !self.text.starts_with('\u{feff}') {
            return 0;
        }
        let end = '\u{feff}'.len_utf8();
        let mark = Range { start: 0, end: offset(end) };
        self.slips.add(mark, "a byte-order mark, which httpd takes for a part of the first word").help =
            Some("save the file as UTF-8 without a byte-order mark");
        end
    }

    fn read(&mut self, mut at: usize) {
        let mut size = FIRST_WINDOW;
        while at < self.text.len() {
            let end = lines::window(self.text.as_bytes(), at, size);
            let next = if end - at > WINDOW + LONGEST {
                self.too_long(at);
                lines::join(self.text.as_bytes(), at).end
            } else {
                self.tokens(&View { text: &self.text[at..end], start: at, end, joins: &[] })
            };
            size = if next < end { FIRST_WINDOW } else { (size * 8).min(WINDOW) };
            at = next;
        }
    }

    /// Reads the tokens of some lines; gives the place to go on at, which mostly is behind them.
    fn tokens(&mut self, view: &View) -> usize {
        let tokens = Grammar::parse(Rule::lines, view.text);
        // `lines` is a repetition: it matches any text, if need be the empty start of it.
        let tokens = tokens.expect("the rule matches everything").next().expect("one rule, one pair");
        for token in tokens.into_inner() {
            let (rule, span) = (token.as_rule(), token.as_span());
            let at = view.range(span.start(), span.end());
            if at.end <= self.read {
                continue;
            }
            // A newline also takes the blanks behind it.
            if at.start < self.read && rule != Rule::newline {
                return self.read as usize;
            }
            if let Some(next) = self.token(rule, at, span.start(), span.as_str(), view) {
                return next;
            }
        }
        view.end.max(self.read as usize)
    }

    /// Takes in a token; gives a place if the text is to be read anew from there on.
    fn token(&mut self, rule: Rule, at: Range, start: usize, text: &str, view: &View) -> Option<usize> {
        match rule {
            Rule::newline if self.goes_on(at.start, view) => return self.continued(at.start),
            Rule::comment | Rule::closing if self.goes_on(at.end, view) => return self.continued(at.start),
            Rule::newline => self.end_line(at.start + 1),
            Rule::nul => self.end_line(at.end),
            Rule::name => {
                if text.starts_with(['{', '<'])
                    && let Some(end) = self.insertion(at.start)
                {
                    return Some(end);
                }
                // httpd takes a `>` off any name but that of a closing tag.
                let name =
                    text.strip_suffix('>').filter(|name| !matches!(name.as_bytes(), [] | [_, b'/', ..]));
                self.word(start, name.unwrap_or(text), 0, view);
            }
            Rule::unclosed if self.is_start() && text[1..].starts_with('<') => {
                self.slips.add(at, "a tag in quotes that nothing closes");
            }
            Rule::word | Rule::inner_word => self.word(start, text, 0, view),
            Rule::quoted | Rule::inner_quoted => self.word(start, text, flag::QUOTED, view),
            // The blanks at a line's end are gone before words are cut (spec a4).
            Rule::unclosed => self.word(start, lines::trim_end(text), flag::QUOTED | flag::UNCLOSED, view),
            Rule::inner_unclosed => self.word(start, text, flag::QUOTED | flag::UNCLOSED, view),
            Rule::open => {
                self.tag = Some(Section { start: at.start, ..Section::default() });
                self.word(start + 1, &text[1..], 0, view);
            }
            Rule::quoted_open => {
                let name = &text[2..text.len() - 1];
                let name = name.strip_suffix('>').unwrap_or(name);
                let head_end = if name.len() + 3 == text.len() { 0 } else { at.end };
                self.tag = Some(Section { start: at.start, head_end, ..Section::default() });
                self.word(start + 2, name, 0, view);
            }
            Rule::close | Rule::last => {
                if let Some(tag) = &mut self.tag {
                    tag.head_end = at.start + 1;
                }
            }
            Rule::comment => self.tree.comments.push(at),
            Rule::closing => {
                let line = lines::trim_end(text);
                let (tag, length) = lines::first_word(line);
                self.close(tag, tag.len() == line.len(), view.range(start, start + length));
            }
            _ => {}
        }
        None
    }

    /// Whether the line that ends here has a backslash at its end (spec a2), and is not joined yet.
    fn goes_on(&self, end: u32, view: &View) -> bool {
        let (line, rest) = self.text.as_bytes().split_at(end as usize);
        view.joins.is_empty()
            && rest.starts_with(b"\n")
            && line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"\\")
    }

    /// Reads a line that goes on in the next one, from its beginning. What follows in this window are
    /// whole lines, and so are those that have then been read already.
    fn continued(&mut self, at: u32) -> Option<usize> {
        let first = self.tree.words.get(self.pending).map_or(at, |word| word.start);
        let at = self.tag.take().map_or(first, |tag| tag.start) as usize;
        self.tree.words.truncate(self.pending);
        self.mark = None;
        let line = lines::join(self.text.as_bytes(), at);
        if line.text.len() > LONGEST {
            self.too_long(at);
        } else {
            let text = std::str::from_utf8(&line.text).expect("backslashes and line ends left out of a text");
            let next = self.tokens(&View { text, start: at, end: line.end, joins: &line.joins });
            if next != line.end {
                return Some(next);
            }
            self.end_line(offset(line.end));
        }
        self.read = self.read.max(offset(line.end));
        None
    }

    fn too_long(&mut self, at: usize) {
        let start = Range { start: offset(at), end: offset(at + 1) };
        self.slips.add(start, "a line longer than 4 MiB, which is not read");
    }

    fn word(&mut self, start: usize, text: &str, quoted: u32, view: &View) {
        let at = view.range(start, start + text.len());
        let length = at.end - at.start;
        let (flags, mark) = text::flags(text.as_bytes());
        let mut flags = flags | quoted;
        if length as usize != text.len() {
            flags |= flag::CONTINUED;
        }
        self.tree.words.push(Word { start: at.start, length: length.min(flag::LENGTH) | flags });
        if flags & flag::TEMPLATE != 0 {
            self.tree.is_template = true;
        }
        match self.mark {
            Some((first, close)) if memchr::memmem::find(text.as_bytes(), close).is_some() => {
                self.merge(first);
            }
            // A later beginning is more likely one than an earlier that has found no end yet.
            before => self.mark = mark.map(|close| (self.tree.words.len() - 1, close)).or(before),
        }
    }

    /// Makes one word of those that a template mark with blanks stands in: what it will be filled in
    /// with is more likely one.
    fn merge(&mut self, first: usize) {
        let end = self.tree.words[self.tree.words.len() - 1].range().end;
        self.tree.words.truncate(first + 1);
        let Word { start, length } = self.tree.words[first];
        let bytes = &self.text.as_bytes()[start as usize..end as usize];
        let quoted = if bytes.first() == bytes.last() { length & flag::QUOTED } else { 0 };
        self.tree.words[first].length = offset(bytes.len()).min(flag::LENGTH) | flag::TEMPLATE | quoted;
        self.tree.is_template = true;
        self.mark = None;
    }

    /// Takes in the template marks in brackets that stand, at the start of a line, for lines instead of
    /// a name; gives their end.
    fn insertion(&mut self, start: u32) -> Option<usize> {
        let mut at = start as usize;
        loop {
            let rest = &self.text.as_bytes()[at..];
            let mark = template::leading_mark(&rest[..rest.len().min(MARK)]);
            let mark = mark.filter(|mark| template::is_control(mark) || self.ends_line(at + mark.len()));
            let Some(mark) = mark else { return (at > start as usize).then_some(at) };
            self.tree.is_template = true;
            self.has_conditions |= template::is_condition(mark);
            self.tree.words.push(Word { start: offset(at), length: offset(mark.len()) | flag::TEMPLATE });
            self.statement(INSERTION);
            at += mark.len();
            at += self.text[at..].len() - self.text[at..].trim_start_matches([' ', '\t']).len();
        }
    }

    /// Whether nothing but template marks follows on the line.
    fn ends_line(&self, at: usize) -> bool {
        let rest = self.text[at..].trim_start_matches([' ', '\t', '\r']);
        rest.is_empty() || ["\n", "{{", "{%", "{#", "<%"].iter().any(|next| rest.starts_with(next))
    }

    /// Makes a statement of the words of a line; `behind` is where the next line begins.
    fn end_line(&mut self, behind: u32) {
        self.mark = None;
        if let Some(tag) = self.tag.take() {
            self.open(Section { inside: behind, close: behind, ..tag });
        } else if !self.is_start() {
            let first = self.tree.words[self.pending];
            let is_empty = first.length & flag::LENGTH == 1 + u32::from(first.length & flag::UNCLOSED == 0);
            if first.length & flag::QUOTED != 0 && is_empty {
                // To httpd a line that begins with an empty word is an empty line.
                let last = self.tree.words[self.tree.words.len() - 1].range();
                self.tree.comments.push(Range { start: first.start, end: last.end });
                self.tree.words.truncate(self.pending);
                return;
            }
            // Alone on its line a mark stands for lines, and not for the name of what follows.
            let is_mark = self.tree.words.len() == self.pending + 1
                && self.tree.words[self.pending].length & flag::TEMPLATE != 0;
            self.statement(if is_mark { INSERTION } else { SIMPLE });
        }
    }

    fn statement(&mut self, open: u32) -> StatementId {
        let id = offset(self.tree.statements.len());
        let end = self.tree.words[self.tree.words.len() - 1].range().end;
        self.tree.statements.push(Statement { first_word: offset(self.pending), next: id + 1, end, open });
        let name = self.name(id);
        if name.eq_ignore_ascii_case("include") || name.eq_ignore_ascii_case("includeoptional") {
            self.tree.includes.push(id);
        }
        self.pending = self.tree.words.len();
        id
    }

    fn finish(mut self) -> Tree {
        self.end_line(offset(self.text.len()));
        self.close_all();
        self.tree.slips = self.slips.finish();
        self.tree.words.shrink_to_fit();
        self.tree.statements.shrink_to_fit();
        self.tree
    }

    fn is_start(&self) -> bool {
        self.pending == self.tree.words.len()
    }
}
