//! Whether somebody is asked for a password hangs on what the client sends (spec W22, aH13, aH14, aH33).

use std::collections::HashMap;

use super::names::{Family, Name};
use super::{Directive, Kind, Scope, Site};

/// A line by which a client switches a password off, or chooses what it is compared with.
#[derive(Clone, Debug)]
pub struct ClientSays<'s> {
    /// The line that lets the client say it.
    pub by: Directive<'s>,
    /// What the client sends, as it is named there: `$http_user_agent`.
    pub what: String,
    /// What it says: whether there is a password, or in which file it stands.
    pub says: Said,
    /// The line that asks, or would.
    pub asked: Directive<'s>,
    /// The place.
    pub place: Scope<'s>,
    /// The expression that the path is compared with as it is sent: whether another path fits, has to be proven.
    pub raw: Option<String>,
}

/// What a client says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Whether there is a password.
    Whether,
    /// In which file it is looked up.
    File,
}

/// Headers that anybody sends as he likes, and that nobody takes for a secret.
const NO_SECRETS: &[&str] = &[
    "user-agent",
    "referer",
    "origin",
    "accept",
    "accept-language",
    "accept-encoding",
    "x-requested-with",
    "x-forwarded-for",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-ipcountry",
    "forwarded",
    "via",
    "upgrade",
    "connection",
    "content-type",
    "range",
];
/// Those that are about something else: the credentials themselves, the name of the server, the encryption.
const OTHERS: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "host",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-ssl",
    "x-forwarded-port",
    "x-forwarded-scheme",
];
/// What a program behind the server checks by itself, most likely.
const CREDENTIALS: &[&str] = &["token", "api-key", "apikey", "signature", "jwt"];
const ADDRESSES: &[&str] =
    &["x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "forwarded"];

/// Whether a header is one that a client says what it likes in, and that is compared with more than a secret.
pub(super) fn is_said_by_client(header: &str, compared: &str) -> bool {
    let header = header.to_ascii_lowercase().replace('_', "-");
    // Which service of git is asked for is what the request is about.
    let is_service = ["git-upload-pack", "git-receive-pack"].iter().any(|name| compared.contains(name));
    let is_credential = is_service || CREDENTIALS.iter().any(|word| header.contains(word));
    !header.is_empty()
        && !OTHERS.contains(&header.as_str())
        && !is_credential
        && !is_a_secret(&header, compared)
}

/// Whether a header tells an address, which a trusted proxy may have set.
pub(super) fn tells_an_address(header: &str) -> bool {
    ADDRESSES.contains(&header.to_ascii_lowercase().replace('_', "-").as_str())
}

/// A long text without parts to choose is hardly known to others; a short one is soon guessed.
fn is_a_secret(header: &str, compared: &str) -> bool {
    let text = compared.trim_start_matches(['~', '*', '^']).trim_end_matches('$').replace('\\', "");
    // Of `name=value` in a header of cookies the value counts.
    let text = text.rsplit('=').next().unwrap_or_default();
    let is_plain = !text.contains(['*', '+', '?', '|', '[', '(', '.', ' ']);
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let is_named = ["secret", "key", "pass", "auth", "sign"].iter().any(|word| header.contains(word));
    let is_long = text.len() >= 20 || text.len() >= 12 && is_mixed || text.len() >= 8 && is_named;
    let is_filled_in = compared.contains("${") || compared.contains("{{");
    is_filled_in || is_plain && is_long && !NO_SECRETS.contains(&header)
}

/// The header, argument or cookie that a variable of nginx holds.
fn sent(variable: &str) -> Option<&str> {
    match variable {
        "args" | "query_string" | "content_type" | "request_body" => Some(variable),
        "http_host" => None,
        _ => ["http_", "arg_", "cookie_"].iter().find_map(|start| variable.strip_prefix(start)),
    }
}

/// A text that is one variable: its name.
fn variable(text: &str) -> Option<String> {
    let name = text.strip_prefix('$')?;
    let name = name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name);
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && !name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// The variables in a text.
fn variables(text: &str) -> impl Iterator<Item = String> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        rest.split(|c| !is_part(c)).next().unwrap_or_default().to_ascii_lowercase()
    })
}

/// How a client gets a variable to hold a value.
#[derive(Clone, Debug)]
struct Way<'s> {
    /// The line; none where the variable is the client's own.
    by: Option<Directive<'s>>,
    what: String,
    raw: Option<String>,
}

/// What makes each variable.
type Maps<'s> = HashMap<String, Directive<'s>>;

/// Variables made of variables, at most so deep.
const MOST_STEPS: usize = 4;

