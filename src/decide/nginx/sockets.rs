//! Which server takes a request: by the address and port of the connection, then by name (spec S1 to S5).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use super::regex::Regex;
use crate::decide::Request;
use crate::model::{Directive, Family, Kind, Scope, Site};

/// What is not known, as a lower-case clause.
pub(super) type Known<T> = Result<T, String>;

/// Where servers listen.
#[derive(Debug)]
pub(super) struct Socket<'s> {
    address: Address,
    port: u16,
    /// Whether connections are encrypted.
    pub(super) is_tls: bool,
    /// Whether something else than plain HTTP/1.1 is spoken.
    speaks_otherwise: bool,
    /// The server that takes what no other one does (spec S2).
    pub(super) default: Scope<'s>,
    /// Whether several servers listen here.
    pub(super) is_shared: bool,
    names: Names<'s>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Address {
    /// `*`
    Any4,
    /// `[::]`, alone or for IPv4 as well.
    Any6 {
        takes_v4: bool,
    },
    Ip(IpAddr),
    /// `localhost` means `[::1]` as well where the machine has other IPv6 addresses.
    PerhapsLoopback6,
    Unix,
}

/// The names of the servers of one socket.
#[derive(Debug, Default)]
struct Names<'s> {
    exact: HashMap<Vec<u8>, Scope<'s>>,
    /// `*.example.com`, without the star.
    heads: HashMap<Vec<u8>, Scope<'s>>,
    /// `www.example.*`, without the star.
    tails: HashMap<Vec<u8>, Scope<'s>>,
    regexes: Vec<(Known<Regex>, Scope<'s>)>,
    /// A name that is not known, such as `$hostname`.
    unknown: Option<String>,
}

/// All sockets of a site.
#[derive(Debug)]
pub(super) struct Sockets<'s> {
    all: Vec<Socket<'s>>,
    servers: Vec<Scope<'s>>,
}

/// The server that a name leads to.
#[derive(Debug)]
pub(super) struct Chosen<'t, 's> {
    pub(super) server: Scope<'s>,
    /// The expression that matched.
    pub(super) by: Option<&'t Regex>,
    /// Whether a name of the server is the host; else it takes what no other one does.
    pub(super) is_named: bool,
}

impl<'s> Sockets<'s> {
    /// None where not all servers are known.
    pub(super) fn new(site: &'s Site<'s>) -> Known<Sockets<'s>> {
        let servers: Vec<Scope<'s>> = site.scopes_of(Kind::Server).collect();
        let around = site.scopes().filter(|scope| matches!(scope.kind(), Kind::Main | Kind::Http));
        if around.chain(servers.iter().copied()).any(|scope| !scope.is_wholly_known())
            || !(site.config().is_main || site.presumes_outside())
        {
            return Err("not all of the configuration is at hand".into());
        }
        let mut all: Vec<Socket<'s>> = Vec::new();
        let mut numbers: HashMap<String, usize> = HashMap::new();
        for &server in &servers {
            for listen in listens(server)? {
                let key = format!("{:?} {}", listen.address, listen.port);
                let number = *numbers.entry(key).or_insert_with(|| {
                    all.push(Socket {
                        address: listen.address,
                        port: listen.port,
                        is_tls: false,
                        speaks_otherwise: false,
                        default: server,
                        is_shared: false,
                        names: Names::default(),
                    });
                    all.len() - 1
                });
                let socket = &mut all[number];
                socket.is_shared |= socket.default != server;
                socket.is_tls |= listen.is_tls;
                socket.speaks_otherwise |= listen.speaks_otherwise;
                if listen.is_default {
                    socket.default = server;
                }
                socket.names.add(server);
            }
        }
        // HTTP/2 without encryption is not HTTP/1.1; with it the client chooses.
        Ok(Sockets { all, servers })
    }

    /// The sockets that a connection may come to.
    pub(super) fn candidates(&self, request: &Request) -> Known<Vec<&Socket<'s>>> {
        let Some(port) = request.port else {
            let [server] = self.servers.as_slice() else {
                return Err("the URL names no host, and there is not just one server".into());
            };
            let its_own = self.all.iter().filter(|socket| socket.default == *server);
            return Ok(its_own.filter(|socket| socket.address != Address::Unix).take(1).collect());
        };
        let of_port: Vec<&Socket<'s>> = self
            .all
            .iter()
            .filter(|socket| socket.port == port && socket.address != Address::Unix)
            .filter(|socket| request.from.is_none_or(|from| socket.address.takes(from)))
            .collect();
        let found: Vec<&Socket<'s>> = match request.local_address() {
            Some(address) => self.at(address, port).into_iter().collect(),
            None => of_port,
        };
        let local6 = request.local_address().is_none_or(|address| address == Ipv6Addr::LOCALHOST);
        let perhaps =
            |socket: &&Socket<'s>| socket.port == port && socket.address == Address::PerhapsLoopback6;
        if local6 && self.all.iter().any(|socket| perhaps(&socket)) {
            return Err("whether `localhost` is an IPv6 address here is not known".into());
        }
        if found.is_empty() {
            return Err(format!("no server listens there on port {port}"));
        }
        if found.iter().any(|socket| socket.speaks_otherwise) {
            return Err("something else than HTTP/1.1 is spoken on this port".into());
        }
        Ok(found)
    }

    /// The socket of a connection to this address: a particular one hides those for every address.
    fn at(&self, address: IpAddr, port: u16) -> Option<&Socket<'s>> {
        let of_port = || self.all.iter().filter(|socket| socket.port == port);
        let wild = |wanted: &dyn Fn(Address) -> bool| of_port().find(|socket| wanted(socket.address));
        of_port().find(|socket| socket.address == Address::Ip(address)).or_else(|| {
            if address.is_ipv4() {
                wild(&|address| address == Address::Any4)
                    .or_else(|| wild(&|address| address == Address::Any6 { takes_v4: true }))
            } else {
                wild(&|address| matches!(address, Address::Any6 { .. }))
            }
        })
    }
}

