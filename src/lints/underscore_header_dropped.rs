//! nginx throws headers away whose names have underscores, and one of them is counted on.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, Scope, Setting, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "underscore-header-dropped",
    summary: "the header never arrives: nginx drops those of the client that have `_` in their names",
    level: Level::Warning,
    page: include_str!("underscore_header_dropped.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let nginx = site.scopes().filter(|scope| !scope.site().is_apache());
    nginx.flat_map(|scope| check_scope(scope).into_iter().flatten()).collect()
}

fn check_scope(scope: Scope<'_>) -> Option<Vec<Finding>> {
    let expected: Vec<(Directive<'_>, String)> = scope.headers_with_underscores();
    if expected.is_empty() {
        return None;
    }
    let off = match scope.setting("underscores_in_headers") {
        Setting::Unknown => return None,
        Setting::Lines(lines) => Some(*lines.last()?),
        Setting::Unset => None,
    };
    let keeps = scope.setting("ignore_invalid_headers");
    if off.is_some_and(|line| !line.is(0, "off")) || keeps.is_unknown() || keeps.is("off") {
        return None;
    }
    let findings = expected.into_iter().map(|(line, header)| finding(scope, line, &header, off));
    Some(findings.collect())
}

fn finding(scope: Scope<'_>, line: Directive<'_>, header: &str, off: Option<Directive<'_>>) -> Finding {
    let finding = Finding::at(line.span(), format!("`{header}` is expected here, and dropped before"))
        .help("add `underscores_in_headers on;` to the server, or have clients send the name with `-`");
    if let Some(off) = off {
        let edit = off.arguments_span().map(|span| Edit { span, text: "on".into() });
        return finding.also(off.span(), "because of this").fix(Safety::Unsafe, edit.into_iter().collect());
    }
    let inside: Option<Span> = scope.server().and_then(Scope::inside);
    match inside {
        Some(span) => {
            let text = " underscores_in_headers on;".into();
            finding.fix(Safety::Unsafe, vec![Edit { span, text }])
        }
        None => finding,
    }
}
