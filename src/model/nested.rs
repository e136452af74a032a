//! Areas that ask for a password within other areas that ask for one.

use super::names::Family;
use super::{Directive, Kind, Location, PasswordFile, PathValue, Scope, Site};
use crate::userfile::Entry;

/// An area with a realm or a password file of its own, inside another that asks, too.
#[derive(Clone, Copy, Debug)]
pub struct Nested<'s> {
    /// The inner area.
    pub inner: Scope<'s>,
    /// The realm there.
    pub realm: Directive<'s>,
    /// The password file there.
    pub file: Directive<'s>,
    /// The realm around it.
    pub outer_realm: Directive<'s>,
    /// The password file around it.
    pub outer_file: Directive<'s>,
}

impl Nested<'_> {
    /// Whether both realms have the same name; none where one of them is not known.
    #[must_use]
    pub fn same_realm(&self) -> Option<bool> {
        Some(self.realm.literal(0)? == self.outer_realm.literal(0)?)
    }

    /// Whether the same password file is opened in both; none where one of them is not known.
    #[must_use]
    pub fn same_file(&self) -> Option<bool> {
        same_file(self.file, self.outer_file)
    }

    /// Whether everybody who gets into the inner area certainly gets into the outer one with the same password.
    #[must_use]
    pub fn same_people(&self) -> bool {
        same_people(self.file, self.outer_file)
    }
}

/// Whether two lines name the same password file; none where that is not known.
pub(super) fn same_file(one: Directive<'_>, other: Directive<'_>) -> Option<bool> {
    if one == other {
        return Some(true);
    }
    let path = |directive| PasswordFile { directive, candidate: None }.path();
    match (path(one), path(other)) {
        (PathValue::Absolute(one), PathValue::Absolute(other))
        | (PathValue::Relative(one), PathValue::Relative(other)) => Some(one == other),
        _ => None,
    }
}

/// Whether both files were read, and everybody in the one is in the other with the same password.
pub(super) fn same_people(one: Directive<'_>, other: Directive<'_>) -> bool {
    let users = |directive| PasswordFile { directive, candidate: None }.users();
    let (Some(one), Some(other)) = (users(one), users(other)) else { return false };
    let name = |entry: Entry<'_>| std::str::from_utf8(entry.name()).ok().map(str::to_owned);
    let is_there = |entry: Entry<'_>| {
        let found = name(entry).and_then(|name| other.find(&name).map(Entry::hash));
        found == Some(entry.hash())
    };
    !one.is_empty() && one.entries().all(is_there)
}

impl Site<'_> {
    /// The areas with a realm or a password file of their own for which another password is asked around
    /// them, in the order of the text.
    #[must_use]
    pub fn nested_passwords(&self) -> Vec<Nested<'_>> {
        let has_own = |scope: &Scope<'_>| {
            let mut families = [Family::Realm, Family::UserFile].into_iter();
            !scope.is_conditional() && families.any(|family| scope.own(family).next().is_some())
        };
        let areas = self.places().chain(self.scopes_of(Kind::Htaccess)).filter(has_own);
        let found =
            areas.filter_map(
                |scope| {
                    if self.is_apache() { scope.nested_section() } else { scope.nested_location() }
                },
            );
        found.collect()
    }
}

/// More locations than this are not compared with one.
const MOST_LOCATIONS: usize = 200;

/// A realm and a password file with which a place asks.
type Prompt<'s> = (Directive<'s>, Directive<'s>);

impl<'s> Scope<'s> {
    /// What asks for a password here: the realm and the file.
    fn prompt(self) -> Option<Prompt<'s>> {
        let super::Asks::Password(password) = self.asks() else { return None };
        Some((self.directive(Family::Realm)?, password.file))
    }

    /// The area around a location is the longest prefix that asks and covers it, wherever that is written; for
    /// an expression, `/`. Without one it is the block around.
    fn nested_location(self) -> Option<Nested<'s>> {
        let (realm, file) = self.prompt().filter(|_| self.is_reached_from_outside())?;
        let location = self.location().filter(|location| !self.is_shadowed(location))?;
        let is_expression = location.is_regex();
        // `/admin` answers for `/admin-api/`, too, but nobody takes the one for a part of the other.
        let is_around = |prefix: &str| {
            let rest = location.path.strip_prefix(prefix);
            rest.is_some_and(|rest| prefix.ends_with('/') || rest.starts_with('/'))
        };
        let mut areas = self.protected_areas_around();
        let around = areas.find(|area| area.scope != self && is_around(area.prefix)).map(|area| area.scope);
        let root = || self.protected_areas().find(|area| area.prefix == "/").map(|area| area.scope);
        let written = self.parent().filter(|outer| matches!(outer.kind(), Kind::Location | Kind::Server));
        let by_path = if is_expression { root() } else { around };
        let within = written.filter(|outer| outer.kind() == Kind::Location).filter(|_| is_expression);
        let outer = within.or(by_path).or(written)?;
        let (outer_realm, outer_file) = outer.prompt().filter(|_| outer.answers_itself())?;
        Some(Nested { inner: self, realm, file, outer_realm, outer_file })
    }

    /// Whether the same expression stands before this one, which then never matches (spec S8).
    fn is_shadowed(self, location: &Location<'_>) -> bool {
        let before = self.parent().into_iter().flat_map(Scope::children).take_while(|other| *other != self);
        location.is_regex()
            && before.take(MOST_LOCATIONS).any(|other| other.location().as_ref() == Some(location))
    }

    /// Whether some request is asked what stands in the scope: not in a server of which all is said in its
    /// locations.
    fn answers_itself(self) -> bool {
        let is_root =
            |place: Scope<'_>| place.location().is_some_and(|place| place.is_prefix() && place.path == "/");
        let realm = self.provider(Family::Realm);
        self.kind() != Kind::Server
            || !self.children().any(is_root)
            || self.descendants().any(|place| {
                place.kind() == Kind::Location
                    && place.provider(Family::Realm) == realm
                    && place.is_reached_from_outside()
            })
    }

    /// What would be asked here without the section's own lines. Other `Require` lines let other people in:
    /// then another realm is right.
    fn nested_section(self) -> Option<Nested<'s>> {
        let (realm, file) = self.prompt().filter(|_| self.is_in_force())?;
        let is_basic =
            |line: Option<Directive<'_>>| line.is_some_and(|line| line.is_ignoring_case(0, "basic"));
        let outer = |family| self.outer_provider(family)?.own(family).last();
        let (outer_realm, outer_file) = (outer(Family::Realm)?, outer(Family::UserFile)?);
        let asked = self.outer_asking_line()?;
        // Two sections for one place are another matter.
        let is_around = |outer: Scope<'s>| outer != self && !outer.is_at_the_place_of(self);
        self.outer_provider(Family::Require).filter(|outer| is_around(*outer))?;
        let by = self.asking_line().filter(|_| is_basic(self.directive(Family::Scheme)))?;
        let same_people = by.same_as(asked);
        (same_people && is_basic(outer(Family::Scheme)) && self.outer_provider(Family::Require) != Some(self))
            .then_some(Nested { inner: self, realm, file, outer_realm, outer_file })
    }
}
