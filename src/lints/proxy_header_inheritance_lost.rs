//! One header line in an inner block switches off all those of the outer ones.

use super::Lint;
use crate::finding::{Finding, Label, Level};
use crate::model::{Backend, Directive, Lost, Scope, Site};

pub const LINT: Lint = Lint {
    id: "proxy-header-inheritance-lost",
    summary: "an outer header line is not in force: an inner block with lines of its own inherits none",
    level: Level::Warning,
    page: include_str!("proxy_header_inheritance_lost.md"),
    check,
};

/// Headers that tell the backend who the visitor is, or where he comes from.
const IDENTITY: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "remote_user",
    "x-remote-user",
    "x-user",
    "x-username",
    "x-authenticated-user",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-webauth-user",
    "x-auth-user",
    "x-auth-token",
    "x-api-key",
    "x-access-token",
];
const IDENTITY_STARTS: &[&str] = &["x-authentik-", "x-vouch-", "x-auth-request-", "x-ssl-client-", "remote-"];
const ADDRESS: &[&str] = &["x-real-ip", "x-forwarded-for", "forwarded", "x-client-ip", "remote_addr"];

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes()
        .filter_map(|scope| Some((scope, scope.backend()?)))
        .flat_map(|(scope, backend)| check_scope(scope, backend))
        .collect()
}

fn check_scope<'s>(scope: Scope<'s>, backend: Backend<'s>) -> Vec<Finding> {
    // What answers an auth_request is a service of its own, with headers of its own.
    let is_named = scope.location().is_some_and(|location| location.is_named());
    if scope.is_subrequest_target() || (!scope.is_reached_from_outside() && !is_named) {
        return Vec::new();
    }
    let lost = scope.lost_lines(backend).into_iter().filter_map(|lost| {
        let header = backend.header(lost.line)?;
        // Dropping the password matters where nginx asks for one.
        let is_idle_drop = header == "authorization" && lost.line.is(1, "") && scope.asks().by().is_none();
        let tells = tells_who(lost.line, &header) || ADDRESS.contains(&header.as_str());
        (tells && !is_idle_drop).then_some((lost, header))
    });
    // Lines lost for the same reason are one finding, at the line that matters most.
    let mut lost: Vec<(Lost<'s>, String)> = lost.collect();
    lost.sort_by_key(|(lost, header)| (lost.replaced_by.span(), ADDRESS.contains(&header.as_str())));
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

/// Whether a header says who the visitor is: by its name, or because its value does.
fn tells_who(line: Directive<'_>, header: &str) -> bool {
    let value = line.argument(1).map(|value| value.text().into_owned()).unwrap_or_default();
    let by_name = IDENTITY.contains(&header) || IDENTITY_STARTS.iter().any(|start| header.starts_with(start));
    by_name || value.contains("$remote_user") || value.contains("$ssl_client_s_dn")
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
