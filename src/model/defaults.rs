//! Servers that take the requests for names that no server has (spec S2, a53).

use std::collections::HashMap;

use super::names::{Family, Name};
use super::{Directive, Kind, Listen, Scope, Server, Site};

/// A server that asks for credentials, and one with the same content that takes what is sent to the same
/// socket under a name that no server has.
#[derive(Clone, Debug)]
pub struct Defaulted<'s> {
    /// What asks in the server with a name.
    pub by: Directive<'s>,
    /// A path for which it asks.
    pub path: String,
    /// The one that answers to every name that is not known. It has no name of its own.
    pub default: Scope<'s>,
    /// Where both listen, as the default server says it.
    pub listen: Listen<'s>,
}

impl Site<'_> {
    /// The servers that ask beside a default server with the same content and without a name.
    #[must_use]
    pub fn defaulted_servers(&self) -> Vec<Defaulted<'_>> {
        let servers = self.all_servers();
        let mut sockets: HashMap<(&str, u16), (usize, &Listen<'_>)> = HashMap::new();
        let all = || {
            servers
                .iter()
                .enumerate()
                .flat_map(|(at, server)| server.listens.iter().map(move |one| (at, one)))
        };
        for (at, listen) in all() {
            let default = sockets.entry((&listen.address, listen.port)).or_insert((at, listen));
            if listen.is_default() && !default.1.is_default() {
                *default = (at, listen);
            }
        }
        let mut found: Vec<Defaulted<'_>> = Vec::new();
        for (at, listen) in all() {
            let Some((first, said)) = sockets.get(&(listen.address.as_str(), listen.port)) else { continue };
            let (server, default) = (&servers[at], &servers[*first]);
            if at != *first && default.is_nameless() && !server.is_nameless() {
                found.extend(server.scope.defaulted(default.scope, said));
            }
        }
        found.dedup_by(|later, former| later.by == former.by && later.default == former.default);
        found
    }
}

impl<'s> Scope<'s> {
    fn defaulted(self, default: Scope<'s>, listen: &Listen<'s>) -> Option<Defaulted<'s>> {
        let (place, by) = self.asking_place().filter(|_| self.serves_the_same(default))?;
        let is_own_content = place.backend().is_some()
            || [Family::Root, Family::Alias].into_iter().any(|family| place.own(family).next().is_some());
        let is_root = place == self || place.location().is_some_and(|location| location.path == "/");
        if is_own_content && !is_root {
            return None;
        }
        let path = place.location().filter(|location| location.is_prefix());
        let path = path.map_or("/".to_owned(), |location| location.path.into_owned());
        let leads_elsewhere = |mapping: Scope<'_>| {
            mapping.kind() == Kind::Mapping
                && mapping.url().is_some_and(|url| url != "/" && path.starts_with(url.trim_end_matches('/')))
        };
        if self.children().any(leads_elsewhere) {
            return None;
        }
        Some(Defaulted { by, path, default, listen: listen.clone() })
    }

    /// A place of the server, or the server itself, with a directive in it that asks for credentials.
    #[must_use]
    pub fn asking_place(self) -> Option<(Scope<'s>, Directive<'s>)> {
        let places = std::iter::once(self).chain(self.descendants());
        places.into_iter().find_map(|place| Some((place, place.own_asking()?)))
    }

    /// Whether two servers certainly have the same backend or the same document root.
    #[must_use]
    pub fn serves_the_same(self, other: Scope<'_>) -> bool {
        let content = |scope: Scope<'_>| scope.content().map(Directive::text);
        content(self).is_some() && content(self) == content(other)
    }

    /// Whether the server may answer by itself, with a redirect for example, before anybody is asked.
    #[must_use]
    pub fn may_answer_itself(self) -> bool {
        let rewrites = || {
            self.own(Family::Rewrite).any(|line| matches!(line.name(), Name::Redirect | Name::RewriteRule))
        };
        self.answer().is_some() || self.site.is_apache() && rewrites()
    }

    /// Whether the server has a name as visitors write it, not `localhost` or an address.
    #[must_use]
    pub fn is_named_for_visitors(self) -> bool {
        let is_host = |name: &str| {
            name.contains('.')
                && name.contains(|c: char| c.is_ascii_alphabetic())
                && !name.ends_with(".localhost")
        };
        self.own(Family::ServerName).flat_map(Directive::arguments).any(|name| is_host(&name.text()))
    }
}

impl Server<'_> {
    /// Whether no name that a visitor would write leads here.
    fn is_nameless(&self) -> bool {
        self.is_wholly_listed
            && self.names.iter().all(|(name, by)| {
                let name = name.as_str();
                by.is_none()
                    || matches!(name, "" | "_" | "localhost")
                    || name.parse::<std::net::IpAddr>().is_ok()
            })
    }
}
