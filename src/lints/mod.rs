//! What is wrong. Each lint is one file with a constant and a pure function, and one page for users
//! that is its test as well.

use std::collections::{HashMap, HashSet};

use crate::finding::{Finding, Label, Level};
use crate::model::Site;
use crate::parallel;
use crate::source::Span;

mod acme_challenge_behind_auth;
mod alias_escapes_location_auth;
mod allowoverride_lacks_authconfig;
mod allowoverride_none_disables_htaccess;
mod auth_basic_without_user_file;
mod auth_before_https_redirect;
mod auth_file_duplicate_user;
mod auth_file_empty;
mod auth_file_in_docroot;
mod auth_file_is_directory;
mod auth_file_malformed_line;
mod auth_file_missing;
mod auth_file_relative_path;
mod auth_file_unreadable;
mod auth_file_writable_by_others;
mod auth_name_missing;
mod auth_off_leaves_deny;
mod auth_request_no_challenge;
mod auth_scope_too_broad;
mod auth_type_without_require;
mod authenticated_answers_cached;
mod authorization_replaced;
mod basic_credentials_forwarded_to_backend;
mod cgi_authorization_not_passed;
mod challenge_hidden;
mod client_controlled_auth;
mod conflicting_auth_methods;
mod conflicting_server_name;
mod deeper_section_overrides_require;
mod deny_all_with_satisfy_all;
mod digest_realm_mismatch;
mod duplicate_auth_directive;
mod duplicate_auth_section;
mod error_page_requires_auth;
mod exception_still_asks_password;
mod fastcgi_remote_user_missing;
mod group_file_missing;
mod hash_unsupported_by_server;
mod health_check_behind_auth;
mod ifmodule_name_never_true;
mod indexoptions_hides_protected;
mod inline_comment_as_argument;
mod ipv4_only_access_rules;
mod legacy_access_control_on_2_4;
mod limit_leaves_methods_open;
mod longer_prefix_escapes_auth;
mod missing_directive_argument;
mod nested_realm_change;
mod options_preflight_behind_auth;
mod pass_header_does_nothing;
mod proxy_drops_authorization;
mod proxy_header_inheritance_lost;
mod proxypass_bypasses_directory_auth;
mod regex_location_escapes_auth;
mod removed_directive_2_4;
mod require_all_granted_beside_user;
mod require_not_without_grant;
mod require_user_without_authtype;
mod required_user_not_in_file;
mod return_bypasses_auth;
mod rewrite_leaves_auth_location;
mod satisfy_any_opens_protected_area;
mod second_way_to_protected_files;
mod static_asset_behind_auth;
mod suffix_exemption_before_proxy;
mod undefined_variable;
mod underscore_header_dropped;
mod unknown_auth_provider;
mod unknown_auth_type;
mod unquoted_argument_with_spaces;
mod unverified_remote_user;
mod weak_password_hash;
mod websocket_behind_basic_auth;
mod wp_admin_ajax_behind_auth;
mod wsgi_authorization_not_passed;

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
    acme_challenge_behind_auth::LINT,
    alias_escapes_location_auth::LINT,
    allowoverride_lacks_authconfig::LINT,
    allowoverride_none_disables_htaccess::LINT,
    auth_basic_without_user_file::LINT,
    auth_before_https_redirect::LINT,
    auth_file_duplicate_user::LINT,
    auth_file_empty::LINT,
    auth_file_in_docroot::LINT,
    auth_file_is_directory::LINT,
    auth_file_malformed_line::LINT,
    auth_file_missing::LINT,
    auth_file_relative_path::LINT,
    auth_file_unreadable::LINT,
    auth_file_writable_by_others::LINT,
    auth_name_missing::LINT,
    auth_off_leaves_deny::LINT,
    auth_request_no_challenge::LINT,
    auth_scope_too_broad::LINT,
    auth_type_without_require::LINT,
    authenticated_answers_cached::LINT,
    authorization_replaced::LINT,
    basic_credentials_forwarded_to_backend::LINT,
    cgi_authorization_not_passed::LINT,
    challenge_hidden::LINT,
    client_controlled_auth::LINT,
    conflicting_auth_methods::LINT,
    conflicting_server_name::LINT,
    deeper_section_overrides_require::LINT,
    deny_all_with_satisfy_all::LINT,
    digest_realm_mismatch::LINT,
    duplicate_auth_directive::LINT,
    duplicate_auth_section::LINT,
    error_page_requires_auth::LINT,
    exception_still_asks_password::LINT,
    fastcgi_remote_user_missing::LINT,
    group_file_missing::LINT,
    hash_unsupported_by_server::LINT,
    health_check_behind_auth::LINT,
    ifmodule_name_never_true::LINT,
    indexoptions_hides_protected::LINT,
    inline_comment_as_argument::LINT,
    ipv4_only_access_rules::LINT,
    legacy_access_control_on_2_4::LINT,
    limit_leaves_methods_open::LINT,
    longer_prefix_escapes_auth::LINT,
    missing_directive_argument::LINT,
    nested_realm_change::LINT,
    options_preflight_behind_auth::LINT,
    pass_header_does_nothing::LINT,
    proxy_drops_authorization::LINT,
    proxy_header_inheritance_lost::LINT,
    proxypass_bypasses_directory_auth::LINT,
    regex_location_escapes_auth::LINT,
    removed_directive_2_4::LINT,
    require_all_granted_beside_user::LINT,
    require_not_without_grant::LINT,
    require_user_without_authtype::LINT,
    required_user_not_in_file::LINT,
    return_bypasses_auth::LINT,
    rewrite_leaves_auth_location::LINT,
    satisfy_any_opens_protected_area::LINT,
    second_way_to_protected_files::LINT,
    static_asset_behind_auth::LINT,
    suffix_exemption_before_proxy::LINT,
    undefined_variable::LINT,
    underscore_header_dropped::LINT,
    unknown_auth_provider::LINT,
    unknown_auth_type::LINT,
    unquoted_argument_with_spaces::LINT,
    unverified_remote_user::LINT,
    weak_password_hash::LINT,
    websocket_behind_basic_auth::LINT,
    wp_admin_ajax_behind_auth::LINT,
    wsgi_authorization_not_passed::LINT,
];

/// The lint with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Lint> {
    ALL.iter().find(|lint| lint.id == id)
}

/// The lint whose id is most like a word; none where none is.
#[must_use]
pub fn nearest(word: &str) -> Option<&'static str> {
    let likeness = |id: &str| strsim::jaro_winkler(id, word);
    let best = ALL.iter().map(|lint| lint.id).max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.85).then_some(best)
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
    let mut shown: HashSet<(usize, Span)> = HashSet::new();
    for mut finding in findings {
        finding.lint = lint.id;
        finding.level.get_or_insert(lint.level);
        finding.message.get_or_insert_with(|| lint.summary.to_owned());
        match places.get(&finding.primary) {
            // A file that is included many times is counted by its inclusions.
            Some(&at) => {
                // What is told once is as grave as the gravest of it.
                told[at].level = told[at].level.max(finding.level);
                let other = finding.because.first().map(|label| label.span);
                told[at].elsewhere.extend(other.filter(|span| shown.insert((at, *span))));
            }
            None => {
                let at = told.len();
                places.insert(finding.primary.clone(), at);
                shown.extend(finding.because.first().map(|label| (at, label.span)));
                told.push(finding);
            }
        }
    }
    told
}
