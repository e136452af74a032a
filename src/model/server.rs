//! Servers: where they listen and which names they answer to (spec S1 to S5).

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::names::Family;
use super::{Directive, Kind, Scope, Site};

/// A server of a site.
#[derive(Clone, Debug)]
pub struct Server<'s> {
    /// Its block.
    pub scope: Scope<'s>,
    /// The addresses it listens on.
    pub listens: Vec<Listen<'s>>,
    /// The names, in small letters, each with its directive; `""` where none is given.
    pub names: Vec<(String, Option<Directive<'s>>)>,
    /// Whether these are all addresses and names: none is a variable, or a host name to be looked up.
    pub is_wholly_listed: bool,
}

/// One `listen`.
#[derive(Clone, Debug)]
pub struct Listen<'s> {
    /// The address in one spelling: `*`, `[::]`, an IP address, or a path with `unix:`.
    pub address: String,
    /// The port; 0 for a UNIX socket.
    pub port: u16,
    /// The directive; none where nginx listens on port 80 because nothing is said.
    pub by: Option<Directive<'s>>,
}

impl Listen<'_> {
    /// Whether connections are encrypted, as far as this line says it.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.by.into_iter().flat_map(Directive::arguments).any(|word| word.text() == "ssl")
    }

    /// Whether this is every address of its family.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        matches!(self.address.as_str(), "*" | "[::]")
    }

    /// Whether only this machine can connect.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.address.starts_with("127.") || self.address == "[::1]" || self.address.starts_with("unix:")
    }

    /// Whether it is said that this server takes what no other one does (spec S2).
    #[must_use]
    pub fn is_default(&self) -> bool {
        let words = self.by.into_iter().flat_map(Directive::arguments);
        words.skip(1).any(|word| matches!(word.text().as_ref(), "default_server" | "default"))
    }

    /// Whether this is an address of IPv6, or all of them.
    #[must_use]
    pub fn is_ipv6(&self) -> bool {
        self.address.starts_with('[')
    }

    /// Whether both are one socket.
    #[must_use]
    pub fn same_socket(&self, other: &Listen<'_>) -> bool {
        self.address == other.address && self.port == other.port
    }
}

impl fmt::Display for Listen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.port == 0 { f.write_str(&self.address) } else { write!(f, "{}:{}", self.address, self.port) }
    }
}

/// A name that two servers claim on one socket: the first keeps it, the second is not chosen by it
/// (spec S5).
#[derive(Clone, Debug)]
pub struct TakenName<'s> {
    /// The name, `""` where none is given.
    pub name: String,
    /// The socket, as the second server says it.
    pub listen: Listen<'s>,
    /// The server that answers.
    pub holder: Scope<'s>,
    /// Where it says the name.
    pub held_by: Option<Directive<'s>>,
    /// The server that does not.
    pub loser: Scope<'s>,
    /// Where that one says the name.
    pub lost_by: Option<Directive<'s>>,
    /// Whether the second server has no other name and no other socket: then it is never chosen.
    pub is_dead: bool,
}

/// A server on every address of a port that connections to one address never come to, because
/// other servers listen on that very address (spec S1).
#[derive(Clone, Debug)]
pub struct Hidden<'s> {
    /// The server on every address.
    pub server: Scope<'s>,
    /// Its `listen`.
    pub listen: Listen<'s>,
    /// The server on the one address.
    pub by: Scope<'s>,
    /// Its `listen`.
    pub special: Listen<'s>,
}

/// A server by its number, with the line that gives it a name.
type Holder<'s> = (usize, Option<Directive<'s>>);

/// Names with `*` and `?`, for each socket.
#[derive(Default)]
struct Patterns<'s>(HashMap<(String, u16), Vec<(String, Holder<'s>)>>);

/// More patterns than this are not looked at for one socket.
const MOST_PATTERNS: usize = 50;

impl<'s> Patterns<'s> {
    fn add(&mut self, listen: &Listen<'s>, name: &str, holder: Holder<'s>) {
        if name.contains(['*', '?']) {
            let patterns = self.0.entry((listen.address.clone(), listen.port)).or_default();
            if patterns.len() < MOST_PATTERNS {
                patterns.push((name.to_owned(), holder));
            }
        }
    }

