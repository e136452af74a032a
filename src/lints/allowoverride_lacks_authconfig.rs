//! `AllowOverride` without the class of a directive that the `.htaccess` has.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, HtaccessState, Name, Scope, Site};

pub const LINT: Lint = Lint {
    id: "allowoverride-lacks-authconfig",
    summary: "the `.htaccess` may not set auth: every request below ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("allowoverride_lacks_authconfig.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter_map(check_htaccess).collect()
}

fn check_htaccess(scope: Scope<'_>) -> Option<Finding> {
    match scope.htaccess_state()? {
        HtaccessState::Refused { by, line } => Some(finding(by, line)),
        HtaccessState::Skipped { by, line } => {
            let message =
                "the `.htaccess` may not set auth, and what it says is passed over: the directory is open";
            Some(finding(by, line).message(message))
        }
        _ => None,
    }
}

fn finding(by: Directive<'_>, line: Directive<'_>) -> Finding {
    let class = match line.name() {
        Name::Order | Name::Allow | Name::Deny => "Limit",
        _ => "AuthConfig",
    };
    Finding::at(by.span(), format!("`{class}` is not among these"))
        .also(line.span(), "so this is not allowed in the `.htaccess`")
        .help(format!("add `{class}` here, or move the line into a `<Directory>`"))
}
