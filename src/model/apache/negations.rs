//! `Require not` lines that nothing beside them makes good (spec a43, a67, a78).

use super::require::{Logic, Role};
use super::{Outcomes, Viewpoint};
use crate::model::names::Family;
use crate::model::{Directive, Kind, Scope, Site};

/// A negation that does not do what it is written for.
#[derive(Clone, Copy, Debug)]
pub enum LoneNegation<'s> {
    /// Its container has negations only: httpd does not start, and in a `.htaccess` nobody gets in.
    Only {
        /// `<RequireAll>`
        container: Scope<'s>,
        /// The first of the negations.
        by: Directive<'s>,
    },
    /// It stands where one of several is enough, or in `<RequireNone>`: httpd does not take the line.
    Misplaced {
        /// The negated line, or the opening of `<RequireNone>`.
        by: Directive<'s>,
        /// What it stands in.
        container: Scope<'s>,
    },
    /// It is about somebody who has logged in, and nothing asks for a login.
    NeverAsks {
        /// The negated line.
        by: Directive<'s>,
        /// What lets everybody, or some, in instead.
        granted: Directive<'s>,
    },
}

impl Site<'_> {
    /// The negations of Apache that nothing beside them makes good.
    pub fn lone_negations(&self) -> impl Iterator<Item = LoneNegation<'_>> {
        self.scopes().filter(|scope| scope.is_apache_rules()).flat_map(|scope| {
            let misplaced = scope.misplaced_negations();
            let only = scope.only_negations();
            misplaced.into_iter().chain(only).chain(scope.negation_without_a_login())
        })
    }
}

impl<'s> Scope<'s> {
    /// Whether `Require` lines that stand in it are put together here, and it is not left unread.
    fn is_apache_rules(self) -> bool {
        let is_masked = matches!(self.kind(), Kind::Limit | Kind::Other | Kind::Mapping);
        self.site.is_apache() && !is_masked && self.is_in_force()
    }

    /// The `Require` lines in it and in the `<Limit>` sections in it, and the containers there.
    fn members(self) -> (Vec<Directive<'s>>, Vec<Scope<'s>>) {
        let (mut lines, mut containers, mut todo) = (Vec::new(), Vec::new(), vec![self]);
        while let Some(scope) = todo.pop() {
            lines.extend(scope.own(Family::Require));
            for inner in scope.rule_containers() {
                if inner.kind() == Kind::Limit { todo.push(inner) } else { containers.push(inner) }
            }
        }
        (lines, containers)
    }

    /// Negated lines at the top of a section, in `<RequireAny>` and in `<RequireNone>`, where no line is taken that can
    /// only refuse.
    fn misplaced_negations(self) -> Vec<LoneNegation<'s>> {
        if self.kind() == Kind::Requirement && self.logic() == Logic::All {
            return Vec::new();
        }
        let (lines, containers) = self.members();
        let lines = lines.into_iter().filter(|line| line.is_negated());
        let nones = containers.into_iter().filter(|inner| inner.logic() == Logic::None);
        let all = lines.chain(nones.filter_map(Scope::opening));
        all.map(|by| LoneNegation::Misplaced { by, container: self }).collect()
    }

    /// A `<RequireAll>` in which nothing could let anybody in.
    fn only_negations(self) -> Option<LoneNegation<'s>> {
        let is_all = |scope: Scope<'s>| scope.kind() == Kind::Requirement && scope.logic() == Logic::All;
        // One in another is taken as a part of that (seen on 2.4).
        let mut around = self.ancestors().skip_while(|outer| outer.kind() == Kind::Limit);
        if !is_all(self) || around.next().is_some_and(is_all) {
            return None;
        }
        let (mut first, mut todo) = (None, vec![self]);
        while let Some(scope) = todo.pop() {
            let (lines, containers) = scope.members();
            if !scope.is_wholly_known() || lines.iter().any(|line| !line.is_negated()) {
                return None;
            }
            first = first.or(lines.into_iter().min_by_key(|line| line.span()));
            for inner in containers {
                match inner.logic() {
                    Logic::All => todo.push(inner),
                    Logic::None => first = first.or(inner.requires().next()),
                    Logic::Any => return None,
                }
            }
        }
        first.map(|by| LoneNegation::Only { container: self, by })
    }

    /// A line that keeps a user out of a section where nobody is asked who he is (spec a68).
    fn negation_without_a_login(self) -> Option<LoneNegation<'s>> {
        let is_group = matches!(self.kind(), Kind::Requirement);
        if is_group || self.provider(Family::Require) != Some(self) {
            return None;
        }
        let outcome = self.outcome("GET", Viewpoint::Anyone);
        if outcome.may_be(Outcomes::USER) || !outcome.may_be(Outcomes::GRANTED) {
            return None;
        }
        let is_certain = |line: &Directive<'s>| line.is_certain();
        let by = self.requires().filter(is_certain).find(|line| line.keeps_a_user_out())?;
        let granted = self.requires().filter(is_certain).find(|line| {
            line.requirement(Viewpoint::Anyone, "GET").may_be(Outcomes::GRANTED) && !line.is_negated()
        })?;
        Some(LoneNegation::NeverAsks { by, granted })
    }
}

impl Directive<'_> {
    fn is_negated(self) -> bool {
        self.provider().is_some_and(|(_, is_negated)| is_negated)
    }

    /// Whether this is `Require not` for a user or a group.
    #[must_use]
    pub fn keeps_a_user_out(self) -> bool {
        matches!(self.data.role, Some((Role::User | Role::Group, true)))
    }
}
