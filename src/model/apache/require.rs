//! What `Require` lines come to (spec a67 to a79).

use super::merge::{Merged, MergedId, Merging};
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope, Site};

/// Results that are possible, one or several: who knows which depends on the visitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes(u8);

/// What a `Require` line looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `all granted`
    Granted,
    /// `all denied`
    Denied,
    /// `ip`, `host` and their like.
    Address,
    Method,
    /// Somebody who has logged in.
    User,
    /// Somebody of a group.
    Group,
    /// `env`, `expr`
    Condition,
    /// `expr` with `REMOTE_USER` in it.
    ConditionOnUser,
    /// Another module's, or a word that is not known.
    Unknown,
}

/// What a `Require` line comes to for a visitor.
pub type Judge<'j> = dyn Fn(Directive<'_>) -> Outcomes + 'j;

/// From whose side the rules are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewpoint {
    /// Somebody from an address that no rule names.
    Stranger,
    /// Anybody, from wherever.
    Anyone,
}

impl Outcomes {
    /// Let in without more ado.
    pub const GRANTED: Outcomes = Outcomes(1);
    /// Refused.
    pub const DENIED: Outcomes = Outcomes(2);
    /// A user could help: credentials are asked for.
    pub const USER: Outcomes = Outcomes(4);
    /// No say in it.
    pub const NEUTRAL: Outcomes = Outcomes(8);
    /// Nobody knows.
    pub const UNKNOWN: Outcomes = Outcomes(15);

    const EACH: [Outcomes; 4] = [Self::GRANTED, Self::DENIED, Self::USER, Self::NEUTRAL];

    /// Whether one of the results is possible.
    #[must_use]
    pub fn may_be(self, other: Outcomes) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing but these results is possible.
    #[must_use]
    pub fn must_be(self, others: Outcomes) -> bool {
        self.0 & !others.0 == 0 && self.0 != 0
    }

    /// Either of both.
    #[must_use]
    pub fn or(self, other: Outcomes) -> Outcomes {
        Outcomes(self.0 | other.0)
    }

    /// The results of two parts where the one that stands first in `order` decides.
    fn combine(self, other: Outcomes, order: [Outcomes; 4]) -> Outcomes {
        let mut result = Outcomes(0);
        for a in Self::EACH.into_iter().filter(|a| self.may_be(*a)) {
            for b in Self::EACH.into_iter().filter(|b| other.may_be(*b)) {
                let first = order.into_iter().find(|outcome| *outcome == a || *outcome == b);
                result = result.or(first.unwrap_or(a));
            }
        }
        result
    }

    fn any(self, other: Outcomes) -> Outcomes {
        self.combine(other, [Self::GRANTED, Self::USER, Self::DENIED, Self::NEUTRAL])
    }

    fn all(self, other: Outcomes) -> Outcomes {
        self.combine(other, [Self::DENIED, Self::USER, Self::GRANTED, Self::NEUTRAL])
    }

    /// `not`, and a part of `<RequireNone>`: it can refuse, and nothing else.
    #[must_use]
    pub fn negated(self) -> Outcomes {
        let refused = if self.may_be(Self::GRANTED) { Self::DENIED } else { Outcomes(0) };
        let others = Self::DENIED.or(Self::USER).or(Self::NEUTRAL);
        if self.may_be(others) { refused.or(Self::NEUTRAL) } else { refused }
    }
}

/// How the parts of a container are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logic {
    Any,
    All,
    None,
}

impl Logic {
    fn put(self, all: impl Iterator<Item = Outcomes>) -> Outcomes {
        match self {
            Logic::Any => all.fold(Outcomes::NEUTRAL, Outcomes::any),
            Logic::All => all.fold(Outcomes::NEUTRAL, Outcomes::all),
            Logic::None => all.map(Outcomes::negated).fold(Outcomes::NEUTRAL, Outcomes::all),
        }
    }

    /// The results of two groups of sections; none where neither is for the method.
    fn merge(self, parts: [Option<Outcomes>; 2]) -> Option<Outcomes> {
        let is_for_method = parts.iter().any(Option::is_some);
        let parts = parts.into_iter().map(|part| part.unwrap_or_else(|| self.left_out()));
        is_for_method.then(|| self.put(parts))
    }

    /// What a part is worth that is not for the method at hand (spec a67).
    fn left_out(self) -> Outcomes {
        if self == Logic::All { Outcomes::GRANTED } else { Outcomes::NEUTRAL }
    }
}

