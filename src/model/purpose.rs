//! What a location is made for, as far as its name says.

use super::assets::is_of_files_fetched_alone;
use super::names::Family;
use super::{Directive, Kind, Location, Scope};
use crate::source::matches_any;

/// What a place is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Files that belong to pages: styles, scripts, pictures, fonts, and what browsers and robots
    /// fetch by themselves.
    Assets,
    /// Other machines call here and bring no password of a person: webhooks, certificate
    /// authorities.
    Callers,
    /// An interface for programs, or a part of the site that calls itself public.
    Api,
    /// Somebody looks whether the server is alive.
    Probe,
}

const CALLERS: &[&str] = &["webhook", "webhooks", "hook", "hooks", "callback", "callbacks"];
const APIS: &[&str] = &["api", "public", "rss", "feed", "oauth2"];
const PROBES: &[&str] = &[
    "health",
    "healthy",
    "healthz",
    "healthcheck",
    "liveness",
    "readiness",
    "ready",
    "readyz",
    "live",
    "livez",
    "alive",
    "ping",
    "heartbeat",
    "probe",
    "lb",
    "elb",
    "lbcheck",
    "up",
    "status",
];

/// Names that are of probes wherever they stand.
const SURE_PROBES: &[&str] = &[
    "health",
    "healthz",
    "healthcheck",
    "health-check",
    "health_check",
    "liveness",
    "readiness",
    "livez",
    "readyz",
];

impl Location<'_> {
    /// What the location is made for; none where its name says nothing.
    #[must_use]
    pub fn purpose(&self) -> Option<Purpose> {
        if self.is_named() {
            return None;
        }
        if self.is_of_assets() {
            return Some(Purpose::Assets);
        }
        let path = self.path.trim_start_matches(['^', '/']);
        let segments: Vec<&str> = path.split('/').collect();
        let first = segments[0];
        let has =
            |segment: &str, list: &[&str]| segment.split(['-', '_', '.']).any(|word| list.contains(&word));
        if first == ".well-known"
            || first == r"\.well-known"
            || segments.iter().any(|segment| has(segment, CALLERS))
        {
            return Some(Purpose::Callers);
        }
        if self.is_probe(&segments) {
            return Some(Purpose::Probe);
        }
        APIS.contains(&first).then_some(Purpose::Api)
    }

    /// `/health` and `/-/healthy`, but not `/status/`, which is a part of the site; `/api/v1/health` by its plain
    /// name; `^/(health|ready)$` where all words are of probes.
    fn is_probe(&self, segments: &[&str]) -> bool {
        let words = |text: &str| text.split(['-', '_', '.']).map(str::to_owned).collect::<Vec<_>>();
        let is = |text: &str, list: &[&str]| words(text).iter().any(|word| list.contains(&word.as_str()));
        if self.is_regex() {
            let path = self.path.trim_start_matches(['^', '/']).trim_end_matches('$').trim_end_matches("/?");
            let inner = path.strip_prefix('(').and_then(|path| path.strip_suffix(')')).unwrap_or(path);
            let inner = inner.trim_start_matches("?:").replace("(z)?", "").replace("z?", "");
            return !inner.is_empty()
                && inner.split('|').all(|word| is(word.trim_start_matches('/'), PROBES));
        }
        let is_directory = segments.last() == Some(&"");
        let named: Vec<&str> = segments.iter().copied().filter(|segment| !segment.is_empty()).collect();
        let Some((last, outer)) = named.split_last() else { return false };
        match outer {
            [] | ["-"] if !is_directory => is(last, PROBES),
            [_, ..] if segments.len() == 2 && !is_directory && is(outer[0], PROBES) => true,
            _ => outer.len() <= 3 && SURE_PROBES.contains(last) && !named[0].starts_with('_'),
        }
    }
}

/// Labels of host names under which a whole site is usually closed.
const CLOSED: &[&str] = &[
    "staging",
    "stage",
    "stg",
    "dev",
    "test",
    "testing",
    "preview",
    "preprod",
    "qa",
    "uat",
    "demo",
    "internal",
    "intranet",
    "private",
    "admin",
    "beta",
    "monitor",
    "monitoring",
];

/// Names of directories that a host serves as a whole site.
const DOCUMENT_ROOTS: &[&str] =
    &["docroot", "htdocs", "html", "httpdocs", "public", "public_html", "web", "webroot", "www", "wwwroot"];

