//! `# authlint: allow(lint-id) reason`: what somebody has looked at and means.
//!
//! Such a comment at the end of a line is about that line; alone on its line it is about the next statement, with the
//! whole of its block. In Apache's files a comment is a line of its own, so only the second form is possible there.

use std::collections::{BTreeSet, HashMap};

use crate::finding::{Finding, Level};
use crate::lints::{self, Lint};
use crate::load::Files;
use crate::source::{FileId, Source, Span, offset};
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
    /// What it is about; none where nothing stands there.
    covers: Option<Place>,
    has_reason: bool,
}

/// What a comment is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Place {
    /// A line of a file, by its number from 0.
    Line(FileId, usize),
    /// The statement that begins at a byte, with its block.
    Statement(FileId, u32),
}

/// What comes of the comments.
#[derive(Debug, Default)]
pub struct Allowed {
    /// The findings that are left, and those about the comments themselves.
    pub findings: Vec<Finding>,
    /// How many were allowed.
    pub count: usize,
}

/// What was judged: of the rest nobody knows whether a comment is needed.
#[derive(Debug)]
pub struct Judged<'j> {
    /// The lints that were run.
    pub run: &'j [&'static Lint],
    /// The files that were read in a whole configuration. Most lints are silent about parts.
    pub whole: BTreeSet<FileId>,
    /// Whether password files were looked at.
    pub user_files: bool,
}

impl Judged<'_> {
    fn is_needless(&self, id: &str, file: FileId) -> bool {
        self.run.iter().any(|lint| lint.id == id)
            && self.whole.contains(&file)
            && (self.user_files || !OF_USER_FILES.contains(&id))
    }
}

/// The lints that speak of what is on the disk.
const OF_USER_FILES: &[&str] = &[
    "auth-file-duplicate-user",
    "auth-file-empty",
    "auth-file-in-docroot",
    "auth-file-is-directory",
    "auth-file-malformed-line",
    "auth-file-missing",
    "auth-file-unreadable",
    "auth-file-writable-by-others",
    "digest-realm-mismatch",
    "group-file-missing",
    "hash-unsupported-by-server",
    "required-user-not-in-file",
    "weak-password-hash",
];

/// Takes out of the findings what comments in these files allow.
#[must_use]
pub fn apply(findings: Vec<Finding>, files: &Files, of: &BTreeSet<FileId>, judged: &Judged<'_>) -> Allowed {
    let allows: Vec<Allow> = of.iter().flat_map(|file| find(files, *file)).collect();
    let mut used = vec![BTreeSet::new(); allows.len()];
    let mut allowed = Allowed::default();
    if allows.is_empty() {
        return Allowed { findings, count: 0 };
    }
    let mut by_place: HashMap<Place, Vec<usize>> = HashMap::new();
    for (number, allow) in allows.iter().enumerate().filter(|(_, allow)| allow.has_reason) {
        if let Some(place) = allow.covers {
            by_place.entry(place).or_default().push(number);
        }
    }
    for mut finding in findings {
        let mut is_allowed = |lint: &str, at: Span| {
            let mut is_covered = false;
            for &number in places(files, at).iter().filter_map(|place| by_place.get(place)).flatten() {
                if allows[number].ids.iter().any(|(id, _)| id == lint) {
                    used[number].insert(lint.to_owned());
                    is_covered = true;
                }
            }
            is_covered
        };
        finding.elsewhere.retain(|place| !is_allowed(finding.lint, *place));
        if !is_allowed(finding.lint, finding.primary.span) {
            allowed.findings.push(finding);
        } else if finding.elsewhere.is_empty() {
            allowed.count += usize::from(!finding.is_pedantic);
        } else {
            // The same text has the same defect for somebody who has not allowed it.
            finding.primary.span = finding.elsewhere.remove(0);
            allowed.findings.push(finding);
        }
    }
    let own = allows.iter().zip(&used).flat_map(|(allow, used)| complaints(allow, used, judged));
    allowed.findings.extend(own);
    allowed
}

/// The lines that a finding stands on, and the statements around it.
fn places(files: &Files, at: Span) -> Vec<Place> {
    let Some(tree) = files.parsed(at.file) else { return Vec::new() };
    let source = files.sources.get(at.file);
    let last = at.end.saturating_sub(1).max(at.start);
    let lines = (source.line_of(at.start)..=source.line_of(last)).map(|line| Place::Line(at.file, line));
    let around = tree.around(at.start).into_iter().chain(tree.innermost(at.start));
    lines.chain(around.map(|id| Place::Statement(at.file, tree.range(id).start))).collect()
}

fn complaints(allow: &Allow, used: &BTreeSet<String>, judged: &Judged<'_>) -> Vec<Finding> {
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
        } else if judged.is_needless(id, span.file) && !used.contains(id) {
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
            covers: covers(tree, source, span),
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
fn covers(tree: &Tree, source: &Source, comment: Span) -> Option<Place> {
    let line = source.line_of(comment.start);
    let before = source.text().get(source.lines()[line] as usize..comment.start as usize)?;
    if !before.trim().is_empty() {
        return Some(Place::Line(comment.file, line));
    }
    let start = tree.range(tree.next_behind(comment.end)?).start;
    let outer = tree.around(comment.start).pop();
    let is_inside = outer.is_none_or(|outer| start < tree.range(outer).end);
    is_inside.then_some(Place::Statement(comment.file, start))
}
