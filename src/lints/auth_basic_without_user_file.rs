//! `auth_basic` without a password file asks for nothing: nginx lets everybody in.

use std::collections::HashSet;

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Family;
use crate::model::{Directive, Kind, Scope, Site};

pub const LINT: Lint = Lint {
    id: "auth-basic-without-user-file",
    summary: "no password is asked for: `auth_basic` does nothing without a user file",
    level: Level::Error,
    page: include_str!("auth_basic_without_user_file.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    // Apache has other places for passwords than files.
    if site.is_apache() {
        return Vec::new();
    }
    // One realm may be in force in many scopes: it is told once, with the first that is open.
    let mut told = HashSet::new();
    site.scopes()
        .filter(|scope| serves(*scope) && scope.server().is_none_or(|server| server.answer().is_none()))
        .filter_map(|scope| Some((scope, realm_without_file(scope)?)))
        .filter(|(_, realm)| told.insert(realm.span()))
        .map(|(scope, realm)| finding(scope, realm))
        .collect()
}

fn finding(scope: Scope<'_>, realm: Directive<'_>) -> Finding {
    let is_off = realm.literal(0).is_some_and(|realm| realm.is_empty() || realm.eq_ignore_ascii_case("off"));
    let help = if is_off {
        "write `auth_basic off;` to switch it off"
    } else {
        "add `auth_basic_user_file /path/to/htpasswd;` beside it"
    };
    Finding::at(realm.span(), "asks for a password only together with a user file")
        .also(scope.span(), "no `auth_basic_user_file` is in force here")
        .help(help)
}

fn realm_without_file(scope: Scope<'_>) -> Option<Directive<'_>> {
    let realm = scope.directive(Family::Realm).filter(|realm| !realm.is(0, "off"))?;
    (scope.lacks(Family::UserFile) && scope.lacks(Family::Rules)).then_some(realm)
}

/// Whether requests end here: in a location, or in a server where no location takes them all.
fn serves(scope: Scope<'_>) -> bool {
    match scope.kind() {
        Kind::Location | Kind::LimitExcept => scope.is_reached_from_outside() && scope.answer().is_none(),
        Kind::Server => !scope.children().any(|child| {
            child.location().is_some_and(|location| location.is_prefix() && location.path == "/")
        }),
        _ => false,
    }
}
