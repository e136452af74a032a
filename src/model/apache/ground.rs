//! What a single request stands on: the sections that apply to it, and what they merge to.
//!
//! The merging is that of the places, see [`super::merge`]; here it is asked for the sections that a
//! request really comes by.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::lookup::Lookup;
use super::merge::{EMPTY, Merged, Merger, PolicyId, Tables};
use super::require::Judge;
use super::serving::{Served, Serving};
use super::{Outcomes, OverrideRules};
use crate::model::names::{Family, INHERITED, Name};
use crate::model::{Directive, Kind, NOBODY, Scope, ScopeRef, Site, UNKNOWN};

/// The sections that a request comes by, in the order of application (spec a54).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sections {
    /// The server that answers.
    pub server: ScopeRef,
    /// `<Directory>` and `.htaccess`; for a request that is passed on, `<Proxy>`.
    pub directories: Vec<ScopeRef>,
    /// `<Files>`.
    pub files: Vec<ScopeRef>,
    /// `<Location>`.
    pub locations: Vec<ScopeRef>,
    /// `<If>`, `<ElseIf>`, `<Else>`: those in no other one, then those in them, and so on.
    pub ifs: Vec<Vec<ScopeRef>>,
}

/// What they merge to.
#[derive(Debug)]
pub struct Ground<'s> {
    /// The servers and the sections, in the order of application.
    pub scopes: Vec<Scope<'s>>,
    site: &'s Site<'s>,
    row: [ScopeRef; INHERITED],
    requirements: Vec<Merged>,
    /// What makes all of it uncertain.
    pub doubt: Option<String>,
}

/// All that was worked out for earlier requests.
#[derive(Debug)]
pub struct Grounds<'s> {
    site: &'s Site<'s>,
    servers: &'s HashMap<u32, Serving>,
    /// The `.htaccess` of each directory.
    htaccess: HashMap<OsString, ScopeRef>,
    tables: Mutex<Tables>,
    known: Mutex<HashMap<Sections, Arc<Ground<'s>>>>,
    presumes_outside: bool,
}

/// More grounds than this are not kept.
const MOST_KNOWN: usize = 50_000;

impl<'s> Grounds<'s> {
    /// None where the site is none of Apache.
    #[must_use]
    pub fn new(site: &'s Site<'s>) -> Option<Self> {
        let apache = site.apache.as_ref()?;
        let htaccess = apache.htaccess.keys().filter_map(|&id| {
            let directory = apache.places.get(id as usize)?.directory.clone()?;
            Some((directory.into_os_string(), id))
        });
        Some(Grounds {
            site,
            servers: &apache.servers,
            htaccess: htaccess.collect(),
            tables: Mutex::new(Tables::new(site.scopes.len())),
            known: Mutex::default(),
            presumes_outside: false,
        })
    }

    /// The same, but what stands around a part of a configuration is taken to say nothing.
    #[must_use]
    pub fn presuming_outside(mut self, presumes: bool) -> Self {
        self.presumes_outside = presumes;
        self
    }

    /// Which sections match.
    #[must_use]
    pub(crate) fn lookup(&self) -> Lookup<'s, 's> {
        Lookup { site: self.site, servers: self.servers }
    }

    /// What a server serves.
    pub(crate) fn served(&self, server: ScopeRef) -> Option<Served<'s>> {
        self.lookup().served(server)
    }

    /// The `.htaccess` of a directory.
    #[must_use]
    pub fn htaccess_of(&self, directory: &Path) -> Option<Scope<'s>> {
        self.htaccess.get(directory.as_os_str()).map(|&id| self.site.scope(id))
    }

    /// The scope of a number.
    #[must_use]
    pub fn scope(&self, id: ScopeRef) -> Scope<'s> {
        self.site.scope(id)
    }

    /// The policy of a section on top of another one, to ask for `AllowOverride` on the way.
    #[must_use]
    pub fn apply(&self, base: PolicyId, id: ScopeRef) -> PolicyId {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Merger::new(self.site, &mut tables).apply(base, id)
    }

    /// What a `.htaccess` may say in a directory where this is in force.
    #[must_use]
    pub fn overrides(&self, policy: PolicyId) -> OverrideRules<'s> {
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let row = &tables.policies[policy as usize];
        OverrideRules::of(self.site, row)
    }

    /// What sections merge to.
    #[must_use]
    pub fn merge(&self, sections: &Sections) -> Arc<Ground<'s>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sections).cloned();
        known.unwrap_or_else(|| {
            let ground = Arc::new(self.merged(sections));
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= MOST_KNOWN {
                known.clear();
            }
            known.insert(sections.clone(), ground.clone());
            ground
        })
    }

    fn merged(&self, sections: &Sections) -> Ground<'s> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let mut merger = Merger::new(self.site, &mut tables);
        let mut policy = EMPTY;
        for &id in &sections.directories {
            policy = merger.apply(policy, id);
        }
        let groups = [&sections.files, &sections.locations].into_iter().chain(&sections.ifs);
        for group in groups.clone() {
            let folded = group.iter().fold(EMPTY, |folded, &id| merger.apply(folded, id));
            policy = merger.overlay(policy, folded);
        }
        let servers = [0, sections.server].into_iter().take(1 + usize::from(sections.server != 0));
        let all = servers.chain([&sections.directories].into_iter().chain(groups).flatten().copied());
        let scopes: Vec<Scope<'s>> = all.map(|id| self.site.scope(id)).collect();
        let row = tables.policies[policy as usize];
        let requirements = part_of(&tables.requirements, tables.authz[policy as usize].requires);
        let doubt = scopes.iter().find_map(|scope| scope.doubt(self.presumes_outside && scope.id == 0));
        Ground { scopes, site: self.site, row, requirements, doubt }
    }
}

