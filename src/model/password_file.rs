//! The files that `auth_basic_user_file` names, and whether the server can read them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::names::{Family, Name};
use super::{Asks, Directive, DirectiveData, FilesMode, Kind, Look, Scope, Site};
use crate::source::{Access, Host, Identity};

/// A password file that some scope asks for.
#[derive(Clone, Copy, Debug)]
pub struct PasswordFile<'s> {
    /// `auth_basic_user_file`.
    pub directive: Directive<'s>,
}

/// The path as the server will open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathValue {
    /// Always this one.
    Absolute(PathBuf),
    /// Relative, and it is not known to what directory.
    Relative(PathBuf),
    /// It depends on the request or on a template.
    Varies,
}

impl<'s> PasswordFile<'s> {
    /// Whether a `.htaccess` names it, where one could think of the directory of the file.
    #[must_use]
    pub fn is_in_htaccess(self) -> bool {
        let file = Some(self.directive.data.file);
        self.directive
            .site
            .reading()
            .is_some_and(|reading| reading.htaccess.iter().any(|one| one.file == file))
    }

    /// The path as it is written.
    #[must_use]
    pub fn written(self) -> PathBuf {
        PathBuf::from(self.directive.argument(0).map(|value| value.text().into_owned()).unwrap_or_default())
    }

    /// The path as the server will open it.
    #[must_use]
    pub fn path(self) -> PathValue {
        let Some(written) = self.directive.literal(0) else { return PathValue::Varies };
        if is_placeholder(&written) {
            return PathValue::Varies;
        }
        let written = Path::new(written.as_ref());
        match self.directive.site.absolute(written) {
            Some(path) => PathValue::Absolute(path),
            None => PathValue::Relative(written.to_path_buf()),
        }
    }

    /// Whether the server's user can read it; none where it was not looked at.
    #[must_use]
    pub fn access(self) -> Option<&'s Access> {
        match self.path() {
            PathValue::Absolute(path) => self.directive.site.access.get(&path)?.as_ref(),
            _ => None,
        }
    }
}

/// `AUTH_USER_FILE`: a word in capitals that is to be replaced before the file is used.
fn is_placeholder(word: &str) -> bool {
    word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

impl<'s> Scope<'s> {
    /// The line that names the password file which is opened for a login here.
    fn opened_file(self) -> Option<Directive<'s>> {
        if self.site.is_apache() {
            return match self.asks() {
                Asks::Password(password) => Some(password.file),
                _ => None,
            };
        }
        let file = self.directive(Family::UserFile)?;
        let is_off = self.directive(Family::Realm).is_some_and(|realm| realm.is(0, "off"));
        (!self.lacks(Family::Realm) && !is_off).then_some(file)
    }
}

impl Site<'_> {
    /// The password files in force somewhere, one for each directive that names one. A directive
    /// is passed over where no realm switches it on, because then the file is never opened.
    #[must_use]
    pub fn password_files(&self) -> Vec<PasswordFile<'_>> {
        let find = || -> Vec<DirectiveData> {
            let mut seen = HashSet::new();
            self.scopes()
                .filter_map(|scope| scope.opened_file())
                .map(|file| file.data)
                .filter(|file| seen.insert((file.file, file.statement, file.expanded)))
                .collect()
        };
        let opened = self.files_for_logins.get_or_init(find).iter();
        opened.map(|data| PasswordFile { directive: self.directive(*data) }).collect()
    }

    /// The files that `AuthGroupFile` names where some group is required.
    #[must_use]
    pub fn group_files(&self) -> Vec<PasswordFile<'_>> {
        if !self.directives.iter().any(|directive| directive.name == Name::AuthGroupFile) {
            return Vec::new();
        }
        let mut seen = HashSet::new();
        self.sections()
            .filter_map(|scope| Some((scope, scope.directive(Family::GroupFile)?)))
            .filter(|(scope, _)| scope.asks_for_a_group())
            .map(|(_, file)| file)
            .filter(|file| seen.insert((file.data.file, file.data.statement)))
            .map(|directive| PasswordFile { directive })
            .collect()
    }

    /// Whether there is a password file that was left alone, because it is not known that the
    /// configuration is this machine's.
    #[must_use]
    pub fn left_files_alone(&self) -> bool {
        self.access.values().any(Option::is_none)
    }

    /// Who the worker is (spec A10).
    pub(super) fn find_identity(&self, host: &Host) -> Identity {
        let main = self.scopes_of(Kind::Main).next();
        let last = |family| main.and_then(|main| main.own(family).last());
        let Some(user) = last(Family::User) else { return Identity::unknown(None) };
        // Apache has a directive of its own for the group.
        let group = last(Family::Group).map_or_else(|| user.literal(1), |group| group.literal(0));
        match user.literal(0) {
            Some(name) => host.users().identity(&name, group.as_deref()),
            None => Identity::unknown(None),
        }
    }

    /// What a visitor gets who logs in while the password file is not there (spec A8, a80).
    #[must_use]
    pub fn answer_without_file(&self) -> &'static str {
        if self.is_apache() { "500 Internal Server Error" } else { "403 Forbidden" }
    }

    /// The name of the server, for people.
    #[must_use]
    pub fn server_name(&self) -> &'static str {
        if self.is_apache() { "Apache" } else { "nginx" }
    }

    /// What the server's configuration calls a part of a site, for people.
    #[must_use]
    pub fn word_for_place(&self) -> &'static str {
        if self.is_apache() { "`<Location>` or `<Directory>`" } else { "`location`" }
    }

    /// What relative paths of the server start from, for people.
    #[must_use]
    pub fn start_of_paths(&self) -> &'static str {
        if self.is_apache() { "`ServerRoot`" } else { "the directory of nginx.conf" }
    }

    pub(super) fn look_at_files(&mut self, look: Look<'_>) {
        let may_look = |path: &Path| match look.mode {
            FilesMode::Always => true,
            FilesMode::Never => false,
            FilesMode::Auto => self.config.installed || look.host.places(path),
        };
        let mut access = HashMap::new();
        for file in self.password_files().into_iter().chain(self.group_files()) {
            if let PathValue::Absolute(path) = file.path() {
                let look_at = |path: &Path| may_look(path).then(|| look.host.access(path, &self.identity));
                access.entry(path).or_insert_with_key(|path| look_at(path));
            }
        }
        let neighbours = self.find_neighbours(look.host, may_look);
        self.access = access;
        self.neighbours = neighbours;
    }
}