impl Site<'_> {
    /// What the requirements of a place come to for a method.
    pub(super) fn outcome(&self, id: MergedId, method: &str, view: Viewpoint) -> Outcomes {
        let requirements = self.apache.as_ref().map_or(&[][..], |apache| &apache.requirements);
        self.judged(requirements, id, method, &|line| line.requirement(view, method))
    }

    /// The same by what each line comes to for a visitor.
    pub(super) fn judged(
        &self,
        requirements: &[Merged],
        id: MergedId,
        method: &str,
        judge: &Judge<'_>,
    ) -> Outcomes {
        at_the_top(self.merged(requirements, id, method, judge))
    }

    /// None: nothing in it is for the method.
    fn merged(
        &self,
        requirements: &[Merged],
        id: MergedId,
        method: &str,
        judge: &Judge<'_>,
    ) -> Option<Outcomes> {
        // Sections that merge are few; what is merged first has the smaller number.
        let mut results: Vec<Option<Outcomes>> = Vec::new();
        let mut todo = vec![(id, false)];
        while let Some((id, is_ready)) = todo.pop() {
            match requirements.get(id as usize)? {
                Merged::Nothing => results.push(None),
                Merged::Unknown => results.push(Some(Outcomes::UNKNOWN)),
                Merged::Own(scope) => {
                    results.push(self.scope(*scope).own_requirements(Logic::Any, method, judge));
                }
                Merged::All(a, b) | Merged::Any(a, b) if !is_ready => {
                    todo.extend([(id, true), (*a, false), (*b, false)]);
                }
                node @ (Merged::All(..) | Merged::Any(..)) => {
                    let logic = if matches!(node, Merged::All(..)) { Logic::All } else { Logic::Any };
                    let parts = [results.pop().flatten(), results.pop().flatten()];
                    results.push(logic.merge(parts));
                }
            }
        }
        results.pop().flatten()
    }

    /// The same for all that sections merge to, from the first on: what is merged first has the smaller
    /// number.
    pub(super) fn merged_outcomes(&self, method: &str, view: Viewpoint) -> Vec<Outcomes> {
        let judge: &Judge<'_> = &|line| line.requirement(view, method);
        let mut results: Vec<Option<Outcomes>> = Vec::new();
        for node in self.apache.iter().flat_map(|apache| &apache.requirements) {
            let result = match *node {
                Merged::Nothing => None,
                Merged::Unknown => Some(Outcomes::UNKNOWN),
                Merged::Own(scope) => self.scope(scope).own_requirements(Logic::Any, method, judge),
                Merged::All(a, b) | Merged::Any(a, b) => {
                    let logic = if matches!(node, Merged::All(..)) { Logic::All } else { Logic::Any };
                    logic.merge([a, b].map(|part| results.get(part as usize).copied().flatten()))
                }
            };
            results.push(result);
        }
        results.into_iter().map(at_the_top).collect()
    }
}

/// A requirement that is not for the method is none, at the very top, and neutral counts as denied there
/// (spec a67, a101).
fn at_the_top(outcome: Option<Outcomes>) -> Outcomes {
    match outcome {
        None => Outcomes::GRANTED,
        Some(outcomes) if outcomes.may_be(Outcomes::NEUTRAL) && outcomes != Outcomes::UNKNOWN => {
            Outcomes(outcomes.0 & !Outcomes::NEUTRAL.0).or(Outcomes::DENIED)
        }
        Some(outcomes) => outcomes,
    }
}

impl<'s> Scope<'s> {
    /// `AuthMerging` in this very scope; `Some(Off)` if it is written so.
    pub(super) fn own_merging(self) -> Option<Merging> {
        let line = self.own(Family::Merging).filter(|line| line.is_certain()).last()?;
        let word = line.literal(0)?.to_ascii_lowercase();
        Some(match word.as_str() {
            "and" => Merging::And,
            "or" => Merging::Or,
            _ => Merging::Off,
        })
    }

    /// Whether the scope has `Require` lines of its own, in containers too; false if one of them is not
    /// certain.
    pub(super) fn own_requirement_lines(self) -> Option<bool> {
        let mut has = None;
        let mut todo = vec![self];
        while let Some(scope) = todo.pop() {
            for line in scope.own(Family::Require) {
                has = Some(has.unwrap_or(true) && line.is_certain());
            }
            todo.extend(scope.rule_containers());
        }
        has
    }

