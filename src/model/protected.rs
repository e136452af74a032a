//! Prefix locations that ask for a password themselves, and locations beside them that do not.

use std::collections::{BTreeMap, HashMap};

use super::{Directive, Kind, Scope, Site};

/// For each server: its protected prefixes, by their path.
pub(super) type Protected = HashMap<u32, BTreeMap<String, u32>>;

/// A prefix location that asks.
#[derive(Clone, Copy, Debug)]
pub struct Area<'s> {
    /// The location.
    pub scope: Scope<'s>,
    /// What asks.
    pub by: Directive<'s>,
    /// Its path.
    pub prefix: &'s str,
}

impl Site<'_> {
    /// The locations of nginx where certainly nobody is asked, and nothing in them says that this is meant.
    pub fn open_locations(&self) -> impl Iterator<Item = Scope<'_>> {
        self.scopes_of(Kind::Location).filter(|scope| {
            !self.is_apache()
                && scope.asks().nothing()
                && scope.is_reached_from_outside()
                && scope.exemptions().next().is_none()
        })
    }

    fn find_protected(&self) -> Protected {
        let mut all = Protected::new();
        for scope in self.scopes_of(Kind::Location).filter(|scope| scope.own_asking().is_some()) {
            let location = scope.location().filter(|location| location.is_prefix());
            if let (Some(location), Some(server)) = (location, scope.data().server) {
                all.entry(server).or_default().entry(location.path.into_owned()).or_insert(scope.id);
            }
        }
        all
    }
}

impl<'s> Scope<'s> {
    /// The protected prefixes of its server.
    pub fn protected_areas(self) -> impl Iterator<Item = Area<'s>> {
        self.protected().into_iter().flatten().filter_map(move |(prefix, &id)| self.area(prefix, id))
    }

    /// Those whose path this location's path begins with, the longest first.
    pub fn protected_areas_around(self) -> impl Iterator<Item = Area<'s>> {
        let areas = self.protected();
        let path = self.location().map(|location| location.path.into_owned()).unwrap_or_default();
        let ends: Vec<usize> = path.char_indices().map(|(at, _)| at).skip(1).collect();
        ends.into_iter().rev().filter_map(move |end| {
            let (prefix, &id) = areas?.get_key_value(&path[..end])?;
            self.area(prefix, id)
        })
    }

    fn protected(self) -> Option<&'s BTreeMap<String, u32>> {
        let all = self.site.protected.get_or_init(|| self.site.find_protected());
        all.get(&self.data().server?)
    }

    fn area(self, prefix: &'s str, id: u32) -> Option<Area<'s>> {
        let scope = self.site.scope(id);
        Some(Area { scope, by: scope.own_asking()?, prefix })
    }
}
