//! Which server answers: the virtual hosts of an address and a port, and their names (spec a53).

use std::collections::HashMap;
use std::net::IpAddr;

use super::stop::Stop;
use crate::decide::Request;
use crate::model::{Family, Kind, Name, Scope, Site};

/// Where a virtual host is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// None: every address.
    address: Option<IpAddr>,
    /// None: every port.
    port: Option<u16>,
}

#[derive(Debug)]
struct Host {
    scope: u32,
    places: Vec<Place>,
    /// An address that is a name, a variable.
    is_unsure: bool,
}

/// The virtual hosts that are asked at one place, in the order of the text.
#[derive(Debug, Default)]
struct Chain {
    hosts: Vec<u32>,
    /// Of each name the first host that has it.
    exact: HashMap<String, usize>,
    /// Names with wildcards.
    patterns: Vec<(String, usize)>,
}

/// The virtual hosts of a site.
#[derive(Debug)]
pub struct Hosts {
    all: Vec<Host>,
    chains: Vec<(Place, Chain)>,
    /// Addresses and ports that are listened on; empty where that is not known.
    listened: Vec<(Option<IpAddr>, u16)>,
    only: Option<u32>,
    is_unsure: bool,
}

impl Hosts {
    pub fn new(site: &Site<'_>) -> Self {
        let main = site.scopes().next();
        let listened = main.into_iter().flat_map(|main| main.own(Family::Listen));
        let listened: Option<Vec<(Option<IpAddr>, u16)>> = listened
            .map(|line| {
                let word = line.literal(0).filter(|_| line.is_certain())?;
                let place = place(&if word.contains(':') { word.into_owned() } else { format!("*:{word}") })?;
                Some((place.address, place.port?))
            })
            .collect();
        let main_name = main.and_then(|main| own_name(main));
        let scopes: Vec<Scope<'_>> =
            site.scopes_of(Kind::Server).filter(|scope| scope.parent() == main).collect();
        let is_unsure = scopes.iter().any(|scope| !scope.is_certainly_there());
        let hosts: Vec<Host> = scopes.iter().map(|scope| host(*scope)).collect();
        let mut chains: Vec<(Place, Chain)> = Vec::new();
        let mut at: HashMap<(Option<IpAddr>, Option<u16>), usize> = HashMap::new();
        for (host, scope) in hosts.iter().zip(&scopes) {
            for place in &host.places {
                let number = *at.entry((place.address, place.port)).or_insert_with(|| {
                    chains.push((*place, Chain::default()));
                    chains.len() - 1
                });
                // Without a name of its own it has that of the main server, or that of its address.
                let is_everywhere = host.places.iter().any(|place| place.address.is_none());
                let is_loopback = place.address.is_some_and(|address| address.is_loopback());
                let by_address = is_loopback.then_some("localhost");
                let other = if is_everywhere { main_name.as_deref() } else { by_address };
                chains[number].1.add(*scope, other);
            }
        }
        let only = match (hosts.as_slice(), main) {
            ([], Some(main)) => Some(main.number()),
            ([one], _) => Some(one.scope),
            _ => None,
        };
        Hosts { all: hosts, chains, listened: listened.unwrap_or_default(), only, is_unsure }
    }

    /// The address that the client has connected to: the one that is listened on, or what the request says.
    pub fn local_address(&self, request: &Request) -> Option<IpAddr> {
        let mut listened = self.listened.iter().filter(|(_, port)| Some(*port) == request.port);
        match (listened.next(), listened.next()) {
            (Some((Some(address), _)), None) => Some(*address),
            // A client on this machine may have any address of its own, and asks the usual one.
            _ => request.local_address().map(|address| match (address, request.from) {
                (IpAddr::V4(four), Some(from)) if four.is_loopback() && from == address => {
                    IpAddr::from([127, 0, 0, 1])
                }
                _ => address,
            }),
        }
    }

