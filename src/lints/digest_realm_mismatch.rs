//! The file was made for another realm, or for another `AuthType`: no password in it is ever right.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Login, Scope, Site};
use crate::userfile::Entry;

pub const LINT: Lint = Lint {
    id: "digest-realm-mismatch",
    summary: "the password file is made for another realm or another `AuthType`: every login is refused",
    level: Level::Error,
    page: include_str!("digest_realm_mismatch.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.logins().filter_map(|(scope, login)| check_login(scope, &login)).collect()
}

fn check_login(scope: Scope<'_>, login: &Login<'_>) -> Option<Finding> {
    let first = login.users.entries().find(|entry| !entry.is_void())?;
    match login.digest {
        None => login.users.is_of_htdigest().then(|| {
            finding(
                login,
                first,
                login.scheme,
                "looks for lines of `htpasswd`",
                "this is a line of `htdigest`",
            )
            .help(format!(
                "make the file with `htpasswd -B -c {} NAME`, or write `AuthType Digest`",
                login.file.written().display()
            ))
        }),
        Some(by) if !login.users.entries().any(Entry::is_digest) => {
            let is_of_htpasswd =
                login.users.entries().filter(|entry| !entry.is_void()).all(Entry::is_password);
            is_of_htpasswd.then(|| {
                finding(login, first, by, "looks for lines of `htdigest`", "this is a line of `htpasswd`")
                    .help("write `AuthType Basic`, or make the file with `htdigest`")
            })
        }
        Some(_) => check_realm(scope, login),
    }
}

fn check_realm(scope: Scope<'_>, login: &Login<'_>) -> Option<Finding> {
    let (line, realm) = login.realm(scope)?;
    let mut of_digest = login.users.entries().filter(|entry| entry.is_digest());
    let first = of_digest.next()?;
    if first.realm() == realm.as_bytes() || of_digest.any(|entry| entry.realm() == realm.as_bytes()) {
        return None;
    }
    let other = String::from_utf8_lossy(first.realm());
    let finding = Finding::at(line.span(), "no line of the file is for this realm");
    let finding =
        finding.also(login.file.directive.span(), format!("its first line is for the realm `{other}`"));
    Some(finding.help(format!(
        "write `AuthName \"{other}\"`, or make the users anew with `htdigest {} \"{realm}\" NAME`",
        login.file.written().display()
    )))
}

fn finding(login: &Login<'_>, entry: Entry<'_>, by: Directive<'_>, wants: &str, has: &str) -> Finding {
    let finding = Finding::at(login.file.directive.span(), "no line of it can be used with this type")
        .also(by.span(), wants);
    match login.file.span(entry.line()) {
        Some(span) => finding.also(span, has),
        None => finding,
    }
}
