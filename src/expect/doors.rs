//! By which requests each server is reached.

use std::collections::{BTreeMap, BTreeSet};

use super::Ask;
use crate::decide::{Outcome, Request};
use crate::model::{Directive, Family, Kind, Scope, Site, Value};

/// A way to a server.
#[derive(Clone, Debug)]
pub struct Door<'s> {
    /// The server that answers; several where it is not known which.
    pub servers: Vec<Scope<'s>>,
    /// A request for it, to be given a path and a method.
    pub request: Request,
    /// Whether other hosts lead to the same server, with requests that are not asked for.
    pub is_one_of_many: bool,
}

/// A host that no server has a name for.
const NOBODY: &str = "nobody.invalid";

/// The names and ports of a server.
struct Names<'s> {
    server: Scope<'s>,
    /// In small letters.
    hosts: Vec<String>,
    /// Whether these are all hosts that lead to it.
    is_all: bool,
    /// Each with whether it is encrypted.
    ports: BTreeMap<u16, bool>,
}

/// The ways to all servers of a site, one for each port of a server; for each of its names, too, if `by_host`
/// says that names make a difference in it.
pub fn doors<'s>(
    site: &'s Site<'s>,
    request: &Request,
    by_host: impl Fn(Scope<'s>) -> bool,
    ask: Ask<'_>,
) -> Vec<Door<'s>> {
    let servers: Vec<Scope<'s>> = site.scopes_of(Kind::Server).collect();
    let alone = match servers.as_slice() {
        [] if site.is_apache() => site.scopes().next(),
        [only] if !site.is_apache() => Some(*only),
        _ => None,
    };
    if let Some(server) = alone {
        return vec![Door { servers: vec![server], request: request.clone(), is_one_of_many: true }];
    }
    let named = if site.is_apache() { of_apache(site) } else { of_nginx(site) };
    let mut doors = Vec::new();
    for names in &named {
        for (&port, &is_tls) in &names.ports {
            let through = |host: &String| Request {
                host: Some(host.clone()),
                port: Some(port),
                is_tls,
                ..request.clone()
            };
            let mut found = names.hosts.iter().map(through).filter(|request| names.is_reached(request, ask));
            let all: Vec<Request> =
                if by_host(names.server) { found.collect() } else { found.next().into_iter().collect() };
            let is_one_of_many = !names.is_all;
            doors.extend(all.into_iter().map(|request| Door {
                servers: vec![names.server],
                request,
                is_one_of_many,
            }));
        }
    }
    doors
}

/// The way that a URL names.
pub fn door<'s>(site: &'s Site<'s>, request: Request, ask: Ask<'_>) -> Door<'s> {
    let name = ask(&request).server;
    let is_it =
        |server: &Scope<'s>| name.as_deref().is_some_and(|name| first_name(*server).as_deref() == Some(name));
    let all = || site.scopes_of(Kind::Server);
    let mut servers: Vec<Scope<'s>> = all().filter(is_it).collect();
    if servers.is_empty() {
        servers = all().collect();
        servers.extend(site.scopes().next().filter(|_| site.is_apache()));
    }
    Door { servers, request, is_one_of_many: false }
}

fn first_name(server: Scope<'_>) -> Option<String> {
    let name = server.own(Family::ServerName).next()?.argument(0)?.text().into_owned();
    Some(host_of(&name).to_owned())
}

/// The host of `https://host:port`, as Apache's `ServerName` may say it.
fn host_of(name: &str) -> &str {
    let name = name.split_once("://").map_or(name, |(_, rest)| rest);
    match name.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => name,
    }
}

impl Names<'_> {
    /// Whether it is this server that answers, as far as that is known: another one may have the name, too.
    fn is_reached(&self, request: &Request, ask: Ask<'_>) -> bool {
        let decision = ask(request);
        match decision.server {
            Some(name) => first_name(self.server).is_none_or(|own| own.eq_ignore_ascii_case(&name)),
            None => decision.outcome == Outcome::Undetermined || first_name(self.server).is_none(),
        }
    }
}

/// What of a name a client can say; none for expressions and variables.
fn speakable(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    if name.starts_with('~') || name.contains('$') || name.is_empty() {
        return None;
    }
    // `*.example.com` and `.example.com`, `www.example.*`
    let name = name.strip_prefix('.').unwrap_or(&name);
    Some(name.replace('*', "any"))
}

fn of_nginx<'s>(site: &'s Site<'s>) -> Vec<Names<'s>> {
    let mut first_of_socket = BTreeSet::new();
    let servers = site.servers();
    let takes_others = |socket: &(String, u16)| {
        let is_default = |listen: &&crate::model::Listen<'_>| {
            listen.is_default() && listen.address == socket.0 && listen.port == socket.1
        };
        servers.iter().any(|server| server.listens.iter().any(|listen| is_default(&listen)))
    };
    let mut all = Vec::new();
    for server in &servers {
        let mut is_default = false;
        let mut ports = BTreeMap::new();
        for listen in server.listens.iter().filter(|listen| listen.port != 0) {
            let words = listen.by.into_iter().flat_map(Directive::arguments);
            let is_tls = words.skip(1).any(|word| word.text() == "ssl");
            *ports.entry(listen.port).or_insert(false) |= is_tls;
            let socket = (listen.address.clone(), listen.port);
            is_default |= listen.is_default();
            is_default |= first_of_socket.insert(socket.clone()) && !takes_others(&socket);
        }
        let mut hosts: Vec<String> = server.names.iter().filter_map(|(name, _)| speakable(name)).collect();
        let is_plain = |name: &str| !name.is_empty() && !name.contains(['*', '~', '$']);
        let is_all =
            !is_default && server.is_wholly_listed && server.names.iter().all(|(name, _)| is_plain(name));
        if is_default {
            hosts.push(NOBODY.to_owned());
        }
        all.push(Names { server: server.scope, hosts, is_all, ports });
    }
    all
}

fn of_apache<'s>(site: &'s Site<'s>) -> Vec<Names<'s>> {
    let port_of = |text: &str| text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    let main = site.scopes().next();
    let listens = main.into_iter().flat_map(|main| main.own(Family::Listen));
    let listened: BTreeSet<u16> =
        listens.filter_map(|listen| listen.argument(0).and_then(|word| port_of(&word.text()))).collect();
    let with_tls = |ports: BTreeSet<u16>| ports.into_iter().map(|port| (port, port == 443)).collect();
    let mut taken = BTreeSet::new();
    let mut all = Vec::new();
    for server in site.scopes_of(Kind::Server) {
        let mut ports = BTreeSet::new();
        for word in server.opening().into_iter().flat_map(Directive::arguments) {
            let of_word: BTreeSet<u16> = match port_of(&word.text()) {
                Some(port) => BTreeSet::from([port]),
                None => listened.clone(),
            };
            if word.text().starts_with('*') || word.text().starts_with("_default_") {
                taken.extend(&of_word);
            }
            ports.extend(of_word);
        }
        let names = server.own(Family::ServerName).flat_map(Directive::arguments).map(Value::text);
        let mut hosts: Vec<String> = names.filter_map(|name| speakable(host_of(&name))).collect();
        hosts.push(NOBODY.to_owned());
        all.push(Names { server, hosts, is_all: false, ports: with_tls(ports) });
    }
    if let Some(server) = main {
        let ports = listened.difference(&taken).copied().collect();
        let mut hosts: Vec<String> = first_name(server).into_iter().collect();
        hosts.push(NOBODY.to_owned());
        all.push(Names { server, hosts, is_all: false, ports: with_tls(ports) });
    }
    all
}
