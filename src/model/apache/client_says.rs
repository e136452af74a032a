//! What of a client's request switches a password of Apache off (spec a127, aH13, aH14, aH33).

use super::{Outcomes, Viewpoint};
use crate::model::client_says::{ClientSays, Said, is_said_by_client, tells_an_address};
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope};

/// Attributes of `SetEnvIf` that are no headers.
const NO_HEADERS: &[&str] =
    &["remote_host", "remote_addr", "server_addr", "request_method", "request_protocol", "request_uri"];

/// Headers by the names that expressions have for them.
const NAMED: &[(&str, &str)] = &[
    ("%{HTTP_USER_AGENT}", "user-agent"),
    ("%{HTTP_REFERER}", "referer"),
    ("%{HTTP_COOKIE}", "cookie"),
    ("%{HTTP_ACCEPT}", "accept"),
    ("%{HTTP_FORWARDED}", "forwarded"),
    ("%{QUERY_STRING}", "query-string"),
];

/// More lines of a section are not looked at.
const MOST_LINES: usize = 20;

/// What a line or an expression takes from the client.
struct Taken<'s> {
    by: Directive<'s>,
    what: String,
    raw: Option<String>,
}

impl<'s> Scope<'s> {
    /// The ways in which a client says whether this section asks for a password.
    pub(in crate::model) fn clients_say_in_apache(self) -> Vec<ClientSays<'s>> {
        let found = match self.kind() {
            Kind::If => self.condition_of_client().into_iter().collect(),
            _ => self.variables_of_client(),
        };
        let says = |(taken, asked): (Taken<'s>, Directive<'s>)| ClientSays {
            by: taken.by,
            what: taken.what,
            says: Said::Whether,
            asked,
            place: self,
            raw: taken.raw,
        };
        found.into_iter().map(says).collect()
    }

    /// `<If>` about a header that lets everybody in, or that alone asks.
    fn condition_of_client(self) -> Option<(Taken<'s>, Directive<'s>)> {
        let by = self.opening().filter(|_| self.is_certainly_there())?;
        let what = expression_of_client(&by.literal(0)?)?;
        let opens = self.requires().any(|line| line.is_certain() && line.grants_everybody());
        let outer = || self.parent().and_then(Scope::asking_line);
        let elsewhere = || {
            let is_in_server = self.parent().is_some_and(|outer| outer.is_server() || outer.index() == 0);
            let mut all = self.server().into_iter().flat_map(Scope::descendants).filter(|_| is_in_server);
            all.find_map(Scope::own_asking)
        };
        let is_open_else = || self.outer_outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED);
        // Who is asked because of what it sends is another thing than who is not.
        let text = by.literal(0).unwrap_or_default();
        let is_negated = text.contains("!~") || text.contains("!=");
        let asked = if opens {
            outer().or_else(elsewhere)?
        } else {
            self.own_asking().filter(|_| is_negated && is_open_else())?
        };
        Some((Taken { by, what: what.0, raw: None }, asked)).filter(|_| what.1.is_none())
    }

    /// `Require env`, `Require expr` and `Allow from env=` beside a password.
    fn variables_of_client(self) -> Vec<(Taken<'s>, Directive<'s>)> {
        let Some(asked) = self.asking_line() else { return Vec::new() };
        let may_pass = self.outcome("GET", Viewpoint::Stranger).may_be(Outcomes::GRANTED);
        let is_of_client = |line: &Directive<'s>| {
            line.provider().is_some_and(|(word, is_negated)| !is_negated && (word == "env" || word == "expr"))
        };
        let granting = self.requires().filter(is_of_client).take(MOST_LINES);
        let granting = granting.filter(|line| may_pass && self.is_enough(*line));
        let by_require = granting.filter_map(|line| match line.provider()? {
            (word, false) if word == "env" => self.variable_of_client(&line.literal(1)?),
            (word, false) if word == "expr" => {
                let (what, raw) = expression_of_client(&line.rest(1))?;
                Some(Taken { by: line, what, raw })
            }
            _ => None,
        });
        let is_any = self.satisfies_any("GET") == Some(true);
        let rules = self.own(Family::Rules).filter(|line| is_any && line.name() == Name::Allow);
        let names = rules.flat_map(|line| line.arguments().skip(1).collect::<Vec<_>>());
        let names = names.filter_map(|word| Some(word.literal()?.strip_prefix("env=")?.to_owned()));
        let by_allow = names.take(MOST_LINES).filter_map(|name| self.variable_of_client(&name));
        by_require.chain(by_allow).map(|taken| (taken, asked)).collect()
    }

    /// Whether a `Require` line lets somebody in who has no login: not beside one for users in `<RequireAll>`.
    fn is_enough(self, line: Directive<'s>) -> bool {
        let holds = |scope: &Scope<'s>| scope.own(Family::Require).any(|other| other == line);
        let holder = self.descendants().find(holds);
        let is_all = |scope: &Scope<'s>| {
            scope.opening().is_some_and(|opening| !opening.name_word().eq_ignore_ascii_case("RequireAny"))
        };
        let containers = holder.into_iter().flat_map(|inner| std::iter::once(inner).chain(inner.ancestors()));
        let mut containers = containers.take_while(|scope| scope.kind() == Kind::Requirement);
        line.is_certain()
            && !containers.any(|scope| {
                is_all(&scope)
                    && scope.requires().any(|other| {
                        other != line
                            && !other.requirement(Viewpoint::Stranger, "GET").may_be(Outcomes::GRANTED)
                    })
            })
    }

    /// The line that gives a variable what the client sends.
    fn variable_of_client(self, name: &str) -> Option<Taken<'s>> {
        let main = self.site().scope(0);
        let mut scopes = vec![self];
        scopes.extend(self.ancestors());
        scopes.extend(self.server());
        scopes.push(main);
        let has_remote_ip = || {
            [self.server(), Some(main)]
                .into_iter()
                .flatten()
                .any(|scope| scope.own(Family::Foreign).any(|line| line.is_named("RemoteIPHeader")))
        };
        for scope in &scopes {
            let is_outside = scope.is_server() || scope.index() == 0;
            for by in scope.own(Family::EnvIf).filter(|line| line.is_certain()) {
                let Some((header, pattern, first)) = test_of(by) else { continue };
                let sets = by
                    .arguments()
                    .skip(first)
                    .any(|word| word.literal().is_some_and(|word| word.split('=').next() == Some(name)));
                if !sets {
                    continue;
                }
                if header.eq_ignore_ascii_case("Request_URI") {
                    // Sections see the path as it is in the end, the server as it came.
                    let taken = Taken { by, what: "Request_URI".into(), raw: Some(pattern) };
                    return is_outside.then_some(taken);
                }
                if header == "expr" {
                    let (what, raw) = expression_of_client(&pattern)?;
                    return Some(Taken { by, what, raw });
                }
                let is_set = scopes.iter().flat_map(|scope| scope.own(Family::EnvIf)).any(|line| {
                    line.arguments().any(|word| word.text().split('=').next() == Some(header.as_str()))
                        && line != by
                        && !line.is_ignoring_case(0, &header)
                });
                let is_header = !NO_HEADERS.contains(&header.to_ascii_lowercase().as_str()) && !is_set;
                let is_of_a_proxy = tells_an_address(&header) && has_remote_ip();
                let is_said = is_header && is_said_by_client(&header, &pattern) && !is_of_a_proxy;
                return is_said.then_some(Taken { by, what: header, raw: None });
            }
            if let Some(taken) = scope.rule_of_client(name) {
                return Some(taken);
            }
        }
        None
    }

    /// `RewriteRule ^ - [E=name:1]` behind a condition about a header.
    fn rule_of_client(self, name: &str) -> Option<Taken<'s>> {
        let mut conditions: Vec<Directive<'s>> = Vec::new();
        for line in self.own(Family::Rewrite) {
            match line.name() {
                Name::RewriteCond => conditions.push(line),
                Name::RewriteRule => {
                    let flags = line.literal(2).unwrap_or_default().to_ascii_lowercase();
                    let flags = flags.trim_start_matches('[').trim_end_matches(']');
                    let sets = flags.split(',').any(|flag| {
                        let flag = flag.trim();
                        let value = flag.strip_prefix("e=").or_else(|| flag.strip_prefix("env="));
                        value.is_some_and(|value| value.split(':').next() == Some(&name.to_ascii_lowercase()))
                    });
                    let taken = |condition: &Directive<'s>| {
                        let text = format!("{} =~ /{}/", condition.literal(0)?, condition.literal(1)?);
                        let (what, raw) = expression_of_client(&text)?;
                        Some(Taken { by: *condition, what, raw }).filter(|taken| taken.raw.is_none())
                    };
                    if sets && !conditions.is_empty() {
                        let all: Option<Vec<_>> = conditions.iter().map(taken).collect();
                        return all?.into_iter().next();
                    }
                    conditions.clear();
                }
                _ => {}
            }
        }
        None
    }
}

