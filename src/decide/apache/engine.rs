//! Runs `RewriteRule` lines over a path: conditions, groups, flags.

use super::expr::Asked;
use super::parse;
use super::regexes::filled;
use super::stop::Stop;
use super::visit::{Asking, Round, Visit};
use crate::model::{Directive, Family, Name, Scope};

/// What a list of rules came to.
pub enum Change<'s> {
    None,
    Path,
    PassThrough,
    Backend(Directive<'s>),
}

/// How often `[N]` may begin again.
const MOST_ROUNDS: usize = 100;

/// The flags of a rule or a condition.
#[derive(Debug, Default)]
struct Flags(Vec<(String, String)>);

impl Flags {
    fn of(word: Option<&str>) -> Self {
        let inner = word.unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let flag = |flag: &str| {
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            (name.trim().to_ascii_lowercase(), value.to_owned())
        };
        Flags(inner.split(',').filter(|flag| !flag.trim().is_empty()).map(flag).collect())
    }

    fn get(&self, names: &[&str]) -> Option<&str> {
        self.0.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
    }

    fn has(&self, names: &[&str]) -> bool {
        self.get(names).is_some()
    }

    /// The status of `[R]`.
    fn redirect(&self) -> Option<u16> {
        let value = self.get(&["r", "redirect"])?;
        Some(match value.to_ascii_lowercase().as_str() {
            "" | "temp" => 302,
            "permanent" => 301,
            "seeother" => 303,
            number => number.parse().unwrap_or(302),
        })
    }
}

/// A rule with the conditions before it.
pub struct Rule<'s> {
    line: Directive<'s>,
    conditions: Vec<Directive<'s>>,
}

