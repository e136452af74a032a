//! What a `Require` line comes to for one request (spec a67 to a77).

use std::cell::RefCell;
use std::net::IpAddr;
use std::path::Path;

use super::expr;
use super::parse;
use super::passwords::Opened;
use super::visit::{Asking, Round, Visit};
use crate::model::{Directive, Family, Ground, Outcomes};

/// A look at the `Require` lines, before or after the login.
pub struct Judging<'a, 'v, 's> {
    pub visit: &'a Visit<'v, 's>,
    pub round: &'a Round,
    pub ground: &'a Ground<'s>,
    /// Who has logged in.
    pub user: Option<&'a str>,
    /// The first line whose result is not known.
    pub doubt: RefCell<Option<String>>,
}

impl Judging<'_, '_, '_> {
    /// What a line comes to.
    pub fn judge(&self, line: Directive<'_>) -> Outcomes {
        let Some((provider, is_negated)) = line.provider() else { return self.unknown(line) };
        let at = 1 + usize::from(is_negated);
        let outcome = match provider.as_str() {
            "all" if line.is_ignoring_case(at, "granted") => Outcomes::GRANTED,
            "all" => Outcomes::DENIED,
            "valid-user" => self.of_user(|_| Some(true), line),
            "user" => self
                .of_user(|user| self.words(line, at).map(|words| words.iter().any(|one| one == user)), line),
            "group" => self.of_user(|user| self.is_in_groups(user, line, at), line),
            "ip" => self.of(self.is_from(line, at), line),
            "local" => self.of(self.is_local(), line),
            "method" => {
                let method = &self.round.method;
                let is_named = |word: &str| {
                    word == method || [word, method].iter().all(|one| ["GET", "HEAD"].contains(one))
                };
                self.of(Some(line.arguments().skip(at).any(|word| is_named(&word.text()))), line)
            }
            "env" => {
                let names = line.arguments().skip(at).map(|word| self.round.environment.is_set(&word.text()));
                self.of(expr::any(names), line)
            }
            "expr" => self.expression(line, at),
            _ => self.unknown(line),
        };
        if is_negated { outcome.negated() } else { outcome }
    }

    fn of(&self, holds: Option<bool>, line: Directive<'_>) -> Outcomes {
        match holds {
            Some(true) => Outcomes::GRANTED,
            Some(false) => Outcomes::DENIED,
            None => {
                self.note(line);
                Outcomes::GRANTED.or(Outcomes::DENIED)
            }
        }
    }

    fn of_user(&self, holds: impl Fn(&str) -> Option<bool>, line: Directive<'_>) -> Outcomes {
        match self.user {
            None => Outcomes::USER,
            Some(user) => self.of(holds(user), line),
        }
    }

    fn unknown(&self, line: Directive<'_>) -> Outcomes {
        self.note(line);
        Outcomes::UNKNOWN
    }

    fn note(&self, line: Directive<'_>) {
        self.doubt
            .borrow_mut()
            .get_or_insert_with(|| format!("what `{}` comes to is not known", line.text()));
    }

    /// The words of `user` and `group`, which may ask for what the request brings.
    fn words(&self, line: Directive<'_>, at: usize) -> Option<Vec<String>> {
        let rest = line.rest(at);
        if !rest.contains("%{") {
            return Some(line.arguments().skip(at).map(|word| word.text().into_owned()).collect());
        }
        let asking = Asking { visit: self.visit, round: self.round };
        let value = parse::parse_text(&rest)?.value(&asking)?;
        Some(value.split_ascii_whitespace().map(str::to_owned).collect())
    }

    fn is_in_groups(&self, user: &str, line: Directive<'_>, at: usize) -> Option<bool> {
        let Some(file) = self.ground.line(Family::GroupFile) else { return Some(false) };
        let path = self.visit.ready.site.absolute(Path::new(&*file.literal(0)?))?;
        let file = self.visit.ready.user_files.groups(&self.visit.ready.disk, &path);
        match &*file {
            Opened::Unknown(_) => None,
            Opened::Broken(_) => Some(false),
            Opened::Read(groups) => {
                Some(self.words(line, at)?.iter().any(|group| groups.is_member(user, group)))
            }
        }
    }

    fn is_from(&self, line: Directive<'_>, at: usize) -> Option<bool> {
        let from = self.visit.request.from;
        expr::any(line.arguments().skip(at).map(|word| is_in(&word.text(), from?)))
    }

    fn is_local(&self) -> Option<bool> {
        let from = self.visit.request.from?;
        if super::visit::is_local(from) {
            return Some(true);
        }
        self.visit.ready.hosts.local_address(self.visit.request).map(|own| own == from)
    }

    /// `expr`; one about the user asks for a login when it fails (spec a76).
    fn expression(&self, line: Directive<'_>, at: usize) -> Outcomes {
        let rest = line.rest(at);
        let text = rest.trim();
        let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let round = Round { user: self.user.map(str::to_owned), ..self.round.clone() };
        let asking = Asking { visit: self.visit, round: &round };
        let holds = parse::parse(text).and_then(|expr| expr.holds(&asking, &self.visit.ready.regexes));
        match holds {
            Some(false) if text.contains("REMOTE_USER") => Outcomes::USER,
            None if text.contains("REMOTE_USER") => {
                self.note(line);
                Outcomes::GRANTED.or(Outcomes::USER)
            }
            holds => self.of(holds, line),
        }
    }
}

