//! A probe gets a 401, and what is alive counts as dead.

use super::Lint;
use crate::decide::{Channel, Decider};
use crate::finding::{Finding, Level, Safety};
use crate::model::{Kind, Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "health-check-behind-auth",
    summary: "a place made for probes inherits the password: what is alive counts as dead",
    level: Level::Warning,
    page: include_str!("health_check_behind_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    site.places().filter_map(|place| check_place(&decider, place)).collect()
}

fn check_place<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<Finding> {
    let by = place.asks().by().filter(|_| place.asks_strangers())?;
    let location = place.location().filter(|location| location.purpose() == Some(Purpose::Probe))?;
    let server = place.server().filter(|server| !server.is_meant_closed())?;
    // Addresses alone are no password: who may come is asked for one besides.
    let is_of_addresses = place.is_for_addresses_alone();
    let is_decided = place.has_own_access_rules() && !is_of_addresses;
    if is_decided
        || place.answer().is_some()
        || place.tells_a_backend_who()
        || place.lies_in_an_area_of(by)
        || !place.is_reached_from_outside()
    {
        return None;
    }
    // What is decided otherwise is right: another location answers, or the server does so at once.
    if is_of_addresses {
        server.place_of(&location.path).filter(|found| *found == place && !server.goes_elsewhere())?;
    } else if !location.is_regex() {
        decider.asks(server, Channel::Plain, "GET", &location.path)?;
    }
    let exempt = place.exemption();
    let (whoever, help) = if is_of_addresses {
        ("the addresses that may come here are asked for a password, too", format!("add `{exempt}` here"))
    } else {
        (
            "whoever probes here is asked for a password",
            format!("add `{exempt}` here, and the addresses that may ask"),
        )
    };
    // Both checks may be meant, and who probes a staging site may have its password.
    let level = if is_of_addresses || server.is_closed_by_name() { Level::Advice } else { LINT.level };
    let finding = Finding::at(place.span(), whoever).level(level);
    let finding = finding.also(by.span(), "inherited from here").help(help);
    let edit = place.insertion(exempt).filter(|_| place.kind() != Kind::Mapping);
    let Some(edit) = edit else { return Some(finding) };
    Some(finding.fix(Safety::Unsafe, vec![edit]))
}
