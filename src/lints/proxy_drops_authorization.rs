//! The backend has to check credentials, but the proxy never hands them on.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::nginx::Name;
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
    if is_asked_for_here(scope) || takes_no_foreign_credentials(backend) {
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

/// Where nginx checks the password itself, keeping it from the backend is the right thing. A
/// location that is reached only from others counts as asked for as soon as any of them may ask.
fn is_asked_for_here(scope: Scope<'_>) -> bool {
    let inside = std::iter::once(scope).chain(scope.children());
    if inside.into_iter().any(|scope| !scope.asks().nothing()) {
        return true;
    }
    !scope.is_reached_from_outside() && scope.server().is_none_or(Scope::may_ask_anywhere)
}

/// Object stores refuse requests with an `Authorization` that is not theirs: it has to be dropped.
fn takes_no_foreign_credentials(backend: Backend<'_>) -> bool {
    const STORES: &[&str] = &[
        "s3",
        "amazonaws.com",
        "storage.googleapis.com",
        "blob.core.windows.net",
        "digitaloceanspaces.com",
        "r2.cloudflarestorage.com",
        "minio",
    ];
    let target = backend.pass.argument(0).map(|value| value.text().to_ascii_lowercase()).unwrap_or_default();
    STORES.iter().any(|store| target.contains(store))
}
