//! Whether a stranger is asked for credentials.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::Ordering;

use super::{Decider, Decision, Outcome, Request, areas};
use crate::model::{Directive, Family, Kind, Scope};

/// An address that is nobody's (RFC 5737).
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 77));

/// More strangers' requests than this are not decided for one lint on a site of Apache, a millisecond each; then the
/// text alone has to be enough.
const MOST_ANSWERS: usize = 500;

/// How a request comes to a server that listens with encryption and without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Without encryption, if the server listens so.
    Plain,
    /// With encryption, if the server listens so.
    Encrypted,
}

impl<'s> Decider<'s> {
    /// What asks a stranger for credentials who sends this to a server. Where the whole configuration is at hand
    /// the decision counts, else the text of the place that the path leads to. None where nobody is asked, or it is
    /// not known.
    pub fn asks(
        &self,
        server: Scope<'s>,
        channel: Channel,
        method: &str,
        path: &str,
    ) -> Option<Directive<'s>> {
        let by = || server.asks_at(method, path);
        // Nobody asks for a name.
        if path.starts_with('@') {
            return by();
        }
        match self.answer(server, channel, method, path) {
            Some(decision) if decision.outcome == Outcome::Challenge => {
                let place = server.place_of(path).and_then(|place| place.for_method(method).asks().by());
                by().or(place)
            }
            Some(decision) if decision.outcome != Outcome::Undetermined => None,
            _ => by(),
        }
    }

    /// The answer to a stranger's request without credentials; none where it cannot be told how to ask this
    /// server.
    pub fn answer(&self, server: Scope<'s>, channel: Channel, method: &str, path: &str) -> Option<Decision> {
        if self.site.is_apache() && self.answers.fetch_add(1, Ordering::Relaxed) >= MOST_ANSWERS {
            return None;
        }
        let mut request = request_to(server, channel)?;
        method.clone_into(&mut request.method);
        request.target = areas::encode(path.as_bytes());
        request.from = Some(STRANGER);
        Some(self.decide(&request))
    }
}

/// A request that comes to a server, as far as its own lines say it.
pub(super) fn request_to(server: Scope<'_>, channel: Channel) -> Option<Request> {
    let request = Request::get("/").ok()?;
    if server.site().scopes_of(Kind::Server).nth(1).is_none() {
        return Some(request);
    }
    let names = server.own(Family::ServerName).flat_map(Directive::arguments);
    let is_plain = |name: &str| !name.is_empty() && !name.starts_with(['~', '.']) && !name.contains('*');
    let name = names.filter_map(|name| name.literal()).find(|name| is_plain(name));
    let ports = server.ports();
    let wanted = channel == Channel::Encrypted;
    let found = ports.iter().find(|(_, is_tls)| *is_tls == wanted).or(ports.first());
    let (port, is_tls) = found.copied().unwrap_or((80, false));
    let host = name.map_or_else(|| "nobody.invalid".to_owned(), std::borrow::Cow::into_owned);
    Some(Request { host: Some(host), port: Some(port), is_tls, ..request })
}