    /// The `<RequireAll>` and `<Limit>` sections directly in it.
    pub(super) fn rule_containers(self) -> impl Iterator<Item = Scope<'s>> {
        self.children().filter(|child| matches!(child.kind(), Kind::Requirement | Kind::Limit))
    }

    /// All `Require` lines of the scope, in its containers too.
    pub fn requires(self) -> impl Iterator<Item = Directive<'s>> {
        let mut todo = vec![self];
        let mut all = Vec::new();
        while let Some(scope) = todo.pop() {
            all.extend(scope.own(Family::Require));
            todo.extend(scope.rule_containers());
        }
        // The lines of one scope are in order.
        if self.rule_containers().next().is_some() {
            all.sort_by_key(|line| line.span());
        }
        all.into_iter()
    }

    pub(super) fn logic(self) -> Logic {
        let name = self.opening().map(Directive::name_text).unwrap_or_default();
        match name {
            _ if name.eq_ignore_ascii_case("RequireAll") => Logic::All,
            _ if name.eq_ignore_ascii_case("RequireNone") => Logic::None,
            _ => Logic::Any,
        }
    }

    /// What the lines of this scope come to. Containers stand in each other no deeper than the reader
    /// follows, so this recursion has an end.
    pub(super) fn own_requirements(self, logic: Logic, method: &str, judge: &Judge<'_>) -> Option<Outcomes> {
        let mut is_for_method = false;
        let mut parts = Vec::new();
        let mut todo = vec![self];
        while let Some(scope) = todo.pop() {
            // `<Limit>` is no container of its own, only a mask on the lines in it.
            let is_masked = scope.methods().is_some_and(|methods| !methods.include(method));
            for line in scope.own(Family::Require) {
                is_for_method |= !is_masked;
                parts.push(if is_masked { logic.left_out() } else { judge(line) });
            }
            for child in scope.rule_containers() {
                if child.kind() == Kind::Limit {
                    todo.push(child);
                } else if is_masked {
                    parts.push(logic.left_out());
                } else {
                    let outcome = child.own_requirements(child.logic(), method, judge);
                    is_for_method |= outcome.is_some();
                    parts.push(outcome.unwrap_or_else(|| logic.left_out()));
                }
            }
        }
        is_for_method.then(|| logic.put(parts.into_iter()))
    }
}

impl Directive<'_> {
    /// Whether this is a `Require` line that only somebody who has logged in can fulfil.
    #[must_use]
    pub fn needs_a_user(self) -> bool {
        self.name() == Name::Require && self.requirement(Viewpoint::Anyone, "GET").must_be(Outcomes::USER)
    }

    /// Whether this is `Require all granted`.
    #[must_use]
    pub fn grants_everybody(self) -> bool {
        self.name() == Name::Require && self.data.role == Some((Role::Granted, false))
    }

    /// The provider of a `Require` line, such as `valid-user`, and whether `not` stands before it.
    #[must_use]
    pub fn provider(self) -> Option<(String, bool)> {
        let first = self.literal(0)?;
        if first.eq_ignore_ascii_case("not") {
            return Some((self.literal(1)?.into_owned(), true));
        }
        Some((first.into_owned(), false))
    }

    /// What sort of `Require` line it is, and whether `not` stands before it; looked up once.
    pub(super) fn find_role(self) -> Option<(Role, bool)> {
        if self.name() != Name::Require {
            return None;
        }
        let (provider, is_negated) = self.provider()?;
        let argument = self.literal(1 + usize::from(is_negated)).unwrap_or_default();
        let role = match provider.as_str() {
            "all" if argument.eq_ignore_ascii_case("granted") => Role::Granted,
            "all" => Role::Denied,
            "ip" | "host" | "local" | "forward-dns" => Role::Address,
            "method" => Role::Method,
            "expr" if self.rest(0).contains("REMOTE_USER") => Role::ConditionOnUser,
            "env" | "expr" => Role::Condition,
            "group" => Role::Group,
            name if is_about_users(name) => Role::User,
            _ => Role::Unknown,
        };
        Some((role, is_negated))
    }

    /// What a `Require` line comes to, before anybody has logged in.
    pub(super) fn requirement(self, view: Viewpoint, method: &str) -> Outcomes {
        let Some((role, is_negated)) = self.data.role else { return Outcomes::UNKNOWN };
        let outcome = match (role, view) {
            (Role::Granted, _) => Outcomes::GRANTED,
            (Role::Denied, _) | (Role::Address, Viewpoint::Stranger) => Outcomes::DENIED,
            (Role::Address, Viewpoint::Anyone) | (Role::Condition, _) => {
                Outcomes::GRANTED.or(Outcomes::DENIED)
            }
            (Role::ConditionOnUser, _) => Outcomes::GRANTED.or(Outcomes::USER),
            (Role::User | Role::Group, _) => Outcomes::USER,
            (Role::Method, _) => {
                let mut methods = self.arguments().skip(1 + usize::from(is_negated)).map(|word| word.text());
                // GET and HEAD are one (spec a75).
                let is_named =
                    |word: &str| word == method || [word, method].iter().all(|m| ["GET", "HEAD"].contains(m));
                if methods.any(|word| is_named(&word)) { Outcomes::GRANTED } else { Outcomes::DENIED }
            }
            (Role::Unknown, _) => Outcomes::UNKNOWN,
        };
        if is_negated { outcome.negated() } else { outcome }
    }
}

/// Providers that need somebody to have logged in: those of httpd, and by their names those of others.
#[must_use]
pub fn is_about_users(provider: &str) -> bool {
    const NAMES: &[&str] = &["valid-user", "user", "group", "file-owner", "file-group", "valid-account"];
    const STARTS: &[&str] = &["ldap-", "dbm-", "dbd-", "claim", "shib-", "unix-", "oauth2"];
    NAMES.contains(&provider) || STARTS.iter().any(|start| provider.starts_with(start))
}
