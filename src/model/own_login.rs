//! What speaks for a login of the backend's own, besides what the server in front of it asks.

use super::headers::Backend;
use super::names::Family;
use super::{Directive, Kind, Scope};
use crate::source::Span;

/// Why a backend surely or likely looks at `Authorization` itself.
#[derive(Clone, Copy, Debug)]
pub struct OwnLogin {
    /// What says so.
    pub by: Span,
    /// As a clause.
    pub why: &'static str,
}

/// Applications that take a user and a password, or a token, from the header themselves, and refuse what
/// they do not know.
const APPLICATIONS: &[&str] = &[
    "activemq",
    "airflow",
    "arangodb",
    "argocd",
    "artifactory",
    "baikal",
    "bamboo",
    "bitbucket",
    "clickhouse",
    "cloudcmd",
    "cockpit",
    "confluence",
    "couchdb",
    "elasticsearch",
    "gitea",
    "gitlab",
    "gogs",
    "grafana",
    "graylog",
    "harbor",
    "hass",
    "homeassistant",
    "influxdb",
    "jenkins",
    "jira",
    "jupyter",
    "jupyterhub",
    "keycloak",
    "kibana",
    "mattermost",
    "neo4j",
    "nextcloud",
    "nexus",
    "octoprint",
    "openhab",
    "opensearch",
    "owncloud",
    "paperless",
    "portainer",
    "rabbitmq",
    "rancher",
    "redmine",
    "seafile",
    "sonarqube",
    "syncthing",
    "teamcity",
    "terriajs",
    "youtrack",
    "zabbix",
];

/// Headers by which such an application is told who has logged in before it.
const TOLD_BY: &[&str] = &["x-webauth-user", "x-grafana-user", "x-jenkins-user"];

impl<'s> Scope<'s> {
    /// What speaks for it that the backend refuses credentials that are not its own.
    #[must_use]
    pub fn own_login(self, backend: Backend<'s>) -> Option<OwnLogin> {
        let pass = OwnLogin { by: backend.pass.span(), why: "an application with a login of its own" };
        if backend.pass.arguments().any(|word| names_an_application(&word.text())) {
            return Some(pass);
        }
        let is_named = self.location().is_some_and(|location| names_an_application(&location.path));
        if is_named {
            return Some(OwnLogin { by: self.span(), ..pass });
        }
        let host = self.host_names().find(|line| {
            line.arguments().any(|name| {
                let name = name.text().to_ascii_lowercase();
                // The last labels are those of the whole site.
                name.rsplit('.').skip(2).any(|label| APPLICATIONS.contains(&label))
            })
        });
        if let Some(by) = host {
            return Some(OwnLogin { by: by.span(), ..pass });
        }
        if self.is_before_a_store(backend) {
            let why = "an object store, which refuses credentials that are not its own";
            return Some(OwnLogin { why, ..pass });
        }
        let hides = self.hides_challenge().map(|by| OwnLogin {
            by: by.span(),
            why: "the backend asks for a password, too, or there would be nothing to hide",
        });
        let told = self
            .list_of(backend)
            .into_iter()
            .find(|line| backend.header(*line).is_some_and(|header| TOLD_BY.contains(&header.as_str())));
        hides.or_else(|| told.map(|by| OwnLogin { by: by.span(), why: "the backend has users of its own" }))
    }

    /// What speaks for it that the backend looks at `Authorization` at all.
    #[must_use]
    pub fn reads_authorization(self, backend: Backend<'s>) -> Option<OwnLogin> {
        let handed = self.list_of(backend).into_iter().find(|line| {
            backend.is_about(*line, "Authorization")
                && line.argument(1).is_some_and(|value| value.text().contains("$http_authorization"))
        });
        if let Some(by) = handed {
            return Some(OwnLogin { by: by.span(), why: "the backend is handed the credentials" });
        }
        let meant = self.passed_headers(backend).into_iter().find(|line| {
            line.literal(0).is_some_and(|name| {
                name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("www-authenticate")
            })
        });
        if let Some(by) = meant {
            return Some(OwnLogin { by: by.span(), why: "the backend asks for credentials" });
        }
        let allowed = self.allowed_by_cors();
        if let Some(by) = allowed {
            return Some(OwnLogin { by: by.span(), why: "scripts send `Authorization` here" });
        }
        self.own_login(backend)
    }

    /// `proxy_pass_header` and its like for the protocol of a backend of nginx.
    #[must_use]
    pub fn passed_headers(self, backend: Backend<'s>) -> Vec<Directive<'s>> {
        if self.site.is_apache() {
            return Vec::new();
        }
        self.setting(&format!("{}_pass_header", backend.protocol())).lines()
    }

    /// The line of CORS that lets scripts of other sites send `Authorization`.
    #[must_use]
    pub fn allowed_by_cors(self) -> Option<Directive<'s>> {
        let (line, names) = self.allowed_headers()?;
        names.iter().any(|name| name.eq_ignore_ascii_case("authorization")).then_some(line)
    }

    /// The headers that scripts of other sites may send here, and the line that says so.
    pub(super) fn allowed_headers(self) -> Option<(Directive<'s>, Vec<String>)> {
        let names = |line: Directive<'s>, at: usize| {
            line.argument(at)
                .filter(|name| name.text().eq_ignore_ascii_case("access-control-allow-headers"))?;
            let value = line.argument(at + 1)?.text().into_owned();
            let names = value.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned);
            Some((line, names.collect()))
        };
        if self.site.is_apache() {
            let lines = self.apache_settings("Header");
            return lines.into_iter().find_map(|line| (1..=2).find_map(|at| names(line, at)));
        }
        // Those of an answer to OPTIONS stand in an `if`.
        let ifs = self.children().filter(|child| child.kind() == Kind::If);
        let scopes = std::iter::once(self).chain(ifs);
        scopes.flat_map(|scope| scope.list(Family::AddedHeaders)).find_map(|line| names(line, 0))
    }

    /// The line that keeps the backend's own challenge from the visitor.
    fn hides_challenge(self) -> Option<Directive<'s>> {
        let is_challenge = |line: &Directive<'_>, at: usize| line.is_ignoring_case(at, "www-authenticate");
        if self.site.is_apache() {
            let lines = self.apache_settings("Header").into_iter();
            return { lines }.find(|line| {
                (0..=1).any(|at| line.is_ignoring_case(at, "unset") && is_challenge(line, at + 1))
            });
        }
        self.list(Family::HiddenHeaders).find(|line| is_challenge(line, 0))
    }

    fn list_of(self, backend: Backend<'s>) -> Vec<Directive<'s>> {
        if self.site.is_apache() { self.apache_edits() } else { self.list(backend.list).collect() }
    }

    fn host_names(self) -> impl Iterator<Item = Directive<'s>> {
        self.server().into_iter().flat_map(|server| server.own(Family::ServerName))
    }
}

/// Whether one of the words of a text is the name of an application: `http://grafana:3000`, `/jenkins/`.
fn names_an_application(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()))
        .any(|word| APPLICATIONS.contains(&word))
        || text.contains("home-assistant")
}
