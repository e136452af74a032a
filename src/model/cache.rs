//! Answers that are kept and given to others (spec U11, R7).

use super::headers::Backend;
use super::names::Family;
use super::{Check, Directive, Outcomes, Scope, Setting, Site, State, Viewpoint};
use crate::model::apache::below;

/// A cache whose answers are for everybody, whoever got them.
#[derive(Clone, Copy, Debug)]
pub struct SharedCache<'s> {
    /// `proxy_cache` or its like.
    pub by: Directive<'s>,
    /// What says how long.
    pub valid: Directive<'s>,
    /// `proxy_cache_bypass $http_authorization`, which keeps those who log in from what is stored, and
    /// stores what they get all the same.
    pub bypass: Option<Directive<'s>>,
    /// `proxy_cache_key`; none where it is nginx's own.
    pub key: Option<Directive<'s>>,
}

/// A cache of Apache in front of a place that is for some addresses only.
#[derive(Clone, Copy, Debug)]
pub struct QuickCache<'s> {
    /// `CacheEnable`.
    pub by: Directive<'s>,
    /// The place.
    pub place: Scope<'s>,
    /// What lets some in and keeps others out.
    pub rule: Directive<'s>,
}

/// Variables that are the same for all visitors who ask for the same thing.
const SHARED: &[&str] = &[
    "args",
    "document_uri",
    "host",
    "hostname",
    "http_accept",
    "http_accept_encoding",
    "http_accept_language",
    "http_host",
    "http_range",
    "http_x_forwarded_proto",
    "https",
    "is_args",
    "proxy_add_x_forwarded_for",
    "proxy_host",
    "proxy_port",
    "query_string",
    "request",
    "request_body",
    "request_filename",
    "request_method",
    "request_uri",
    "scheme",
    "server_addr",
    "server_name",
    "server_port",
    "server_protocol",
    "slice_range",
    "uri",
];

/// Places that are another one for each user.
const PERSONAL: &[&str] = &[
    "account",
    "accounts",
    "admin",
    "auth",
    "basic",
    "billing",
    "dashboard",
    "inbox",
    "invoices",
    "login",
    "me",
    "member",
    "members",
    "my",
    "orders",
    "private",
    "profile",
    "protected",
    "secret",
    "secure",
    "session",
    "token",
    "user",
    "users",
];

impl<'s> Scope<'s> {
    /// The cache of nginx that keeps what a backend answers here without a look at who asks.
    #[must_use]
    pub fn shared_cache(self, backend: Backend<'s>) -> Option<SharedCache<'s>> {
        let protocol = backend.protocol();
        let setting = |name: &str| self.setting(&format!("{protocol}_{name}"));
        let by = setting("cache")
            .lines()
            .pop()
            .filter(|line| line.literal(0).is_some_and(|zone| zone != "off"))?;
        let valid = setting("cache_valid").lines().into_iter().find(|line| keeps_good_answers(*line))?;
        let tells_apart = |setting: Setting<'_>| match setting {
            Setting::Unknown => true,
            Setting::Unset => false,
            Setting::Lines(lines) => lines
                .into_iter()
                .flat_map(Directive::arguments)
                .any(|word| hangs_on_the_visitor(&word.text())),
        };
        if tells_apart(setting("cache_key")) || tells_apart(setting("no_cache")) {
            return None;
        }
        let names_it =
            |line: &Directive<'_>| line.arguments().any(|word| word.text().contains("$http_authorization"));
        let bypass = setting("cache_bypass").lines().into_iter().find(names_it);
        let key = setting("cache_key").lines().pop();
        Some(SharedCache { by, valid, bypass, key })
    }

    /// Whether the name of the place says that it is another one for each user.
    #[must_use]
    pub fn is_personal(self) -> bool {
        let is_so = |path: &str| {
            let path = path.to_ascii_lowercase();
            path.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| PERSONAL.contains(&word))
        };
        let target = self.backend().and_then(|backend| Some(backend.pass.argument(0)?.text().into_owned()));
        let path = target.as_deref().and_then(|url| url.split_once("://")?.1.split_once('/'));
        self.location().is_some_and(|location| is_so(&location.path))
            || path.is_some_and(|(_, path)| is_so(path))
    }

    /// The line that keeps the answer to those who are refused by the backend, too.
    #[must_use]
    pub fn caches_refusals(self, backend: Backend<'s>) -> Option<Directive<'s>> {
        let lines = self.setting(&format!("{}_cache_valid", backend.protocol())).lines();
        lines.into_iter().find(|line| line.arguments().any(|word| word.text() == "401"))
    }
}