impl Site<'_> {
    /// What clients say of passwords here.
    #[must_use]
    pub fn what_clients_say(&self) -> Vec<ClientSays<'_>> {
        if self.is_apache() {
            return self.sections().flat_map(Scope::clients_say_in_apache).collect();
        }
        let maps = self.maps();
        let scopes = || {
            self.scopes().filter(|scope| {
                matches!(
                    scope.kind(),
                    Kind::Http | Kind::Server | Kind::Location | Kind::LimitExcept | Kind::Snippet
                )
            })
        };
        let switched = scopes().filter_map(|scope| scope.realm_of_client(&maps));
        let filed = scopes().filter_map(|scope| scope.file_of_client(&maps));
        let led = scopes().flat_map(|scope| scope.led_by_client(&maps));
        switched.chain(filed).chain(led).collect()
    }

    /// The `map` that makes each variable, or the `geo` of another address than the client's.
    fn maps(&self) -> Maps<'_> {
        let outer = self.scopes_of(Kind::Http).chain(self.scopes_of(Kind::Snippet));
        let is_map = |map: &Directive<'_>| matches!(map.name_text(), "map" | "geo") && map.arity() == 2;
        let maps = outer.flat_map(|scope| scope.own(Family::Variables)).filter(is_map);
        maps.filter_map(|map| Some((variable(&map.argument(1)?.text())?, map))).collect()
    }
}

