//! Lines that lead requests out of a place, before anybody is asked there (spec P3, a125).

use super::names::{Family, Name};
use super::{Directive, Kind, Location, Modifier, Purpose, Scope, Site};

/// A `rewrite` that leads out of a protected place of nginx, as far as its text says it.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'s> {
    /// The protected place.
    pub place: Scope<'s>,
    /// What asks there.
    pub asked: Directive<'s>,
    /// The line that leads out of it.
    pub by: Directive<'s>,
    /// Whether it is for all that comes to the place.
    pub is_for_all: bool,
    /// Whether a condition has to hold besides, other than that a file is missing.
    pub is_conditional: bool,
}

/// A `RewriteRule` of a server of Apache, and a `<Location>` that asks by itself.
#[derive(Clone, Copy, Debug)]
pub struct LedAround<'s> {
    /// The server of the rule.
    pub server: Scope<'s>,
    /// The section.
    pub place: Scope<'s>,
    /// Its path.
    pub url: &'s str,
    /// What asks there.
    pub asked: Directive<'s>,
    /// The rule.
    pub by: Directive<'s>,
    /// Whether the rule leads to the files of the section; else it leads out of the section.
    pub leads_in: bool,
}

/// More lines of a server or a place are not looked at for each protected place.
const MOST_LINES: usize = 200;
/// More sections than this are not looked at for one server.
const MOST_SECTIONS: usize = 50;

impl Site<'_> {
    /// The lines that may lead out of protected locations of nginx, those of the server among them.
    pub fn leaving_lines(&self) -> impl Iterator<Item = Leaving<'_>> {
        let locations = self.scopes_of(Kind::Location).filter(|_| !self.is_apache());
        locations.flat_map(|place| place.leaving_lines().chain(place.led_away()))
    }

    /// The rules of Apache's servers that may lead around or out of a `<Location>`.
    pub fn led_around(&self) -> impl Iterator<Item = LedAround<'_>> {
        let main = std::iter::once(self.scope(0));
        let servers = self.scopes_of(Kind::Server).chain(main).filter(|_| self.is_apache());
        servers.flat_map(Scope::led_around)
    }
}

