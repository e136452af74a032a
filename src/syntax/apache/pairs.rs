//! Which closing tag belongs to which section, and which section lacks its own.

use std::borrow::Cow;

use memchr::{memchr, memmem};

use super::{INSERTION, Reader, Section, StatementId, Word, flag, lines};
use crate::source::offset;
use crate::syntax::Range;

/// Sections that httpd reads or skips while it reads the file (spec a17).
const CONDITIONS: &[&str] = &["IfModule", "IfDefine", "IfVersion", "IfFile", "IfDirective", "IfSection"];

/// A closing tag is compared with so many open sections. Nothing real is nested that deep.
const DEPTH: usize = 64;

/// How the tags of Perl's `HTML::Template` begin, which are no sections.
const TEMPLATE: &str = "TMPL_";

impl Reader<'_> {
    /// Takes in the opening tag whose words have been read.
    pub(super) fn open(&mut self, tag: Section) {
        let behind = self.tree.words.get(self.pending + 1).map(|word| word.start);
        let is_bare = behind.is_some_and(|behind| tag.head_end != 0 && tag.head_end <= behind);
        if is_bare {
            // httpd takes the `>` for a part of the name and misses one in what follows (spec a15).
            self.tree.words.truncate(self.pending + 1);
        }
        if self.text[tag.start as usize + 1..].starts_with(TEMPLATE) {
            let last = self.tree.words[self.tree.words.len() - 1].range().end;
            let length = (tag.head_end.max(last) - tag.start).min(flag::LENGTH);
            self.tree.words.truncate(self.pending);
            self.tree.words.push(Word { start: tag.start, length: length | flag::TEMPLATE });
            self.statement(INSERTION);
            (self.tree.is_template, self.has_conditions) = (true, true);
            return;
        }
        let id = self.statement(offset(self.tree.sections.len()));
        let name = self.name(id).into_owned();
        self.tree.sections.push(tag);
        let head = self.tree.head(id);
        if name.is_empty() {
            self.slips.add(head, "`<` with no name behind it");
            self.end_section(id, Range { start: tag.inside, end: tag.inside });
            return;
        }
        if is_bare {
            self.slips.add(head, format!("nothing may follow `<{name}>` on its line")).help =
                Some("write the comment on a line of its own");
        } else if tag.head_end == 0 {
            self.slips.add(head, format!("the `>` of `<{name}` is missing"));
        }
        if name.eq_ignore_ascii_case("perl") || starts_with(&name, "lua") {
            self.foreign(id, tag.inside as usize, &name);
        } else {
            self.open.push(id);
        }
    }

    /// Takes in a closing tag, which may not be alone on its line.
    pub(super) fn close(&mut self, tag: &str, is_alone: bool, at: Range) {
        let name = &tag[2..];
        let name = lines::trim_end(&name[..name.find('>').unwrap_or(name.len())]);
        if name.starts_with(TEMPLATE) {
            return;
        }
        let outermost = self.open.len().saturating_sub(DEPTH);
        let found = self.open[outermost..].iter().rposition(|&id| self.name(id).eq_ignore_ascii_case(name));
        let Some(found) = found else {
            self.stray(tag, name, at);
            return;
        };
        for id in self.open.split_off(outermost + found + 1) {
            self.end_section(id, Range { end: at.start, ..at });
            let message = format!("`<{}>` is not closed before `</{name}>`", self.name(id));
            self.not_closed(id, message, Some((at, "this closes a section around it")));
            self.crossed.push(id);
        }
        let Some(id) = self.open.pop() else { return };
        self.end_section(id, at);
        if tag.len() != name.len() + 3 {
            if !self.has_conditions {
                self.slips.add(at, format!("`{tag}` is not `</{name}>`")).help =
                    Some("write no blank before the `>`, and one behind it if anything follows");
            }
        } else if !is_alone && self.is_condition(id) {
            self.tree.trailing.push(id);
        }
    }

    /// A closing tag whose section is not open.
    fn stray(&mut self, tag: &str, name: &str, at: Range) {
        let oldest = self.crossed.len().saturating_sub(DEPTH);
        let is_own = |&id: &StatementId| self.name(id).eq_ignore_ascii_case(name);
        if let Some(crossed) = self.crossed[oldest..].iter().rposition(is_own) {
            self.crossed.remove(oldest + crossed);
            return;
        }
        if self.has_conditions {
            return;
        }
        let Some(&id) = self.open.last() else {
            self.slips.add(at, format!("`{tag}` closes nothing"));
            return;
        };
        let (head, open) = (self.tree.head(id), self.name(id).into_owned());
        let mut message = format!("`{tag}` closes nothing");
        if name.len() > 1 && starts_with(&open, name.get(..2).unwrap_or(name)) {
            self.open.pop();
            self.end_section(id, at);
            message = format!("`{tag}` where `</{open}>` belongs");
        }
        self.slips.add(at, message).because = Some((head, "this is open"));
    }

    /// Ends the sections for which there is no closing tag in the file.
    pub(super) fn close_all(&mut self) {
        let end = offset(self.text.len());
        for id in std::mem::take(&mut self.open) {
            self.end_section(id, Range { start: end, end });
            if self.is_condition(id) {
                self.tree.unclosed.push(id);
                continue;
            }
            let name = self.name(id);
            let twin = self
                .tree
                .children(id)
                .find(|&inner| self.tree.is_block(inner) && self.name(inner).eq_ignore_ascii_case(&name));
            let message = format!("`<{name}>` is never closed");
            self.not_closed(
                id,
                message,
                twin.map(|twin| (self.tree.head(twin), "the next one begins in it")),
            );
        }
    }

    fn not_closed(&mut self, id: StatementId, message: String, because: Option<(Range, &'static str)>) {
        let head = self.tree.head(id);
        let section = self.tree.statements[id as usize].open;
        if self.has_conditions || self.tree.sections[section as usize].head_end == 0 {
            return;
        }
        let slip = self.slips.add(head, message);
        slip.because = because;
        if memmem::find(&self.text.as_bytes()[head.start as usize..head.end as usize], b"</").is_some() {
            slip.help =
                Some("write the opening tag, each directive and the closing tag on lines of their own");
        }
    }

    fn end_section(&mut self, id: StatementId, close: Range) {
        let next = offset(self.tree.statements.len());
        let statement = &mut self.tree.statements[id as usize];
        (statement.next, statement.end) = (next, close.end);
        self.tree.sections[statement.open as usize].close = close.start;
    }

    fn is_condition(&self, id: StatementId) -> bool {
        CONDITIONS.iter().any(|name| self.name(id).eq_ignore_ascii_case(name))
    }

    /// Skips a section that is a program of another language, up to the line of its closing tag.
    fn foreign(&mut self, id: StatementId, inside: usize, name: &str) {
        let close = if self.foreign_is_broken { None } else { self.closing_line(inside, name) };
        let Some(close) = close else {
            self.foreign_is_broken = true;
            self.open.push(id);
            return;
        };
        self.end_section(id, close);
        let rest = &self.text.as_bytes()[close.end as usize..];
        self.read = close.end + offset(memchr(b'\n', rest).map_or(rest.len(), |line| line + 1));
    }

    /// The first `</name>` that begins a line.
    fn closing_line(&self, inside: usize, name: &str) -> Option<Range> {
        let (tag, text) = (format!("</{name}>"), self.text.as_bytes());
        memmem::find_iter(&text[inside..], b"</").find_map(|at| {
            let start = inside + at;
            let end = start + tag.len();
            let before = text[..start].iter().rev().find(|byte| !lines::is_blank(**byte));
            let is_tag = text.get(start..end).is_some_and(|found| found.eq_ignore_ascii_case(tag.as_bytes()));
            (is_tag && before == Some(&b'\n')).then(|| Range { start: offset(start), end: offset(end) })
        })
    }

    /// The name of a statement.
    pub(super) fn name(&self, id: StatementId) -> Cow<'_, str> {
        let word = self.tree.words[self.tree.statements[id as usize].first_word as usize];
        let range = word.range();
        let mut text = &self.text[range.start as usize..range.end as usize];
        if word.length & flag::QUOTED != 0 {
            text = text.trim_matches(['"', '\'']);
        }
        if word.length & flag::CONTINUED == 0 {
            return text.into();
        }
        String::from_utf8(lines::join(text.as_bytes(), 0).text).unwrap_or_default().into()
    }
}

fn starts_with(name: &str, start: &str) -> bool {
    name.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}
