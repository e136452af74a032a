//! One JSON document for programs, `authlint-check/1`. Fields are only ever added.

use serde::Serialize;

use super::{Report, kind, level_of, message, place, url};
use crate::finding::{Finding, Fix, Label, Level, Place, Problem, Safety};
use crate::source::{Sources, Span};

#[derive(Serialize)]
struct Document<'r> {
    schema: &'static str,
    findings: Vec<FindingJson<'r>>,
    problems: Vec<ProblemJson<'r>>,
    summary: Summary,
    notes: &'r [String],
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    errors: usize,
    warnings: usize,
    advice: usize,
    problems: usize,
    /// How many findings were fixed, where that was asked for; they are not among the findings.
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<usize>,
}

/// Lines and columns count from 1, columns in characters, offsets in bytes from 0. In files of users, of which
/// only the names are shown, there are no offsets.
#[derive(Serialize)]
struct PointJson {
    line: usize,
    column: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u32>,
}

#[derive(Serialize)]
struct PlaceJson {
    path: String,
    start: PointJson,
    end: PointJson,
}

#[derive(Serialize)]
struct FindingJson<'r> {
    lint: &'static str,
    level: &'static str,
    message: &'r str,
    #[serde(flatten)]
    place: PlaceJson,
    label: &'r str,
    labels: Vec<LabelJson<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<FixJson<'r>>,
    /// The further places that have the same defect by the same text.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    elsewhere: Vec<PlaceJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    included_from: Vec<PlaceJson>,
}

#[derive(Serialize)]
struct LabelJson<'r> {
    #[serde(flatten)]
    place: PlaceJson,
    message: &'r str,
}

#[derive(Serialize)]
struct FixJson<'r> {
    safety: &'static str,
    edits: Vec<EditJson<'r>>,
}

#[derive(Serialize)]
struct EditJson<'r> {
    #[serde(flatten)]
    place: PlaceJson,
    text: &'r str,
}

#[derive(Serialize)]
struct ProblemJson<'r> {
    kind: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<PointJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<PointJson>,
    message: &'r str,
    labels: Vec<LabelJson<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'r str>,
}

/// The whole report as one document, with a line feed at its end.
#[must_use]
pub fn json(report: &Report, sources: &Sources) -> String {
    let document = Document {
        schema: "authlint-check/1",
        findings: report.findings.iter().map(|finding| finding_json(finding, report, sources)).collect(),
        problems: report.problems.iter().map(|problem| problem_json(problem, sources)).collect(),
        summary: Summary {
            files: report.files,
            errors: report.count(Level::Error),
            warnings: report.count(Level::Warning),
            advice: report.count(Level::Advice),
            problems: report.problems.len(),
            fixed: report.fixes.fixed,
        },
        notes: &report.notes,
    };
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn finding_json<'r>(finding: &'r Finding, report: &'r Report, sources: &Sources) -> FindingJson<'r> {
    let included_from = report
        .included_from
        .get(&finding.primary.span.file)
        .map(|included| included.chain.as_slice())
        .unwrap_or_default();
    FindingJson {
        lint: finding.lint,
        level: level_of(finding).as_str(),
        message: message(finding),
        place: place_json(finding.primary.span, sources),
        label: &finding.primary.message,
        labels: labels_json(&finding.because, sources),
        help: finding.help.as_deref(),
        url: url(finding),
        fix: finding.fix.as_ref().map(|fix| fix_json(fix, sources)),
        elsewhere: finding.elsewhere.iter().map(|span| place_json(*span, sources)).collect(),
        included_from: included_from.iter().map(|span| place_json(*span, sources)).collect(),
    }
}

fn problem_json<'r>(problem: &'r Problem, sources: &Sources) -> ProblemJson<'r> {
    let (path, start, end) = match &problem.place {
        Place::Path(path) => (path.to_string_lossy().into_owned(), None, None),
        Place::Span(span) => {
            let place = place_json(*span, sources);
            (place.path, Some(place.start), Some(place.end))
        }
    };
    ProblemJson {
        kind: kind(problem).as_str(),
        path,
        start,
        end,
        message: &problem.message,
        labels: labels_json(&problem.because, sources),
        help: problem.help.as_deref(),
    }
}

fn labels_json<'r>(labels: &'r [Label], sources: &Sources) -> Vec<LabelJson<'r>> {
    labels
        .iter()
        .map(|label| LabelJson { place: place_json(label.span, sources), message: &label.message })
        .collect()
}

fn fix_json<'r>(fix: &'r Fix, sources: &Sources) -> FixJson<'r> {
    let safety = match fix.safety {
        Safety::Safe => "safe",
        Safety::Unsafe => "unsafe",
    };
    let edits =
        fix.edits.iter().map(|edit| EditJson { place: place_json(edit.span, sources), text: &edit.text });
    FixJson { safety, edits: edits.collect() }
}

fn place_json(span: Span, sources: &Sources) -> PlaceJson {
    let (path, start, end) = place(sources, span);
    let offset = |at: u32| (!sources.is_beside(span.file)).then_some(at);
    PlaceJson {
        path: path.to_string_lossy().into_owned(),
        start: PointJson { line: start.line, column: start.column, offset: offset(span.start) },
        end: PointJson { line: end.line, column: end.column, offset: offset(span.end) },
    }
}
