//! `# authlint: allow(lint-id) reason`: what somebody has looked at and means.
//!
//! Such a comment at the end of a line is about that line; alone on its line it is about the next statement, with the
//! whole of its block. In Apache's files a comment is a line of its own, so only the second form is possible there.

use std::collections::BTreeSet;

use crate::finding::{Finding, Level};
use crate::lints::{self, Lint};
use crate::load::Files;
use crate::source::{FileId, Span, offset};
use crate::syntax::Tree;

/// The id of findings about such comments.
pub const ID: &str = "allow-comment";

/// The page about them, for users.
pub const PAGE: &str = include_str!("allow.md");

/// A comment that allows something.
#[derive(Debug)]
struct Allow {
    /// The comment.
    span: Span,
    /// What it allows, and where that is written.
    ids: Vec<(String, Span)>,
    /// The bytes that it is about; none where nothing stands there.
    covers: Option<Span>,
    has_reason: bool,
}

/// What comes of the comments.
#[derive(Debug, Default)]
pub struct Allowed {
    /// The findings that are left, and those about the comments themselves.
    pub findings: Vec<Finding>,
    /// How many were allowed.
    pub count: usize,
}

/// Takes out of the findings what comments in these files allow. `run` are the lints that were run: of others nobody
/// knows whether a comment is needed.
#[must_use]
pub fn apply(findings: Vec<Finding>, files: &Files, of: &BTreeSet<FileId>, run: &[&Lint]) -> Allowed {
    let allows: Vec<Allow> = of.iter().flat_map(|file| find(files, *file)).collect();
    let mut used = vec![BTreeSet::new(); allows.len()];
    let mut allowed = Allowed::default();
    if allows.is_empty() {
        return Allowed { findings, count: 0 };
    }
    for mut finding in findings {
        let mut is_allowed = |lint: &str, at: Span| {
            let mut is_covered = false;
            for (allow, used) in allows.iter().zip(&mut used) {
                let names_it = allow.ids.iter().any(|(id, _)| id == lint);
                if allow.has_reason && names_it && allow.covers.is_some_and(|covers| overlap(covers, at)) {
                    used.insert(lint.to_owned());
                    is_covered = true;
                }
            }
            is_covered
        };
        finding.elsewhere.retain(|place| !is_allowed(finding.lint, *place));
        if !is_allowed(finding.lint, finding.primary.span) {
            allowed.findings.push(finding);
        } else if finding.elsewhere.is_empty() {
            allowed.count += 1;
        } else {
            // The same text has the same defect for somebody who has not allowed it.
            finding.primary.span = finding.elsewhere.remove(0);
            allowed.findings.push(finding);
        }
    }
    let own = allows.iter().zip(&used).flat_map(|(allow, used)| complaints(allow, used, run));
    allowed.findings.extend(own);
    allowed
}

fn overlap(a: Span, b: Span) -> bool {
    a.file == b.file && a.start < b.end.max(b.start + 1) && b.start < a.end
}

fn complaints(allow: &Allow, used: &BTreeSet<String>, run: &[&Lint]) -> Vec<Finding> {
    let complain = |span: Span, label: &str, message: String| {
        let mut finding = Finding::at(span, label).level(Level::Warning).message(message);
        finding.lint = ID;
        finding
    };
    let form = "write `# authlint: allow(lint-id) reason`";
    if allow.ids.is_empty() {
        return vec![
            complain(allow.span, "no lint is named here", "this comment allows nothing".into()).help(form),
        ];
    }
    if !allow.has_reason {
        let message = "a reason is missing, so nothing is allowed".to_owned();
        return vec![complain(allow.span, "why may this be?", message).help(form)];
    }
    let mut found = Vec::new();
    for (id, span) in &allow.ids {
        if lints::find(id).is_none() {
            let finding = complain(*span, "there is no such lint", format!("no lint is called `{id}`"));
            found.push(match lints::nearest(id) {
                Some(near) => finding.help(format!("is `{near}` meant?")),
                None => finding.help("`authlint lints` lists them"),
            });
        } else if run.iter().any(|lint| lint.id == id) && !used.contains(id) {
            let message = format!("there is nothing that `allow({id})` could allow");
            found.push(complain(*span, "not needed here", message).help("remove it"));
        }
    }
    found
}

/// The comments of a file that allow something.
fn find(files: &Files, file: FileId) -> Vec<Allow> {
    const MARK: &str = "authlint:";
    let (source, tree) = (files.sources.get(file), files.tree(file));
    let text = source.text();
    if !text.contains(MARK) {
        return Vec::new();
    }
    let mut allows = Vec::new();
    for comment in tree.comments() {
        let words = text.get(comment.start as usize..comment.end as usize).unwrap_or_default();
        let Some(rest) = words.trim_start_matches('#').trim_start().strip_prefix(MARK) else { continue };
        let end = words.trim_end().len();
        let span = Span::new(file, comment.start, comment.start + offset(end));
        let at = comment.start + offset(words.len() - rest.len());
        let list = rest.trim_start().strip_prefix("allow").map(str::trim_start);
        let list = list.and_then(|list| list.strip_prefix('(')?.split_once(')'));
        let (ids, reason) = list.unwrap_or_default();
        // The list stands in the text itself, so its place is known.
        let start = at + offset(rest.find('(').map_or(0, |bracket| bracket + 1));
        allows.push(Allow {
            span,
            ids: named(ids, file, start),
            covers: covers(tree, text, file, comment.start, span.end),
            has_reason: reason.chars().any(char::is_alphanumeric),
        });
    }
    allows
}

fn named(list: &str, file: FileId, start: u32) -> Vec<(String, Span)> {
    let mut at = start;
    let mut ids = Vec::new();
    for piece in list.split(',') {
        let id = piece.trim();
        let from = at + offset(piece.len() - piece.trim_start().len());
        if !id.is_empty() {
            ids.push((id.to_owned(), Span::new(file, from, from + offset(id.len()))));
        }
        at += offset(piece.len() + 1);
    }
    ids
}

/// What a comment is about.
fn covers(tree: &Tree, text: &str, file: FileId, start: u32, end: u32) -> Option<Span> {
    let line = text[..start as usize].rfind('\n').map_or(0, |feed| feed + 1);
    if !text[line..start as usize].trim().is_empty() {
        return Some(Span::new(file, offset(line), start));
    }
    let next = tree.next_behind(end)?;
    let range = tree.range(next);
    let outer = tree.around(start).pop();
    let is_inside = outer.is_none_or(|outer| range.start < tree.range(outer).end);
    is_inside.then(|| Span::new(file, range.start, range.end))
}
