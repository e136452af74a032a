//! One header line in an inner block switches off all those of the outer ones.

use super::Lint;
use crate::finding::{Finding, Label, Level};
use crate::model::{Backend, Lost, Scope, Site};

pub const LINT: Lint = Lint {
    id: "proxy-header-inheritance-lost",
    summary: "an outer header line is not in force: an inner block with lines of its own inherits none",
    level: Level::Warning,
    page: include_str!("proxy_header_inheritance_lost.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes()
        .filter_map(|scope| Some((scope, scope.backend()?)))
        .flat_map(|(scope, backend)| check_scope(scope, backend))
        .collect()
}

fn check_scope<'s>(scope: Scope<'s>, backend: Backend<'s>) -> Vec<Finding> {
    // What answers an auth_request is a service of its own, with headers of its own; a copy for a mirror
    // is nobody's, but the password in it is somebody's.
    let is_named = scope.location().is_some_and(|location| location.is_named());
    let is_copy = scope.is_subrequest_target();
    if scope.is_asked_for_a_login() || !(scope.is_reached_from_outside() || is_named || is_copy) {
        return Vec::new();
    }
    let lost = scope.lost_lines(backend).into_iter().filter_map(|lost| {
        let header = backend.header(lost.line)?;
        // Dropping the password matters where nginx asks for one.
        let is_idle_drop = header == "authorization" && lost.line.is(1, "") && scope.asks().by().is_none();
        let tells = backend.tells_who(lost.line) || backend.tells_whence(lost.line);
        let counts = !is_copy || header == "authorization";
        (tells && counts && !is_idle_drop).then_some((lost, header))
    });
    // Lines lost for the same reason are one finding, at the line that matters most.
    let mut lost: Vec<(Lost<'s>, String)> = lost.collect();
    lost.sort_by_key(|(lost, _)| (lost.replaced_by.span(), backend.tells_whence(lost.line)));
    let mut findings: Vec<Finding> = Vec::new();
    let mut before = None;
    for (lost, header) in lost {
        if before.replace(lost.replaced_by) == Some(lost.replaced_by) {
            let label = Label { span: lost.line.span(), message: "and this".into() };
            if let Some(finding) = findings.last_mut() {
                finding.because.push(label);
            }
            continue;
        }
        findings.push(finding(scope, lost, &header));
    }
    findings
}

fn finding<'s>(scope: Scope<'s>, lost: Lost<'s>, header: &str) -> Finding {
    let what = match (header, lost.line.is(1, "")) {
        ("authorization", true) => "not in force: the client's password reaches the backend after all",
        ("authorization", false) => "not in force: the backend gets the client's own credentials instead",
        _ => "not in force in the inner block",
    };
    Finding::at(lost.line.span(), what)
        .also(lost.replaced_by.span(), format!("because `{}` has a line of its own", scope.title()))
        .help(format!("repeat `{};` there", lost.line.text()))
}
