//! What a person expects of a site: rules such as `/admin/** -> never open`, each a line, and whether they
//! hold for every path that they cover.
//!
//! ```text
//! [METHOD] URL-or-path-or-pattern [as USER|as bad] [from ADDRESS] -> [never] OUTCOME
//! ```
//!
//! A pattern is the path of a URL with `*`, which stands for anything within one segment, and `**`, which
//! stands for anything, slashes and nothing at all too. So `/admin/**` covers `/admin/` and all below it, but
//! neither `/admin` nor `/administrator`; `/admin**` covers those, too. A pattern is about the path that the
//! server makes of the request's: `%61` is `a`, `/x/../y` is `/y`. Without wildcards it is one request, sent as
//! it is written.
//!
//! `OUTCOME` is `open`, `challenge`, `forbidden`, `error`, `responds` with or without a status, or `closed`, which
//! is `challenge` or `forbidden`. Without a method a line is about GET, with `never` about every method that
//! the configuration tells apart. A path without a host is asked of every server. Without `as` nobody logs in.

mod doors;
mod judge;
mod parse;
mod pattern;
mod tell;

use std::net::IpAddr;

use crate::decide::{Credentials, Decision, Outcome, Request};
use crate::source::Span;

pub use judge::{Answers, judge, judge_all, judge_by};
pub use parse::parse;
pub use pattern::Pattern;
pub use tell::{ID, Told, tell};

/// The page about rules that do not hold, for users.
pub const PAGE: &str = include_str!("broken_expectation.md");

/// Asks a server.
pub type Ask<'a> = &'a dyn Fn(&Request) -> Decision;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The line.
    pub span: Span,
    /// The method, where one is said.
    pub method: Option<String>,
    /// The server, where one is said.
    pub origin: Option<Origin>,
    /// The paths.
    pub pattern: Pattern,
    /// Who asks.
    pub credentials: Credentials,
    /// From where, where that is said.
    pub from: Option<IpAddr>,
    /// Whether the outcome is the one that must not be.
    pub is_never: bool,
    /// The outcome.
    pub expected: Expected,
    /// Why it has to hold, in a person's words.
    pub because: Option<String>,
}

/// What a URL has before its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Whether it is `https`.
    pub is_tls: bool,
    /// The host as it is written.
    pub host: String,
    /// The port, the usual one where none is said.
    pub port: u16,
}

/// An outcome as a rule names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// This one.
    Is(Outcome),
    /// `challenge` or `forbidden`.
    Closed,
    /// `responds` with this status.
    Responds(u16),
}

impl Expected {
    /// Whether the answer is this; none where it is not known.
    #[must_use]
    pub fn is_met(self, decision: &Decision) -> Option<bool> {
        if decision.outcome == Outcome::Undetermined {
            return None;
        }
        Some(match self {
            Expected::Is(outcome) => decision.outcome == outcome,
            Expected::Closed => matches!(decision.outcome, Outcome::Challenge | Outcome::Forbidden),
            Expected::Responds(_) if decision.outcome != Outcome::Responds => false,
            Expected::Responds(status) => return Some(decision.status? == status),
        })
    }
}

/// Whether a rule holds.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// For every path that it covers.
    Holds {
        /// How many areas and methods were asked for.
        areas: usize,
    },
    /// Not for this request.
    Broken {
        /// The request.
        request: Box<Request>,
        /// What the server answers to it.
        decision: Box<Decision>,
    },
    /// Nobody knows.
    Undetermined {
        /// Why, as a lower-case clause.
        why: String,
        /// A request of which it is not known.
        request: Option<Box<Request>>,
        /// A line that is the cause.
        at: Option<Span>,
    },
}
