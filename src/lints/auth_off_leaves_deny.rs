//! A place that is let off the password refuses everybody whom the address rules around it do not name.

use super::Lint;
use crate::decide::{Channel, Decider, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "auth-off-leaves-deny",
    summary: "strangers get 403 here, where they would need no password: the address rules are still in force",
    level: Level::Warning,
    page: include_str!("auth_off_leaves_deny.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    site.scopes().filter_map(|scope| check_scope(&decider, scope)).collect()
}

fn check_scope<'s>(decider: &Decider<'s>, scope: Scope<'s>) -> Option<Finding> {
    let (by, list) = scope.exempt_but_refused()?;
    let path = scope.sample_path("x");
    let answer = path.and_then(|path| decider.answer(scope.server()?, Channel::Encrypted, "GET", &path));
    let is_let_in = |outcome| !matches!(outcome, Outcome::Forbidden | Outcome::Undetermined);
    if answer.is_some_and(|answer| is_let_in(answer.outcome)) {
        return None;
    }
    // What strangers fetch was meant to be open; another place may be one for the network alone.
    let is_for_strangers = matches!(scope.purpose(), Some(Purpose::Assets | Purpose::Callers | Purpose::Api))
        || scope.is_a_door();
    let level = if is_for_strangers { LINT.level } else { Level::Advice };
    Some(
        Finding::at(by.span(), "takes the password away, which strangers could pass with")
            .level(level)
            .also(list.by.span(), "and leaves this, which refuses them")
            .help("write `allow all;` here as well, if everybody may come in"),
    )
}
