//! `JUnit`'s XML: a suite for each file, a test for each finding. Errors and warnings are failures, problems are errors.
//! Advice is a test that passed, with its text as output: what does not fail a run does not turn its report red.

use std::fmt::Write;

use super::told::{self, Spot};
use super::{Base, Report, harmless, kind, level_of};
use crate::finding::Level;
use crate::source::Sources;

/// One test.
struct Case {
    spot: Spot,
    name: String,
    outcome: Outcome,
    message: String,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failure(Level),
    Error,
}

/// The whole report as one document.
#[must_use]
pub fn junit(report: &Report, sources: &Sources, base: &Base) -> String {
    let mut cases = cases(report, sources, base);
    // Some readers take a report without a test for a broken one.
    if cases.is_empty() {
        let spot = Spot { path: "authlint".into(), lines: None };
        let (message, text) = (String::new(), String::new());
        cases.push(Case { spot, name: report.summary(), outcome: Outcome::Passed, message, text });
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"authlint\"{}>", counts(&cases));
    // A file's findings stand together, and its problems come after all findings.
    cases.sort_by(|one, other| one.spot.path.cmp(&other.spot.path));
    for suite in cases.chunk_by(|one, other| one.spot.path == other.spot.path) {
        let path = escaped(&suite[0].spot.path);
        let _ = writeln!(out, "  <testsuite name=\"{path}\"{}>", counts(suite));
        for case in suite {
            push(&mut out, case, &path);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn cases(report: &Report, sources: &Sources, base: &Base) -> Vec<Case> {
    let findings = report.findings.iter().map(|finding| {
        let level = level_of(finding);
        let lines = told::details(finding, report, sources, base);
        Case {
            spot: told::spot(finding.primary.span, sources, base),
            name: finding.lint.to_owned(),
            outcome: if level == Level::Advice { Outcome::Passed } else { Outcome::Failure(level) },
            message: told::headline(finding),
            text: lines.join("\n"),
        }
    });
    let problems = report.problems.iter().map(|problem| Case {
        spot: told::problem_spot(problem, sources, base),
        name: format!("problem[{}]", kind(problem).as_str()),
        outcome: Outcome::Error,
        message: problem.message.clone(),
        text: told::problem_details(problem, sources, base).join("\n"),
    });
    findings.chain(problems).collect()
}

fn counts(cases: &[Case]) -> String {
    let failures = cases.iter().filter(|case| matches!(case.outcome, Outcome::Failure(_))).count();
    let errors = cases.iter().filter(|case| case.outcome == Outcome::Error).count();
    format!(" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" time=\"0\"", cases.len())
}

fn push(out: &mut String, case: &Case, path: &str) {
    let line = case.spot.lines.map(|(start, _)| start);
    // Two tests of one name are one test with a history, to some readers.
    let at = line.map(|start| format!(" at {}:{}", start.line, start.column)).unwrap_or_default();
    let _ =
        write!(out, "    <testcase classname=\"{path}\" name=\"{}\"", escaped(&(case.name.clone() + &at)));
    if let Some(start) = line {
        let _ = write!(out, " file=\"{path}\" line=\"{}\"", start.line);
    }
    out.push_str(" time=\"0\"");
    let shown = line.map(|start| format!(":{}:{}", start.line, start.column)).unwrap_or_default();
    let text = format!("{}{shown}: {}\n{}", case.spot.path, case.message, case.text);
    let text = escaped(text.trim_end()).replace("&#10;", "\n");
    let message = escaped(&case.message);
    let _ = match case.outcome {
        Outcome::Passed if case.message.is_empty() => writeln!(out, "/>"),
        Outcome::Passed => writeln!(out, ">\n      <system-out>advice: {text}</system-out>\n    </testcase>"),
        Outcome::Failure(level) => writeln!(
            out,
            ">\n      <failure type=\"{}\" message=\"{message}\">{text}</failure>\n    </testcase>",
            level.as_str()
        ),
        Outcome::Error => {
            let kind = escaped(&case.name);
            writeln!(
                out,
                ">\n      <error type=\"{kind}\" message=\"{message}\">{text}</error>\n    </testcase>"
            )
        }
    };
}

/// Text in an element or an attribute, without the control characters that XML has no way to write.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // A reader makes blanks of these in attributes.
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn xml_takes_any_text() {
        assert_eq!(escaped("<a b=\"c\">&'\n\t"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos;&#10;&#9;");
        assert_eq!(escaped("]]>\u{0}\u{1b}\u{b}\u{ffff}\u{85}\u{1f600}"), "]]&gt;???\u{fffd}\u{bf}\u{1f600}");
    }
}
