//! What is written: statements and words, with the bytes they stand on.
//!
//! A [`Tree`] is the syntax tree of one file, kept as two flat lists: the statements in the order
//! of the text, each knowing where its block ends, and the words of all statements. Nothing is
//! copied out of the source, nothing recurses, and dropping a tree is two deallocations.

mod apache;
mod nginx;
mod template;

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::source::{Source, offset};

pub use apache::{parse as parse_apache, words as apache_words};
pub use nginx::parse as parse_nginx;

/// A range of bytes within the file of the tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Range {
    fn of(span: pest::Span<'_>, base: usize) -> Self {
        Range { start: offset(base + span.start()), end: offset(base + span.end()) }
    }
}

/// Something in a file that its server would not accept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slip {
    /// Where.
    pub at: Range,
    /// What, as one clause.
    pub message: Cow<'static, str>,
    /// A second place, and what it has to do with it.
    pub because: Option<(Range, &'static str)>,
    /// What to write.
    pub help: Option<&'static str>,
}

/// One word: eight bytes.
#[derive(Clone, Copy, Debug)]
struct Word {
    start: u32,
    /// Length in bytes with the quotes; words beyond 16 MiB are cut there, and no server takes them.
    length: u32,
}

impl Word {
    fn range(self) -> Range {
        Range { start: self.start, end: self.start + (self.length & flag::LENGTH) }
    }
}

/// What a word holds besides plain bytes; kept in the upper byte of `length`.
mod flag {
    pub const QUOTED: u32 = 1 << 24;
    pub const ESCAPED: u32 = 1 << 25;
    pub const VARIABLE: u32 = 1 << 26;
    pub const TEMPLATE: u32 = 1 << 27;
    pub const UNCLOSED: u32 = 1 << 28;
    pub const CONTINUED: u32 = 1 << 29;
    pub const LENGTH: u32 = QUOTED - 1;
}

/// One statement: a simple directive, a block, or a template mark that stands alone.
#[derive(Clone, Copy, Debug)]
struct Statement {
    /// The index of its first word; its words end where those of the next statement begin.
    first_word: u32,
    /// The index of the first statement behind it and its block.
    next: u32,
    /// The byte behind its `;` or `}`, or behind its last word or closing tag.
    end: u32,
    /// The byte of its `{`, or one of the two constants below. In Apache's dialect, the number of its
    /// section instead of the brace.
    open: u32,
}

/// The tags of a section in Apache's dialect.
#[derive(Clone, Copy, Debug, Default)]
struct Section {
    /// The `<` of the opening tag.
    start: u32,
    /// The byte behind its last `>`, or 0 if it has none.
    head_end: u32,
    /// The byte behind its line.
    inside: u32,
    /// The `<` of the closing tag.
    close: u32,
}

/// By which server's rules words were cut, and are to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Dialect {
    #[default]
    Nginx,
    Apache,
}

const SIMPLE: u32 = u32::MAX;
const INSERTION: u32 = u32::MAX - 1;

/// The statements of one file.
#[derive(Debug, Default)]
pub struct Tree {
    dialect: Dialect,
    sections: Vec<Section>,
    statements: Vec<Statement>,
    /// Found when first asked for.
    parents: OnceLock<Vec<StatementId>>,
    words: Vec<Word>,
    comments: Vec<Range>,
    includes: Vec<StatementId>,
    unclosed: Vec<StatementId>,
    trailing: Vec<StatementId>,
    /// What the server would not accept. Never more than [`MAX_SLIPS`], the last of which counts.
    pub slips: Vec<Slip>,
    /// Whether the file holds marks of a template language.
    pub is_template: bool,
}

/// More slips than this in one file are counted, not told.
pub const MAX_SLIPS: usize = 20;

/// The index of a statement in its tree.
pub type StatementId = u32;

