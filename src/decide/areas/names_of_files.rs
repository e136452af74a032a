//! Tests that httpd makes of names of files, as tests of the paths that lead to them (spec a45 to a48).

use super::bytes::Bytes;
use super::class;
use super::expression::Expression;

fn no_slash() -> Expression {
    Expression::One(Bytes::one(b'/').inverse())
}

/// Where a segment ends.
pub fn segment_end() -> Expression {
    Expression::not_before(no_slash())
}

/// A pattern with `*`, `?` and `[...]`, none of which stands for a slash (fnmatch with `FNM_PATHNAME`); none
/// where its brackets are not understood.
pub fn glob(pattern: &[u8]) -> Option<Expression> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        parts.push(match first {
            b'*' => Expression::repeat(no_slash(), 0, None),
            b'?' => no_slash(),
            b'[' => {
                // A class of an expression is written alike, but for `!`.
                let negated = rest.strip_prefix(b"!").map(|after| [b"^", after].concat());
                let text = negated.as_deref().unwrap_or(rest);
                let mut left = text;
                let set = class::read(&mut left, false).ok()?;
                rest = &rest[rest.len() - left.len()..];
                Expression::before(no_slash()).then(Expression::One(set))
            }
            b'\\' => {
                let (&escaped, after) = rest.split_first()?;
                rest = after;
                Expression::One(Bytes::one(escaped))
            }
            other => Expression::One(Bytes::one(other)),
        });
    }
    Some(Expression::Concat(parts))
}

/// An expression of names, looked for within each segment of a path: its beginning and end are those of
/// the segment.
pub fn in_a_segment(expression: &Expression) -> Expression {
    let inside = |set: Bytes| set.inverse().or(Bytes::one(b'/')).inverse();
    match expression {
        Expression::Empty => Expression::Empty,
        Expression::One(set) => Expression::One(inside(*set)),
        Expression::Concat(parts) => Expression::Concat(parts.iter().map(in_a_segment).collect()),
        Expression::Either(ways) => Expression::Either(ways.iter().map(in_a_segment).collect()),
        Expression::Repeat { of, least, most } => Expression::repeat(in_a_segment(of), *least, *most),
        Expression::Behind { set, at_start } => {
            let set = if *at_start { set.or(Bytes::one(b'/')) } else { inside(*set) };
            Expression::Behind { set, at_start: *at_start }
        }
        Expression::Ahead { of, is_negated } => {
            Expression::Ahead { of: Box::new(in_a_segment(of)), is_negated: *is_negated }
        }
    }
}

/// An expression of whole names of files, which may be cut off behind any segment, as where the rest is the
/// `PATH_INFO`: its end is that of a segment.
pub fn to_a_segment(expression: &Expression) -> Expression {
    let all = |parts: &[Expression]| parts.iter().map(to_a_segment).collect();
    match expression {
        Expression::Concat(parts) => Expression::Concat(all(parts)),
        Expression::Either(ways) => Expression::Either(all(ways)),
        Expression::Repeat { of, least, most } => Expression::repeat(to_a_segment(of), *least, *most),
        end if *end == Expression::end() => segment_end(),
        other => other.clone(),
    }
}
