//! Which closing tag belongs to which section, and which section lacks its own.

use super::{Reader, lines};
use crate::source::offset;
use crate::syntax::{Range, Section, StatementId};

/// Sections that httpd reads or skips while it reads the file (spec a17).
const CONDITIONS: &[&str] = &["ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection"];

/// A closing tag is compared with so many open sections. Nothing real is nested that deep.
const DEPTH: usize = 64;

impl Reader<'_> {
    pub(super) fn open(&mut self, tag: Section) {
        let id = self.statement(offset(self.tree.sections.len()));
        self.tree.sections.push(tag);
        let head = self.tree.head(id);
        if self.name(id).is_empty() {
            self.slips.add(head, "`<` with no name behind it");
        } else if tag.head_end == 0 {
            let is_glued = self.text.as_bytes().get(self.tree.word_range(id, 0).end as usize) == Some(&b'>');
            if is_glued {
                self.slips.add(head, "text behind the `>` of a section without arguments").help =
                    Some("write it on a line of its own");
            } else {
                self.slips.add(head, "`>` is missing");
            }
        }
        if self.is_foreign(id) {
            self.foreign(id, tag.inside);
        } else {
            self.open.push(id);
        }
    }

    /// Takes in a closing tag and all that follows it on its line.
    pub(super) fn close(&mut self, line: &str, at: Range) {
        let line = lines::trim_end(line);
        let tag = &line[..line.bytes().position(lines::is_blank).unwrap_or(line.len())];
        let name = &tag[2..];
        let name = &name[..name.find('>').unwrap_or(name.len())];
        let at = Range { end: (at.start + offset(tag.len())).min(at.end), ..at };

        let innermost = self.open.len().saturating_sub(DEPTH);
        let found = self.open[innermost..].iter().rposition(|&id| self.name(id).eq_ignore_ascii_case(name));
        let Some(found) = found.map(|found| innermost + found) else {
            self.stray(tag, name, at);
            return;
        };
        for id in self.open.split_off(found + 1).into_iter().rev() {
            self.end_section(id, Range { end: at.start, ..at });
            self.never_closed(id, Some((at, "this closes a section around it")));
        }
        let id = self.open[found];
        self.open.pop();
        self.end_section(id, at);
        if tag.len() != name.len() + 3 {
            if !self.has_conditions {
                self.slips.add(
                    at,
                    format!(
                        "the `>` of `</{name}>` must follow its name, and a blank or nothing must follow it"
                    ),
                );
            }
        } else if tag.len() != line.len() && self.is_condition(id) {
            self.tree.trailing.push(id);
        }
    }

    fn stray(&mut self, tag: &str, name: &str, at: Range) {
        if self.has_conditions {
            return;
        }
        if let Some(&id) = self.open.last()
            && is_alike(&self.name(id), name)
        {
            self.open.pop();
            self.end_section(id, at);
            let message = format!("`{tag}` where `</{}>` belongs", self.name(id));
            self.slips.add(at, message).because = Some((self.tree.head(id), "this is open"));
            return;
        }
        let because = self.open.last().map(|&id| (self.tree.head(id), "this is open"));
        self.slips.add(at, format!("`{tag}` closes nothing")).because = because;
    }

    /// Ends the sections for which there is no closing tag in the file.
    pub(super) fn unclosed(&mut self) {
        let end = offset(self.text.len());
        for id in std::mem::take(&mut self.open) {
            self.end_section(id, Range { start: end, end });
            if self.is_condition(id) {
                self.tree.unclosed.push(id);
            } else {
                self.never_closed(id, None);
            }
        }
    }

    fn never_closed(&mut self, id: StatementId, because: Option<(Range, &'static str)>) {
        if self.has_conditions {
            return;
        }
        let head = self.tree.head(id);
        let message = format!("`<{}>` is never closed", self.name(id));
        let holds_tag = self.text[head.start as usize..head.end as usize].contains("</");
        let slip = self.slips.add(head, message);
        slip.because = because;
        if holds_tag {
            slip.help =
                Some("write the opening tag, the directives and the closing tag on lines of their own");
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

    /// Whether what is in the section is no configuration but a program.
    fn is_foreign(&self, id: StatementId) -> bool {
        let name = self.name(id);
        name.eq_ignore_ascii_case("perl")
            || name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("lua"))
    }

    /// Skips a section in another language, up to the line with its closing tag.
    fn foreign(&mut self, id: StatementId, inside: u32) {
        let found = if self.foreign_is_broken { None } else { self.closing_line(id, inside as usize) };
        match found {
            Some(close) => {
                self.end_section(id, close);
                let line = memchr::memchr(b'\n', &self.text.as_bytes()[close.end as usize..]);
                let end = line.map_or(self.text.len(), |line| close.end as usize + line + 1);
                self.read = offset(end);
            }
            None => {
                self.foreign_is_broken = true;
                self.open.push(id);
            }
        }
    }

    fn closing_line(&self, id: StatementId, inside: usize) -> Option<Range> {
        let tag = format!("</{}>", self.name(id));
        memchr::memmem::find_iter(&self.text.as_bytes()[inside..], b"</").find_map(|at| {
            let start = inside + at;
            let found = self.text.get(start..start + tag.len())?;
            let is_first = self.text.as_bytes()[..start].iter().rev().find(|byte| !lines::is_blank(**byte))
                == Some(&b'\n');
            (is_first && found.eq_ignore_ascii_case(&tag))
                .then(|| Range { start: offset(start), end: offset(start + tag.len()) })
        })
    }

    /// The name of a statement, continued or not.
    pub(super) fn name(&self, id: StatementId) -> std::borrow::Cow<'_, str> {
        let range = self.tree.word_range(id, 0);
        let text = &self.text[range.start as usize..range.end as usize];
        text.into()
    }
}

/// Whether one name was probably meant to be the other.
fn is_alike(one: &str, other: &str) -> bool {
    let length = one.len().min(other.len()).min(3);
    length > 0 && one.as_bytes()[..length].eq_ignore_ascii_case(&other.as_bytes()[..length])
}
