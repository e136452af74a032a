//! What else than the password of a place needs the client's one `Authorization` header (spec C4, C10).

use std::collections::HashMap;

use super::by_hand::value_for_a_stranger;
use super::names::{Family, Name};
use super::nested::{same_file, same_people};
use super::{Asks, Backend, Directive, Forwarded, Kind, Located, Password, Scope, Server, Site};

/// Something that needs `Authorization` where a password is asked for: one header cannot serve both.
#[derive(Clone, Copy, Debug)]
pub struct Rival<'s> {
    /// What asks for the password.
    pub password: Directive<'s>,
    /// What needs the header as well.
    pub by: Directive<'s>,
    /// How.
    pub need: Need<'s>,
}

/// How something needs the header.
#[derive(Clone, Copy, Debug)]
pub enum Need<'s> {
    /// Another module of the server checks it, such as `auth_jwt`.
    Module,
    /// A subrequest is handed it by this line.
    Subrequest(Directive<'s>),
    /// Requests that do not bring another scheme in it are refused.
    Condition,
    /// A token is looked for in it, on its way to the application.
    Token,
    /// The request is handed on to another server of this configuration, which asks for another file's
    /// passwords by this line.
    Server(Directive<'s>),
    /// The application's own pages send a token in it.
    Application,
}

/// Modules of nginx whose credentials come in `Authorization`. `auth_oidc` has cookies.
const MODULES: &[&str] = &["auth_jwt", "auth_digest", "auth_gss", "auth_spnego", "auth_ldap", "auth_pam"];

/// Schemes of `Authorization` that are not Basic, as they stand in conditions.
const SCHEMES: &[&str] =
    &["bearer", "token", "jwt", "digest", "negotiate", "apikey", "api-key", "hmac", "aws4"];

/// Applications whose pages keep a token and send it with every call: `Authorization: Bearer`. The last ones are
/// words for what is sent, in a backend's address.
const APPLICATIONS: &[&str] = &[
    "vaultwarden",
    "bitwarden",
    "homeassistant",
    "home-assistant",
    "home_assistant",
    "hass",
    "open-webui",
    "openwebui",
    "audiobookshelf",
    "mealie",
    "vikunja",
    "jellyfin",
    "directus",
    "strapi",
    "nextchat",
    "chatgpt-next-web",
    "uchiwa",
    "yearning",
    "bearer",
    "token",
    "jwt",
];

/// Whether a condition is about another scheme than Basic.
pub(super) fn is_of_another_scheme(pattern: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    SCHEMES.iter().any(|scheme| pattern.contains(scheme)) && !pattern.contains("basic")
}

/// What is looked at for every scope, and gathered once.
pub(super) struct Around<'s> {
    /// The servers by the ports on which this machine's own connections come to them.
    ports: HashMap<u16, Vec<Server<'s>>>,
    /// The `map` blocks of the header.
    maps: Vec<Directive<'s>>,
    /// The values of variables that a `map` makes of passwords in it, for a request without.
    pub(super) of_passwords: HashMap<String, String>,
}

impl Site<'_> {
    /// What needs `Authorization` besides a password of the same place.
    #[must_use]
    pub fn rivals(&self) -> Vec<Rival<'_>> {
        let around = self.around();
        self.scopes()
            .filter(|scope| !scope.is_conditional())
            .flat_map(|scope| scope.rivals(&around))
            .collect()
    }

    /// What is gathered once.
    pub(super) fn around(&self) -> Around<'_> {
        let mut ports: HashMap<u16, Vec<Server<'_>>> = HashMap::new();
        let servers = self.servers();
        // Which of several servers answers has to be certain.
        let are_all_known = servers.len() == self.scopes_of(Kind::Server).count();
        for server in servers.into_iter().filter(|_| are_all_known) {
            let local = server.listens.iter().filter(|listen| listen.is_wildcard() || listen.is_local());
            let mut numbers: Vec<u16> = local.map(|listen| listen.port).collect();
            numbers.sort_unstable();
            numbers.dedup();
            for port in numbers {
                ports.entry(port).or_default().push(server.clone());
            }
        }
        let all = self.scopes_of(Kind::Http).flat_map(|http| http.own(Family::Variables));
        let is_of_header = |map: &Directive<'_>| {
            map.name() == Name::Map
                && map.argument(0).is_some_and(|word| word.text().eq_ignore_ascii_case("$http_authorization"))
        };
        let maps: Vec<Directive<'_>> = all.filter(is_of_header).collect();
        let of_passwords = maps.iter().filter_map(|map| value_for_a_stranger(*map)).collect();
        Around { ports, maps, of_passwords }
    }
}

