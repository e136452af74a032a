//! A rewritten path is looked up anew: only what is asked for where it ends up is asked for at all.

use super::Lint;
use crate::decide::{Decider, Decision, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Kind, Leaving, LedAround, Look, Scope, Site};

pub const LINT: Lint = Lint {
    id: "rewrite-leaves-auth-location",
    summary: "the password is never asked for: the request is led past it to an open place",
    level: Level::Error,
    page: include_str!("rewrite_leaves_auth_location.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing()).presuming_outside();
    if site.is_apache() {
        return site.led_around().filter_map(|around| check_around(&decider, around)).collect();
    }
    site.leaving_lines().filter_map(|leaving| check_leaving(&decider, leaving)).collect()
}

fn check_leaving<'s>(decider: &Decider<'s>, leaving: Leaving<'s>) -> Option<Finding> {
    let Leaving { place, asked, by, is_for_all, .. } = leaving;
    let (path, there) = witness(decider, leaving)?;
    // A part of an area may be led to what is open on purpose, such as its styles.
    if !is_for_all && (there.is_open_on_purpose() || by.is_about_what_is_open()) {
        return None;
    }
    let is_of_its_own = place.location().is_some_and(|location| location.path == "/")
        && there.location().is_some_and(|location| !location.is_regex());
    let level = if !is_for_all && is_of_its_own { Level::Warning } else { LINT.level };
    let label = format!("`{path}` is led to `{}`, where nobody is asked for a password", there.title());
    let finding =
        Finding::at(by.span(), label).level(level).also(there.span(), "only what holds here counts");
    let finding = finding.also(asked.span(), format!("so this is not asked for in `{}`", place.title()));
    let (from, to) = (place.title(), there.title());
    Some(finding.help(format!("write the lines that ask in `{from}` into `{to}`, too")))
}

/// A path of the protected place that is answered, and the place that answers.
fn witness<'s>(decider: &Decider<'s>, leaving: Leaving<'s>) -> Option<(String, Scope<'s>)> {
    let Leaving { place, by, is_conditional, .. } = leaving;
    let prefix = place.location().filter(|location| location.is_prefix());
    let prefix = prefix.map(|location| location.path.into_owned()).unwrap_or_default();
    let server = place.server()?;
    let witness = decider.witness_through(by, server, Some(place), &prefix, !is_conditional, is_given)?;
    // The last one that it came to; where no other one is for the new path the server itself answers.
    let mut ways = witness.decision.because.iter().rev();
    let last = ways.find_map(|because| {
        let mut inner = server.descendants().filter(|inner| inner.kind() == Kind::Location);
        inner.find(|inner| inner.span() == because.span)
    });
    let there = last.filter(|there| *there != place).unwrap_or(server);
    let is_there = there != server || witness.decision.place != Some(place.title());
    let there = Some(there).filter(|there| is_there && there.asks().nothing())?;
    Some((witness.request.target, there))
}

/// Whether everybody gets what is there.
fn is_given(decision: &Decision) -> bool {
    decision.outcome == Outcome::Open || decision.outcome == Outcome::Responds && decision.status == Some(200)
}

fn check_around<'s>(decider: &Decider<'s>, around: LedAround<'s>) -> Option<Finding> {
    if around.by.is_about_what_is_open() {
        return None;
    }
    let LedAround { server, place, url, asked, by, leads_in } = around;
    let prefix = if leads_in { String::new() } else { format!("{url}/") };
    let witness = decider.witness_through(by, server, None, &prefix, false, is_given)?;
    if !decider.is_let_in_by_lines(server, &witness.decision) {
        return None;
    }
    let target = &witness.request.target;
    let (what, why) = if leads_in {
        (
            format!("`{target}` gives the files of `{url}`, and nobody is asked"),
            "this is for the path that was asked for",
        )
    } else {
        (format!("`{target}` gets another path, and nobody is asked there"), "this is not for the new path")
    };
    // Around a part may stand a `<Directory>` that asks.
    let level = if decider.presumes_outside() { Level::Warning } else { LINT.level };
    let finding = Finding::at(by.span(), what).level(level).also(place.span(), why);
    let finding = finding.also(asked.span(), "so this is not asked for");
    Some(finding.help(if leads_in {
        "add the flag `PT`, so that sections are looked up for the new path, or protect the `<Directory>` of the files"
    } else {
        "take the flag `PT` out, or protect where the rule leads to"
    }))
}
