//! What is wrong. Each lint is one file with a constant and a pure function, and one page for users
//! that is its test as well.

use std::collections::HashMap;

use crate::finding::{Finding, Label, Level};
use crate::model::Site;
use crate::parallel;

mod auth_basic_without_user_file;
mod auth_file_is_directory;
mod auth_file_missing;
mod auth_file_relative_path;
mod auth_file_unreadable;
mod auth_scope_too_broad;
mod conflicting_server_name;
mod duplicate_auth_directive;
mod duplicate_auth_section;
mod proxy_drops_authorization;
mod proxy_header_inheritance_lost;
mod return_bypasses_auth;
mod static_asset_behind_auth;

/// One lint: what the user reads about it, and how it is found.
#[derive(Debug)]
pub struct Lint {
    /// In kebab-case; names the pattern objected to.
    pub id: &'static str,
    /// The danger, in one clause.
    pub summary: &'static str,
    /// The level of its findings, unless a finding has its own.
    pub level: Level,
    /// The page for users, in Markdown.
    pub page: &'static str,
    /// Finds it.
    pub check: fn(&Site<'_>) -> Vec<Finding>,
}

/// All lints, one line each, by id.
pub const ALL: &[Lint] = &[
    auth_basic_without_user_file::LINT,
    auth_file_is_directory::LINT,
    auth_file_missing::LINT,
    auth_file_relative_path::LINT,
    auth_file_unreadable::LINT,
    auth_scope_too_broad::LINT,
    conflicting_server_name::LINT,
    duplicate_auth_directive::LINT,
    duplicate_auth_section::LINT,
    proxy_drops_authorization::LINT,
    proxy_header_inheritance_lost::LINT,
    return_bypasses_auth::LINT,
    static_asset_behind_auth::LINT,
];

/// The lint with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Lint> {
    ALL.iter().find(|lint| lint.id == id)
}

impl Lint {
    /// Where the page can be read on the web; none as long as `Cargo.toml` names no homepage.
    #[must_use]
    pub fn url(&self) -> Option<String> {
        let homepage = env!("CARGO_PKG_HOMEPAGE").trim_end_matches('/');
        (!homepage.is_empty()).then(|| format!("{homepage}/lints/{}", self.id))
    }
}

/// Runs lints over a site. A finding on text that is included in several places, or that has the
/// same defect for several scopes, is given once; what is said of one place in other words is another
/// finding.
#[must_use]
pub fn check(site: &Site<'_>, lints: &[&'static Lint]) -> Vec<Finding> {
    let is_large = site.scopes().take(500).count() == 500;
    let found = parallel::map(lints, is_large, |lint| told_once(lint, (lint.check)(site)));
    found.into_iter().flatten().collect()
}

fn told_once(lint: &'static Lint, findings: Vec<Finding>) -> Vec<Finding> {
    let mut told: Vec<Finding> = Vec::new();
    let mut places: HashMap<Label, usize> = HashMap::new();
    for mut finding in findings {
        finding.lint = lint.id;
        finding.level.get_or_insert(lint.level);
        finding.message.get_or_insert_with(|| lint.summary.to_owned());
        match places.get(&finding.primary) {
            Some(&at) => told[at].elsewhere.extend(finding.because.first().map(|label| label.span)),
            None => {
                places.insert(finding.primary.clone(), told.len());
                told.push(finding);
            }
        }
    }
    told
}
