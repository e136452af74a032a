//! What one visitor got with a login is kept and given to others without one.

use super::Lint;
use crate::finding::{Finding, Level, once_a_cause};
use crate::model::{Asks, Backend, Forwarded, QuickCache, Scope, SharedCache, Site};

pub const LINT: Lint = Lint {
    id: "authenticated-answers-cached",
    summary: "what one visitor got with a login is given to everybody else from the cache",
    level: Level::Error,
    page: include_str!("authenticated_answers_cached.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    if site.is_apache() {
        return site.quick_caches().into_iter().map(check_quick).collect();
    }
    let scopes = site.scopes().filter_map(|scope| Some((scope, scope.backend()?)));
    let found = scopes.filter_map(|(scope, backend)| {
        let cache = scope.shared_cache(backend)?;
        let finding = check_scope(scope, backend, cache)?;
        // Where one key is to be mended, that is one cause.
        let key = cache.key.filter(|_| !matches!(scope.asks(), Asks::Nothing));
        Some((key.map(|key| (key.span(), finding.level)), finding))
    });
    once_a_cause(found)
}

fn check_scope<'s>(scope: Scope<'s>, backend: Backend<'s>, cache: SharedCache<'s>) -> Option<Finding> {
    let SharedCache { by, valid, bypass, .. } = cache;
    let finding =
        Finding::at(by.span(), "keeps answers without a look at who asks").also(valid.span(), "this long");
    let finding = bypass.into_iter().fold(finding, |finding, line| {
        finding.also(line.span(), "and stores what those get who log in; this alone hides nothing")
    });
    let protocol = backend.protocol();
    let key =
        format!("put `$http_authorization` into `{protocol}_cache_key`, with what else tells visitors apart");
    if scope.is_subrequest_target() {
        return scope.is_asked_for_a_login().then(|| {
            finding
                .message("the answer to one visitor's login counts for the next one as well")
                .also(scope.span(), "here it is decided who may come in")
                .help(key)
        });
    }
    let cure = format!(
        "add `{protocol}_no_cache $http_authorization;` and `{protocol}_cache_bypass $http_authorization;`"
    );
    match scope.asks() {
        Asks::Nothing => {
            if matches!(
                scope.forwards(backend, "Authorization"),
                Forwarded::Dropped(_) | Forwarded::Replaced(_)
            ) {
                return None;
            }
            if let Some(login) = scope.reads_authorization(backend) {
                return Some(finding.also(login.by, login.why).help(cure));
            }
            if let Some(line) = scope.caches_refusals(backend) {
                return Some(finding.also(line.span(), "the backend asks for a login").help(cure));
            }
            let is_seen = scope.is_personal() && scope.is_reached_from_outside();
            is_seen.then(|| {
                finding
                    .level(Level::Warning)
                    .also(scope.span(), "a place that is another one for each user")
                    .help(cure)
            })
        }
        Asks::Unknown => None,
        // Strangers do not get it; but users get each other's pages.
        _ => {
            let line = scope.tells_claimed_user()?;
            // Every program is told, whatever it makes of it.
            let is_habit = line.is(0, "REMOTE_USER") && !scope.is_personal();
            let level = if is_habit { Level::Advice } else { Level::Warning };
            Some(
                finding
                    .level(level)
                    .message("what one user got is given to the other users from the cache")
                    .also(line.span(), "the backend is told who it is")
                    .help(format!("put `$remote_user` into `{protocol}_cache_key`")),
            )
        }
    }
}

/// Apache looks into the cache before it looks at the visitor.
fn check_quick(quick: QuickCache<'_>) -> Finding {
    Finding::at(quick.by.span(), "the cache answers before anybody looks at the visitor's address")
        .message("what an allowed visitor has asked for is given to everybody else from the cache")
        .also(
            quick.rule.span(),
            format!("so this keeps nobody from what is stored of `{}`", quick.place.title()),
        )
        .help("add `CacheQuickHandler off`, or `CacheDisable` for this place")
}
