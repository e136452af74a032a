//! A user is required where no `AuthType` says how to log in.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Family, Scope, Site};

pub const LINT: Lint = Lint {
    id: "require-user-without-authtype",
    summary: "a user is required, but nothing says how to log in: every request ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("require_user_without_authtype.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter_map(check_section).collect()
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    let by = scope.asks().by()?;
    if let Some(scheme) = scope.directive(Family::Scheme) {
        let finding = Finding::at(by.span(), "needs somebody who has logged in")
            .also(scheme.span(), "while this takes away the way to log in")
            .help("to open the place write `Require all granted` beside `AuthType None`");
        return scheme.is_ignoring_case(0, "None").then_some(finding);
    }
    // In a part of a configuration `AuthType` may stand outside: hardly if the rest stands here, and not
    // often otherwise. A `.htaccess` may well go on with what one above it has begun.
    let finding = Finding::at(by.span(), "needs somebody who has logged in, and there is no `AuthType`")
        .help("add `AuthType Basic` beside `AuthName` and `AuthUserFile`");
    if !scope.lacks_other_checks() || !scope.sees_no(Family::Scheme) {
        return None;
    }
    if scope.lacks(Family::Scheme) || has_the_rest(scope) {
        return Some(finding);
    }
    (!scope.is_in_htaccess()).then(|| finding.level(Level::Warning))
}

fn has_the_rest(scope: Scope<'_>) -> bool {
    [Family::Realm, Family::UserFile].into_iter().any(|family| scope.own(family).next().is_some())
}
