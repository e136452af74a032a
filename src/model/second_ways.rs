//! Second ways to files that one path of the URL asks a login for: another alias, the document root (nginx W19, spec a126).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::apache::{Matching, clean};
use super::names::{Family, Name};
use super::served::Mount;
use super::served_in_part::INNOCENT;
use super::served_in_part::is_open_in_stock;
use super::{Directive, Kind, Likely, Located, Modifier, Scope, Site};

/// A path of the URL that leads to the files of a place that asks, without that place.
#[derive(Clone, Debug)]
pub struct SecondWay<'s> {
    /// The place that asks: a location, `<Location>`.
    pub area: Scope<'s>,
    /// What asks there.
    pub wanted: Directive<'s>,
    /// The line that leads to the files the other way.
    pub by: Directive<'s>,
    /// The server.
    pub server: Scope<'s>,
    /// The path of the URL of a file that may lie there, not encoded.
    pub url: String,
    /// That file.
    pub path: PathBuf,
    /// The directory whose files are asked for.
    pub directory: PathBuf,
    /// Whether the way leads out of the directory that is meant: `/pub../secret` of `location /pub` with an alias that
    /// ends with a slash.
    pub is_traversal: bool,
}

/// More than these are not looked at, and for one place.
const MOST: usize = 200;

/// A directory that a line leads to.
struct Way<'s> {
    url: String,
    directory: PathBuf,
    /// The same as the server writes it.
    start: PathBuf,
    by: Directive<'s>,
    is_traversal: bool,
}

impl Site<'_> {
    /// The second ways that there may be, as far as paths of the URL and of directories go.
    #[must_use]
    pub fn second_ways(&self) -> Vec<SecondWay<'_>> {
        let mut areas: HashMap<u32, Vec<(Scope<'_>, Directive<'_>, PathBuf)>> = HashMap::new();
        for area in self.scopes_of(Kind::Location) {
            if let Some((wanted, directory)) = area.closed_files()
                && let Some(server) = area.data().server
            {
                areas.entry(server).or_default().push((area, wanted, directory));
            }
        }
        let mut found = Vec::new();
        if areas.is_empty() {
            return found;
        }
        let mut mounts: HashMap<u32, Vec<Mount>> = HashMap::new();
        for mount in self.mounts() {
            if areas.contains_key(&mount.server) {
                mounts.entry(mount.server).or_default().push(mount);
            }
        }
        let mut servers: Vec<u32> = areas.keys().copied().collect();
        servers.sort_unstable();
        for id in servers {
            let server = self.scope(id);
            let mut ways: HashMap<PathBuf, Vec<Way<'_>>> = HashMap::new();
            let plain = mounts.remove(&id).unwrap_or_default().into_iter();
            let lines = server.lines_of_mounts();
            for way in plain.filter_map(|mount| server.way(mount, &lines)).chain(server.ways_upwards()) {
                ways.entry(way.directory.clone()).or_default().push(way);
            }
            for (area, wanted, directory) in &areas[&id] {
                let all = directory.ancestors().filter_map(|above| Some((above, ways.get(above)?)));
                let all = all.flat_map(|(above, ways)| ways.iter().map(move |way| (above, way)));
                let second = all.take(MOST).filter_map(|(above, way)| {
                    let rest = directory.strip_prefix(above).ok()?.to_str()?;
                    let start =
                        if way.is_traversal { way.url.as_str() } else { way.url.trim_end_matches('/') };
                    let slash = if rest.is_empty() || way.is_traversal { "" } else { "/" };
                    let between = if rest.is_empty() && way.is_traversal { "" } else { "/" };
                    let url = format!("{start}{slash}{rest}{between}{INNOCENT}");
                    let is_other =
                        !area.is_way_itself(&url) && (way.is_traversal || !server.opens_on_purpose(&url));
                    is_other.then(|| SecondWay {
                        area: *area,
                        wanted: *wanted,
                        by: way.by,
                        server,
                        url,
                        path: way.start.join(rest).join(INNOCENT),
                        directory: directory.clone(),
                        is_traversal: way.is_traversal,
                    })
                });
                found.extend(second);
                if found.len() > MOST {
                    return found;
                }
            }
        }
        found
    }
}