impl<'s> Scope<'s> {
    fn rivals(self, around: &Around<'s>) -> Vec<Rival<'s>> {
        let mut found = Vec::new();
        let make = |password, (by, need)| Rival { password, by, need };
        if let Some((by, password)) = self.token_required_as_well().zip(self.merged_password()) {
            found.push(make(password, (by, Need::Condition)));
        }
        if let Some(password) = self.password_for_all() {
            let own = if self.site.is_apache() {
                self.apache_rivals()
            } else {
                [self.rival_module(), self.rival_subrequest(around), self.handed_to_server(password, around)]
                    .into_iter()
                    .flatten()
                    .collect()
            };
            found.extend(
                own.into_iter().chain(self.rival_application()).map(|rival| make(password.by, rival)),
            );
        }
        if let Some((by, need)) = self.rival_condition(around) {
            let inner = || self.descendants().find_map(Scope::password_for_all);
            // A token may be for other places of the server; a refusal is for all.
            let is_for_all = self.kind() == Kind::Server && matches!(need, Need::Condition);
            let password = self.password_for_all().or_else(|| is_for_all.then(inner)?);
            found.extend(password.map(|password| make(password.by, (by, need))));
        }
        found
    }

    /// The password that every request has to bring here: not where another check is enough.
    fn password_for_all(self) -> Option<Password<'s>> {
        self.basic_password().filter(|_| self.asks_strangers() && self.kind() != Kind::If)
    }

