//! Two sections for one place (spec a56, a57).

use std::collections::HashMap;

use crate::model::names::Family;
use crate::model::{Kind, Scope, Site};

/// Two sections that both ask for credentials at one place: only one of them counts.
#[derive(Clone, Copy, Debug)]
pub struct Twins<'s> {
    /// The one whose `Require` lines are replaced.
    pub loser: Scope<'s>,
    /// The one that counts.
    pub winner: Scope<'s>,
}

impl Site<'_> {
    /// The sections that ask for credentials at a place where another one asks instead.
    #[must_use]
    pub fn twin_sections(&self) -> Vec<Twins<'_>> {
        let mut twins = Vec::new();
        let mut named = HashMap::new();
        for scope in self.sections().filter(|scope| scope.is_in_force() && scope.asks_by_itself()) {
            // The section's own place is taken by another one.
            let winner = scope.provider(Family::Require).filter(|winner| *winner != scope);
            twins.extend(
                winner.filter(|winner| winner.asks_by_itself()).map(|winner| Twins { loser: scope, winner }),
            );
            // It takes the place of one in the main server or in a directory's section.
            let outer = self.provided_by(scope.data().outer, Family::Require);
            let is_winner = scope.provider(Family::Require) == Some(scope);
            let loser =
                outer.filter(|outer| is_winner && outer.is_at_the_place_of(scope) && outer.asks_by_itself());
            twins.extend(loser.map(|loser| Twins { loser, winner: scope }));
            if scope.kind() == Kind::Files {
                let name = (
                    scope.parent().map(|parent| parent.id),
                    scope.title().to_ascii_lowercase().replace('"', ""),
                );
                if let Some(loser) = named.insert(name, scope) {
                    twins.push(Twins { loser, winner: scope });
                }
            }
        }
        twins
    }
}

impl Scope<'_> {
    fn asks_by_itself(self) -> bool {
        self.own_merging().is_none() && self.requires().any(|line| line.needs_a_user() && line.is_certain())
    }

    pub(in crate::model) fn is_at_the_place_of(self, other: Scope<'_>) -> bool {
        self != other
            && self.is_exact_place()
            && other.is_exact_place()
            && (self.directory().is_some() && self.directory() == other.directory()
                || self.url().is_some() && self.url() == other.url())
    }
}
