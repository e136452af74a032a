//! Which sections match a path, a name or a URL (spec a45 to a49, a54 to a56).

use std::collections::HashMap;
use std::path::Path;

use super::serving::{Matching, Passed, Served, Serving, below, prefixes};
use crate::model::{Kind, ScopeRef, Site};

/// The sections of all servers, by what they match.
#[derive(Clone, Copy)]
pub struct Lookup<'l, 's> {
    pub site: &'l Site<'s>,
    pub servers: &'l HashMap<u32, Serving>,
}

impl<'l> Lookup<'l, '_> {
    pub fn served(self, server: u32) -> Option<Served<'l>> {
        Some(Served { own: self.servers.get(&server)?, main: self.servers.get(&0)? })
    }

    /// The main server's own text and that of the virtual host (spec a56).
    pub fn layers(self, server: u32) -> impl Iterator<Item = &'l Serving> {
        let main = (server != 0).then_some(0);
        let servers = self.servers;
        main.into_iter().chain([server]).filter_map(move |id| servers.get(&id))
    }

    /// The `<Directory>` sections for one directory on the way from the root of the file system, literal
    /// ones and patterns, in the order of the text (spec a55).
    pub fn at_level(self, server: u32, path: &Path, chain: &mut Vec<ScopeRef>) {
        for serving in self.layers(server) {
            let start = chain.len();
            chain.extend(serving.directories.get(path.as_os_str()).into_iter().flatten());
            let patterns = serving.patterns.iter().filter(|(pattern, _)| fits(pattern, path));
            chain.extend(patterns.map(|(_, id)| *id));
            chain[start..].sort_unstable();
        }
    }

    /// `<DirectoryMatch>` sections for a file name.
    pub fn expressions(self, server: u32, name: &str) -> Vec<ScopeRef> {
        let mut expressions: Vec<ScopeRef> =
            self.layers(server).flat_map(|serving| serving.expressions.iter().copied()).collect();
        // Those with more slashes come later (seen on 2.4.71, where the manual and spec a54 have it that
        // the order of the text alone decides).
        expressions.sort_by_key(|&id| match self.site.scope(id).matching() {
            Matching::Expression(word) => word.matches('/').count(),
            _ => 0,
        });
        expressions.retain(|&id| self.site.scope(id).matches(name) == Some(true));
        expressions
    }

    /// `<Files>` sections that match a name: of the servers, then of the directories' sections. The
    /// name of a directory is empty (spec a48, a54).
    pub fn files(self, server: u32, directories: &[ScopeRef], name: &str) -> Vec<ScopeRef> {
        let site = self.site;
        let of_servers = self.layers(server).flat_map(|serving| serving.files.iter().copied());
        let of_directories = directories.iter().flat_map(|&id| {
            let files = site.scope(id).children().filter(|child| child.kind() == Kind::Files);
            files.map(|child| child.id)
        });
        of_servers.chain(of_directories).filter(|&id| site.scope(id).matches(name) == Some(true)).collect()
    }

    /// Where requests for a URL are passed on to.
    pub fn passed_to(self, server: u32, url: &str) -> Option<String> {
        // Those of the main server come first (seen on 2.4.71).
        let mut servers = [0, server].into_iter().filter_map(|id| self.servers.get(&id));
        match servers.find_map(|serving| serving.passed_to(url))? {
            Passed::To(target) => Some(target),
            Passed::Not => None,
        }
    }

    /// The `<Proxy>` sections for a backend (spec a115).
    pub fn proxies(self, server: u32, target: &str) -> Vec<ScopeRef> {
        let all = self.layers(server).flat_map(|serving| &serving.proxies).copied();
        all.filter(|&id| self.site.scope(id).is_for_backend(target)).collect()
    }

    /// `<Location>` sections that match a URL, in the order of the text (spec a49, a56).
    pub fn locations(self, server: u32, url: &str, own: Option<ScopeRef>) -> Vec<ScopeRef> {
        let mut chain = Vec::new();
        for serving in self.layers(server) {
            let literal = prefixes(url).filter(|prefix| below(prefix, url).is_some());
            let mut layer: Vec<ScopeRef> =
                literal.filter_map(|prefix| serving.locations.get(prefix)).flatten().copied().collect();
            let others = serving.other_locations.iter().copied();
            layer.extend(
                others.filter(|&id| own != Some(id) && self.site.scope(id).matches(url) == Some(true)),
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
}

/// Whether a path matches a pattern segment by segment (spec a45).
fn fits(pattern: &Path, path: &Path) -> bool {
    let (mut patterns, mut parts) = (pattern.components(), path.components());
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) => {
                let (pattern, part) = (pattern.as_os_str(), part.as_os_str());
                if !crate::source::matches_any(pattern.as_encoded_bytes(), part.as_encoded_bytes()) {
                    return false;
                }
            }
            _ => return false,
        }
    }
}
