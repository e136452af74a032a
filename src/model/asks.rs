//! Who is asked for credentials, and by what.

use super::nginx::Family;
use super::{Directive, Kind, Scope};

/// `auth_basic` with its password file: only together they ask for anything (spec A1).
#[derive(Clone, Copy, Debug)]
pub struct Password<'s> {
    /// `auth_basic`, with the realm.
    pub realm: Directive<'s>,
    /// `auth_basic_user_file`.
    pub file: Directive<'s>,
}

/// Whether a request that comes to a scope has to bring credentials.
#[derive(Clone, Copy, Debug)]
pub enum Asks<'s> {
    /// Certainly not.
    Nothing,
    /// A user name and a password.
    Password(Password<'s>),
    /// Whatever `auth_request` asks for.
    Subrequest(Directive<'s>),
    /// Whatever another module asks for, such as `auth_jwt`.
    Other(Directive<'s>),
    /// It depends on something that is not known.
    Unknown,
}

impl<'s> Asks<'s> {
    /// The directive that asks, when it is certain that one does.
    #[must_use]
    pub fn by(self) -> Option<Directive<'s>> {
        match self {
            Asks::Password(password) => Some(password.realm),
            Asks::Subrequest(by) | Asks::Other(by) => Some(by),
            Asks::Nothing | Asks::Unknown => None,
        }
    }

    /// Whether it is certain that nothing asks.
    #[must_use]
    pub fn nothing(self) -> bool {
        matches!(self, Asks::Nothing)
    }
}

impl<'s> Scope<'s> {
    /// What a request has to bring to get past the access phase here (spec A1, A2, M3).
    #[must_use]
    pub fn asks(self) -> Asks<'s> {
        if let Some(password) = self.password() {
            return Asks::Password(password);
        }
        if let Some(by) = self.directive(Family::Subrequest).filter(|by| !by.is(0, "off")) {
            return Asks::Subrequest(by);
        }
        if let Some(by) = self.directive(Family::OtherAuth).filter(|by| !by.is(0, "off")) {
            return Asks::Other(by);
        }
        let is_off = |family| self.lacks(family) || self.directive(family).is_some_and(|by| by.is(0, "off"));
        let no_password = is_off(Family::Realm) || self.lacks(Family::UserFile);
        if no_password && is_off(Family::Subrequest) && is_off(Family::OtherAuth) && self.lacks(Family::AccessCode) {
            return Asks::Nothing;
        }
        Asks::Unknown
    }

    /// The password that is certainly asked for here.
    #[must_use]
    pub fn password(self) -> Option<Password<'s>> {
        let realm = self.directive(Family::Realm).filter(|realm| realm.literal(0).is_some_and(|realm| realm != "off"))?;
        Some(Password { realm, file: self.directive(Family::UserFile)? })
    }

    /// The directive in this very scope that makes it ask.
    #[must_use]
    pub fn own_asking(self) -> Option<Directive<'s>> {
        let by = self.asks().by()?;
        [Family::Realm, Family::UserFile, Family::Subrequest, Family::OtherAuth]
            .into_iter()
            .find(|&family| self.own(family).next().is_some() && family.asks_with(by))
            .map(|_| by)
    }

    /// The directives in this very scope that take away what is asked around it.
    pub fn exemptions(self) -> impl Iterator<Item = Directive<'s>> {
        [Family::Realm, Family::Subrequest, Family::OtherAuth]
            .into_iter()
            .flat_map(move |family| self.own(family))
            .filter(|directive| directive.is(0, "off"))
    }

    /// Whether anything in the scope or below it asks for credentials, or may do so.
    #[must_use]
    pub fn may_ask_anywhere(self) -> bool {
        std::iter::once(self).chain(self.descendants()).any(|scope| !scope.asks().nothing())
    }

    /// Whether requests from outside come here: not to named and `internal` locations.
    #[must_use]
    pub fn is_reached_from_outside(self) -> bool {
        match self.kind() {
            Kind::Location => {
                self.lacks(Family::Internal) && !self.location().is_some_and(|location| location.is_named())
            }
            Kind::If | Kind::LimitExcept => self.parent().is_none_or(Scope::is_reached_from_outside),
            _ => true,
        }
    }
}

impl Family {
    /// Whether a line of this family has a part in what `by` asks.
    fn asks_with(self, by: Directive<'_>) -> bool {
        self == by.name().family() || (self == Family::UserFile && by.name().family() == Family::Realm)
    }
}
