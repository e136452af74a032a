//! The server checks who comes, and the program behind it is not told.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Asks, Backend, Scope, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "fastcgi-remote-user-missing",
    summary: "the program is not told who has logged in",
    level: Level::Advice,
    page: include_str!("fastcgi_remote_user_missing.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    // What a file of nginx's own that is not at hand sets differs from one distribution to another.
    if site.is_apache() || site.misses_parameters() {
        return Vec::new();
    }
    site.scopes().filter_map(|scope| check_scope(scope, scope.backend()?)).collect()
}

fn check_scope<'s>(scope: Scope<'s>, backend: Backend<'s>) -> Option<Finding> {
    let Asks::Password(password) = scope.asks() else { return None };
    let is_meant = scope.own_asking().is_some() || scope.lies_in_an_area_of(password.by);
    if !backend.is_told_by_parameters()
        || !(is_meant || scope.trusts_the_server())
        || scope.has_a_login_page()
        || !scope.lacks_the_user(backend)
    {
        return None;
    }
    let directive = format!("{}_param", backend.protocol());
    let finding = Finding::at(backend.pass.span(), "gets no `REMOTE_USER`")
        .also(password.by.span(), "although a user has to log in here")
        .help(format!("add `{directive} REMOTE_USER $remote_user;`"));
    let has_own = scope.provider(backend.list) == Some(scope);
    if !has_own {
        return Some(finding);
    }
    let end = backend.pass.statement_span();
    let edit = Edit {
        span: Span::new(end.file, end.end, end.end),
        text: format!(" {directive} REMOTE_USER $remote_user;"),
    };
    Some(finding.fix(Safety::Unsafe, vec![edit]))
}