impl<'s> Scope<'s> {
    /// What this very location asks of strangers, and the directory of the files it is for; none where it may be for more
    /// than sending files.
    fn closed_files(self) -> Option<(Directive<'s>, PathBuf)> {
        let wanted = self.asks_a_stranger("GET")?;
        let is_apache = self.site.is_apache();
        let is_own =
            if is_apache { self.requires().any(|line| line == wanted) } else { self.own_asking().is_some() };
        let is_plain = !self.does_more_than_send() && self.is_wholly_known() && self.is_certainly_there();
        if !is_own || !is_plain || !self.is_reached_from_outside() {
            return None;
        }
        if is_apache {
            let directory = match self.matching() {
                Matching::Literal(url) if url.trim_end_matches('/').is_empty() => return None,
                // What an `Alias` in the section leads to is not its files (seen on 2.4).
                Matching::Literal(_) if self.own(Family::Alias).next().is_some() => return None,
                Matching::Literal(_) => self.directory().map(Path::to_path_buf),
                _ => self.directory_of_expression(),
            };
            return directory.map(|directory| (wanted, directory));
        }
        let location = self.location().filter(|location| location.is_prefix() && location.path.len() > 1)?;
        let directory = match self.own(Family::Alias).last() {
            Some(alias) => {
                let target = alias.literal(0)?.into_owned();
                let fits = target.ends_with('/') == location.path.ends_with('/');
                PathBuf::from(fits.then_some(target)?)
            }
            None => {
                let root = self.directive(Family::Root)?.literal(0)?.into_owned();
                PathBuf::from(format!("{}{}", root.trim_end_matches('/'), location.path))
            }
        };
        directory.is_absolute().then(|| (wanted, clean(&directory)))
    }

    /// Whether a program, another server or a module that takes uploads answers here, or a rule leads elsewhere: then the
    /// path of the URL counts, and not only the file.
    fn does_more_than_send(self) -> bool {
        const OTHERS: &[Family] = &[
            Family::Handler,
            Family::Rewrite,
            Family::ContentModule,
            Family::OtherHandler,
            Family::Foreign,
            Family::TryFiles,
            Family::Setting,
        ];
        let is_more = |line: Directive<'_>| match line.name() {
            // What is not there may be a page of an application.
            Name::TryFiles => {
                let is_page = |word: crate::model::Value<'_>| word.text().starts_with(['/', '@']);
                line.argument(0).is_none_or(|word| word.text() != "$uri") || line.arguments().any(is_page)
            }
            Name::RewriteEngine => false,
            Name::Setting => line.is_named("dav"),
            _ => true,
        };
        let limits = self.children().any(|child| matches!(child.kind(), Kind::LimitExcept | Kind::Limit));
        limits || OTHERS.iter().any(|&family| self.own(family).any(is_more))
    }

    /// Where the first `Alias` of the server leads to whose path the section's expression names.
    fn directory_of_expression(self) -> Option<PathBuf> {
        let server = self.server()?;
        server.own(Family::Alias).filter(|line| line.is_named("alias") && line.is_certain()).find_map(
            |line| {
                let url = format!("{}/{INNOCENT}", line.literal(0)?.trim_end_matches('/'));
                let target = || self.site.absolute(Path::new(line.literal(1)?.as_ref()));
                (self.matches(&url) == Some(true)).then(target)?.map(|path| clean(&path))
            },
        )
    }

    /// Whether a path belongs to the location itself.
    fn is_way_itself(self, url: &str) -> bool {
        let Some(location) = self.location() else { return true };
        if self.site.is_apache() {
            return self.covers_path(url);
        }
        url.starts_with(location.path.as_ref())
    }

    /// Whether the place of a path says itself that everybody gets in.
    fn opens_on_purpose(self, url: &str) -> bool {
        if !self.site.is_apache() {
            return match self.locate(url) {
                Located::At(place) => place.exemptions().next().is_some() || place.does_more_than_send(),
                Located::Unknown => false,
            };
        }
        let places = self.children().chain(self.site.main_sections());
        let places = places.filter(|place| place.kind() == Kind::Location && !place.is_for_all());
        places
            .filter(|place| place.covers_path(url))
            .any(|place| place.requires().any(Directive::grants_everybody) || place.does_more_than_send())
    }

    /// The line by which a directory is served.
    fn way(self, mount: Mount, lines: &HashMap<(String, PathBuf), Directive<'s>>) -> Option<Way<'s>> {
        let Mount { url, directory, by, .. } = mount;
        let key = (url, directory);
        let by = match by {
            Some(data) => self.site.directive(data),
            None => *lines.get(&key)?,
        };
        let (url, directory) = key;
        // A program makes of the path what it likes.
        let is_plain = !self.site.is_apache() || by.is_named("alias") || by.name() == Name::Root;
        is_plain.then_some(Way {
            url,
            directory: clean(&directory),
            start: directory,
            by,
            is_traversal: false,
        })
    }

    /// Apache: the `Alias` lines and the `DocumentRoot` of the server and the main one, by path of the URL and directory; the
    /// first of several counts.
    fn lines_of_mounts(self) -> HashMap<(String, PathBuf), Directive<'s>> {
        let mut lines = HashMap::new();
        if !self.site.is_apache() {
            return lines;
        }
        let main = Some(self.site.scope(0)).filter(|main| *main != self);
        for scope in [Some(self), main].into_iter().flatten() {
            let aliases = scope.own(Family::Alias).filter(|line| line.is_certain());
            let mounts =
                aliases.filter_map(|line| Some((line.literal(0)?.into_owned(), line, line.literal(1)?)));
            let root = scope.own(Family::Root).last();
            let root = root.and_then(|line| Some((String::new(), line, line.literal(0)?)));
            for (url, line, target) in mounts.chain(root) {
                if let Some(path) = self.site.absolute(Path::new(target.as_ref())) {
                    lines.entry((url, clean(&path))).or_insert(line);
                }
            }
        }
        lines
    }

    /// nginx: a location without a slash at its end, whose alias has one: `/pub../` leads to the directory above.
    fn ways_upwards(self) -> Vec<Way<'s>> {
        let is_location = |place: &Scope<'s>| place.kind() == Kind::Location && !self.site.is_apache();
        let locations = self.descendants().filter(is_location);
        let ways = locations.filter_map(|place| {
            let by = place.own(Family::Alias).last().filter(|by| by.name() == Name::Alias)?;
            let location = place.location().filter(|location| {
                location.modifier != Modifier::Exact && location.is_prefix() && !location.path.ends_with('/')
            })?;
            let target = by.literal(0).filter(|target| target.ends_with('/') && target.len() > 1)?;
            let directory = Path::new(target.as_ref()).parent()?.to_path_buf();
            let url = format!("{}../", location.path);
            let start = Path::new(target.as_ref()).join("..");
            Some(Way { url, directory: clean(&directory), start, by, is_traversal: true })
        });
        ways.collect()
    }
}

