//! What the server answers to a request, and which directives decide it.
//!
//! A [`Decider`] is made once for a site and asked as often as wished, by several threads at once. It
//! goes the way that the server goes, step by step; where a step hangs on something that is not
//! known the answer is [`Outcome::Undetermined`], with the reason. A wrong answer is a bug.

mod apache;
pub mod areas;
mod asked;
mod because;
mod nginx;
mod reached;
mod request;
mod rewritten;
mod second_way;
mod witness;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;

use crate::model::{Look, Site};
use crate::source::Span;

pub use asked::Channel;
pub use because::{Because, Story};
pub use reached::Reached;
pub use request::{Credentials, Refused, Request};
pub use second_way::open_ways;
pub use witness::Witness;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It comes to the content handler: a file, a backend, a program.
    Open,
    /// Credentials are asked for: 401.
    Challenge,
    /// Refused: 403.
    Forbidden,
    /// The server fails: 500.
    Error,
    /// The configuration itself answers, with [`Decision::status`].
    Responds,
    /// It hangs on something that is not known; [`Decision::why`] says on what.
    Undetermined,
}

impl Outcome {
    /// The word for it in the command's contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Open => "open",
            Outcome::Challenge => "challenge",
            Outcome::Forbidden => "forbidden",
            Outcome::Error => "error",
            Outcome::Responds => "responds",
            Outcome::Undetermined => "undetermined",
        }
    }
}

/// What the backend gets to see of the client's `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// What the client sent, or nothing where it sent none.
    Forwarded,
    /// Nothing.
    Dropped,
    /// Something else than the client sent.
    Replaced,
    /// Nobody knows.
    Unknown,
}

impl Authorization {
    /// The word for it in the command's contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Authorization::Forwarded => "forwarded",
            Authorization::Dropped => "dropped",
            Authorization::Replaced => "replaced",
            Authorization::Unknown => "unknown",
        }
    }
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of it.
    pub outcome: Outcome,
    /// The status of the response; none where the content handler decides it, or nobody knows.
    pub status: Option<u16>,
    /// `basic`, `digest` or `form`, where the server itself asks for credentials.
    pub scheme: Option<&'static str>,
    /// The realm, where a header with a challenge is sent and its realm is known.
    pub realm: Option<String>,
    /// The password file that the server opens for credentials here, as a path of the server.
    pub user_file: Option<String>,
    /// The file that is sent, as a path of the server; only where the outcome is [`Outcome::Open`], and where
    /// it is certain.
    pub file: Option<PathBuf>,
    /// The first name of the server that answers.
    pub server: Option<String>,
    /// The place that answers, as it is written: `location /secret/`.
    pub place: Option<String>,
    /// What a backend gets of the header; only where the outcome is [`Outcome::Open`] and a backend
    /// is asked.
    pub authorization: Option<Authorization>,
    /// What is not known, as a lower-case clause.
    pub why: Option<String>,
    /// The directives that led here, in the order in which they had their say.
    pub because: Vec<Because>,
    /// What the answer hangs on besides the tests that the configuration makes of the path: a file,
    /// a part of the path that went into another one. Another path that passes the same tests may be
    /// answered otherwise then.
    pub hangs_on: Option<String>,
}

impl Decision {
    /// An answer of this kind, of which nothing else is known yet.
    #[must_use]
    pub fn of(outcome: Outcome) -> Self {
        Decision {
            outcome,
            status: None,
            scheme: None,
            realm: None,
            user_file: None,
            file: None,
            server: None,
            place: None,
            authorization: None,
            why: None,
            because: Vec::new(),
            hangs_on: None,
        }
    }

    /// Whether it is not known to be anything else than a demand for credentials.
    #[must_use]
    pub fn may_be_a_challenge(&self) -> bool {
        matches!(self.outcome, Outcome::Challenge | Outcome::Undetermined)
    }