    /// The scope of the server that answers.
    pub fn choose(&self, request: &Request) -> Result<u32, Stop> {
        if self.is_unsure {
            return Err(Stop::unknown("whether a virtual host is there is not known"));
        }
        let (Some(host), Some(port)) = (request.host.as_deref(), request.port) else {
            return self
                .only
                .ok_or_else(|| Stop::unknown("there are several servers: the URL has to name one"));
        };
        if !self.listened.is_empty() && !self.listened.iter().any(|(_, listened)| *listened == port) {
            return Err(Stop::unknown(format!("nothing listens on port {port}")));
        }
        if self.all.iter().any(|host| host.is_unsure) {
            return Err(Stop::unknown("a virtual host has an address that is not known"));
        }
        let address = self.local_address(request);
        let has_addresses = self
            .chains
            .iter()
            .any(|(place, _)| place.address.is_some() && place.port.is_none_or(|it| it == port));
        if address.is_none() && has_addresses {
            return Err(Stop::unknown("it hangs on the address that the client connects to"));
        }
        let find = |address: Option<IpAddr>, port: Option<u16>| {
            self.chains.iter().find(|(place, _)| place.address == address && place.port == port)
        };
        let by_address = address.and_then(|ip| find(Some(ip), Some(port)).or_else(|| find(Some(ip), None)));
        let chain = by_address.or_else(|| find(None, Some(port))).or_else(|| find(None, None));
        Ok(chain.map_or(0, |(_, chain)| chain.named(host)))
    }
}

impl Chain {
    fn add(&mut self, scope: Scope<'_>, other_name: Option<&str>) {
        let number = self.hosts.len();
        self.hosts.push(scope.number());
        let own = own_name(scope).or_else(|| other_name.map(str::to_owned));
        self.exact.entry(own.unwrap_or_default()).or_insert(number);
        for line in scope.own(Family::ServerName).filter(|line| line.name() == Name::ServerAlias) {
            for word in line.arguments() {
                let word = word.text().to_ascii_lowercase();
                if word.contains(['*', '?']) {
                    self.patterns.push((word, number));
                } else {
                    self.exact.entry(word).or_insert(number);
                }
            }
        }
    }

    /// The first host that has the name, or else the first.
    fn named(&self, name: &str) -> u32 {
        let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
        let exact = self.exact.get(&name).copied();
        let matches = |pattern: &str| wildcard(pattern.as_bytes(), name.as_bytes());
        let pattern = self.patterns.iter().find(|(pattern, _)| matches(pattern)).map(|(_, number)| *number);
        let number = exact.into_iter().chain(pattern).min().unwrap_or(0);
        self.hosts.get(number).copied().unwrap_or(0)
    }
}

/// Whether a name matches a pattern of `*` and `?`.
pub fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                p += 1;
                star = Some((p, n));
            }
            Some(&byte) if byte == b'?' || byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (p, n) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// The name that `ServerName` gives, without scheme and port.
fn own_name(scope: Scope<'_>) -> Option<String> {
    let line = scope.own(Family::ServerName).filter(|line| line.name() == Name::ServerName).last()?;
    let word = line.literal(0)?.to_ascii_lowercase();
    let word = word.split_once("://").map_or(word.as_str(), |(_, name)| name);
    Some(word.rsplit_once(':').map_or(word, |(name, _)| name).to_owned())
}

fn host(scope: Scope<'_>) -> Host {
    let mut host = Host { scope: scope.number(), places: Vec::new(), is_unsure: false };
    for word in scope.opening().into_iter().flat_map(|opening| opening.arguments().collect::<Vec<_>>()) {
        match place(&word.text()) {
            Some(place) => host.places.push(place),
            None => host.is_unsure = true,
        }
    }
    host
}

fn place(word: &str) -> Option<Place> {
    let (address, port) = match word.rsplit_once(':') {
        Some((address, port)) if !port.contains(']') => (address, port),
        _ => (word, "*"),
    };
    let port = if port == "*" { None } else { Some(port.parse().ok()?) };
    let inner = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
    let address = match inner {
        "*" | "_default_" | "0.0.0.0" => None,
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        inner => Some(inner.parse().ok()?),
    };
    Some(Place { address, port })
}

#[cfg(test)]
mod tests {
    use super::{place, wildcard};

    #[test]
    fn names_and_places() {
        assert!(wildcard(b"*.example", b"a.b.example"));
        assert!(!wildcard(b"*.example", b"example"));
        assert!(place("[::1]:80").is_some_and(|place| place.port == Some(80)));
        assert!(place("*").is_some_and(|place| place.port.is_none() && place.address.is_none()));
        assert!(place("name.example:80").is_none());
    }
}
