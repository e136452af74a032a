//! An address rule and a password that both have to be passed: the right password ends in a 403.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Scope, Site};

pub const LINT: Lint = Lint {
    id: "deny-all-with-satisfy-all",
    summary: "the password alone lets nobody in: both checks have to be passed, and strangers get 403",
    level: Level::Warning,
    page: include_str!("deny_all_with_satisfy_all.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes().filter(|_| !site.is_apache()).filter_map(check_scope).collect()
}

fn check_scope(scope: Scope<'_>) -> Option<Finding> {
    let (password, list) = scope.password_beside_closed_list()?;
    let asked = "so this is asked of nobody else";
    let Some(allowed) = list.allowed else {
        return Some(
            Finding::at(list.by.span(), "refuses everybody")
                .message("nobody gets in: the address is checked first, and the right password ends in a 403")
                .also(password.span(), "so nobody is ever asked for this")
                .help("take `deny all;` away, or write `satisfy any;` and an `allow` beside it"),
        );
    };
    // It may be meant so: both the network and the password.
    Some(
        Finding::at(list.by.span(), "refuses whoever is not allowed, with the right password, too")
            .level(Level::Advice)
            .also(allowed.span(), "only these come so far as to be asked")
            .also(password.span(), asked)
            .help("write `satisfy any;` if one of the two is enough, or `satisfy all;` to say that both are meant"),
    )
}
