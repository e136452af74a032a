//! The place that a section stands for, the sections that apply there, and the policy they make.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::chain::Chain;
use super::lookup::Lookup;
use super::merge::{EMPTY, Merger, PolicyId, Tables, UNKNOWN_POLICY};
use super::overrides::OnTheWay;
use super::serving::{Matching, Served, Serving, clean};
use super::{Apache, HtaccessScope};
use crate::load::Reading;
use crate::model::{Kind, Scope, ScopeData, ScopeRef, Site};

/// Where more sections than this apply to one place, what it would be without one of them is not worked out.
const MOST_SECTIONS: usize = 200;

/// The place that a section is written for.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The directory on the server.
    pub directory: Option<PathBuf>,
    /// The path of the URL; that of a directory ends with a slash.
    pub url: Option<String>,
    /// Whether it is exactly what the section names, and not only the nearest that can be named.
    pub is_exact: bool,
    /// What becomes of the `.htaccess` files that would apply.
    pub on_the_way: OnTheWay,
}

/// Finds the places and the sections that apply to them.
pub(super) struct Placer<'m, 's> {
    pub(super) merger: Merger<'m, 's>,
    pub(super) servers: &'m HashMap<u32, Serving>,
    /// The scope of the `.htaccess` of a directory.
    pub(super) htaccess: &'m HashMap<OsString, ScopeRef>,
    pub(super) base: PolicyId,
    /// For each scope: the container of unknown condition that it stands in.
    pub(super) conditions: Vec<u32>,
    /// For each `.htaccess`: the policy of its directory without it and what comes behind it.
    pub(super) before: HashMap<ScopeRef, PolicyId>,
    /// The virtual host in whose place the main server is never asked.
    instead_of_main: Option<ScopeRef>,
}

impl Site<'_> {
    /// Works out for every scope what place it stands for and what is in force there.
    pub(super) fn place_scopes(&mut self, mut apache: Apache, reading: &Reading) {
        let mut servers: HashMap<u32, Serving> = HashMap::new();
        for id in (0..).take(self.scopes.len()) {
            if id == 0 || self.scopes[id as usize].kind == Kind::Server {
                apache.hosts.extend((id != 0).then_some(id));
                servers.insert(id, self.find_serving(id));
            }
        }
        let instead_of_main = self.takes_all_requests(&apache.conditions);
        let mut directories = HashMap::new();
        for (&scope, HtaccessScope { number, .. }) in &apache.htaccess {
            let directory = clean(&reading.htaccess[*number as usize].directory);
            self.scopes[scope as usize].server = Some(serves(&servers, &directory, instead_of_main));
            directories.insert(directory.into_os_string(), scope);
        }
        let of_scope: HashMap<ScopeRef, PathBuf> =
            directories.iter().map(|(path, scope)| (*scope, PathBuf::from(path))).collect();
        for id in 1..self.scopes.len() {
            let ScopeData { kind, parent, .. } = self.scopes[id];
            if kind != Kind::Server && parent != 0 {
                self.scopes[id].server = self.scopes[parent as usize].server;
            }
        }
        let is_known = self.config.is_main && !reading.environment.lacks_parts;
        let base = if is_known { EMPTY } else { UNKNOWN_POLICY };
        let count = self.scopes.len();
        let mut tables = Tables::new(count);
        let merger = Merger::new(self, &mut tables);
        let mut placer = Placer {
            merger,
            servers: &servers,
            htaccess: &directories,
            base,
            conditions: std::mem::take(&mut apache.conditions),
            before: HashMap::new(),
            instead_of_main,
        };
        let mut chains: HashMap<ScopeRef, Chain> = HashMap::new();
        let mut found = Vec::with_capacity(count);
        let mut results = Vec::with_capacity(count);
        let mut ways = HashMap::new();
        for id in (0..).take(count) {
            let parent = placer.site().scopes[id as usize].parent;
            let outer = match chains.get(&parent) {
                Some(chain) if id != 0 => Some((&found[parent as usize], chain)),
                _ => None,
            };
            let (place, chain) = placer.find(id, outer, of_scope.get(&id));
            let outer_policy =
                if chain.len() > MOST_SECTIONS { UNKNOWN_POLICY } else { placer.fold(&chain, Some(id), id) };
            results.push((placer.fold(&chain, None, id), outer_policy));
            if placer.site().scope(id).hands_on() {
                let groups = [&chain.directories, &chain.files, &chain.locations, &chain.ifs];
                ways.insert(id, groups.into_iter().flatten().copied().collect());
            }
            found.push(place);
            // Only what stands in it asks for it again.
            let (first, end) = placer.site().scopes[id as usize].children;
            if first != end {
                chains.insert(id, chain);
            }
        }
        let Placer { conditions, before, .. } = placer;
        apache.conditions = conditions;
        for (id, policy) in before {
            if let Some(known) = apache.htaccess.get_mut(&id) {
                known.before = policy;
            }
        }
        self.policies = tables.policies;
        apache.authz = tables.authz;
        apache.requirements = tables.requirements;
        for (id, (policy, outer)) in results.into_iter().enumerate() {
            self.scopes[id].policy = policy;
            self.scopes[id].outer = outer;
        }
        apache.ways = ways;
        apache.places = found;
        apache.servers = servers;
        self.apache = Some(apache);
        self.find_outcomes();
    }
}

