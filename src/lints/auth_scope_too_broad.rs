//! A password that covers more than it was meant for.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::nginx::Family;
use crate::model::{Directive, Kind, Neighbour, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "auth-scope-too-broad",
    summary: "the auth covers more than it seems meant for",
    level: Level::Warning,
    page: include_str!("auth_scope_too_broad.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes().filter_map(|scope| check_scope(scope, scope.own_asking()?)).collect()
}

fn check_scope<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    match scope.kind() {
        Kind::Location if !scope.is_area() => check_whole(scope, by),
        Kind::Location => check_prefix(scope, by),
        Kind::Http if is_exempted(scope) => None,
        Kind::Http => Some(
            Finding::at(by.span(), "covers every server")
                .also(scope.span(), "because it stands in the `http` block")
                .help("move it into the `server` or `location` that it is meant for"),
        ),
        Kind::Server => check_whole(scope, by),
        _ => None,
    }
}

/// A whole server behind a password: a mistake where a part of it looks public and nothing is
/// exempt, and worth a look where nothing says that the whole server is meant.
fn check_whole<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    if is_exempted(scope) || !std::iter::once(scope).chain(scope.descendants()).all(Scope::is_wholly_known) {
        return None;
    }
    if let Some(public) =
        scope.descendants().find(|inner| inner.asks().by() == Some(by) && looks_public(*inner))
    {
        return Some(
            Finding::at(public.span(), "this looks public, but asks for credentials")
                .also(by.span(), "inherited from here")
                .help("add `auth_basic off;` (or `auth_request off;`) here, or move the auth to the places that need it"),
        );
    }
    let server = scope.server()?;
    let is_whole = server.descendants().all(|inner| inner.kind() == Kind::If || inner.asks().by().is_some());
    if !is_whole
        || server.answer().is_some()
        || is_closed_on_purpose(server)
        || scope.descendants().any(|inner| inner.purpose() == Some(Purpose::Assets))
    {
        return None;
    }
    Some(
        Finding::at(by.span(), "covers the whole server")
            .level(Level::Advice)
            .message("the whole server asks for credentials")
            .help("if only a part is meant, move it into that `location`; probes, webhooks and ACME challenges need an exemption"),
    )
}

/// `location /a` covers `/api` and `/assets` as well.
fn check_prefix<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    let prefix = scope.open_prefix()?.path;
    let Neighbour { path, named_by } = scope.neighbours().next()?;
    let finding =
        Finding::at(scope.span(), format!("every path that begins with `{prefix}` is meant: `{path}`, too"))
            .also(by.span(), "so this is asked for there as well");
    let finding = match named_by {
        Some(line) if line.statement_span() != scope.span() => finding.also(line.span(), "which leads there"),
        _ => finding,
    };
    Some(finding.help(format!(
        "write `location {prefix}/` (and `location = {prefix}` where the bare path is needed)"
    )))
}

/// Whether something below is let off: then the rest is meant.
fn is_exempted(scope: Scope<'_>) -> bool {
    std::iter::once(scope).chain(scope.descendants()).any(|inner| {
        inner.exemptions().next().is_some()
            || inner.asks().nothing()
            || inner.own(Family::Satisfy).any(|line| line.is(0, "any"))
    })
}

/// A place for machines that bring no password of people. One that hands on who logged in is not.
fn looks_public(scope: Scope<'_>) -> bool {
    matches!(scope.purpose(), Some(Purpose::Machines | Purpose::Probe))
        && scope.answer().is_none()
        && scope.is_reached_from_outside()
        && !scope.hands_on_the_user()
}

/// A host whose name says so, or a single application behind a proxy, is closed as a whole.
fn is_closed_on_purpose(server: Scope<'_>) -> bool {
    server.is_closed_by_name()
        || server.content().is_some_and(|content| content.name().family() == Family::Handler)
}
