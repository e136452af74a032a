//! A request on its way: what it asks for now, what is known of it, and what was told so far.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Ready;
use super::environment::Environment;
use super::expr::Asked;
use super::settings::ServerSettings;
use crate::decide::{Credentials, Request, Story};
use crate::model::{Directive, Ground, Sections};
use crate::source::Node;

/// A request with the server that answers it.
pub struct Visit<'v, 's> {
    pub ready: &'v Ready<'s>,
    pub request: &'v Request,
    pub server: u32,
    pub settings: Arc<ServerSettings<'s>>,
    /// The credentials that httpd itself gets to see.
    pub credentials: RefCell<Brought>,
    pub story: RefCell<Story>,
    pub hangs_on: RefCell<Option<String>>,
    pub place: RefCell<Option<String>>,
    pub user_file: RefCell<Option<String>>,
    pub file: RefCell<Option<PathBuf>>,
    /// The round that was refused.
    pub last: RefCell<Option<Last>>,
    /// `[END]` was come by.
    pub is_rewritten_for_good: Cell<bool>,
    /// A rewriting rule has given the answer.
    pub is_answered_by_rule: Cell<bool>,
}

/// What an error document needs to know of the round that was refused.
#[derive(Clone, Debug)]
pub struct Last {
    pub sections: Sections,
    pub directory: String,
    pub environment: Environment,
}

/// Credentials as they reach httpd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    None,
    Bad,
    User(String),
    /// Those that `AuthBasicFake` makes, of this user.
    Fake(String),
    /// A directive puts something in their place.
    Unknown,
}

/// What is asked for now: by the client, by a rule that sends the request elsewhere, or for an index.
#[derive(Clone, Debug)]
pub struct Round {
    /// The path, decoded.
    pub uri: String,
    pub query: Option<String>,
    pub method: String,
    /// What the path leads to, while and after that is found out.
    pub filename: Option<String>,
    pub path_info: String,
    pub seen: Node,
    pub user: Option<String>,
    pub environment: Environment,
    /// The sections of the request that this one comes from: where they are the same, nobody is judged
    /// again (spec a119).
    pub before: Option<Sections>,
    /// The directory of that request, with a slash behind it.
    pub before_directory: Option<String>,
    /// Who has logged in there.
    pub before_user: Option<String>,
    /// Whether `ScriptAlias` makes a program of the file.
    pub is_script: bool,
    /// Whether it is only asked how it would be answered.
    pub is_sub: bool,
    /// How many rounds there were before.
    pub depth: usize,
}

impl Round {
    pub fn new(uri: String, query: Option<String>, method: &str) -> Self {
        Round {
            uri,
            query,
            method: method.to_owned(),
            filename: None,
            path_info: String::new(),
            seen: Node::Missing,
            user: None,
            environment: Environment::default(),
            before: None,
            before_directory: None,
            before_user: None,
            is_script: false,
            is_sub: false,
            depth: 0,
        }
    }
}

impl Round {
    /// The directory that the request is for, with a slash behind it.
    pub fn directory(&self) -> String {
        let name = self.filename.as_deref().unwrap_or_default();
        if self.seen == Node::Directory {
            return format!("{}/", name.trim_end_matches('/'));
        }
        name.rfind('/').map_or_else(String::new, |end| name[..=end].to_owned())
    }
}

/// Where a round ends.
#[derive(Debug)]
pub struct Ending<'s> {
    pub round: Round,
    pub ground: Arc<Ground<'s>>,
    pub sections: Sections,
    pub next: Next,
}

/// What comes behind a round.
#[derive(Clone, Debug)]
pub enum Next {
    /// The content handler.
    Content,
    /// A backend at this address.
    Backend(String),
    /// Another round.
    Again(String, Option<String>),
}

impl<'v, 's> Visit<'v, 's> {
    pub fn new(ready: &'v Ready<'s>, request: &'v Request, server: u32) -> Self {
        let brought = match &request.credentials {
            Credentials::None => Brought::None,
            Credentials::Bad => Brought::Bad,
            Credentials::User(name) => Brought::User(name.clone()),
        };
        Visit {
            ready,
            request,
            server,
            settings: ready.settings(server),
            credentials: RefCell::new(brought),
            story: RefCell::default(),
            hangs_on: RefCell::default(),
            place: RefCell::default(),
            user_file: RefCell::default(),
            file: RefCell::default(),
            last: RefCell::default(),
            is_rewritten_for_good: Cell::new(false),
            is_answered_by_rule: Cell::new(false),
        }
    }

