//! What is worked out once for a site and asked for every request.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::maps::Variable;
use super::place::Place;
use super::sockets::{Known, Sockets};
use super::users::Opened;
use crate::decide::Decider;
use crate::model::{Directive, Family, FilesMode, Kind, Look, Name, Scope, Site};
use crate::source::Seen;
use crate::userfile::{Reader, UserFile};

/// The tables, made when first asked for.
#[derive(Debug, Default)]
pub struct Prepared<'s> {
    tables: OnceLock<Tables<'s>>,
}

impl<'s> Prepared<'s> {
    pub(super) fn tables(&self, decider: &Decider<'s>) -> &Tables<'s> {
        self.tables.get_or_init(|| Tables::new(decider))
    }
}

#[derive(Debug)]
pub(super) struct Tables<'s> {
    pub(super) site: &'s Site<'s>,
    pub(super) sockets: Known<Sockets<'s>>,
    /// `map` and `geo`, by the name of their variable.
    pub(super) variables: HashMap<String, Variable<'s>>,
    /// Variables of `set` and of named groups: empty where nothing has set them.
    pub(super) declared: HashSet<String>,
    look: Look<'s>,
    /// Whether what is looked for below document roots is there.
    pub(super) assumes_what_is_served: bool,
    assumed: HashSet<PathBuf>,
    /// What is in those that are opened for a login.
    assumed_text: Vec<u8>,
    places: Vec<OnceLock<Box<Place<'s>>>>,
    /// By the bytes of the path: a slash at its end makes a difference.
    seen: Mutex<HashMap<OsString, Seen>>,
    users: Mutex<HashMap<OsString, Arc<Opened>>>,
}

impl<'s> Tables<'s> {
    fn new(decider: &Decider<'s>) -> Self {
        let site = decider.site;
        let count = site.scopes().count();
        Tables {
            site,
            sockets: Sockets::new(site),
            variables: super::maps::variables(site),
            declared: declared(site),
            look: decider.look,
            assumes_what_is_served: decider.assumes_what_is_served,
            assumed: decider.assumed.clone(),
            assumed_text: decider.assumed_text(),
            places: std::iter::repeat_with(OnceLock::new).take(count).collect(),
            seen: Mutex::default(),
            users: Mutex::default(),
        }
    }

    /// What is worked out of a scope.
    pub(super) fn place(&self, scope: Scope<'s>) -> &Place<'s> {
        self.places[scope.index()].get_or_init(|| Box::new(Place::new(scope)))
    }

    /// What the worker sees at a path; each is looked at once.
    pub(super) fn see(&self, path: PathBuf) -> Seen {
        if !path.is_absolute() {
            return Seen::Unknown("where the relative path starts from is not known".into());
        }
        if self.assumes(&path) {
            return Seen::File { is_readable: Some(true), is_executable: false };
        }
        if !self.may_look(&path) {
            return Seen::Unknown("files are not looked at".into());
        }
        let Ok(mut seen) = self.seen.lock() else { return Seen::Unknown("it was not looked at".into()) };
        let look = |path: &OsString| self.look.host.see(Path::new(path), self.site.identity());
        seen.entry(path.into_os_string()).or_insert_with_key(look).clone()
    }

    /// What is in a password file; each is read once.
    pub(super) fn users(&self, path: &Path) -> Arc<Opened> {
        if let Some(file) = self.users.lock().ok().and_then(|users| users.get(path.as_os_str()).cloned()) {
            return file;
        }
        let file = Arc::new(if self.assumes(path) {
            Opened::Users(UserFile::read(Reader::Nginx, &self.assumed_text))
        } else {
            Opened::read(self.look.host, path, self.see(path.to_path_buf()))
        });
        if let Ok(mut users) = self.users.lock() {
            users.insert(path.as_os_str().to_owned(), file.clone());
        }
        file
    }

    /// Whether it is taken for granted that a file is there.
    fn assumes(&self, path: &Path) -> bool {
        !path.as_os_str().as_encoded_bytes().ends_with(b"/") && self.assumed.contains(path)
    }

    fn may_look(&self, path: &Path) -> bool {
        match self.look.mode {
            FilesMode::Always => true,
            FilesMode::Never => false,
            FilesMode::Auto => self.site.config().installed || self.look.host.places(path),
        }
    }
}

/// Variables of `set`, and of groups with a name in any expression.
fn declared(site: &Site<'_>) -> HashSet<String> {
    let mut declared = HashSet::new();
    let mut named = |text: &str| {
        for start in text.split("(?").skip(1) {
            let start = start.strip_prefix('P').unwrap_or(start);
            let Some(name) = start.strip_prefix(['<', '\'']) else { continue };
            let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
            declared.insert(name[..end].to_ascii_lowercase());
        }
    };
    for scope in site.scopes() {
        if let Some(location) = scope.location().filter(|location| location.is_regex()) {
            named(&location.path);
        }
        let lines = scope.own(Family::Rewrite).chain(scope.own(Family::ServerName));
        for word in lines.flat_map(Directive::arguments) {
            named(&word.text());
        }
        if scope.kind() == Kind::Http {
            for line in scope.own(Family::Variables).filter_map(Directive::lines).flatten() {
                named(&line.head_word().text());
            }
        }
    }
    for scope in site.scopes() {
        let sets = scope.own(Family::Rewrite).filter(|line| line.name() == Name::Set);
        let set = sets.filter_map(|line| line.argument(0));
        declared.extend(set.map(|name| name.text().trim_start_matches('$').to_ascii_lowercase()));
    }
    declared
}
