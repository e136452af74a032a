//! How a backend of nginx is told who has logged in (spec A11, U7, W21), and which headers are counted on
//! that nginx drops (spec U1).

use std::collections::HashSet;

use super::headers::Backend;
use super::names::{Family, Name};
use super::shipped::shipped_list;
use super::{Directive, Kind, Scope, Site};

/// Programs that take the user from the server, and have no login of their own.
const TRUSTING: &[&str] = &[
    "bugzilla",
    "dokuwiki",
    "hgweb",
    "icinga",
    "icingaweb",
    "nagios",
    "naemon",
    "opendcim",
    "racktables",
    "trac",
    "thruk",
    "viewvc",
    "websvn",
];

/// Programs that have a page to log in at, or know no users.
const WITH_A_PAGE: &[&str] = &[
    "adminer",
    "awstats",
    "cgit",
    "gitweb",
    "install",
    "munin",
    "opcache",
    "phpinfo",
    "phpmyadmin",
    "ping",
    "pma",
    "setup",
    "smokeping",
    "status",
    "update",
    "upgrade",
    "wordpress",
    "wp",
    "xmlrpc",
];

/// Headers that tell the backend who the visitor is, or where he comes from.
const IDENTITY: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "remote_user",
    "x-remote-user",
    "x-user",
    "x-username",
    "x-authenticated-user",
    "x-forwarded-user",
    "x-forwarded-email",
    "x-forwarded-groups",
    "x-forwarded-preferred-username",
    "x-webauth-user",
    "x-auth-user",
    "x-auth-token",
    "x-api-key",
    "x-access-token",
    "x-forwarded-access-token",
    "x-id-token",
    "x-email",
    "x-groups",
    "x-proxy-user",
    "auth_user",
    "php_auth_user",
];
const IDENTITY_STARTS: &[&str] = &["x-authentik-", "x-vouch-", "x-auth-request-", "x-ssl-client-", "remote-"];
const ADDRESS: &[&str] = &["x-real-ip", "x-forwarded-for", "forwarded", "x-client-ip", "remote_addr"];

impl Backend<'_> {
    /// Whether a line of its list says who the visitor is: by its name, or because its value does.
    #[must_use]
    pub fn tells_who(self, line: Directive<'_>) -> bool {
        let Some(header) = self.header(line) else { return false };
        let value = line.argument(1).map(|value| value.text().into_owned()).unwrap_or_default();
        let by_name = IDENTITY.contains(&header.as_str())
            || IDENTITY_STARTS.iter().any(|start| header.starts_with(start));
        let by_value = ["$remote_user", "$ssl_client_", "$jwt_"].iter().any(|start| value.contains(start));
        by_name || by_value
    }

    /// Whether a line of its list says where the visitor comes from.
    #[must_use]
    pub fn tells_whence(self, line: Directive<'_>) -> bool {
        self.header(line).is_some_and(|header| ADDRESS.contains(&header.as_str()))
    }
}

impl Site<'_> {
    /// Whether a file with parameters that every distribution ships is included and not at hand: what it
    /// sets is not known.
    #[must_use]
    pub fn misses_parameters(&self) -> bool {
        let mut missed = self.config.includes.iter().filter(|(_, included)| included.files.is_empty());
        missed.any(|(&(file, statement), _)| {
            let text = self.files.sources.text(self.files.head(file, statement));
            shipped_list(text.trim_matches(['"', '\''])).is_some_and(|list| list != Family::ProxyHeaders)
        })
    }
}

