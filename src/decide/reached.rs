//! Who gets a password file that lies among the files of a site.

use super::{Credentials, Decider, Outcome, Witness};
use crate::model::ServedFile;

/// To whom a file is sent, with the request that shows it.
#[derive(Clone, Debug)]
pub enum Reached {
    /// To everybody.
    ByEverybody(Witness),
    /// To those who have logged in.
    ByUsers(Witness),
    /// To nobody, and that only because of a rule about its name: a file of another name beside it is sent.
    ButForItsName(Witness),
}

/// A name that no rule about names can mean.
const INNOCENT: &str = "authlint-0.html";

/// More users of `Require user` than these are not tried.
const MOST_USERS: usize = 10;

/// For more files of Apache than this nothing is proven: what is merged for one request looks at all virtual hosts.
const MOST_FILES: usize = 2_000;

impl<'s> Decider<'s> {
    /// Takes these files for there, and others beside them.
    #[must_use]
    pub fn with_files_served(mut self, served: &[ServedFile<'_>]) -> Self {
        let named = self.site.sections().flat_map(|scope| scope.named_users());
        let users = named.flat_map(|line| line.names).map(|name| name.text().into_owned());
        for name in users.filter(|name| !name.contains([':', '\n', '\r'])) {
            if self.assumed_users.len() < MOST_USERS && !self.assumed_users.contains(&name) {
                self.assumed_users.push(name);
            }
        }
        self.assuming(served.iter().flat_map(|one| [one.path.clone(), one.path.with_file_name(INNOCENT)]))
    }

    /// Who gets the file; none where nobody does, or nobody knows. The decider has to be made
    /// [`Decider::with_files_served`].
    #[must_use]
    pub fn reach(&self, one: &ServedFile<'s>) -> Option<Reached> {
        if self.site.is_apache() && !self.may_search(MOST_FILES) {
            return None;
        }
        let witness = self.fetch(one.server, &one.url, Credentials::None)?;
        if witness.decision.sends(&one.path) {
            return Some(Reached::ByEverybody(witness));
        }
        match witness.decision.outcome {
            Outcome::Challenge => {
                let mut witnesses = self.users().filter_map(|user| self.fetch(one.server, &one.url, user));
                witnesses.find(|witness| witness.decision.sends(&one.path)).map(Reached::ByUsers)
            }
            Outcome::Forbidden | Outcome::Responds => {
                let other = one.path.with_file_name(INNOCENT);
                let url = format!("{}/{INNOCENT}", one.url.rsplit_once('/')?.0);
                let sibling = |credentials| self.fetch(one.server, &url, credentials);
                let is_sent = |credentials| sibling(credentials).is_some_and(|it| it.decision.sends(&other));
                let is_open = std::iter::once(Credentials::None).chain(self.users()).any(is_sent);
                is_open.then_some(Reached::ButForItsName(witness))
            }
            _ => None,
        }
    }

    /// Everybody who is assumed to be in the files.
    fn users(&self) -> impl Iterator<Item = Credentials> {
        let named = self.assumed_users.iter().cloned();
        std::iter::once(Self::USER.to_owned()).chain(named).map(Credentials::User)
    }
}