impl Scope<'_> {
    /// Whether the section is certainly there: it stands in no container whose condition is not known.
    #[must_use]
    pub fn is_certainly_there(self) -> bool {
        let Some(apache) = &self.site.apache else { return true };
        std::iter::once(self).chain(self.ancestors()).all(|scope| apache.conditions[scope.id as usize] == 0)
    }
}

/// The server whose document root holds a directory; the main server where none does.
fn serves(servers: &HashMap<u32, Serving>, directory: &Path, instead_of_main: Option<ScopeRef>) -> u32 {
    let mut holding: Vec<(usize, u32)> = servers
        .iter()
        .filter(|(id, _)| **id != 0 || instead_of_main.is_none())
        .filter_map(|(&id, serving)| {
            let roots = serving.root.iter().chain(serving.aliases.iter().map(|(_, target)| target));
            let deepest = roots.filter(|root| directory.starts_with(root)).map(|root| root.as_os_str().len());
            deepest.max().map(|depth| (depth, id))
        })
        .collect();
    holding.sort_unstable_by_key(|&(depth, id)| (std::cmp::Reverse(depth), id));
    holding.first().map(|&(_, id)| id).or(instead_of_main).unwrap_or(0)
}

impl<'s> Placer<'_, 's> {
    pub(super) fn site(&self) -> &Site<'s> {
        self.merger.site()
    }

    pub(super) fn lookup(&self) -> Lookup<'_, 's> {
        Lookup { site: self.merger.site(), servers: self.servers }
    }

    fn find(
        &mut self,
        id: ScopeRef,
        outer: Option<(&Place, &Chain)>,
        htaccess: Option<&PathBuf>,
    ) -> (Place, Chain) {
        let scope = self.site().scope(id);
        let (kind, matching) = (scope.kind(), scope.matching().clone());
        let own_server = self.site().scopes[id as usize].server.unwrap_or(0);
        let is_top =
            outer.is_none() || self.site().scopes[id as usize].parent == own_server || htaccess.is_some();
        let server = self.server_for(own_server, kind, &matching);
        match kind {
            _ if htaccess.is_some() => {
                let directory = htaccess.cloned().unwrap_or_default();
                self.at_directory(server, directory)
            }
            Kind::Main | Kind::Snippet | Kind::Server => {
                let Some(root) = self.lookup().served(server).and_then(Served::root) else {
                    return (Place::default(), Chain::default());
                };
                self.at_directory(server, root)
            }
            Kind::Directory if is_top => match matching {
                Matching::Literal(word) => match self.site().absolute(Path::new(&word)) {
                    Some(path) => self.at_directory(server, clean(&path)),
                    None => alone(id, |chain| &mut chain.directories),
                },
                Matching::Pattern(word) | Matching::Expression(word) => {
                    let Some(directory) = literal_start(&word) else {
                        return alone(id, |chain| &mut chain.directories);
                    };
                    let (place, mut chain) = self.at_directory(server, directory);
                    // Sections of that directory's own URL are not for what is below it.
                    chain.locations.clear();
                    chain.files.clear();
                    chain.directories.push(id);
                    (Place { url: None, is_exact: false, ..place }, chain)
                }
                Matching::Unknown => alone(id, |chain| &mut chain.directories),
            },
            Kind::Location | Kind::Mapping if is_top => match matching {
                // What is mapped is everything below the path.
                Matching::Literal(word) if kind == Kind::Mapping && !word.ends_with('/') => {
                    self.at_url(server, word + "/", id, true)
                }
                Matching::Literal(word) => self.at_url(server, word, id, true),
                Matching::Pattern(word) | Matching::Expression(word) => {
                    let url = literal_start(&word).and_then(|path| path.to_str().map(str::to_owned));
                    let url =
                        url.map_or_else(|| "/".to_owned(), |url| format!("{}/", url.trim_end_matches('/')));
                    self.at_url(server, url, id, false)
                }
                Matching::Unknown => alone(id, |chain| &mut chain.locations),
            },
            Kind::Proxy => alone(id, |chain| &mut chain.directories),
            Kind::Files | Kind::If => {
                let Some((place, chain)) = outer else { return (Place::default(), Chain::default()) };
                let (mut place, mut chain) = (place.clone(), chain.clone());
                let parent = self.site().scope(id).parent().map(crate::model::Scope::kind);
                match (kind, parent) {
                    // They are never applied there (spec a20).
                    (Kind::Files, Some(Kind::Files | Kind::If | Kind::Location)) => {}
                    (Kind::Files, _) => self.at_file(server, id, &place, &mut chain),
                    _ => chain.ifs.push(id),
                }
                place.is_exact = false;
                (place, chain)
            }
            // Rules in them belong to the section around.
            _ => outer.map_or_else(Default::default, |(place, chain)| (place.clone(), chain.clone())),
        }
    }

    /// The server by whose lines a place is judged: of a section of the main server, where nothing comes
    /// to it, a virtual host that serves the directory, or else the first.
    fn server_for(&self, server: u32, kind: Kind, matching: &Matching) -> u32 {
        let Some(first) = self.instead_of_main.filter(|_| server == 0) else { return server };
        match matching {
            Matching::Literal(word) if kind == Kind::Directory => {
                serves(self.servers, &clean(Path::new(word)), Some(first))
            }
            _ => first,
        }
    }

    fn at_directory(&mut self, server: u32, directory: PathBuf) -> (Place, Chain) {
        let mut chain = self.directories(server, &directory, true);
        let url = self.lookup().served(server).and_then(|served| served.url_of(&directory));
        let is_passed = url.as_ref().is_some_and(|url| self.lookup().passed_to(server, url).is_some());
        let url = url.filter(|_| !is_passed);
        if let Some(url) = &url {
            chain.locations = self.lookup().locations(server, url, None);
            chain.files = self.lookup().files(server, &chain.directories, "");
        }
        let on_the_way = chain.on_the_way;
        (Place { directory: Some(directory), url, is_exact: true, on_the_way }, chain)
    }

    fn at_url(&mut self, server: u32, url: String, own: ScopeRef, is_exact: bool) -> (Place, Chain) {
        let by = self.site().scope(own).backend_line().and_then(super::proxy::target);
        let target = by.or_else(|| self.lookup().passed_to(server, &url));
        let mut chain = Chain::default();
        let mut directory = None;
        if let Some(target) = &target {
            chain.directories = self.lookup().proxies(server, target);
        } else {
            directory = self.lookup().served(server).and_then(|served| served.path_of(&url));
            // Without `DocumentRoot` it is some directory that httpd was built with.
            let known = directory.as_deref().unwrap_or(Path::new("/"));
            chain = self.directories(server, known, url.ends_with('/'));
            if is_exact && directory.is_some() {
                let name = url.rsplit('/').next().unwrap_or_default();
                chain.files = self.lookup().files(server, &chain.directories, name);
            }
        }
        chain.locations = self.lookup().locations(server, &url, Some(own));
        let on_the_way = chain.on_the_way;
        (Place { directory, url: Some(url), is_exact, on_the_way }, chain)
    }

    /// A file in a place. Where only an expression names it, what else is said of it is not known.
    fn at_file(&mut self, server: u32, own: ScopeRef, place: &Place, chain: &mut Chain) {
        chain.files.clear();
        if let Matching::Literal(name) = self.site().scope(own).matching().clone() {
            let is_name = place.is_exact && !name.contains('/');
            if let Some(directory) = place.directory.as_ref().filter(|_| is_name) {
                chain.directories = self.directories(server, &directory.join(&name), false).directories;
            }
            chain.files = self.lookup().files(server, &chain.directories, &name);
            if let Some(url) = &place.url {
                chain.locations = self.lookup().locations(server, &format!("{url}{name}"), None);
            }
        }
        if !chain.files.contains(&own) {
            chain.files.push(own);
        }
    }
}

/// A section of which it is not known where it applies.
fn alone(id: ScopeRef, group: fn(&mut Chain) -> &mut Vec<ScopeRef>) -> (Place, Chain) {
    let mut chain = Chain::default();
    group(&mut chain).push(id);
    (Place::default(), chain)
}

/// The directory that a pattern or an expression of paths certainly stays below: `/srv/a` of
/// `^/srv/a/(b|c)`.
fn literal_start(word: &str) -> Option<PathBuf> {
    let text = word.strip_prefix('^').unwrap_or(word);
    let end = text.find(['*', '?', '[', '(', '\\', '.', '+', '{', '|', '$']).unwrap_or(text.len());
    let text = &text[..end];
    let end = text.rfind('/')?;
    (text.starts_with('/')).then(|| if end == 0 { PathBuf::from("/") } else { PathBuf::from(&text[..end]) })
}
