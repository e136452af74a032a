//! Logins of `<Directory>`, `<Files>` and `.htaccess` that are never asked for, since `ProxyPass` and its like hand
//! requests on before httpd looks for a file (spec a115).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::proxy;
use super::serving::{Matching, Serving, below};
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope, Site};

/// A login, and a line that leads around it.
#[derive(Clone, Debug)]
pub struct Bypass<'s> {
    /// The server that hands requests on.
    pub server: Scope<'s>,
    /// The place that does: a mapped path, or a `<Location>` with `ProxyPass` in it.
    pub place: Scope<'s>,
    /// `ProxyPass` or its like.
    pub pass: Directive<'s>,
    /// The `Require` line that is not asked for.
    pub wanted: Directive<'s>,
    /// The section with that line.
    pub section: Scope<'s>,
    /// A path of the URL that is handed on.
    pub path: String,
    /// How much of the section's place is handed on.
    pub extent: Extent,
}

/// How much of what a section is for is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// A path below it: the login holds for all else.
    Part,
    /// The files of some names, such as programs.
    Names,
    /// All of it: the login holds nowhere.
    All,
}

/// Names of files: programs first, then those that only an expression for everything matches.
const NAMES: &[&str] =
    &["index.php", "admin.php", "wp-login.php", "x.cgi", "x.pl", "x.py", "x.jsp", "x.html", "x"];

/// More sections than these are not looked at for one server, and more servers not for one section.
const MOST: usize = 50;

impl Site<'_> {
    /// The logins that some line leads around.
    #[must_use]
    pub fn bypassed_logins(&self) -> Vec<Bypass<'_>> {
        let Some(apache) = &self.apache else { return Vec::new() };
        let mut passes: HashMap<u32, Vec<Scope<'_>>> = HashMap::new();
        for place in self.scopes().filter(|place| place.is_handed_on_early()) {
            passes.entry(place.data().server.unwrap_or(0)).or_default().push(place);
        }
        if passes.values().flatten().all(|place| place.early_pass().is_none()) {
            return Vec::new();
        }
        let mut by_root: HashMap<PathBuf, Vec<u32>> = HashMap::new();
        for (&id, own) in &apache.servers {
            let root = own.root.as_ref().or_else(|| apache.servers.get(&0)?.root.as_ref());
            by_root.entry(root.cloned().unwrap_or_default()).or_default().push(id);
        }
        for ids in by_root.values_mut() {
            ids.sort_unstable();
        }
        let main_is_silent = self.scope(0).is_silent();
        let mut found = Vec::new();
        let mut looked_at: HashMap<u32, usize> = HashMap::new();
        for section in self.sections() {
            let Some(wanted) = section.wanted_of_files() else { continue };
            let own = section.data().server.unwrap_or(0);
            let is_of_one = own != 0 && section.kind() != Kind::Htaccess && !section.is_in_htaccess();
            let mut servers = if is_of_one { vec![own] } else { section.servers_of_files(own, &by_root) };
            servers.sort_unstable();
            let mut all = Vec::new();
            for server in servers {
                let count = looked_at.entry(server).or_default();
                *count += 1;
                let is_main = server != 0 && passes.contains_key(&0);
                if *count > MOST || !is_main && !passes.contains_key(&server) {
                    all.push(None);
                    continue;
                }
                all.push(
                    Handing { server: self.scope(server), passes: &passes, main_is_silent }
                        .bypass(section, wanted),
                );
            }
            // Where one server serves the files, the login is for that one.
            let is_served = all.iter().any(Option::is_none);
            let is_told = |bypass: &Bypass<'_>| bypass.extent == Extent::Names || !is_served;
            found.extend(all.into_iter().flatten().find(is_told));
        }
        found
    }
}

