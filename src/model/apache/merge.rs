//! How the sections that apply to a place merge (spec a54, a59 to a66).

use std::collections::HashMap;

use crate::model::names::{Family, INHERITED};
use crate::model::{NOBODY, ScopeRef, Site, UNKNOWN};
use crate::source::offset;

/// The number of a policy.
pub type PolicyId = u32;
/// The number of a [`Merged`].
pub type MergedId = u32;

/// Nothing is set.
pub const EMPTY: PolicyId = 0;
/// Nothing is known.
pub const UNKNOWN_POLICY: PolicyId = 1;

/// No policy has this number.
const NO_POLICY: PolicyId = PolicyId::MAX;

/// What `AuthMerging` says (spec a63).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Merging {
    /// The section replaces what is outside.
    #[default]
    Off,
    And,
    Or,
}

/// The `Require` lines of one or several sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    Nothing,
    Unknown,
    /// Those of one section.
    Own(ScopeRef),
    All(MergedId, MergedId),
    Any(MergedId, MergedId),
}

const NOTHING: MergedId = 0;

/// What `mod_access_compat` takes away together (spec a62).
const COMPAT: [Family; 2] = [Family::Rules, Family::Satisfy];

/// What a policy holds of `mod_authz_core`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authz {
    pub requires: MergedId,
    /// What the last section said; none where it said nothing of it.
    pub merging: Option<Merging>,
}

/// The policies that were made, each merge once.
#[derive(Debug)]
pub struct Tables {
    /// For each policy and each inherited family: the scope whose lines are in force.
    pub policies: Vec<[ScopeRef; INHERITED]>,
    /// For each policy: what its `Require` lines hold.
    pub authz: Vec<Authz>,
    /// How the `Require` lines of several sections are put together.
    pub requirements: Vec<Merged>,
    /// For each scope, the ground it was last put on and what came of it; earlier ones are in `applied`.
    last: Vec<(PolicyId, PolicyId)>,
    applied: HashMap<(PolicyId, ScopeRef), PolicyId>,
    overlaid: HashMap<(PolicyId, PolicyId), PolicyId>,
    own: HashMap<ScopeRef, MergedId>,
}

impl Tables {
    pub fn new(scopes: usize) -> Self {
        Tables {
            policies: vec![[NOBODY; INHERITED], [UNKNOWN; INHERITED]],
            authz: vec![Authz::default(), Authz { requires: 1, merging: None }],
            requirements: vec![Merged::Nothing, Merged::Unknown],
            last: vec![(NO_POLICY, NO_POLICY); scopes],
            applied: HashMap::new(),
            overlaid: HashMap::new(),
            own: HashMap::new(),
        }
    }
}

/// Makes policies.
pub struct Merger<'t, 's> {
    site: &'t Site<'s>,
    tables: &'t mut Tables,
}

impl<'t, 's> Merger<'t, 's> {
    pub fn new(site: &'t Site<'s>, tables: &'t mut Tables) -> Self {
        Merger { site, tables }
    }

    pub fn site(&self) -> &'t Site<'s> {
        self.site
    }

    /// What is in force in a policy.
    pub fn row(&self, policy: PolicyId) -> &[ScopeRef; INHERITED] {
        &self.tables.policies[policy as usize]
    }

    /// Puts the lines of a section on top of a policy.
    pub fn apply(&mut self, base: PolicyId, scope: ScopeRef) -> PolicyId {
        // Mostly a section stands on the same ground as the time before.
        if let Some(&(last, policy)) = self.tables.last.get(scope as usize)
            && last == base
        {
            return policy;
        }
        let policy = match self.tables.applied.get(&(base, scope)) {
            Some(&known) => known,
            None => self.find_applied(base, scope),
        };
        if let Some(last) = self.tables.last.get_mut(scope as usize) {
            let (base, policy) = std::mem::replace(last, (base, policy));
            if base != NO_POLICY {
                self.tables.applied.insert((base, scope), policy);
            }
        }
        policy
    }

    fn find_applied(&mut self, base: PolicyId, id: ScopeRef) -> PolicyId {
        let inherited = self.own_families(id);
        let requires = self.own_requires(id);
        let merging = self.site.scope(id).own_merging();
        let is_unsure = self.site.scope(id).own(Family::Merging).any(|line| !line.is_certain());
        let is_unknown = self.site.scopes[id as usize].unknown_inside && id != 0;
        if inherited.is_empty() && requires == NOTHING && merging.is_none() && !is_unknown && !is_unsure {
            return base;
        }
        let mut policy = if is_unknown { [UNKNOWN; INHERITED] } else { self.tables.policies[base as usize] };
        for &(family, is_certain) in &inherited {
            policy[family as usize] = if is_certain { id } else { UNKNOWN };
        }
        // Any of the four directives of mod_access_compat takes away all that is inherited of them
        // (spec a62).
        let compat = inherited.iter().filter(|(family, _)| COMPAT.contains(family));
        if let Some(is_certain) = compat.map(|(_, is_certain)| *is_certain).reduce(|a, b| a && b) {
            for family in COMPAT {
                policy[family as usize] = if is_certain { id } else { UNKNOWN };
            }
        }
        let outer = self.tables.authz[base as usize];
        let authz = if is_unsure || is_unknown && requires == NOTHING {
            Authz { requires: 1, merging: None }
        } else if requires == NOTHING && merging.is_none() {
            outer
        } else {
            Authz { requires: self.merge(outer.requires, requires, merging), merging }
        };
        // The whole list counts: containers and `<Limit>` are a part of it.
        if is_unsure {
            policy[Family::Require as usize] = UNKNOWN;
        } else if requires != NOTHING {
            policy[Family::Require as usize] =
                if self.tables.requirements[requires as usize] == Merged::Unknown { UNKNOWN } else { id };
        } else if merging == Some(Merging::Off) {
            policy[Family::Require as usize] = NOBODY;
        }
        self.add(policy, authz)
    }

