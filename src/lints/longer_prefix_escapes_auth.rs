//! A longer prefix beside a protected one inherits nothing of it.

use super::Lint;
use crate::decide::{Decider, Decision, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Look, Scope, Site};

pub const LINT: Lint = Lint {
    id: "longer-prefix-escapes-auth",
    summary: "a location within the path of a protected one does not inherit its password: it is open",
    level: Level::Warning,
    page: include_str!("longer_prefix_escapes_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    site.open_locations().filter_map(|place| check_location(&decider, place)).collect()
}

fn check_location<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<Finding> {
    // Who writes `=` means that one address.
    let location =
        place.location().filter(|location| location.is_prefix() && location.purpose().is_none())?;
    // A password at `/` is mostly meant for the pages, not for what has a location of its own.
    if place.is_a_door() {
        return None;
    }
    // `/api-docs/` is no part of `/api`.
    let is_within = |prefix: &str| {
        location.path.strip_prefix(prefix).is_some_and(|rest| prefix.ends_with('/') || rest.starts_with('/'))
    };
    let area = place
        .protected_areas_around()
        .find(|area| area.prefix != "/" && area.prefix != location.path && is_within(area.prefix))?;
    if place.ancestors().any(|outer| outer == area.scope) {
        return None;
    }
    let is_open = |answer: &Decision| answer.outcome == Outcome::Open && answer.is_by(place.span());
    let witness = decider.witness(place, area.prefix, is_open)?;
    let label = format!("`{}` comes here, and nobody is asked for a password", witness.request.target);
    Some(
        Finding::at(place.span(), label)
            .also(area.by.span(), format!("this is for `{}` and what stands in it", area.scope.title()))
            .help(format!(
                "put this location into `{}`, or write `{}` in it if it may be public",
                area.scope.title(),
                area.scope.exemption()
            )),
    )
}