impl<'s> Socket<'s> {
    /// The server of this name, in small letters; the default one where there is none (spec S3).
    pub(super) fn server(&self, host: &[u8]) -> Known<Chosen<'_, 's>> {
        let names = &self.names;
        let at = |scope: &Scope<'s>| Chosen { server: *scope, by: None, is_named: true };
        if let Some(found) = names.exact.get(host) {
            return Ok(at(found));
        }
        if let Some(unknown) = &names.unknown {
            return Err(unknown.clone());
        }
        let dots: Vec<usize> = (0..host.len()).filter(|at| host[*at] == b'.').collect();
        let head = dots.iter().find_map(|at| names.heads.get(&host[*at..]));
        let tail = || dots.iter().rev().find_map(|at| names.tails.get(&host[..=*at]));
        if let Some(found) = head.or_else(tail) {
            return Ok(at(found));
        }
        for (regex, server) in &names.regexes {
            let regex = regex.as_ref().map_err(String::clone)?;
            if regex.is_match(host)? {
                return Ok(Chosen { server: *server, by: Some(regex), is_named: true });
            }
        }
        Ok(Chosen { server: self.default, by: None, is_named: false })
    }
}

impl<'s> Names<'s> {
    /// The first server of a name keeps it (spec S5).
    fn add(&mut self, server: Scope<'s>) {
        for value in server.own(Family::ServerName).flat_map(Directive::arguments) {
            let bytes = value.bytes();
            if value.is_template() || (!bytes.starts_with(b"~") && bytes.contains(&b'$')) {
                self.unknown = Some(format!("the server name `{}` is not known", value.text()));
                continue;
            }
            if let Some(pattern) = bytes.strip_prefix(b"~") {
                let is_caseless = pattern.iter().any(u8::is_ascii_uppercase);
                self.regexes.push((Regex::new(pattern, is_caseless), server));
                continue;
            }
            let name = bytes.to_ascii_lowercase();
            if let Some(rest) = name.strip_prefix(b"*.") {
                self.heads.entry([b".", rest].concat()).or_insert(server);
            } else if let Some(rest) = name.strip_prefix(b".") {
                self.exact.entry(rest.to_vec()).or_insert(server);
                self.heads.entry(name).or_insert(server);
            } else if let Some(rest) = name.strip_suffix(b"*") {
                self.tails.entry(rest.to_vec()).or_insert(server);
            } else {
                self.exact.entry(name).or_insert(server);
            }
        }
    }
}

impl Address {
    /// Whether a client at `from` can connect, as far as the family says.
    fn takes(self, from: IpAddr) -> bool {
        match self {
            Address::Any4 => from.is_ipv4(),
            Address::Any6 { takes_v4 } => takes_v4 || from.is_ipv6(),
            Address::Ip(ip) => ip.is_ipv4() == from.is_ipv4(),
            Address::PerhapsLoopback6 => from.is_loopback() && from.is_ipv6(),
            Address::Unix => false,
        }
    }
}

