//! What a configuration means: scopes, what is effective in each, and who is asked for what.
//!
//! A [`Site`] is one configuration with its includes expanded in place. Lints ask a [`Scope`]; they
//! never climb to the parent to find out what is inherited. An answer is given only where it is
//! known: [`Scope::directive`] finds what is certainly in force, [`Scope::lacks`] says that
//! something certainly is not, and where neither holds nobody knows.

mod addresses;
mod answer;
mod apache;
mod asks;
mod assets;
mod build;
mod by_hand;
mod cache;
mod certificates;
mod challenge;
mod cidr;
mod client_says;
mod cors;
mod dav;
mod defaults;
mod directive;
mod doors;
mod effect;
mod exempt;
mod exempt_by_variable;
mod guarded;
mod headers;
mod identity;
mod inherited;
mod inside;
mod late_redirect;
mod leaving;
mod location;
mod logins;
mod looked;
mod names;
mod neighbours;
mod nested;
mod onward;
mod own_login;
mod password_file;
mod presumed;
mod protected;
mod purpose;
mod reached_by;
mod read_file;
mod refused;
mod repeats;
mod rivals;
mod scope;
mod second_ways;
mod served;
mod served_in_part;
mod server;
mod shipped;
mod site;
mod suffix_exempt;
mod unchallenged;
mod upgrade;

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, OnceLock};

pub use addresses::Ipv4List;
pub use answer::{Answer, Reply};
pub use apache::words;
pub use apache::{
    Bypass, Choice, DeafProgram, Extent, Ground, Grounds, HiddenEntry, HtaccessState, IfModule, Instead,
    Judge, LoneNegation, Methods, Misuse, Misused, NeverTrue, OnTheWay, OpenedFile, Outcomes, OverrideRules,
    Overrides, Passes, Sections, Twins, UnknownProvider, Unset, UnsetVariable, Verdict, Viewpoint,
    WrongProvider,
};
pub(crate) use apache::{EMPTY, Matching, below, clean};
pub use asks::{Asks, Password};
pub use build::{FilesMode, Look};
pub use cache::{QuickCache, SharedCache};
pub use certificates::CHALLENGE;
pub use challenge::{Added, HiddenChallenge, Hiding};
pub use cidr::Cidr;
pub use client_says::{ClientSays, Said};
pub use cors::Cors;
pub use defaults::Defaulted;
pub use directive::{Directive, Value};
pub use effect::{Check, State};
pub use exempt::Exempt;
pub use guarded::Guarded;
pub use headers::{Backend, Forwarded, Lost};
pub use inherited::Setting;
pub use leaving::{Leaving, LedAround};
pub use location::{Located, Location, Modifier};
pub use logins::{Login, Named};
pub use names::{Family, Known, Name, known};
pub use neighbours::Neighbour;
pub use nested::Nested;
pub use onward::Onward;
pub use own_login::OwnLogin;
pub use password_file::{PasswordFile, PathValue};
pub use protected::Area;
pub use purpose::Purpose;
pub use read_file::{ReadFile, once_a_file};
pub use refused::ClosedList;
pub use repeats::Repeat;
pub use rivals::{Need, Rival};
pub use scope::Scope;
pub use second_ways::SecondWay;
pub use served::ServedFile;
pub use served_in_part::Likely;
pub use server::{Hidden, Listen, Server, TakenName};
pub use suffix_exempt::{Behind, SuffixExempt};
pub use unchallenged::Unchallenged;

use crate::finding::Problem;
use crate::load::{Config, ExpandedId, Files, Instance};
use crate::source::{FileId, Identity};
use crate::syntax::StatementId;
use names::INHERITED;

