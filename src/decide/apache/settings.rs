//! What a server says once for all its requests.

use std::sync::{Arc, PoisonError};

use super::Ready;
use super::url::EncodedSlashes;
use crate::model::{Directive, Family, Kind, Name, Scope, Site};

/// The lines of a virtual host and of the main server that count for every request.
#[derive(Debug)]
pub struct ServerSettings<'s> {
    /// The main server, then the virtual host.
    pub scopes: Vec<Scope<'s>>,
    /// `TraceEnable` is not off; none where that is not known.
    pub traces: Option<Directive<'s>>,
    /// `MergeSlashes` is not off.
    pub merges_slashes: bool,
    /// `AllowEncodedSlashes`
    pub encoded_slashes: EncodedSlashes,
    /// `SSLEngine On`
    pub is_tls: bool,
    /// `UseCanonicalName On`
    pub has_canonical_name: bool,
}

impl<'s> ServerSettings<'s> {
    /// The last line of a setting.
    pub fn last(&self, name: &str) -> Option<Directive<'s>> {
        let lines = |scope: &Scope<'s>| scope.own(Family::Setting).filter(|line| line.is_named(name)).last();
        self.scopes.iter().rev().find_map(lines)
    }

    /// The lines of a family, of the virtual host before those of the main server.
    pub fn own_first(&self, family: Family) -> impl Iterator<Item = Directive<'s>> {
        self.scopes.iter().rev().flat_map(move |scope| scope.own(family))
    }
}

impl<'s> Ready<'s> {
    /// The settings of a server.
    pub fn settings(&self, server: u32) -> Arc<ServerSettings<'s>> {
        let known = self.servers.read().unwrap_or_else(PoisonError::into_inner).get(&server).cloned();
        known.unwrap_or_else(|| {
            let made = Arc::new(self.find_settings(server));
            self.servers.write().unwrap_or_else(PoisonError::into_inner).insert(server, made.clone());
            made
        })
    }

    fn find_settings(&self, server: u32) -> ServerSettings<'s> {
        let ids = [0, server].into_iter().take(1 + usize::from(server != 0));
        let scopes: Vec<Scope<'s>> = ids.map(|id| self.grounds.scope(id)).collect();
        let mut settings = ServerSettings {
            scopes,
            traces: None,
            merges_slashes: true,
            encoded_slashes: EncodedSlashes::Off,
            is_tls: false,
            has_canonical_name: false,
        };
        let is =
            |line: Option<Directive<'_>>, word: &str| line.is_some_and(|line| line.is_ignoring_case(0, word));
        settings.traces = settings.last("TraceEnable");
        settings.merges_slashes = !is(settings.last("MergeSlashes"), "off");
        settings.is_tls = is(settings.last("SSLEngine"), "on");
        settings.has_canonical_name = is(settings.last("UseCanonicalName"), "on");
        // A virtual host does not inherit it (seen on 2.4.71).
        let own = settings.scopes.last().into_iter().flat_map(|scope| scope.own(Family::Setting));
        let slashes = own.filter(|line| line.is_named("AllowEncodedSlashes")).last();
        settings.encoded_slashes = if is(slashes, "on") {
            EncodedSlashes::On
        } else if is(slashes, "nodecode") {
            EncodedSlashes::NoDecode
        } else {
            EncodedSlashes::Off
        };
        settings
    }
}

/// Why nothing can be said of any request. With `presumes` what stands around a part is taken to say nothing.
pub fn doubt(site: &Site<'_>, presumes: bool) -> Option<String> {
    if !site.config().is_main && !presumes {
        return Some("this is only a part of a configuration".into());
    }
    if let Some(problem) = site.problems.first() {
        return Some(format!("the server does not start: {}", problem.message));
    }
    let main = site.scopes().next()?;
    if !main.is_wholly_known() && !presumes {
        return Some("not all of the configuration is at hand".into());
    }
    let servers = site.scopes_of(Kind::Server).chain([main]);
    for scope in servers {
        if let Some(line) = scope.own(Family::Removed).find(|line| line.name() == Name::Removed) {
            return Some(format!("the server does not start: it has no `{}`", line.name_text()));
        }
        for family in [Family::Alias, Family::Handler, Family::Rewrite, Family::Root] {
            if let Some(line) = scope.own(family).find(|line| !line.is_certain()) {
                return Some(format!("whether `{}` is there is not known", line.text()));
            }
        }
    }
    None
}

/// The first name of a server.
pub fn name(site: &Site<'_>, server: u32) -> Option<String> {
    let scope = site.scope(server);
    let line = scope.own(Family::ServerName).find(|line| line.name() == Name::ServerName)?;
    let word = line.literal(0)?.into_owned();
    let word = word.split_once("://").map_or(word.as_str(), |(_, name)| name);
    Some(word.rsplit_once(':').map_or(word, |(name, _)| name).to_owned())
}