/// Whether a `proxy_cache_valid` line is about answers that went well: it names 200, anything, or no status.
fn keeps_good_answers(line: Directive<'_>) -> bool {
    line.arity() == 1 || line.arguments().any(|word| matches!(word.text().as_ref(), "200" | "any"))
}

/// Whether a value may differ from one visitor to the next: it has a variable that is not known to be the
/// same for all. What an argument of the URL or a cookie says is of no use where the login is in a header.
fn hangs_on_the_visitor(text: &str) -> bool {
    text.split('$').skip(1).any(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = &rest[..end];
        !SHARED.contains(&name)
            && !name.starts_with("arg_")
            && !matches!(name, "http_pragma" | "http_cache_control")
    })
}

impl Site<'_> {
    /// Where Apache answers from its cache before it looks at the address of the visitor: the cache comes
    /// first unless `CacheQuickHandler` is off (seen on 2.4). What came with `Authorization` is not kept.
    #[must_use]
    pub fn quick_caches(&self) -> Vec<QuickCache<'_>> {
        let mut found: Vec<QuickCache<'_>> = Vec::new();
        for place in self.places() {
            let (Some(url), Some(server)) = (place.url(), place.server()) else { continue };
            let Some(by) = self.cache_line(server, url) else { continue };
            if let (Some(rule), true) = (address_rule(place), place.is_certainly_there()) {
                found.push(QuickCache { by, place, rule });
            }
        }
        found
    }

    /// The line that has a URL cached before anything else is done.
    fn cache_line<'s>(&'s self, server: Scope<'s>, url: &str) -> Option<Directive<'s>> {
        let main = (server.id != 0).then(|| self.scope(0));
        let servers = [Some(server), main].into_iter().flatten();
        let lines = |name: &'static str| {
            let own = |scope: Scope<'s>| scope.own(Family::Setting).chain(scope.own(Family::Foreign));
            servers.clone().flat_map(own).filter(move |line| line.is_named(name))
        };
        let covers = |line: &Directive<'_>, at: usize| {
            line.literal(at).is_none_or(|path| below(&path, url).is_some() || path == "/")
        };
        let is_late = lines("CacheQuickHandler").next().is_some_and(|line| !line.is_ignoring_case(0, "on"));
        let is_off = lines("CacheDisable").any(|line| covers(&line, 0));
        let by = lines("CacheEnable").find(|line| line.is_certain() && covers(line, 1))?;
        (!is_late && !is_off).then_some(by)
    }
}

/// The line that lets some visitors in without a password and keeps others out.
fn address_rule(place: Scope<'_>) -> Option<Directive<'_>> {
    let lines = place.provider(Family::Require).into_iter().flat_map(Scope::requires);
    let outcome = |view| place.outcome("GET", view);
    let splits = outcome(Viewpoint::Anyone).may_be(Outcomes::GRANTED)
        && !outcome(Viewpoint::Stranger).may_be(Outcomes::GRANTED);
    if let Some(rule) = { lines }.find(|line| splits && is_about_addresses(*line)) {
        return Some(rule);
    }
    let State::Checked { checks, is_any } = place.state() else { return None };
    let needs_password =
        checks.iter().any(|check| matches!(check, Check::Password { .. } | Check::Unknown | Check::Other(_)));
    let rules = checks.iter().find_map(|check| match check {
        Check::Rules(lines) => lines.iter().copied().find(|line| is_about_addresses(*line)),
        _ => None,
    })?;
    (!needs_password || is_any).then_some(rules)
}

fn is_about_addresses(line: Directive<'_>) -> bool {
    let is = |word: &str| line.is_ignoring_case(0, word);
    match line.name() {
        super::Name::Require => is("ip") || is("host") || is("local"),
        super::Name::Allow | super::Name::Deny => !line.is_ignoring_case(1, "all"),
        _ => false,
    }
}
