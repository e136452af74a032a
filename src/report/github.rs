//! Commands of a GitHub workflow, one a line: they become annotations beside the lines of a pull request.
//!
//! Written as `actions/toolkit` writes them. Columns are given for what stands on one line only: of anything else the
//! runner drops them with a warning.

use std::fmt::Write;

use super::told::{self, Spot};
use super::{Base, Report, harmless, kind, level_of};
use crate::finding::Level;
use crate::source::Sources;

/// The whole report; empty when there is nothing to say.
#[must_use]
pub fn github(report: &Report, sources: &Sources, base: &Base) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let command = match level_of(finding) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice => "notice",
        };
        let mut lines = vec![told::headline(finding)];
        lines.extend(told::details(finding, report, sources, base));
        let spot = told::spot(finding.primary.span, sources, base);
        push(&mut out, command, &spot, finding.lint, &lines);
    }
    for problem in &report.problems {
        let mut lines = vec![problem.message.clone()];
        lines.extend(told::problem_details(problem, sources, base));
        let spot = told::problem_spot(problem, sources, base);
        push(&mut out, "error", &spot, &format!("problem[{}]", kind(problem).as_str()), &lines);
    }
    out
}

fn push(out: &mut String, command: &str, spot: &Spot, title: &str, lines: &[String]) {
    let _ = write!(out, "::{command} file={}", property(&spot.path));
    if let Some((start, end)) = spot.lines {
        let _ = write!(out, ",line={},endLine={}", start.line, end.line);
        if start.line == end.line {
            let _ = write!(out, ",col={},endColumn={}", start.column, end.column);
        }
    }
    let _ = writeln!(out, ",title={}::{}", property(&format!("authlint {title}")), data(&lines.join("\n")));
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    harmless(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value before it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_of_a_text_is_taken_for_a_command() {
        assert_eq!(data("50%\n::set-env name=A::b\x1b[1m"), "50%25%0A::set-env name=A::b?[1m");
        assert_eq!(property("a:b,c%0A\n"), "a%3Ab%2Cc%250A%0A");
    }
}
