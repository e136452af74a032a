//! What a backend of Apache gets to see of `Authorization` (spec a108 to a113).

use super::serving::{Matching, below};
use crate::model::headers::{Backend, Forwarded};
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope};

/// The address that a line hands requests on to.
pub(super) fn target(line: Directive<'_>) -> Option<String> {
    line.arguments().map(|word| word.text().into_owned()).find(|word| word.contains("://"))
}

impl<'s> Scope<'s> {
    /// Whether this `<Proxy>` or `<ProxyMatch>` section is for a backend: it names the beginning of its
    /// address, or matches it.
    pub(super) fn is_for_backend(self, target: &str) -> bool {
        match self.matching() {
            Matching::Literal(word) => target.starts_with(word.as_str()),
            Matching::Pattern(word) => {
                let start = word.trim_end_matches('*');
                !start.contains(['*', '?', '[']) && target.starts_with(start)
            }
            Matching::Expression(_) => self.matches(target) == Some(true),
            Matching::Unknown => false,
        }
    }

    /// Whether this very scope hands requests on to a program or another server.
    pub(super) fn hands_on(self) -> bool {
        self.backend_line().is_some() || self.program_line().is_some() || self.is_of_wsgi()
    }

    /// The line of this very scope that hands requests on: `ProxyPass`, `SetHandler proxy:`, `RewriteRule`
    /// with `[P]`, or `CGIPassAuth On`, which says of a program that it looks at the header.
    pub(in crate::model) fn backend_line(self) -> Option<Directive<'s>> {
        let is_server = matches!(self.kind(), Kind::Server | Kind::Main | Kind::Snippet);
        let handler = self.own(Family::Handler).filter(|line| match line.name() {
            Name::SetHandler => line.literal(0).is_some_and(|word| word.starts_with("proxy:")),
            Name::ProxyPass | Name::ProxyPassMatch => !is_server && !line.is(1, "!"),
            _ => false,
        });
        // Without the engine no rule is run; a server's own lines count for it alone (spec a115).
        let outer = if self.kind() == Kind::Mapping { self.parent() } else { Some(self) };
        let is_on = |scope: Scope<'s>| {
            let engine = scope.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteEngine).last();
            engine.is_some_and(|line| line.is_ignoring_case(0, "on"))
        };
        let rules = self.own(Family::Rewrite).filter(|line| !is_server && line.is_passed_on());
        let rules = rules.filter(|_| outer.is_some_and(is_on));
        let passes = self.own(Family::CgiPassAuth).filter(|line| line.is_ignoring_case(0, "on"));
        handler.chain(rules).chain(passes).find(|line| line.is_certain())
    }

    pub(in crate::model) fn apache_backend(self) -> Option<Backend<'s>> {
        self.backend_line().map(Backend::of_apache)
    }

    /// The `RequestHeader` lines about a header that apply here, in their order.
    fn header_edits(self, header: &str) -> Vec<Directive<'s>> {
        let is_about = |line: &Directive<'_>| {
            line.literal(1).is_some_and(|name| name.trim_end_matches(':').eq_ignore_ascii_case(header))
        };
        self.apache_edits().into_iter().filter(is_about).collect()
    }

    /// All `RequestHeader` lines that apply here, in their order.
    pub(in crate::model) fn apache_edits(self) -> Vec<Directive<'s>> {
        // In a section `early` has no effect (spec a109).
        let counts = |scope: Scope<'_>, line: &Directive<'_>| {
            let is_server = matches!(scope.kind(), Kind::Server | Kind::Main | Kind::Snippet);
            line.is_certain() && (is_server || !line.is_early())
        };
        let lines = self
            .applying()
            .flat_map(|scope| scope.own(Family::HeaderEdits).filter(move |line| counts(scope, line)));
        lines.collect()
    }

    /// The lines with this name that apply here, in their order, of those that are looked up by name.
    pub(in crate::model) fn apache_settings(self, name: &'static str) -> Vec<Directive<'s>> {
        let lines =
            self.applying().flat_map(|scope| scope.own(Family::Setting).chain(scope.own(Family::Foreign)));
        lines.filter(|line| line.is_named(name)).collect()
    }

    /// The servers and sections whose lines apply to a scope that hands requests on.
    pub(in crate::model) fn applying(self) -> impl Iterator<Item = Scope<'s>> {
        let servers = [Some(0), self.data().server.filter(|server| *server != 0)].into_iter().flatten();
        let ways = self.site.apache.iter().filter_map(move |apache| apache.ways.get(&self.id));
        servers.chain(ways.flatten().copied()).map(|id| self.site.scope(id))
    }

    /// Whether nothing at hand asks for anything on the way to a backend of a virtual host that is at hand
    /// as a whole. Only the main server's own `<Location>` could; hardly anybody has one.
    #[must_use]
    pub fn is_open_at_hand(self) -> bool {
        let families = [Family::Require, Family::Rules, Family::Scheme, Family::OtherCheck];
        let has_any = |scope: Scope<'_>| families.iter().any(|&family| scope.own(family).next().is_some());
        let is_known = |scope: Scope<'_>| scope.kind() == Kind::Snippet || scope.is_wholly_known();
        self.site.is_apache()
            && self.server().is_some_and(|server| server.kind() == Kind::Server)
            && self.backend_line().is_some()
            && self.applying().chain([self]).all(|scope| is_known(scope) && !has_any(scope))
    }

    /// Whether the backend is told who has logged in.
    pub(in crate::model) fn tells_the_user(self) -> bool {
        let Some(apache) = &self.site.apache else { return false };
        let sections = apache.ways.get(&self.id).into_iter().flatten();
        let mut lines = sections.flat_map(|id| self.site.scope(*id).own(Family::HeaderEdits));
        lines.any(|line| line.text().contains("REMOTE_USER"))
    }

    /// What becomes of a header of the client on the way to this scope's backend.
    pub(in crate::model) fn apache_forwards(self, header: &str) -> Forwarded<'s> {
        let fake = self.apache_settings("AuthBasicFake").into_iter().last();
        let fake = fake.filter(|line| header == "Authorization" && !line.is_ignoring_case(0, "off"));
        let mut forwarded = fake.map_or(Forwarded::AsSent, Forwarded::Replaced);
        for line in self.header_edits(header) {
            let is_conditional = line.arguments().any(|word| {
                let word = word.text();
                word.starts_with("env=") || word.starts_with("expr=")
            });
            forwarded = match line.literal(0).map(|action| action.to_ascii_lowercase()).as_deref() {
                _ if is_conditional => Forwarded::Unknown,
                Some("unset") => Forwarded::Dropped(line),
                Some("set") if line.is(2, "") => Forwarded::Dropped(line),
                Some("set" | "setifempty") => Forwarded::Replaced(line),
                _ => Forwarded::Unknown,
            };
        }
        forwarded
    }

    /// The lines of this very section that say which login a backend is sent.
    pub fn login_lines(self) -> impl Iterator<Item = Directive<'s>> {
        let edits = self.own(Family::HeaderEdits).filter(|line| line.is_ignoring_case(1, "Authorization"));
        edits.chain(self.own(Family::Setting).filter(|line| line.is_named("AuthBasicFake")))
    }

    /// The line of a wider `<Location>`, or of this one, that puts a login of its own in place of the visitor's, on the way
    /// to a backend that a line of the server names: what is let off here is sent with it all the same (spec a111).
    #[must_use]
    pub fn login_added_around(self) -> Option<Directive<'s>> {
        let url = self.url().filter(|_| self.kind() == Kind::Location && self.is_exact_place())?;
        let is_around = |place: &Scope<'s>| {
            let outer = place.url().filter(|_| place.kind() == Kind::Location && place.is_exact_place());
            outer.is_some_and(|outer| below(outer.trim_end_matches('/'), url).is_some())
        };
        let around = self.server()?.children().filter(is_around);
        let last = around.flat_map(Scope::login_lines).last()?;
        let is_set = ["set", "setifempty"].iter().any(|word| last.is_ignoring_case(0, word));
        let is_fake = last.is_named("AuthBasicFake") && !last.is_ignoring_case(0, "off");
        (last.is_certain() && (is_set || is_fake)).then_some(last)
    }

    /// `RequestHeader unset Authorization early`, which takes the header away before httpd itself looks
    /// at it; in a section `early` has no effect (spec a109).
    #[must_use]
    pub fn early_drop(self) -> Option<Directive<'s>> {
        let servers = [Some(0), self.data().server.filter(|server| *server != 0)].into_iter().flatten();
        servers.flat_map(|id| self.site.scope(id).own(Family::HeaderEdits)).find(|line| {
            line.is_early() && line.is_ignoring_case(0, "unset") && line.is_ignoring_case(1, "Authorization")
        })
    }
}

impl Directive<'_> {
    /// Whether this is a `RewriteRule` that passes requests on: one with `[P]` and the address of a backend.
    pub(super) fn is_passed_on(self) -> bool {
        let is_flag = |flag: &str| matches!(flag.trim().to_ascii_lowercase().as_str(), "p" | "proxy");
        self.name() == Name::RewriteRule
            && self.literal(2).is_some_and(|flags| flags.trim_matches(['[', ']']).split(',').any(is_flag))
            && self.argument(1).is_some_and(|url| url.text().contains("://"))
    }

    /// Whether a `RequestHeader` line ends with `early`.
    fn is_early(self) -> bool {
        self.argument(self.arity().saturating_sub(1))
            .is_some_and(|word| word.text().eq_ignore_ascii_case("early"))
    }
}
