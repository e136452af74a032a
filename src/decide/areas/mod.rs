//! Cuts the paths of a server into areas: all paths of an area pass the same tests of the configuration,
//! so that one of them speaks for all, unless an answer hangs on more ([`Decision::hangs_on`]).
//!
//! Tests are gathered generously. One too many cuts an area in two and costs time; one too few would let
//! a path speak for others that it does not know. What tests the path in a way that is not followed here
//! is an [`Unsure`]: where there is one, no path speaks for another.
//!
//! [`Decision::hangs_on`]: super::Decision::hangs_on

mod apache;
mod automaton;
mod bytes;
mod class;
mod conditions;
mod expression;
mod httpd;
mod lines;
mod names;
mod names_of_files;
mod nginx;
mod path;
mod pcre;
mod program;
mod variables;
mod walk;

pub use automaton::{Automaton, State, TooLarge};
pub use bytes::Bytes;
pub use expression::Expression;
pub use path::{decode, encode, normalised};
pub use pcre::{Flags, Pcre, read};
pub use walk::{Area, Failure, Search, Test, areas};

use std::collections::BTreeSet;

use crate::model::{Scope, Site};
use crate::source::Span;

/// What a server tests of a request, as far as paths and methods are concerned.
#[derive(Clone, Debug, Default)]
pub struct Tests {
    /// The tests of the normalised path.
    pub all: Vec<Test>,
    /// What else may tell paths apart.
    pub unsure: Vec<Unsure>,
    /// The methods that are named.
    pub methods: BTreeSet<String>,
    /// A line that tests the host that a client names.
    pub of_host: Option<Span>,
    /// Whether a path has no empty segments when it is tested.
    pub merges_slashes: bool,
}

/// A line that tests the path, or the request line, in a way that is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsure {
    /// The line.
    pub span: Span,
    /// What it does, as a lower-case clause.
    pub why: String,
}

/// The tests of a server: of nginx the block, of Apache the virtual host, or the main server's scope.
#[must_use]
pub fn tests(site: &Site<'_>, server: Scope<'_>) -> Tests {
    if site.is_apache() { apache::tests(site, server) } else { nginx::tests(site, server) }
}
