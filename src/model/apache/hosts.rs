//! Where virtual hosts are asked, and under which names (spec a53).

use std::net::IpAddr;

use crate::model::names::{Family, Name};
use crate::model::{Directive, Listen, Scope, Server, Site};

impl Site<'_> {
    /// The virtual hosts that are certainly there, in the order of the text.
    pub(in crate::model) fn named_hosts(&self) -> Vec<Server<'_>> {
        let main = self.scopes().next().map(Scope::own_host_name).unwrap_or_default();
        let hosts = self.virtual_hosts().filter(|host| host.is_wholly_known() && host.is_certainly_there());
        hosts.map(|host| host.read_host(main.as_ref())).collect()
    }
}

/// A name, and the line that gives it.
type Named<'s> = (String, Option<Directive<'s>>);

impl<'s> Scope<'s> {
    /// Without a name of its own, a host has that of the main server.
    fn read_host(self, main: Option<&Named<'s>>) -> Server<'s> {
        let words: Vec<_> =
            self.opening().into_iter().flat_map(|opening| opening.arguments().collect::<Vec<_>>()).collect();
        let listens: Vec<Listen<'s>> = words.iter().filter_map(|word| place(&word.text())).collect();
        let lines = || self.own(Family::ServerName);
        let is_literal =
            lines().all(|line| line.is_certain() && line.arguments().all(|word| word.literal().is_some()));
        let is_wholly_listed = is_literal && !listens.is_empty() && listens.len() == words.len();
        let own = self.own_host_name().or_else(|| main.map(|(name, _)| (name.clone(), None)));
        let aliases = lines().filter(|line| line.name() == Name::ServerAlias);
        let aliases = aliases.flat_map(|line| line.arguments().map(move |word| (line, word)));
        let aliases = aliases.map(|(line, word)| (word.text().to_ascii_lowercase(), Some(line)));
        let names = std::iter::once(own.unwrap_or_default()).chain(aliases).collect();
        Server { scope: self, listens, names, is_wholly_listed }
    }

    /// The name that `ServerName` gives, without scheme and port.
    fn own_host_name(self) -> Option<Named<'s>> {
        let line = self.own(Family::ServerName).filter(|line| line.name() == Name::ServerName).last()?;
        let word = line.literal(0)?.to_ascii_lowercase();
        let word = word.split_once("://").map_or(word.as_str(), |(_, name)| name);
        let name = word.rsplit_once(':').map_or(word, |(name, _)| name);
        Some((name.to_owned(), Some(line)))
    }
}

/// Where a word of `<VirtualHost>` stands for; port 0 is every port. None for a name that has to be looked up.
fn place<'s>(word: &str) -> Option<Listen<'s>> {
    let (address, port) = match word.rsplit_once(':') {
        Some((address, port)) if !port.contains(']') => (address, port),
        _ => (word, "*"),
    };
    let port = if port == "*" { 0 } else { port.parse().ok()? };
    let inner = address.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(address);
    let address = match inner {
        "*" | "_default_" | "0.0.0.0" => "*".to_owned(),
        "localhost" => "127.0.0.1".to_owned(),
        inner => match inner.parse().ok()? {
            IpAddr::V4(four) => four.to_string(),
            IpAddr::V6(six) => format!("[{six}]"),
        },
    };
    Some(Listen { address, port, by: None })
}
