//! A request that a rewriting line leads somewhere else.

use super::areas::{Flags, Search, Test};
use super::witness::{MOST_SEARCHES, below, paths, test};
use super::{Credentials, Decider, Decision, Outcome, Request, Witness, nginx};
use crate::model::{Directive, Modifier, Scope};

/// More paths than this are not tried for one line.
const MOST_PATHS: usize = 8;

impl<'s> Decider<'s> {
    /// A stranger's request to a server, for a path below `prefix` or of a location of nginx, that a `rewrite` or
    /// `RewriteRule` is carried out for and that has an answer that will do. It may be that of one way among
    /// several that hang on something unknown, such as a file, where `may_hang` is set. None where there is none.
    pub fn witness_through(
        &self,
        line: Directive<'s>,
        server: Scope<'s>,
        place: Option<Scope<'s>>,
        prefix: &str,
        may_hang: bool,
        will_do: impl Fn(&Decision) -> bool,
    ) -> Option<Witness> {
        let may_hang = may_hang && !self.site.is_apache();
        let try_path = |path: &str| {
            let witness = self.fetch(server, path, Credentials::None)?;
            let ways = match witness.decision.outcome {
                Outcome::Undetermined if may_hang => nginx::ways(self, &witness.request),
                _ => vec![witness.decision],
            };
            let found = ways.into_iter().find(|way| way.is_by(line.span()) && will_do(way));
            found.map(|decision| Witness { decision, request: witness.request })
        };
        let location = place.and_then(Scope::location);
        let simple = match &location {
            Some(location) if location.modifier == Modifier::Exact => return try_path(&location.path),
            Some(location) if location.is_regex() => Vec::new(),
            _ => vec![prefix.to_owned(), format!("{prefix}x")],
        };
        let found = simple.iter().find_map(|path| try_path(path));
        if found.is_some() || !self.may_search(MOST_SEARCHES) {
            return found;
        }
        let pattern = line.argument(0)?.bytes().into_owned();
        let is_caseless = line.literal(2).is_some_and(|flags| flags.to_ascii_lowercase().contains("nc"));
        let flags = if self.site.is_apache() { Flags::apache(is_caseless) } else { Flags::nginx(false) };
        let mut tests = vec![Test::Search(Search::read(&pattern, flags))];
        tests.extend(location.filter(|location| location.is_regex()).map(|location| test(&location)));
        let found = below(prefix, &tests);
        paths(&found).take(MOST_PATHS).find_map(try_path)
    }
}

impl<'s> Decider<'s> {
    /// Whether a line at hand, and not only that none is, lets everybody in who gets this answer; only a part of a
    /// configuration leaves that open.
    #[must_use]
    pub fn is_let_in_by_lines(&self, server: Scope<'s>, decision: &Decision) -> bool {
        if !self.presumes_outside {
            return true;
        }
        let sections = || server.descendants().chain(self.site.main_sections());
        let mut lines = sections().flat_map(Scope::requires);
        let is_granted = lines.any(|line| line.grants_everybody() && decision.is_by(line.span()));
        let is_open = is_granted || decision.authorization.is_some() || server.is_open_in_stock();
        is_open && !sections().any(Scope::expects_logins_in_htaccess)
    }

    /// A stranger's request for a protected path of a server, written so that an expression matches it that looks at
    /// the path, or at the line of the request, as it is sent; only where that is let in, and where the path itself is
    /// asked for.
    pub fn disguised(&self, server: Scope<'s>, path: &str, pattern: &str) -> Option<Witness> {
        let plain = self.fetch(server, path, Credentials::None)?;
        if plain.decision.outcome != Outcome::Challenge || !self.may_search(MOST_SEARCHES) {
            return None;
        }
        let flags = if self.site.is_apache() { Flags::apache(false) } else { Flags::nginx(false) };
        // An expression of the line of a request may begin with the method.
        let is_of_line = pattern.trim_start_matches('^').starts_with("GET");
        let pattern = if is_of_line {
            let rest = pattern.trim_start_matches('^').trim_start_matches("GET");
            format!("^{}", rest.trim_start_matches("\\s+").trim_start_matches(['\\', 's', ' ']))
        } else {
            pattern.to_owned()
        };
        let samples = below("", &[Test::Search(Search::read(pattern.as_bytes(), flags))]);
        let tries = paths(&samples).take(MOST_PATHS).flat_map(|sample| {
            let base = sample.trim_end_matches('/');
            let up = "../".repeat(base.matches('/').count());
            [format!("{base}/{up}{}", path.trim_start_matches('/')), format!("{path}?{sample}")]
        });
        let mut answers = tries.filter(|target| target.is_ascii() && !target.contains(' ')).map(|target| {
            let request = Request { target, ..plain.request.clone() };
            Witness { decision: self.decide(&request), request }
        });
        answers.find(|witness| witness.decision.outcome == Outcome::Open)
    }
}
