//! The paths that there are: what a server makes of the path of a request before it tests it.

use std::fmt::Write;

use super::expression::Expression;
use super::pcre::{Flags, read};

/// All normalised paths: they begin with a slash, hold no NUL and no segments `.` and `..` (spec S7, a50).
/// Empty segments are there only where slashes are not merged.
#[must_use]
pub fn normalised(merges_slashes: bool) -> Expression {
    let segment = if merges_slashes { "[^/\\x00]+" } else { "[^/\\x00]*" };
    let text = format!("(?=/)(?:/(?!\\.\\.?(?:/|\\z)){segment})*/?");
    read(text.as_bytes(), Flags::default()).expression
}

/// The target of a request whose path a server decodes to exactly this one.
#[must_use]
pub fn encode(path: &[u8]) -> String {
    let mut target = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            target.push(char::from(byte));
        } else {
            let _ = write!(target, "%{byte:02x}");
        }
    }
    target
}

/// A part of a URL's path with its `%xx` resolved; none where one is broken.
#[must_use]
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first == b'%' {
            let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(first);
        }
    }
    Some(bytes)
}
