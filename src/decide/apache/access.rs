//! Who may come in: `Order`, `Allow`, `Deny` and `Satisfy`, then `Require` and the login (spec a67 to
//! a107).

use std::cell::RefCell;

use super::requirement::{Judging, is_in};
use super::stop::{Answer, Stop};
use super::visit::{Round, Visit};
use crate::decide::Outcome;
use crate::model::{Directive, Family, Ground, Name, Outcomes, Passes};

impl<'s> Visit<'_, 's> {
    /// Lets the request in, with the user who has logged in, or not.
    pub fn check(&self, round: &Round, ground: &Ground<'s>) -> Result<Option<String>, Stop> {
        if let Some(doubt) = &ground.doubt {
            return Err(Stop::unknown(doubt.clone()));
        }
        let method = round.method.as_str();
        let lines = |family| {
            ground.provider(family).map_or_else(Vec::new, |scope| scope.own_compat_lines(family, method))
        };
        let satisfy = lines(Family::Satisfy).last().copied().filter(|line| line.is_ignoring_case(0, "any"));
        let rules = lines(Family::Rules);
        let passes = Passes::by(&rules, &|line| self.matches_client(line, round));
        match (satisfy, passes) {
            (None, Passes::Yes) => self.authorize(round, ground),
            (None, Passes::No) => {
                self.tell_rules(&rules, "refuses the client");
                Err(Stop::refused(403))
            }
            (Some(satisfy), Passes::Yes) => {
                self.tell(satisfy, "`Any`: one check is enough");
                self.tell_rules(&rules, "lets the client in");
                Ok(None)
            }
            (Some(satisfy), Passes::No) => {
                self.tell_rules(&rules, "refuses the client");
                self.tell(satisfy, "`Any`: one check is enough");
                self.authorize(round, ground)
            }
            (satisfy, Passes::Maybe) => {
                let result = self.authorize(round, ground);
                let is_same = match (&satisfy, &result) {
                    (Some(_), Ok(None)) => true,
                    (None, Err(Stop::Answer(answer))) => answer.status == 403,
                    _ => false,
                };
                if is_same {
                    result
                } else {
                    Err(Stop::unknown("`Allow` and `Deny` hang on what is not known"))
                }
            }
        }
    }

    fn tell_rules(&self, rules: &[Directive<'_>], note: &str) {
        for rule in rules {
            self.tell(*rule, note);
        }
    }

    fn matches_client(&self, line: Directive<'_>, round: &Round) -> Passes {
        let of = |known: Option<bool>| match known {
            Some(true) => Passes::Yes,
            Some(false) => Passes::No,
            None => Passes::Maybe,
        };
        let mut result = Passes::No;
        for word in line.arguments().skip(1) {
            let word = word.text();
            let small = word.to_ascii_lowercase();
            let this = if small == "all" {
                Passes::Yes
            } else if let Some(name) = small.starts_with("env=").then(|| &word[4..]) {
                match name.strip_prefix('!') {
                    Some(name) => of(round.environment.is_set(name).map(|is_set| !is_set)),
                    None => of(round.environment.is_set(name)),
                }
            } else {
                self.request.from.map_or(Passes::Maybe, |from| of(is_in(&word, from)))
            };
            match this {
                Passes::Yes => return Passes::Yes,
                Passes::Maybe => result = Passes::Maybe,
                Passes::No => {}
            }
        }
        result
    }

    /// `Require`, before and after the login (spec a68, a69).
    fn authorize(&self, round: &Round, ground: &Ground<'s>) -> Result<Option<String>, Stop> {
        let (outcome, doubt) = self.outcome(round, ground, None);
        if !ground.has_requirements() {
            return match self.scheme(round, ground)? {
                Some((line, _)) => {
                    self.tell(line, "no `Require` goes with it: 500");
                    Err(Stop::refused(500))
                }
                None => Ok(None),
            };
        }
        self.tell_requirements(ground, outcome);
        if outcome.must_be(Outcomes::GRANTED) {
            return Ok(None);
        }
        if outcome.must_be(Outcomes::DENIED.or(Outcomes::NEUTRAL)) {
            return Err(Stop::refused(403));
        }
        if !outcome.must_be(Outcomes::USER) {
            return Err(Stop::Unknown(
                doubt.unwrap_or_else(|| "what `Require` comes to is not known".into()),
            ));
        }
        let challenge = self.challenge(round, ground)?;
        let user = self.login(round, ground, &challenge)?;
        let (outcome, doubt) = self.outcome(round, ground, Some(&user));
        if outcome.must_be(Outcomes::GRANTED) {
            return Ok(Some(user));
        }
        if outcome.may_be(Outcomes::GRANTED) {
            return Err(Stop::Unknown(
                doubt.unwrap_or_else(|| "what `Require` comes to is not known".into()),
            ));
        }
        let sends_forbidden = ground.last_setting("AuthzSendForbiddenOnFailure");
        let sends_forbidden = sends_forbidden.filter(|line| line.is_ignoring_case(0, "on"));
        match sends_forbidden {
            Some(line) if outcome.must_be(Outcomes::DENIED) => {
                self.tell(line, "a user who is not wanted gets 403");
                Err(Stop::Answer(Answer { outcome: Outcome::Forbidden, ..Answer::refused(403) }))
            }
            Some(_) if outcome.may_be(Outcomes::DENIED) => {
                Err(Stop::Unknown(doubt.unwrap_or_else(|| "what `Require` comes to is not known".into())))
            }
            _ => Err(Stop::Answer(challenge)),
        }
    }

    fn outcome(&self, round: &Round, ground: &Ground<'s>, user: Option<&str>) -> (Outcomes, Option<String>) {
        let judging = Judging { visit: self, round, ground, user, doubt: RefCell::default() };
        let outcome = ground.outcome(&round.method, &|line| judging.judge(line));
        (outcome, judging.doubt.into_inner())
    }

    fn tell_requirements(&self, ground: &Ground<'s>, outcome: Outcomes) {
        let note = if outcome.must_be(Outcomes::GRANTED) {
            "lets the request in"
        } else if outcome.must_be(Outcomes::USER) {
            "asks for a user"
        } else {
            "refuses the request"
        };
        for line in ground.requiring().flat_map(|scope| scope.requires().collect::<Vec<_>>()) {
            if line.name() == Name::Require {
                self.tell(line, note);
            }
        }
    }
}
