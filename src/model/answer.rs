//! Scopes that answer by themselves, before anybody is asked for anything (spec P3).

use super::names::{Family, Name};
use super::{Directive, Scope};

/// What `return` or a redirecting `rewrite` sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A redirect to this URL or path, its variables unresolved.
    Redirect(String),
    /// A status with a text; the text may be empty.
    Content {
        /// Such as 200.
        status: u16,
        /// Its variables unresolved.
        text: String,
    },
}

/// The answer of a scope that every request gets, whoever sends it.
#[derive(Clone, Debug)]
pub struct Answer<'s> {
    /// The `return` or `rewrite`.
    pub by: Directive<'s>,
    /// What is sent.
    pub reply: Reply,
}

impl<'s> Scope<'s> {
    /// The answer that this scope gives to every request in its rewrite phase: before the access
    /// phase, so that no password is asked for.
    #[must_use]
    pub fn answer(self) -> Option<Answer<'s>> {
        for by in self.own(Family::Rewrite) {
            let reply = match by.name() {
                Name::Return => returned(by)?,
                Name::Rewrite if self.matches_everything(by) && is_redirect(by) => {
                    Reply::Redirect(by.argument(1)?.text().into_owned())
                }
                // The request goes on elsewhere, or the rest is not run.
                Name::Rewrite if self.matches_everything(by) && by.arity() == 3 => return None,
                Name::Break => return None,
                _ => continue,
            };
            return Some(Answer { by, reply });
        }
        None
    }

    /// Whether the expression of a `rewrite` matches every path that comes here.
    pub(super) fn matches_everything(self, rewrite: Directive<'_>) -> bool {
        let pattern = rewrite.argument(0).map(|value| value.text().into_owned()).unwrap_or_default();
        let pattern = pattern.strip_prefix('^').unwrap_or(&pattern);
        let prefix = self.location().filter(|location| location.is_prefix());
        match prefix.and_then(|prefix| pattern.strip_prefix(prefix.path.as_ref())) {
            Some(rest) => matches!(rest, "" | "." | ".*" | ".*$" | "(.*)" | "(.*)$"),
            None => matches!(
                pattern,
                "" | "." | "/" | ".*" | ".*$" | "(.*)" | "(.*)$" | "/.*" | "/.*$" | "/(.*)" | "/(.*)$"
            ),
        }
    }
}

fn returned(by: Directive<'_>) -> Option<Reply> {
    let first = by.argument(0)?;
    match first.literal().and_then(|code| code.parse::<u16>().ok()) {
        Some(status @ (301 | 302 | 303 | 307 | 308)) => {
            let target = by.argument(1).map(|url| url.text().into_owned());
            Some(target.map_or(Reply::Content { status, text: String::new() }, Reply::Redirect))
        }
        Some(status) => Some(Reply::Content {
            status,
            text: by.argument(1).map(|text| text.text().into_owned()).unwrap_or_default(),
        }),
        // `return https://...`: a URL alone is a 302.
        None if by.arity() == 1 => Some(Reply::Redirect(first.text().into_owned())),
        None => None,
    }
}

fn is_redirect(rewrite: Directive<'_>) -> bool {
    let flag = rewrite.literal(2);
    let target = rewrite.argument(1).map(|value| value.text().into_owned()).unwrap_or_default();
    matches!(flag.as_deref(), Some("redirect" | "permanent"))
        || ["http://", "https://", "$scheme"].iter().any(|start| target.starts_with(start))
}
