//! Trees as text.

use std::fmt::Write;

use authlint::source::Source;
use authlint::syntax::{Range, StatementId, Tree};

/// All statements on one line: `name|argument{inner|a;inner|b};next`.
pub fn compact(source: &Source, tree: &Tree) -> String {
    let statements: Vec<String> = tree.top().map(|id| compact_statement(source, tree, id)).collect();
    statements.join(";")
}

fn compact_statement(source: &Source, tree: &Tree, id: StatementId) -> String {
    let words: Vec<String> = (0..tree.word_count(id))
        .map(|n| tree.value(source, id, n).unwrap_or_default().escape_ascii().to_string())
        .collect();
    let mut shown = words.join("|");
    if tree.is_block(id) {
        let inner: Vec<String> = tree.children(id).map(|id| compact_statement(source, tree, id)).collect();
        let _ = write!(shown, "{{{}}}", inner.join(";"));
    }
    shown
}

/// The statements with their places, then what is wrong.
///
/// A word is shown as its value: in quotes if it was, with `$` behind it if it has variables, and
/// with `%` if it has a template mark.
pub fn tree(source: &Source, tree: &Tree) -> String {
    let mut shown = String::new();
    for id in tree.top() {
        statement(&mut shown, source, tree, id, 0);
    }
    let _ = writeln!(shown, "\n{} comments, {} includes", tree.comments().len(), tree.includes().len());
    for slip in &tree.slips {
        let _ = writeln!(shown, "{} {}", place(source, slip.at), slip.message);
        if let Some((at, words)) = slip.because {
            let _ = writeln!(shown, "  {} {words}", place(source, at));
        }
        if let Some(help) = slip.help {
            let _ = writeln!(shown, "  help: {help}");
        }
    }
    shown
}

fn statement(shown: &mut String, source: &Source, tree: &Tree, id: StatementId, depth: usize) {
    let start = source.position(tree.range(id).start);
    let _ = write!(shown, "{:>5} {}", format!("{}:{}", start.line, start.column), "    ".repeat(depth));
    if tree.is_insertion(id) {
        shown.push_str("insertion ");
    }
    for n in 0..tree.word_count(id) {
        let value = tree.value(source, id, n).unwrap_or_default().escape_ascii().to_string();
        let quote = if tree.is_quoted(id, n) { "\"" } else { "" };
        let mark = match (tree.is_template_word(id, n), tree.is_literal(id, n)) {
            (true, _) => "%",
            (false, false) => "$",
            (false, true) => "",
        };
        let blank = if n == 0 { "" } else { " " };
        let _ = write!(shown, "{blank}{quote}{value}{quote}{mark}");
    }
    if let Some(inside) = tree.inside(id) {
        let end = source.position(tree.range(id).end.saturating_sub(1));
        let _ = write!(shown, " {{ to {}:{}", end.line, end.column);
        if tree.children(id).next().is_none() {
            let _ = write!(shown, ", {} bytes", tree.range(id).end.saturating_sub(inside + 1));
        }
    }
    shown.push('\n');
    for child in tree.children(id) {
        statement(shown, source, tree, child, depth + 1);
    }
}

fn place(source: &Source, at: Range) -> String {
    let (start, end) = (source.position(at.start), source.position(at.end));
    if start.line == end.line {
        format!("{}:{}-{}", start.line, start.column, end.column)
    } else {
        format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
    }
}
