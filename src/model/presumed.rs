//! What is taken to stand around a part of a configuration of nginx.
//!
//! Of a part nothing is known that its outside could change, but for one case: servers that ask for credentials in a part
//! of theirs, and name the file themselves, do not count on an outside that asks for all.

use super::names::{Family, INHERITED};
use super::{NOBODY, ScopeRef, Site, UNKNOWN};
use crate::load::Files;
use crate::source::FileId;

/// What an `http` block is often given for all of its servers, whatever these do about access.
const COMMON: &[Family] = &[
    Family::ProxyHeaders,
    Family::GrpcHeaders,
    Family::FastcgiParams,
    Family::UwsgiParams,
    Family::ScgiParams,
    Family::HiddenHeaders,
    Family::AddedHeaders,
    Family::RealIp,
    Family::RealIpHeader,
];

impl Site<'_> {
    /// Whether what stands around this part is taken to ask for nothing.
    #[must_use]
    pub fn presumes_outside(&self) -> bool {
        self.presumes_outside
    }
}

/// What the lines around such a part set.
pub(super) fn outside() -> [ScopeRef; INHERITED] {
    let mut policy = [NOBODY; INHERITED];
    for family in COMMON {
        policy[*family as usize] = UNKNOWN;
    }
    policy
}

/// Whether a server of the file, as a whole or in a part of it, has a password of its own, or a check by subrequest.
pub(super) fn asks_by_itself(files: &Files, file: FileId) -> bool {
    let (tree, source) = (files.tree(file), files.sources.get(file));
    let is = |id, n: usize, word: &str| tree.raw(source, id, n) == Some(word.as_bytes());
    let mut todo: Vec<_> = tree
        .top()
        .filter(|&id| tree.is_block(id) && is(id, 0, "server"))
        .flat_map(|id| tree.children(id))
        .collect();
    let (mut realm, mut users) = (false, false);
    while let Some(id) = todo.pop() {
        if tree.is_block(id) {
            todo.extend(tree.children(id));
        }
        let is_off = is(id, 1, "off");
        realm |= is(id, 0, "auth_basic") && !is_off;
        users |= is(id, 0, "auth_basic_user_file");
        if realm && users || is(id, 0, "auth_request") && !is_off {
            return true;
        }
    }
    false
}