impl Scope<'_> {
    /// Whether the user has said of this host that the whole of it is closed on purpose.
    #[must_use]
    pub fn is_meant_closed(self) -> bool {
        self.own(Family::ServerName).flat_map(Directive::arguments).any(|name| {
            let name = name.text().to_ascii_lowercase();
            let is_meant = |host: &String| matches_any(host.to_ascii_lowercase().as_bytes(), name.as_bytes());
            self.site.meant_closed.iter().any(is_meant)
        })
    }

    /// Whether the names of a server say that the whole of it is closed, as that of a staging site, or the user does.
    #[must_use]
    pub fn is_closed_by_name(self) -> bool {
        let says_so = self.own(Family::ServerName).flat_map(Directive::arguments).any(|name| {
            // The last label is the top-level domain: `shop.test` is not a test of the shop.
            let name = name.text().to_ascii_lowercase();
            let labels = name.rsplit_once('.').map_or(name.as_str(), |(labels, _)| labels);
            labels.split(['.', '-', '_']).any(|part| CLOSED.contains(&part))
        });
        says_so || self.is_meant_closed()
    }

    /// Whether what `by` asks is asked for an area of the site that this scope lies in, not for the
    /// site: then what lies in the area is meant as well.
    #[must_use]
    pub fn lies_in_an_area_of(self, by: Directive<'_>) -> bool {
        if self.site.is_apache() {
            let is_area = |outer: Self| outer.is_area() && !outer.is_likely_document_root();
            return self.provider(Family::Require).is_some_and(|outer| outer != self && is_area(outer));
        }
        self.ancestors().any(|outer| outer.is_area() && outer.own_asking() == Some(by))
    }

    /// Whether this is a `.htaccess` in a directory that is called as document roots are, where no server is at hand
    /// that would say which directory it serves.
    fn is_likely_document_root(self) -> bool {
        let name = self.directory().and_then(|directory| directory.file_name()?.to_str());
        self.kind() == Kind::Htaccess
            && self.url().is_none()
            && name.is_some_and(|name| DOCUMENT_ROOTS.contains(&name))
    }

    /// The scope around this one where `by` stands, with all that may be let off it: of Apache the server.
    #[must_use]
    pub fn asked_from(self, by: Directive<'_>) -> Option<Self> {
        if self.site.is_apache() {
            return self.server();
        }
        self.ancestors().find(|outer| outer.own_asking() == Some(by))
    }

    /// Whether a server is closed as a whole on purpose: its name says so, or it is a single
    /// application behind a proxy.
    #[must_use]
    pub fn is_closed_as_a_whole(self) -> bool {
        let is_proxy = |content: Directive<'_>| content.name().family() == Family::Handler;
        self.is_closed_by_name() || self.content().is_some_and(is_proxy)
    }

    /// Whether a server is one place as a whole: nothing is written for a part of it that could be all that a
    /// password is meant for.
    #[must_use]
    pub fn is_one_place(self) -> bool {
        let is_place =
            |scope: &Scope<'_>| matches!(scope.kind(), Kind::Location | Kind::Directory | Kind::Mapping);
        self.descendants().filter(is_place).take(2).count() < 2
    }

    /// Whether this location is served by something else than the site around it.
    #[must_use]
    pub fn is_another_application(self, server: Scope<'_>) -> bool {
        let pass = self.backend().map(|backend| backend.pass.text());
        server.content().is_some_and(|content| pass.is_none_or(|pass| pass != content.text()))
    }

    /// Whether this is for files by their names that browsers and robots fetch without the credentials of
    /// the page, wherever they lie.
    #[must_use]
    pub fn is_fetched_alone(self) -> bool {
        self.kind() == Kind::Files
            && self.location().is_some_and(|location| is_of_files_fetched_alone(&location.path))
    }

    /// Whether a file that browsers and robots fetch without the credentials of the page is named here, among
    /// others or alone.
    #[must_use]
    pub fn names_what_is_fetched_alone(self) -> bool {
        self.location().is_some_and(|location| location.names_what_is_fetched_alone())
    }

    /// Whether a file is named here that browsers fetch without credentials even for a page that has them.
    #[must_use]
    pub fn names_a_manifest(self) -> bool {
        const MANIFESTS: [&str; 3] = ["manifest.json", "manifest.webmanifest", "site.webmanifest"];
        self.location().is_some_and(|location| {
            let path = location.path.replace('\\', "");
            MANIFESTS.iter().any(|name| path.contains(name))
        })
    }

    /// Whether this is a location for a part of the site, not `location /`.
    #[must_use]
    pub fn is_area(self) -> bool {
        if self.site.is_apache() {
            return !self.is_for_all();
        }
        self.location().is_some_and(|location| !(location.is_prefix() && location.path == "/"))
    }

    /// What the location is made for; none for other scopes.
    #[must_use]
    pub fn purpose(self) -> Option<Purpose> {
        self.location()?.purpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Modifier;

    fn purpose(modifier: Modifier, path: &str) -> Option<Purpose> {
        Location { modifier, path: path.into() }.purpose()
    }

    #[test]
    fn by_name() {
        for (path, expected) in [
            ("/static/", Some(Purpose::Assets)),
            ("/app/assets", Some(Purpose::Assets)),
            ("/robots.txt", Some(Purpose::Assets)),
            ("/api/v1/", Some(Purpose::Api)),
            ("/github-webhook/", Some(Purpose::Callers)),
            ("/nginx_health", Some(Purpose::Probe)),
            ("/-/liveness", Some(Purpose::Probe)),
            ("/status/", None),
            ("/health/", Some(Purpose::Probe)),
            ("/api/v1/healthz", Some(Purpose::Probe)),
            ("/app/status", None),
            ("/reports/public/", None),
            ("/.well-known/acme-challenge/", Some(Purpose::Callers)),
            ("/healthz", Some(Purpose::Probe)),
            ("/", None),
            ("/upload/", None),
            ("/capital/", None),
        ] {
            assert_eq!(purpose(Modifier::Prefix, path), expected, "{path}");
        }
        for (path, expected) in [
            (r"\.(css|js|png|jpe?g|woff2?)$", Some(Purpose::Assets)),
            (r"\.css$", Some(Purpose::Assets)),
            (r"^/(static|assets)/", Some(Purpose::Assets)),
            (r"\.(php|css)$", None),
            (r"\.php$", None),
            (r"^/(health|ping)$", Some(Purpose::Probe)),
            (r"^/health(z)?$", Some(Purpose::Probe)),
            (r"^/(health|users)$", None),
        ] {
            assert_eq!(purpose(Modifier::Regex, path), expected, "{path}");
        }
    }
}
