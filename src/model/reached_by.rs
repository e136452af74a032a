//! Who is asked where a path of a server leads, as far as the text alone says it.

use std::collections::HashMap;

use super::names::{Family, Name};
use super::{Directive, Kind, Located, Modifier, Outcomes, Passes, Scope, Site, Viewpoint};

/// Sections of Apache that stand in no virtual host.
#[derive(Debug, Default)]
pub(super) struct BesideHosts {
    /// Those of the main server.
    sections: Vec<u32>,
    /// The `.htaccess` files of each server.
    htaccess: HashMap<u32, Vec<u32>>,
}

impl Site<'_> {
    fn beside_hosts(&self) -> &BesideHosts {
        self.beside_hosts.get_or_init(|| {
            let mut found = BesideHosts::default();
            for scope in self.scopes().filter(|_| self.is_apache()) {
                match (scope.kind(), scope.data().server) {
                    (Kind::Htaccess, Some(server)) => {
                        found.htaccess.entry(server).or_default().push(scope.id);
                    }
                    (Kind::Server, _) => {}
                    _ if scope.id != 0 && scope.data().parent == 0 => found.sections.push(scope.id),
                    _ => {}
                }
            }
            found
        })
    }

    /// The sections of the main server of Apache, those directly in it.
    pub fn main_sections(&self) -> impl Iterator<Item = Scope<'_>> {
        self.beside_hosts().sections.iter().map(|&id| self.scope(id))
    }
}

impl<'s> Scope<'s> {
    /// The `.htaccess` files of this server of Apache.
    pub(super) fn htaccess_files(self) -> impl Iterator<Item = Scope<'s>> {
        let found = self.site.beside_hosts().htaccess.get(&self.id);
        found.into_iter().flatten().map(move |&id| self.site.scope(id))
    }
}

