//! Whether a configuration is better after the fixes than it was before.

use std::collections::HashMap;

use super::named::Register;
use super::work::Work;
use crate::finding::{Finding, Level, Place, Problem};
use crate::load::{Files, Loaded};
use crate::report::{Report, level_of, problem_line};
use crate::source::{FileKey, Span};

/// Why fixes are not taken.
#[derive(Debug)]
pub struct Objection {
    /// The file that it is about.
    pub file: FileKey,
    /// What would be the matter, as one clause.
    pub why: String,
}

/// What speaks against the fixes: a problem or an error that was not there, or a finding that is still there.
pub fn objections(before: (&Loaded, &Report), after: (&Loaded, &Report), work: &Work) -> Vec<Objection> {
    let mut found = new_problems(before, after);
    found.extend(new_errors(before, after, work));
    found.extend(remaining(after, work));
    found
}

fn new_problems(before: (&Loaded, &Report), after: (&Loaded, &Report)) -> Vec<Objection> {
    let mut known: HashMap<_, usize> = HashMap::new();
    for problem in &before.1.problems {
        *known.entry(identity(problem, &before.0.files)).or_default() += 1;
    }
    let mut objections = Vec::new();
    for problem in &after.1.problems {
        let identity = identity(problem, &after.0.files);
        match known.get_mut(&identity) {
            Some(count) if *count > 0 => *count -= 1,
            _ => {
                let line = problem_line(problem, &after.0.files.sources);
                let why = format!("then there would be a problem: {line}");
                objections.push(Objection { file: identity.0, why });
            }
        }
    }
    objections
}

/// A problem wherever it has moved to.
fn identity<'p>(problem: &'p Problem, files: &Files) -> (FileKey, &'static str, &'p str) {
    let file = match &problem.place {
        Place::Span(span) => files.key(span.file),
        Place::Path(path) => FileKey::Path(path.clone()),
    };
    (file, problem.kind.as_str(), &problem.message)
}

fn new_errors(before: (&Loaded, &Report), after: (&Loaded, &Report), work: &Work) -> Vec<Objection> {
    let errors = |report: &'_ Report| -> Vec<Finding> {
        report.findings.iter().filter(|finding| level_of(finding) == Level::Error).cloned().collect()
    };
    let mut known: HashMap<(&str, FileKey), Vec<Span>> = HashMap::new();
    for finding in errors(before.1) {
        let span = finding.primary.span;
        known.entry((finding.lint, before.0.files.key(span.file))).or_default().push(span);
    }
    let mut objections = Vec::new();
    for finding in errors(after.1) {
        let span = finding.primary.span;
        let file = after.0.files.key(span.file);
        let was = work.back(&file, span.start, 0);
        let places = known.get(&(finding.lint, file.clone()));
        if !places.is_some_and(|places| places.iter().any(|place| holds(*place, was))) {
            let why =
                format!("then there would be error[{}] at {}", finding.lint, line(span, &after.0.files));
            objections.push(Objection { file, why });
        }
    }
    objections
}

/// Findings that a fix was made for, and that are there all the same.
fn remaining(after: (&Loaded, &Report), work: &Work) -> Vec<Objection> {
    let (files, fixed) = (&after.0.files, Register::of(work.applied.iter()));
    let left = after.1.findings.iter().filter(|finding| fixed.has(finding, files, work));
    let objection = |finding: &Finding| {
        let span = finding.primary.span;
        let why = format!("{} would still be said of {}", finding.lint, line(span, files));
        Objection { file: files.key(span.file), why }
    };
    left.map(objection).collect()
}

fn holds(span: Span, at: u32) -> bool {
    at == span.start || (span.start..span.end).contains(&at)
}

/// `site.conf:12`.
pub fn line(span: Span, files: &Files) -> String {
    let source = files.sources.get(span.file);
    format!("{}:{}", source.path().display(), source.position(span.start).line)
}
