//! Whether a second way to protected files is open.

use super::{Credentials, Decider, Outcome, Witness};
use crate::model::{Look, SecondWay, Site};

/// More ways than these are not gone on a site.
const MOST_WAYS: usize = 500;

/// The second ways of a site that are open: each with a request that shows it, or as far as the text of a part says it.
#[must_use]
pub fn open_ways<'s>(site: &'s Site<'s>) -> Vec<(SecondWay<'s>, Option<Witness>)> {
    let ways = site.second_ways();
    if ways.is_empty() {
        return Vec::new();
    }
    let decider = Decider::new(site, Look::nothing()).assuming(ways.iter().map(|way| way.path.clone()));
    let open = ways.into_iter().take(MOST_WAYS).filter_map(|way| {
        let witness = decider.fetch(way.server, &way.url, Credentials::None);
        let is_shown = witness.as_ref().is_some_and(|witness| witness.decision.sends(&way.path));
        let is_refuted = witness.as_ref().is_some_and(|it| it.decision.outcome != Outcome::Undetermined);
        match witness.filter(|_| is_shown) {
            None if is_refuted || !way.is_likely() => None,
            witness => Some((way, witness)),
        }
    });
    open.collect()
}
