//! A list that refuses all of IPv4 lets every client with another address through.

use std::net::{IpAddr, Ipv6Addr};

use super::Lint;
use crate::decide::{Decider, Outcome};
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Ipv4List, Look, Site};

pub const LINT: Lint = Lint {
    id: "ipv4-only-access-rules",
    summary: "clients with an IPv6 address come past these rules: the list is about IPv4 alone",
    level: Level::Warning,
    page: include_str!("ipv4_only_access_rules.md"),
    check,
};

/// An address of examples (RFC 3849).
const STRANGER: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0xcb, 0x77));

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    site.lists_for_ipv4_only().iter().filter_map(|list| check_list(&decider, list)).collect()
}

fn check_list<'s>(decider: &Decider<'s>, list: &Ipv4List<'s>) -> Option<Finding> {
    let is_ipv6 = list.listen.is_ipv6();
    let server = list.place.server()?;
    let path = if list.place == server { Some("/".to_owned()) } else { list.place.sample_path("x") };
    let answer = path.as_ref().filter(|_| is_ipv6).and_then(|path| decider.answer_to(server, path, STRANGER));
    // Something else may keep them out.
    if answer.as_ref().is_some_and(|decision| matches!(decision.status, Some(403 | 444))) {
        return None;
    }
    let gets_in = answer.is_some_and(|decision| decision.outcome == Outcome::Open);
    let label = match path.filter(|_| gets_in) {
        Some(path) => format!("refuses all of IPv4 and no one else: `GET {path}` from `{STRANGER}` gets in"),
        None => "refuses all of IPv4 and no one else".to_owned(),
    };
    let finding = Finding::at(list.closed_by.span(), label).help("write `deny all;`");
    let finding = match list.listen.by {
        Some(by) if is_ipv6 => finding.also(by.span(), "clients of IPv6 come in here"),
        Some(by) => finding
            .also(by.span(), "clients of this socket have no address that a rule is about")
            .message("clients of the UNIX socket come past these rules: the list is about IPv4 alone")
            .level(Level::Advice),
        None => finding,
    };
    let Some(range) = list.closed_by.argument(0).filter(|_| list.is_closed_by_one) else {
        return Some(finding);
    };
    Some(finding.fix(Safety::Unsafe, vec![Edit { span: range.span(), text: "all".into() }]))
}
