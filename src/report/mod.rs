//! How findings and problems are told: in what order, and in what form.

mod base;
mod concise;
mod decision;
mod fingerprint;
mod github;
mod gitlab;
mod human;
mod json;
mod junit;
mod map;
mod sarif;
mod story;
mod text;
mod told;
mod users;

use std::collections::HashMap;
use std::path::Path;

use crate::finding::{Finding, Inclusion, Level, Place, Problem, ProblemKind};
use crate::outline::Outline;
use crate::source::{FileId, Position, Sources, Span};
use crate::{allow, expect};

pub use base::Base;
pub use concise::concise;
pub use concise::problem_line;
pub use decision::{decision_json, no_decision_json, parse_request};
pub use fingerprint::{fingerprints, problem_fingerprints};
pub use github::github;
pub use gitlab::gitlab;
pub use human::{Style, human};
pub use json::json;
pub use junit::junit;
pub use map::{MapNode, map, map_human, map_json};
pub use sarif::sarif;
pub use story::decision_human;
pub use text::harmless;
pub use users::{UserLine, user_lines, users_human, users_json};

/// The kinds of finding that are no lints: the id and the page.
pub const OTHERS: &[(&str, &str)] = &[(allow::ID, allow::PAGE), (expect::ID, expect::PAGE)];

/// All that a run has to say.
#[derive(Debug, Default)]
pub struct Report {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What could not be analysed.
    pub problems: Vec<Problem>,
    /// How many findings comments in the files allow.
    pub allowed: usize,
    /// How many files were read.
    pub files: usize,
    /// What the user should know besides, one sentence each.
    pub notes: Vec<String>,
    /// For files that are included: by which statements.
    pub included_from: HashMap<FileId, Inclusion>,
    /// Where the findings stand, by [`crate::outline::outlines`]; [`fingerprints`] are made of it.
    pub outlines: HashMap<Span, Outline>,
    /// What can be done about it, or was.
    pub fixes: Fixes,
}

/// Findings that have a fix.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fixes {
    /// How many were fixed; none where that was not asked for.
    pub fixed: Option<usize>,
    /// How many findings are left that have a safe fix.
    pub safe: usize,
    /// How many are left that have a fix for a person to decide.
    pub not_safe: usize,
}

impl Fixes {
    /// `3 fixed; 2 more with --unsafe-fixes`; none where there is nothing to say.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        let more = |not_safe: usize| match not_safe {
            0 => String::new(),
            more => format!("; {more} more with --unsafe-fixes"),
        };
        match *self {
            Fixes { fixed: Some(fixed), not_safe, .. } => Some(format!("{fixed} fixed{}", more(not_safe))),
            Fixes { safe: 0, not_safe: 0, .. } => None,
            Fixes { safe: 0, not_safe, .. } => {
                Some(format!("{not_safe} can be fixed with --fix --unsafe-fixes"))
            }
            Fixes { safe, not_safe, .. } => Some(format!("{safe} can be fixed with --fix{}", more(not_safe))),
        }
    }
}

impl Report {
    /// Puts everything into the order of paths, lines and columns. A problem that two sites share
    /// is told once.
    pub fn sort(&mut self, sources: &Sources) {
        let place = |span: Span| (sources.get(span.file).path().to_path_buf(), span.start, span.end);
        self.findings.sort_by_cached_key(|finding| (place(finding.primary.span), finding.lint));
        self.problems.sort_by_cached_key(|problem| match &problem.place {
            Place::Span(span) => (place(*span), problem.message.clone()),
            Place::Path(path) => ((path.clone(), 0, 0), problem.message.clone()),
        });
        self.problems.dedup();
    }

    /// How many findings have this level.
    #[must_use]
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| level_of(finding) == level).count()
    }

    /// `2 errors, 1 warning in 3 files`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = [
            (self.count(Level::Error), "error"),
            (self.count(Level::Warning), "warning"),
            (self.problems.len(), "problem"),
        ];
        let mut parts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|&(count, word)| plural(count, word)).collect();
        let advice = self.count(Level::Advice);
        if advice > 0 {
            parts.push(format!("{advice} advice"));
        }
        let found = if parts.is_empty() { "nothing found".to_owned() } else { parts.join(", ") };
        let allowed = if self.allowed > 0 { format!(", {} allowed", self.allowed) } else { String::new() };
        // What was not found has no files.
        match self.files {
            0 if !parts.is_empty() => format!("{found}{allowed}"),
            files => format!("{found} in {}{allowed}", plural(files, "file")),
        }
    }
}

/// The level of a finding that has gone through [`crate::lints::check`].
#[must_use]
pub fn level_of(finding: &Finding) -> Level {
    finding.level.unwrap_or(Level::Warning)
}

/// Where on the web the page of a lint is.
fn url(finding: &Finding) -> Option<String> {
    crate::lints::find(finding.lint)?.url()
}

fn message(finding: &Finding) -> &str {
    finding.message.as_deref().unwrap_or_default()
}

/// `1 file`, `2 files`.
#[must_use]
pub fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Path, start and end of a span.
fn place(sources: &Sources, span: Span) -> (&Path, Position, Position) {
    let source = sources.get(span.file);
    (source.path(), source.position(span.start), source.position(span.end))
}

fn kind(problem: &Problem) -> ProblemKind {
    problem.kind
}

/// The width of the terminal in columns; none where standard output is none.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    terminal_size::terminal_size().map(|(width, _)| width.0.into())
}
