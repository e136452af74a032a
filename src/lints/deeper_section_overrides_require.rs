//! A later or deeper section replaces the `Require` of the protected one.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Family, Kind, OpenedFile, Outcomes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "deeper-section-overrides-require",
    summary: "another section replaces the `Require` that asks for a password: the area is open",
    level: Level::Error,
    page: include_str!("deeper_section_overrides_require.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let replaced = site.sections().filter_map(check_replaced);
    let files = site.opened_files().into_iter().map(opened_file);
    files.chain(replaced).chain(site.sections().filter_map(check_opened)).collect()
}

/// A section whose own place is opened by another one.
fn check_replaced(scope: Scope<'_>) -> Option<Finding> {
    let wanted = scope.requires().find(|line| line.needs_a_user()).filter(|_| scope.is_in_force())?;
    let winner = scope.provider(Family::Require).filter(|winner| *winner != scope)?;
    let is_open = scope.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED);
    let by = winner.requires().find(|line| line.grants_everybody()).filter(|_| is_open)?;
    Some(finding(by, wanted, scope))
}

/// A section by suffix opens programs and pages of a protected directory.
fn opened_file(OpenedFile { by, wanted, path }: OpenedFile<'_>) -> Finding {
    Finding::at(by.span(), format!("comes after every directory: `{path}` is served to everybody"))
        .message("a section by suffix opens files of the protected area")
        .also(wanted.span(), "this is what it replaces there")
        .help("remove this line, or write `AuthMerging And` beside it")
}

/// A section that opens all that its server serves, while one around it asks.
fn check_opened(scope: Scope<'_>) -> Option<Finding> {
    let by = scope.opening_line().filter(|line| line.grants_everybody())?;
    let wanted = scope.outer_asking_line()?;
    if scope.is_for_all() {
        return Some(finding(by, wanted, scope));
    }
    // What a configuration lets off for a part is meant; a `.htaccess` is often brought along.
    let says_so = scope.own(Family::Scheme).next().is_some() || scope.own(Family::Satisfy).next().is_some();
    (scope.kind() == Kind::Htaccess && !says_so).then(|| {
        let message = "a `.htaccess` opens a part of the protected area";
        finding(by, wanted, scope).level(Level::Advice).message(message)
    })
}

fn finding(by: Directive<'_>, wanted: Directive<'_>, opened: Scope<'_>) -> Finding {
    let witness = opened.url().map(|url| format!(": `{url}` is served to everybody")).unwrap_or_default();
    Finding::at(by.span(), format!("replaces the requirement{witness}"))
        .also(wanted.span(), "this is what it replaces")
        .help("remove this line, or write `AuthMerging And` beside it")
}
