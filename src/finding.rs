//! What authlint has to say: findings about the configuration, and problems in reading it.
//!
//! Plain data, made of spans and words. Lints make findings, the earlier stages make problems,
//! and `report` tells both.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use crate::source::Span;

/// How sure and how grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Worth a look.
    Advice,
    /// Very likely a mistake.
    Warning,
    /// An area meant to be closed is open, or the server refuses or breaks.
    Error,
}

impl Level {
    /// The word for the level in every output format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Advice => "advice",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// A place and what is to be said of it, as one lower-case clause.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The bytes spoken of.
    pub span: Span,
    /// One lower-case clause, without a full stop.
    pub message: String,
}

/// Whether a fix keeps the meaning that was surely intended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// The server behaves as before, or as certainly meant.
    Safe,
    /// Likely right, but a person has to decide.
    Unsafe,
}

/// Bytes to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is taken away; an empty span is an insertion.
    pub span: Span,
    /// What is put in its place.
    pub text: String,
}

/// A change of the configuration that makes the finding go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it may be applied without being asked for.
    pub safety: Safety,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One thing that is wrong, with the directive that decides and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The id of the lint; filled in by [`crate::lints::check`].
    pub lint: &'static str,
    /// Unless a lint says otherwise, the level of the lint.
    pub level: Option<Level>,
    /// The danger in one clause; the lint's summary unless the lint has something more exact.
    pub message: Option<String>,
    /// The place to look at first.
    pub primary: Label,
    /// The other places: why, and by what.
    pub because: Vec<Label>,
    /// What to write instead, as a command.
    pub help: Option<String>,
    /// How to write it.
    pub fix: Option<Fix>,
    /// The further places of the configuration where the same text has the same defect.
    pub elsewhere: Vec<Span>,
    /// Whether it is told only where its lint was asked for by name: it is true, and little speaks for
    /// it that it matters.
    pub is_pedantic: bool,
}

impl Finding {
    /// A finding at `span`; `label` says what is the matter there.
    pub fn at(span: Span, label: impl Into<String>) -> Self {
        Finding {
            lint: "",
            level: None,
            message: None,
            primary: Label { span, message: label.into() },
            because: Vec::new(),
            help: None,
            fix: None,
            elsewhere: Vec::new(),
            is_pedantic: false,
        }
    }

    /// Told only where its lint was asked for by name.
    #[must_use]
    pub fn pedantic(mut self) -> Self {
        self.is_pedantic = true;
        self
    }

    /// A second place that explains the first.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.because.push(Label { span, message: label.into() });
        self
    }

    /// Another level than the lint's own.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = Some(level);
        self
    }

    /// Another message than the lint's summary.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// What to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A change that mends it.
    #[must_use]
    pub fn fix(mut self, safety: Safety, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { safety, edits });
        self
    }
}

/// Findings, one for each cause: of those with the same key the first is told, and the others are where the same is
/// the matter. What has no key stands for itself.
pub fn once_a_cause<K: Eq + Hash>(found: impl IntoIterator<Item = (Option<K>, Finding)>) -> Vec<Finding> {
    let mut told: Vec<Finding> = Vec::new();
    let mut by_cause: HashMap<K, usize> = HashMap::new();
    let mut shown: HashSet<(usize, Span)> = HashSet::new();
    for (cause, finding) in found {
        let at = cause.map(|cause| *by_cause.entry(cause).or_insert(told.len()));
        match at.and_then(|at| Some((at, told.get_mut(at)?))) {
            Some((at, first)) => {
                if shown.insert((at, finding.primary.span)) {
                    first.elsewhere.push(finding.primary.span);
                }
            }
            None => {
                shown.insert((told.len(), finding.primary.span));
                told.push(finding);
            }
        }
    }
    told
}

/// How a file came into a site.
#[derive(Clone, Debug, Default)]
pub struct Inclusion {
    /// The statements that led to it the first time, the innermost first; none for the entry.
    pub chain: Vec<Span>,
    /// How often it was included.
    pub times: usize,
}

/// What kind of obstacle kept a part of the input from being understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// The text is not what the server's parser accepts.
    Syntax,
    /// A file could not be read.
    Io,
    /// An include could not be followed.
    Include,
    /// A bound of authlint was reached.
    Limit,
    /// Something authlint does not read.
    Unsupported,
}

impl ProblemKind {
    /// The word for the kind in every output format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::Syntax => "syntax",
            ProblemKind::Io => "io",
            ProblemKind::Include => "include",
            ProblemKind::Limit => "limit",
            ProblemKind::Unsupported => "unsupported",
        }
    }
}

/// Where a problem is: in a file that was read, or at a path that could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Bytes of a file.
    Span(Span),
    /// A path, as the user would name it.
    Path(std::path::PathBuf),
}

/// Something that could not be analysed. One problem makes the exit status 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The sort of obstacle.
    pub kind: ProblemKind,
    /// Where.
    pub place: Place,
    /// What is the matter, as one clause.
    pub message: String,
    /// Other places that explain it.
    pub because: Vec<Label>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// A problem at bytes of a file.
    pub fn at(kind: ProblemKind, span: Span, message: impl Into<String>) -> Self {
        Problem { kind, place: Place::Span(span), message: message.into(), because: Vec::new(), help: None }
    }

    /// A problem with a path.
    pub fn with_path(
        kind: ProblemKind,
        path: impl Into<std::path::PathBuf>,
        message: impl Into<String>,
    ) -> Self {
        Problem {
            kind,
            place: Place::Path(path.into()),
            message: message.into(),
            because: Vec::new(),
            help: None,
        }
    }

    /// A second place that explains the first.
    #[must_use]
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.because.push(Label { span, message: label.into() });
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