impl<'s> Scope<'s> {
    /// The `Require` line of this very section, of files, that asks every stranger.
    fn wanted_of_files(self) -> Option<Directive<'s>> {
        if !matches!(self.kind(), Kind::Directory | Kind::Files | Kind::Htaccess) || !self.is_in_force() {
            return None;
        }
        let by = self.asks_a_stranger("GET")?;
        let is_of_proxy = matches!(self.matching(), Matching::Literal(word) if word.starts_with("proxy:"));
        (self.requires().any(|line| line == by) && by.is_certain() && !is_of_proxy).then_some(by)
    }

    /// The directory of the files that the section is for.
    fn directory_of_files(self) -> Option<&'s Path> {
        let holder = if self.kind() == Kind::Files { self.parent()? } else { self };
        match holder.kind() {
            Kind::Server | Kind::Main | Kind::Snippet => holder.directory(),
            Kind::Directory | Kind::Htaccess if holder.is_exact_place() => holder.directory(),
            _ => None,
        }
    }

    /// The servers whose document root holds the section's files.
    fn servers_of_files(self, own: u32, by_root: &HashMap<PathBuf, Vec<u32>>) -> Vec<u32> {
        let Some(directory) = self.directory_of_files() else { return Vec::new() };
        let roots = directory.ancestors().filter_map(|above| by_root.get(above));
        let servers: Vec<u32> = roots.flatten().copied().take(MOST).collect();
        if servers.is_empty() { vec![own] } else { servers }
    }

    /// Whether a line of this scope says that requests are handed on, or that they are not, before a file is looked for.
    fn is_handed_on_early(self) -> bool {
        let is_pass = |line: Directive<'_>| matches!(line.name(), Name::ProxyPass | Name::ProxyPassMatch);
        match self.kind() {
            Kind::Location => self.own(Family::Handler).any(is_pass),
            Kind::Mapping => self.own(Family::Handler).any(is_pass) || self.backend_line().is_some(),
            _ => false,
        }
    }

    /// Whether nothing in this very scope asks anybody or refuses him, or may do so.
    fn is_silent(self) -> bool {
        (self.kind() == Kind::Snippet || self.is_wholly_known())
            && self.requires().all(Directive::grants_everybody)
            && [Family::Rules, Family::OtherCheck].iter().all(|&family| self.own(family).next().is_none())
            && self.conditionals().next().is_none()
    }

    /// The line that hands on; none where `!` keeps the request here, and where it is not certain.
    fn early_pass(self) -> Option<Directive<'s>> {
        let line = self
            .own(Family::Handler)
            .chain(self.own(Family::Rewrite))
            .find(|line| matches!(line.name(), Name::ProxyPass | Name::ProxyPassMatch | Name::RewriteRule))?;
        let at = usize::from(self.kind() == Kind::Mapping);
        (line.is_certain() && !line.is(at, "!") && !line.follows_a_condition(self)).then_some(line)
    }
}

impl<'s> Directive<'s> {
    /// Whether a `RewriteCond` is for this rule.
    fn follows_a_condition(self, place: Scope<'s>) -> bool {
        let Some(server) = place.parent().filter(|_| self.name() == Name::RewriteRule) else { return false };
        let before = server.own(Family::Rewrite).take_while(|line| *line != self).last();
        before.is_some_and(|line| line.name() == Name::RewriteCond)
    }
}

/// What one server hands on.
struct Handing<'p, 's> {
    server: Scope<'s>,
    /// For each server: the places that hand on, in the order of the text.
    passes: &'p HashMap<u32, Vec<Scope<'s>>>,
    /// Whether the main server's own lines ask nothing and refuse nobody.
    main_is_silent: bool,
}

