//! The backend has to check credentials, but the proxy never hands them on.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Backend, Directive, Forwarded, Guarded, Scope, Site};

pub const LINT: Lint = Lint {
    id: "proxy-drops-authorization",
    summary: "the backend never sees the client's credentials, and nobody else asks for them",
    level: Level::Warning,
    page: include_str!("proxy_drops_authorization.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let guarded = Guarded::of(site);
    let drops = site.scopes().filter_map(|scope| check_backend(scope, scope.backend()?, &guarded));
    site.sections().filter_map(check_early).chain(drops).collect()
}

/// Apache takes the header away before it looks at it.
fn check_early(scope: Scope<'_>) -> Option<Finding> {
    let (early, by) = (scope.early_drop()?, scope.asks().by()?);
    let finding = Finding::at(early.span(), "taken away before anybody looks at it").level(Level::Error);
    let message = "the credentials are dropped before they are checked: every login is asked for again";
    Some(finding.message(message).also(by.span(), "and needed here").help("leave out `early`"))
}

fn check_backend<'s>(scope: Scope<'s>, backend: Backend<'s>, guarded: &Guarded) -> Option<Finding> {
    let by = match scope.forwards(backend, "Authorization") {
        Forwarded::Dropped(by) => by,
        Forwarded::Replaced(by) => return check_misspelt(backend, by),
        _ => return None,
    };
    if scope.is_asked_for_a_login() {
        return check_decider(scope, backend, by);
    }
    if is_asked_for_here(scope) || guarded.has(scope, backend, by) || scope.is_anonymous(backend) {
        return None;
    }
    let finding = Finding::at(by.span(), "the client's `Authorization` ends here")
        .also(backend.pass.span(), "this backend is asked without it")
        .also(scope.span(), format!("and {} itself asks for nothing here", scope.site().server_name()));
    let is_line = ["_set_header", "_param"].iter().any(|end| by.name_text().ends_with(end));
    if !is_line && !scope.site().is_apache() {
        return Some(
            finding.help("add a line that passes `Authorization $http_authorization`, or remove this one"),
        );
    }
    let finding = finding.help(format!("remove `{}`, unless the backend needs no login", by.text()));
    let edits = vec![Edit { span: by.statement_span(), text: String::new() }];
    Some(if is_line { finding.fix(Safety::Unsafe, edits) } else { finding })
}

/// No client sends a header of that name, and nginx takes what is not there for nothing.
fn check_misspelt<'s>(backend: Backend<'s>, by: Directive<'s>) -> Option<Finding> {
    let (is, meant) = (by.argument(1)?, "$http_authorization");
    let distance = strsim::osa_distance(&is.text().to_ascii_lowercase(), meant);
    let finding = Finding::at(is.span(), format!("no client sends this: it is not `{meant}`"));
    let finding = finding
        .also(backend.pass.span(), "this backend is asked without it")
        .help(format!("write `{meant}`"));
    let edits = vec![Edit { span: is.span(), text: meant.to_owned() }];
    let is_near = (1..=2).contains(&distance) && is.text().matches('_').count() == 1;
    (is_near && !backend.is_of_apache()).then(|| finding.fix(Safety::Unsafe, edits))
}

/// What answers an `auth_request` decides by what it gets to see: without credentials it refuses everybody.
fn check_decider<'s>(scope: Scope<'s>, backend: Backend<'s>, by: Directive<'s>) -> Option<Finding> {
    (!scope.may_be_decided_by_others(backend)).then(|| {
        Finding::at(by.span(), "the client's `Authorization` ends here")
            .message("nobody can log in: what decides about the login never sees the credentials")
            .also(backend.pass.span(), "this decides who may come in")
            .help("add a line that passes `Authorization $http_authorization` in this location")
    })
}

/// Where nginx checks who comes, keeping the password from the backend is the right thing. So it is
/// where the password was taken off on purpose, and where the backend is told who logged in.
fn is_asked_for_here(scope: Scope<'_>) -> bool {
    if scope.location().is_some_and(|location| location.is_named()) {
        return scope.is_guarded() || scope.server().is_none_or(Scope::may_ask_anywhere);
    }
    !scope.is_reached_from_outside()
        || scope.is_subrequest_target()
        || scope.hands_on_the_user()
        || scope.exemptions().next().is_some()
        || std::iter::once(scope).chain(scope.children()).any(Scope::is_guarded)
}
