//! `AllowOverride`: what a `.htaccess` may say, and what becomes of it (spec a33 to a39).

use crate::model::names::{Family, INHERITED, Name};
use crate::model::{Directive, Kind, Scope, ScopeRef};

/// The classes of directives that `AllowOverride` permits, as far as access goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is a word of the directive
pub struct Overrides {
    /// `AuthType`, `Require`, `Satisfy` and their like.
    pub auth_config: bool,
    /// Order, Allow, Deny.
    pub limit: bool,
    /// Anything at all: then the files are read.
    pub any: bool,
    /// `Nonfatal=Override`: what is not permitted is passed over in silence.
    pub skips: bool,
}

/// What becomes of a `.htaccess`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HtaccessState<'s> {
    /// All it says about access is in force.
    Read,
    /// `AllowOverride None`: it is not even opened.
    Ignored(Directive<'s>),
    /// A directive is not permitted: every request below ends in 500.
    Refused {
        /// `AllowOverride`.
        by: Directive<'s>,
        /// The first directive that is not permitted.
        line: Directive<'s>,
    },
    /// A directive is not permitted and passed over in silence.
    Skipped {
        /// `AllowOverride`.
        by: Directive<'s>,
        /// The first directive that is not permitted.
        line: Directive<'s>,
    },
    /// It depends on what is not at hand.
    Unknown,
}

/// What the `.htaccess` files of a directory and those above it come to, as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnTheWay {
    /// Each is in force, or not read at all.
    #[default]
    Fine,
    /// It depends on what is not at hand what becomes of one.
    Unknown,
    /// One has a directive that is not permitted: every request ends in 500.
    Refused,
}

/// What an `AllowOverride` line permits.
pub(super) fn permitted(line: Directive<'_>) -> Option<Overrides> {
    let mut all = Overrides::default();
    for word in line.arguments() {
        let word = word.literal()?.to_ascii_lowercase();
        match word.as_str() {
            "none" => {}
            "all" => all = Overrides { auth_config: true, limit: true, any: true, ..all },
            "authconfig" => all = Overrides { auth_config: true, any: true, ..all },
            "limit" => all = Overrides { limit: true, any: true, ..all },
            "nonfatal=override" | "nonfatal=all" => all.skips = true,
            _ => all.any = true,
        }
    }
    Some(all)
}

/// What is said about access.
const FAMILIES: &[Family] = &[
    Family::Scheme,
    Family::Realm,
    Family::UserFile,
    Family::GroupFile,
    Family::Provider,
    Family::Require,
    Family::Merging,
    Family::Satisfy,
    Family::Rules,
];

