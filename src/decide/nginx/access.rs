//! The access phase: addresses, password, subrequest, and how `satisfy` joins them (spec X1 to X8).

use super::phases::Phase;
use super::place::{Password, in_force};
use super::sockets::Known;
use super::users::Opened;
use super::variables::Unknown;
use super::visit::{Challenge, Run, Visit};
use crate::decide::Credentials;
use crate::model::{Cidr, Family};
use crate::userfile::Listed;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// What one check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It has nothing to say (spec X4).
    Abstains,
    Passes,
    Refuses(u16),
    /// The connection is closed.
    Closes(u16),
}

/// What the access phase comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    Passed,
    Refused(u16),
    Closed(u16),
}

impl<'r, 's> Run<'r, 's> {
    /// All checks in their order (spec X1 to X3).
    pub(super) fn check_access(&mut self, visit: &mut Visit<'r, 's>) -> Known<Checked> {
        let satisfy = in_force(visit.place.scope, Family::Satisfy)?.filter(|by| by.is(0, "any"));
        visit.user_file = None;
        for check in [Self::check_address, Self::check_password, Self::ask_subrequest] {
            match (check(self, visit)?, satisfy) {
                (Verdict::Abstains, _) | (Verdict::Passes, None) => {}
                (Verdict::Closes(code), _) => return Ok(Checked::Closed(code)),
                (Verdict::Passes, Some(satisfy)) => {
                    self.story.tell(satisfy.span(), "`satisfy any`: one check is enough");
                    // The challenge that was made last is taken back.
                    if let Some(challenge) = visit.challenges.last_mut() {
                        challenge.is_sent = false;
                    }
                    visit.refused_with = None;
                    return Ok(Checked::Passed);
                }
                (Verdict::Refuses(code @ (401 | 403)), Some(_)) => {
                    if visit.refused_with != Some(401) {
                        visit.refused_with = Some(code);
                    }
                }
                (Verdict::Refuses(code), _) => return Ok(Checked::Refused(code)),
            }
        }
        // Another error may have come between, and its page brought the request here.
        Ok(visit.refused_with.take().map_or(Checked::Passed, Checked::Refused))
    }

    /// `allow` and `deny`: the first that is about the client decides (spec X6).
    fn check_address(&mut self, visit: &mut Visit<'r, 's>) -> Known<Verdict> {
        let place = visit.place;
        let rules = place.rules.as_ref().map_err(String::clone)?;
        if rules.is_empty() {
            return Ok(Verdict::Abstains);
        }
        let client = self.client(visit);
        for rule in rules {
            let is_meant = match &client {
                Ok(client) => rule.whom.holds(*client),
                Err(why) => match rule.whom {
                    Cidr::All => true,
                    Cidr::Unix => false,
                    range @ Cidr::Range(..) => self.choices.ask(&format!("client {range:?}"), 2, why) == 0,
                },
            };
            if !is_meant {
                continue;
            }
            return Ok(if rule.allows {
                self.story.tell(rule.by.span(), "lets this address in");
                Verdict::Passes
            } else {
                self.story.tell(rule.by.span(), "refuses this address");
                Verdict::Refuses(403)
            });
        }
        Ok(Verdict::Abstains)
    }

