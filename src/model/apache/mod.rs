//! The dialect of Apache: which sections apply to a place, and how they merge.
//!
//! In nginx what is in force is decided by where a line stands; in Apache by which sections match, in
//! a fixed order. Every section stands for a place, the one it is written for, and the policy of that
//! place is worked out here, so that the questions of a `Scope` have the same answers in both.

mod arguments;
mod bypassed;
mod chain;
mod choices;
mod client_says;
mod compat;
mod ground;
mod hosts;
mod listings;
mod lookup;
mod merge;
mod methods;
mod modules;
mod negations;
mod old_rules;
mod openings;
mod overrides;
mod permits;
mod place;
mod programs;
mod providers;
mod proxy;
mod questions;
mod reached;
mod require;
mod rivals;
mod sections;
mod serving;
mod twins;
mod unreached;
mod variables;
pub mod words;

use std::collections::HashMap;

pub use arguments::{Misuse, Misused};
pub use bypassed::{Bypass, Extent};
pub use choices::Choice;
pub use compat::Passes;
pub use ground::{Ground, Grounds, Sections};
pub use listings::HiddenEntry;
pub use methods::Methods;
pub use modules::{IfModule, NeverTrue};
pub use negations::LoneNegation;
pub use old_rules::Instead;
pub use openings::OpenedFile;
pub use overrides::{HtaccessState, OnTheWay, Overrides};
pub use permits::{OverrideRules, Verdict};
pub use programs::DeafProgram;
pub use providers::{UnknownProvider, WrongProvider};
pub use require::{Judge, Outcomes, Role, Viewpoint};
pub(crate) use serving::{below, clean};
pub use twins::Twins;
pub use variables::{Unset, UnsetVariable};

use super::served::Mount;
pub(crate) use merge::EMPTY;
use merge::{Authz, Merged};
use place::Place;
pub(crate) use serving::Matching;
use serving::Serving;

/// What a site of Apache has besides what both servers have.
#[derive(Debug, Default)]
pub struct Apache {
    /// For each scope: the place it stands for.
    places: Vec<Place>,
    /// For each scope: the container of unknown condition that it stands in, as `Line::condition`.
    conditions: Vec<u32>,
    /// For each policy: what its `Require` lines hold.
    authz: Vec<Authz>,
    /// For each policy: what its `Require` lines come to for GET, by `Viewpoint`.
    outcomes: Vec<[Outcomes; 2]>,
    /// How the `Require` lines of several sections are put together.
    requirements: Vec<Merged>,
    /// The virtual hosts, in their order.
    hosts: Vec<u32>,
    /// For each server, by its scope: what it serves where, and its sections.
    servers: HashMap<u32, Serving>,
    /// For each scope that hands requests on: the sections that apply to it.
    ways: HashMap<u32, Vec<u32>>,
    /// The `.htaccess` files, by their scopes.
    htaccess: HashMap<u32, HtaccessScope>,
}

/// What is known of a `.htaccess`.
#[derive(Debug)]
struct HtaccessScope {
    /// Its number in the reading.
    number: u32,
    /// The policy of the directory without it and what comes behind it: `AllowOverride` is asked there.
    before: u32,
}

impl HtaccessScope {
    fn new(number: u32) -> Self {
        HtaccessScope { number, before: merge::UNKNOWN_POLICY }
    }
}

impl Apache {
    /// The document root and the aliases of each server; those of the main server hold in all.
    pub(in crate::model) fn mounts(&self) -> Vec<Mount> {
        let Some(main) = self.servers.get(&0) else { return Vec::new() };
        let mut servers: Vec<_> = self.servers.iter().collect();
        servers.sort_unstable_by_key(|(id, _)| **id);
        let mut mounts = Vec::new();
        for (&server, own) in servers {
            let of_main = (server != 0).then_some(&main.aliases).into_iter().flatten();
            let aliases = own.aliases.iter().chain(of_main).cloned();
            let root = own.root.as_ref().or(main.root.as_ref()).map(|root| (String::new(), root.clone()));
            let all = aliases.chain(root).map(|(url, directory)| Mount { server, url, directory, by: None });
            mounts.extend(all);
        }
        mounts
    }
}
