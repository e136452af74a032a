//! The files of users that `auth_basic_user_file` and its kin name, and who reads them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::names::{Family, Name};
use super::{Asks, Directive, DirectiveData, Kind, Scope, Site};
use crate::source::{Host, Identity};

/// A password file that some scope asks for.
#[derive(Clone, Copy, Debug)]
pub struct PasswordFile<'s> {
    /// `auth_basic_user_file`, `AuthUserFile`, `AuthGroupFile`.
    pub directive: Directive<'s>,
    /// One of the files that a path with variables may lead to.
    pub(super) candidate: Option<&'s Path>,
}

/// The path as the server will open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathValue {
    /// Always this one.
    Absolute(PathBuf),
    /// Relative, and it is not known to what directory.
    Relative(PathBuf),
    /// It depends on the request or on a template, or it is one of Windows.
    Varies,
}

impl PasswordFile<'_> {
    /// Whether a `.htaccess` names it, where one could think of the directory of the file.
    #[must_use]
    pub fn is_in_htaccess(self) -> bool {
        let file = Some(self.directive.data.file);
        self.directive
            .site
            .reading()
            .is_some_and(|reading| reading.htaccess.iter().any(|one| one.file == file))
    }

    /// Whether it is only one of the files that a path with variables may lead to, and whether it ever does is not
    /// known.
    #[must_use]
    pub fn is_candidate(self) -> bool {
        self.candidate.is_some()
    }

    /// The path as it is written.
    #[must_use]
    pub fn written(self) -> PathBuf {
        PathBuf::from(self.directive.argument(0).map(|value| value.text().into_owned()).unwrap_or_default())
    }

    /// The path as the server will open it.
    #[must_use]
    pub fn path(self) -> PathValue {
        if let Some(candidate) = self.candidate {
            return PathValue::Absolute(candidate.to_path_buf());
        }
        let Some(written) = self.directive.literal(0) else { return PathValue::Varies };
        if is_placeholder(&written) || is_of_windows(&written) {
            return PathValue::Varies;
        }
        let written = Path::new(written.as_ref());
        match self.directive.site.absolute(written) {
            Some(path) => PathValue::Absolute(path),
            None => PathValue::Relative(written.to_path_buf()),
        }
    }
}

/// `C:/users`, `\\server\users`, `conf\users`: the configuration is for a server on Windows, and what these paths
/// come to is nothing that can be told here.
fn is_of_windows(path: &str) -> bool {
    let has_drive = matches!(path.as_bytes(), [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic());
    has_drive || !path.starts_with('/') && path.contains('\\')
}

/// A word that is to be replaced, or has a part that is, before the file is used: `AUTH_USER_FILE`,
/// `{AuthUserFile}`, `[[path]]`, and `%{AUTH_FILE}` where it is the whole path.
fn is_placeholder(word: &str) -> bool {
    let is_marked = word.match_indices('{').any(|(at, _)| {
        let rest = &word.as_bytes()[at + 1..];
        let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let is_whole = at == 1 && rest.len() == name + 1;
        let is_own = word[..at].ends_with('$') || word[..at].ends_with('%') && !is_whole;
        !is_own && name > 0 && rest.get(name) == Some(&b'}')
    });
    let is_constant =
        word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    is_constant || is_marked || word.contains("[[") && word.contains("]]")
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
    /// The password files in force somewhere, one for each directive that names one, or one for each file that
    /// a path with variables may lead to. A directive is passed over where no realm switches it on, because then
    /// the file is never opened.
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
        opened.flat_map(|data| self.files_of(self.directive(*data))).collect()
    }

    /// The files that a directive may lead to: one where its path is known.
    pub(super) fn files_of<'s>(&'s self, directive: Directive<'s>) -> Vec<PasswordFile<'s>> {
        let candidates = self.looked.candidates(directive);
        if candidates.is_empty() {
            return vec![PasswordFile { directive, candidate: None }];
        }
        candidates.iter().map(|path| PasswordFile { directive, candidate: Some(path) }).collect()
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
            .map(|directive| PasswordFile { directive, candidate: None })
            .collect()
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_windows() {
        for path in [
            "C:/xampp/htdocs/.htpasswd",
            "d:\\wamp64\\www\\.htpasswd",
            "\\home\\site\\.htpasswd",
            "\\\\server\\share\\users",
            "conf\\htpasswd",
            ".\\html\\.htpasswd",
        ] {
            assert!(is_of_windows(path), "{path}");
        }
        for path in
            ["/etc/nginx/htpasswd", "htpasswd", "conf/htpasswd", "c:htpasswd", "/srv/a\\ b", "é:/x", ""]
        {
            assert!(!is_of_windows(path), "{path}");
        }
    }
}
