//! `ErrorDocument`: what a visitor gets to see of a refusal (spec a120, a121).

use super::environment::Environment;
use super::stop::{Answer, Stop};
use super::visit::{Round, Visit};
use crate::decide::{Authorization, Outcome};
use crate::model::{Directive, Family, Ground};

impl<'s> Visit<'_, 's> {
    /// `ErrorDocument` with a URL sends the visitor there; a page or a text keeps the status, unless a
    /// backend gives the page (spec a120, a121).
    pub fn dressed(
        &self,
        answer: Answer,
        ground: Option<&Ground<'s>>,
    ) -> Result<Option<Authorization>, Stop> {
        let status = answer.status.to_string();
        let line = ground.and_then(|ground| {
            // A URL for 401 is not taken.
            let is_url = |line: &Directive<'_>| line.literal(1).is_some_and(|word| word.contains("://"));
            let lines = ground.lines(Family::ErrorPage).filter(|line| line.is(0, &status));
            lines.filter(|line| answer.status != 401 || !is_url(line)).last()
        });
        let target = line.and_then(|line| Some((line, line.literal(1)?)));
        let Some((line, target)) = target.filter(|_| answer.status >= 400) else {
            return Err(Stop::Answer(answer));
        };
        if target.starts_with("http://") || target.starts_with("https://") {
            self.tell(line, "sends the visitor elsewhere");
            return Err(Stop::Answer(Answer { outcome: Outcome::Responds, ..Answer::refused(302) }));
        }
        if !target.starts_with('/') {
            return Err(Stop::Answer(answer));
        }
        // The page is asked for in silence: what is told stays what was refused.
        let told = self.story.borrow().clone();
        let path = target.split('?').next().unwrap_or_default();
        let mut round = Round::new(path.to_owned(), None, "GET");
        round.depth = 1;
        let environment = match self.last.borrow().clone() {
            Some(last) => {
                round.before = Some(last.sections);
                round.before_directory = Some(last.directory);
                last.environment
            }
            None => Environment::default(),
        };
        round.environment = environment.redirected(answer.status);
        self.set_server_variables(&mut round);
        self.is_answered_by_rule.set(false);
        let page = self.round(round, &mut None).map(|ending| {
            let is_backend = self.is_backend(&ending);
            if is_backend { self.authorization(&ending) } else { None }
        });
        match page {
            Ok(Some(authorization)) => {
                self.tell(line, "has a backend answer instead");
                Ok(Some(authorization))
            }
            // A rewriting rule makes its own answer of it (`hook_uri2file` forgets the first status).
            Err(Stop::Answer(inner)) if self.is_answered_by_rule.get() => Err(Stop::Answer(inner)),
            Err(Stop::Unknown(why)) if self.ready.has_module(&["proxy_http"]) => Err(Stop::Unknown(why)),
            // The challenge is that of the page, if it asks for a login itself; one by Digest goes out
            // behind the first (`note_digest_auth_failure` adds to the header).
            Err(Stop::Answer(inner))
                if inner.is_challenge()
                    && (inner.scheme == Some("basic")
                        || answer.scheme == Some("form")
                        || !answer.is_challenge()) =>
            {
                self.story.replace(told);
                let Answer { scheme, realm, .. } = inner;
                Err(Stop::Answer(Answer { scheme, realm, ..answer }))
            }
            _ => {
                self.story.replace(told);
                Err(Stop::Answer(answer))
            }
        }
    }
}
