//! The backend has to check credentials, but the proxy never hands them on.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::nginx::{Family, Name};
use crate::model::{Backend, Forwarded, Scope, Site};

pub const LINT: Lint = Lint {
    id: "proxy-drops-authorization",
    summary: "the backend never sees the client's credentials, and nobody else asks for them",
    level: Level::Warning,
    page: include_str!("proxy_drops_authorization.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes().filter_map(|scope| check_backend(scope, scope.backend()?)).collect()
}

fn check_backend<'s>(scope: Scope<'s>, backend: Backend<'s>) -> Option<Finding> {
    let Forwarded::Dropped(by) = scope.forwards(backend, "Authorization") else { return None };
    if is_asked_for_here(scope, backend) || scope.is_anonymous(backend) {
        return None;
    }
    let finding = Finding::at(by.span(), "the client's `Authorization` ends here")
        .also(backend.pass.span(), "this backend is asked without it")
        .also(scope.span(), "and nginx itself asks for nothing here");
    Some(match by.name() {
        Name::ProxySetHeader
        | Name::GrpcSetHeader
        | Name::FastcgiParam
        | Name::UwsgiParam
        | Name::ScgiParam => finding
            .help(format!("remove `{};`, unless the backend needs no login", by.text()))
            .fix(Safety::Unsafe, vec![Edit { span: by.statement_span(), text: String::new() }]),
        _ => finding.help("add a line that passes `Authorization $http_authorization`, or remove this one"),
    })
}

/// Where nginx checks who comes, keeping the password from the backend is the right thing. So it is
/// where nginx guards other ways to the same backend, and a location that is reached only from
/// others counts as guarded as soon as any of them may be.
fn is_asked_for_here(scope: Scope<'_>, backend: Backend<'_>) -> bool {
    if std::iter::once(scope).chain(scope.children()).any(is_guarded) {
        return true;
    }
    let is_same = |other: Scope<'_>| other.backend().is_some_and(|other| other.pass.same_as(backend.pass));
    scope.server().is_none_or(|server| match scope.is_reached_from_outside() {
        true => server.descendants().any(|other| is_same(other) && is_guarded(other)),
        false => server.may_ask_anywhere(),
    })
}

fn is_guarded(scope: Scope<'_>) -> bool {
    !scope.asks().nothing() || !scope.lacks(Family::Rules)
}