impl SecondWay<'_> {
    /// Whether it is likely that everybody gets the files this way, where only a part of a configuration is at hand.
    #[must_use]
    pub fn is_likely(&self) -> bool {
        if !self.server.site.is_part() {
            return false;
        }
        if self.server.site.is_apache() {
            return self.is_open_by_sections();
        }
        self.server.likely_sends(&self.url, &self.path) == Some(Likely::ToEverybody)
    }

    /// Apache: no section for the path of the URL says who gets in, the deepest `<Directory>` that says so lets everybody in.
    /// Without any the files have to lie where Debian's own main file lets everybody in.
    fn is_open_by_sections(&self) -> bool {
        let (server, site) = (self.server, self.server.site);
        let is_known = server.kind() == Kind::Snippet || server.is_wholly_known();
        let leads_there = server.path_of_url(&self.url).is_none_or(|path| path == self.path);
        if !is_known || !leads_there || server.may_refuse_by_rules() {
            return false;
        }
        let mut deepest: Option<(usize, bool)> = None;
        let main = site.main_sections().filter(|section| section.parent() != Some(server));
        for section in server.descendants().chain(main).chain(site.scopes_of(Kind::Htaccess)) {
            let says = section.has_rules() || section.may_refuse_by_rules() || !section.is_wholly_known();
            match section.kind() {
                Kind::Directory | Kind::Htaccess if section.is_exact_place() => {
                    let outer = section.directory().filter(|outer| self.directory.starts_with(outer));
                    let Some(outer) = outer else { continue };
                    let depth = outer.components().count();
                    let has_more =
                        section.own(Family::Rules).next().is_some() || section.may_refuse_by_rules();
                    let is_open = !has_more && section.is_wholly_known() && section.opens_by_itself("GET");
                    if section.expects_logins_in_htaccess() {
                        return false;
                    }
                    if says && deepest.is_none_or(|(known, _)| depth >= known) {
                        deepest = Some((depth, is_open));
                    }
                }
                Kind::Directory | Kind::If if says => return false,
                Kind::Location
                    if section.covers_path(&self.url)
                        && (!section.is_wholly_known()
                            || !section.requires().all(Directive::grants_everybody)
                            || section.own(Family::Rules).next().is_some()) =>
                {
                    return false;
                }
                Kind::Location | Kind::Mapping
                    if section.backend().is_some() && section.covers_path(&self.url) =>
                {
                    return false;
                }
                _ => {}
            }
        }
        let is_stock = || is_open_in_stock(&self.directory);
        deepest.map_or_else(is_stock, |(_, is_open)| is_open)
    }
}
