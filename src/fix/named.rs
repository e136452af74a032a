//! Findings that are found again after their files have changed.

use std::collections::HashMap;

use super::work::Work;
use crate::finding::Finding;
use crate::load::Files;
use crate::source::{FileKey, Span};

/// A finding as it was said of the text of a round.
#[derive(Clone, Debug)]
pub struct Named {
    /// The lint.
    pub lint: &'static str,
    /// The file of the finding.
    pub file: FileKey,
    /// The place to look at first.
    pub span: Span,
    /// What was said of it.
    pub label: String,
    /// How many changes of the file there had been.
    pub patches: usize,
}

/// Findings to be found again.
pub struct Register<'n>(HashMap<(&'static str, &'n FileKey, &'n str), Vec<&'n Named>>);

impl<'n> Register<'n> {
    /// Of these findings.
    pub fn of(all: impl Iterator<Item = &'n Named>) -> Self {
        let mut names: HashMap<_, Vec<&Named>> = HashMap::new();
        for named in all {
            names.entry((named.lint, &named.file, named.label.as_str())).or_default().push(named);
        }
        Register(names)
    }

    /// Whether a finding of the texts as they are after the work is one of them.
    pub fn has(&self, finding: &Finding, files: &Files, work: &Work) -> bool {
        let span = finding.primary.span;
        let file = files.key(span.file);
        let names = self.0.get(&(finding.lint, &file, finding.primary.message.as_str()));
        let is_it = |named: &&Named| {
            let at = work.back(&file, span.start, named.patches);
            at == named.span.start || (named.span.start..named.span.end).contains(&at)
        };
        names.into_iter().flatten().any(is_it)
    }
}
