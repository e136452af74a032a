//! The same directive twice at one level: nginx refuses to start.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::nginx::Family;
use crate::model::{Directive, Scope, Site};

pub const LINT: Lint = Lint {
    id: "duplicate-auth-directive",
    summary: "the directive stands twice at one level: nginx refuses the configuration",
    level: Level::Error,
    page: include_str!("duplicate_auth_directive.md"),
    check,
};

/// `"auth_basic" directive is duplicate`.
const SINGLE: &[Family] =
    &[Family::Realm, Family::UserFile, Family::Subrequest, Family::Satisfy, Family::Delay];

fn check(site: &Site<'_>) -> Vec<Finding> {
    // Between the branches of a template's condition a directive may well be written twice.
    site.scopes().filter(|scope| !scope.is_conditional()).flat_map(check_scope).collect()
}

fn check_scope(scope: Scope<'_>) -> Vec<Finding> {
    SINGLE
        .iter()
        .filter_map(|&family| {
            let mut lines = scope.own(family);
            let first = lines.next()?;
            Some(lines.map(move |second| finding(first, second)).collect::<Vec<_>>())
        })
        .flatten()
        .collect()
}

fn finding(first: Directive<'_>, second: Directive<'_>) -> Finding {
    let name = second.name_text();
    let finding = Finding::at(second.span(), format!("`{name}` for the second time in the same block"));
    let finding = if first == second { finding } else { finding.also(first.span(), "this is the first") };
    if first == second {
        return finding.help("include the file once in this block");
    }
    finding.help(format!("keep one `{name}` here, or put the other into a `location` of its own"))
}
