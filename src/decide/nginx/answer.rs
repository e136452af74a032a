//! From the end of a request to the answer that is told.

use super::visit::{End, Origin, Run, Visit};
use crate::decide::{Authorization, Decision, Outcome};
use crate::model::{Family, Kind};

/// What the end of a request means.
pub(super) fn decision<'r, 's>(run: &mut Run<'r, 's>, visit: &mut Visit<'r, 's>, end: End) -> Decision {
    let outcome = outcome(visit, end);
    let mut decision = Decision::of(outcome);
    decision.status = end.status.filter(|_| outcome != Outcome::Open);
    let challenge = visit.challenges.iter().find(|challenge| challenge.is_sent && !end.is_closed);
    decision.user_file.clone_from(&visit.user_file);
    if let Some(challenge) = challenge {
        decision.scheme = Some("basic");
        decision.realm = Some(String::from_utf8_lossy(&challenge.realm).into_owned());
        if outcome == Outcome::Challenge {
            decision.user_file.clone_from(&challenge.user_file);
        }
    }
    let name = run.server.own(Family::ServerName).next().and_then(|by| by.argument(0));
    decision.server = name.map(|name| name.text().into_owned());
    let here = run.here(visit);
    decision.place = (here.kind() == Kind::Location).then(|| here.title());
    if outcome == Outcome::Open && end.is_passed_on {
        decision.authorization = run.authorization;
    }
    if outcome == Outcome::Open && !end.is_passed_on {
        decision.file = run.file.take();
    }
    if run.story.is_empty() && outcome != Outcome::Open {
        run.story.tell(here.span(), "is asked, and nginx answers of its own accord");
    }
    decision.because = std::mem::take(&mut run.story).into_because();
    decision.hangs_on = run.hangs_on.take();
    decision
}

fn outcome(visit: &Visit<'_, '_>, end: End) -> Outcome {
    let Some(status) = end.status else { return Outcome::Open };
    let is_refusal = visit.forced_status != 0 && visit.origin == Origin::Access;
    match (status, end.by) {
        // What a page dresses stays what it was, as long as the status says so.
        (401, _) if is_refusal => Outcome::Challenge,
        (403, _) if is_refusal => Outcome::Forbidden,
        (500, _) => Outcome::Error,
        // It looks like a refusal of the checks, and is none.
        (401 | 403, Origin::Content) if visit.is_overwritten => Outcome::Responds,
        (_, Origin::Content) if visit.origin == Origin::Content || visit.forced_status == 0 => Outcome::Open,
        // What an error page serves under the status of the error.
        (_, Origin::Content) if status < 300 => Outcome::Open,
        _ => Outcome::Responds,
    }
}

/// The answer that two ways have in common; none where they differ in what a client sees.
pub(super) fn agree(first: Decision, second: Decision) -> Option<Decision> {
    let is_same = first.outcome == second.outcome
        && first.status == second.status
        && first.scheme == second.scheme
        && first.realm == second.realm;
    if !is_same {
        return None;
    }
    let mut both = first;
    if both.authorization != second.authorization {
        both.authorization = both.authorization.or(second.authorization).map(|_| Authorization::Unknown);
    }
    both.user_file = both.user_file.filter(|file| second.user_file.as_ref() == Some(file));
    both.file = both.file.filter(|file| second.file.as_ref() == Some(file));
    both.server = both.server.filter(|server| second.server.as_ref() == Some(server));
    both.place = both.place.filter(|place| second.place.as_ref() == Some(place));
    both.hangs_on = both.hangs_on.or(second.hangs_on);
    Some(both)
}
