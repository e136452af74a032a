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
mod groups;
mod httpd;
mod lines;
mod names;
mod names_of_files;
mod nginx;
mod path;
mod pcre;
mod program;
mod rewriting;
mod variables;
mod walk;

pub use automaton::{Automaton, State, TooLarge};
pub use bytes::Bytes;
pub use expression::Expression;
pub use path::{decode, encode, normalised};
pub use pcre::{Flags, Pcre, read};
pub use walk::{Area, Failure, Key, Loose, Search, Suffix, Test, areas};

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::model::{Scope, Site};
use crate::source::Span;

/// What a server tests of a request, as far as paths and methods are concerned.
#[allow(clippy::struct_excessive_bools)] // each is a question of its own
#[derive(Clone, Debug, Default)]
pub struct Tests {
    /// The tests of the normalised path.
    pub all: Vec<Test>,
    /// What the server may put behind a path on the way of a request.
    pub suffixes: BTreeSet<Suffix>,
    /// Whether the path, or a part of it, may go into another one in any other way.
    pub copies: bool,
    /// Whether a condition asks for files, which only httpd tells in another way than with the answer.
    pub asks_for_files: bool,
    /// Paths of the URL that are handed to a backend, each with all below it; none where that hangs on more.
    pub passed_on: Vec<String>,
    /// The directories that files are served from; only of httpd, which looks into them before it checks.
    pub roots: Vec<PathBuf>,
    /// Whether `.htaccess` files in them may have a say.
    pub reads_overrides: bool,
    /// What else may tell paths apart.
    pub unsure: Vec<Unsure>,
    /// The methods that are named.
    pub methods: BTreeSet<String>,
    /// A line that tests the host that a client names.
    pub of_host: Option<Span>,
    /// Whether a path has no empty segments when it is tested.
    pub merges_slashes: bool,
}

impl Tests {
    /// The tests of several servers, where it is not known which of them answers.
    #[must_use]
    pub fn of_all(site: &Site<'_>, servers: &[Scope<'_>]) -> Tests {
        let merges_slashes = site.is_apache() || nginx::merges_slashes(site);
        let mut all = Tests { merges_slashes, ..Tests::default() };
        for &server in servers {
            let one = tests(site, server);
            all.all.extend(one.all);
            all.suffixes.extend(one.suffixes);
            all.copies |= one.copies;
            all.asks_for_files |= one.asks_for_files;
            // It is certain only where they agree.
            all.passed_on = if servers.len() == 1 { one.passed_on } else { Vec::new() };
            all.roots.extend(one.roots);
            all.reads_overrides |= one.reads_overrides;
            all.unsure.extend(one.unsure);
            all.methods.extend(one.methods);
            all.of_host = all.of_host.or(one.of_host);
            all.merges_slashes &= one.merges_slashes;
        }
        all
    }

    /// Whether a path is certainly handed to a backend, so that nothing hangs on files.
    #[must_use]
    pub fn is_passed_on(&self, path: &[u8]) -> bool {
        self.passed_on.iter().any(|prefix| {
            let rest = path.strip_prefix(prefix.as_bytes());
            rest.is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with(b"/"))
        })
    }
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
    if site.is_apache() { apache::tests(site, server) } else { nginx::tests(server) }
}
