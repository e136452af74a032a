//! Address rules of nginx beside a password, and what `satisfy` makes of them (spec X2, X5, C14).

use std::net::IpAddr;

use super::names::{Family, Name};
use super::{Asks, Cidr, Directive, Scope};

/// Address rules that keep strangers out.
#[derive(Clone, Copy, Debug)]
pub struct ClosedList<'s> {
    /// The `deny` that is about all who are left.
    pub by: Directive<'s>,
    /// The first `allow`; none where the list lets nobody in.
    pub allowed: Option<Directive<'s>>,
}

impl<'s> Scope<'s> {
    /// The address rules in force here, if they refuse everybody whom no `allow` names.
    #[must_use]
    pub fn closed_list(self) -> Option<ClosedList<'s>> {
        let mut allowed = None;
        for line in self.list(Family::Rules) {
            let whom = Cidr::new(&line.literal(0).filter(|_| line.is_certain())?)?;
            let is_all = matches!(whom, Cidr::All) || matches!(whom, Cidr::Range(IpAddr::V4(_), 0));
            match line.name() {
                Name::Deny if is_all => return Some(ClosedList { by: line, allowed }),
                Name::Allow if is_all => return None,
                Name::Allow => allowed = allowed.or(Some(line)),
                _ => {}
            }
        }
        None
    }

    /// The line with which this very scope is let off the password of the scope around it, where one check is enough
    /// there: then the rules for addresses are all that is left, and strangers pass nothing (spec X5).
    #[must_use]
    pub fn exempt_but_refused(self) -> Option<(Directive<'s>, ClosedList<'s>)> {
        let by = self.exemptions().next().filter(|_| self.asks().nothing() && self.answer().is_none())?;
        let satisfy = self.directive(Family::Satisfy).filter(|line| line.is(0, "any"))?;
        let is_own = |family| self.own(family).next().is_some();
        let is_left = !is_own(Family::Rules) && !is_own(Family::Satisfy) && self.is_reached_from_outside();
        let outer = self.parent()?;
        let was_enough = outer.directive(Family::Satisfy) == Some(satisfy) && outer.asks().by().is_some();
        let list = self.closed_list().filter(|_| is_left && was_enough && !self.is_subrequest_target())?;
        Some((by, list))
    }

    /// The password and the address rules of this very scope, where both have to be passed and no line says that this
    /// is meant.
    #[must_use]
    pub fn password_beside_closed_list(self) -> Option<(Directive<'s>, ClosedList<'s>)> {
        let Asks::Password(password) = self.asks() else { return None };
        let is_own = |family| self.own(family).next().is_some();
        let is_place = self.answer().is_none() && !self.is_subrequest_target();
        let is_here = is_own(Family::Rules) && (is_own(Family::Realm) || is_own(Family::UserFile));
        let list = self.closed_list().filter(|_| is_here && is_place && self.sees_none(Family::Satisfy))?;
        Some((password.by, list))
    }
}
