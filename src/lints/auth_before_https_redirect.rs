//! The password goes over the network as it is, and only then the visitor is sent to HTTPS.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Scope, Site};

pub const LINT: Lint = Lint {
    id: "auth-before-https-redirect",
    summary: "the password is asked for over plain HTTP, before the redirect to HTTPS",
    level: Level::Warning,
    page: include_str!("auth_before_https_redirect.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes().filter_map(check_scope).collect()
}

fn check_scope(scope: Scope<'_>) -> Option<Finding> {
    let redirect = scope.late_redirect_to_https()?;
    let by = scope.asks_before_late_redirect(redirect)?;
    let help = if scope.site().is_apache() {
        "redirect in the virtual host of port 80, outside of all sections"
    } else {
        "write `return 301 https://$host$request_uri;` into the server of port 80"
    };
    Some(
        Finding::at(redirect.span(), "this comes after the password was given")
            .also(by.span(), "which is asked for first")
            .help(help),
    )
}