/// What a `SetEnvIf` or a line like it looks at, its expression, and where its variables begin.
fn test_of(line: Directive<'_>) -> Option<(String, String, usize)> {
    let name = line.name_word().to_ascii_lowercase();
    let first = line.literal(0)?.into_owned();
    match name.as_str() {
        "setenvifexpr" => Some(("expr".into(), first, 1)),
        "browsermatch" | "browsermatchnocase" => Some(("User-Agent".into(), first, 1)),
        _ => Some((first, line.literal(1)?.into_owned(), 2)),
    }
}

/// What an expression takes from the client alone, and the pattern where that is the line of the request.
fn expression_of_client(text: &str) -> Option<(String, Option<String>)> {
    // A path with its arguments is what the request is about.
    if text.contains("%{QUERY_STRING}") && text.contains("REQUEST_URI") {
        return None;
    }
    let is_more = ["REMOTE_ADDR", "REMOTE_USER", "-ipmatch", "-R ", "SSL_", "REMOTE_HOST"];
    if is_more.iter().any(|word| text.contains(word)) {
        return None;
    }
    let compared = compared_in(text);
    if let Some((_, after)) = text.split_once("%{THE_REQUEST}") {
        return after.trim_start().starts_with("=~").then(|| ("%{THE_REQUEST}".into(), Some(compared)));
    }
    if let Some((shown, header)) = NAMED.iter().find(|(shown, _)| text.contains(shown)) {
        return is_said_by_client(header, &compared).then(|| ((*shown).to_owned(), None));
    }
    let starts =
        [("%{HTTP:", '}'), ("%{req:", '}'), ("req('", '\''), ("http('", '\''), ("req_novary('", '\'')];
    let found = starts.iter().find_map(|(start, end)| {
        let (_, rest) = text.split_once(start)?;
        Some((start, rest.split_once(*end)?.0, end))
    });
    let (start, header, end) = found?;
    is_said_by_client(header, &compared).then(|| (format!("{start}{header}{end}"), None))
}

/// The text or expression that stands behind the operator.
fn compared_in(text: &str) -> String {
    let operators = ["=~", "!~", "==", "!=", "-strmatch", "-eq", " = "];
    let Some(at) = operators.iter().filter_map(|sign| Some(text.find(sign)? + sign.len())).min() else {
        return String::new();
    };
    let rest = text[at..].trim_start();
    let rest = rest.strip_prefix('m').filter(|rest| !rest.starts_with(char::is_alphanumeric)).unwrap_or(rest);
    let Some(quote) = rest.chars().next() else { return String::new() };
    let inner = &rest[quote.len_utf8()..];
    inner.split(quote).next().unwrap_or_default().to_owned()
}
