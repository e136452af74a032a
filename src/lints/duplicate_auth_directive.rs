//! The same directive twice at one level: nginx refuses to start.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Family;
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
    site.scopes().filter(|scope| !scope.is_conditional()).filter_map(check_scope).collect()
}

/// One finding a block: lines that come twice with one include are one mistake.
fn check_scope(scope: Scope<'_>) -> Option<Finding> {
    let mut pairs = SINGLE.iter().filter_map(|&family| {
        let mut lines = scope.own(family);
        Some((lines.next()?, lines.next()?))
    });
    let (first, second) = pairs.next()?;
    let finding = finding(scope, first, second);
    Some(
        pairs.fold(finding, |finding, (_, second)| {
            finding.also(second.span(), "and this is there twice, too")
        }),
    )
}

fn finding(scope: Scope<'_>, first: Directive<'_>, second: Directive<'_>) -> Finding {
    let name = second.name_text();
    let finding = Finding::at(second.span(), format!("`{name}` for the second time in the same block"));
    if first != second {
        return finding
            .also(first.span(), "this is the first")
            .help(format!("keep one `{name}` here, or put the other into a `location` of its own"));
    }
    let includes = scope.site().include_statements(second.span().file);
    let finding =
        includes.into_iter().take(3).fold(finding, |finding, by| finding.also(by, "brought in from here"));
    finding.also(scope.span(), "into this block, twice").help("include the file once in this block")
}