    /// The inherited families that a section has lines of, and whether what they say is certain: of a
    /// list every line counts, of the others the last.
    fn own_families(&self, id: ScopeRef) -> Vec<(Family, bool)> {
        let mut families: Vec<(Family, bool)> = Vec::new();
        let scope = self.site.scope(id);
        let limits = scope.compat_parts(None).into_iter().skip(1);
        let limited: Vec<_> =
            limits.flat_map(|limit| COMPAT.into_iter().flat_map(move |f| limit.own(f))).collect();
        for line in scope.own_all().chain(limited) {
            let (family, is_certain) = (line.name().family(), line.is_certain());
            if family >= Family::Handler || family == Family::Require {
                continue;
            }
            match families.iter_mut().find(|(known, _)| *known == family) {
                Some((_, known)) if family == Family::Rules => *known &= is_certain,
                Some((_, known)) => *known = is_certain,
                None => families.push((family, is_certain)),
            }
        }
        families
    }

    /// Puts a section on top that may not be there: what it sets is not known then.
    pub fn maybe_apply(&mut self, base: PolicyId, id: ScopeRef) -> PolicyId {
        let applied = self.apply(base, id);
        if applied == base {
            return base;
        }
        let (before, after) = (self.tables.policies[base as usize], self.tables.policies[applied as usize]);
        let mut policy = before;
        for (place, value) in policy.iter_mut().zip(after) {
            if *place != value {
                *place = UNKNOWN;
            }
        }
        let (outer, inner) = (self.tables.authz[base as usize], self.tables.authz[applied as usize]);
        let authz = if outer == inner { outer } else { Authz { requires: 1, merging: None } };
        self.add(policy, authz)
    }

    fn add(&mut self, policy: [ScopeRef; INHERITED], authz: Authz) -> PolicyId {
        self.tables.policies.push(policy);
        self.tables.authz.push(authz);
        offset(self.tables.policies.len() - 1)
    }

    /// Puts the result of one group of sections on top of another (spec a64).
    pub fn overlay(&mut self, base: PolicyId, group: PolicyId) -> PolicyId {
        if group == EMPTY {
            return base;
        }
        if base == EMPTY {
            return group;
        }
        if let Some(&known) = self.tables.overlaid.get(&(base, group)) {
            return known;
        }
        let mut policy = self.tables.policies[base as usize];
        let upper = self.tables.policies[group as usize];
        for (place, value) in policy.iter_mut().zip(upper) {
            if value != NOBODY {
                *place = value;
            }
        }
        if COMPAT.into_iter().any(|family| upper[family as usize] != NOBODY) {
            for family in COMPAT {
                policy[family as usize] = upper[family as usize];
            }
        }
        let (outer, inner) = (self.tables.authz[base as usize], self.tables.authz[group as usize]);
        let authz = if inner.requires == NOTHING && inner.merging.is_none() {
            outer
        } else {
            // `AuthMerging Off` alone takes away what was required (spec a63).
            if inner.requires == NOTHING && inner.merging == Some(Merging::Off) {
                policy[Family::Require as usize] = NOBODY;
            }
            Authz {
                requires: self.merge(outer.requires, inner.requires, inner.merging),
                merging: inner.merging,
            }
        };
        let policy = self.add(policy, authz);
        self.tables.overlaid.insert((base, group), policy);
        policy
    }

    fn merge(&mut self, base: MergedId, new: MergedId, merging: Option<Merging>) -> MergedId {
        let merged = match merging.unwrap_or_default() {
            Merging::Off => return new,
            _ if base == NOTHING => return new,
            _ if new == NOTHING => return base,
            Merging::And => Merged::All(base, new),
            Merging::Or => Merged::Any(base, new),
        };
        self.tables.requirements.push(merged);
        offset(self.tables.requirements.len() - 1)
    }

    fn own_requires(&mut self, id: ScopeRef) -> MergedId {
        if let Some(&known) = self.tables.own.get(&id) {
            return known;
        }
        let requires = self.find_own_requires(id);
        self.tables.own.insert(id, requires);
        requires
    }

    fn find_own_requires(&mut self, id: ScopeRef) -> MergedId {
        let scope = self.site.scope(id);
        let merged = match scope.own_requirement_lines() {
            None => return NOTHING,
            Some(true) => Merged::Own(id),
            Some(false) => Merged::Unknown,
        };
        self.tables.requirements.push(merged);
        offset(self.tables.requirements.len() - 1)
    }
}
