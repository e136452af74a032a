//! A request that proves that something is open.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::Ordering;

use super::areas::{self, Expression, Flags, Search, Test};
use super::{Credentials, Decider, Decision, Request};
use crate::model::{Directive, Family, Located, Location, Modifier, Scope};

/// A server with more locations is looked at in part.
const MOST_LOCATIONS: usize = 100;

/// More searches than this are not made for one site, a few milliseconds each.
pub(super) const MOST_SEARCHES: usize = 60;
/// The same for texts that an expression matches.
const MOST_SAMPLES: usize = 300;

/// An address of examples (TEST-NET-3): no rule means it.
const STRANGER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 77));

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
        let witness = self.reaching(place, prefix)?;
        will_do(&witness.decision).then_some(witness)
    }

    /// What a server answers to GET for a path, which is not encoded yet, from an address that nobody has.
    #[must_use]
    pub fn fetch(&self, server: Scope<'s>, path: &str, credentials: Credentials) -> Option<Witness> {
        let target = areas::encode(path.as_bytes());
        let request = Request { target, credentials, from: Some(STRANGER), ..request_for(server)? };
        let decision = self.decide(&request);
        Some(Witness { request, decision })
    }

    /// The answer to GET for a path, which is not encoded yet, from this address and without credentials; none where
    /// the site is too large to ask.
    #[must_use]
    pub fn answer_to(&self, server: Scope<'s>, path: &str, from: IpAddr) -> Option<Decision> {
        let target = areas::encode(path.as_bytes());
        let request = request_for(server).filter(|_| self.may_search(MOST_SEARCHES))?;
        Some(self.decide(&Request { target, from: Some(from), ..request }))
    }

    /// The first request found for a path below `prefix` that comes to the place.
    fn reaching(&self, place: Scope<'s>, prefix: &str) -> Option<Witness> {
        let server = place.server()?;
        let Some(location) = place.location() else { return self.visit(server, place, "/") };
        if !location.is_regex() {
            let is_below = location.path.starts_with(prefix);
            return is_below.then(|| self.visit(server, place, &location.path))?;
        }
        // What the expression matches by itself often does so behind the prefix, too.
        let guessed = self.first(server, place, &self.guess(&location, prefix));
        if guessed.is_some() || !self.may_search(MOST_SEARCHES) {
            return guessed;
        }
        // The expression alone is soon read; then all locations of the server.
        let alone = below(prefix, &[test(&location)]);
        self.first(server, place, &alone).or_else(|| {
            let may_come = paths(&alone).any(|path| place.matches_path(path) != Some(false));
            let all = server.descendants().filter_map(Scope::location).filter(|_| may_come);
            let tests: Vec<Test> = all.take(MOST_LOCATIONS).map(|location| test(&location)).collect();
            let areas = if tests.is_empty() { Vec::new() } else { below(prefix, &tests) };
            self.first(server, place, &areas)
        })
    }

    /// A path behind a prefix with a text that matches an expression; looked for once an expression.
    fn guess(&self, location: &Location<'_>, prefix: &str) -> Vec<Vec<u8>> {
        let find = || {
            if !self.may_search(MOST_SAMPLES) {
                return None;
            }
            let areas = below("", &[test(location)]);
            areas.into_iter().max_by_key(Vec::len)
        };
        let Ok(mut samples) = self.samples.lock() else { return Vec::new() };
        let sample = samples.entry(location.path.clone().into_owned()).or_insert_with(find);
        let Some(sample) = sample else { return Vec::new() };
        let rest = sample.strip_prefix(b"/").unwrap_or(sample);
        // Every path begins with a slash, and files mostly lie in the area, and have names.
        let directory = format!("{}/", prefix.trim_end_matches('/'));
        let prefix = if prefix.is_empty() { "/" } else { prefix };
        let name: &[u8] = if rest.starts_with(b".") { b"index" } else { b"" };
        vec![[directory.as_bytes(), name, rest].concat(), [prefix.as_bytes(), rest].concat()]
    }

    /// Whether there is time for another search: on a large site what is easy to see has to be enough.
    pub(super) fn may_search(&self, most: usize) -> bool {
        self.searches.fetch_add(1, Ordering::Relaxed) < most
    }

    /// The request for the first of the paths that comes to the place.
    fn first(&self, server: Scope<'s>, place: Scope<'s>, areas: &[Vec<u8>]) -> Option<Witness> {
        paths(areas).find_map(|path| self.visit(server, place, path))
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

/// Those that somebody may well type: a line feed that gets around `.` is another lint's.
pub(super) fn paths(areas: &[Vec<u8>]) -> impl Iterator<Item = &str> {
    let paths = areas.iter().filter_map(|path| std::str::from_utf8(path).ok());
    paths.filter(|path| !path.contains(char::is_control))
}

/// The test that a location makes of the path.
pub(super) fn test(location: &Location<'_>) -> Test {
    let path = location.path.as_bytes();
    match location.modifier {
        Modifier::Exact => Test::Exact(path.to_vec()),
        Modifier::Prefix | Modifier::PrefixNoRegex | Modifier::Named => Test::Prefix(path.to_vec()),
        Modifier::Regex => Test::Search(Search::read(path, Flags::nginx(false))),
        Modifier::RegexCaseless => Test::Search(Search::read(path, Flags::nginx(true))),
    }
}

/// A path of each area below a prefix, of paths without double slashes; none where there are too many.
pub(super) fn below(prefix: &str, tests: &[Test]) -> Vec<Vec<u8>> {
    let covered = Expression::text(prefix.as_bytes()).then(Expression::anything());
    let found = areas::areas(tests, &[], &covered, &areas::normalised(true)).unwrap_or_default();
    found.into_iter().map(|area| area.path).collect()
}

/// A request that comes to a server, as far as its own lines say it.
fn request_for(server: Scope<'_>) -> Option<Request> {
    let request = Request::get("/").ok()?;
    if server.site().scopes_of(crate::model::Kind::Server).nth(1).is_none() {
        return Some(request);
    }
    if server.site().is_apache() {
        return request_for_virtual_host(server);
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

/// The same for a virtual host, by its first address and its `ServerName`.
fn request_for_virtual_host(host: Scope<'_>) -> Option<Request> {
    let address = host.opening()?.literal(0)?;
    let port = address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let is_tls =
        host.own(Family::Setting).any(|line| line.is_named("SSLEngine") && line.is_ignoring_case(0, "on"));
    let name = host.own(Family::ServerName).find(|line| line.is_named("ServerName"))?.literal(0)?;
    let name = name.split("://").last()?.split(':').next()?.to_owned();
    let request = Request::get("/").ok()?;
    Some(Request {
        host: Some(name),
        port: Some(port.unwrap_or(if is_tls { 443 } else { 80 })),
        is_tls,
        ..request
    })
}
