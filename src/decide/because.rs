//! Why an answer is as it is.

use crate::source::Span;

/// A directive that had its say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// The directive, or the opening of a section.
    pub span: Span,
    /// What it did, as a lower-case clause such as `asks for a password`.
    pub note: String,
}

/// The directives that had their say so far, in their order.
#[derive(Clone, Debug, Default)]
pub struct Story(Vec<Because>);

impl Story {
    /// A directive has its say. The same directive with the same note is told once.
    pub fn tell(&mut self, span: Span, note: impl Into<String>) {
        let because = Because { span, note: note.into() };
        if !self.0.contains(&because) {
            self.0.push(because);
        }
    }

    /// Whether nothing had its say yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of it.
    #[must_use]
    pub fn into_because(self) -> Vec<Because> {
        self.0
    }
}
