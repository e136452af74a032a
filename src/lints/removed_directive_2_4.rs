//! A line of Apache 2.2 that no module of 2.4 knows: the server refuses it.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, Family, Scope, Site};

pub const LINT: Lint = Lint {
    id: "removed-directive-2.4",
    summary: "the directive is not in Apache 2.4: it does not start, or answers 500",
    level: Level::Error,
    page: include_str!("removed_directive_2_4.md"),
    check,
};

/// In small letters, and what 2.4 has instead.
const RENAMED: &[(&str, &str)] = &[
    ("authdigestfile", "AuthUserFile"),
    ("authdigestgroupfile", "AuthGroupFile"),
    ("authdbuserfile", "AuthDBMUserFile"),
    ("authdbgroupfile", "AuthDBMGroupFile"),
    ("authauthoritative", "AuthBasicAuthoritative"),
    ("authdbauthoritative", "AuthBasicAuthoritative"),
    ("authdbmauthoritative", "AuthBasicAuthoritative"),
    ("authldapauthoritative", "AuthBasicAuthoritative"),
    ("anonymous_authoritative", "AuthBasicAuthoritative"),
    ("authldapenabled", "AuthBasicProvider ldap"),
];

fn check(site: &Site<'_>) -> Vec<Finding> {
    let lines = site.scopes().flat_map(|scope| scope.own(Family::Removed).map(move |line| (scope, line)));
    lines
        .filter(|(scope, line)| site.is_for_new(*scope, *line) && site.may_be_read(line.span()))
        .map(|(scope, line)| finding(scope, line))
        .collect()
}

fn finding(scope: Scope<'_>, line: Directive<'_>) -> Finding {
    let name = line.name_text();
    let finding = Finding::at(line.span(), format!("no module of 2.4 knows it: {}", line.refusal()));
    let Some((old, new)) = RENAMED.iter().find(|(old, _)| name.eq_ignore_ascii_case(old)) else {
        return finding.help(format!("remove the line: 2.4 needs nothing in place of `{name}`"));
    };
    let finding = finding.help(format!("write `{new}` instead, or remove the line"));
    let is_same = old.starts_with("authdigest") && scope.own(Family::UserFile).next().is_none();
    let Some(span) = line.name_span().filter(|_| is_same) else { return finding };
    finding.fix(Safety::Safe, vec![Edit { span, text: (*new).to_owned() }])
}
