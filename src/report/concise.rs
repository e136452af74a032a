//! One line for each finding, for editors and for grep: `path:line:column: level[lint] message`.

use std::fmt::Write;

use super::{Report, harmless, kind, level_of, message, place};
use crate::finding::{Place, Problem};
use crate::source::Sources;

/// The whole report; empty when there is nothing to say.
#[must_use]
pub fn concise(report: &Report, sources: &Sources) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let (path, start, _) = place(sources, finding.primary.span);
        let place = format!("{}:{}:{}", path.display(), start.line, start.column);
        let line = format!(
            "{place}: {}[{}] {}: {}",
            level_of(finding).as_str(),
            finding.lint,
            message(finding),
            finding.primary.message
        );
        push_line(&mut out, &line);
    }
    for problem in &report.problems {
        push_line(&mut out, &problem_line(problem, sources));
    }
    out
}

/// One line for a problem.
#[must_use]
pub fn problem_line(problem: &Problem, sources: &Sources) -> String {
    let place = match &problem.place {
        Place::Path(path) => path.display().to_string(),
        Place::Span(span) => {
            let (path, start, _) = place(sources, *span);
            format!("{}:{}:{}", path.display(), start.line, start.column)
        }
    };
    format!("{place}: problem[{}] {}", kind(problem).as_str(), problem.message)
}

fn push_line(out: &mut String, line: &str) {
    let line = line.replace(['\n', '\r'], " ");
    let _ = writeln!(out, "{}", harmless(&line));
}
