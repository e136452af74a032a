//! What a prefix location without a final slash covers besides the place it is named after.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::names::{Family, Name};
use super::{Directive, Kind, Located, Location, Scope, Site};
use crate::source::Host;

/// A path that a location swallows.
#[derive(Clone, Debug)]
pub struct Neighbour<'s> {
    /// A path that the location answers for although it lies beside it.
    pub path: String,
    /// The directive that names it; none where it lies in the document root, or where nothing but
    /// its usual name speaks for it.
    pub named_by: Option<Directive<'s>>,
    /// Whether the path is surely meant to be another place, or only likely.
    pub is_certain: bool,
}

/// Places that many sites have. A prefix of one or two letters hardly means to cover them.
const USUAL: &[&str] = &[
    "/api", "/assets", "/static", "/images", "/css", "/js", "/fonts", "/media", "/login", "/public",
    "/status",
];

/// More names than this in a document root are not looked through.
const MAX_NAMES: usize = 10_000;

impl<'s> Scope<'s> {
    /// The prefix of a location that does not end at a slash, such as `/admin`.
    #[must_use]
    pub fn open_prefix(self) -> Option<Location<'s>> {
        if self.site.is_apache() {
            return self.open_expression();
        }
        if self.location().is_some_and(|location| location.is_regex()) {
            return self.open_expression();
        }
        self.location().filter(|location| {
            location.is_prefix()
                && location.path.len() > 1
                && location.path.starts_with('/')
                && !location.path.ends_with('/')
        })
    }

    /// Paths beside an open prefix that this location answers for all the same: files of the
    /// document root, what other directives of the server name, and, beside a prefix of one or two
    /// letters, the places that many sites have.
    pub fn neighbours(self) -> impl Iterator<Item = Neighbour<'s>> {
        let prefix = self.open_prefix().zip(self.server());
        let (apache, nginx) = match prefix {
            Some((prefix, _)) if self.site.is_apache() => (self.taken_in(&prefix.path), None),
            prefix => (Vec::new(), prefix),
        };
        let nginx = nginx.into_iter().flat_map(move |(prefix, server)| self.beside(&prefix, server));
        apache.into_iter().chain(nginx)
    }

    /// How to write the place so that it ends where a part of the path does.
    #[must_use]
    pub fn closed_prefix(self, prefix: &str) -> String {
        if self.site.is_apache() {
            return format!("`<Location {prefix}>`, which ends where a part of the path does");
        }
        if self.location().is_some_and(|location| location.is_regex()) {
            return format!("`^{prefix}/`, or a prefix location with its final slash");
        }
        format!("`location {prefix}/` (and `location = {prefix}` where the bare path is needed)")
    }

    /// The prefix that an expression such as `^/admin` stands for.
    fn open_expression(self) -> Option<Location<'s>> {
        let expression =
            self.location().filter(Location::is_regex).filter(|_| self.kind() == Kind::Location)?;
        let path = expression.path.strip_prefix('^')?.to_owned();
        let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte));
        let is_open = path.len() > 1 && path.starts_with('/') && !path.ends_with('/') && is_plain;
        is_open.then(|| Location { path: path.into(), ..expression })
    }

    /// Places of Apache that an expression takes in: the request ends up with its `Require` lines.
    fn taken_in(self, prefix: &str) -> Vec<Neighbour<'s>> {
        let places = self.site.places().filter(|place| place.server() == self.server() && *place != self);
        let named = places.filter_map(|place| Some((place.location()?.path.into_owned(), place)));
        named
            .filter(|(path, place)| is_beside(prefix, path) && place.provider(Family::Require) == Some(self))
            .map(|(path, place)| Neighbour { path, named_by: place.opening(), is_certain: true })
            .collect()
    }

    fn beside(
        self,
        prefix: &Location<'s>,
        server: Scope<'s>,
    ) -> impl Iterator<Item = Neighbour<'s>> + use<'s> {
        let prefix = prefix.path.clone();
        let prefix_length = prefix.len();
        let on_disk = self.site.neighbours.get(&self.id).into_iter().flatten();
        let on_disk = on_disk.map(|path| (path.clone(), None));
        // A location's own lines lead to pages of its own.
        let scopes = std::iter::once(server).chain(server.descendants()).filter(move |scope| *scope != self);
        let named = scopes.flat_map(Scope::named_paths).map(|(path, by)| (path, Some(by)));
        let usual = USUAL.iter().filter(|_| prefix.len() <= 3).map(|path| ((*path).to_owned(), None));
        let usual: Vec<_> = usual.collect();
        let is_certain = move |path: &str| prefix_length <= 2 || !USUAL.contains(&path);
        on_disk
            .chain(named)
            .chain(usual)
            .filter(move |(path, _)| is_beside(&prefix, path))
            .filter(move |(path, _)| matches!(server.locate(path), Located::At(scope) if scope == self))
            .map(move |(path, named_by)| Neighbour { is_certain: is_certain(&path), path, named_by })
    }

    /// The paths that directives of this very scope lead to.
    fn named_paths(self) -> Vec<(String, Directive<'s>)> {
        let last = |directive: Directive<'s>| directive.argument(directive.arity().checked_sub(1)?);
        [Family::ErrorPage, Family::TryFiles, Family::Rewrite, Family::Subrequest]
            .into_iter()
            .flat_map(|family| self.own(family))
            .filter_map(|directive| {
                let value = match directive.name() {
                    Name::Rewrite => directive.argument(1)?,
                    Name::Set | Name::Break | Name::If => return None,
                    _ => last(directive)?,
                };
                let path = value.literal()?;
                let path = path.split(['?', '#']).next()?;
                path.starts_with('/').then(|| (path.to_owned(), directive))
            })
            .collect()
    }
}

impl Site<'_> {
    /// Looks into the document roots of the locations that have an open prefix and ask for
    /// something.
    pub(super) fn find_neighbours(
        &self,
        host: &Host,
        may_look: impl Fn(&Path) -> bool,
    ) -> HashMap<u32, Vec<String>> {
        let mut found = HashMap::new();
        let mut listed: HashMap<PathBuf, Vec<String>> = HashMap::new();
        for scope in self.scopes_of(Kind::Location) {
            let Some(prefix) = scope.open_prefix().filter(|_| scope.asks().by().is_some()) else { continue };
            let root =
                scope.directive(Family::Root).and_then(|root| root.literal(0)).map(|root| root.into_owned());
            let Some(root) = root.and_then(|root| self.absolute(Path::new(&root))) else { continue };
            let (above, _) = prefix.path.rsplit_once('/').unwrap_or_default();
            let directory = root.join(above.trim_start_matches('/'));
            if !may_look(&directory) {
                continue;
            }
            let names =
                listed.entry(directory).or_insert_with_key(|directory| host.list(directory, MAX_NAMES));
            let beside = names
                .iter()
                .map(|name| format!("{above}/{name}"))
                .filter(|path| is_beside(&prefix.path, path));
            found.insert(scope.id, beside.collect());
        }
        found
    }
}

/// Whether `path` begins with `prefix` but is another place: `/admin-old` beside `/admin`, but not
/// `/admin/x`, `/admin.php`, or `/admins`, which may well be meant.
fn is_beside(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| {
        let first = rest.split('/').next().unwrap_or_default();
        first != "s" && first.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
    })
}
