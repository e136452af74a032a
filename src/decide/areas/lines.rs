//! The lines of nginx's configuration that stand in a block, at all depths, includes in their place.

use std::borrow::Cow;

use crate::model::{Kind, Scope, Site};
use crate::source::{FileId, Span};
use crate::syntax::StatementId;

/// A directive or a block.
#[derive(Clone, Copy, Debug)]
pub struct Line<'s> {
    site: &'s Site<'s>,
    file: FileId,
    statement: StatementId,
    /// How many blocks are around it within the block that was read.
    pub depth: usize,
}

/// More lines than this are not read: includes may multiply.
const MOST_LINES: usize = 500_000;

/// Lines, and whether these are all.
#[derive(Debug)]
pub struct Lines<'s> {
    /// In the order of the text.
    pub all: Vec<Line<'s>>,
    /// Whether nothing is missing.
    pub is_whole: bool,
}

/// All that stands in a server.
pub fn of_server(server: Scope<'_>) -> Lines<'_> {
    read(server, |_| true)
}

/// All that stands in the `http` block around a server, but not in servers.
pub fn around(server: Scope<'_>) -> Lines<'_> {
    match server.ancestors().find(|scope| scope.kind() == Kind::Http) {
        Some(http) => read(http, |name| name != b"server"),
        None => Lines { all: Vec::new(), is_whole: false },
    }
}

fn read(scope: Scope<'_>, enters: impl Fn(&[u8]) -> bool) -> Lines<'_> {
    let site = scope.site();
    let Some((file, statement)) = scope.opened_by() else {
        return Lines { all: Vec::new(), is_whole: false };
    };
    let mut lines = Lines { all: Vec::new(), is_whole: true };
    let mut todo = vec![Line { site, file, statement, depth: 0 }.at_depth(0)];
    while let Some(inner) = todo.last_mut() {
        let Some(line) = inner.next() else {
            todo.pop();
            continue;
        };
        if lines.all.len() >= MOST_LINES || todo.len() > 200 {
            lines.is_whole = false;
            return lines;
        }
        let tree = site.files().tree(line.file);
        lines.is_whole &= !tree.is_insertion(line.statement);
        if tree.is_block(line.statement) {
            lines.all.push(line);
            if enters(&line.name()) && !is_data(&line.name()) {
                todo.push(line.at_depth(line.depth + 1));
            }
        } else if line.name().as_ref() == b"include" {
            let included = site.config().includes.get(&(line.file, line.statement));
            lines.is_whole &= included.is_some_and(|included| included.is_whole);
            for &file in included.into_iter().flat_map(|included| included.files.iter().rev()) {
                let top: Vec<_> =
                    site.files().tree(file).top().map(|statement| Line { file, statement, ..line }).collect();
                todo.push(top.into_iter());
            }
        } else {
            lines.all.push(line);
        }
    }
    lines
}

/// Blocks whose lines are no directives (spec G12).
fn is_data(name: &[u8]) -> bool {
    matches!(name, b"map" | b"geo" | b"split_clients" | b"types" | b"charset_map" | b"upstream")
}

impl<'s> Line<'s> {
    /// The directive's name.
    pub fn name(self) -> Cow<'s, [u8]> {
        self.word(0).unwrap_or_default()
    }

    /// The value of word `n`, its variables unresolved; word 0 is the name.
    pub fn word(self, n: usize) -> Option<Cow<'s, [u8]>> {
        let files = self.site.files();
        files.tree(self.file).value(files.sources.get(self.file), self.statement, n)
    }

    /// All words behind the name.
    pub fn arguments(self) -> Vec<Cow<'s, [u8]>> {
        let count = self.site.files().tree(self.file).word_count(self.statement);
        (1..count).filter_map(|n| self.word(n)).collect()
    }

    /// Whether a word holds a mark of a template.
    pub fn is_template(self) -> bool {
        let tree = self.site.files().tree(self.file);
        (0..tree.word_count(self.statement)).any(|n| tree.is_template_word(self.statement, n))
    }

    /// Where its words stand.
    pub fn span(self) -> Span {
        self.site.files().head(self.file, self.statement)
    }

    /// The lines directly in its block; an include among them is one of them.
    pub fn inner(self) -> std::vec::IntoIter<Line<'s>> {
        self.at_depth(self.depth + 1)
    }

    fn at_depth(self, depth: usize) -> std::vec::IntoIter<Line<'s>> {
        let tree = self.site.files().tree(self.file);
        let inner: Vec<_> =
            tree.children(self.statement).map(|statement| Line { statement, depth, ..self }).collect();
        inner.into_iter()
    }

    /// The lines in its block, those of included files in their place; none where some are missing.
    pub fn entries(self) -> Option<Vec<Line<'s>>> {
        let mut entries = Vec::new();
        let mut todo = vec![self.inner()];
        while let Some(inner) = todo.last_mut() {
            let Some(line) = inner.next() else {
                todo.pop();
                continue;
            };
            if line.name().as_ref() != b"include" {
                entries.push(line);
                continue;
            }
            let included = self.site.config().includes.get(&(line.file, line.statement));
            let included = included.filter(|included| included.is_whole && todo.len() < 20)?;
            for &file in included.files.iter().rev() {
                let top = self.site.files().tree(file).top();
                let top: Vec<_> = top.map(|statement| Line { file, statement, ..line }).collect();
                todo.push(top.into_iter());
            }
        }
        Some(entries)
    }
}
