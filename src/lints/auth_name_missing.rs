//! A login without a realm: Apache cannot even ask.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Family, Scope, Site};

pub const LINT: Lint = Lint {
    id: "auth-name-missing",
    summary: "the login has no realm: every request ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("auth_name_missing.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter_map(check_section).collect()
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    let by = scope.asks().by()?;
    let scheme = scope.directive(Family::Scheme)?;
    let needs_a_name = ["Basic", "Digest", "Form"].iter().any(|word| scheme.is_ignoring_case(0, word));
    // In a part of a configuration the name may stand outside, unless the rest stands here.
    let is_known = scope.lacks(Family::Realm)
        || scope.sees_no(Family::Realm) && scope.own(Family::Scheme).any(|line| line == scheme);
    let comes_with_a_condition = scope.children().any(|child| child.own(Family::Realm).next().is_some());
    (needs_a_name && is_known && !comes_with_a_condition).then(|| {
        Finding::at(scheme.span(), "needs a realm, and there is no `AuthName`")
            .also(by.span(), "asked for here")
            .help("add `AuthName \"Members\"`, or what the login window shall say")
    })
}