    /// Whether a directive, or the opening of a section, had its say.
    #[must_use]
    pub fn is_by(&self, span: Span) -> bool {
        self.because.iter().any(|because| because.span == span)
    }

    /// Whether this file is sent.
    #[must_use]
    pub fn sends(&self, path: &Path) -> bool {
        self.outcome == Outcome::Open && self.file.as_deref() == Some(path)
    }

    /// Nobody knows, because of `why`, a lower-case clause.
    #[must_use]
    pub fn undetermined(why: impl Into<String>) -> Self {
        Decision { why: Some(why.into()), ..Decision::of(Outcome::Undetermined) }
    }
}

/// Answers requests for a site.
#[derive(Debug)]
pub struct Decider<'s> {
    /// The site.
    pub site: &'s Site<'s>,
    /// How its files are looked at: password files, and what lies under the document roots.
    pub look: Look<'s>,
    /// Files that are there and can be read, whatever the look says; one that is opened for a login has
    /// [`Decider::USER`] in it.
    assumed: HashSet<PathBuf>,
    /// Who is in them besides.
    assumed_users: Vec<String>,
    /// Whether every file of nginx that is served, tried or looked for is there.
    assumes_what_is_served: bool,
    /// Whether nothing around a virtual host of Apache is taken to ask for anything.
    presumes_outside: bool,
    nginx: nginx::Prepared<'s>,
    apache: apache::Prepared<'s>,
    /// A path that an expression matches, by the expression.
    samples: Mutex<HashMap<String, Option<Vec<u8>>>>,
    /// How many searches for witnesses there were.
    searches: AtomicUsize,
    /// How many strangers' requests were decided.
    answers: AtomicUsize,
}

impl<'s> Decider<'s> {
    /// Makes ready for requests.
    #[must_use]
    pub fn new(site: &'s Site<'s>, look: Look<'s>) -> Self {
        let samples = Mutex::default();
        let searches = AtomicUsize::new(0);
        Decider {
            site,
            look,
            assumed: HashSet::new(),
            assumed_users: Vec::new(),
            assumes_what_is_served: false,
            presumes_outside: false,
            nginx: nginx::Prepared::default(),
            apache: apache::Prepared::default(),
            samples,
            searches,
            answers: AtomicUsize::new(0),
        }
    }

    /// A user of every file that is assumed.
    pub const USER: &'static str = "authlint";
    /// What a file that is assumed holds, for both servers.
    fn assumed_text(&self) -> Vec<u8> {
        let users = std::iter::once(Self::USER).chain(self.assumed_users.iter().map(String::as_str));
        users
            .flat_map(|user| format!("{user}:$apr1$authlint$0123456789012345678901\n").into_bytes())
            .collect()
    }

    /// The same, but these files are there and can be read, and somebody is in each that is opened for a login:
    /// what would be answered if all is as the configuration says.
    #[must_use]
    pub fn assuming(mut self, files: impl IntoIterator<Item = PathBuf>) -> Self {
        self.assumed = files.into_iter().collect();
        self
    }

    /// The same, but whatever nginx looks for below its document roots is there, as a file: what would be answered
    /// to a request for a file that exists.
    #[must_use]
    pub fn assuming_what_is_served(mut self) -> Self {
        self.assumes_what_is_served = true;
        self
    }

    /// The same, but what stands around the virtual hosts of Apache, where a file with them is all that is at hand, is
    /// taken to say nothing: what would be answered if that shuts no place that they open.
    #[must_use]
    pub fn presuming_outside(mut self) -> Self {
        self.presumes_outside = self.site.is_of_lone_hosts();
        self
    }

    /// Whether what stands around is only presumed.
    #[must_use]
    pub fn presumes_outside(&self) -> bool {
        self.presumes_outside
    }

    /// What the server answers.
    #[must_use]
    pub fn decide(&self, request: &Request) -> Decision {
        if self.site.is_apache() { apache::decide(self, request) } else { nginx::decide(self, request) }
    }
}
