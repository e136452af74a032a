//! A place is let off the password, and its visitors are asked for it all the same.

use super::Lint;
use crate::decide::{Channel, Decider, Decision, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Exempt, Kind, Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "exception-still-asks-password",
    summary: "this is let off the password, and visitors are asked for it all the same",
    level: Level::Warning,
    page: include_str!("exception_still_asks_password.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    if site.is_apache() {
        let check = |scope| check_allowed(scope).or_else(|| check_exempt(&decider, scope));
        return site.sections().filter_map(check).collect();
    }
    let places = || site.scopes_of(Kind::Location).filter(|place| place.is_reached_from_outside());
    let onward = places().filter_map(|place| check_onward(&decider, place));
    let taken = places().filter_map(|place| check_taken(&decider, place));
    onward.chain(taken).chain(places().filter_map(check_other_check)).collect()
}

/// A regular expression takes files out of the exempt prefix, and asks.
fn check_taken<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<Finding> {
    let off = place.exemptions().next().filter(|_| place.asks().by().is_none())?;
    let (prefix, takers) = place.open_to_expressions()?;
    let is_asked = |decision: &Decision| decision.outcome == Outcome::Challenge;
    let mut found = takers.filter_map(|taker| Some((taker, decider.witness(taker, &prefix, is_asked)?)));
    let (taker, witness) = found.next()?;
    let by = taker.asks().by()?;
    let label = format!("`{}` does not come here, and is asked for", witness.request.target);
    let finding = Finding::at(place.span(), label).also(taker.span(), "because this takes it");
    let finding = finding.also(off.span(), "this counts for this location only");
    Some(finding.also(by.span(), "this asks there").help(format!("write `location ^~ {prefix}`")))
}

/// nginx goes on to another location, and that one asks.
fn check_onward<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<Finding> {
    let off = place.exemptions().next().filter(|_| place.asks().by().is_none())?;
    let server =
        place.server().filter(|_| !place.is_for_challenges() && place.purpose() != Some(Purpose::Assets))?;
    let onward = place.goes_on_to();
    let asks = |path: &str| decider.asks(server, Channel::Encrypted, "GET", path);
    let by = asks(&onward.first()?.path)?;
    let next = onward.iter().find(|next| next.by.is_some()).or(onward.first())?;
    if !onward.iter().all(|next| asks(&next.path).is_some()) {
        return None;
    }
    let at = Finding::at(place.span(), format!("requests go on from here to `{}`, which asks", next.path));
    let at = next.by.into_iter().fold(at, |at, line| at.also(line.span(), "which leads there"));
    let at = at.also(off.span(), "this counts for this location only").also(by.span(), "this asks there");
    let to = if next.path.starts_with('@') { "" } else { "= " };
    Some(at.help(format!("let `location {to}{}` off as well", next.path)))
}

/// `auth_basic off` under `auth_request`, or the reverse.
fn check_other_check(place: Scope<'_>) -> Option<Finding> {
    let by = place.asks().by().filter(|_| !place.is_for_challenges() && !place.is_subrequest_target())?;
    let mut lines = place.exemptions().filter(|off| off.name().family() != by.name().family());
    // Where both are in force around it, the other one may well be meant to stay.
    let off = lines.find(|off| place.parent().is_some_and(|outer| outer.lacks(off.name().family())))?;
    let finding = Finding::at(off.span(), format!("this does not switch `{}` off", by.name_text()));
    let (asked, exempt) = (by.span(), place.exemption());
    Some(finding.also(asked, "which is still asked for").help(format!("add `{exempt}`")))
}

/// `Allow from` without `Satisfy Any`: the address is enough for one check of two (spec a100).
fn check_allowed(scope: Scope<'_>) -> Option<Finding> {
    let (allow, by) = scope.allowed_in_vain()?;
    let instead = allow.variable_allowed().map(|name| format!("env {name}` beside it in `<RequireAny>"));
    let instead = instead.unwrap_or_else(|| "all granted".to_owned());
    let help = format!("write `Require {instead}` instead of `Order` and `Allow`");
    let finding = Finding::at(allow.span(), "this is about addresses, and the password is still asked for");
    Some(finding.also(by.span(), "by this").help(help))
}

/// A front controller answers for the exempt path, and is not exempt itself (spec a129).
fn check_exempt<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Finding> {
    let Some(exempt) = scope.exempt_before_front_controller() else { return check_index(decider, scope) };
    let Exempt { granted, path, front, by } = exempt;
    let answer = decider.answer(scope.server()?, Channel::Encrypted, "GET", &path);
    let line = front.by.filter(|_| answer.is_none_or(|answer| answer.may_be_a_challenge()))?;
    let label = format!("what is no file here goes on to `{}`, which asks", front.path);
    let finding = Finding::at(granted.span(), label).also(line.span(), "which leads there");
    Some(finding.also(by.span(), "this asks there").help("set a variable in the directory by `SetEnvIf Request_URI`, and let it in by `Require env`, also with `REDIRECT_`"))
}

/// The index is exempt, and the directory is asked for before it (spec a117).
fn check_index<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Finding> {
    let (granted, url) = scope.index_alone_exempt()?;
    let by = decider.asks(scope.server()?, Channel::Encrypted, "GET", url)?;
    let finding = Finding::at(granted.span(), format!("this is not for `{url}`, which is asked for first"));
    let help = format!("write `Require all granted` in `<LocationMatch \"^{url}$\">`, too");
    Some(finding.also(by.span(), "by this").help(help))
}
