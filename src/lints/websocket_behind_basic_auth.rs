//! Some browsers send no password with the handshake of a WebSocket.

use std::collections::HashSet;

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Asks, Directive, Kind, Scope, Site};

pub const LINT: Lint = Lint {
    id: "websocket-behind-basic-auth",
    summary: "some browsers send no password with the handshake of a WebSocket: it gets 401",
    level: Level::Advice,
    page: include_str!("websocket_behind_basic_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let mut told = HashSet::new();
    let places = site.scopes().filter(|scope| scope.kind() != Kind::LimitExcept);
    let found = places.filter_map(|scope| check_scope(scope, scope.upgrade()?));
    // One password before many places of one server is one thing to look at.
    found
        .filter(|(scope, by, _)| told.insert((scope.server().map(Scope::index), by.span())))
        .map(finding)
        .collect()
}

/// The place, the password, and the line that hands the handshake on.
type Found<'s> = (Scope<'s>, Directive<'s>, Directive<'s>);

fn check_scope<'s>(scope: Scope<'s>, upgrade: Directive<'s>) -> Option<Found<'s>> {
    // A rule of a server is for what its paths lead to.
    let scope = if scope.is_server() { scope.place_of("/")? } else { scope };
    // A cookie comes with the handshake, so that `auth_request` and forms are another thing.
    let Asks::Password(password) = scope.asks() else { return None };
    let is_asked = scope.asks_a_stranger("GET").is_some() && scope.answer().is_none();
    let is_basic = scope.scheme_is_basic();
    (is_asked && is_basic && scope.is_reached_from_outside()).then_some((scope, password.by, upgrade))
}

fn finding((scope, by, upgrade): Found<'_>) -> Finding {
    let is_inherited = !scope.holds(by);
    let finding = Finding::at(scope.span(), "the handshake of a WebSocket is asked for a password here");
    let finding = finding.also(by.span(), if is_inherited { "inherited from here" } else { "by this" });
    let finding = if upgrade.span() == scope.span() {
        finding
    } else {
        finding.also(upgrade.span(), "which hands the handshake on")
    };
    finding.help(format!(
        "write `{}` for the path of the WebSocket, if the backend checks for itself who comes there",
        scope.exemption()
    ))
}