    /// The first that has a name by a pattern.
    fn holder(&self, listen: &Listen<'s>, name: &str) -> Option<Holder<'s>> {
        if self.0.is_empty() {
            return None;
        }
        let patterns = self.0.get(&(listen.address.clone(), listen.port))?;
        let matches = |pattern: &str| crate::source::matches_any(pattern.as_bytes(), name.as_bytes());
        patterns.iter().find(|(pattern, _)| matches(pattern)).map(|(_, holder)| *holder)
    }
}

impl Site<'_> {
    /// The servers of either kind: those of nginx, or the virtual hosts of Apache.
    pub(super) fn all_servers(&self) -> Vec<Server<'_>> {
        if self.is_apache() { self.named_hosts() } else { self.servers() }
    }

    /// The names that two servers claim, once for each pair of servers. A server that is the default
    /// of a socket is chosen there by other means. Of Apache's virtual hosts the first that has the name is
    /// chosen, by a pattern or not (spec a53).
    #[must_use]
    pub fn taken_names(&self) -> Vec<TakenName<'_>> {
        let servers = self.all_servers();
        let mut patterns = Patterns::default();
        let mut first: HashMap<(&str, u16, &str), (usize, Option<Directive<'_>>)> = HashMap::new();
        let mut taken = Vec::new();
        for (at, server) in servers.iter().enumerate() {
            let mut holders = HashSet::new();
            let mut is_dead = server.is_wholly_listed;
            let begin = taken.len();
            for listen in &server.listens {
                for (name, by) in &server.names {
                    let key = (listen.address.as_str(), listen.port, name.as_str());
                    let of_pattern = patterns.holder(listen, name).filter(|_| self.is_apache());
                    let (holder, held_by) =
                        of_pattern.unwrap_or_else(|| *first.entry(key).or_insert((at, *by)));
                    patterns.add(listen, name, (at, *by));
                    if holder == at || listen.is_default() {
                        is_dead = false;
                    } else if holders.insert(holder) {
                        taken.push(TakenName {
                            name: name.clone(),
                            listen: listen.clone(),
                            holder: servers[holder].scope,
                            held_by,
                            loser: server.scope,
                            lost_by: *by,
                            is_dead: false,
                        });
                    }
                }
            }
            taken[begin..].iter_mut().for_each(|taken| taken.is_dead = is_dead);
        }
        taken
    }

    /// The servers that are hidden on some address, once for each server that hides them.
    #[must_use]
    pub fn hidden_servers(&self) -> Vec<Hidden<'_>> {
        let servers = self.all_servers();
        let sockets =
            || servers.iter().flat_map(|server| server.listens.iter().map(move |listen| (server, listen)));
        let mut everywhere: HashMap<(bool, u16), Vec<(&Server<'_>, &Listen<'_>)>> = HashMap::new();
        for (server, listen) in sockets().filter(|(_, listen)| listen.is_wildcard()) {
            everywhere.entry((listen.is_ipv6(), listen.port)).or_default().push((server, listen));
        }
        let mut hidden = Vec::new();
        for (by, special) in sockets().filter(|(_, listen)| !listen.is_wildcard() && listen.port != 0) {
            for (server, listen) in everywhere.get(&(special.is_ipv6(), special.port)).into_iter().flatten() {
                if !server.listens.iter().any(|listen| listen.same_socket(special)) {
                    hidden.push(Hidden {
                        server: server.scope,
                        listen: (*listen).clone(),
                        by: by.scope,
                        special: special.clone(),
                    });
                }
            }
        }
        hidden
    }

    /// The servers in the order of the text, as far as their addresses and names are known.
    #[must_use]
    pub fn servers(&self) -> Vec<Server<'_>> {
        // How Apache chooses a virtual host is another thing.
        let servers =
            self.scopes_of(Kind::Server).filter(|scope| scope.is_wholly_known() && !self.is_apache());
        servers.map(Scope::read_server).collect()
    }
}

impl<'s> Scope<'s> {
    /// The path of a URL or path that leads to this very server, its variables unresolved; none
    /// where it leads elsewhere.
    #[must_use]
    pub fn own_path(self, target: &str) -> Option<&str> {
        if target.starts_with('/') || target.starts_with("$uri") || target.starts_with("$request_uri") {
            return Some(target);
        }
        let rest =
            ["https://", "http://", "$scheme://"].iter().find_map(|scheme| target.strip_prefix(scheme))?;
        let end = rest
            .find('/')
            .or_else(|| rest.find("$request_uri"))
            .or_else(|| rest.find("$uri"))
            .unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        let is_own = matches!(host, "$host" | "$server_name" | "$http_host")
            || self.own(Family::ServerName).flat_map(Directive::arguments).any(|name| name.text() == host);
        is_own.then_some(path)
    }

    fn read_server(self) -> Server<'s> {
        let mut listens: Vec<Listen<'s>> = self.own(Family::Listen).filter_map(listen).collect();
        if self.own(Family::Listen).next().is_none() {
            listens.push(Listen { address: "*".into(), port: 80, by: None });
        }
        let mut names: Vec<(String, Option<Directive<'s>>)> = self
            .own(Family::ServerName)
            .flat_map(|directive| directive.arguments().map(move |name| (name, directive)))
            .filter_map(|(name, directive)| Some((name.literal()?.to_ascii_lowercase(), Some(directive))))
            .flat_map(|(name, directive)| match name.strip_prefix('.') {
                // `.x` is short for both.
                Some(rest) => vec![(rest.to_owned(), directive), (format!("*{name}"), directive)],
                None => vec![(name, directive)],
            })
            .collect();
        if self.own(Family::ServerName).next().is_none() {
            names.push((String::new(), None));
        }
        let listed = self.own(Family::ServerName).map(Directive::arity).sum::<usize>().max(1);
        let is_wholly_listed =
            names.len() >= listed && listens.len() == self.own(Family::Listen).count().max(1);
        Server { scope: self, listens, names, is_wholly_listed }
    }
}

/// The socket of a `listen`; none where it is named by a host name or a variable.
pub(super) fn listen(by: Directive<'_>) -> Option<Listen<'_>> {
    let text = by.literal(0)?;
    let (address, port) = if text.starts_with("unix:") {
        (text.to_string(), 0)
    } else if let Ok(port) = text.parse() {
        ("*".to_owned(), port)
    } else if let Some((address, port)) = text.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')) {
        (address.to_owned(), port.parse().ok()?)
    } else {
        (text.to_string(), 80)
    };
    let address = if address == "0.0.0.0" { "*".to_owned() } else { address };
    let inner = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let address = match inner.map(str::parse::<std::net::Ipv6Addr>) {
        Some(Ok(ipv6)) => format!("[{ipv6}]"),
        _ => address,
    };
    let is_address = address == "*"
        || address.starts_with("unix:")
        || address.starts_with('[')
        || address.parse::<std::net::Ipv4Addr>().is_ok();
    is_address.then_some(Listen { address, port, by: Some(by) })
}