    /// A directive has its say.
    pub fn tell(&self, line: Directive<'_>, note: impl Into<String>) {
        self.story.borrow_mut().tell(line.span(), note);
    }

    /// The answer hangs on more than the path's tests.
    pub fn hangs(&self, on: impl Into<String>) {
        self.hangs_on.borrow_mut().get_or_insert_with(|| on.into());
    }

    /// The `Host` header.
    pub fn host(&self) -> Option<String> {
        self.request.host_header()
    }
}

/// What an expression asks in a round.
pub struct Asking<'a, 'v, 's> {
    pub visit: &'a Visit<'v, 's>,
    pub round: &'a Round,
}

impl Asked for Asking<'_, '_, '_> {
    fn variable(&self, name: &str) -> Option<String> {
        let request = self.visit.request;
        let text = |text: &str| Some(text.to_owned());
        match name {
            "REQUEST_METHOD" => text(&self.round.method),
            "REQUEST_SCHEME" => text(if request.is_tls { "https" } else { "http" }),
            "HTTPS" => text(if request.is_tls { "on" } else { "off" }),
            "REQUEST_URI" | "DOCUMENT_URI" => text(&self.round.uri),
            "QUERY_STRING" => Some(self.round.query.clone().unwrap_or_default()),
            "THE_REQUEST" => Some(format!("{} {} HTTP/1.1", request.method, request.target)),
            "SERVER_PROTOCOL" => text("HTTP/1.1"),
            "REMOTE_ADDR" | "CONN_REMOTE_ADDR" => request.from.map(|from| from.to_string()),
            "REMOTE_USER" => Some(self.round.user.clone().unwrap_or_default()),
            "REMOTE_IDENT" => text(""),
            "HTTP_HOST" => self.visit.host(),
            "SERVER_NAME" if !self.visit.settings.has_canonical_name => {
                request.host.as_ref().map(|host| host.to_ascii_lowercase())
            }
            "SERVER_NAME" => super::settings::name(self.visit.ready.site, self.visit.server),
            // Behind the first round it is that of `ServerName`, or the usual one (seen on 2.4.71).
            "SERVER_PORT" if self.round.is_sub || self.round.depth > 0 => None,
            "SERVER_PORT" => request.port.map(|port| port.to_string()),
            "SERVER_ADDR" => self.visit.ready.hosts.local_address(request).map(|address| address.to_string()),
            "REQUEST_FILENAME" | "SCRIPT_FILENAME" => Some(self.round.filename.clone().unwrap_or_default()),
            "PATH_INFO" => text(&self.round.path_info),
            "DOCUMENT_ROOT" => self.visit.document_root(),
            "IS_SUBREQ" => text(if self.round.is_sub { "true" } else { "false" }),
            _ => None,
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        if name.eq_ignore_ascii_case("host") {
            return self.visit.host();
        }
        if !name.eq_ignore_ascii_case("authorization") {
            return None;
        }
        match &*self.visit.credentials.borrow() {
            Brought::None => Some(String::new()),
            // What is behind it is not known; that it is there is.
            Brought::Bad | Brought::User(_) => Some("Basic Kjoq".into()),
            Brought::Fake(_) | Brought::Unknown => None,
        }
    }

    fn environment(&self, name: &str) -> Option<String> {
        self.round.environment.value(name)
    }

    fn is_file(&self, test: char, path: &str) -> Option<bool> {
        let disk = &self.visit.ready.disk;
        let path = Path::new(path);
        if !path.is_absolute() {
            return Some(false);
        }
        self.visit.hangs(format!("what lies at {}", path.display()));
        let behind = disk.behind(path);
        if behind == Node::Unknown {
            return None;
        }
        match test {
            'e' => Some(behind != Node::Missing),
            'f' => Some(behind == Node::File),
            'd' => Some(behind == Node::Directory),
            'l' | 'L' | 'h' => Some(disk.at(path) == Node::Link),
            's' if behind == Node::File => disk.read(path).map(|bytes| !bytes.is_empty()),
            's' => Some(false),
            _ => None,
        }
    }

    fn is_from(&self, network: &str) -> Option<bool> {
        super::requirement::is_in(network, self.visit.request.from?)
    }
}

/// Whether an address is one of this very machine.
pub fn is_local(address: IpAddr) -> bool {
    address.is_loopback()
}
