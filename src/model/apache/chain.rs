//! The sections that apply to a place, in the order of application, and the policy they make.

use std::path::Path;

use super::merge::{EMPTY, PolicyId};
use super::overrides::{HtaccessState, OnTheWay};
use super::place::Placer;
use super::serving::{Matching, Passed, Served, Serving, below, prefixes};
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

impl Placer<'_, '_, '_> {
    pub(super) fn served(&self, server: u32) -> Option<Served<'_>> {
        Some(Served { own: self.servers.get(&server)?, main: self.servers.get(&0)? })
    }

    /// The main server's own text and that of the virtual host (spec a56).
    fn layers(&self, server: u32) -> impl Iterator<Item = &Serving> {
        let main = (server != 0).then_some(0);
        main.into_iter().chain([server]).filter_map(|id| self.servers.get(&id))
    }

    /// `<Files>` sections that match a name: of the servers, then of the directories' sections. The
    /// name of a directory is empty (spec a48, a54).
    pub(super) fn files(&self, server: u32, directories: &[ScopeRef], name: &str) -> Vec<ScopeRef> {
        let site = self.site();
        let of_servers = self.layers(server).flat_map(|serving| serving.files.iter().copied());
        let of_directories = directories.iter().flat_map(|&id| {
            let files = site.scope(id).children().filter(|child| child.kind() == Kind::Files);
            files.map(|child| child.id)
        });
        of_servers.chain(of_directories).filter(|&id| site.scope(id).matches(name) == Some(true)).collect()
    }

    /// Where requests for a URL are passed on to.
    pub(super) fn passed_to(&self, server: u32, url: &str) -> Option<String> {
        let mut servers = [server, 0].into_iter().filter_map(|id| self.servers.get(&id));
        match servers.find_map(|serving| serving.passed_to(url))? {
            Passed::To(target) => Some(target),
            Passed::Not => None,
        }
    }

    /// The `<Proxy>` sections for a backend (spec a115).
    pub(super) fn proxies(&self, server: u32, target: &str) -> Vec<ScopeRef> {
        let all = self.layers(server).flat_map(|serving| &serving.proxies).copied();
        all.filter(|&id| self.site().scope(id).is_for_backend(target)).collect()
    }

    /// `<Directory>` sections and `.htaccess` files from the root of the file system down, then the
    /// expressions (spec a54).
    pub(super) fn directories(&mut self, server: u32, directory: &Path, has_slash: bool) -> Chain {
        let mut on_the_way = OnTheWay::Fine;
        let mut chain = Vec::new();
        let mut policy = self.base;
        let above: Vec<&Path> = directory.ancestors().collect();
        for path in above.into_iter().rev() {
            let first = chain.len();
            for serving in self.layers(server) {
                let start = chain.len();
                chain.extend(serving.directories.get(path.as_os_str()).into_iter().flatten());
                let patterns = serving.patterns.iter().filter(|(pattern, _)| fits(pattern, path));
                chain.extend(patterns.map(|(_, id)| *id));
                chain[start..].sort_unstable();
            }
            for &id in &chain[first..] {
                policy = self.apply(policy, id, 0);
            }
            let Some(&id) = self.htaccess.get(path.as_os_str()) else { continue };
            // Another server may serve the directory, too.
            let is_own = self.site().scopes[id as usize].server == Some(server);
            if let Some(known) = self.merger.apache().htaccess.get_mut(&id).filter(|_| is_own) {
                known.before = policy;
            }
            let state = self.site().scope(id).find_state(policy, self.merger.conditions());
            on_the_way = on_the_way.max(match state {
                HtaccessState::Refused { .. } => OnTheWay::Refused,
                HtaccessState::Unknown => OnTheWay::Unknown,
                _ => OnTheWay::Fine,
            });
            if matches!(state, HtaccessState::Read | HtaccessState::Unknown) {
                chain.push(id);
                policy = self.merger.apply(policy, id);
            } else if matches!(state, HtaccessState::Skipped { .. })
                && self.site().scope(id).is_read_in_part(policy)
            {
                // What is left of it is not worked out.
                self.merger.apache().conditions[id as usize] = IN_PART;
                chain.push(id);
                policy = self.merger.maybe_apply(policy, id);
            }
        }
        // Expressions see the name as it is requested (spec a47).
        let text = format!("{}{}", directory.display(), if has_slash { "/" } else { "" });
        let mut expressions: Vec<ScopeRef> =
            self.layers(server).flat_map(|serving| serving.expressions.iter().copied()).collect();
        // Those with more slashes come later (seen on 2.4.71, where the manual and spec a54 have it that
        // the order of the text alone decides).
        expressions.sort_by_key(|&id| match self.site().scope(id).matching() {
            Matching::Expression(word) => word.matches('/').count(),
            _ => 0,
        });
        let matching =
            expressions.into_iter().filter(|&id| self.site().scope(id).matches(&text) == Some(true));
        chain.extend(matching);
        Chain { on_the_way, directories: chain, ..Chain::default() }
    }

    /// `<Location>` sections that match a URL, in the order of the text (spec a49, a56).
    pub(super) fn locations(&self, server: u32, url: &str, own: Option<ScopeRef>) -> Vec<ScopeRef> {
        let mut chain = Vec::new();
        for serving in self.layers(server) {
            let literal = prefixes(url).filter(|prefix| below(prefix, url).is_some());
            let mut layer: Vec<ScopeRef> =
                literal.filter_map(|prefix| serving.locations.get(prefix)).flatten().copied().collect();
            let others = serving.other_locations.iter().copied();
            layer.extend(
                others.filter(|&id| own != Some(id) && self.site().scope(id).matches(url) == Some(true)),
            );
            layer.extend(own.filter(|own| serving.other_locations.contains(own)));
            layer.sort_unstable();
            layer.dedup();
            chain.extend(layer);
        }
        // A path that can never match is the section's own place all the same.
        if let Some(own) = own.filter(|own| !chain.contains(own)) {
            chain.push(own);
        }
        chain
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
        let apache = self.merger.apache();
        let (of_place, mut condition) = (apache.conditions[place as usize], apache.conditions[id as usize]);
        let scope = self.site().scope(id);
        // What stands in a section that may not be there may not be there either.
        if condition == 0 && scope.kind() == Kind::Files {
            let outer = self.site().scopes[id as usize].parent;
            condition = self.merger.apache().conditions[outer as usize];
        }
        if id == place || condition == 0 || of_place == condition {
            return self.merger.apply(policy, id);
        }
        self.merger.maybe_apply(policy, id)
    }
}

/// Whether a path matches a pattern segment by segment (spec a45).
fn fits(pattern: &Path, path: &Path) -> bool {
    let (mut patterns, mut parts) = (pattern.components(), path.components());
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) => {
                let (pattern, part) = (pattern.as_os_str(), part.as_os_str());
                if !crate::source::matches(pattern.as_encoded_bytes(), part.as_encoded_bytes()) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}
