//! A request that proves that something is open.

use std::sync::atomic::Ordering;

use super::areas::{self, Expression, Flags, Search, Test};
use super::{Decider, Decision, Request};
use crate::model::{Directive, Family, Located, Location, Modifier, Scope};

/// A server with more locations is looked at in part.
const MOST_LOCATIONS: usize = 100;

/// More searches than this are not made for one site, a few milliseconds each.
const MOST_SEARCHES: usize = 60;
/// The same for texts that an expression matches.
const MOST_SAMPLES: usize = 300;

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
        // Every path begins with a slash.
        let prefix = if prefix.is_empty() { "/" } else { prefix };
        let Ok(mut samples) = self.samples.lock() else { return Vec::new() };
        let sample = samples.entry(location.path.clone().into_owned()).or_insert_with(find);
        let rest = sample.iter().map(|sample| sample.strip_prefix(b"/").unwrap_or(sample));
        rest.map(|rest| [prefix.as_bytes(), rest].concat()).collect()
    }

    /// Whether there is time for another search: on a large site what is easy to see has to be enough.
    fn may_search(&self, most: usize) -> bool {
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

fn paths(areas: &[Vec<u8>]) -> impl Iterator<Item = &str> {
    areas.iter().filter_map(|path| std::str::from_utf8(path).ok())
}

/// The test that a location makes of the path.
fn test(location: &Location<'_>) -> Test {
    let path = location.path.as_bytes();
    match location.modifier {
        Modifier::Exact => Test::Exact(path.to_vec()),
        Modifier::Prefix | Modifier::PrefixNoRegex | Modifier::Named => Test::Prefix(path.to_vec()),
        Modifier::Regex => Test::Search(Search::read(path, Flags::nginx(false))),
        Modifier::RegexCaseless => Test::Search(Search::read(path, Flags::nginx(true))),
    }
}

/// A path of each area below a prefix, of paths without double slashes; none where there are too many.
fn below(prefix: &str, tests: &[Test]) -> Vec<Vec<u8>> {
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