/// One requirement and those that it is made of, renumbered; it is the last of them.
fn part_of(all: &[Merged], top: u32) -> Vec<Merged> {
    let mut wanted = vec![top];
    let mut at = 0;
    while let Some(&id) = wanted.get(at) {
        if let Some(Merged::All(a, b) | Merged::Any(a, b)) = all.get(id as usize) {
            wanted.extend([*a, *b]);
        }
        at += 1;
    }
    wanted.sort_unstable();
    wanted.dedup();
    let place = |id: u32| crate::source::offset(wanted.binary_search(&id).unwrap_or(0));
    let moved = |id: &u32| match all.get(*id as usize).copied().unwrap_or(Merged::Unknown) {
        Merged::All(a, b) => Merged::All(place(a), place(b)),
        Merged::Any(a, b) => Merged::Any(place(a), place(b)),
        other => other,
    };
    wanted.iter().map(moved).collect()
}

impl<'s> Ground<'s> {
    /// The section whose lines of a family are in force.
    #[must_use]
    pub fn provider(&self, family: Family) -> Option<Scope<'s>> {
        match *self.row.get(family as usize)? {
            NOBODY | UNKNOWN => None,
            id => Some(self.site.scope(id)),
        }
    }

    /// The line of a family that is in force.
    #[must_use]
    pub fn line(&self, family: Family) -> Option<Directive<'s>> {
        self.provider(family)?.own(family).last()
    }

    /// All lines of a family, in the order of application.
    pub fn lines(&self, family: Family) -> impl Iterator<Item = Directive<'s>> {
        self.scopes.iter().flat_map(move |scope| scope.own(family))
    }

    /// The lines of a setting in the last section that has any.
    #[must_use]
    pub fn setting(&self, name: &str) -> Vec<Directive<'s>> {
        let lines = |scope: &Scope<'s>| -> Vec<Directive<'s>> {
            scope.own(Family::Setting).filter(|line| line.is_named(name)).collect()
        };
        self.scopes.iter().rev().map(lines).find(|lines| !lines.is_empty()).unwrap_or_default()
    }

    /// The last line of a setting.
    #[must_use]
    pub fn last_setting(&self, name: &str) -> Option<Directive<'s>> {
        self.setting(name).last().copied()
    }

    /// Whether there is any `Require` line.
    #[must_use]
    pub fn has_requirements(&self) -> bool {
        !matches!(self.requirements.last(), None | Some(Merged::Nothing))
    }

    /// The sections whose `Require` lines count.
    pub fn requiring(&self) -> impl Iterator<Item = Scope<'s>> {
        let own = self.requirements.iter().filter_map(|merged| match merged {
            Merged::Own(id) => Some(*id),
            _ => None,
        });
        own.map(|id| self.site.scope(id))
    }

    /// What the `Require` lines come to for a method, by what each line comes to.
    #[must_use]
    pub fn outcome(&self, method: &str, judge: &Judge<'_>) -> Outcomes {
        let top = crate::source::offset(self.requirements.len().saturating_sub(1));
        self.site.judged(&self.requirements, top, method, judge)
    }
}

impl Directive<'_> {
    /// Whether it is written with this name; case does not count.
    #[must_use]
    pub fn is_named(self, name: &str) -> bool {
        self.name_word().eq_ignore_ascii_case(name)
    }
}

impl<'s> Scope<'s> {
    /// Its number.
    #[must_use]
    pub fn number(self) -> ScopeRef {
        self.id
    }

    /// What makes it uncertain what the scope says, as a clause; what it has besides the lines at hand counts for
    /// nothing where that is presumed.
    fn doubt(self, is_presumed: bool) -> Option<String> {
        let is_server = matches!(self.kind(), Kind::Main | Kind::Server | Kind::Snippet);
        if !self.is_wholly_known() && !is_presumed {
            return Some(format!("not all of `{}` is at hand", self.title()));
        }
        if !self.is_certainly_there() {
            return Some(format!("whether `{}` is there is not known", self.title()));
        }
        let mut parts = vec![self];
        let mut at = 0;
        while let Some(part) = parts.get(at).copied() {
            at += 1;
            parts.extend(part.rule_containers());
        }
        for part in parts {
            for line in part.own_all() {
                if matches!(line.name(), Name::Foreign | Name::OtherCheck | Name::Removed) {
                    return Some(format!("what `{}` does is not followed", line.name_text()));
                }
                // What is not on the way of every request is looked at where it counts.
                let is_looked_at_later = is_server && line.name() == Name::Setting;
                if !line.is_certain() && !is_looked_at_later {
                    return Some(format!("whether `{}` is there is not known", line.text()));
                }
            }
        }
        None
    }

    /// The `<If>` sections directly in it, with `<ElseIf>` and `<Else>`.
    pub fn conditionals(self) -> impl Iterator<Item = Scope<'s>> {
        self.children().filter(|child| child.kind() == Kind::If)
    }
}
