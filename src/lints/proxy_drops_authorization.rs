//! The backend has to check credentials, but the proxy never hands them on.

use std::collections::HashSet;

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::Name;
use crate::model::{Backend, Directive, Forwarded, Scope, Site};
use crate::source::Span;

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
    Some(
        Finding::at(early.span(), "taken away before anybody looks at it")
            .level(Level::Error)
            .message("the credentials are dropped before they are checked: every login is asked for again")
            .also(by.span(), "and needed here")
            .help("leave out `early`"),
    )
}

fn check_backend<'s>(scope: Scope<'s>, backend: Backend<'s>, guarded: &Guarded) -> Option<Finding> {
    let Forwarded::Dropped(by) = scope.forwards(backend, "Authorization") else { return None };
    if is_asked_for_here(scope) || guarded.has(scope, backend, by) || scope.is_anonymous(backend) {
        return None;
    }
    let finding = Finding::at(by.span(), "the client's `Authorization` ends here")
        .also(backend.pass.span(), "this backend is asked without it")
        .also(scope.span(), format!("and {} itself asks for nothing here", scope.site().server_name()));
    Some(match by.name() {
        Name::ProxySetHeader
        | Name::GrpcSetHeader
        | Name::FastcgiParam
        | Name::UwsgiParam
        | Name::ScgiParam => finding
            .help(format!("remove `{};`, unless the backend needs no login", by.text()))
            .fix(Safety::Unsafe, vec![Edit { span: by.statement_span(), text: String::new() }]),
        Name::RequestHeader => {
            finding.help(format!("remove `{}`, unless the backend needs no login", by.text()))
        }
        _ => finding.help("add a line that passes `Authorization $http_authorization`, or remove this one"),
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

/// What nginx guards: a drop is right for another way to the same backend, or by the same line.
struct Guarded {
    backends: HashSet<(Span, String)>,
    lines: HashSet<Span>,
}

impl Guarded {
    fn of(site: &Site<'_>) -> Self {
        let mut guarded = Guarded { backends: HashSet::new(), lines: HashSet::new() };
        for scope in site.scopes().filter(|scope| scope.is_guarded()) {
            let (Some(server), Some(backend)) = (scope.server(), scope.backend()) else { continue };
            guarded.backends.insert((server.span(), backend.pass.text()));
            guarded.lines.extend(scope.list(backend.list).map(|line| line.span()));
        }
        guarded
    }

    fn has(&self, scope: Scope<'_>, backend: Backend<'_>, by: Directive<'_>) -> bool {
        let same = scope.server().map(|server| (server.span(), backend.pass.text()));
        same.is_none_or(|same| self.backends.contains(&same)) || self.lines.contains(&by.span())
    }
}
