//! Who has logged in, and what is asked for (spec a80 to a94).

use std::path::Path;

use super::parse;
use super::passwords::Opened;
use super::stop::{Answer, Stop};
use super::visit::{Asking, Brought, Round, Visit};
use crate::decide::Outcome;
use crate::model::{Directive, Family, Ground};
use crate::userfile::Listed;

/// What a provider says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Granted,
    Denied,
    NotFound,
    /// One of the two before: the password is wrong, and whether the user is there is not known.
    DeniedOrNotFound,
    Broken,
}

impl<'s> Visit<'_, 's> {
    /// `AuthType`, in small letters, with its line; none where nobody is asked.
    pub fn scheme(
        &self,
        round: &Round,
        ground: &Ground<'s>,
    ) -> Result<Option<(Directive<'s>, String)>, Stop> {
        let Some(line) = ground.line(Family::Scheme) else { return Ok(None) };
        let word = self.text(line, round)?.to_ascii_lowercase();
        Ok((word != "none").then_some((line, word)))
    }

    /// The first argument, in which variables of the request may stand (spec a14).
    fn text(&self, line: Directive<'s>, round: &Round) -> Result<String, Stop> {
        let asking = Asking { visit: self, round };
        let word = line.literal(0).and_then(|text| parse::parse_text(&text));
        word.and_then(|word| word.value(&asking))
            .ok_or_else(|| Stop::unknown(format!("what `{}` comes to is not known", line.text())))
    }

    /// What is answered to who has not logged in.
    pub fn challenge(&self, round: &Round, ground: &Ground<'s>) -> Result<Answer, Stop> {
        let Some((line, word)) = self.scheme(round, ground)? else {
            if let Some(line) = ground.line(Family::Scheme) {
                self.tell(line, "nobody can log in: 500");
            }
            return Err(Stop::refused(500));
        };
        let site = self.ready.site;
        let (scheme, module) = match word.as_str() {
            "basic" => ("basic", "auth_basic"),
            "digest" => ("digest", "auth_digest"),
            "form" => ("form", "auth_form"),
            _ if site.has_only_own_modules() => {
                self.tell(line, "no module has this type: 500");
                return Err(Stop::refused(500));
            }
            _ => return Err(Stop::unknown(format!("who asks for `AuthType {word}` is not known"))),
        };
        if !self.ready.has_module(&[module]) {
            self.tell(line, "its module is not loaded: 500");
            return Err(Stop::refused(500));
        }
        self.tell(line, "says how to log in");
        let Some(name) = ground.line(Family::Realm) else {
            self.tell(line, "there is no `AuthName`: 500");
            return Err(Stop::refused(500));
        };
        let realm = self.text(name, round)?;
        if scheme == "form" {
            if let Some(target) = ground.last_setting("AuthFormLoginRequiredLocation") {
                self.tell(target, "sends who is not logged in to a form");
                return Ok(Answer::responds(302));
            }
            return Ok(Answer { scheme: Some(scheme), ..Answer::refused(401) });
        }
        self.tell(name, "is the realm");
        if realm.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t') {
            self.tell(name, "does not fit into a header: 500");
            return Err(Stop::refused(500));
        }
        let changes = ground.lines(Family::Setting).find(|line| {
            line.is_named("header")
                && line.arguments().any(|word| word.text().eq_ignore_ascii_case("www-authenticate"))
        });
        let realm = Some(realm).filter(|_| changes.is_none());
        let user_file = self.user_file(ground).map(|(_, path)| path);
        if user_file.is_some() {
            self.user_file.borrow_mut().clone_from(&user_file);
        }
        Ok(Answer { scheme: Some(scheme), realm, user_file, ..Answer::refused(401) })
    }

    fn user_file(&self, ground: &Ground<'s>) -> Option<(Directive<'s>, String)> {
        let line = ground.line(Family::UserFile)?;
        let path = self.ready.site.absolute(Path::new(&*line.literal(0)?))?;
        Some((line, path.to_str()?.to_owned()))
    }

    /// The user, or what is answered instead.
    pub fn login(&self, round: &Round, ground: &Ground<'s>, challenge: &Answer) -> Result<String, Stop> {
        let refused = || Err(Stop::Answer(challenge.clone()));
        if challenge.scheme != Some("basic") {
            return match (challenge.scheme, &*self.credentials.borrow()) {
                (Some("digest"), Brought::Unknown) => Err(Stop::unknown("the credentials are not known")),
                _ => refused(),
            };
        }
        let brought = self.credentials.borrow().clone();
        let user = match &brought {
            Brought::None => return refused(),
            Brought::Unknown => return Err(Stop::unknown("the credentials are not known")),
            Brought::Bad => None,
            Brought::User(name) | Brought::Fake(name) => Some(name.as_str()),
        };
        let is_authoritative = !ground
            .last_setting("AuthBasicAuthoritative")
            .is_some_and(|line| line.is_ignoring_case(0, "off"));
        let providers = Self::providers(ground);
        if providers.is_empty() && !self.ready.has_module(&["authn_file"]) {
            return Err(Stop::refused(500));
        }
        let words = if providers.is_empty() { vec!["file".to_owned()] } else { providers };
        let mut may_be_refused = false;
        for provider in words {
            let said = self.ask(&provider, user, round, ground)?;
            match said {
                Said::Granted if may_be_refused => break,
                Said::Granted => return Ok(user.unwrap_or_default().to_owned()),
                Said::Denied => return refused(),
                Said::Broken if may_be_refused => {
                    return Err(Stop::unknown("it hangs on whether the user is in the file"));
                }
                Said::Broken => return Err(Stop::refused(500)),
                Said::NotFound => {}
                Said::DeniedOrNotFound => may_be_refused = true,
            }
        }
        match (is_authoritative, may_be_refused) {
            (true, _) => refused(),
            (false, false) => {
                if let Some(line) = ground.last_setting("AuthBasicAuthoritative") {
                    self.tell(line, "leaves a user who is not found to nobody: 500");
                }
                Err(Stop::refused(500))
            }
            (false, true) => Err(Stop::unknown("it hangs on whether the user is in the file")),
        }
    }

    /// The words of `AuthBasicProvider`.
    fn providers(ground: &Ground<'s>) -> Vec<String> {
        let words = |scope: &crate::model::Scope<'s>| -> Vec<String> {
            let lines = scope.own(Family::Provider).filter(|line| line.is_named("AuthBasicProvider"));
            lines
                .flat_map(|line| line.arguments().map(|word| word.text().into_owned()).collect::<Vec<_>>())
                .collect()
        };
        ground.scopes.iter().rev().map(words).find(|words| !words.is_empty()).unwrap_or_default()
    }

    fn ask(
        &self,
        provider: &str,
        user: Option<&str>,
        round: &Round,
        ground: &Ground<'s>,
    ) -> Result<Said, Stop> {
        if provider != "file" {
            return Err(Stop::unknown(format!("whom the provider `{provider}` knows is not known")));
        }
        let Some((line, path)) = self.user_file(ground) else { return Ok(Said::Broken) };
        let digest = ground.last_setting("AuthBasicUseDigestAlgorithm");
        let digest = digest.is_some_and(|line| line.is_ignoring_case(0, "md5"));
        let file = self.ready.user_files.users(&self.ready.disk, Path::new(&path));
        let users = match &*file {
            Opened::Unknown(why) => return Err(Stop::unknown(why.clone())),
            Opened::Broken(why) => {
                self.tell(line, format!("{why}: 500"));
                return Ok(Said::Broken);
            }
            Opened::Read(users) => users,
        };
        self.tell(line, "is looked into");
        let Some(user) = user else {
            return Ok(if users.is_empty() { Said::NotFound } else { Said::DeniedOrNotFound });
        };
        let listed = if digest {
            let realm = ground.line(Family::Realm).map(|line| self.text(line, round)).transpose()?;
            users.digest(user, &realm.unwrap_or_default())
        } else {
            let library = self.ready.site.library();
            if let Some(why) = users.is_unsure(user, library) {
                return Err(Stop::unknown(why));
            }
            users.basic(user, library)
        };
        match listed {
            Listed::Yes if matches!(&*self.credentials.borrow(), Brought::Fake(_)) => {
                Err(Stop::unknown("whether the password of `AuthBasicFake` is right is not known"))
            }
            // httpd takes blanks at the end of a line away.
            Listed::Yes | Listed::WithBlank => Ok(Said::Granted),
            Listed::No => Ok(Said::NotFound),
            Listed::Never => Ok(Said::Denied),
        }
    }
}

impl Answer {
    /// Whether it is a challenge.
    pub fn is_challenge(&self) -> bool {
        self.outcome == Outcome::Challenge
    }
}
