//! The sections that apply to a place, in the order of application, and the policy they make.

use std::path::Path;

use super::merge::{EMPTY, PolicyId};
use super::overrides::{HtaccessState, OnTheWay};
use super::place::Placer;
use crate::model::{Kind, ScopeRef};

/// The condition of a `.htaccess` of which only a part is read.
const IN_PART: u32 = u32::MAX;

/// The sections that apply to a place, group by group in the order of application (spec a54).
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub on_the_way: OnTheWay,
    pub directories: Vec<ScopeRef>,
    pub files: Vec<ScopeRef>,
    pub locations: Vec<ScopeRef>,
    pub ifs: Vec<ScopeRef>,
}

impl Chain {
    /// How many sections there are.
    pub fn len(&self) -> usize {
        [&self.directories, &self.files, &self.locations, &self.ifs].map(Vec::len).into_iter().sum()
    }
}

impl Placer<'_, '_> {
    /// `<Directory>` sections and `.htaccess` files from the root of the file system down, then the
    /// expressions (spec a54).
    pub(super) fn directories(&mut self, server: u32, directory: &Path, has_slash: bool) -> Chain {
        let mut on_the_way = OnTheWay::Fine;
        let mut chain = Vec::new();
        let mut policy = self.base;
        let above: Vec<&Path> = directory.ancestors().collect();
        for path in above.into_iter().rev() {
            let first = chain.len();
            self.lookup().at_level(server, path, &mut chain);
            for &id in &chain[first..] {
                policy = self.apply(policy, id, 0);
            }
            let Some(&id) = self.htaccess.get(path.as_os_str()) else { continue };
            // Another server may serve the directory, too.
            if self.site().scopes[id as usize].server == Some(server) {
                self.before.insert(id, policy);
            }
            let state = self.site().scope(id).find_state(self.merger.row(policy), &self.conditions);
            on_the_way = on_the_way.max(match state {
                HtaccessState::Refused { .. } => OnTheWay::Refused,
                HtaccessState::Unknown => OnTheWay::Unknown,
                _ => OnTheWay::Fine,
            });
            if matches!(state, HtaccessState::Read | HtaccessState::Unknown) {
                chain.push(id);
                policy = self.merger.apply(policy, id);
            } else if matches!(state, HtaccessState::Skipped { .. })
                && self.site().scope(id).is_read_in_part(self.merger.row(policy))
            {
                // What is left of it is not worked out.
                self.conditions[id as usize] = IN_PART;
                chain.push(id);
                policy = self.merger.maybe_apply(policy, id);
            }
        }
        // Expressions see the name as it is requested (spec a47).
        let text = format!("{}{}", directory.display(), if has_slash { "/" } else { "" });
        chain.extend(self.lookup().expressions(server, &text));
        Chain { on_the_way, directories: chain, ..Chain::default() }
    }

    /// The policy that a chain makes, with or without one of its sections.
    pub(super) fn fold(&mut self, chain: &Chain, without: Option<ScopeRef>, place: ScopeRef) -> PolicyId {
        let mut policy = self.base;
        for &id in chain.directories.iter().filter(|&&id| Some(id) != without) {
            policy = self.apply(policy, id, place);
        }
        // An `<If>` in another one is a group of its own (seen on 2.4.71).
        let ifs = chain.ifs.chunks(1);
        for group in [chain.files.as_slice(), &chain.locations].into_iter().chain(ifs) {
            let mut folded = EMPTY;
            for &id in group.iter().filter(|&&id| Some(id) != without) {
                folded = self.apply(folded, id, place);
            }
            policy = self.merger.overlay(policy, folded);
        }
        policy
    }

    /// A section in a container of unknown condition may be there or not, unless the place itself is in
    /// the same container.
    fn apply(&mut self, policy: PolicyId, id: ScopeRef, place: ScopeRef) -> PolicyId {
        let (of_place, mut condition) = (self.conditions[place as usize], self.conditions[id as usize]);
        let scope = self.site().scope(id);
        // What stands in a section that may not be there may not be there either.
        if condition == 0 && scope.kind() == Kind::Files {
            let outer = self.site().scopes[id as usize].parent;
            condition = self.conditions[outer as usize];
        }
        if id == place || condition == 0 || of_place == condition {
            return self.merger.apply(policy, id);
        }
        self.merger.maybe_apply(policy, id)
    }
}
