//! A finding or a problem in plain sentences, for formats that show no lines of a file.

use super::{Base, Report, message, place};
use crate::finding::{Finding, Label, Place, Problem};
use crate::source::{Position, Sources, Span};

/// What is wrong, and at the place what of it: one line.
pub(super) fn headline(finding: &Finding) -> String {
    let label = &finding.primary.message;
    let text =
        if label.is_empty() { message(finding).to_owned() } else { format!("{}: {label}", message(finding)) };
    text.replace(['\n', '\r'], " ")
}

/// Why, where else, and what to do: lines.
pub(super) fn details(finding: &Finding, report: &Report, sources: &Sources, base: &Base) -> Vec<String> {
    let mut lines = because(&finding.because, sources, base);
    let also = |place: &Span| format!("the same is the matter at {}", line(*place, sources, base));
    lines.extend(finding.elsewhere.iter().take(3).map(also));
    match finding.elsewhere.len() {
        0..=3 => {}
        many => lines.push(format!("the same is the matter at {}", super::plural(many - 3, "more place"))),
    }
    if let Some(included) = report.included_from.get(&finding.primary.span.file) {
        let chain = included.chain.iter();
        lines.extend(chain.map(|place| format!("included from {}", line(*place, sources, base))));
    }
    lines.extend(help(finding.help.as_deref()));
    lines
}

/// The same of a problem.
pub(super) fn problem_details(problem: &Problem, sources: &Sources, base: &Base) -> Vec<String> {
    let mut lines = because(&problem.because, sources, base);
    lines.extend(help(problem.help.as_deref()));
    lines
}

fn because(labels: &[Label], sources: &Sources, base: &Base) -> Vec<String> {
    let of = |label: &Label| format!("because {}: {}", line(label.span, sources, base), label.message);
    labels.iter().map(of).collect()
}

fn help(help: Option<&str>) -> Option<String> {
    help.filter(|help| !help.is_empty()).map(|help| format!("help: {help}"))
}

fn line(span: Span, sources: &Sources, base: &Base) -> String {
    let (path, start, _) = place(sources, span);
    format!("{}:{}", base.shown(path), start.line)
}

/// A file, and the lines and columns of it that are spoken of; none where the file was not read.
pub(super) struct Spot {
    pub path: String,
    pub lines: Option<(Position, Position)>,
}

pub(super) fn spot(span: Span, sources: &Sources, base: &Base) -> Spot {
    let (path, start, mut end) = place(sources, span);
    // What ends with a line feed ends on the line before.
    if end.column == 1 && end.line > start.line {
        let source = sources.get(span.file);
        end = source.position(span.end.saturating_sub(1));
    }
    Spot { path: base.shown(path), lines: Some((start, end)) }
}

pub(super) fn problem_spot(problem: &Problem, sources: &Sources, base: &Base) -> Spot {
    match &problem.place {
        Place::Span(at) => spot(*at, sources, base),
        Place::Path(path) => Spot { path: base.shown(path), lines: None },
    }
}