impl<'s> Scope<'s> {
    fn leaving_lines(self) -> impl Iterator<Item = Leaving<'s>> {
        let asked = self.asked_in_locations().filter(|_| self.is_reached_from_outside());
        let conditions = move || self.children().filter(|child| child.kind() == Kind::If);
        let scopes = asked.into_iter().flat_map(move |asked| {
            let inner = conditions().map(move |scope| (asked, scope));
            std::iter::once((asked, self)).chain(inner)
        });
        scopes.flat_map(move |(asked, scope)| {
            let lines =
                scope.own(Family::Rewrite).take(MOST_LINES).filter(|line| line.goes_on_elsewhere(false));
            lines.map(move |by| {
                let is_for_all = self.takes_all(by) && (scope == self || scope.asks_for_a_file());
                let is_conditional = scope != self && !scope.asks_for_a_file();
                Leaving { place: self, asked, by, is_for_all, is_conditional }
            })
        })
    }

    /// Lines of the server that lead away from a prefix before nginx looks for a location.
    fn led_away(self) -> impl Iterator<Item = Leaving<'s>> {
        let location = self.location().filter(|location| !location.is_regex() && location.path.len() > 1);
        let found = location.and_then(|location| Some((location, self.own_asking()?, self.server()?)));
        let found = found.filter(|_| self.is_reached_from_outside());
        found.into_iter().flat_map(move |(location, asked, server)| {
            let lines =
                server.own(Family::Rewrite).take(MOST_LINES).filter(|line| line.goes_on_elsewhere(true));
            lines.filter_map(move |by| {
                let pattern = plain(&by.argument(0)?.text());
                let is_for_it = pattern.strip_prefix('^')?.starts_with(location.path.as_ref());
                let is_for_all = self.takes_all(by);
                is_for_it.then_some(Leaving { place: self, asked, by, is_for_all, is_conditional: false })
            })
        })
    }

    /// What asks here, if it stands in this location or in one around it.
    fn asked_in_locations(self) -> Option<Directive<'s>> {
        let by = self.asks().by()?;
        let is_here = self.own_asking().is_some();
        let outer = || self.asked_from(by).is_some_and(|outer| outer.kind() == Kind::Location);
        (is_here || outer()).then_some(by)
    }

    /// Whether a `rewrite` is for every path that comes to this location, in whatever groups it is written.
    fn takes_all(self, rewrite: Directive<'_>) -> bool {
        let Some(location) = self.location().filter(|location| !location.is_regex()) else {
            return self.matches_everything(rewrite);
        };
        let pattern = plain(&rewrite.argument(0).map(|word| word.text()).unwrap_or_default());
        let rest = pattern.strip_prefix('^').unwrap_or(&pattern).strip_prefix(location.path.as_ref());
        self.matches_everything(rewrite)
            || rest.is_some_and(|rest| matches!(rest, "" | "." | ".*" | ".+" | "?.*" | "/.*" | "/?.*"))
            || location.path == "/" && matches!(pattern.as_str(), "^.+" | ".+" | "^/.+")
    }

    /// `if (!-e $request_filename)`
    fn asks_for_a_file(self) -> bool {
        let words = self.opening().into_iter().flat_map(Directive::arguments);
        let mut words = words.map(|word| word.text().trim_start_matches('(').to_owned());
        self.kind() == Kind::If && words.any(|word| matches!(word.as_str(), "!-e" | "!-f"))
    }

    /// Whether this place is open beside a protected one for a reason of its own: it says so, or it is made for
    /// files of pages, for callers, for probes, or for those who log in.
    #[must_use]
    pub fn is_open_on_purpose(self) -> bool {
        let is_for = self.location().is_some_and(|location| location.is_for_everybody());
        self.exemptions().next().is_some() || is_for || self.is_a_door() || self.is_for_challenges()
    }

    fn led_around(self) -> Vec<LedAround<'s>> {
        let rules: Vec<Directive<'s>> =
            self.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteRule).collect();
        if rules.is_empty() {
            return Vec::new();
        }
        let own = self.descendants().filter(|place| place.kind() == Kind::Location);
        let main = self.site.main_sections().filter(|place| place.kind() == Kind::Location && self.id != 0);
        let places = own.chain(main).filter_map(|place| {
            let url = place.url().filter(|url| place.is_exact_place() && url.len() > 1)?;
            Some((place, url.trim_end_matches('/'), place.own_asking()?))
        });
        let places: Vec<_> = places.take(MOST_SECTIONS).collect();
        let pairs = rules.into_iter().flat_map(|by| places.iter().map(move |place| (by, *place)));
        let found = pairs.filter_map(|(by, (place, url, asked))| {
            let target = by.argument(1)?.text().into_owned();
            let target = target.split(['$', '%', '?']).next()?;
            let pattern = plain(&by.argument(0)?.text());
            let starts = pattern.strip_prefix('^').unwrap_or(&pattern).to_owned();
            let leads_in = super::below(url, target).is_some() && !self.has_a_backend_for(url);
            let leads_out = starts.starts_with(url) && target.starts_with('/');
            (leads_in || leads_out).then_some(LedAround { server: self, place, url, asked, by, leads_in })
        });
        found.collect()
    }

    /// Whether a path is handed to a backend: then it has no files.
    fn has_a_backend_for(self, url: &str) -> bool {
        let mut places = self.descendants();
        places.any(|place| {
            let other = place.url().filter(|_| place.is_exact_place());
            place.backend().is_some()
                && other.is_some_and(|other| super::below(other.trim_end_matches('/'), url).is_some())
        })
    }
}

impl Location<'_> {
    fn is_for_everybody(&self) -> bool {
        matches!(self.purpose(), Some(Purpose::Assets | Purpose::Callers | Purpose::Probe))
    }
}

impl Directive<'_> {
    /// Whether the expression of a `rewrite` is about files of pages, callers, probes, or those who log in.
    #[must_use]
    pub fn is_about_what_is_open(self) -> bool {
        let pattern = self.argument(0).map(|word| word.text()).unwrap_or_default();
        let location = Location { modifier: Modifier::Regex, path: pattern };
        let target = self.argument(1).map(|word| word.text().into_owned()).unwrap_or_default();
        let target = target.split(['$', '%', '?']).next().unwrap_or_default().to_owned();
        let target = Location { modifier: Modifier::Prefix, path: target.into() };
        [&location, &target].into_iter().any(Location::is_for_everybody)
            || location.path.contains("well-known")
            || super::doors::all_are_doors(&location.path)
    }

    /// Whether this `rewrite` of nginx changes the path and makes no redirect of it. With `break` a location keeps the
    /// request.
    fn goes_on_elsewhere(self, is_in_server: bool) -> bool {
        let target = self.argument(1).map(|word| word.text().into_owned()).unwrap_or_default();
        let goes_on = self.arity() == 2 || self.is(2, "last") || is_in_server && self.is(2, "break");
        let is_url = ["http://", "https://", "$scheme"].iter().any(|start| target.starts_with(start));
        self.name() == Name::Rewrite && goes_on && !is_url
    }
}

/// An expression without groups and its end, to be compared with a path.
fn plain(pattern: &str) -> String {
    pattern.replace("?:", "").replace(['(', ')', '$', '\\'], "")
}
