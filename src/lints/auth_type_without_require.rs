//! A login is described, and no `Require` asks for it.

use std::collections::HashSet;

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Family, Outcomes, Scope, Site, Viewpoint};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "auth-type-without-require",
    summary: "a login is described, but no `Require` asks for it",
    level: Level::Error,
    page: include_str!("auth_type_without_require.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let used: HashSet<Span> = site
        .sections()
        .filter(|scope| may_ask(*scope))
        .filter_map(|scope| Some(scope.directive(Family::Scheme)?.span()))
        .collect();
    site.sections().filter(|scope| !is_used(*scope, &used)).filter_map(check_section).collect()
}

fn is_used(scope: Scope<'_>, used: &HashSet<Span>) -> bool {
    scope.own(Family::Scheme).any(|line| used.contains(&line.span()))
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    let scheme = scope.own(Family::Scheme).filter(|line| line.is_certain()).last()?;
    let is_login = ["Basic", "Digest", "Form"].iter().any(|word| scheme.is_ignoring_case(0, word));
    // Where a user is asked for in vain, another lint says so, and so it does of a line that httpd does not
    // take. A login form is open to everybody.
    if !is_login
        || scheme.arity() != 1
        || scope.handles_logins()
        || scope.requires().any(|line| line.needs_a_user())
        || scope.provider(Family::Scheme) != Some(scope)
        || scope.may_be_completed_below()
    {
        return None;
    }
    let finding = Finding::at(scheme.span(), "describes how to log in, and nothing asks for it")
        .help("add `Require valid-user`");
    let outcome = scope.outcome("GET", Viewpoint::Stranger);
    if scope.lacks(Family::Require) {
        return Some(
            finding.message("no `Require` is in force: every request ends in 500 Internal Server Error"),
        );
    }
    if let Some(by) = scope.provider(Family::Require).and_then(|outer| outer.requires().next()) {
        let (is_open, is_closed) = (
            outcome.must_be(Outcomes::GRANTED),
            scope.outcome("GET", Viewpoint::Anyone).must_be(Outcomes::DENIED),
        );
        let finding = if scope.lets_htaccess_ask() { finding.level(Level::Advice) } else { finding };
        return match (is_open, is_closed) {
            (true, _) => Some(
                finding
                    .also(by.span(), "this lets everybody in")
                    .message("the place is open: no `Require` asks for the login"),
            ),
            // What else a virtual host says of the place is not looked at.
            (_, true) if scope.is_for_virtual_hosts() => Some(finding.level(Level::Warning)),
            (_, true) => Some(
                finding
                    .also(by.span(), "this refuses everybody")
                    .message("every request is refused: no `Require` asks for the login"),
            ),
            _ => None,
        };
    }
    // What stands outside is not at hand; that it asks for what is described here is not likely.
    let is_complete =
        [Family::Realm, Family::UserFile].into_iter().all(|family| scope.own(family).next().is_some());
    let has_none = scope.sees_no(Family::Require) && scope.requires().next().is_none();
    (is_complete && has_none).then(|| finding.level(Level::Warning))
}

fn may_ask(scope: Scope<'_>) -> bool {
    let is_known = |outcome| outcome != Outcomes::UNKNOWN;
    ["GET", "POST", "PUT", "OPTIONS"].into_iter().any(|method| {
        let outcome = scope.outcome(method, Viewpoint::Anyone);
        is_known(outcome) && outcome.may_be(Outcomes::USER)
    })
}
