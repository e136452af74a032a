//! `proxy_pass_header Authorization` is about responses: no backend gets to see more by it.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, Family, Forwarded, Scope, Site};

pub const LINT: Lint = Lint {
    id: "pass-header-does-nothing",
    summary: "the line is about headers of responses, and the client sends this one",
    level: Level::Advice,
    page: include_str!("pass_header_does_nothing.md"),
    check,
};

/// Headers that only requests have.
const OF_REQUESTS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "cookie",
    "host",
    "origin",
    "referer",
    "user-agent",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
];

fn check(site: &Site<'_>) -> Vec<Finding> {
    let scopes = site.scopes().filter(|scope| !scope.site().is_apache());
    scopes
        .flat_map(|scope| {
            let lines = scope.own(Family::Setting).chain(scope.own(Family::HiddenHeaders));
            lines.filter_map(move |line| check_line(scope, line))
        })
        .collect()
}

fn check_line<'s>(scope: Scope<'s>, line: Directive<'s>) -> Option<Finding> {
    let passes = line.name_text().ends_with("_pass_header");
    if !passes && !line.name_text().ends_with("_hide_header") {
        return None;
    }
    let header = line.literal(0).filter(|name| OF_REQUESTS.contains(&name.to_ascii_lowercase().as_str()))?;
    let what = if passes { "passes nothing on to the backend" } else { "hides nothing from the backend" };
    let edit = Edit { span: line.statement_span(), text: String::new() };
    let finding = Finding::at(line.span(), what).fix(Safety::Unsafe, vec![edit]);
    let protocol = line.name_text().split('_').next().unwrap_or("proxy");
    let set = if matches!(protocol, "proxy" | "grpc") {
        |protocol, header: &str, value: &str| format!("`{protocol}_set_header {header} {value};`")
    } else {
        |protocol, header: &str, value: &str| {
            format!("`{protocol}_param HTTP_{} {value};`", header.to_ascii_uppercase().replace('-', "_"))
        }
    };
    let backend = scope.backend();
    let forwarded = backend.map(|backend| scope.forwards(backend, &header));
    if !passes {
        if let Some(Forwarded::Dropped(by)) = forwarded {
            let finding = finding.also(by.span(), "this is what keeps the header back");
            return Some(finding.help("remove it"));
        }
        return Some(finding.help(format!(
            "write {} instead, if the backend must not get it",
            set(protocol, &header, "\"\"")
        )));
    }
    let variable = format!("$http_{}", header.to_ascii_lowercase().replace('-', "_"));
    Some(match forwarded {
        Some(Forwarded::Dropped(by)) => finding
            .also(by.span(), "this keeps the header back all the same")
            .help(format!("write {} instead", set(protocol, &header, &variable))),
        Some(Forwarded::Replaced(by)) => {
            finding.also(by.span(), "the backend gets this all the same").help("remove it")
        }
        _ => finding.help(format!(
            "remove it: what the client sends is passed on anyway, unless a line like {} says otherwise",
            set(protocol, &header, "\"\"")
        )),
    })
}
