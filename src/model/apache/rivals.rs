//! What else needs the client's `Authorization` where httpd asks for a password (spec E23).

use super::merge::Merging;
use super::require::Logic;
use crate::model::names::{Family, Name};
use crate::model::rivals::is_of_another_scheme;
use crate::model::{Directive, Kind, Need, Scope};

impl<'s> Scope<'s> {
    /// What needs the header besides the password that is asked for here.
    pub(in crate::model) fn apache_rivals(self) -> Vec<(Directive<'s>, Need<'s>)> {
        let refused = self.children().find_map(Scope::refuses_without_token).map(|by| (by, Need::Condition));
        let handed = self.own(Family::EnvIf).find(|line| line.hands_on_a_token()).map(|by| (by, Need::Token));
        [refused, handed].into_iter().flatten().collect()
    }

    /// A `RewriteCond` that lets only tokens past, with a rule that refuses the rest.
    pub(in crate::model) fn apache_condition(self) -> Option<(Directive<'s>, Need<'s>)> {
        let lines: Vec<Directive<'s>> = self.own(Family::Rewrite).filter(|line| line.is_certain()).collect();
        let is_on =
            |line: &Directive<'s>| line.name() == Name::RewriteEngine && line.is_ignoring_case(0, "on");
        lines.iter().find(|line| is_on(line))?;
        let mut conditions: Vec<Directive<'s>> = Vec::new();
        for line in lines {
            match line.name() {
                Name::RewriteCond => conditions.push(line),
                // Some requests end here and never come to what follows.
                Name::RewriteRule if ends_for_some(line) => return None,
                Name::RewriteRule => {
                    let [only] = conditions.as_slice() else {
                        conditions.clear();
                        continue;
                    };
                    let pattern = only.argument(1).map(|word| word.text().into_owned()).unwrap_or_default();
                    let unwanted = pattern.strip_prefix('!').filter(|pattern| is_of_another_scheme(pattern));
                    if is_the_header(&only.argument(0)?.text()) && unwanted.is_some() && refuses(line) {
                        return Some((*only, Need::Condition));
                    }
                    conditions.clear();
                }
                _ => {}
            }
        }
        None
    }

    /// A token that is required together with somebody who has logged in.
    pub(in crate::model) fn token_required_as_well(self) -> Option<Directive<'s>> {
        if !self.site.is_apache() || matches!(self.kind(), Kind::Requirement | Kind::Limit) {
            return None;
        }
        let merged = self.own_merging() == Some(Merging::And) && self.outer_asking_line().is_some();
        let mut todo = vec![(self, merged)];
        while let Some((group, needs_all)) = todo.pop() {
            let is_all = needs_all || group.kind() == Kind::Requirement && group.logic() == Logic::All;
            let has_user = needs_all || group.requires().any(Directive::needs_a_user);
            if is_all && has_user {
                let mut lines = group.own(Family::Require).filter(|line| line.is_certain());
                if let Some(line) = lines.find(|line| self.is_about_a_token(*line)) {
                    return Some(line);
                }
            }
            let inner = group.children().filter(|child| child.kind() == Kind::Requirement);
            let is_of_tokens = |child: &Scope<'s>| child.requires().all(|line| self.is_about_a_token(line));
            todo.extend(inner.map(|child| (child, is_all && has_user && is_of_tokens(&child))));
        }
        None
    }

    /// Whether a `Require` line wants another scheme in the header.
    fn is_about_a_token(self, line: Directive<'s>) -> bool {
        match line.provider() {
            Some((provider, false)) if provider == "expr" => {
                let text = line.rest(1);
                is_the_header(&text)
                    && is_of_another_scheme(&text)
                    && !text.contains("!~")
                    && !text.contains("!=")
            }
            Some((provider, false)) if provider == "env" => {
                let name = line.argument(1).map(|name| name.text().into_owned()).unwrap_or_default();
                let scopes = [Some(self), self.server()].into_iter().flatten();
                scopes
                    .flat_map(|scope| scope.own(Family::EnvIf))
                    .any(|set| set.sets_from_a_token().any(|variable| variable.eq_ignore_ascii_case(&name)))
            }
            _ => false,
        }
    }

    /// `<If "%{HTTP:Authorization} !~ /^Bearer/">` around `Require all denied`.
    fn refuses_without_token(self) -> Option<Directive<'s>> {
        let opening = self.opening().filter(|_| self.kind() == Kind::If)?;
        let text = opening.argument(0)?.text().into_owned();
        let is_without = text.contains("!~") || text.contains("!=") || text.trim_start().starts_with('!');
        let is_alone = !text.contains("||") && !text.contains("&&");
        let denies = self.requires().any(|line| {
            line.provider().is_some_and(|(provider, is_negated)| provider == "all" && !is_negated)
                && line.is_ignoring_case(1, "denied")
        });
        (is_the_header(&text) && is_of_another_scheme(&text) && is_without && is_alone && denies)
            .then_some(opening)
    }
}

impl Directive<'_> {
    /// The variables that a `SetEnvIf` sets where the header holds a token.
    fn sets_from_a_token(self) -> impl Iterator<Item = String> {
        let is_header =
            self.argument(0).is_some_and(|word| word.text().eq_ignore_ascii_case("Authorization"));
        let is_token = self.argument(1).is_some_and(|word| is_of_another_scheme(&word.text()));
        let variables = self.arguments().skip(2).filter(move |_| is_header && is_token);
        let names: Vec<String> =
            variables.filter_map(|word| Some(word.text().split('=').next()?.to_owned())).collect();
        names.into_iter()
    }

    /// Whether a program is given the token by this line: not a switch that some `Require env` looks at.
    fn hands_on_a_token(self) -> bool {
        self.is_certain()
            && self.sets_from_a_token().any(|name| name.eq_ignore_ascii_case("HTTP_AUTHORIZATION"))
    }
}

/// Whether an expression looks at the header.
fn is_the_header(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace([' ', '"', '\''], "");
    ["%{http:authorization}", "%{http_authorization}", "req(authorization)", "http(authorization)"]
        .iter()
        .any(|form| text.contains(form))
}

/// Whether requests that a `RewriteRule` takes as they are come to no rule behind it.
fn ends_for_some(rule: Directive<'_>) -> bool {
    let flags = rule.argument(2).map(|word| word.text().to_ascii_uppercase()).unwrap_or_default();
    let mut flags = flags.trim_matches(['[', ']']).split(',').map(str::trim);
    let ends = |flag: &str| matches!(flag, "L" | "LAST" | "END" | "C" | "CHAIN") || flag.starts_with("S=");
    rule.argument(1).is_some_and(|word| word.text() == "-") && flags.any(ends) && !refuses(rule)
}

/// Whether a `RewriteRule` for every path answers with a refusal.
fn refuses(rule: Directive<'_>) -> bool {
    let is_for_all = rule
        .argument(0)
        .is_some_and(|word| matches!(word.text().as_ref(), "^" | ".*" | "." | "^.*$" | "^(.*)$" | "(.*)"));
    let flags = rule.argument(2).map(|word| word.text().to_ascii_uppercase()).unwrap_or_default();
    let flags = flags.trim_matches(['[', ']']);
    is_for_all
        && flags
            .split(',')
            .any(|flag| matches!(flag.trim(), "F" | "FORBIDDEN" | "G" | "GONE" | "R=401" | "R=403" | "R=400"))
}
