//! Which `}` belongs to which `{`, and which block lacks its own.

use std::borrow::Cow;

use super::{NAMELESS, Reader, is_one_of};
use crate::source::offset;
use crate::syntax::{MAX_SLIPS, Range, SIMPLE, StatementId};

/// More blanks than this are no indentation.
const MAX_INDENT: usize = 200;

/// Directives that have a block and nothing else.
const BLOCKS: &[&str] = &[
    "http",
    "location",
    "if",
    "limit_except",
    "upstream",
    "map",
    "geo",
    "split_clients",
    "charset_map",
    "events",
    "types",
];

/// Blocks whose lines are data: no directives, and no blocks (spec G12).
const DATA: &[&str] = &["map", "types", "geo", "split_clients", "charset_map"];

/// Blocks that stand in `http` or at the top of a file, and those in which they never stand.
const OUTER: &[&str] =
    &["http", "server", "upstream", "map", "geo", "split_clients", "charset_map", "events"];
const INNER: &[&str] = &["server", "location", "if", "limit_except", "upstream", "events"];

impl<'s> Reader<'s> {
    /// Whether the statement that ends with a `;` ought to be a block. In a block of data any word may
    /// stand first, and in a file that may be included there as well: but not over several lines.
    pub(super) fn lacks_block(&self) -> bool {
        is_one_of(self.name(self.tree.words[self.pending]), BLOCKS)
            && match self.open.last() {
                Some(&parent) => parent != NAMELESS && !is_one_of(self.block_name(parent), DATA),
                None => self.second_line().is_some(),
            }
    }

    /// `location ~ \.php${`: whether the brace at the end of the word ought to open a block.
    pub(super) fn ought_to_open(&self, word: Range) -> bool {
        let mut behind = self.text.as_bytes()[word.end as usize..].iter();
        let name = self.tree.words.get(self.pending).map(|&name| self.name(name));
        name.is_some_and(|name| is_one_of(name, BLOCKS))
            && self
                .open
                .last()
                .is_none_or(|&parent| parent == NAMELESS || !is_one_of(self.block_name(parent), DATA))
            && behind.find(|byte| !b" \t\r\n".contains(byte)) != Some(&b'{')
    }

    /// The first word of the pending statement's second line.
    fn second_line(&self) -> Option<usize> {
        (self.pending + 1..self.tree.words.len()).find(|&at| self.indent(self.tree.words[at].start).is_some())
    }

    /// `location /⏎ root /x;`: the first line is taken for the beginning of the block.
    pub(super) fn missing_brace(&mut self, semicolon: Range) {
        let Some(line) = self.second_line() else {
            self.slip(semicolon, "`;` where the `{` of a block belongs");
            self.statement(semicolon.end, SIMPLE);
            return;
        };
        let inner = self.tree.words.split_off(line);
        let last = self.tree.words[line - 1].range();
        self.slip(last, "`{` is missing at the end of this line");
        // The block begins behind a brace that one has to imagine over the last byte.
        let block = self.statement(last.end, last.end - 1);
        self.open.push(block);
        self.tree.words.extend(inner);
        self.statement(semicolon.end, SIMPLE);
    }

    pub(super) fn open(&mut self, at: Range) -> u32 {
        if self.is_start() {
            // A mark that goes on over several lines is not one to the grammar.
            if let Some(end) = self.insertion(at.start) {
                return end;
            }
            self.slip(at, "`{` with no directive before it");
            self.open.push(NAMELESS);
            return at.end;
        }
        self.split_swallowed_block();
        self.check_place(at);
        let is_lua = self.name(self.tree.words[self.pending]).ends_with(b"_by_lua_block");
        let statement = self.statement(at.end, at.start);
        if is_lua {
            return self.lua(statement, at.start);
        }
        self.open.push(statement);
        at.end
    }

    pub(super) fn close(&mut self, at: Range) {
        if !self.is_start() {
            self.missing_semicolon("`;` is missing before the `}`");
        }
        match self.open.pop() {
            None => self.stray(at),
            Some(NAMELESS) => {}
            Some(block) => {
                let next = offset(self.tree.statements.len());
                let statement = &mut self.tree.statements[block as usize];
                (statement.next, statement.end) = (next, at.end);
                self.compare_indents(block, at);
            }
        }
    }

    /// `listen 80⏎ location / {`: the words before a block's name at the beginning of a line are a
    /// directive that lacks its `;`.
    fn split_swallowed_block(&mut self) {
        let found = (self.pending + 1..self.tree.words.len()).rev().find(|&at| {
            let word = self.tree.words[at];
            let name = self.name(word);
            (name == b"server" || is_one_of(name, BLOCKS)) && self.indent(word.start).is_some()
        });
        if let Some(at) = found {
            let behind = self.tree.words.split_off(at);
            self.missing_semicolon("`;` is missing at the end of this directive");
            self.tree.words.extend(behind);
        }
    }

