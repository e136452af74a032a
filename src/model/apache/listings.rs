//! Listings of directories, which leave out what the visitor may not have (spec a117).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::lookup::Lookup;
use super::serving::Matching;
use super::{Outcomes, Viewpoint};
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope, Site};

/// An entry that is left out of a listing, since a login is asked for there.
#[derive(Clone, Debug)]
pub struct HiddenEntry<'s> {
    /// The line that shapes the listing, or switches it on.
    pub by: Directive<'s>,
    /// The `IndexOptions` line in force, if there is one at hand.
    pub options: Option<Directive<'s>>,
    /// What asks for the login.
    pub wanted: Directive<'s>,
    /// The name of the entry.
    pub name: String,
}

/// Lines that only somebody writes who wants a listing.
const SHAPING: &[&str] = &[
    "indexoptions",
    "headername",
    "readmename",
    "indexignore",
    "indexorderdefault",
    "indexstylesheet",
    "indexheadinsert",
    "adddescription",
];

/// The sections that apply to a directory.
struct Listing<'s> {
    sections: Vec<Scope<'s>>,
    /// The virtual host, or the file at hand that is not known to be in one.
    server: Scope<'s>,
    directory: PathBuf,
}

impl Site<'_> {
    /// The entries that listings leave out although the listing is meant to be seen.
    #[must_use]
    pub fn hidden_entries(&self) -> Vec<HiddenEntry<'_>> {
        let Some(apache) = &self.apache else { return Vec::new() };
        let has_listings = || self.sections().any(|scope| scope.own(Family::Options).next().is_some());
        if self.lacks_modules_like(&["autoindex"]) || !has_listings() {
            return Vec::new();
        }
        let htaccess: HashMap<&Path, Scope<'_>> = apache
            .htaccess
            .keys()
            .map(|&id| self.scope(id))
            .filter_map(|scope| Some((scope.directory()?, scope)))
            .collect();
        let lookup = Lookup { site: self, servers: &apache.servers };
        let entries = self.sections().filter_map(|scope| {
            let (wanted, path) = scope.protected_entry()?;
            let directory = path.parent()?.to_path_buf();
            let name = path.file_name()?.to_str()?.to_owned();
            let server = scope.server()?;
            let mut sections = Vec::new();
            let mut above: Vec<&Path> = directory.ancestors().collect();
            above.reverse();
            for level in above {
                let mut ids = Vec::new();
                lookup.at_level(server.id, level, &mut ids);
                sections.extend(ids.into_iter().map(|id| self.scope(id)));
                sections.extend(htaccess.get(level).copied().filter(|file| file.is_in_force()));
            }
            let is_served =
                lookup.served(server.id).is_some_and(|served| served.url_of(&directory).is_some());
            let listing = Listing { sections, server, directory };
            if !is_served && listing.own().next().is_none() {
                return None;
            }
            let by = listing.is_meant(&name)?;
            let options = listing.lines().filter(|line| line.is_named("indexoptions")).last();
            Some(HiddenEntry { by: options.unwrap_or(by), options, wanted, name })
        });
        entries.collect()
    }
}

impl<'s> Scope<'s> {
    /// A file or directory that this section closes, where it would be open without the section.
    fn protected_entry(self) -> Option<(Directive<'s>, PathBuf)> {
        let is_there = self.is_in_force() && self.is_certainly_there();
        let wanted = self.asks_a_stranger("GET").filter(|_| is_there)?;
        if !self.requires().any(|line| line == wanted) {
            return None;
        }
        let outer = self.outer_outcome("GET", Viewpoint::Stranger);
        let is_open = outer.may_be(Outcomes::GRANTED) && self.outer_asking_line().is_none();
        let path = match (self.kind(), self.matching()) {
            (Kind::Directory | Kind::Htaccess, _) if self.is_exact_place() => self.directory()?.to_path_buf(),
            (Kind::Location, Matching::Literal(url)) if url.len() > 1 => self.directory()?.to_path_buf(),
            (Kind::Files, Matching::Literal(name)) => {
                let holder = self.parent()?;
                let is_one = matches!(holder.kind(), Kind::Htaccess) || holder.is_exact_place();
                holder.directory().filter(|_| is_one)?.join(name)
            }
            _ => return None,
        };
        is_open.then_some((wanted, path))
    }
}

impl<'s> Listing<'s> {
    /// The sections of this very directory.
    fn own(&self) -> impl Iterator<Item = Scope<'s>> {
        self.sections.iter().copied().filter(|scope| {
            matches!(scope.kind(), Kind::Directory | Kind::Htaccess)
                && scope.directory() == Some(&self.directory)
                && scope.is_exact_place()
        })
    }

    /// The settings for the listing that are written for this part of the site: what stands in the main server's own text
    /// comes with the package.
    fn lines(&self) -> impl Iterator<Item = Directive<'s>> {
        let is_own_text = |scope: &Scope<'s>| scope.id != 0 || scope.site.is_part();
        let scopes = Some(self.server).filter(is_own_text).into_iter().chain(self.sections.iter().copied());
        scopes.flat_map(|scope| scope.own(Family::Setting)).filter(|line| line.is_certain())
    }

    /// The line that switches the listing on.
    fn switch(&self) -> Option<Directive<'s>> {
        let servers = [self.server.site.scope(0), self.server].into_iter();
        let scopes = servers.chain(self.sections.iter().copied());
        let mut on = None;
        for line in scopes.flat_map(|scope| scope.own(Family::Options)) {
            if line.name() != Name::Options || !line.is_certain() {
                continue;
            }
            if line.arguments().any(|word| !word.text().starts_with(['+', '-'])) {
                on = None;
            }
            for word in line.arguments().map(|word| word.text().to_ascii_lowercase()) {
                match word.as_str() {
                    "indexes" | "+indexes" | "all" | "+all" => on = Some(line),
                    "-indexes" | "-all" => on = None,
                    _ => {}
                }
            }
        }
        on
    }

    /// What says that the listing is seen, and that nothing in it was to be hidden: lines that shape it, no file in its
    /// place, a directory below the document root that has it switched on.
    fn is_meant(&self, entry: &str) -> Option<Directive<'s>> {
        let on = self.switch()?;
        let shows = |line: Directive<'s>| {
            line.is_named("indexoptions")
                && line.arguments().any(|word| {
                    let word = word.text();
                    word.trim_start_matches('+').eq_ignore_ascii_case("showforbidden")
                })
        };
        let hides = |line: Directive<'s>| {
            let is_it = |word: &str| {
                crate::source::matches_any(word.trim_end_matches('/').as_bytes(), entry.as_bytes())
            };
            line.is_named("indexignore") && line.arguments().any(|word| is_it(&word.text()))
        };
        let main = self.server.site.scope(0).own(Family::Setting);
        if self.lines().chain(main).any(|line| shows(line) || hides(line)) {
            return None;
        }
        let shaping = self.lines().find(|line| SHAPING.iter().any(|name| line.is_named(name)));
        let no_index =
            self.lines().find(|line| line.is_named("directoryindex") && line.is_ignoring_case(0, "disabled"));
        let is_below_root = self.server.directory() != Some(&self.directory);
        let own = self.own().any(|scope| {
            let is_plain = is_below_root
                || scope.kind() == Kind::Htaccess && on.arguments().any(|word| word.text() == "+Indexes");
            is_plain && scope.own(Family::Options).any(|line| line == on)
        });
        (shaping.is_some() || no_index.is_some() || own).then_some(on)
    }
}
