//! A password that covers more than it was meant for.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Kind, Neighbour, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "auth-scope-too-broad",
    summary: "the auth covers more than it seems meant for",
    level: Level::Warning,
    page: include_str!("auth_scope_too_broad.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let own = site.scopes().filter_map(|scope| check_scope(scope, scope.own_asking()?));
    let inherited = site.places().filter_map(|scope| check_public(scope, scope.asks().by()?));
    own.chain(inherited).collect()
}

fn check_scope<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    match scope.kind() {
        _ if scope.is_for_all_servers() => check_all_servers(scope, by),
        Kind::Location if scope.is_area() => check_prefix(scope, by),
        Kind::Location | Kind::Server => check_whole(scope, by),
        Kind::Directory | Kind::Htaccess if scope.is_for_all() => check_whole(scope, by),
        _ => None,
    }
}

fn check_all_servers<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    let servers: Vec<Scope<'s>> = scope.site().scopes_of(Kind::Server).take(2).collect();
    let is_told = matches!(servers[..], [server] if server.is_plain_site_behind_a_password());
    let finding = Finding::at(by.span(), "covers every server")
        .level(if servers.len() < 2 { Level::Advice } else { LINT.level })
        .also(scope.span(), "because of where it stands")
        .help("move it into the server, or the part of one, that it is meant for");
    (!scope.has_exemptions() && !is_told).then_some(finding)
}

/// A whole server behind a password is worth a look where nothing says that the whole is meant, and
/// no part of it looks like something special, which is judged by itself.
fn check_whole<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    let server = scope.server()?;
    if !server.asks_everywhere()
        || scope.has_exemptions()
        || server.answer().is_some()
        || server.is_closed_as_a_whole()
        || server.descendants().any(|inner| inner.purpose().is_some() || inner.is_for_challenges())
        || server.is_plain_site_behind_a_password()
    {
        return None;
    }
    let word = scope.site().word_for_place();
    let help = format!(
        "if only a part is meant, move it into that {word}; probes, webhooks and ACME challenges need an exemption"
    );
    let finding = Finding::at(by.span(), "covers the whole server")
        .level(Level::Advice)
        .message("the whole server asks for credentials")
        .help(help);
    Some(if server.is_one_place() { finding.pedantic() } else { finding })
}

/// A place for machines, which bring no password of people, inherits the one of the site.
fn check_public<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    let purpose = scope.purpose().filter(|_| scope.asks_strangers() && !scope.is_judged_for_itself())?;
    let server = scope.server().filter(|server| !server.is_meant_closed())?;
    let level = match purpose {
        // A machine that calls a staging site may have been given the password.
        Purpose::Callers if !server.is_closed_by_name() => LINT.level,
        Purpose::Callers => Level::Advice,
        Purpose::Api if server.is_closed_by_name() || scope.asked_from(by)?.has_exemptions() => return None,
        Purpose::Api if scope.is_another_application(server) => Level::Advice,
        _ => return None,
    };
    let is_meant = scope.decides_by_itself()
        || scope.hands_on_the_user()
        || scope.lies_in_an_area_of(by)
        || !scope.is_reached_from_outside();
    (!is_meant).then(|| {
        Finding::at(by.span(), "covers places that look public")
            .level(level)
            .also(scope.span(), "such as this, which inherits it")
            .help(format!("add `{}` there, or move the auth to the places that need it", scope.exemption()))
    })
}

/// `location /a` covers `/api` and `/assets` as well.
fn check_prefix<'s>(scope: Scope<'s>, by: Directive<'s>) -> Option<Finding> {
    let prefix = scope.open_prefix()?.path;
    let Neighbour { path, named_by, is_certain } = scope.neighbours().next()?;
    let label = format!("every path that begins with `{prefix}` is meant: `{path}`, too");
    let finding = Finding::at(scope.span(), label)
        .level(if is_certain { LINT.level } else { Level::Advice })
        .also(by.span(), "so this is asked for there as well")
        .help(format!("write {}", scope.closed_prefix(&prefix)));
    Some(named_by.into_iter().fold(finding, |finding, line| finding.also(line.span(), "which leads there")))
}
