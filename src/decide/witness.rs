//! A request that proves that something is open.

use super::areas::{self, Area, Expression, Flags, Search, Test};
use super::{Decider, Decision, Request};
use crate::model::{Directive, Family, Located, Modifier, Scope};

/// A request, and what the server answers to it.
#[derive(Clone, Debug)]
pub struct Witness {
    /// Without credentials.
    pub request: Request,
    /// The answer.
    pub decision: Decision,
}

impl<'s> Decider<'s> {
    /// A request for a path below `prefix` that comes to a server or location of nginx and has an answer that
    /// will do: one of the shortest. None where there is none, or none can be proven.
    pub fn witness(
        &self,
        place: Scope<'s>,
        prefix: &str,
        will_do: impl Fn(&Decision) -> bool,
    ) -> Option<Witness> {
        let server = place.server()?;
        let first = |areas: Vec<Area>| {
            let paths = areas.iter().filter_map(|area| std::str::from_utf8(&area.path).ok());
            let mut all = paths.filter_map(|path| self.visit(server, place, path));
            all.find(|witness| will_do(&witness.decision))
        };
        let Some(location) = place.location() else {
            return first(vec![Area { path: b"/".to_vec(), unread: None }]);
        };
        if !location.is_regex() {
            let area = Area { path: location.path.as_bytes().to_vec(), unread: None };
            return location.path.starts_with(prefix).then(|| first(vec![area]))?;
        }
        // The expression alone is soon read, and mostly enough; then all that the server tests.
        let flags = Flags::nginx(location.modifier == Modifier::RegexCaseless);
        let alone = vec![Test::Search(Search::read(location.path.as_bytes(), flags))];
        first(below(prefix, &alone, true)).or_else(|| {
            let tests = areas::tests(self.site, server);
            first(below(prefix, &tests.all, tests.merges_slashes))
        })
    }

    /// The request for a path, if it comes to the place.
    fn visit(&self, server: Scope<'s>, place: Scope<'s>, path: &str) -> Option<Witness> {
        if !matches!(server.locate(path), Located::At(found) if found == place || place == server) {
            return None;
        }
        let request = Request { target: areas::encode(path.as_bytes()), ..request_for(server)? };
        let decision = self.decide(&request);
        Some(Witness { request, decision })
    }
}

/// The areas below a prefix; none where there are too many.
fn below(prefix: &str, tests: &[Test], merges_slashes: bool) -> Vec<Area> {
    let covered = Expression::text(prefix.as_bytes()).then(Expression::anything());
    areas::areas(tests, &covered, &areas::normalised(merges_slashes)).unwrap_or_default()
}

/// A request that comes to a server, as far as its own lines say it.
fn request_for(server: Scope<'_>) -> Option<Request> {
    let request = Request::get("/").ok()?;
    if server.site().scopes_of(crate::model::Kind::Server).nth(1).is_none() {
        return Some(request);
    }
    let names = server.own(Family::ServerName).flat_map(Directive::arguments);
    let is_plain = |name: &str| !name.is_empty() && !name.starts_with(['~', '.']) && !name.contains('*');
    let name = names.filter_map(|name| name.literal()).find(|name| is_plain(name));
    let listens = server.own(Family::Listen).filter_map(|line| Some((line, line.literal(0)?)));
    let port = |text: &str| text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    let mut ports = listens.map(|(line, text)| {
        let is_tls = line.arguments().any(|word| word.text() == "ssl");
        (port(&text).unwrap_or(80), is_tls)
    });
    let (port, is_tls) = ports.next().unwrap_or((80, false));
    let host = name.map_or_else(|| "nobody.invalid".to_owned(), std::borrow::Cow::into_owned);
    Some(Request { host: Some(host), port: Some(port), is_tls, ..request })
}
