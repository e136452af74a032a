//! GitLab's Code Quality report: a list that merge requests show beside the lines.
//!
//! There is no other place for what could not be analysed, so problems are entries, too: a report without them would
//! look clean.

use serde::Serialize;

use super::told::{self, Spot};
use super::{Base, Report, fingerprint, harmless, kind, level_of};
use crate::finding::Level;
use crate::source::Sources;

#[derive(Serialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The whole report as one list, with a line feed at its end.
#[must_use]
pub fn gitlab(report: &Report, sources: &Sources, base: &Base) -> String {
    let prints = fingerprint::fingerprints(report, sources, base);
    let findings = report.findings.iter().zip(prints).map(|(finding, fingerprint)| Entry {
        description: harmless(&told::headline(finding)).into_owned(),
        check_name: finding.lint.to_owned(),
        fingerprint,
        severity: match level_of(finding) {
            Level::Error => "critical",
            Level::Warning => "major",
            Level::Advice => "info",
        },
        location: location(told::spot(finding.primary.span, sources, base)),
    });
    let prints = fingerprint::problem_fingerprints(report, sources, base);
    let problems = report.problems.iter().zip(prints).map(|(problem, fingerprint)| Entry {
        description: harmless(&problem.message.replace(['\n', '\r'], " ")).into_owned(),
        check_name: format!("problem[{}]", kind(problem).as_str()),
        fingerprint,
        severity: "critical",
        location: location(told::problem_spot(problem, sources, base)),
    });
    let entries: Vec<Entry> = findings.chain(problems).collect();
    let mut text = serde_json::to_string_pretty(&entries).unwrap_or_default();
    text.push('\n');
    text
}

/// GitLab wants a line of everything.
fn location(spot: Spot) -> Location {
    let (begin, end) = spot.lines.map_or((1, 1), |(start, end)| (start.line, end.line));
    Location { path: spot.path, lines: Lines { begin, end } }
}