    /// `auth_basic` (spec A1 to A8).
    fn check_password(&mut self, visit: &mut Visit<'r, 's>) -> Known<Verdict> {
        let place = visit.place;
        let Some(password) = place.password.as_ref().map_err(String::clone)? else {
            return Ok(Verdict::Abstains);
        };
        let realm = self.fill(visit, &password.realm);
        let key = format!("realm {:?}", password.by.span());
        let is_off = match &realm {
            Ok(realm) => realm == b"off",
            Err(unknown) => self.choices.ask(&key, 2, &unknown.why) == 1,
        };
        if is_off {
            self.story.tell(password.by.span(), "is `off` for this request");
            return Ok(Verdict::Abstains);
        }
        if password.realm.follows_the_path() || password.file.follows_the_path() {
            self.hang_on(|| "the part of the path that goes into the realm or the password file".into());
        }
        self.story.tell(password.by.span(), "asks for a password");
        let file = self.user_file(visit, password);
        visit.user_file = file.as_ref().ok().map(|path| path.to_string_lossy().into_owned());
        let user = match &self.request.credentials {
            _ if !self.has_header => None,
            Credentials::None => None,
            Credentials::Bad => Some(None),
            // The name ends at the first colon; without a name these are no credentials (spec A6).
            Credentials::User(name) if name.is_empty() || name.starts_with(':') => None,
            Credentials::User(name) if name.contains([':', '\0', '\n']) => {
                return Err("the name of the user holds a character that Basic has no place for".into());
            }
            Credentials::User(name) => Some(Some(name.as_str())),
        };
        let Some(user) = user else {
            return challenge(visit, realm);
        };
        let key = format!("user file {:?}", password.file_by.span());
        let Ok(path) = file else {
            return Err("which password file is opened is not known".into());
        };
        let content = self.tables.users(&path);
        let shown = path.display();
        match &*content {
            Opened::Missing => {
                self.story.tell(password.file_by.span(), "this file is not there");
                Ok(Verdict::Refuses(403))
            }
            Opened::Broken => {
                self.story.tell(password.file_by.span(), "this file cannot be read");
                Ok(Verdict::Refuses(500))
            }
            Opened::Unknown(why) => match self.choices.ask(&key, 4, why) {
                0 if user.is_some() => Ok(Verdict::Passes),
                0 | 1 => challenge(visit, realm),
                2 => Ok(Verdict::Refuses(403)),
                _ => Ok(Verdict::Refuses(500)),
            },
            Opened::Users(users) => match user.map(|user| users.basic(user, self.tables.site.library())) {
                Some(Listed::Yes) => {
                    let library = self.tables.site.library();
                    if let Some(why) = user.and_then(|user| users.is_unsure(user, library))
                        && self.choices.ask(&key, 2, why) == 1
                    {
                        return challenge(visit, realm);
                    }
                    let note = format!("lists `{}`", user.unwrap_or_default());
                    self.story.tell(password.file_by.span(), note);
                    Ok(Verdict::Passes)
                }
                Some(Listed::WithBlank) => {
                    match self.choices.ask(
                        &key,
                        2,
                        "whether the blank behind the password is sent is not known",
                    ) {
                        0 => Ok(Verdict::Passes),
                        _ => challenge(visit, realm),
                    }
                }
                Some(Listed::Never) => {
                    self.story.tell(password.file_by.span(), "no password has the hash of this user");
                    challenge(visit, realm)
                }
                Some(Listed::No) => {
                    self.story.tell(password.file_by.span(), format!("{shown} does not list this user"));
                    challenge(visit, realm)
                }
                None => challenge(visit, realm),
            },
        }
    }

    /// The file's full path: relative ones start from the directory of the main configuration (spec A4).
    fn user_file(
        &mut self,
        visit: &mut Visit<'r, 's>,
        password: &'r Password<'s>,
    ) -> Result<PathBuf, Unknown> {
        let path = PathBuf::from(OsString::from_vec(self.fill(visit, &password.file)?));
        self.tables.site.absolute(&path).ok_or_else(|| Unknown::new("where the file lies is not known", true))
    }

    /// `auth_request`: a subrequest that is answered like any other request, without checks (spec R1 to R9).
    fn ask_subrequest(&mut self, visit: &mut Visit<'r, 's>) -> Known<Verdict> {
        let Some(by) = in_force(visit.place.scope, Family::Subrequest)? else { return Ok(Verdict::Abstains) };
        let uri = by.argument(0).map(|value| value.bytes()).unwrap_or_default();
        if uri.as_ref() == b"off" {
            return Ok(Verdict::Abstains);
        }
        let mut subrequest = Visit::new(self.place(self.server));
        subrequest.uri = uri.into_owned();
        subrequest.is_subrequest = true;
        subrequest.is_internal = true;
        self.story.tell(by.span(), "asks a subrequest");
        let end = self.go(&mut subrequest, Phase::ServerRewrite)?;
        for set in visit.place.scope.list(Family::SubrequestVariables) {
            let word = |n: usize| set.argument(n).map(|value| value.bytes().into_owned()).unwrap_or_default();
            let value = super::text::Text::new(&word(1), false);
            let value = self.fill(&mut subrequest, &value);
            let name = String::from_utf8_lossy(&word(0)).trim_start_matches('$').to_ascii_lowercase();
            self.variables.insert(name, value);
        }
        let Some(status) = end.status else {
            return Err("what the subrequest is answered by its handler is not known".into());
        };
        Ok(match status {
            _ if end.is_closed => Verdict::Closes(status),
            200..=299 => Verdict::Passes,
            401 | 403 => {
                self.story.tell(by.span(), format!("the subrequest is answered with {status}"));
                Verdict::Refuses(status)
            }
            _ => {
                self.story
                    .tell(by.span(), format!("the subrequest is answered with {status}: that is an error"));
                Verdict::Refuses(500)
            }
        })
    }
}

fn challenge(visit: &mut Visit<'_, '_>, realm: Result<Vec<u8>, Unknown>) -> Known<Verdict> {
    let user_file = visit.user_file.clone();
    visit.challenges.push(Challenge {
        realm: realm.map_err(|unknown| unknown.why)?,
        user_file,
        is_sent: true,
    });
    Ok(Verdict::Refuses(401))
}
