//! Servers: where they listen and which names they answer to (spec S1 to S5).

use super::nginx::Family;
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

    /// Whether both are one socket.
    #[must_use]
    pub fn same_socket(&self, other: &Listen<'_>) -> bool {
        self.address == other.address && self.port == other.port
    }
}

impl Site<'_> {
    /// The servers in the order of the text, as far as their addresses and names are known.
    #[must_use]
    pub fn servers(&self) -> Vec<Server<'_>> {
        self.scopes_of(Kind::Server).filter(|scope| scope.is_wholly_known()).map(Scope::read_server).collect()
    }
}

impl<'s> Scope<'s> {
    fn read_server(self) -> Server<'s> {
        let mut listens: Vec<Listen<'s>> = self.own(Family::Listen).filter_map(listen).collect();
        if self.own(Family::Listen).next().is_none() {
            listens.push(Listen { address: "*".into(), port: 80, by: None });
        }
        let mut names: Vec<(String, Option<Directive<'s>>)> = self
            .own(Family::ServerName)
            .flat_map(|directive| directive.arguments().map(move |name| (name, directive)))
            .filter_map(|(name, directive)| Some((name.literal()?.to_ascii_lowercase(), Some(directive))))
            .collect();
        if self.own(Family::ServerName).next().is_none() {
            names.push((String::new(), None));
        }
        Server { scope: self, listens, names }
    }
}

/// The socket of a `listen`; none where it is named by a host name or a variable.
fn listen(by: Directive<'_>) -> Option<Listen<'_>> {
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
    let is_address = address == "*" || address.starts_with("unix:") || address.starts_with('[') || address.parse::<std::net::Ipv4Addr>().is_ok();
    is_address.then_some(Listen { address, port, by: Some(by) })
}
