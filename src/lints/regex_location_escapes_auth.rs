//! A regular expression wins over the protected prefix, and what it takes is open.

use super::Lint;
use crate::decide::{Decider, Decision, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Area, Family, Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "regex-location-escapes-auth",
    summary: "a regular expression takes requests out of the protected area: they are open",
    level: Level::Error,
    page: include_str!("regex_location_escapes_auth.md"),
    check,
};

/// More protected areas of a server are not looked through for each expression.
const MOST_AREAS: usize = 50;

fn check(site: &Site<'_>) -> Vec<Finding> {
    // That a file is there is for the visitor to try.
    let decider = Decider::new(site, Look::nothing()).assuming_what_is_served();
    site.open_locations().filter_map(|place| check_location(&decider, place)).collect()
}

fn check_location<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<Finding> {
    let location = place.location().filter(|location| location.is_regex() && !place.is_a_door())?;
    if location.purpose() == Some(Purpose::Callers) {
        return None;
    }
    // A place in the area that has a name of its own may have been let off. What stands in the area inherits.
    let is_of_its_own = place.is_a_named_place();
    let areas = place.protected_areas().filter(|area| {
        let may_be_meant = area.prefix == "/" && is_of_its_own;
        !may_be_meant && place.ancestors().all(|outer| outer != area.scope && !is_within(outer, area))
    });
    let is_open = |answer: &Decision| answer.outcome == Outcome::Open && answer.is_by(place.span());
    // `/wp-admin.php` is no part of `/wp-admin`.
    let witness =
        |area: &Area<'_>| decider.witness(place, &format!("{}/", area.prefix.trim_end_matches('/')), is_open);
    let mut escapes = areas.take(MOST_AREAS).filter_map(|area| Some((area, witness(&area)?)));
    let (area, witness) = escapes.next()?;
    let label = format!("`{}` comes here, and nobody is asked for a password", witness.request.target);
    // Who writes this beside a whole site behind a password mostly means the assets of its login page.
    let is_of_assets = location.purpose() == Some(Purpose::Assets);
    let is_minor = is_of_assets || is_of_its_own || leads_out(area);
    let finding = Finding::at(place.span(), label)
        .level(if is_minor { Level::Warning } else { LINT.level })
        .also(area.by.span(), format!("so this does not ask for it in `{}`", area.scope.title()));
    Some(finding.help(help(area)))
}

/// Whether a prefix around the expression leads out of the area already: it is that which is open.
fn is_within(outer: Scope<'_>, area: &Area<'_>) -> bool {
    let prefix = outer.location().filter(|location| location.is_prefix() && location.path != area.prefix);
    prefix.is_some_and(|location| location.path.starts_with(area.prefix))
}

/// Whether the area is one of an application that has a single script elsewhere: then there may be none in it.
fn leads_out(area: Area<'_>) -> bool {
    let last = area.scope.own(Family::TryFiles).last().and_then(|line| line.arguments().last());
    last.is_some_and(|word| word.text().starts_with('/') && !word.text().starts_with(area.prefix))
}

fn help(area: Area<'_>) -> String {
    if area.prefix == "/" {
        return format!("write `{}` into the `server`: all locations inherit it from there", area.by.text());
    }
    format!("write `location ^~ {}`, and put this expression into it once more", area.prefix)
}