impl<'s> Scope<'s> {
    /// `auth_basic $realm`, where a client can make `off` of it.
    fn realm_of_client(self, maps: &Maps<'s>) -> Option<ClientSays<'s>> {
        let asked = self.own(Family::Realm).last()?;
        let name = variable(&asked.argument(0)?.text())?;
        if self.lacks(Family::UserFile) || self.is_guarded_otherwise() {
            return None;
        }
        let way = self.way_to(maps, &name, "off", MOST_STEPS)?;
        let is_of_a_proxy =
            way.what.strip_prefix("$http_").is_some_and(tells_an_address) && !self.lacks(Family::RealIp);
        let by = way.by.unwrap_or(asked);
        let found = ClientSays { by, what: way.what, says: Said::Whether, asked, place: self, raw: way.raw };
        (!is_of_a_proxy).then_some(found)
    }

    /// `auth_basic_user_file /etc/nginx/$http_x_site`
    fn file_of_client(self, maps: &Maps<'s>) -> Option<ClientSays<'s>> {
        let by = self.own(Family::UserFile).last()?;
        let text = by.argument(0)?.text().into_owned();
        if by.is_template() || self.lacks(Family::Realm) || self.directive(Family::Realm)?.is(0, "off") {
            return None;
        }
        let is_sent = |name: &str| sent(name).is_some();
        let source = |name: &String| {
            if is_sent(name) {
                return Some(name.clone());
            }
            let source = maps.get(name).copied()?.argument(0)?.text().into_owned();
            variable(&source).filter(|source| is_sent(source))
        };
        let name = variables(&text).find_map(|name| source(&name))?;
        let asked = self.directive(Family::Realm)?;
        Some(ClientSays { by, what: format!("${name}"), says: Said::File, asked, place: self, raw: None })
    }

    /// `if ($http_x) { return 418; }` with a page for 418 that asks for nothing, or a `rewrite` to such a place.
    fn led_by_client(self, maps: &Maps<'s>) -> Vec<ClientSays<'s>> {
        let Some(asked) = self.asks().by().filter(|_| matches!(self.kind(), Kind::Location | Kind::Server))
        else {
            return Vec::new();
        };
        let conditions = self.children().filter(|child| child.kind() == Kind::If);
        let found = conditions.filter_map(|condition| {
            let by = condition.own(Family::Rewrite).find(|line| self.is_led_to_an_open_place(*line))?;
            let way = self.way_of_condition(maps, condition, MOST_STEPS)?;
            let is_plain = way.raw.is_none();
            let found = ClientSays { by, what: way.what, says: Said::Whether, asked, place: self, raw: None };
            is_plain.then_some(found)
        });
        found.collect()
    }

    fn is_led_to_an_open_place(self, line: Directive<'s>) -> bool {
        let target = match line.name() {
            Name::Return => {
                let Some(code) = line.literal(0) else { return false };
                let mut pages = self.list(Family::ErrorPage);
                let page = pages.find(|page| (0..page.arity()).any(|word| page.is(word, &code)));
                page.and_then(|page| page.literal(page.arity().checked_sub(1)?))
            }
            Name::Rewrite if !line.is(2, "break") => line.literal(1),
            _ => None,
        };
        let path = target.and_then(|target| Some(target.split('?').next()?.to_owned()));
        let server = self.server();
        let there = path.filter(|path| path.starts_with(['/', '@']) && !path.contains('$'));
        let there = there.and_then(|path| server?.place_of(&path));
        there.is_some_and(|there| there != self && there.asks().nothing())
    }

    /// Something else than the password keeps strangers out.
    fn is_guarded_otherwise(self) -> bool {
        let asks = |family| self.directive(family).is_some_and(|line: Directive<'_>| !line.is(0, "off"));
        let is_any = self.directive(Family::Satisfy).is_some_and(|line| line.is(0, "any"));
        let is_denied = self.list(Family::Rules).any(|line| line.name() == Name::Deny && line.is(0, "all"));
        asks(Family::Subrequest)
            || asks(Family::OtherAuth)
            || !self.lacks(Family::OtherCheck)
            || is_denied && !is_any
    }

    /// How a client gets a variable to hold a value.
    fn way_to(self, maps: &Maps<'s>, name: &str, wanted: &str, steps: usize) -> Option<Way<'s>> {
        if sent(name).is_some() {
            return Some(Way { by: None, what: format!("${name}"), raw: None });
        }
        let steps = steps.checked_sub(1)?;
        match maps.get(name).copied() {
            Some(map) => self.way_through_map(maps, map, wanted, steps),
            None => self.way_through_set(maps, name, wanted, steps),
        }
    }

    fn way_through_map(
        self,
        maps: &Maps<'s>,
        map: Directive<'s>,
        wanted: &str,
        steps: usize,
    ) -> Option<Way<'s>> {
        let source = variable(&map.argument(0)?.text())?;
        let lines = map.lines()?;
        let key = |line: &Directive<'s>| line.head_word().text().into_owned();
        let is_wanted = |line: &Directive<'s>| line.is(0, wanted);
        let is_default = |line: &Directive<'s>| key(line) == "default";
        let what = format!("${source}");
        // Everybody who sends anything at all.
        let any = lines.iter().find(|line| is_default(line) && is_wanted(line));
        let asks_the_others = lines.iter().any(|line| key(line).is_empty() && !is_wanted(line));
        let mut wanted_lines = lines.iter().filter(|line| !is_default(line) && is_wanted(line));
        if let Some(header) = sent(&source) {
            if let Some(line) = any {
                let is_said = asks_the_others && is_said_by_client(header, "");
                return is_said.then_some(Way { by: Some(*line), what, raw: None });
            }
            let line = wanted_lines.find(|line| is_said_by_client(header, &key(line)))?;
            return Some(Way { by: Some(*line), what, raw: None });
        }
        if source == "request_uri" {
            let line = wanted_lines.find(|line| key(line).starts_with('~'))?;
            let raw = key(line).trim_start_matches(['~', '*']).to_owned();
            return Some(Way { by: Some(*line), what, raw: Some(raw) });
        }
        if source.starts_with("http_") {
            return None;
        }
        wanted_lines.filter(|line| !key(line).starts_with('~')).find_map(|line| {
            let way = self.way_to(maps, &source, &key(line), steps)?;
            Some(Way { by: way.by.or(Some(*line)), ..way })
        })
    }

    /// `set $realm off;` in an `if`, or `set $realm $http_x;`.
    fn way_through_set(self, maps: &Maps<'s>, name: &str, wanted: &str, steps: usize) -> Option<Way<'s>> {
        let server = self.server()?;
        let all = std::iter::once(server).chain(server.descendants());
        let mut found = all.flat_map(|scope| {
            let lines = scope.own(Family::Rewrite).filter(|line| line.name() == Name::Set);
            lines.map(move |line| (scope, line)).collect::<Vec<_>>()
        });
        found.find_map(|(scope, line)| {
            if variable(&line.argument(0)?.text()).as_deref() != Some(name) {
                return None;
            }
            let way = match variable(&line.argument(1)?.text()) {
                Some(source) => self.way_to(maps, &source, wanted, steps)?,
                None if line.is(1, wanted) && scope.kind() == Kind::If => {
                    self.way_of_condition(maps, scope, steps)?
                }
                None => return None,
            };
            Some(Way { by: Some(line), ..way })
        })
    }

    /// How a client gets the condition of an `if` to hold.
    fn way_of_condition(self, maps: &Maps<'s>, condition: Scope<'s>, steps: usize) -> Option<Way<'s>> {
        let words = condition.opening()?.arguments().map(|word| word.text().into_owned());
        let words: Vec<String> = words.collect::<Vec<_>>();
        let text = words.join(" ");
        let text = text.trim().strip_prefix('(')?.strip_suffix(')')?.trim().to_owned();
        let (left, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let (operator, compared) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
        let name = variable(left)?;
        let what = format!("${name}");
        let is_negated = operator.starts_with('!');
        if let Some(header) = sent(&name) {
            // Without a comparison anything will do, and whatever differs from a secret is soon found.
            let compared = if is_negated { "" } else { compared.trim() };
            return is_said_by_client(header, compared).then_some(Way { by: None, what, raw: None });
        }
        if name == "request_uri" && operator.starts_with('~') {
            return Some(Way { by: None, what, raw: Some(compared.trim().to_owned()) });
        }
        match operator {
            "=" => self.way_to(maps, &name, compared.trim(), steps),
            "" => self.way_to(maps, &name, "1", steps),
            _ => None,
        }
    }
}
