//! `return` runs before the access phase: nobody is asked for the password beside it.

use super::Lint;
use crate::decide::{Decider, Outcome, Witness};
use crate::finding::{Finding, Level};
use crate::model::{Answer, Directive, Kind, Located, Look, Modifier, Reply, Scope, Site};

pub const LINT: Lint = Lint {
    id: "return-bypasses-auth",
    summary: "the password is never asked for: nginx answers before it comes to that",
    level: Level::Error,
    page: include_str!("return_bypasses_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    // What stands in an `if` is not the answer to everybody.
    let scopes = site.scopes().filter(|scope| scope.kind() != Kind::If);
    scopes.filter_map(|scope| check_scope(&decider, scope)).collect()
}

fn check_scope<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Finding> {
    let by = scope.asks().by().filter(|_| scope.is_reached_from_outside())?;
    let answer = scope.answer()?;
    let level = match &answer.reply {
        Reply::Redirect(target) => judge_redirect(scope, target)?,
        Reply::Content { status, text } => judge_content(scope, *status, text)?,
    };
    // In a part of a configuration nothing can be proven; what is known to be otherwise is no finding.
    let witness = decider.witness(scope, "", |decision| decision.outcome != Outcome::Undetermined);
    let is_true = witness.as_ref().is_none_or(|witness| witness.decision.is_by(answer.by.span()));
    is_true.then(|| finding(scope, by, &answer, level, witness.as_ref()))
}

fn finding(
    scope: Scope<'_>,
    by: Directive<'_>,
    answer: &Answer<'_>,
    level: Level,
    witness: Option<&Witness>,
) -> Finding {
    let what = match answer.reply {
        Reply::Redirect(_) => "everybody is redirected, with or without a password",
        Reply::Content { .. } => "everybody gets this, with or without a password",
    };
    let label = match witness {
        Some(witness) => format!("{what}: `{} {}`", witness.request.method, witness.request.target),
        None => what.to_owned(),
    };
    let named = "answer from a named location, which is reached after the password: `try_files /nonexistent @answer;`";
    let help = match answer.reply {
        Reply::Redirect(_) if level == Level::Advice => {
            "take the auth out here: it does nothing; see that it is asked for where the redirect leads"
        }
        Reply::Redirect(_) => "ask for the password where the redirect leads",
        Reply::Content { .. } => named,
    };
    Finding::at(answer.by.span(), label)
        .level(level)
        .also(by.span(), format!("so this never asks in `{}`", scope.title()))
        .help(help)
}

/// A redirect gives nothing away when it leads to the same place by another spelling, or to a place
/// that asks by itself. Where the password is only inherited, the redirect was meant to be free.
fn judge_redirect(scope: Scope<'_>, target: &str) -> Option<Level> {
    scope.own_asking()?;
    let Some(path) = scope.server().and_then(|server| server.own_path(target)) else {
        return Some(LINT.level);
    };
    let is_same_place =
        path.starts_with("$request_uri") || path.starts_with("$uri") || is_slash_form(scope, path);
    Some(if is_same_place || leads_to_a_place_that_asks(scope, path) { Level::Advice } else { LINT.level })
}

fn is_slash_form(scope: Scope<'_>, path: &str) -> bool {
    scope.location().is_some_and(|location| path.strip_prefix(location.path.as_ref()) == Some("/"))
}

fn leads_to_a_place_that_asks(scope: Scope<'_>, path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let located = scope.server().filter(|_| !path.contains('$')).map(|server| server.locate(path));
    matches!(located, Some(Located::At(there)) if there != scope && there.asks().by().is_some())
}

/// A refusal gives nothing away, and neither does an empty answer. An inherited password beside a
/// probe or a well-known file was not meant for it, and beside one fixed text at one fixed place it
/// hardly was.
fn judge_content(scope: Scope<'_>, status: u16, text: &str) -> Option<Level> {
    if !(200..300).contains(&status) || text.is_empty() {
        return None;
    }
    if scope.own_asking().is_some() {
        return Some(LINT.level);
    }
    let is_one_place = scope.location().is_some_and(|location| location.modifier == Modifier::Exact);
    let level = if is_one_place && !text.contains('$') { Level::Advice } else { LINT.level };
    scope.purpose().is_none().then_some(level)
}
