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

/// The methods that httpd knows without more ado; `<Limit>` of a `.htaccess` takes no others (spec a44).
const KNOWN: &[&str] = &[
    "GET",
    "HEAD",
    "PUT",
    "POST",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "VERSION-CONTROL",
    "CHECKOUT",
    "UNCHECKOUT",
    "CHECKIN",
    "UPDATE",
    "LABEL",
    "REPORT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "BASELINE-CONTROL",
    "MERGE",
    "BREW",
    "WHEN",
];

/// Whether httpd knows a method by itself.
#[must_use]
pub fn is_known(method: &str) -> bool {
    KNOWN.contains(&method)
}