impl Socket<'_> {
    /// Whether its addresses are those of IPv6, also for clients of IPv4.
    pub(super) fn is_ipv6(&self) -> bool {
        matches!(self.address, Address::Any6 { .. })
    }
}

struct Listen {
    address: Address,
    port: u16,
    is_default: bool,
    is_tls: bool,
    speaks_otherwise: bool,
}

fn listens(server: Scope<'_>) -> Known<Vec<Listen>> {
    let mut listens = Vec::new();
    for by in server.own(Family::Listen) {
        let unknown = || format!("the address in `{}` is not known", by.text());
        let text = by.literal(0).ok_or_else(unknown)?;
        let option = |name: &str| by.arguments().skip(1).any(|word| word.text() == name);
        let takes_v4 = option("ipv6only=off");
        let (addresses, ports) = address(&text, takes_v4).ok_or_else(unknown)?;
        let is_tls = option("ssl");
        for port in ports.0..=ports.1 {
            for &address in &addresses {
                listens.push(Listen {
                    address,
                    port,
                    is_default: option("default_server") || option("default"),
                    is_tls,
                    speaks_otherwise: option("proxy_protocol")
                        || option("quic")
                        || option("http3")
                        || (option("http2") && !is_tls),
                });
            }
        }
    }
    if server.own(Family::Listen).next().is_none() {
        let address = Address::Any4;
        let (is_default, is_tls, speaks_otherwise) = (false, false, false);
        listens.push(Listen { address, port: 80, is_default, is_tls, speaks_otherwise });
    }
    Ok(listens)
}

/// The addresses and the first and last port of a `listen`.
fn address(text: &str, takes_v4: bool) -> Option<(Vec<Address>, (u16, u16))> {
    if text.starts_with("unix:") {
        return Some((vec![Address::Unix], (0, 0)));
    }
    let ports = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        Some((first.parse::<u16>().ok()?, last.parse::<u16>().ok()?))
    };
    if let Some(ports) = ports(text) {
        return Some((vec![Address::Any4], ports));
    }
    let (host, ports) = match text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        Some((host, text)) => (host, ports(text)?),
        None => (text, (80, 80)),
    };
    let one = |ip: IpAddr| match ip {
        IpAddr::V4(ip) if ip.is_unspecified() => Address::Any4,
        IpAddr::V6(ip) if ip.is_unspecified() => Address::Any6 { takes_v4 },
        ip => Address::Ip(ip),
    };
    let inner = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
    let addresses = match (host, inner.parse::<IpAddr>()) {
        ("*", _) => vec![Address::Any4],
        (_, Ok(ip)) => vec![one(ip)],
        ("localhost", _) => vec![one(IpAddr::from([127, 0, 0, 1])), Address::PerhapsLoopback6],
        _ => return None,
    };
    Some((addresses, ports))
}

/// The host of a `Host` header as servers are looked up by it: in small letters, without port and final
/// dot. None where nginx answers 400 (`ngx_http_validate_host`).
pub(super) fn valid_host(header: &str) -> Option<String> {
    let bytes = header.as_bytes();
    let mut end = bytes.len();
    let mut dot = None;
    let (mut is_literal, mut is_rest) = (false, false);
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'.' if at > 0 && dot == Some(at - 1) => return None,
            b'.' => dot = Some(at),
            b':' if !is_literal && !is_rest => {
                end = at;
                is_rest = true;
            }
            b'[' if at == 0 => is_literal = true,
            b']' if is_literal => {
                end = at + 1;
                (is_literal, is_rest) = (false, true);
            }
            b'/' | 0..=0x20 | 0x7f => return None,
            _ => {}
        }
    }
    if end > 0 && dot == Some(end - 1) {
        end -= 1;
    }
    let host = header.get(..end)?.to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::valid_host;

    #[test]
    fn hosts_are_validated() {
        for (header, expected) in [
            ("A.Example:8080", Some("a.example")),
            ("a.example.", Some("a.example")),
            ("a.example.:80", Some("a.example")),
            ("[::1]:80", Some("[::1]")),
            ("a..b", None),
            (".", None),
            ("a b", None),
            ("a/b", None),
            ("", None),
        ] {
            assert_eq!(valid_host(header).as_deref(), expected, "{header}");
        }
    }
}