/// One configuration, or a part of one, with its meaning.
#[derive(Debug)]
pub struct Site<'f> {
    files: &'f Files,
    config: &'f Config,
    scopes: Vec<ScopeData>,
    directives: Vec<DirectiveData>,
    instances: Vec<Instance>,
    /// For each distinct policy and each inherited family: the scope whose lines are in force.
    policies: Vec<[ScopeRef; INHERITED]>,
    /// For each distinct policy: what it asks for.
    asked: Vec<asks::Asked>,
    /// The first inclusion of each file, and how many there are.
    inclusions: HashMap<FileId, (u32, usize)>,
    /// What was found at the paths of password files.
    looked: looked::Looked,
    /// Who reads the password files.
    identity: Identity,
    /// Names in the document root that begin like a location without a final slash.
    neighbours: HashMap<u32, Vec<String>>,
    regexes: Mutex<HashMap<u32, Option<pcre2::bytes::Regex>>>,
    /// The locations that answer subrequests, found when first asked for.
    subrequest_targets: OnceLock<HashMap<u32, bool>>,
    /// The variables that `set` lines make, found when first asked for.
    sets: OnceLock<inherited::Sets>,
    /// The servers where a refusal leads to a page of its own, found when first asked for.
    login_pages: OnceLock<HashSet<u32>>,
    /// The prefixes that ask, found when first asked for.
    protected: OnceLock<protected::Protected>,
    /// The lines that name a password file which is opened, found when first asked for.
    files_for_logins: OnceLock<Vec<DirectiveData>>,
    /// The names of all lines, in small letters, and first arguments of `Require`; found when first asked for.
    line_names: OnceLock<HashSet<Vec<u8>>>,
    /// The lines with wrong arguments, found when first asked for.
    misused: OnceLock<Vec<DirectiveData>>,
    /// The regular expressions of Apache's sections, each made when first asked for.
    expressions: Vec<OnceLock<Option<Box<pcre2::bytes::Regex>>>>,
    /// What the sections of Apache are for, read when first asked for.
    matchings: Vec<OnceLock<apache::Matching>>,
    /// What of Apache stands beside the virtual hosts, found when first asked for.
    beside_hosts: OnceLock<reached_by::BesideHosts>,
    /// What only Apache has.
    apache: Option<apache::Apache>,
    /// Hosts that are closed as a whole on purpose; `*` stands for anything.
    pub meant_closed: Vec<String>,
    /// Whether what stands around this part is taken to ask for nothing.
    presumes_outside: bool,
    /// What nginx would refuse once the files are put together.
    pub problems: Vec<Problem>,
    /// The password files that were not read although the server may.
    pub unread: Vec<Problem>,
}

/// The kinds of scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The top of a whole nginx configuration.
    Main,
    /// `http { }`.
    Http,
    /// `server { }`.
    Server,
    /// `location { }`, nested or not, named or not.
    Location,
    /// `limit_except { }`.
    LimitExcept,
    /// `if { }`.
    If,
    /// `<Directory>`, `<DirectoryMatch>`.
    Directory,
    /// `<Files>`, `<FilesMatch>`.
    Files,
    /// `<Proxy>`, `<ProxyMatch>`.
    Proxy,
    /// A path of the URL that `ProxyPass` or `Alias` leads elsewhere.
    Mapping,
    /// A `.htaccess` file.
    Htaccess,
    /// `<Limit>`, `<LimitExcept>` of Apache: which methods the lines in it are for.
    Limit,
    /// `<RequireAll>`, `<RequireAny>`, `<RequireNone>`.
    Requirement,
    /// A section of Apache that has no part in access rules, or is not known.
    Other,
    /// The top of a file of which it is not known where it is included.
    Snippet,
}

#[derive(Debug)]
struct ScopeData {
    kind: Kind,
    parent: u32,
    /// The server it is in, or is.
    server: Option<u32>,
    /// The children are next to each other.
    children: (u32, u32),
    /// Its own directives, by family and within a family in the order of the text.
    own: (u32, u32),
    /// The statement that opens it; none for the top of a file.
    opened_by: Option<(FileId, StatementId)>,
    /// The text of the opening, where variables or a macro made another of it.
    expanded: Option<ExpandedId>,
    instance: u32,
    policy: u32,
    /// The policy that would hold here if the scope had no lines of its own.
    outer: u32,
    /// Something unknown may stand in it: an include that is not there, a template mark.
    unknown_inside: bool,
    /// Parts of it stand between template conditions.
    conditional: bool,
    /// A list that a file fills which is not at hand, and known: none of its lines is about `Authorization`.
    shipped: Option<Family>,
}

/// A directive and where it is written.
#[derive(Clone, Copy, Debug)]
struct DirectiveData {
    name: Name,
    /// Whether it is certainly in force: not in a container whose condition is unknown.
    is_certain: bool,
    file: FileId,
    statement: StatementId,
    /// Its text, where variables or a macro made another of it.
    expanded: Option<ExpandedId>,
    /// What a `Require` line looks at, and whether it is negated.
    role: Option<(apache::Role, bool)>,
}

impl DirectiveData {
    /// A directive that is certainly in force, with the text as it is written.
    fn certain(name: Name, file: FileId, statement: StatementId) -> Self {
        DirectiveData { name, is_certain: true, file, statement, expanded: None, role: None }
    }
}

/// The scope that a value comes from, if any.
type ScopeRef = u32;
const NOBODY: ScopeRef = u32::MAX;
const UNKNOWN: ScopeRef = u32::MAX - 1;
