//! Settings of nginx that are looked up by their names: what is in force of them in a scope.

use super::names::Family;
use super::{Directive, Scope};

/// What is in force of a setting.
#[derive(Clone, Debug)]
pub enum Setting<'s> {
    /// These lines, all of one scope; there is at least one.
    Lines(Vec<Directive<'s>>),
    /// It is not set.
    Unset,
    /// It depends on something that is not known.
    Unknown,
}

impl<'s> Setting<'s> {
    /// The lines; none where there are none, or they are not known.
    #[must_use]
    pub fn lines(self) -> Vec<Directive<'s>> {
        match self {
            Setting::Lines(lines) => lines,
            Setting::Unset | Setting::Unknown => Vec::new(),
        }
    }

    /// Whether the last line certainly says this one word.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Setting::Lines(lines) if lines.last().is_some_and(|line| line.is(0, word)))
    }

    /// Whether it is certain that nothing sets it.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        matches!(self, Setting::Unset)
    }

    /// Whether it is not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Setting::Unknown)
    }
}

impl<'s> Scope<'s> {
    /// The lines of a setting that are in force here: those of the innermost scope that has any (as for
    /// all of nginx's lists, spec U4).
    #[must_use]
    pub fn setting(self, name: &str) -> Setting<'s> {
        for scope in std::iter::once(self).chain(self.ancestors()) {
            let own = scope.own(Family::Setting).filter(|line| line.name_text() == name);
            let lines: Vec<Directive<'s>> = own.collect();
            if !scope.is_wholly_known() {
                return Setting::Unknown;
            }
            if !lines.is_empty() {
                return Setting::Lines(lines);
            }
        }
        Setting::Unset
    }
}