    /// What asks where a section adds to the requirements around it, or by itself.
    fn merged_password(self) -> Option<Directive<'s>> {
        let is_basic = self.directive(Family::Scheme).is_some_and(|line| line.is_ignoring_case(0, "basic"));
        let outer = || self.outer_asking_line().filter(|_| is_basic);
        self.basic_password().map(|password| password.by).or_else(outer)
    }

    fn basic_password(self) -> Option<Password<'s>> {
        let Asks::Password(password) = self.asks() else { return None };
        let is_any = match self.directive(Family::Satisfy) {
            Some(satisfy) => satisfy.is_ignoring_case(0, "any"),
            None => !self.lacks(Family::Satisfy) && !self.site.is_apache(),
        };
        let is_basic = !self.site.is_apache()
            || self.directive(Family::Scheme).is_some_and(|line| line.is_ignoring_case(0, "basic"));
        (!is_any && is_basic).then_some(password)
    }

    /// Whether one of the lines that make the server ask is written here: what is inherited as a whole was
    /// told where it stands.
    fn has_own(self, other: Family) -> bool {
        [Family::Realm, Family::UserFile, other].into_iter().any(|family| self.own(family).next().is_some())
    }

    fn rival_module(self) -> Option<(Directive<'s>, Need<'s>)> {
        let by = self.directive(Family::OtherAuth).filter(|by| !by.is(0, "off"))?;
        let takes_header = !by.arguments().any(|word| word.text().starts_with("token="));
        let is_known = MODULES.contains(&by.name_text());
        (takes_header && is_known && self.has_own(Family::OtherAuth)).then_some((by, Need::Module))
    }

    /// An `auth_request` whose location hands the header on, or looks at it.
    fn rival_subrequest(self, around: &Around<'s>) -> Option<(Directive<'s>, Need<'s>)> {
        let by = self.directive(Family::Subrequest).filter(|_| self.has_own(Family::Subrequest))?;
        let Located::At(target) = self.server()?.locate(by.literal(0)?.as_ref()) else { return None };
        let lines = target.backend().map(|backend| target.list(backend.list));
        let handed = lines.into_iter().flatten().find(|line| {
            line.argument(1)
                .is_some_and(|value| value.text().to_ascii_lowercase().contains("$http_authorization"))
        });
        let looks = || {
            target.own(Family::Rewrite).find(|line| {
                let text = line.text().to_ascii_lowercase();
                line.name() == Name::If && text.contains("$http_authorization") && is_of_another_scheme(&text)
            })
        };
        let of_map = || target.rival_condition(around).map(|(line, _)| line);
        let line = handed.or_else(looks).or_else(of_map)?;
        Some((by, Need::Subrequest(line)))
    }

    /// The place of this configuration that a backend's address on this machine leads to, and its server: the one
    /// that listens there.
    pub(super) fn inner_place(self, around: &Around<'s>) -> Option<(Scope<'s>, Scope<'s>)> {
        let backend = self.backend().filter(|backend| backend.pass.name() == Name::ProxyPass)?;
        let target = backend.pass.literal(0)?;
        let (host, path) = target.strip_prefix("http://").map(|rest| match rest.find('/') {
            Some(at) => (&rest[..at], Some(&rest[at..])),
            None => (rest, None),
        })?;
        let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
        if !name.starts_with("127.") && !matches!(name, "localhost" | "[::1]") {
            return None;
        }
        let [server] = around.ports.get(&port.parse().ok()?)?.as_slice() else { return None };
        let own = self.location().filter(|location| location.is_prefix());
        let path = path.map(str::to_owned).or_else(|| own.map(|location| location.path.into_owned()));
        let Located::At(inner) = server.scope.locate(path.as_deref().unwrap_or("/")) else { return None };
        Some((server.scope, inner))
    }

    /// The request goes to another server of this configuration that asks, too.
    fn handed_to_server(
        self,
        password: Password<'s>,
        around: &Around<'s>,
    ) -> Option<(Directive<'s>, Need<'s>)> {
        let (server, inner) = self.inner_place(around)?;
        let backend = self.backend()?;
        let asked = inner.password_for_all().filter(|_| Some(server) != self.server())?;
        // A constant may be what the inner server asks for.
        let reaches =
            matches!(self.forwards(backend, "Authorization"), Forwarded::AsSent | Forwarded::Dropped(_));
        let is_other = same_file(password.file, asked.file) == Some(false)
            && !same_people(password.file, asked.file)
            && !same_people(asked.file, password.file);
        (reaches && is_other && inner.answer().is_none()).then_some((backend.pass, Need::Server(asked.by)))
    }

    /// The backend is an application whose pages send a token themselves, and no part of it is let off.
    fn rival_application(self) -> Option<(Directive<'s>, Need<'s>)> {
        // A value of the server's own, or none, is how the application gets on without the client's.
        let is_sent =
            |backend: &Backend<'s>| matches!(self.forwards(*backend, "Authorization"), Forwarded::AsSent);
        let pass = self.backend().filter(is_sent)?.pass;
        let set = self.own(Family::Rewrite).filter(|line| line.name() == Name::Set);
        let values = set.filter_map(|line| line.argument(1)).chain(pass.arguments());
        let is_application = |text: &str| {
            let text = text.to_ascii_lowercase();
            let host = text.split("://").last().unwrap_or_default();
            APPLICATIONS.iter().any(|name| is_word_of(host, name))
        };
        let server = self.server().into_iter().flat_map(|server| server.own(Family::ServerName));
        let labels = server
            .flat_map(Directive::arguments)
            .filter_map(|name| Some(name.text().split('.').next()?.to_ascii_lowercase()));
        let is_named = values.into_iter().any(|value| is_application(&value.text()))
            || labels.into_iter().any(|label| APPLICATIONS.contains(&label.as_str()));
        let is_open = |place: Scope<'_>| {
            place.exemptions().next().is_some()
                || !place.is_wholly_known()
                || place.asks().nothing() && place.backend().is_some()
        };
        let is_let_off = || self.server().is_none_or(|server| server.descendants().any(is_open));
        (is_named && !is_let_off()).then_some((pass, Need::Application))
    }

    /// A condition in the rewrite phase that wants another scheme than Basic.
    fn rival_condition(self, around: &Around<'s>) -> Option<(Directive<'s>, Need<'s>)> {
        if self.site.is_apache() {
            return self.apache_condition();
        }
        let mut blocks = self.children().filter(|child| child.kind() == Kind::If);
        let ifs = self.own(Family::Rewrite).filter(|line| line.name() == Name::If);
        // Behind a `break` nothing is certain any more: some requests never come so far.
        let ends = |block: Scope<'s>| {
            block.own(Family::Rewrite).any(|line| matches!(line.name(), Name::Break | Name::Rewrite))
        };
        let pairs = ifs.filter_map(|by| Some((by, blocks.next()?)));
        pairs.take_while(|(_, block)| !ends(*block)).find_map(|(by, block)| {
            let need = block.refuses_or_goes_on(by, around)?;
            Some((by, need))
        })
    }

    /// What an `if` about the header does with a request that brings Basic: refuse it, or look for a token
    /// that a request with a password cannot bring. Sending tokens elsewhere is how both get on.
    fn refuses_or_goes_on(self, by: Directive<'s>, around: &Around<'s>) -> Option<Need<'s>> {
        let words: Vec<_> = by.arguments().map(|word| word.text().into_owned()).collect();
        let text = words.join(" ").replace(['(', ')'], "");
        let mut parts = text.trim().splitn(3, ' ');
        let (variable, operator) = (parts.next()?.to_ascii_lowercase(), parts.next().unwrap_or_default());
        let pattern = parts.next().unwrap_or_default();
        let is_refused = self.own(Family::Rewrite).any(|line| {
            let status = line.literal(0).and_then(|status| status.parse::<u16>().ok());
            line.name() == Name::Return && status.is_some_and(|status| matches!(status, 400..=417 | 444))
        });
        if variable != "$http_authorization" {
            let is_true = around.is_true_for_a_password(&variable, operator, pattern)?;
            if is_true && is_refused {
                return Some(Need::Condition);
            }
            return (self.only_sets_what_is_used() && !self.site.has_a_switch()).then_some(Need::Token);
        }
        if !is_of_another_scheme(pattern) {
            return None;
        }
        match operator {
            "!~" | "!~*" | "!=" => is_refused.then_some(Need::Condition),
            _ => (self.only_sets_what_is_used() && !self.site.has_a_switch()).then_some(Need::Token),
        }
    }

    /// Whether all that stands in an `if` sets variables. What is kept from a cache or a log is no use of a token.
    fn only_sets_what_is_used(self) -> bool {
        let is_aside = |line: Directive<'_>| {
            let name = line.argument(0).map(|name| name.text().to_ascii_lowercase()).unwrap_or_default();
            ["cache", "log", "limit"].iter().any(|word| name.contains(word))
        };
        self.own(Family::Rewrite).all(|line| line.name() == Name::Set && !is_aside(line))
    }
}

