//! The state of a request on its way through the phases.

use std::collections::HashMap;
use std::path::PathBuf;

use super::choices::Choices;
use super::place::Place;
use super::regex::Found;
use super::tables::Tables;
use super::variables::{Unknown, Value};
use crate::decide::{Authorization, Request, Story};
use crate::model::Scope;

/// One way of a request through the server, with the answers taken to what is not known.
pub(super) struct Run<'r, 's> {
    pub(super) tables: &'r Tables<'s>,
    pub(super) request: &'r Request,
    pub(super) choices: &'r mut Choices,
    pub(super) story: Story,
    /// Variables that were set, by `set`, groups of expressions and `map`. Subrequests share them.
    pub(super) variables: HashMap<String, Value>,
    /// What the answer hangs on besides the configuration's tests of the path.
    pub(super) hangs_on: Option<String>,
    /// The server that the request is for.
    pub(super) server: Scope<'s>,
    /// The port that was connected to.
    pub(super) port: Option<u16>,
    /// The method as `$request_method` tells it, in subrequests too: that of the request that came, or GET
    /// after an error page.
    pub(super) method: String,
    /// Whether an IPv4 client came to an IPv6 socket: its addresses are written `::ffff:192.0.2.1`.
    pub(super) is_mapped: bool,
    /// The host as `$host` tells it; none where it is the first name of the server.
    pub(super) host: Option<String>,
    /// The target of the request line; empty where it was refused.
    pub(super) target: &'r str,
    /// Whether the header was read: where the request line is refused it is not.
    pub(super) has_header: bool,
    /// What the backend gets of the `Authorization` header, once one is asked.
    pub(super) authorization: Option<Authorization>,
    /// The file that is sent, where it is known.
    pub(super) file: Option<PathBuf>,
}

/// nginx's `uri_changes`: as many changes of the path but one, then it is a cycle.
const CHANGES: u8 = 11;

/// A request or a subrequest, as far as it has come.
#[allow(clippy::struct_excessive_bools)] // nginx keeps as many flags of a request
pub(super) struct Visit<'r, 's> {
    pub(super) uri: Vec<u8>,
    pub(super) args: Vec<u8>,
    pub(super) method: String,
    pub(super) is_subrequest: bool,
    pub(super) is_internal: bool,
    pub(super) changes_left: u8,
    pub(super) has_changed: bool,
    /// Whether an error page is being made.
    pub(super) in_error_page: bool,
    /// The status that the response gets whatever answers; 0 for none.
    pub(super) forced_status: u16,
    /// Whether an `error_page` says another status.
    pub(super) is_overwritten: bool,
    /// What brought the forced status.
    pub(super) origin: Origin,
    /// False after `rewrite ... break`: then `alias` fails.
    pub(super) fits_location: bool,
    pub(super) adds_uri_to_alias: bool,
    /// Whose settings hold.
    pub(super) place: &'r Place<'s>,
    /// The content handler, as the place that has it.
    pub(super) handler: Option<&'r Place<'s>>,
    /// The groups of the last expression that matched.
    pub(super) groups: Result<Vec<Vec<u8>>, Unknown>,
    pub(super) has_percent: bool,
    pub(super) has_plus: bool,
    /// The challenges among the headers of the response.
    pub(super) challenges: Vec<Challenge>,
    pub(super) user_file: Option<String>,
    /// What a check refused with under `satisfy any`; it stays through an error page.
    pub(super) refused_with: Option<u16>,
}

/// Who ended the request in an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The checks of the access phase.
    Access,
    /// A directive, or the server itself before any check.
    Configuration,
    /// The content handler.
    Content,
}

/// A header that asks for a password.
#[derive(Debug)]
pub(super) struct Challenge {
    pub(super) realm: Vec<u8>,
    /// The password file that the login would be looked up in.
    pub(super) user_file: Option<String>,
    /// Whether it is still to be sent.
    pub(super) is_sent: bool,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The status of the response; none where the content handler decides it.
    pub(super) status: Option<u16>,
    /// Who made the response.
    pub(super) by: Origin,
    /// Whether a backend was asked.
    pub(super) is_passed_on: bool,
    /// Whether the connection is closed without a response.
    pub(super) is_closed: bool,
}

impl End {
    /// An end with this status.
    pub(super) fn of(status: u16, by: Origin) -> End {
        End { status: Some(status), by, is_passed_on: false, is_closed: false }
    }

    /// Without any response.
    pub(super) fn closed(self) -> End {
        End { is_closed: true, ..self }
    }
}

impl<'r, 's> Visit<'r, 's> {
    pub(super) fn new(place: &'r Place<'s>) -> Self {
        Visit {
            uri: Vec::new(),
            args: Vec::new(),
            method: "GET".into(),
            is_subrequest: false,
            is_internal: false,
            changes_left: CHANGES,
            has_changed: false,
            in_error_page: false,
            forced_status: 0,
            is_overwritten: false,
            origin: Origin::Configuration,
            fits_location: true,
            adds_uri_to_alias: false,
            place,
            handler: None,
            groups: Ok(Vec::new()),
            has_percent: false,
            has_plus: false,
            challenges: Vec::new(),
            user_file: None,
            refused_with: None,
        }
    }

    /// Whether the path ends in a slash.
    pub(super) fn is_directory(&self) -> bool {
        self.uri.ends_with(b"/")
    }

    pub(super) fn has_method(&self, methods: &[&str]) -> bool {
        methods.contains(&self.method.as_str())
    }
}

impl<'r, 's> Run<'r, 's> {
    pub(super) fn place(&self, scope: Scope<'s>) -> &'r Place<'s> {
        self.tables.place(scope)
    }

    /// The groups of an expression that matched are kept, the named ones as variables.
    pub(super) fn keep(&mut self, visit: &mut Visit<'r, 's>, found: Found) {
        for (name, value) in found.names {
            self.variables.insert(name, Ok(value));
        }
        visit.groups = Ok(found.groups);
    }

    pub(super) fn hang_on(&mut self, what: impl FnOnce() -> String) {
        self.hangs_on.get_or_insert_with(what);
    }
}
