//! Where a certificate authority looks for its token (RFC 8555, 8.3): over HTTP on port 80, below
//! `/.well-known/acme-challenge/`, without credentials.

use super::names::Family;
use super::{Directive, Kind, Reply, Scope};

/// Where the token of a challenge would be.
pub const CHALLENGE: &str = "/.well-known/acme-challenge/token";

/// Directories of programs that fetch certificates from such an authority.
const FETCHED: &[&str] = &["letsencrypt", "certbot", "/acme", "acme.sh", "dehydrated", "getssl", "/lego"];

/// Last labels of names that no such authority knows.
const LOCAL: &[&str] =
    &["local", "lan", "internal", "home", "localdomain", "corp", "intra", "localhost", "arpa"];

impl<'s> Scope<'s> {
    /// Whether this is a place made for the tokens of certificate authorities.
    #[must_use]
    pub fn is_for_challenges(self) -> bool {
        let path = self.location().filter(|location| !location.is_named()).map(|location| location.path);
        let path = path.map(|path| path.replace('\\', "")).unwrap_or_default();
        let is_well_known = matches!(
            path.trim_start_matches(['^', '/']).trim_end_matches(['/', '*', '.', '$', '?', '(', ')', '+']),
            "well-known" | ".well-known"
        );
        is_well_known || path.contains("acme-challenge")
    }

    /// Whether a section of Apache whose expression names the directory of the tokens, wherever it lies, lets everybody
    /// in: `<DirectoryMatch "/\.well-known/">`.
    #[must_use]
    pub fn opens_challenges_by_expression(self) -> bool {
        let names = ["/d/.well-known/", "/d/.well-known/acme-challenge", "/d/.well-known/acme-challenge/"];
        let opens = |section: Scope<'_>| {
            section.kind() == Kind::Directory
                && section.title().contains("Match")
                && names.iter().any(|name| section.matches(name) == Some(true))
                && section.matches("/d/") == Some(false)
                && section.requires().any(Directive::grants_everybody)
        };
        self.site.is_apache() && self.descendants().chain(self.site.main_sections()).any(opens)
    }

    /// A line about rewriting in this server that names the directory of the tokens: whoever wrote it fetches
    /// certificates that way.
    #[must_use]
    pub fn line_about_challenges(self) -> Option<Directive<'s>> {
        let scopes = [self].into_iter().chain(self.descendants()).chain(self.htaccess_files());
        let names = |line: &Directive<'_>| line.text().replace('\\', "").contains("acme-challenge");
        scopes.flat_map(|scope| scope.own(Family::Rewrite)).find(names)
    }

    /// The ports that a server listens on, and whether each is encrypted, as far as its own lines say it.
    #[must_use]
    pub fn ports(self) -> Vec<(u16, bool)> {
        let port = |text: &str| text.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
        if self.site.is_apache() {
            let is_on = |line: Directive<'_>| line.is_named("SSLEngine") && line.is_ignoring_case(0, "on");
            let is_tls = self.own(Family::Setting).any(is_on);
            let places = self.opening().map(|opening| opening.arguments().collect::<Vec<_>>());
            let ports = places.into_iter().flatten().filter_map(|place| port(&place.text()));
            return ports.map(|port| (port, is_tls || port == 443)).collect();
        }
        let listens = self.own(Family::Listen).filter_map(|line| Some((line, line.literal(0)?)));
        let listens = listens.filter(|(_, text)| !text.starts_with("unix:"));
        let ports: Vec<_> = listens
            .map(|(line, text)| {
                let is_tls = line.arguments().any(|word| matches!(word.text().as_ref(), "ssl" | "quic"));
                (port(&text).unwrap_or(80), is_tls)
            })
            .collect();
        if ports.is_empty() && self.own(Family::Listen).next().is_none() { vec![(80, false)] } else { ports }
    }

    /// Whether a server takes requests without encryption.
    #[must_use]
    pub fn listens_plainly(self) -> bool {
        self.ports().iter().any(|(_, is_tls)| !is_tls)
    }

    /// The line of a server that names a certificate which a program fetches again and again. Where certbot has
    /// written the line itself it answers the challenge itself, too.
    #[must_use]
    pub fn fetched_certificate(self) -> Option<Directive<'s>> {
        self.own(Family::Certificate).find(|line| {
            let path = line.argument(0).map(|path| path.text().to_ascii_lowercase()).unwrap_or_default();
            FETCHED.iter().any(|name| path.contains(name))
                && !line.rest_of_line().contains("managed by Certbot")
        })
    }

    /// Whether a server does nothing but send everybody to the same path with encryption.
    #[must_use]
    pub fn sends_to_https(self) -> bool {
        let is_https = |target: &str| target.starts_with("https://");
        if self.site.is_apache() {
            return self.own(Family::Rewrite).any(|line| line.arguments().any(|word| is_https(&word.text())));
        }
        let root = self.children().find(|child| {
            child.location().is_some_and(|location| location.is_prefix() && location.path == "/")
        });
        let answer = self.answer().or_else(|| root.and_then(Scope::answer));
        matches!(answer.map(|answer| answer.reply), Some(Reply::Redirect(target)) if is_https(&target))
    }

    /// Whether a server is a whole site of files that is asked for by name and without encryption, and all of it
    /// behind a password: nothing in it says who is meant to come in without one. An authority that knows the name
    /// could not come in either.
    #[must_use]
    pub fn is_plain_site_behind_a_password(self) -> bool {
        self.listens_plainly()
            && self.ports().iter().all(|(_, is_tls)| !is_tls)
            && self.has_a_name_of_the_world()
            && self.asks_of_everything()
            && self.answer().is_none()
            && !self.is_closed_as_a_whole()
            && self.descendants().all(|inner| inner.purpose().is_none())
    }

    /// Whether every part of a server asks, and nothing is let off in it but what answers subrequests.
    fn asks_of_everything(self) -> bool {
        let is_either =
            |scope: Scope<'_>| scope.own(Family::Satisfy).any(|line| line.is_ignoring_case(0, "any"));
        if self.site.is_apache() {
            return self.asks_everywhere() && !self.has_exemptions();
        }
        let mut inner =
            self.descendants().filter(|inner| inner.kind() != Kind::If && !inner.is_subrequest_target());
        self.is_wholly_known()
            && !is_either(self)
            && inner.all(|inner| inner.asks().by().is_some() && !inner.has_exemptions())
    }

    /// Whether an authority could know a server by one of its names.
    #[must_use]
    pub fn has_a_name_of_the_world(self) -> bool {
        self.own(Family::ServerName).flat_map(Directive::arguments).any(|name| {
            let Some(name) = name.literal() else { return false };
            let last = name.rsplit_once('.').map(|(_, last)| last.to_ascii_lowercase());
            let is_letters =
                |last: &str| last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
            last.is_some_and(|last| is_letters(&last) && !LOCAL.contains(&last.as_str()))
                && !name.starts_with('~')
        })
    }

    /// The names that a server has in the text.
    pub fn names(self) -> impl Iterator<Item = String> {
        let names = self.own(Family::ServerName).flat_map(Directive::arguments);
        names.filter_map(|name| Some(name.literal()?.to_ascii_lowercase()))
    }

    /// Whether this is a server that requests come to: for Apache, the main one where it has no virtual hosts.
    #[must_use]
    pub fn is_server(self) -> bool {
        let is_main = self.site.is_apache() && matches!(self.kind(), Kind::Main | Kind::Snippet);
        self.kind() == Kind::Server || is_main && self.site.virtual_hosts().next().is_none()
    }
}