impl<'s> Scope<'s> {
    /// The scope of this server whose lines are in force for a path: a location of nginx, by its name, too, or the section of
    /// Apache that names most of the path. None where that is not known.
    #[must_use]
    pub fn place_of(self, path: &str) -> Option<Scope<'s>> {
        if path.starts_with('@') {
            return self
                .children()
                .find(|child| child.location().is_some_and(|location| location.path == path));
        }
        if !self.site.is_apache() {
            return match self.locate(path) {
                Located::At(place) => Some(place),
                Located::Unknown => None,
            };
        }
        let is_location = |place: &Scope<'s>| place.kind() == Kind::Location;
        let mut places: Vec<Scope<'s>> =
            self.places_in_it().filter(|place| place.kind() != Kind::Files).collect();
        // Of sections of the main server it is worked out what they are for its own places only.
        let main = self.site.scope(0);
        let is_about_it = |place: &Scope<'s>| place.covers_path(path) && place.requires().next().is_some();
        if main != self && self.site.main_sections().filter(is_location).any(|place| is_about_it(&place)) {
            return None;
        }
        let by_expression =
            |place: &Scope<'s>| is_location(place) && !place.is_exact_place() && is_about_it(place);
        if let Some(place) = places.iter().rev().find(|place| by_expression(place)) {
            return Some(*place);
        }
        let expressions = places.clone();
        places.retain(|place| place.is_exact_place() && place.covers_path(path));
        let longest = places.iter().copied().max_by_key(|place| place.url().map_or(0, str::len));
        let place = longest.unwrap_or(self);
        // What an expression says of the place itself need not count for what lies in it.
        let is_left_out = |other: &Scope<'s>| {
            let is_for_place = place.url().is_some_and(|url| other.matches(url) != Some(false));
            is_location(other) && !other.is_exact_place() && is_for_place && other.requires().next().is_some()
        };
        (!expressions.iter().any(is_left_out)).then_some(place)
    }

    /// The sections and mapped paths of this server of Apache, and its `.htaccess` files.
    fn places_in_it(self) -> impl Iterator<Item = Scope<'s>> {
        let htaccess = self.htaccess_files();
        let inner = self.descendants().filter(|place| {
            matches!(place.kind(), Kind::Location | Kind::Directory | Kind::Files | Kind::Mapping)
        });
        let mut all: Vec<Scope<'s>> = inner.chain(htaccess).collect();
        all.sort_by_key(|place| place.id);
        all.into_iter()
    }

    /// Whether a section of Apache is for a path of the URL.
    pub(super) fn covers_path(self, path: &str) -> bool {
        match self.url().filter(|_| self.is_exact_place()) {
            Some(url) => super::below(url.trim_end_matches('/'), path).is_some(),
            None => self.matches(path) == Some(true),
        }
    }

    /// What asks a stranger for credentials where a path of this server leads. None where nothing does, and
    /// where it hangs on more than the text of that place.
    #[must_use]
    pub fn asks_at(self, method: &str, path: &str) -> Option<Directive<'s>> {
        if self.goes_elsewhere() {
            return None;
        }
        let place = self.place_of(path).filter(|place| *place == self || !place.goes_elsewhere())?;
        place.for_method(method).asks_a_stranger(method)
    }

    /// The lines that are in force here for a method: `limit_except` has its own for those that it does not
    /// name.
    #[must_use]
    pub fn for_method(self, method: &str) -> Scope<'s> {
        let limit = self.children().find(|child| child.kind() == Kind::LimitExcept);
        let named = |limit: &Scope<'s>| {
            let words =
                limit.opening().into_iter().flat_map(|opening| opening.arguments().collect::<Vec<_>>());
            words.into_iter().any(|word| word.text().eq_ignore_ascii_case(method))
        };
        limit.filter(|limit| !named(limit)).unwrap_or(self)
    }

    /// What asks a stranger who comes to this very place with this method; none where an address lets him in or
    /// keeps him out, and where it is not known.
    #[must_use]
    pub fn asks_a_stranger(self, method: &str) -> Option<Directive<'s>> {
        if self.site.is_apache() {
            // Around a part there may be rules of 2.2 that are not at hand; hardly anybody has them.
            let passes = match self.passes_compat(method, Viewpoint::Stranger) {
                Passes::Yes => true,
                Passes::No => false,
                Passes::Maybe => self.sees_no(Family::Rules),
            };
            let is_asked = self.outcome(method, Viewpoint::Stranger).must_be(Outcomes::USER)
                && passes
                && self.satisfies_any(method) != Some(true);
            return self.asking_line().filter(|_| is_asked);
        }
        let by = self.asks().by()?;
        let rules: Vec<Directive<'s>> = self.list(Family::Rules).collect();
        let is_any = self.directive(Family::Satisfy).is_some_and(|satisfy| satisfy.is(0, "any"));
        let ends_at_all = rules.iter().find(|rule| rule.is(0, "all")).map(|rule| rule.name());
        match ends_at_all {
            // A stranger is refused, or let in, by his address.
            Some(Name::Deny) => is_any.then_some(by),
            Some(_) => (!is_any).then_some(by),
            None => Some(by),
        }
    }

    /// What asks those for credentials whom a rule about addresses does not refuse, in a section of Apache that lets
    /// nobody in without them: `<RequireAll>` with `valid-user` and `ip`.
    #[must_use]
    pub fn asks_whom_addresses_let_in(self, method: &str) -> Option<Directive<'s>> {
        let anyone = self.outcome(method, Viewpoint::Anyone);
        let is_so = self.site.is_apache()
            && anyone.may_be(Outcomes::USER)
            && anyone.must_be(Outcomes::USER.or(Outcomes::DENIED))
            && self.sees_no(Family::Rules)
            && self.satisfies_any(method) != Some(true)
            && !self.goes_elsewhere();
        self.asking_line().filter(|_| is_so && self.server().is_none_or(|server| !server.goes_elsewhere()))
    }

    /// Whether `return`, `rewrite` or an `if` in this very scope may answer before anybody is asked, or lead
    /// elsewhere.
    #[must_use]
    pub fn goes_elsewhere(self) -> bool {
        if self.site.is_apache() {
            let is_server = matches!(self.kind(), Kind::Server | Kind::Main | Kind::Snippet);
            return is_server
                && self
                    .own(Family::Rewrite)
                    .any(|line| matches!(line.name(), Name::Redirect | Name::RewriteRule));
        }
        let is_early = |line: Directive<'s>| matches!(line.name(), Name::Return | Name::Rewrite | Name::If);
        self.own(Family::Rewrite).any(is_early) || self.own(Family::OtherCheck).next().is_some()
    }

    /// A path that comes to the place, as far as its name says: its own, below a directory that of a file.
    #[must_use]
    pub fn sample_path(self, file: &str) -> Option<String> {
        let location = self.location()?;
        let path = location.path.as_ref();
        match location.modifier {
            Modifier::Exact => Some(path.to_owned()),
            _ if location.is_regex() || location.is_named() => None,
            _ if path.ends_with('/') => Some(format!("{path}{file}")),
            _ => Some(format!("{path}/{file}")),
        }
    }
}

impl Scope<'_> {
    /// Whether some section of Apache that may apply in this place names a file and says who may have it.
    #[must_use]
    pub fn speaks_of_file(self, name: &str) -> bool {
        let server = self.server().into_iter().flat_map(Scope::descendants);
        let main = self.site.main_sections();
        self.descendants().chain(server).chain(main).any(|scope| {
            let is_named = match scope.kind() {
                Kind::Files => scope.matches(name) == Some(true),
                Kind::Location => {
                    scope.location().is_some_and(|location| location.path.replace('\\', "").contains(name))
                }
                _ => false,
            };
            is_named && scope.has_own_access_rules()
        })
    }
}

impl Directive<'_> {
    /// Where `error_page` or `ErrorDocument` goes on to for 401: a path, or the name of a location.
    #[must_use]
    pub fn page_for_401(self) -> Option<String> {
        let last = self.arity().checked_sub(1)?;
        let is_for_401 = (0..last).any(|word| self.is(word, "401"));
        let target = self.literal(last).filter(|_| is_for_401)?;
        let path = target.split(['?', '#']).next()?.to_owned();
        path.starts_with(['/', '@']).then_some(path)
    }
}

impl Scope<'_> {
    /// Whether the place is of a sort that is looked at for itself: for certificate authorities, for pages of other
    /// origins, or the one of the page for 401.
    #[must_use]
    pub fn is_judged_for_itself(self) -> bool {
        let path = self.location().map(|location| location.path.into_owned()).unwrap_or_default();
        let is_page = |line: Directive<'_>| line.page_for_401().is_some_and(|page| page.starts_with(&path));
        self.is_for_challenges() || self.cors().is_some() || self.list(Family::ErrorPage).any(is_page)
    }
}
