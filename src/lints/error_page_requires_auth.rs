//! The page for those without a password needs the password itself.

use super::Lint;
use crate::decide::{Channel, Decider};
use crate::finding::{Finding, Level};
use crate::model::{Directive, Family, Kind, Look, Scope, Site};

pub const LINT: Lint = Lint {
    id: "error-page-requires-auth",
    summary: "the page for 401 asks for the password itself: visitors get the stock page instead",
    level: Level::Warning,
    page: include_str!("error_page_requires_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    let lines = site.scopes().flat_map(|scope| scope.own(Family::ErrorPage).map(move |line| (scope, line)));
    let found = lines.filter_map(|(scope, line)| Some((scope, line, line.page_for_401()?)));
    let of_servers = found.flat_map(|(scope, line, target)| {
        let inner = scope.descendants().filter(move |_| scope.server().is_none());
        let servers = inner.filter(|inner| inner.kind() == Kind::Server).chain(scope.server());
        servers.map(move |server| (server, scope, line, target.clone())).collect::<Vec<_>>()
    });
    of_servers
        .filter_map(|(server, scope, line, target)| check_line(&decider, server, scope, line, &target))
        .collect()
}

fn check_line<'s>(
    decider: &Decider<'s>,
    server: Scope<'s>,
    scope: Scope<'s>,
    line: Directive<'s>,
    target: &str,
) -> Option<Finding> {
    let is_apache = server.site().is_apache();
    let mut before = scope.own(Family::ErrorPage).take_while(|other| *other != line);
    // Of several lines of nginx for one status the first counts.
    if !is_apache && before.any(|other| other.arguments().any(|word| word.text() == "401")) {
        return None;
    }
    // Other lines in a location of nginx replace these (spec E5).
    let is_in_force =
        |inner: &Scope<'s>| inner.site().is_apache() || inner.provider(Family::ErrorPage) == Some(scope);
    let top = if scope.server().is_some() { scope } else { server };
    let mut inner = std::iter::once(top).chain(top.descendants()).filter(is_in_force);
    let asking = inner.find(|inner| inner.asks().by().is_some())?;
    let place = server.place_of(target)?;
    let by = place.asks_a_stranger("GET").filter(|_| !place.goes_elsewhere())?;
    if server.site().is_apache() {
        // The same sections are not judged again (spec a119, a120).
        let is_other = matches!(place.kind(), Kind::Location | Kind::Directory | Kind::Htaccess);
        let is_same = place.is_for_all() || place.url().is_some() && place.url() == asking.url();
        if !is_other || is_same || place.own_asking().is_some() && asking.asks().by() == Some(by) {
            return None;
        }
        let name = target.rsplit('/').next().unwrap_or_default();
        if place.kind() != Kind::Location && place.speaks_of_file(name) {
            return None;
        }
    }
    if server.site().is_apache() || place.is_reached_from_outside() {
        decider.asks(server, Channel::Encrypted, "GET", target)?;
    }
    let exempt = place.exemption();
    let is_made_for_it = place != server && place.is_area() && place.own_asking().is_none();
    let finding = if is_made_for_it {
        Finding::at(place.span(), format!("`{target}` is asked for here, and the password with it"))
            .also(line.span(), "which is the page for those without one")
            .help(format!("add `{exempt}` here"))
    } else {
        let where_to = if server.site().is_apache() { "a section" } else { "a location" };
        Finding::at(line.span(), format!("`{target}` is behind the password, too"))
            .help(format!("write {where_to} for `{target}` with `{exempt}`"))
    };
    Some(finding.also(by.span(), "which is asked for by this"))
}
