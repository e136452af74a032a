//! Whether a second way to protected files is open.

use super::{Credentials, Decider, Outcome, Witness};
use crate::model::SecondWay;

/// More ways than these are not gone on a site.
const MOST_WAYS: usize = 500;

impl<'s> Decider<'s> {
    /// The way, if it is open: with a request that shows it, or as far as the text of a part says it. The decider has to be
    /// made by [`Decider::assuming`] with the files of the ways.
    pub fn open_way(&self, way: &SecondWay<'s>) -> Option<Option<Witness>> {
        if !self.may_search(MOST_WAYS) {
            return None;
        }
        let witness = self.fetch(way.server, &way.url, Credentials::None);
        match witness {
            Some(witness) if witness.decision.sends(&way.path) => Some(Some(witness)),
            Some(witness) if witness.decision.outcome != Outcome::Undetermined => None,
            _ => way.is_likely().then_some(None),
        }
    }
}
