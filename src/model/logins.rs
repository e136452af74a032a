//! How a login of Apache is looked up: in which file, in lines of which form, and whom the `Require` lines name.

use super::apache::Role;
use super::names::Family;
use super::{Asks, Directive, Kind, PasswordFile, Scope, Site, Value};
use crate::userfile::{Groups, UserFile};

/// The one file that the logins of a place are looked up in.
#[derive(Clone, Copy, Debug)]
pub struct Login<'s> {
    /// The line that asks for a user.
    pub by: Directive<'s>,
    /// `AuthType`.
    pub scheme: Directive<'s>,
    /// `AuthUserFile`.
    pub file: PasswordFile<'s>,
    /// Who is in it.
    pub users: &'s UserFile,
    /// What makes the server look for lines of `htdigest`: `AuthType Digest`, or
    /// `AuthBasicUseDigestAlgorithm` (spec a90, a91); none where it looks for those of `htpasswd`.
    pub digest: Option<Directive<'s>>,
}

/// A `Require` line in force and the users, or groups, that it names.
#[derive(Clone, Debug)]
pub struct Named<'s> {
    /// The line.
    pub line: Directive<'s>,
    /// The names.
    pub names: Vec<Value<'s>>,
}

/// Directives by which somebody else than the provider has a say.
const OTHERS: &[&str] = &["authbasicauthoritative", "authbasicfake", "authformauthoritative"];
/// It is not known whether a line is in force.
struct Unknown;

const USES_DIGEST: &str = "authbasicusedigestalgorithm";

