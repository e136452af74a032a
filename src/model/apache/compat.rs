//! `Order`, `Allow`, `Deny` and `Satisfy` of `mod_access_compat` (spec a95 to a100).

use super::Viewpoint;
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope};

/// Whether a visitor passes the rules of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    /// Certainly.
    Yes,
    /// Certainly not.
    No,
    /// It depends on the visitor, or on what is not known.
    Maybe,
}

impl<'s> Scope<'s> {
    /// The lines of a family of `mod_access_compat` that are in force here for a method.
    pub(super) fn compat_lines(self, family: Family, method: &str) -> Vec<Directive<'s>> {
        self.provider(family).map_or_else(Vec::new, |provider| provider.own_compat_lines(family, method))
    }

    /// The lines of a family of `mod_access_compat` in this very scope that are for a method.
    pub(crate) fn own_compat_lines(self, family: Family, method: &str) -> Vec<Directive<'s>> {
        let parts = self.compat_parts(Some(method)).into_iter();
        let mut lines: Vec<Directive<'s>> = parts.flat_map(|scope| scope.own(family)).collect();
        lines.sort_by_key(|line| line.span());
        lines
    }

    /// The scope and the containers in it whose lines belong to it: `<Limit>`, if it is for the method, and
    /// `<RequireAll>` and its like, where `Satisfy` is accepted (spec a79, a98).
    pub(super) fn compat_parts(self, method: Option<&str>) -> Vec<Scope<'s>> {
        let mut parts = vec![self];
        let mut at = 0;
        while let Some(part) = parts.get(at).copied() {
            at += 1;
            parts.extend(part.children().filter(|child| match child.kind() {
                Kind::Requirement => true,
                Kind::Limit => child.methods().zip(method).is_none_or(|(methods, m)| methods.include(m)),
                _ => false,
            }));
        }
        parts
    }

    /// The `Satisfy Any` that is in force here.
    #[must_use]
    pub fn satisfy_any(self) -> Option<Directive<'s>> {
        self.compat_lines(Family::Satisfy, "GET")
            .last()
            .copied()
            .filter(|line| line.literal(0).is_some_and(|word| word.eq_ignore_ascii_case("any")))
    }

    /// Whether `Satisfy Any` is in force here for a method: then who passes [`Scope::passes_compat`] is not
    /// asked for more (spec a97, a98). None where it is not known.
    #[must_use]
    pub fn satisfies_any(self, method: &str) -> Option<bool> {
        if !self.lacks(Family::Satisfy) && self.provider(Family::Satisfy).is_none() {
            return None;
        }
        let lines = self.compat_lines(Family::Satisfy, method);
        lines.last().map_or(Some(false), |line| Some(line.literal(0)?.eq_ignore_ascii_case("any")))
    }

    /// Whether a visitor passes `Order`, `Allow` and `Deny` here. Where none is written everybody does.
    #[must_use]
    pub fn passes_compat(self, method: &str, view: Viewpoint) -> Passes {
        if !self.lacks(Family::Rules) && self.provider(Family::Rules).is_none() {
            return Passes::Maybe;
        }
        Passes::by(&self.compat_lines(Family::Rules, method), &|line| matches(line, view))
    }
}

impl Passes {
    /// What `Order`, `Allow` and `Deny` lines come to, by whether each is about the visitor (spec a95).
    pub(crate) fn by(lines: &[Directive<'_>], judge: &dyn Fn(Directive<'_>) -> Passes) -> Passes {
        let order = lines.iter().rfind(|line| line.name() == Name::Order).and_then(|line| line.literal(0));
        let allows_last = !order.is_some_and(|order| {
            order.eq_ignore_ascii_case("allow,deny") || order.eq_ignore_ascii_case("mutual-failure")
        });
        let list = |name| lines.iter().filter(move |line| line.name() == name).map(|line| judge(*line));
        let allowed = any(list(Name::Allow));
        let denied = any(list(Name::Deny));
        match (allows_last, allowed, denied) {
            // deny,allow: who is not denied passes, and who is allowed all the same. allow,deny: who is
            // allowed passes, unless denied.
            (true, Passes::Yes, _) | (true, _, Passes::No) | (false, Passes::Yes, Passes::No) => Passes::Yes,
            (true, Passes::No, Passes::Yes) | (false, Passes::No, _) | (false, _, Passes::Yes) => Passes::No,
            _ => Passes::Maybe,
        }
    }
}

fn any(mut all: impl Iterator<Item = Passes>) -> Passes {
    all.try_fold(Passes::No, |so_far, one| match (so_far, one) {
        (_, Passes::Yes) => Err(Passes::Yes),
        (Passes::Maybe, _) | (_, Passes::Maybe) => Ok(Passes::Maybe),
        _ => Ok(Passes::No),
    })
    .unwrap_or_else(|yes| yes)
}

/// Whether an `Allow` or `Deny` line is about the visitor.
fn matches(line: Directive<'_>, view: Viewpoint) -> Passes {
    let words = line.arguments().skip(1);
    any(words.map(|word| match word.literal().as_deref() {
        Some(word) if word.eq_ignore_ascii_case("all") => Passes::Yes,
        Some(word) if word.starts_with("env=") => Passes::Maybe,
        Some(_) if view == Viewpoint::Stranger => Passes::No,
        _ => Passes::Maybe,
    }))
}