impl<'s> Scope<'s> {
    /// The line in force that hands `$remote_user` on as the name of a user; none in a file that a
    /// distribution ships, which is for all places.
    #[must_use]
    pub fn tells_claimed_user(self) -> Option<Directive<'s>> {
        let backend = self.backend().filter(|_| !self.site.is_apache())?;
        let is_so = |line: &Directive<'_>| {
            line.argument(1).is_some_and(|value| mentions(&self.value_of(value), "remote_user"))
                && !backend.is_about(*line, "Authorization")
                && !self.site.is_shipped(*line)
        };
        self.list(backend.list).find(is_so)
    }

    /// `satisfy any`, where an address alone lets somebody in who comes from elsewhere than this machine.
    #[must_use]
    pub fn lets_addresses_in(self) -> Option<Directive<'s>> {
        let any = self.directive(Family::Satisfy).filter(|line| line.is(0, "any"))?;
        let is_strange = |line: &Directive<'_>| {
            let address = line.literal(0).unwrap_or_default();
            line.name() == Name::Allow
                && !address.starts_with("127.")
                && address != "::1"
                && address != "unix:"
        };
        let is_let_in = self.asks().by().is_some() && self.list(Family::Rules).any(|line| is_strange(&line));
        is_let_in.then_some(any)
    }

    /// Whether this is an `if` that looks at `$remote_user`.
    #[must_use]
    pub fn tests_claimed_user(self) -> bool {
        self.kind() == Kind::If && !self.site.is_apache() && mentions(&self.title(), "remote_user")
    }

    /// Whether it is certain that the program behind this is not told who has logged in, and no outer line
    /// that is lost would tell it.
    #[must_use]
    pub fn lacks_the_user(self, backend: Backend<'s>) -> bool {
        let is_known = match self.provider(backend.list) {
            Some(provider) => provider.is_wholly_known(),
            None => self.lacks(backend.list),
        };
        let tells = |line: Directive<'_>| {
            let name = line.literal(0).unwrap_or_default().to_ascii_uppercase();
            let value = line.argument(1).map(|value| value.text().into_owned()).unwrap_or_default();
            line.is_template()
                || name.contains("USER")
                || name.contains("AUTH")
                || mentions(&value, "remote_user")
                || mentions(&value, "http_authorization")
        };
        is_known
            && !self.list(backend.list).any(tells)
            && !self.lost_lines(backend).into_iter().any(|lost| tells(lost.line))
    }

    /// Whether what answers an `auth_request` may decide by something else than `Authorization`: a cookie
    /// (then there is a page to log in at), or what a line tells it.
    #[must_use]
    pub fn may_be_decided_by_others(self, backend: Backend<'s>) -> bool {
        let told = ["$http_", "$cookie_", "$arg_", "$ssl_client_"];
        let others = [
            "http_host",
            "http_upgrade",
            "http_user_agent",
            "http_x_forwarded_for",
            "http_x_forwarded_proto",
        ];
        let tells = |line: Directive<'_>| {
            let value = line.argument(1).map(|value| value.text().into_owned()).unwrap_or_default();
            let is_credential = told.iter().any(|start| value.contains(start));
            is_credential && !others.iter().any(|other| mentions(&value, other))
        };
        let pages = self.site.login_pages.get_or_init(|| self.site.find_login_pages());
        let has_page = self.ancestors().any(|outer| pages.contains(&outer.id));
        has_page || self.own(Family::OtherCheck).next().is_some() || self.list(backend.list).any(tells)
    }

    /// Whether the name of the place or of the server is that of a program that takes the user from the
    /// server.
    #[must_use]
    pub fn trusts_the_server(self) -> bool {
        self.telling_texts().iter().any(|name| has_word(name, TRUSTING))
    }

    /// Whether the name of the place is that of a program with a page to log in at.
    #[must_use]
    pub fn has_a_login_page(self) -> bool {
        let path = |scope: Scope<'_>, words: &[&str]| {
            scope.location().is_some_and(|location| has_word(&location.path, words))
        };
        // A password for all of `/admin/` is a second door, mostly.
        let is_around =
            |scope: Scope<'_>| path(scope, WITH_A_PAGE) || path(scope, &["admin", "administrator"]);
        path(self, WITH_A_PAGE) || self.ancestors().any(is_around)
    }

    /// The texts that say what the place is.
    fn telling_texts(self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        names.extend(self.location().map(|location| location.path.into_owned()));
        names.extend(
            self.directive(Family::Root).and_then(|root| Some(root.argument(0)?.text().into_owned())),
        );
        let own_list = self.backend().map(|backend| backend.list);
        let params = own_list.into_iter().flat_map(|list| self.list(list));
        names.extend(params.filter_map(|line| Some(line.argument(1)?.text().into_owned())));
        let server = self.server().into_iter().flat_map(|server| server.own(Family::ServerName));
        names.extend(server.flat_map(Directive::arguments).map(|name| name.text().into_owned()));
        names
    }

    /// The lines in force here that count on a header of the client with an underscore in its name, each
    /// with the header.
    #[must_use]
    pub fn headers_with_underscores(self) -> Vec<(Directive<'s>, String)> {
        let mut found = Vec::new();
        let backend = self.backend().filter(|backend| !backend.is_told_by_parameters());
        for line in backend.into_iter().flat_map(|backend| self.list(backend.list)) {
            let Some(name) = line.literal(0).filter(|name| name.contains('_')) else { continue };
            let variable = format!("http_{}", name.to_ascii_lowercase().replace('-', "_"));
            if line.argument(1).is_some_and(|value| mentions(&value.text(), &variable)) {
                found.push((line, name.into_owned()));
            }
        }
        // Meant for requests, which `proxy_pass_header` is not about either.
        let is_credential = |name: &str| {
            let words = ["auth", "key", "token", "session", "user"];
            name.contains('_') && words.iter().any(|word| name.to_ascii_lowercase().contains(word))
        };
        for line in backend.into_iter().flat_map(|backend| self.passed_headers(backend)) {
            found.extend(
                line.literal(0).filter(|name| is_credential(name)).map(|name| (line, name.into_owned())),
            );
        }
        let cors = self.allowed_headers().filter(|_| self.backend().is_some());
        if let Some((line, names)) = cors {
            found.extend(names.into_iter().find(|name| name.contains('_')).map(|name| (line, name)));
        }
        found
    }
}

impl Site<'_> {
    /// The servers with a page for refusals somewhere in them, and the `http` block if it has one.
    fn find_login_pages(&self) -> HashSet<u32> {
        let is_for_refusals =
            |line: Directive<'_>| line.arguments().any(|word| matches!(word.text().as_ref(), "401" | "403"));
        let with_one = self.scopes().filter(|scope| scope.own(Family::ErrorPage).any(is_for_refusals));
        with_one.map(|scope| scope.data().server.unwrap_or(scope.id)).collect()
    }

    /// Whether a line stands in a file that a distribution ships: then nobody has written it for this place.
    pub(super) fn is_shipped(&self, line: Directive<'_>) -> bool {
        let path = self.files.sources.get(line.span().file).path();
        path.to_str().is_some_and(|path| shipped_list(path).is_some())
    }
}

/// Whether a text has a variable in it, as `$name` or `${name}`.
fn mentions(text: &str, variable: &str) -> bool {
    text.match_indices(variable).any(|(at, _)| {
        let ends = !text[at + variable.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        ends && (text[..at].ends_with('$') || text[..at].ends_with("${"))
    })
}

fn has_word(text: &str, words: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    let found = text.split(|c: char| !c.is_ascii_alphanumeric());
    found.map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit())).any(|word| words.contains(&word))
}
