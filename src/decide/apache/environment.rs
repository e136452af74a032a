//! Variables that the server itself sets of a request: `SetEnvIf` and its like (spec a74, a127).

use std::collections::BTreeMap;

use super::expr::Asked;
use super::parse;
use super::regexes::filled;
use super::visit::{Asking, Round, Visit};
use crate::model::{Directive, Family, Ground};

/// What is known of the variables.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, Option<String>>);

impl Environment {
    /// The value, empty where it is not set; none where that is not known.
    pub fn value(&self, name: &str) -> Option<String> {
        match self.0.get(name) {
            Some(Some(value)) => Some(value.clone()),
            Some(None) => None,
            None => Some(String::new()),
        }
    }

    /// Whether it is set.
    pub fn is_set(&self, name: &str) -> Option<bool> {
        match self.0.get(name) {
            Some(Some(_)) => Some(true),
            Some(None) => None,
            None => Some(false),
        }
    }

    pub fn set(&mut self, name: &str, value: Option<String>) {
        self.0.insert(name.to_owned(), value);
    }

    pub fn unset(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What an internal redirect makes of it: the same with `REDIRECT_` before the names (spec a129).
    /// The status is that of the round before.
    pub fn redirected(&self, status: u16) -> Self {
        let renamed = self.0.iter().map(|(name, value)| (format!("REDIRECT_{name}"), value.clone()));
        let mut environment = Environment(renamed.collect());
        environment.set("REDIRECT_STATUS", Some(status.to_string()));
        environment
    }
}

impl<'s> Visit<'_, 's> {
    /// Sets what the lines of a scope set.
    pub fn set_variables(&self, lines: impl Iterator<Item = Directive<'s>>, round: &mut Round) {
        for line in lines {
            let (matched, first) = self.env_test(line, round);
            for word in line.arguments().skip(first) {
                set(&word.text(), matched.as_ref().map(Option::as_deref), &mut round.environment);
            }
        }
    }

    /// `SetEnv` and its like come behind the checks: only the rounds and the index files that follow see
    /// what they set (spec a74).
    pub fn set_fixed_variables(ground: &Ground<'s>, round: &mut Round) {
        for line in ground.lines(Family::Setting) {
            let Some(name) = line.literal(0) else { continue };
            if line.is_named("SetEnv") {
                let value = if line.arity() > 1 { line.literal(1) } else { Some("".into()) };
                round.environment.set(&name, value.map(|value| value.into_owned()));
            } else if line.is_named("PassEnv") {
                for word in line.arguments() {
                    round.environment.set(&word.text(), None);
                }
            } else if line.is_named("UnsetEnv") {
                for word in line.arguments() {
                    round.environment.unset(&word.text());
                }
            }
        }
    }

    /// The server's own lines see the path as it came (spec a127).
    pub fn set_server_variables(&self, round: &mut Round) {
        let scopes = self.settings.scopes.clone();
        self.set_variables(scopes.iter().flat_map(|scope| scope.own(Family::EnvIf)), round);
    }

    /// Whether a line applies, with the groups of its expression; and where its variables begin.
    #[allow(clippy::option_option)] // unknown, no match, match
    fn env_test(&self, line: Directive<'s>, round: &Round) -> (Option<Option<Vec<String>>>, usize) {
        let asking = Asking { visit: self, round };
        let name = line.name_word().to_ascii_lowercase();
        let word = |n: usize| line.literal(n).unwrap_or_default().into_owned();
        if name == "setenvifexpr" {
            let holds = parse::parse(&word(0)).and_then(|expr| expr.holds(&asking, &self.ready.regexes));
            return (holds.map(|holds| holds.then(Vec::new)), 1);
        }
        let ignores_case = name.ends_with("nocase");
        if name.starts_with("browsermatch") {
            return (None, 1);
        }
        let value = self.attribute(&word(0), round, &asking);
        let groups = value.and_then(|value| self.ready.regexes.groups(&word(1), ignores_case, &value));
        (groups, 2)
    }

    fn attribute(&self, name: &str, round: &Round, asking: &Asking<'_, '_, '_>) -> Option<String> {
        match name.to_ascii_lowercase().as_str() {
            "remote_addr" | "remote_host" => self.request.from.map(|from| from.to_string()),
            "server_addr" => asking.variable("SERVER_ADDR"),
            "request_uri" => Some(round.uri.clone()),
            "request_method" => Some(round.method.clone()),
            "request_protocol" => Some("HTTP/1.1".into()),
            "host" | "authorization" => asking.header(name),
            _ => round.environment.value(name).filter(|value| !value.is_empty()),
        }
    }
}

#[allow(clippy::option_option)] // unknown, no match, match
fn set(word: &str, matched: Option<Option<&[String]>>, environment: &mut Environment) {
    let (name, value) = word.split_once('=').unwrap_or((word, "1"));
    let (name, is_unset) = name.strip_prefix('!').map_or((name, false), |name| (name, true));
    match matched {
        Some(None) => {}
        Some(Some(_)) if is_unset => environment.unset(name),
        Some(Some(groups)) => environment.set(name, Some(filled(value, '$', groups))),
        None if is_unset && environment.is_set(name) == Some(false) => {}
        None => environment.set(name, None),
    }
}
