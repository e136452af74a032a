//! Which location answers for a path (spec S8 to S14).

use super::place::Level;
use super::regex::Found;
use super::sockets::Known;
use super::visit::{Run, Visit};
use crate::model::Scope;

/// The location that was found; the server itself where none fits.
pub(super) struct Located<'s> {
    pub(super) scope: Scope<'s>,
    /// The path lacks the slash at the end of the location's name (spec S14).
    pub(super) redirects: bool,
    /// What the expressions on the way found.
    pub(super) found: Option<Found>,
}

/// What the names of one level say.
enum Named<'s> {
    Exact(Scope<'s>),
    Redirect(Scope<'s>),
    Prefix(Scope<'s>, bool),
    None,
}

impl<'r, 's> Run<'r, 's> {
    /// Searches the locations of the server.
    pub(super) fn locate(&mut self, visit: &Visit<'r, 's>) -> Known<Located<'s>> {
        let mut found = None;
        let mut start = self.server;
        // The location of an expression that matches is searched in its turn.
        loop {
            let mut levels: Vec<(&'r Level<'s>, bool)> = Vec::new();
            let mut scope = start;
            loop {
                let level = self.place(scope).level.as_ref().map_err(String::clone)?;
                let (next, no_regex) = match level.by_name(&visit.uri) {
                    Named::Exact(scope) => return Ok(Located { scope, redirects: false, found }),
                    // Within the location of an expression nothing is redirected.
                    Named::Redirect(scope) => {
                        return Ok(Located { scope, redirects: start == self.server, found });
                    }
                    Named::Prefix(scope, no_regex) => (Some(scope), no_regex),
                    Named::None => (None, false),
                };
                levels.push((level, no_regex));
                let Some(next) = next else { break };
                scope = next;
            }
            let mut matched = None;
            for (level, _) in levels.into_iter().rev().filter(|(_, no_regex)| !no_regex) {
                matched = level.by_regex(&visit.uri)?;
                if matched.is_some() {
                    break;
                }
            }
            let Some((scope_of_regex, groups)) = matched else {
                return Ok(Located { scope, redirects: false, found });
            };
            // Named groups of outer expressions stay.
            let mut groups = groups;
            groups.names.extend(found.map(|found| found.names).unwrap_or_default());
            found = Some(groups);
            start = scope_of_regex;
        }
    }
}

impl<'s> Level<'s> {
    fn by_name(&self, uri: &[u8]) -> Named<'s> {
        if let Some(scope) = self.exact.get(uri) {
            return Named::Exact(*scope);
        }
        if let Some((scope, no_regex)) = self.prefixes.get(uri) {
            return Named::Prefix(*scope, *no_regex);
        }
        if let Some(scope) = self.redirects.get(uri) {
            return Named::Redirect(*scope);
        }
        let mut lengths = self.lengths.iter().filter(|length| **length <= uri.len());
        let longest = lengths.find_map(|length| self.prefixes.get(&uri[..*length]));
        longest.map_or(Named::None, |(scope, no_regex)| Named::Prefix(*scope, *no_regex))
    }

    fn by_regex(&self, uri: &[u8]) -> Known<Option<(Scope<'s>, Found)>> {
        for (regex, scope) in &self.regexes {
            let regex = regex.as_ref().map_err(String::clone)?;
            if regex.is_match(uri)? {
                return Ok(regex.find(uri)?.map(|found| (*scope, found)));
            }
        }
        Ok(None)
    }
}
