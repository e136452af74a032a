//! Whether requests come to the main server at all, or only to virtual hosts (spec a53).

use crate::model::names::Family;
use crate::model::{Kind, Scope, ScopeRef, Site};

impl Site<'_> {
    /// The virtual hosts, in the order of the text.
    pub(in crate::model) fn virtual_hosts(&self) -> impl Iterator<Item = Scope<'_>> {
        self.apache.iter().flat_map(|apache| &apache.hosts).map(|&id| self.scope(id))
    }

    /// The first of the virtual hosts, if they take the requests of every port that is listened on: then
    /// nothing ever comes to the main server.
    pub(super) fn takes_all_requests(&self, conditions: &[u32]) -> Option<ScopeRef> {
        let main = self.scope(0);
        let ports: Option<Vec<String>> =
            main.own(Family::Listen).map(|line| Some(port(&line.literal(0)?).to_owned())).collect();
        let ports = ports.filter(|ports| !ports.is_empty())?;
        let hosts: Vec<(ScopeRef, Vec<String>)> = self
            .scopes_of(Kind::Server)
            .filter(|host| host.parent() == Some(main) && conditions.get(host.id as usize) == Some(&0))
            .map(|host| (host.id, host.opening().into_iter().flat_map(taken_ports).collect()))
            .collect();
        let takes =
            |port: &String| hosts.iter().any(|(_, taken)| taken.iter().any(|one| one == port || one == "*"));
        ports.iter().all(takes).then(|| hosts.first().map(|(id, _)| *id)).flatten()
    }
}

/// The ports that a virtual host takes on every address.
fn taken_ports(opening: crate::model::Directive<'_>) -> Vec<String> {
    let addresses = opening.arguments().filter_map(crate::model::Value::literal);
    addresses
        .filter_map(|address| match address.rsplit_once(':') {
            Some(("*" | "_default_", port)) => Some(port.to_owned()),
            None if address == "*" || address == "_default_" => Some("*".to_owned()),
            _ => None,
        })
        .collect()
}

/// The port in the argument of `Listen`.
fn port(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(_, port)| port)
}

impl Scope<'_> {
    /// Whether this section of the main server stands for virtual hosts as well, which may say more of its place.
    #[must_use]
    pub fn is_for_virtual_hosts(self) -> bool {
        let is_main = self.server().is_none_or(|server| server.index() == 0);
        is_main && self.site().virtual_hosts().next().is_some()
    }
}