    /// Looks at the block that is about to begin with `brace`. Where it cannot stand in the blocks
    /// around it, and does not stand deeper either, those lack their `}`.
    fn check_place(&mut self, brace: Range) {
        let words = &self.tree.words;
        let head = Range { start: words[self.pending].start, end: words[words.len() - 1].range().end };
        let name = self.name(words[self.pending]);
        let is_outer = is_one_of(name, OUTER);
        let is_block = is_outer || is_one_of(name, BLOCKS);
        let is_over = |&block: &StatementId| {
            block != NAMELESS
                && self.indent_of(block).zip(self.indent(head.start)).is_some_and(|(a, b)| a.starts_with(b))
                && {
                    let outer = self.block_name(block);
                    is_outer && is_one_of(outer, INNER) || is_block && is_one_of(outer, DATA)
                }
        };
        let kept = self.open.len() - self.open.iter().rev().take_while(|block| is_over(block)).count();
        if kept < self.open.len() {
            self.unclosed(kept, head.start, Some(head));
        } else if is_outer {
            self.late.clear();
        }
        let Some(&parent) = self.open.last().filter(|parent| **parent != NAMELESS) else { return };
        if is_one_of(self.block_name(parent), DATA) {
            let outer = self.head(parent);
            self.slip(brace, "`{` among lines that are data: no block can stand here").because =
                Some((outer, "in this block"));
        } else if let (Some(outer), Some(inner)) = (self.indent_of(parent), self.indent(head.start))
            && outer.starts_with(inner)
            && self.indent_of(parent + 1).is_some_and(|first| first.len() > outer.len())
        {
            self.note_late(parent, head, "this stands beside it and not in it");
        }
    }

    /// Compares the indentation of a `}` with that of the block it closes.
    fn compare_indents(&mut self, block: StatementId, brace: Range) {
        let (Some(opening), Some(closing)) = (self.indent_of(block), self.indent(brace.start)) else {
            return;
        };
        if opening == closing {
            return;
        }
        if closing.starts_with(opening) {
            self.early.get_or_insert((brace, self.head(block)));
        } else if self
            .open
            .iter()
            .rev()
            .take(8)
            .any(|&outer| outer != NAMELESS && self.indent_of(outer) == Some(closing))
        {
            self.note_late(block, brace, "this `}` closes it, but stands like that of a block further out");
        }
    }

    fn note_late(&mut self, block: StatementId, shown_by: Range, words: &'static str) {
        let head = self.head(block);
        if self.late.len() < MAX_SLIPS && self.late.iter().all(|late| late.0 != head) {
            self.late.push((head, shown_by, words));
        }
    }

    /// Ends the blocks from number `kept` on, for which there is no `}`, at `end`. By counting, the
    /// outermost are left over; which ones lack their `}` is seen by the indentation, if at all.
    pub(super) fn unclosed(&mut self, kept: usize, end: u32, before: Option<Range>) {
        let next = offset(self.tree.statements.len());
        let mut count = 0;
        for &block in &self.open[kept..] {
            // A brace without a name is no statement.
            if let Some(statement) = self.tree.statements.get_mut(block as usize) {
                (statement.next, statement.end) = (next, end);
                count += 1;
            }
        }
        let mut late = std::mem::take(&mut self.late);
        late.truncate(count);
        let rest = count - late.len();
        let innermost = rest
            .checked_sub(1)
            .and_then(|at| self.open[kept..].iter().filter(|&&block| block != NAMELESS).nth(at).copied());
        self.open.truncate(kept);
        if self.has_conditions {
            return;
        }
        for (head, shown_by, words) in late {
            self.slip(head, "a `}` is missing, probably of this block").because = Some((shown_by, words));
        }
        if let Some(block) = innermost {
            let head = self.head(block);
            let message = match rest {
                1 => "this block is never closed".into(),
                n => Cow::from(format!("this block and the {} around it are never closed", n - 1)),
            };
            let holds_blocks = (block + 1..next).any(|inner| self.tree.is_block(inner));
            let slip = self.slip(head, message);
            slip.because = before.map(|head| (head, "this cannot stand in it"));
            if slip.because.is_none() && holds_blocks {
                slip.help = Some("the `}` that is missing may also be that of a block inside");
            }
        }
    }

    /// A `}` with no block open. A block before it was closed too early; by its indentation it may
    /// be known which.
    fn stray(&mut self, at: Range) {
        match self.early.take() {
            _ if self.has_conditions => {}
            None => drop(self.slip(at, "`}` closes nothing")),
            Some((brace, block)) => {
                let block =
                    String::from_utf8_lossy(self.slice(block)).lines().next().unwrap_or_default().to_owned();
                let message =
                    format!("one `}}` too many, probably this: it closes `{block}`, but stands deeper");
                self.slip(brace, message).because = Some((at, "nothing is left for this `}` to close"));
            }
        }
    }

    pub(super) fn indent_of(&self, statement: StatementId) -> Option<&'s str> {
        let statement = self.tree.statements.get(statement as usize)?;
        self.indent(self.tree.words[statement.first_word as usize].start)
    }

    /// The blanks before this byte, if there is nothing else before it on its line.
    fn indent(&self, at: u32) -> Option<&'s str> {
        let before = &self.text[..at as usize];
        let blanks =
            before.bytes().rev().take(MAX_INDENT).take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (above, indent) = before.split_at(before.len() - blanks);
        (above.is_empty() || above.ends_with('\n')).then_some(indent)
    }
}
