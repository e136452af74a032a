//! The backend is told who has logged in, where nobody has checked it: anybody may claim any name.

use std::cell::Cell;

use super::Lint;
use crate::decide::{Decider, Outcome, Witness};
use crate::finding::{Finding, Level};
use crate::model::{Directive, Look, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "unverified-remote-user",
    summary: "anybody can claim to be any user: `$remote_user` is what the client says, and nobody checks it here",
    level: Level::Error,
    page: include_str!("unverified_remote_user.md"),
    check,
};

/// More requests than this are not tried for one site: what is easy to see has to be enough.
const MOST_PROOFS: usize = 20;

struct Proof<'s> {
    decider: Decider<'s>,
    left: Cell<usize>,
}

impl<'s> Proof<'s> {
    /// A request that comes to the place, and what is answered.
    fn witness(&self, scope: Scope<'s>) -> Option<Witness> {
        self.left.set(self.left.get().checked_sub(1)?);
        self.decider.witness(scope, "", |decision| decision.outcome != Outcome::Undetermined)
    }
}

fn check(site: &Site<'_>) -> Vec<Finding> {
    if site.is_apache() {
        return Vec::new();
    }
    let proof = Proof { decider: Decider::new(site, Look::nothing()), left: Cell::new(MOST_PROOFS) };
    let claims = site.scopes().filter(|scope| scope.backend().is_some());
    let claims = claims.filter_map(|scope| check_backend(&proof, scope));
    claims.chain(site.scopes().filter_map(check_condition)).collect()
}

/// `proxy_set_header X-User $remote_user;`
fn check_backend<'s>(proof: &Proof<'s>, scope: Scope<'s>) -> Option<Finding> {
    let line = scope.tells_claimed_user()?;
    let pass = scope.backend()?.pass;
    let finding = Finding::at(line.span(), "whatever name the client sends")
        .also(pass.span(), "this backend takes it for a user who has logged in");
    if let Some(satisfy) = scope.lets_addresses_in() {
        return Some(
            finding
                .level(Level::Warning)
                .also(satisfy.span(), "no password is checked for allowed addresses")
                .help(
                    "set the header elsewhere than where an address alone is enough, or use `satisfy all;`",
                ),
        );
    }
    if !is_open(scope) || matches!(scope.purpose(), Some(Purpose::Assets | Purpose::Probe)) {
        return None;
    }
    let witness = proof.witness(scope);
    if witness.as_ref().is_some_and(|witness| witness.decision.outcome != Outcome::Open) {
        return None;
    }
    // A parameter of CGI that every program gets means less where nobody ever logs in.
    let is_habit =
        scope.server().is_none_or(|server| !server.may_ask_anywhere()) && line.is(0, "REMOTE_USER");
    let level = if is_habit || scope.is_guarded() { Level::Warning } else { LINT.level };
    let open = match witness {
        Some(witness) => format!("no password is checked here: `GET {}` is open", witness.request.target),
        None => "no password is checked here".to_owned(),
    };
    let by = scope.exemptions().next().map_or(scope.span(), Directive::span);
    let help = "ask for the password here, or send the header empty in this place";
    Some(finding.level(level).also(by, open).help(help))
}

/// `if ($remote_user = "") { return 401; }` in place of a password.
fn check_condition(scope: Scope<'_>) -> Option<Finding> {
    let outer = scope.parent().filter(|_| scope.tests_claimed_user())?;
    let answer = scope.answer()?;
    let may_ask = if outer.location().is_some() { !outer.asks().nothing() } else { outer.may_ask_anywhere() };
    if may_ask || scope.is_subrequest_target() || !outer.is_reached_from_outside() {
        return None;
    }
    Some(
        Finding::at(scope.span(), "passed by everybody who sends the right name, with any password")
            .also(answer.by.span(), "so this keeps nobody out")
            .help("let `auth_basic` and `auth_basic_user_file` check the password"),
    )
}

fn is_open(scope: Scope<'_>) -> bool {
    let is_named = scope.location().is_some_and(|location| location.is_named());
    let is_reached =
        scope.is_reached_from_outside() || is_named && scope.server().is_some_and(|s| !s.may_ask_anywhere());
    scope.asks().nothing() && is_reached && !scope.is_subrequest_target() && scope.answer().is_none()
}
