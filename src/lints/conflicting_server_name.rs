//! A server that nginx never chooses: its auth protects nothing.

use std::collections::HashMap;

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Listen, Scope, Server, Site};

pub const LINT: Lint = Lint {
    id: "conflicting-server-name",
    summary: "this server is never chosen, so its auth protects nothing",
    level: Level::Error,
    page: include_str!("conflicting_server_name.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let servers = site.servers();
    let mut findings = same_name(&servers);
    findings.extend(shadowed(&servers));
    findings
}

/// Two servers with one name on one socket: the first keeps it (spec S5).
fn same_name(servers: &[Server<'_>]) -> Vec<Finding> {
    let mut first: HashMap<(&str, u16, &str), usize> = HashMap::new();
    let mut findings = Vec::new();
    for (at, second) in servers.iter().enumerate() {
        let mut told = false;
        for (listen, (name, directive)) in second.listens.iter().flat_map(|listen| second.names.iter().map(move |name| (listen, name))) {
            let holder = *first.entry((&listen.address, listen.port, name)).or_insert(at);
            if holder == at || told {
                continue;
            }
            told = true;
            let Some(level) = judge(servers[holder].scope, second.scope) else { continue };
            let place = directive.map_or(second.scope.span(), |directive| directive.span());
            let holder = &servers[holder];
            let by = holder.names.iter().find(|(held, _)| held == name).and_then(|(_, directive)| *directive);
            let shown = if name.is_empty() { "no name".to_owned() } else { format!("`{name}`") };
            let mut finding = Finding::at(place, format!("{shown} on {} is taken: nginx ignores it here", socket(listen)))
                .level(level)
                .also(by.map_or(holder.scope.span(), |by| by.span()), "by this server, which answers instead");
            if let Some(by) = second.scope.own_asking() {
                finding = finding.also(by.span(), "so this is never asked for");
            }
            findings.push(finding.help("make one server of the two, or give them different names"));
        }
    }
    findings
}

/// How bad it is that the second server is dead: its auth is lost, or the first one's comes instead.
fn judge(first: Scope<'_>, second: Scope<'_>) -> Option<Level> {
    let asks = |server: Scope<'_>| std::iter::once(server).chain(server.descendants()).any(|scope| scope.own_asking().is_some());
    match (asks(first), asks(second)) {
        (_, true) => Some(Level::Error),
        (true, false) => Some(Level::Warning),
        (false, false) => None,
    }
}

/// A protected server on every address, and an open one on a single address of the same port:
/// connections to that address never come to the protected one (spec S1).
fn shadowed(servers: &[Server<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let protected: Vec<&Server<'_>> = servers.iter().filter(|server| server.scope.own_asking().is_some()).collect();
    for open in servers.iter().filter(|server| !server.scope.may_ask_anywhere() && server.scope.answer().is_none()) {
        for special in open.listens.iter().filter(|listen| !listen.is_wildcard() && listen.port != 0) {
            for hidden in &protected {
                let Some(wide) = hidden.listens.iter().find(|listen| hides(special, listen)) else { continue };
                let answers_there = hidden.listens.iter().any(|listen| listen.same_socket(special));
                if answers_there || (special.is_local() && !same_content(open.scope, hidden.scope)) {
                    continue;
                }
                let at = special.by.map_or(open.scope.span(), |by| by.span());
                let mut finding = Finding::at(at, "connections to this address come to this server, whatever the name")
                    .message("a more specific `listen` hides the protected server");
                if let Some(by) = wide.by {
                    finding = finding.also(by.span(), "although this server listens on every address");
                }
                if let Some(by) = hidden.scope.own_asking() {
                    finding = finding.also(by.span(), "and so its auth is passed by");
                }
                findings.push(finding.help(format!("add `listen {};` to the protected server as well", socket(special))));
            }
        }
    }
    findings
}

fn hides(special: &Listen<'_>, wide: &Listen<'_>) -> bool {
    wide.port == special.port && wide.is_wildcard() && special.address.starts_with('[') == wide.address.starts_with('[')
}

fn same_content(a: Scope<'_>, b: Scope<'_>) -> bool {
    let content = |scope: Scope<'_>| scope.content().map(|content| content.text());
    content(a).is_some() && content(a) == content(b)
}

fn socket(listen: &Listen<'_>) -> String {
    if listen.port == 0 { listen.address.clone() } else { format!("{}:{}", listen.address, listen.port) }
}
