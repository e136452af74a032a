//! The password that the server has checked goes on to a backend with a login of its own.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Asks, Backend, Directive, Family, Forwarded, Kind, Scope, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "basic-credentials-forwarded-to-backend",
    summary: "the password that is checked here is handed on to the backend as well",
    level: Level::Advice,
    page: include_str!("basic_credentials_forwarded_to_backend.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes().filter_map(|scope| check_scope(scope, scope.backend()?)).collect()
}

fn check_scope<'s>(scope: Scope<'s>, backend: Backend<'s>) -> Option<Finding> {
    let by = checked_by(scope)?;
    let is_sent = matches!(scope.forwards(backend, "Authorization"), Forwarded::AsSent);
    if !is_sent
        || backend.is_told_by_parameters()
        || scope.hands_on_by_name(backend, "Authorization")
        || scope.is_asked_for_a_login()
    {
        return None;
    }
    let finding = Finding::at(backend.pass.span(), "asked with the user's name and password")
        .also(by.span(), "which are checked here")
        .help(help(scope, backend));
    // Nobody sees what is answered to the copy for a `mirror`.
    let is_copy = scope.is_subrequest_target();
    let finding = match scope.own_login(backend).filter(|_| !is_copy) {
        Some(login) => finding
            .message(
                "the backend takes the password that is checked here for a login of its own, and refuses it",
            )
            .also(login.by, login.why),
        None => finding.pedantic(),
    };
    Some(match place_of_fix(scope, backend) {
        Some(span) => {
            let text = format!(" {}", line(backend));
            finding.fix(Safety::Unsafe, vec![Edit { span, text }])
        }
        None => finding,
    })
}

/// What makes the server check a user and a password itself; a form takes them from no header.
fn checked_by(scope: Scope<'_>) -> Option<Directive<'_>> {
    let is_form = scope.directive(Family::Scheme).is_some_and(|line| line.is_ignoring_case(0, "form"));
    match scope.asks() {
        Asks::Password(password) if !is_form => Some(password.by),
        Asks::Other(by) if scope.site().is_apache() && !is_form => Some(by),
        _ => None,
    }
}

fn line(backend: Backend<'_>) -> String {
    format!("{}_set_header Authorization \"\";", backend.protocol())
}

fn help(scope: Scope<'_>, backend: Backend<'_>) -> String {
    if scope.site().is_apache() {
        return "add `RequestHeader unset Authorization` (without `early`) to the section that asks".into();
    }
    format!("add `{}`, unless the backend needs these credentials", line(backend))
}

/// Behind the line that passes the request on; not where the new line would switch outer ones off, or
/// must not stand.
fn place_of_fix(scope: Scope<'_>, backend: Backend<'_>) -> Option<Span> {
    if scope.site().is_apache() || scope.kind() != Kind::Location {
        return None;
    }
    let keeps_outer = scope.lacks(backend.list) || scope.provider(backend.list) == Some(scope);
    let span = backend.pass.statement_span();
    keeps_outer.then(|| Span::new(span.file, span.end, span.end))
}
