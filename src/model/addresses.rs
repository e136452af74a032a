//! What lists of `allow` and `deny` say nothing about (spec X6, W8).

use std::net::IpAddr;

use super::names::{Family, Name};
use super::server::{Listen, listen};
use super::{Asks, Cidr, Directive, Kind, Scope, Site};

/// A list that refuses all of IPv4 in the end and leaves out clients that come to its server otherwise.
#[derive(Clone, Debug)]
pub struct Ipv4List<'s> {
    /// The `deny` by which IPv4 is closed.
    pub closed_by: Directive<'s>,
    /// Whether that line alone does it: then `all` can stand in its place.
    pub is_closed_by_one: bool,
    /// Where the other clients come in: an address of IPv6, or a UNIX socket.
    pub listen: Listen<'s>,
    /// A place where the list is in force and nothing else keeps them out.
    pub place: Scope<'s>,
}

/// The global addresses of IPv6 are `2000::/3`: a rule with so few bits is about all of them.
const MOST_BITS_FOR_ALL_IPV6: u8 = 3;

impl Site<'_> {
    /// The lists of nginx that forget clients, each for the first server where it does so.
    #[must_use]
    pub fn lists_for_ipv4_only(&self) -> Vec<Ipv4List<'_>> {
        self.scopes().filter(|_| !self.is_apache()).filter_map(Scope::list_for_ipv4_only).collect()
    }
}

impl<'s> Scope<'s> {
    fn list_for_ipv4_only(self) -> Option<Ipv4List<'s>> {
        let (closed_by, is_closed_by_one) = self.closes_ipv4_alone()?;
        let in_server = |server: Scope<'s>| {
            let listen = server.forgotten_by(self)?;
            let around = if self.server().is_some() { self } else { server };
            let place = around.place_left_open_by(self).filter(|_| server.answer().is_none())?;
            Some(Ipv4List { closed_by, is_closed_by_one, listen, place })
        };
        match self.server() {
            Some(server) => in_server(server),
            // A list of the http block is for every server that has none of its own.
            None => self.site.scopes_of(Kind::Server).find_map(in_server),
        }
    }

    /// The `deny` of this very scope with which no address of IPv4 is left, where no line is about all of IPv6.
    fn closes_ipv4_alone(self) -> Option<(Directive<'s>, bool)> {
        let (mut denied, mut last, mut by_one) = (Vec::new(), None, None);
        for line in self.own(Family::Rules).filter(|_| self.is_wholly_known() && !self.is_conditional()) {
            let is_deny = line.name() == Name::Deny;
            match Cidr::new(&line.literal(0).filter(|_| line.is_certain())?)? {
                Cidr::All => return None,
                Cidr::Range(IpAddr::V6(_), bits) if bits <= MOST_BITS_FOR_ALL_IPV6 => return None,
                Cidr::Range(IpAddr::V4(_), 0) if !is_deny => return None,
                Cidr::Range(IpAddr::V4(address), bits) if is_deny => {
                    denied.push(span(address.to_bits(), bits));
                    last = Some(line);
                    by_one = by_one.or((bits == 0).then_some(line));
                }
                Cidr::Range(..) | Cidr::Unix => {}
            }
        }
        match by_one {
            Some(line) => Some((line, true)),
            None => last.filter(|_| is_everything(&mut denied)).map(|line| (line, false)),
        }
    }

    /// The address on which this server takes clients that a list of IPv4 addresses is not about. Those of this
    /// machine alone are no strangers.
    fn forgotten_by(self, list: Scope<'s>) -> Option<Listen<'s>> {
        let speaks_of_unix = list.own(Family::Rules).any(|line| line.is(0, "unix:"))
            || self.lines_around(Family::RealIp).any(|line| line.is(0, "unix:"));
        let listens: Vec<Listen<'s>> = self.own(Family::Listen).filter_map(listen).collect();
        let is_unix = |listen: &&Listen<'s>| listen.address.starts_with("unix:") && !speaks_of_unix;
        let ipv6 = listens.iter().find(|listen| listen.is_ipv6() && !listen.is_local());
        ipv6.or_else(|| listens.iter().find(is_unix)).cloned()
    }

    /// The lines of a family here and around.
    fn lines_around(self, family: Family) -> impl Iterator<Item = Directive<'s>> {
        std::iter::once(self).chain(self.ancestors()).flat_map(move |scope| scope.own(family))
    }

    /// A place of this scope where a list is in force, and a client that it says nothing of passes: a password, where
    /// one check is enough, is asked of those too (spec X5).
    fn place_left_open_by(self, list: Scope<'s>) -> Option<Scope<'s>> {
        let is_rest = |child: Scope<'s>| child.location().is_some_and(|location| location.path == "/");
        let has_rest = self.kind() == Kind::Server && self.children().any(is_rest);
        let inner = std::iter::once(self).filter(|_| !has_rest).chain(self.descendants());
        let is_left_open = |place: &Scope<'s>| {
            let is_any = place.directive(Family::Satisfy).is_some_and(|line| line.is(0, "any"));
            let is_asked = is_any && !matches!(place.asks(), Asks::Nothing);
            place.kind() != Kind::If
                && place.provider(Family::Rules) == Some(list)
                && !place.is_subrequest_target()
                && place.answer().is_none()
                && !is_asked
        };
        let mut places: Vec<Scope<'s>> = inner.filter(is_left_open).collect();
        places.sort_by_key(|place| place.id);
        places.into_iter().next()
    }
}

/// The first and the last address of a range.
fn span(address: u32, bits: u8) -> (u32, u32) {
    let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
    (address & mask, address | !mask)
}

/// Whether ranges leave no address out.
fn is_everything(ranges: &mut [(u32, u32)]) -> bool {
    ranges.sort_unstable();
    let mut next = Some(0);
    for &(first, last) in ranges.iter() {
        match next {
            Some(start) if first > start => return false,
            Some(start) => next = last.checked_add(1).map(|after| after.max(start)),
            None => break,
        }
    }
    next.is_none()
}

#[cfg(test)]
mod tests {
    use super::{is_everything, span};

    #[test]
    fn ranges_that_leave_nothing_out() {
        let of = |ranges: &[(u32, u8)]| {
            is_everything(&mut ranges.iter().map(|&(address, bits)| span(address, bits)).collect::<Vec<_>>())
        };
        assert!(of(&[(0, 0)]));
        assert!(of(&[(1 << 31, 1), (0, 1)]));
        assert!(of(&[(0, 0), (10 << 24, 8)]));
        assert!(!of(&[(0, 1)]));
        assert!(!of(&[(0, 1), ((1 << 31) + 1, 32)]));
        assert!(!of(&[]));
    }
}
