//! Groups of `Require` lines of which one is enough (spec a58, a67, a70).

use super::merge::Merging;
use super::require::Logic;
use super::{Methods, Outcomes, Viewpoint};
use crate::model::names::Family;
use crate::model::{Directive, Kind, Scope};

/// One of several ways to get in, of which one is enough.
#[derive(Clone, Debug)]
pub struct Choice<'s> {
    /// The line; of a container its first.
    pub by: Directive<'s>,
    /// Whether it needs somebody to have logged in.
    pub needs_a_user: bool,
    /// Whether it lets everybody in.
    pub grants: bool,
    methods: Option<Methods<'s>>,
}

impl Choice<'_> {
    /// Whether it is for every method that the other is for.
    #[must_use]
    pub fn covers(&self, other: &Choice<'_>) -> bool {
        let Some(own) = &self.methods else { return true };
        let methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "ANY"];
        methods.iter().all(|method| {
            own.include(method) || other.methods.as_ref().is_some_and(|methods| !methods.include(method))
        })
    }
}

impl<'s> Scope<'s> {
    /// Whether one of the `Require` lines in the scope is enough: at the top of a section, and in
    /// `<RequireAny>`.
    #[must_use]
    pub fn is_any_group(self) -> bool {
        match self.kind() {
            Kind::Requirement => self.logic() == Logic::Any,
            Kind::Limit | Kind::Other => false,
            _ => self.own_merging().is_none_or(|merging| merging != Merging::And),
        }
    }

    /// The ways to get in of a group of which one is enough.
    #[must_use]
    pub fn choices(self) -> Vec<Choice<'s>> {
        let mut choices = Vec::new();
        let mut todo = vec![self];
        while let Some(scope) = todo.pop() {
            let lines = scope.own(Family::Require).filter(|line| line.is_certain());
            choices.extend(lines.map(|by| {
                let (needs_a_user, grants) = (by.needs_a_user(), by.grants_everybody());
                Choice { by, needs_a_user, grants, methods: scope.methods() }
            }));
            for child in scope.rule_containers() {
                if child.kind() == Kind::Limit {
                    todo.push(child);
                } else if let Some(by) = child.requires().next() {
                    let outcome = child.own_requirements(child.logic(), "GET", &|line| {
                        line.requirement(Viewpoint::Anyone, "GET")
                    });
                    let needs_a_user =
                        outcome.is_some_and(|o| o.may_be(Outcomes::USER) && o != Outcomes::UNKNOWN);
                    let grants = ["GET", "POST", "ANY"].into_iter().all(|method| {
                        child.own_requirements(child.logic(), method, &|line| {
                            line.requirement(Viewpoint::Stranger, method)
                        }) == Some(Outcomes::GRANTED)
                    });
                    choices.push(Choice { by, needs_a_user, grants, methods: scope.methods() });
                }
            }
        }
        choices
    }

    /// Whether the lines of this very scope alone let everybody in with this method. Outer ones are
    /// replaced, unless `AuthMerging` says otherwise.
    #[must_use]
    pub fn opens_by_itself(self, method: &str) -> bool {
        let is_alone = self.own_merging().is_none_or(|merging| merging == Merging::Off);
        let outcome =
            self.own_requirements(Logic::Any, method, &|line| line.requirement(Viewpoint::Stranger, method));
        is_alone && outcome.is_none_or(|outcome| outcome.must_be(Outcomes::GRANTED))
    }
}
