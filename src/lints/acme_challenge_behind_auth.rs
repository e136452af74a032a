//! A certificate authority cannot fetch its token, and the certificate runs out.

use std::collections::{HashMap, HashSet};

use super::Lint;
use crate::decide::{Channel, Decider};
use crate::finding::{Finding, Level, Safety};
use crate::model::{CHALLENGE, Directive, Kind, Look, Scope, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "acme-challenge-behind-auth",
    summary: "the certificate authority is asked for a password: the certificate is not renewed",
    level: Level::Warning,
    page: include_str!("acme_challenge_behind_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    let places: Vec<Scope<'_>> = site.places().filter(|place| place.is_for_challenges()).collect();
    let known: HashSet<usize> = places.iter().filter_map(|place| Some(place.server()?.index())).collect();
    let mut told = HashSet::new();
    let found = places.iter().filter_map(|place| check_place(&decider, *place));
    // Of Apache, the sections and aliases of one path are asked by one line.
    let is_new = |(by, finding)| (!site.is_apache() || told.insert(by)).then_some(finding);
    let mut found: Vec<Finding> = found.filter_map(is_new).collect();
    let servers: Vec<Scope<'_>> = site.scopes().filter(|scope| scope.is_server()).collect();
    let mut named: HashMap<String, Vec<Scope<'_>>> = HashMap::new();
    for server in &servers {
        server.names().for_each(|name| named.entry(name).or_default().push(*server));
    }
    for server in servers.iter().filter(|server| !known.contains(&server.index())) {
        let others: Vec<_> = server.names().filter_map(|name| named.get(&name)).flatten().copied().collect();
        let is_handled = others.iter().any(|other| known.contains(&other.index()));
        found.extend(check_server(&decider, *server, &others).filter(|_| !is_handled));
    }
    found
}

/// A place that was made for the tokens, and inherits what the rest asks.
fn check_place<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<((usize, Span), Finding)> {
    let server =
        place.server().filter(|_| place.is_reached_from_outside() && place.own_asking().is_none())?;
    let cause = |by: Directive<'_>| (server.index(), by.span());
    let path = place.sample_path("token").unwrap_or_else(|| CHALLENGE.to_owned());
    let path = if path.contains("acme-challenge") { path } else { CHALLENGE.to_owned() };
    let by = decider.asks(server, Channel::Plain, "GET", &path)?;
    let exempt = place.exemption();
    let finding = Finding::at(place.span(), format!("`{path}` is behind the password, too"))
        .also(by.span(), "inherited from here");
    let finding = place
        .exemptions()
        .filter(|off| *off != by)
        .fold(finding, |finding, off| finding.also(off.span(), "which this does not switch off"));
    let edit = place.insertion(exempt).filter(|_| place.kind() != Kind::Mapping);
    let Some(edit) = edit else {
        return Some((cause(by), finding.help(format!("write `{exempt}` into a section for this path"))));
    };
    let finding = finding.help(format!("add `{exempt}` here"));
    Some((cause(by), finding.fix(Safety::Unsafe, vec![edit])))
}

/// A whole server behind a password, with a certificate that has to be renewed, or none yet.
fn check_server<'s>(decider: &Decider<'s>, server: Scope<'s>, namesakes: &[Scope<'s>]) -> Option<Finding> {
    let place = if server.site().is_apache() {
        "`<Location /.well-known/acme-challenge/>` with `Require all granted`"
    } else {
        "`location ^~ /.well-known/acme-challenge/` with the auth off"
    };
    let help = format!("add {place}, unless the authority asks by DNS");
    let is_open = server.opens_challenges_by_expression();
    let asks = |channel| decider.asks(server, channel, "GET", CHALLENGE).filter(|_| !is_open);
    let finding = |by: Directive<'s>, label: &str| {
        let finding = Finding::at(by.span(), label).help(help.as_str());
        match server.line_about_challenges() {
            Some(line) => finding.also(line.span(), "this speaks of the token, and lets nobody off"),
            None => finding.level(Level::Advice),
        }
    };
    if let Some(certificate) = server.fetched_certificate() {
        // The authority comes to port 80 first, and follows a redirect.
        let sender = namesakes.iter().find(|other| **other != server && other.listens_plainly());
        let by = match sender {
            None if server.listens_plainly() => asks(Channel::Plain)?,
            Some(sender) if sender.sends_to_https() => asks(Channel::Encrypted)?,
            _ => return None,
        };
        let finding = finding(by, "this is asked for on the way to the token, too")
            .also(certificate.span(), "this certificate has to be renewed");
        return Some(match sender {
            Some(sender) => finding.also(sender.span(), "where the authority begins, and is sent on from"),
            None => finding,
        });
    }
    let is_alone = namesakes.iter().all(|other| *other == server);
    let by = asks(Channel::Plain).filter(|_| is_alone && server.is_plain_site_behind_a_password())?;
    let finding = finding(by, "covers the whole server, and the token of a certificate authority");
    Some(finding.message("no certificate can be had over HTTP: the authority would be asked for a password"))
}