impl Tree {
    /// The statements that stand in no block.
    pub fn top(&self) -> impl Iterator<Item = StatementId> + '_ {
        self.siblings(0, offset(self.statements.len()))
    }

    /// The statements directly in the block of `id`; none for a simple directive.
    pub fn children(&self, id: StatementId) -> impl Iterator<Item = StatementId> + '_ {
        self.siblings(id + 1, self.statements[id as usize].next)
    }

    fn siblings(&self, first: u32, end: u32) -> impl Iterator<Item = StatementId> + '_ {
        let mut at = first;
        std::iter::from_fn(move || {
            let id = at;
            (id < end).then(|| {
                at = self.statements[id as usize].next;
                id
            })
        })
    }

    /// Whether the file was read with Apache's grammar.
    #[must_use]
    pub fn is_apache(&self) -> bool {
        self.dialect == Dialect::Apache
    }

    /// The blocks and sections around a place, the outermost first.
    #[must_use]
    pub fn around(&self, at: u32) -> Vec<StatementId> {
        let mut around: Vec<StatementId> = self.outwards(at).filter(|&id| self.is_block(id)).collect();
        around.reverse();
        around
    }

    /// The statement around a place that has no other one in it.
    #[must_use]
    pub fn innermost(&self, at: u32) -> Option<StatementId> {
        self.outwards(at).next()
    }

    /// The statements around a place, the innermost first.
    fn outwards(&self, at: u32) -> impl Iterator<Item = StatementId> + '_ {
        let parents = self.parents.get_or_init(|| self.find_parents());
        let first = self.starts(at).checked_sub(1);
        let up = |id: &StatementId| parents.get(*id as usize).copied().filter(|parent| *parent != *id);
        std::iter::successors(first, up).filter(move |&id| at < self.range(id).end)
    }

    /// The first statement that begins behind a place.
    #[must_use]
    pub fn next_behind(&self, at: u32) -> Option<StatementId> {
        Some(self.starts(at)).filter(|next| *next < offset(self.statements.len()))
    }

    /// How many statements begin at or before a place.
    fn starts(&self, at: u32) -> u32 {
        let (mut low, mut high) = (0, offset(self.statements.len()));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.range(middle).start <= at { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// For each statement the one it stands in; itself where it stands in none.
    fn find_parents(&self) -> Vec<StatementId> {
        let mut open: Vec<StatementId> = Vec::new();
        let all = (0..offset(self.statements.len())).map(|id| {
            while open.last().is_some_and(|&outer| self.statements[outer as usize].next <= id) {
                open.pop();
            }
            let parent = open.last().copied().unwrap_or(id);
            if self.statements[id as usize].next > id + 1 {
                open.push(id);
            }
            parent
        });
        all.collect()
    }

    /// How many statements there are, at all depths.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether there is no statement.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Whether the statement has a block.
    #[must_use]
    pub fn is_block(&self, id: StatementId) -> bool {
        self.statements[id as usize].open < INSERTION
    }

    /// Whether this is a template mark that stands alone, where directives could stand.
    #[must_use]
    pub fn is_insertion(&self, id: StatementId) -> bool {
        self.statements[id as usize].open == INSERTION
    }

    /// The byte behind the `{` of a block; of a section, the first of the line behind its opening.
    #[must_use]
    pub fn inside(&self, id: StatementId) -> Option<u32> {
        let inside = self.section(id).map(|section| section.inside);
        inside.or_else(|| self.is_block(id).then(|| self.statements[id as usize].open + 1))
    }

    /// How many words the statement has, its name included.
    #[must_use]
    pub fn word_count(&self, id: StatementId) -> usize {
        let (first, end) = self.words_of(id);
        end - first
    }

    /// The whole statement, with its block and its terminator.
    #[must_use]
    pub fn range(&self, id: StatementId) -> Range {
        let start = self.section(id).map_or(self.word_range(id, 0).start, |section| section.start);
        Range { start, end: self.statements[id as usize].end }
    }

    /// The statement's words, from its name to the last argument; of a section, its opening tag.
    #[must_use]
    pub fn head(&self, id: StatementId) -> Range {
        let last = self.word_range(id, self.word_count(id).saturating_sub(1)).end;
        match self.section(id) {
            Some(section) => Range { start: section.start, end: section.head_end.max(last) },
            None => Range { start: self.word_range(id, 0).start, end: last },
        }
    }

    /// Where word `n` of the statement stands, with its quotes; word 0 is the name.
    #[must_use]
    pub fn word_range(&self, id: StatementId, n: usize) -> Range {
        let end = self.statements[id as usize].end;
        self.word(id, n).map_or(Range { start: end, end }, |word| word.range())
    }

    /// The bytes of word `n` as they are written, without the quotes.
    #[must_use]
    pub fn raw<'s>(&self, source: &'s Source, id: StatementId, n: usize) -> Option<&'s [u8]> {
        let word = self.word(id, n)?;
        let range = self.word_range(id, n);
        let bytes = source.bytes().get(range.start as usize..range.end as usize)?;
        match word.length & (flag::QUOTED | flag::UNCLOSED) {
            0 => Some(bytes),
            flag::QUOTED => bytes.get(1..bytes.len() - 1),
            _ => bytes.get(1..),
        }
    }

    /// The value of word `n` as the server takes it, escapes resolved. Variables are not: see
    /// [`Tree::is_literal`].
    #[must_use]
    pub fn value<'s>(&self, source: &'s Source, id: StatementId, n: usize) -> Option<Cow<'s, [u8]>> {
        let raw = self.raw(source, id, n)?;
        let word = self.word(id, n)?;
        if word.length & (flag::ESCAPED | flag::CONTINUED) == 0 {
            return Some(Cow::Borrowed(raw));
        }
        let quote = (word.length & flag::QUOTED != 0).then(|| source.bytes()[word.start as usize]);
        Some(Cow::Owned(match self.dialect {
            Dialect::Nginx => nginx::unescape(raw),
            Dialect::Apache => apache::value(raw, quote),
        }))
    }

    /// Whether the value of word `n` is known from the text alone: it has no variable and no
    /// template mark.
    #[must_use]
    pub fn is_literal(&self, id: StatementId, n: usize) -> bool {
        self.word(id, n).is_some_and(|word| word.length & (flag::VARIABLE | flag::TEMPLATE) == 0)
    }

    /// Whether word `n` holds a template mark, so that its text is not what the server will read.
    #[must_use]
    pub fn is_template_word(&self, id: StatementId, n: usize) -> bool {
        self.word(id, n).is_some_and(|word| word.length & flag::TEMPLATE != 0)
    }

    /// Whether word `n` is written in quotes.
    #[must_use]
    pub fn is_quoted(&self, id: StatementId, n: usize) -> bool {
        self.word(id, n).is_some_and(|word| word.length & flag::QUOTED != 0)
    }

    /// The comments, in order.
    #[must_use]
    pub fn comments(&self) -> &[Range] {
        &self.comments
    }

    /// The statements that include other files, at all depths.
    #[must_use]
    pub fn includes(&self) -> &[StatementId] {
        &self.includes
    }

    /// The section of a statement, in Apache's dialect.
    fn section(&self, id: StatementId) -> Option<&Section> {
        self.sections.get(self.statements[id as usize].open as usize)
    }

    fn words_of(&self, id: StatementId) -> (usize, usize) {
        let first = self.statements[id as usize].first_word as usize;
        let end =
            self.statements.get(id as usize + 1).map_or(self.words.len(), |next| next.first_word as usize);
        (first, end)
    }

    fn word(&self, id: StatementId, n: usize) -> Option<&Word> {
        let (first, end) = self.words_of(id);
        self.words.get(first..end)?.get(n)
    }
}
