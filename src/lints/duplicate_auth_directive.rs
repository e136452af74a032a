//! The same directive twice at one level.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Family, Name, Scope, Site};

pub const LINT: Lint = Lint {
    id: "duplicate-auth-directive",
    summary: "the directive stands twice at one level: nginx refuses it, and of Apache's only the last counts",
    level: Level::Error,
    page: include_str!("duplicate_auth_directive.md"),
    check,
};

/// `"auth_basic" directive is duplicate`.
const OF_NGINX: &[Family] =
    &[Family::Realm, Family::UserFile, Family::Subrequest, Family::Satisfy, Family::Delay];

/// Of which the last line counts.
const OF_APACHE: &[Family] = &[
    Family::Scheme,
    Family::Realm,
    Family::UserFile,
    Family::GroupFile,
    Family::Merging,
    Family::Satisfy,
    Family::Rules,
];

fn check(site: &Site<'_>) -> Vec<Finding> {
    let (families, finding): (_, fn(Scope<'_>, Directive<'_>, Directive<'_>) -> Finding) =
        if site.is_apache() { (OF_APACHE, replaced) } else { (OF_NGINX, refused) };
    // Between the branches of a template's condition a directive may well be written twice.
    site.scopes()
        .filter(|scope| !scope.is_conditional())
        .filter_map(|scope| check_scope(scope, families, finding))
        .collect()
}

/// One finding a block: lines that come twice with one include are one mistake.
fn check_scope<'s>(
    scope: Scope<'s>,
    families: &[Family],
    finding: impl Fn(Scope<'s>, Directive<'s>, Directive<'s>) -> Finding,
) -> Option<Finding> {
    let mut pairs = families.iter().filter_map(|&family| {
        let mut lines = scope.own(family).filter(|line| line.is_certain() && is_single(*line));
        Some((lines.next()?, lines.next()?))
    });
    let (first, second) = pairs.next()?;
    Some(pairs.fold(finding(scope, first, second), |finding, (_, second)| {
        finding.also(second.span(), "and this is there twice, too")
    }))
}

/// Of the rules of addresses only `Order` is one that the next one replaces.
fn is_single(line: Directive<'_>) -> bool {
    !matches!(line.name(), Name::Allow | Name::Deny)
}

/// Where one of the lines stands in another file than its block: the `include` that brings it.
fn brought_in(finding: Finding, scope: Scope<'_>, lines: [Directive<'_>; 2]) -> Finding {
    let includes = lines.into_iter().filter_map(|line| scope.include_of(line.span().file));
    includes.fold(finding, |finding, include| finding.also(include, "brought in from here"))
}

fn replaced(scope: Scope<'_>, first: Directive<'_>, second: Directive<'_>) -> Finding {
    let name = second.name_text();
    let is_digest = scope.directive(Family::Scheme).is_none_or(|line| line.is_ignoring_case(0, "Digest"));
    let (level, label) = if first.same_as(second) {
        (Level::Advice, format!("`{name}` for the second time in the same section"))
    } else if second.name() == Name::AuthName && !is_digest {
        // Passwords of Basic hold for any realm: only the text of the prompt is another one.
        (Level::Advice, format!("the last `{name}` of a section counts"))
    } else {
        (Level::Warning, format!("the last `{name}` of a section counts"))
    };
    let finding = Finding::at(second.span(), label)
        .level(level)
        .message("the directive stands twice in one section: only the last one counts")
        .also(first.span(), "so this has no effect");
    brought_in(finding, scope, [first, second])
        .help(format!("keep one `{name}` here, or put the other into a section of its own"))
}

fn refused(scope: Scope<'_>, first: Directive<'_>, second: Directive<'_>) -> Finding {
    let name = second.name_text();
    let finding = Finding::at(second.span(), format!("`{name}` for the second time in the same block"))
        .message("the directive stands twice at one level: nginx refuses the configuration");
    if first != second {
        let finding = finding.also(first.span(), "this is the first");
        return brought_in(finding, scope, [first, second])
            .help(format!("keep one `{name}` here, or put the other into a `location` of its own"));
    }
    let includes = scope.site().include_statements(second.span().file);
    let finding =
        includes.into_iter().take(3).fold(finding, |finding, by| finding.also(by, "brought in from here"));
    finding.also(scope.span(), "into this block, twice").help("include the file once in this block")
}