impl Around<'_> {
    /// Whether a variable that a `map` makes of `Authorization`, with tokens for keys alone, makes a condition
    /// true for a request with a password.
    fn is_true_for_a_password(&self, variable: &str, operator: &str, pattern: &str) -> Option<bool> {
        let is_it = |map: &&Directive<'_>| {
            map.argument(1).is_some_and(|word| word.text().eq_ignore_ascii_case(variable))
        };
        let map = self.maps.iter().find(is_it)?;
        let mut value = String::new();
        let mut is_of_tokens = false;
        for line in map.lines()? {
            let key = line.head_word().text().into_owned();
            match key.as_str() {
                "default" => value = line.literal(0)?.into_owned(),
                "" => {}
                key if is_of_another_scheme(key) => is_of_tokens = true,
                _ => return None,
            }
        }
        let is_true = match operator {
            "" => !matches!(value.as_str(), "" | "0"),
            "=" => value == pattern.trim_matches(['"', '\'']),
            "!=" => value != pattern.trim_matches(['"', '\'']),
            _ => return None,
        };
        is_of_tokens.then_some(is_true)
    }
}

impl Site<'_> {
    /// Whether some realm is a variable: then a token may be what switches the password off.
    fn has_a_switch(&self) -> bool {
        self.scopes().flat_map(|scope| scope.own(Family::Realm)).any(|realm| realm.literal(0).is_none())
    }
}

/// Whether a name is a word of a text by itself.
fn is_word_of(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let before = at.checked_sub(1).and_then(|before| text.as_bytes().get(before));
        is_end(before) && is_end(text.as_bytes().get(at + name.len()))
    })
}
