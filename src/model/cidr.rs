//! Address ranges of nginx's `allow`, `deny`, `set_real_ip_from` and `geo` (spec X6).

use std::net::IpAddr;

/// Whom a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cidr {
    /// Everybody.
    All,
    /// Clients of a UNIX socket.
    Unix,
    /// The addresses whose first bits are these.
    Range(IpAddr, u8),
}

impl Cidr {
    /// None where the text is no range.
    #[must_use]
    pub fn new(text: &str) -> Option<Cidr> {
        match text {
            "all" => return Some(Cidr::All),
            "unix:" => return Some(Cidr::Unix),
            _ => {}
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u8>().ok()?)),
            None => (text.parse().ok()?, None),
        };
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        (bits <= width).then_some(Cidr::Range(address, bits))
    }

    /// Whether a client at this address is meant. An IPv4 address mapped into IPv6 is an IPv4 address.
    #[must_use]
    pub fn holds(self, client: IpAddr) -> bool {
        let (address, bits) = match self {
            Cidr::All => return true,
            Cidr::Unix => return false,
            Cidr::Range(address, bits) => (address, u32::from(bits)),
        };
        match (address, client.to_canonical()) {
            (IpAddr::V4(range), IpAddr::V4(client)) => {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                range.to_bits() & mask == client.to_bits() & mask
            }
            (IpAddr::V6(range), IpAddr::V6(client)) => {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                range.to_bits() & mask == client.to_bits() & mask
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_addresses() {
        for (range, client, expected) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.1/8", "10.1.2.3", true),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("::/0", "10.0.0.1", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("all", "::1", true),
            ("unix:", "127.0.0.1", false),
        ] {
            let range = Cidr::new(range).expect("a range");
            assert_eq!(range.holds(client.parse().expect("an address")), expected, "{range:?} {client}");
        }
        assert_eq!(Cidr::new("10.0.0.0/33"), None);
        assert_eq!(Cidr::new("localhost"), None);
    }
}
