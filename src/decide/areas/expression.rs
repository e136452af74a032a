//! What a regular expression means, without its spelling.

use super::bytes::Bytes;

/// An expression over bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expression {
    /// The empty text.
    Empty,
    /// One byte of the set.
    One(Bytes),
    /// One after the other.
    Concat(Vec<Expression>),
    /// One of them.
    Either(Vec<Expression>),
    /// Several times the same; no upper bound where `most` is none.
    Repeat {
        /// What.
        of: Box<Expression>,
        /// How often at least.
        least: u32,
        /// And at most.
        most: Option<u32>,
    },
    /// The empty text, where the byte before it is in the set, or where it is the beginning of the text
    /// and that counts, too.
    Behind {
        /// The bytes.
        set: Bytes,
        /// Whether the beginning counts.
        at_start: bool,
    },
    /// The empty text, where what follows begins with the expression, or does not.
    Ahead {
        /// The expression.
        of: Box<Expression>,
        /// Whether it must not follow.
        is_negated: bool,
    },
}

impl Expression {
    /// Exactly these bytes.
    #[must_use]
    pub fn text(bytes: &[u8]) -> Self {
        Expression::Concat(bytes.iter().map(|&byte| Expression::One(Bytes::one(byte))).collect())
    }

    /// Any bytes, or none.
    #[must_use]
    pub fn anything() -> Self {
        Expression::repeat(Expression::One(Bytes::ALL), 0, None)
    }

    /// An expression several times.
    #[must_use]
    pub fn repeat(of: Expression, least: u32, most: Option<u32>) -> Self {
        Expression::Repeat { of: Box::new(of), least, most }
    }

    /// The beginning of the text.
    #[must_use]
    pub fn start() -> Self {
        Expression::Behind { set: Bytes::NONE, at_start: true }
    }

    /// The end of the text.
    #[must_use]
    pub fn end() -> Self {
        Expression::not_before(Expression::One(Bytes::ALL))
    }

    /// A place that `of` follows.
    #[must_use]
    pub fn before(of: Expression) -> Self {
        Expression::Ahead { of: Box::new(of), is_negated: false }
    }

    /// A place that `of` does not follow.
    #[must_use]
    pub fn not_before(of: Expression) -> Self {
        Expression::Ahead { of: Box::new(of), is_negated: true }
    }

    /// This, and then another one.
    #[must_use]
    pub fn then(self, next: Expression) -> Self {
        Expression::Concat(vec![self, next])
    }

    /// Whether it can match only at the beginning of the text.
    #[must_use]
    pub fn is_anchored(&self) -> bool {
        match self {
            Expression::Behind { set, at_start: true } => set.is_empty(),
            Expression::Concat(parts) => {
                let first = parts.iter().find(|part| !matches!(part, Expression::Empty));
                first.is_some_and(Expression::is_anchored)
            }
            Expression::Either(ways) => ways.iter().all(Expression::is_anchored),
            Expression::Repeat { of, least, .. } => *least > 0 && of.is_anchored(),
            _ => false,
        }
    }
}