impl<'s> Scope<'s> {
    /// What becomes of this `.htaccess`.
    #[must_use]
    pub fn htaccess_state(self) -> Option<HtaccessState<'s>> {
        if self.kind() != Kind::Htaccess {
            return None;
        }
        let apache = self.site.apache.as_ref()?;
        let before = apache.htaccess.get(&self.id)?.before;
        Some(self.find_state(self.site.policies.get(before as usize)?, &apache.conditions))
    }

    /// What becomes of the `.htaccess` files on the way to the place that the scope stands for.
    #[must_use]
    pub fn htaccess_on_the_way(self) -> OnTheWay {
        let place = self.site.apache.as_ref().and_then(|apache| apache.places.get(self.id as usize));
        place.map_or(OnTheWay::Unknown, |place| place.on_the_way)
    }

    /// `before` is what is in force in the directory without the file.
    pub(super) fn find_state(self, before: &[ScopeRef; INHERITED], conditions: &[u32]) -> HtaccessState<'s> {
        let Some(by) = self.site.provided(before, Family::Override) else { return HtaccessState::Unknown };
        let Some(permitted) = permitted(by) else { return HtaccessState::Unknown };
        // A list of single directives is rare; what it permits is not followed.
        if self.site.provided(before, Family::OverrideList).is_some() {
            return HtaccessState::Unknown;
        }
        // With `Nonfatal` even `None` has the file read (seen on 2.4.71).
        if !permitted.any && !permitted.skips {
            return HtaccessState::Ignored(by);
        }
        match self.not_permitted(permitted, conditions, true) {
            None if self.not_permitted(permitted, conditions, false).is_some() => HtaccessState::Unknown,
            None => HtaccessState::Read,
            Some(line) if permitted.skips => HtaccessState::Skipped { by, line },
            Some(line) => HtaccessState::Refused { by, line },
        }
    }

    /// Whether `Nonfatal` passes over some directives of this `.htaccess` and leaves others (spec a38), or
    /// leaves traces of those: one of `mod_access_compat` takes away what is inherited even so (seen on
    /// 2.4.71, cf. spec a62).
    pub(super) fn is_read_in_part(self, before: &[ScopeRef; INHERITED]) -> bool {
        let by = self.site.provided(before, Family::Override);
        let permitted = by.and_then(permitted).unwrap_or_default();
        let leaves_something = |line: Directive<'_>| match line.name() {
            Name::Order
            | Name::Allow
            | Name::Deny
            | Name::Satisfy
            | Name::AuthUserFile
            | Name::AuthGroupFile => true,
            _ => permitted.auth_config,
        };
        permitted.skips && self.access_lines().into_iter().any(leaves_something)
    }

    /// The first directive about access in this `.htaccess` that is not permitted; of those that are
    /// certainly there, or of the others.
    fn not_permitted(
        self,
        permitted: Overrides,
        conditions: &[u32],
        is_certain: bool,
    ) -> Option<Directive<'s>> {
        let is_there = |scope: &Scope<'s>| conditions.get(scope.id as usize) == Some(&0);
        let is_sure = |scope: Scope<'s>| {
            let inside = std::iter::once(scope).chain(scope.ancestors()).take_while(|outer| *outer != self);
            inside.into_iter().all(|scope| is_there(&scope))
        };
        let scopes = std::iter::once(self).chain(self.descendants());
        let lines = scopes.flat_map(|scope| {
            let is_sure = is_sure(scope);
            let lines = FAMILIES.iter().flat_map(move |&family| scope.own(family));
            lines.filter(move |line| (line.is_certain() && is_sure) == is_certain)
        });
        let mut lines: Vec<Directive<'s>> = lines.collect();
        lines.sort_by_key(|line| line.span());
        lines.into_iter().find(|line| match line.name() {
            Name::Order | Name::Allow | Name::Deny => !permitted.limit,
            _ => !permitted.auth_config,
        })
    }

    /// The directives about access in this scope and the sections in it, in the order of the text.
    #[must_use]
    pub fn access_lines(self) -> Vec<Directive<'s>> {
        let scopes = std::iter::once(self).chain(self.descendants());
        let mut lines: Vec<Directive<'s>> =
            scopes.flat_map(|scope| FAMILIES.iter().flat_map(move |&family| scope.own(family))).collect();
        lines.sort_by_key(|line| line.span());
        lines
    }
}

impl Scope<'_> {
    /// Whether this is a `.htaccess` or a section in one.
    #[must_use]
    pub fn is_in_htaccess(self) -> bool {
        std::iter::once(self).chain(self.ancestors()).any(|scope| scope.kind() == Kind::Htaccess)
    }

    /// Whether what the scope says is applied at all: not in a `.htaccess` that is not read or refused.
    #[must_use]
    pub fn is_in_force(self) -> bool {
        let file = std::iter::once(self).chain(self.ancestors()).find(|scope| scope.kind() == Kind::Htaccess);
        let state = file.and_then(Scope::htaccess_state);
        matches!(state, None | Some(HtaccessState::Read | HtaccessState::Unknown))
    }

    /// Whether `AllowOverride` lets a `.htaccess` ask for a login here.
    #[must_use]
    pub fn lets_htaccess_ask(self) -> bool {
        let by = self.directive(Family::Override);
        by.and_then(permitted).is_some_and(|permitted| permitted.auth_config)
    }

    /// Whether a `.htaccess` that is not at hand may add to what this section says.
    #[must_use]
    pub fn may_be_completed_below(self) -> bool {
        if self.kind() != Kind::Directory || self.site.config.installed {
            return false;
        }
        let Some(by) = self.directive(Family::Override) else { return !self.lacks(Family::Override) };
        let files = self.site.scopes_of(Kind::Htaccess);
        let is_at_hand = self.directory().is_some_and(|directory| {
            files.filter_map(Scope::directory).any(|file| file.starts_with(directory))
        });
        !is_at_hand && permitted(by).is_none_or(|permitted| permitted.auth_config)
    }
}