/// Whether an address is in a network as `Require ip` and `Allow from` take it: a whole address, a
/// beginning, a prefix length or a mask (spec a73).
pub fn is_in(network: &str, address: IpAddr) -> Option<bool> {
    let address = match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    let (start, mask) = network.split_once('/').map_or((network, None), |(start, mask)| (start, Some(mask)));
    if let Ok(known) = start.parse::<IpAddr>() {
        let (IpAddr::V4(_), IpAddr::V4(_)) = (known, address) else {
            let (IpAddr::V6(a), IpAddr::V6(b)) = (known, address) else { return Some(false) };
            let bits: u32 = mask.map_or(Some(128), |mask| mask.parse().ok())?;
            let mask = u128::MAX.checked_shl(128_u32.checked_sub(bits)?).unwrap_or(0);
            return Some(a.to_bits() & mask == b.to_bits() & mask);
        };
        let (IpAddr::V4(a), IpAddr::V4(b)) = (known, address) else { return Some(false) };
        let mask = match mask {
            None => u32::MAX,
            Some(mask) => match mask.parse::<std::net::Ipv4Addr>() {
                Ok(mask) => mask.to_bits(),
                Err(_) => u32::MAX.checked_shl(32_u32.checked_sub(mask.parse().ok()?)?).unwrap_or(0),
            },
        };
        return Some(a.to_bits() & mask == b.to_bits() & mask);
    }
    let parts: Option<Vec<u8>> =
        start.trim_end_matches('.').split('.').map(|part| part.parse().ok()).collect();
    let parts = parts.filter(|parts| parts.len() < 4)?;
    let IpAddr::V4(four) = address else { return Some(false) };
    match mask {
        None => Some(four.octets().starts_with(&parts)),
        Some(mask) => {
            let mut whole = [0; 4];
            whole[..parts.len()].copy_from_slice(&parts);
            is_in(&format!("{}/{mask}", std::net::Ipv4Addr::from(whole)), address)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_in;

    #[test]
    fn networks() {
        let from = "127.0.0.1".parse().expect("an address");
        for network in ["127.0.0.1", "127", "127.0", "127.0.0.0/8", "127.0.0.0/255.0.0.0", "127.0/16"] {
            assert_eq!(is_in(network, from), Some(true), "{network}");
        }
        assert_eq!(is_in("10.0.0.0/8", from), Some(false));
        assert_eq!(is_in("::1", from), Some(false));
        assert_eq!(is_in("name.example", from), None);
    }
}
