//! One login for everybody who comes: the proxy adds it where it asks for none itself.

use std::collections::HashSet;

use super::Lint;
use crate::decide::{Authorization, Channel, Decider, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Backend, Directive, Forwarded, Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "authorization-replaced",
    summary: "everybody who comes here uses the backend with one and the same login",
    level: Level::Advice,
    page: include_str!("authorization_replaced.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    let adding = site.sections().filter(|scope| scope.login_lines().next().is_some());
    let servers: HashSet<usize> = adding.filter_map(Scope::server).map(Scope::index).collect();
    let is_sent_one = |scope: &Scope<'_>| scope.server().is_some_and(|it| servers.contains(&it.index()));
    let parts = site.sections().filter(is_sent_one).filter_map(|scope| check_part(&decider, scope));
    site.scopes().filter_map(|scope| check_scope(scope, scope.backend()?)).chain(parts).collect()
}

/// A part of a proxied place of Apache is let off the password, and sent with the login that the rest is sent with.
fn check_part<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Finding> {
    let granted = scope.opening_line().filter(|_| scope.backend().is_none())?;
    let by = scope.login_added_around().filter(|by| is_one_login(scope, *by))?;
    let is_harmless = matches!(scope.purpose(), Some(Purpose::Assets | Purpose::Probe));
    let path = scope.sample_path("x").filter(|_| !is_harmless)?;
    let decision = decider.answer(scope.server()?, Channel::Encrypted, "GET", &path)?;
    let is_sent =
        decision.outcome == Outcome::Open && decision.authorization == Some(Authorization::Replaced);
    let finding = Finding::at(by.span(), "sent for everybody, in place of what the client sends");
    let finding = finding.also(granted.span(), "this part is let off the password");
    is_sent.then(|| {
        finding.help("take the login away there: `AuthBasicFake off` or `RequestHeader unset Authorization`")
    })
}

fn check_scope<'s>(scope: Scope<'s>, backend: Backend<'s>) -> Option<Finding> {
    let Forwarded::Replaced(by) = scope.forwards(backend, "Authorization") else { return None };
    if !is_one_login(scope, by) || !is_open(scope) || scope.purpose() == Some(Purpose::Assets) {
        return None;
    }
    let server = scope.site().server_name();
    Some(
        Finding::at(by.span(), "sent for everybody, in place of what the client sends")
            .also(backend.pass.span(), "to this backend")
            .also(scope.span(), format!("where {server} asks for nothing"))
            .help("ask for a password here, or let only known addresses in"),
    )
}

/// Whether the value is the same for all requests.
fn is_one_login<'s>(scope: Scope<'s>, by: Directive<'s>) -> bool {
    if by.name_text().eq_ignore_ascii_case("AuthBasicFake") {
        return by.literal(0).is_some_and(|user| !user.contains('%'));
    }
    if !by.site().is_apache() {
        let value = by.argument(1).map(|value| scope.value_of(value));
        return value.is_some_and(|value| !value.is_empty() && !value.contains('$'));
    }
    // `expr=` and `%{...}e` of Apache hang on the request.
    by.literal(2)
        .is_some_and(|value| !value.is_empty() && !value.contains("%{") && !value.starts_with("expr="))
}

/// Whether strangers come here from outside, and nothing at all stands before it.
fn is_open(scope: Scope<'_>) -> bool {
    let is_named = scope.location().is_some_and(|location| location.is_named());
    let is_inside = is_named && scope.server().is_none_or(Scope::may_ask_anywhere);
    (scope.asks().nothing() || scope.is_open_at_hand())
        && !scope.is_guarded()
        && !scope.children().any(Scope::is_guarded)
        && (is_named || scope.is_reached_from_outside())
        && !is_inside
        && !scope.is_subrequest_target()
        && scope.answer().is_none()
}
