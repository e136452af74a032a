//! The paths that a rule is about.

use crate::decide::areas::{Bytes, Expression, decode};

/// A path, or many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// One target, path and query, as it goes over the wire.
    One(String),
    /// All paths, as the server tests them, that this matches from the beginning to the end.
    Many {
        /// As it is written.
        text: String,
        /// What it means.
        covers: Expression,
    },
}

impl Pattern {
    /// Reads what begins with the path.
    ///
    /// # Errors
    /// When it is none, with the reason as a lower-case clause.
    pub fn read(text: &str) -> Result<Pattern, String> {
        let text = text.split('#').next().unwrap_or_default();
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        if !path.contains('*') {
            // What is no ASCII goes over the wire as `%xx`.
            let wire = |byte: u8| match byte {
                0x21..=0x7e => char::from(byte).to_string(),
                _ => format!("%{byte:02x}"),
            };
            return Ok(Pattern::One(text.bytes().map(wire).collect()));
        }
        if query.is_some() {
            return Err("a pattern has no query: it is about paths".into());
        }
        let mut parts = Vec::new();
        for (n, text) in path.split("**").enumerate() {
            if n > 0 {
                parts.push(Expression::anything());
            }
            if text.starts_with('*') && n > 0 {
                return Err(
                    "`***` means nothing: `*` stands for a part of a segment, `**` for anything".into()
                );
            }
            for (n, text) in text.split('*').enumerate() {
                if n > 0 {
                    parts.push(Expression::repeat(Expression::One(Bytes::one(b'/').inverse()), 0, None));
                }
                let literal =
                    decode(text).ok_or_else(|| format!("`%` begins a byte such as `%20` in `{text}`"))?;
                parts.push(Expression::text(&literal));
            }
        }
        Ok(Pattern::Many { text: path.to_owned(), covers: Expression::Concat(parts) })
    }
}