impl<'s> Handing<'_, 's> {
    fn bypass(&self, section: Scope<'s>, wanted: Directive<'s>) -> Option<Bypass<'s>> {
        let found = |(place, pass): (Scope<'s>, Directive<'s>), path: String, extent| Bypass {
            server: self.server,
            place,
            pass,
            wanted,
            section,
            path,
            extent,
        };
        let bases = self.bases(section);
        if bases.is_empty() && section.kind() == Kind::Directory && section.server() == Some(self.server) {
            // Wherever the files of a pattern lie, requests for them come by a path that is handed on.
            let by = self.handed_on("/").filter(|_| !self.keeps_some("/"))?;
            return Some(found(by, "/".to_owned(), Extent::All));
        }
        let is_of_names = section.kind() == Kind::Files;
        let is_for = |name: &&&str| !is_of_names || section.matches(name) == Some(true);
        let mut names: Vec<String> = NAMES.iter().filter(is_for).map(|name| (*name).to_owned()).collect();
        if let Matching::Literal(name) = section.matching()
            && is_of_names
        {
            names = vec![name.clone()];
        }
        for base in &bases {
            if !is_of_names && let Some(by) = self.handed_on(base) {
                let is_kept = self.keeps_some(base);
                return Some(found(by, base.clone(), if is_kept { Extent::Names } else { Extent::All }));
            }
            let mut paths = names.iter().map(|name| format!("{base}{name}"));
            if let Some((by, path)) = paths.find_map(|path| Some((self.handed_on(&path)?, path))) {
                return Some(found(by, path, if is_of_names { Extent::All } else { Extent::Names }));
            }
        }
        // Below a `<Files>` nothing lies.
        let base = bases.first().filter(|_| !is_of_names)?;
        let inner = self.places().filter_map(|place| match place.matching() {
            Matching::Literal(url) if url.len() > 1 => below(base.trim_end_matches('/'), url).map(|_| url),
            _ => None,
        });
        let mut inner = inner.map(|url| format!("{}/", url.trim_end_matches('/')));
        inner.find_map(|url| Some(found(self.handed_on(&url)?, url, Extent::Part)))
    }

    /// Whether some path below one is kept from what hands that on.
    fn keeps_some(&self, base: &str) -> bool {
        self.places().any(|place| {
            let is_below = match place.matching() {
                Matching::Literal(url) => below(base.trim_end_matches('/'), url).is_some(),
                _ => true,
            };
            is_below && place.early_pass().is_none()
        })
    }

    fn places(&self) -> impl Iterator<Item = Scope<'s>> {
        // Lines of the main server come first (seen on 2.4.71).
        let servers = [Some(0), Some(self.server.id).filter(|id| *id != 0)].into_iter().flatten();
        servers.filter_map(|id| self.passes.get(&id)).flatten().copied()
    }

    /// The paths of the URL that would lead to the section's directory, or to all that is served where it is around that.
    fn bases(&self, section: Scope<'s>) -> Vec<String> {
        let served = self.server.site.apache.as_ref().and_then(|apache| {
            let (own, main): (&Serving, _) = (apache.servers.get(&self.server.id)?, apache.servers.get(&0)?);
            Some(super::serving::Served { own, main })
        });
        let everything = || vec!["/".to_owned()];
        let Some(served) = served else { return Vec::new() };
        // Without a document root neither a section of files has a place.
        let is_of_server = section.parent() == Some(self.server) && section.kind() == Kind::Files;
        let Some(directory) = section.directory_of_files() else {
            return if is_of_server { everything() } else { Vec::new() };
        };
        match served.root() {
            // Of a virtual host without a root it is only known that all of it is handed on.
            None => everything(),
            Some(root) if root.starts_with(directory) => everything(),
            Some(_) => served.url_of(directory).into_iter().collect(),
        }
    }

    /// What hands a path on, if nobody is asked or refused on that way as far as it is seen.
    fn handed_on(&self, path: &str) -> Option<(Scope<'s>, Directive<'s>)> {
        let covers = |place: &Scope<'s>| match place.matching() {
            Matching::Literal(url) => below(url, path).is_some(),
            // Without a wildcard it is taken as it is written, which is no path (seen on 2.4.71).
            Matching::Expression(word)
                if place.kind() == Kind::Location && !word.contains(['*', '?', '[']) =>
            {
                let is_match = |line: Directive<'_>| line.name() == Name::ProxyPassMatch;
                place.own(Family::Handler).any(is_match) && place.matches(path) == Some(true)
            }
            _ => place.matches(path) == Some(true),
        };
        // Rules of the server run before `ProxyPass`, and lines in sections count before those of the server.
        let rank = |place: &Scope<'s>| match place.kind() {
            Kind::Location => 1,
            _ => {
                if place.own(Family::Rewrite).next().is_some() {
                    0
                } else {
                    2
                }
            }
        };
        let place = self.places().filter(covers).min_by_key(rank)?;
        let pass = place.early_pass()?;
        self.is_open(place, pass, path).then_some((place, pass))
    }

    fn is_open(&self, place: Scope<'s>, pass: Directive<'s>, path: &str) -> bool {
        let Some(apache) = &self.server.site.apache else { return false };
        let lookup = super::lookup::Lookup { site: self.server.site, servers: &apache.servers };
        let target = proxy::target(pass).unwrap_or_default();
        let ids = lookup.locations(self.server.id, path, None).into_iter();
        let ids = ids.chain(lookup.proxies(self.server.id, &target)).chain([place.id]);
        let own = Some(self.server.id).filter(|id| *id != 0);
        self.main_is_silent
            && place.is_certainly_there()
            && ids.chain(own).all(|id| self.server.site.scope(id).is_silent())
    }
}
