//! A browser's question before the request proper is answered with 401, and the request is never sent.

use super::Lint;
use crate::decide::{Channel, Decider};
use crate::finding::{Finding, Level};
use crate::model::{Cors, Directive, Kind, Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "options-preflight-behind-auth",
    summary: "browsers ask without credentials whether they may, and get 401: pages of other origins are locked out",
    level: Level::Warning,
    page: include_str!("options_preflight_behind_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    let is_place = |scope: &Scope<'_>| {
        scope.is_server()
            || scope.is_a_place() && !matches!(scope.kind(), Kind::LimitExcept | Kind::If | Kind::Mapping)
    };
    site.scopes().filter(is_place).filter_map(|scope| check_scope(&decider, scope)).collect()
}

fn check_scope<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Finding> {
    let limited = scope.for_method("OPTIONS");
    let of_addresses = || limited.asks_whom_addresses_let_in("OPTIONS");
    limited.asks().by().or_else(|| limited.asks_a_stranger("OPTIONS")).or_else(of_addresses)?;
    let cors = scope.cors().filter(|_| scope.is_reached_from_outside() && !scope.minds_preflights())?;
    let by = asked(decider, scope).or_else(of_addresses)?;
    // What only inherits both is told where one of them stands, if a preflight is asked there, too.
    let is_own = limited.holds(by) || scope.holds(by) || limited.own_asking() == Some(by);
    let outer = || scope.asked_from(by).is_none_or(|outer| asked(decider, outer).is_some());
    let is_told_elsewhere = !is_own && !scope.holds(cors.by) && outer();
    let is_silent = is_told_elsewhere || scope.purpose() == Some(Purpose::Assets);
    (!is_silent).then(|| finding(scope, by, is_own, cors))
}

/// What a preflight that comes here is asked for by. Of an expression no path is known.
fn asked<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Directive<'s>> {
    let server = scope.server().unwrap_or(scope);
    let path = if scope.is_server() {
        Some("/".to_owned())
    } else {
        scope.sample_path("x").filter(|_| scope.kind() != Kind::Files)
    };
    match path {
        Some(path) => decider.asks(server, Channel::Encrypted, "OPTIONS", &path),
        _ if server.goes_elsewhere() || scope.goes_elsewhere() => None,
        _ => scope.for_method("OPTIONS").asks_a_stranger("OPTIONS"),
    }
}

fn finding<'s>(scope: Scope<'s>, by: Directive<'s>, is_own: bool, cors: Cors<'s>) -> Finding {
    let help = if scope.site().is_apache() {
        "write `<LimitExcept OPTIONS>` around the `Require` line"
    } else if by.name_text() == "auth_request" {
        "answer first: `if ($request_method = OPTIONS) { return 204; }`"
    } else {
        "put the auth lines of this place into `limit_except OPTIONS { }`"
    };
    let finding = if is_own || scope.is_server() {
        Finding::at(by.span(), "this asks for a password before a preflight is answered")
    } else {
        Finding::at(scope.span(), "a preflight that comes here is asked for a password")
            .also(by.span(), "inherited from here")
    };
    let level = if cors.is_about_preflights { LINT.level } else { Level::Advice };
    finding.level(level).also(cors.by.span(), "pages of other origins are meant to come here").help(help)
}