impl<'s> Scope<'s> {
    /// How logins are looked up here, if it is in one file alone that was read.
    #[must_use]
    pub fn login(self) -> Option<Login<'s>> {
        let Asks::Password(password) = self.asks() else { return None };
        let scheme = self.directive(Family::Scheme)?;
        let word = scheme.literal(0)?.to_ascii_lowercase();
        let provider = match word.as_str() {
            "basic" => "AuthBasicProvider",
            "digest" => "AuthDigestProvider",
            "form" => "AuthFormProvider",
            _ => return None,
        };
        if !self.site.is_apache() || !self.asks_files_alone(provider) || self.site.has_line_beginning(OTHERS)
        {
            return None;
        }
        let digest = if word == "digest" { Some(scheme) } else { self.uses_digest().ok()? };
        let file = PasswordFile::of(password.file);
        Some(Login { by: password.by, scheme, file, users: file.users()?, digest })
    }

    fn asks_files_alone(self, provider: &str) -> bool {
        if self.sees_no(Family::Provider) {
            return true;
        }
        let by = self.provider(Family::Provider).into_iter();
        let lines: Vec<Directive<'_>> = by.flat_map(|by| by.own(Family::Provider)).collect();
        let is_of_files = |line: Directive<'_>| {
            line.is_certain()
                && line.is_named(provider)
                && line.arity() > 0
                && line.arguments().all(|word| word.literal().is_some_and(|word| word == "file"))
        };
        !lines.is_empty() && lines.into_iter().all(is_of_files)
    }

    /// The line that lets Basic passwords be looked up in a file of `htdigest`, if one is in force.
    fn uses_digest(self) -> Result<Option<Directive<'s>>, Unknown> {
        if !self.site.has_line_beginning(&[USES_DIGEST]) {
            return Ok(None);
        }
        let near = [Family::UserFile, Family::Scheme, Family::Realm].map(|family| self.provider(family));
        let mut scopes = std::iter::once(self).chain(near.into_iter().flatten());
        let line = scopes.find_map(|scope| {
            let lines = scope.own(Family::Setting).filter(|line| line.is_certain());
            lines.filter(|line| line.is_named(USES_DIGEST)).last()
        });
        match line {
            Some(line) if line.is_ignoring_case(0, "md5") => Ok(Some(line)),
            Some(line) if line.is_ignoring_case(0, "off") => Ok(None),
            _ => Err(Unknown),
        }
    }

    /// The file of groups in force here.
    #[must_use]
    pub fn group_file(self) -> Option<PasswordFile<'s>> {
        self.directive(Family::GroupFile).map(PasswordFile::of)
    }

    /// The groups of the file in force here, where it was read.
    #[must_use]
    pub fn groups(self) -> Option<&'s Groups> {
        self.group_file()?.groups()
    }

    /// Whether `AuthType` is one whose users httpd itself looks up.
    #[must_use]
    pub fn has_login_of_httpd(self) -> bool {
        let own = ["basic", "digest", "form"];
        let scheme = self.directive(Family::Scheme).and_then(|line| line.literal(0));
        scheme.is_some_and(|word| own.contains(&word.to_ascii_lowercase().as_str()))
    }

    /// Whether it is certain that no file of groups is named: also in a part of a configuration, where all the
    /// rest of the login stands in the section.
    #[must_use]
    pub fn lacks_group_file(self) -> bool {
        let is_in_part = |scope: Scope<'_>| scope.own(Family::GroupFile).next().is_some();
        let is_complete =
            self.own(Family::UserFile).next().is_some() && self.own(Family::Scheme).next().is_some();
        self.lacks(Family::GroupFile)
            || self.sees_no(Family::GroupFile) && is_complete && !self.descendants().any(is_in_part)
    }

    /// The lines in force that name users, without those that shut them out.
    #[must_use]
    pub fn named_users(self) -> Vec<Named<'s>> {
        self.named("user")
    }

    /// The same for groups.
    #[must_use]
    pub fn named_groups(self) -> Vec<Named<'s>> {
        self.named("group")
    }

    /// Whether some line in force is fulfilled by others than the users and groups that are named.
    #[must_use]
    pub fn lets_others_in(self) -> bool {
        let is_other = |line: Directive<'_>| {
            let is_by_name = line.provider().is_some_and(|(word, _)| word == "user" || word == "group");
            let is_refusal = matches!(line.data.role, Some((Role::Denied, _) | (_, true)));
            !is_by_name && !is_refusal
        };
        self.provider(Family::Require).is_none_or(|outer| outer.requires().any(is_other))
    }

    fn named(self, provider: &str) -> Vec<Named<'s>> {
        let mut found = Vec::new();
        let mut todo: Vec<Scope<'s>> = self.provider(Family::Require).into_iter().collect();
        while let Some(scope) = todo.pop() {
            for line in scope.own(Family::Require).filter(|line| line.is_certain()) {
                // A name may be made of what the request brings.
                if line.provider() != Some((provider.to_owned(), false)) || line.rest(1).contains('%') {
                    continue;
                }
                let names = line.arguments().skip(1).take_while(|word| !word.text().starts_with('#'));
                let names = names.filter(|word| word.literal().is_some()).collect();
                found.push(Named { line, names });
            }
            todo.extend(scope.children().filter(|child| child.is_of_rules()));
        }
        found.sort_by_key(|named| named.line.span());
        found
    }

    /// Whether this is a container of rules, and none that turns them round.
    fn is_of_rules(self) -> bool {
        let is_none = || self.opening().is_some_and(|line| line.is_named("RequireNone"));
        self.kind() == Kind::Limit || self.kind() == Kind::Requirement && !is_none()
    }
}

impl<'s> PasswordFile<'s> {
    /// The file that a line of Apache names.
    fn of(directive: Directive<'s>) -> Self {
        PasswordFile { directive, candidate: None }
    }
}

impl<'s> Login<'s> {
    /// `AuthName`, if its text is known to the last letter.
    #[must_use]
    pub fn realm(&self, place: Scope<'s>) -> Option<(Directive<'s>, String)> {
        let line = place.directive(Family::Realm)?;
        let text = line.literal(0)?.into_owned();
        (line.arity() == 1 && !text.contains(['%', '\\', '"', '\u{fffd}'])).then_some((line, text))
    }
}

impl Site<'_> {
    /// The password files beside which nothing else is asked: whom they do not know cannot log in.
    #[must_use]
    pub fn deciding_files(&self) -> Vec<PasswordFile<'_>> {
        if self.is_apache() {
            return self.logins().map(|(_, login)| login.file).collect();
        }
        self.password_files()
    }

    /// The places of Apache whose logins are looked up in one file that was read.
    pub fn logins(&self) -> impl Iterator<Item = (Scope<'_>, Login<'_>)> {
        self.sections().filter_map(|scope| Some((scope, scope.login()?)))
    }
}
