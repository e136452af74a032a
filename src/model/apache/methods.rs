//! `<Limit>` and `<LimitExcept>`: which methods of HTTP lines are for (spec a101 to a107).

use std::borrow::Cow;

/// A set of methods, as `<Limit>` or `<LimitExcept>` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Methods<'s> {
    /// The names, as they are written; case counts.
    pub names: Vec<Cow<'s, str>>,
    /// Whether all others are meant.
    pub is_except: bool,
}

impl Methods<'_> {
    /// Whether the method is among them. GET and HEAD are one (spec a101).
    #[must_use]
    pub fn include(&self, method: &str) -> bool {
        let method = if method == "HEAD" { "GET" } else { method };
        let named = self.names.iter().any(|name| name == method || method == "GET" && name == "HEAD");
        named != self.is_except
    }
}