/// The rules of a scope.
pub fn rules_of(scope: Scope<'_>) -> Vec<Rule<'_>> {
    let mut conditions = Vec::new();
    let mut rules = Vec::new();
    for line in scope.own(Family::Rewrite) {
        match line.name() {
            Name::RewriteCond => conditions.push(line),
            Name::RewriteRule => rules.push(Rule { line, conditions: std::mem::take(&mut conditions) }),
            _ => {}
        }
    }
    rules
}

impl<'s> Visit<'_, 's> {
    /// Runs rules over a path.
    pub fn rewrite(
        &self,
        rules: &[Rule<'s>],
        directory: Option<&str>,
        path: &mut String,
        round: &mut Round,
    ) -> Result<Change<'s>, Stop> {
        let mut changed = Change::None;
        let mut info = round.path_info.clone();
        let mut at = 0;
        let mut rounds = 0;
        while let Some(rule) = rules.get(at) {
            at += 1;
            let flags = Flags::of(rule.line.literal(2).as_deref());
            if round.is_sub && (flags.has(&["ns", "nosubreq"]) || flags.redirect().is_some()) {
                continue;
            }
            let full = format!("{path}{info}");
            let seen = directory.and_then(|directory| full.strip_prefix(directory)).unwrap_or(&full);
            round.filename = Some(path.clone());
            let Some((groups, more)) = self.applies(rule, &flags, seen, round)? else {
                // A chain is passed over as a whole.
                let mut before = rule;
                while Flags::of(before.line.literal(2).as_deref()).has(&["c", "chain"]) {
                    let Some(next) = rules.get(at) else { break };
                    before = next;
                    at += 1;
                }
                continue;
            };
            self.set_by_rule(&flags, &groups, &more, round);
            let status = match flags.redirect() {
                _ if flags.has(&["f", "forbidden"]) => Some(403),
                _ if flags.has(&["g", "gone"]) => Some(410),
                Some(status) if !(300..400).contains(&status) => Some(status),
                _ => None,
            };
            if let Some(status) = status {
                let note = if directory.is_some() { "answers" } else { "answers before any check" };
                return Err(self.answered(rule.line, note, status));
            }
            let substitution = rule.line.literal(1).unwrap_or_default().into_owned();
            if substitution != "-" {
                self.tell(rule.line, "rewrites the path");
                let target = self.expanded(&substitution, &groups, &more, round)?;
                if substitution.contains(['$', '%']) {
                    self.hangs("a part of the path that goes into another one");
                }
                info.clear();
                round.path_info.clear();
                *path = Self::take_query(target, &flags, round);
                let is_url = is_url(path);
                if let Some(directory) = directory.filter(|_| !path.starts_with('/') && !is_url) {
                    *path = format!("{directory}{path}");
                }
                if let Some(status) = flags.redirect() {
                    self.ends_here(&rules[at..], &flags, path, round)?;
                    return Err(self.answered(rule.line, "redirects", status));
                }
                if flags.has(&["p", "proxy"]) {
                    return Ok(Change::Backend(rule.line));
                }
                if is_url {
                    self.reduce(path, rule.line)?;
                }
                changed = Change::Path;
            } else if let Some(status) = flags.redirect() {
                return Err(self.answered(rule.line, "redirects", status));
            } else if flags.has(&["p", "proxy"]) {
                return Ok(Change::Backend(rule.line));
            }
            if flags.has(&["pt", "passthrough"]) {
                return Ok(Change::PassThrough);
            }
            if flags.has(&["end"]) {
                self.is_rewritten_for_good.set(true);
                return Ok(changed);
            }
            if flags.has(&["l", "last"]) {
                return Ok(changed);
            }
            if flags.has(&["n", "next"]) {
                rounds += 1;
                if rounds > MOST_ROUNDS {
                    return Err(Stop::unknown("`[N]` begins again and again"));
                }
                at = 0;
            }
            if let Some(skipped) = flags.get(&["s", "skip"]) {
                at += skipped.parse::<usize>().unwrap_or(0);
            }
        }
        Ok(changed)
    }

    /// Without `[L]` the rules behind a redirect see its URL, and may make a path of it again.
    fn ends_here(&self, behind: &[Rule<'s>], flags: &Flags, path: &str, round: &Round) -> Result<(), Stop> {
        if flags.has(&["l", "last", "end"]) {
            return Ok(());
        }
        let scheme = if self.request.is_tls { "https" } else { "http" };
        let host = self.host().unwrap_or_default();
        let url = if is_url(path) { path.to_owned() } else { format!("{scheme}://{host}{path}") };
        for rule in behind {
            let flags = Flags::of(rule.line.literal(2).as_deref());
            if self.applies(rule, &flags, &url, round)?.is_some() {
                return Err(Stop::unknown(
                    "what further rules make of a redirect without `[L]` is not followed",
                ));
            }
        }
        Ok(())
    }

    fn answered(&self, line: Directive<'_>, note: &str, status: u16) -> Stop {
        self.tell(line, note);
        self.is_answered_by_rule.set(true);
        Stop::responds(status)
    }

    /// A URL of this very server is a path of it; any other is a redirect.
    fn reduce(&self, path: &mut String, line: Directive<'_>) -> Result<(), Stop> {
        let rest = path.split_once("://").map_or("", |(_, rest)| rest);
        let (authority, own_path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_own = self.host().is_some_and(|host| host.eq_ignore_ascii_case(authority));
        if is_own && (path.starts_with("https://") == self.request.is_tls) {
            *path = if own_path.is_empty() { "/".into() } else { own_path.to_owned() };
            return Ok(());
        }
        Err(self.answered(line, "redirects", 302))
    }

    /// Whether a rule applies: the groups of the rule, and of the last condition.
    #[allow(clippy::type_complexity)] // two lists of groups
    fn applies(
        &self,
        rule: &Rule<'s>,
        flags: &Flags,
        path: &str,
        round: &Round,
    ) -> Result<Option<(Vec<String>, Vec<String>)>, Stop> {
        let pattern = rule.line.literal(0).unwrap_or_default().into_owned();
        let (is_negated, pattern) = negated(&pattern);
        let ignores_case = flags.has(&["nc", "nocase"]);
        let lost =
            |line: Directive<'_>| Stop::unknown(format!("whether `{}` applies is not known", line.text()));
        let found = self.ready.regexes.groups(pattern, ignores_case, path).ok_or_else(|| lost(rule.line))?;
        if found.is_some() == is_negated {
            return Ok(None);
        }
        let groups = found.unwrap_or_default();
        let mut more = Vec::new();
        let mut is_done = false;
        for line in &rule.conditions {
            let flags = Flags::of(line.literal(2).as_deref());
            let is_or = flags.has(&["or", "ornext"]);
            if is_done {
                is_done = is_or;
                continue;
            }
            let holds = self.condition_holds(*line, &flags, &groups, &mut more, round);
            match holds {
                None => return Err(lost(*line)),
                Some(true) => {
                    self.tell(*line, "holds for the request");
                    is_done = is_or;
                }
                Some(false) if is_or => {}
                Some(false) => return Ok(None),
            }
        }
        Ok(Some((groups, more)))
    }

    fn condition_holds(
        &self,
        line: Directive<'s>,
        flags: &Flags,
        groups: &[String],
        more: &mut Vec<String>,
        round: &Round,
    ) -> Option<bool> {
        let asking = Asking { visit: self, round };
        let test = line.literal(0)?.into_owned();
        let pattern = line.literal(1)?.into_owned();
        let (is_negated, pattern) = negated(&pattern);
        if test.eq_ignore_ascii_case("expr") {
            let holds = parse::parse(pattern)?.holds(&asking, &self.ready.regexes)?;
            return Some(holds != is_negated);
        }
        let value = self.expanded(&test, groups, more, round).ok()?;
        let holds = if let Some(test) = pattern.strip_prefix('-').filter(|test| test.len() == 1) {
            asking.is_file(test.chars().next()?, &value)?
        } else if pattern.starts_with('-') && pattern.len() > 3 && pattern.as_bytes()[1].is_ascii_alphabetic()
        {
            let (left, right) = (value.parse::<i64>().ok()?, pattern.get(3..)?.parse::<i64>().ok()?);
            match pattern.get(1..3)? {
                "eq" => left == right,
                "ne" => left != right,
                "lt" => left < right,
                "le" => left <= right,
                "gt" => left > right,
                "ge" => left >= right,
                _ => return None,
            }
        } else if let Some(text) = pattern.strip_prefix("<=") {
            value.as_str() <= text
        } else if let Some(text) = pattern.strip_prefix(">=") {
            value.as_str() >= text
        } else if let Some(text) = pattern.strip_prefix('=') {
            let wanted = if text == "\"\"" { "" } else { text };
            if flags.has(&["nc", "nocase"]) { value.eq_ignore_ascii_case(wanted) } else { value == wanted }
        } else if let Some(text) = pattern.strip_prefix('<') {
            value.as_str() < text
        } else if let Some(text) = pattern.strip_prefix('>') {
            value.as_str() > text
        } else {
            let found = self.ready.regexes.groups(pattern, flags.has(&["nc", "nocase"]), &value)?;
            let is_found = found.is_some();
            if let Some(found) = found.filter(|_| !is_negated) {
                *more = found;
            }
            is_found
        };
        Some(holds != is_negated)
    }

    /// A text with its groups and variables.
    fn expanded(
        &self,
        text: &str,
        groups: &[String],
        more: &[String],
        round: &Round,
    ) -> Result<String, Stop> {
        let lost = || Stop::unknown(format!("what `{text}` comes to is not known"));
        if text.contains("${") {
            return Err(lost());
        }
        let asking = Asking { visit: self, round };
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("%{") {
            out += &filled(&filled(&rest[..at], '$', groups), '%', more);
            let end = rest[at..].find('}').ok_or_else(lost)? + at;
            let name = &rest[at + 2..end];
            let value = match name.split_once(':') {
                Some((kind, name)) if kind.eq_ignore_ascii_case("env") => asking.environment(name),
                Some((kind, name)) if kind.eq_ignore_ascii_case("http") => asking.header(name),
                Some(_) => None,
                None => asking.variable(&name.to_ascii_uppercase()),
            };
            out += &value.ok_or_else(lost)?;
            rest = &rest[end + 1..];
        }
        Ok(out + &filled(&filled(rest, '$', groups), '%', more))
    }

    /// Cuts the query off a new path, and keeps the old one as the flags say.
    fn take_query(target: String, flags: &Flags, round: &mut Round) -> String {
        let Some((path, query)) = target.split_once('?') else {
            if flags.has(&["qsd", "qsdiscard"]) {
                round.query = None;
            }
            return target;
        };
        let old = round.query.take().filter(|_| flags.has(&["qsa", "qsappend"]));
        round.query = match (query, old) {
            ("", None) => None,
            (query, None) => Some(query.to_owned()),
            ("", Some(old)) => Some(old),
            (query, Some(old)) => Some(format!("{query}&{old}")),
        };
        path.to_owned()
    }

    /// `[E=name:value]`
    fn set_by_rule(&self, flags: &Flags, groups: &[String], more: &[String], round: &mut Round) {
        for (_, value) in flags.0.iter().filter(|(name, _)| matches!(name.as_str(), "e" | "env")) {
            match value.split_once(':') {
                Some((name, text)) => {
                    let value = self.expanded(text, groups, more, round).ok();
                    round.environment.set(name, value);
                }
                None => match value.strip_prefix('!') {
                    Some(name) => round.environment.unset(name),
                    None => round.environment.set(value, Some(String::new())),
                },
            }
        }
    }
}

fn negated(pattern: &str) -> (bool, &str) {
    pattern.strip_prefix('!').map_or((false, pattern), |rest| (true, rest))
}

fn is_url(path: &str) -> bool {
    const SCHEMES: &[&str] =
        &["http://", "https://", "ftp://", "ajp://", "fcgi://", "scgi://", "ws://", "wss://"];
    SCHEMES.iter().any(|scheme| path.to_ascii_lowercase().starts_with(scheme))
}
