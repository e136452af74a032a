//! Variables that `map` and `geo` make.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use super::regex::Regex;
use super::sockets::Known;
use super::text::Text;
use crate::model::{Cidr, Directive, Family, Kind, Name, Site};

/// A variable with a table.
#[derive(Debug)]
pub(super) struct Variable<'s> {
    pub(super) by: Directive<'s>,
    pub(super) table: Known<Table>,
}

#[derive(Debug)]
pub(super) enum Table {
    Map(Map),
    Geo(Geo),
}

/// `map`: exact values first, then expressions in their order, then the default.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) source: Text,
    /// By the value in small letters.
    pub(super) exact: HashMap<Vec<u8>, Text>,
    pub(super) regexes: Vec<(Regex, Text)>,
    pub(super) default: Text,
    /// Whether it is worked out anew each time.
    pub(super) is_volatile: bool,
    /// `hostnames`: values may be names with a star.
    pub(super) has_hosts: bool,
}

impl Map {
    /// The value for these bytes, expressions left out.
    pub(super) fn exact(&self, source: &[u8]) -> Option<&Text> {
        let mut source = source.to_ascii_lowercase();
        if !self.has_hosts {
            return self.exact.get(&source);
        }
        if source.ends_with(b".") {
            source.pop();
        }
        let dots: Vec<usize> =
            source.iter().enumerate().filter(|(_, byte)| **byte == b'.').map(|(at, _)| at).collect();
        let starred = |parts: [&[u8]; 2]| self.exact.get(&parts.concat());
        // The longest name with a star in front, then the longest with one at the end.
        let head = || dots.iter().find_map(|at| starred([b"*", &source[*at..]]));
        let tail = || dots.iter().rev().find_map(|at| starred([&source[..=*at], b"*"]));
        self.exact.get(&source).or_else(head).or_else(tail)
    }
}

/// `geo`: the first range that holds the address; ranges by bits have the longest first.
#[derive(Debug)]
pub(super) struct Geo {
    pub(super) source: Text,
    pub(super) ranges: Vec<(Span, Vec<u8>)>,
    pub(super) default: Vec<u8>,
}

/// Addresses with one value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Span {
    Bits(Cidr),
    /// From the first to the last, with `ranges`.
    Between(Ipv4Addr, Ipv4Addr),
}

impl Span {
    pub(super) fn holds(self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (Span::Bits(range), address) => range.holds(address),
            (Span::Between(first, last), IpAddr::V4(address)) => (first..=last).contains(&address),
            (Span::Between(..), IpAddr::V6(_)) => false,
        }
    }
}

/// All of them, by the name of the variable.
pub(super) fn variables<'s>(site: &'s Site<'s>) -> HashMap<String, Variable<'s>> {
    let mut variables = HashMap::new();
    for http in site.scopes_of(Kind::Http) {
        for by in http.own(Family::Variables) {
            let Some(last) = by.arity().checked_sub(1).and_then(|last| by.argument(last)) else { continue };
            let name = last.text().trim_start_matches('$').to_ascii_lowercase();
            let table = match by.name() {
                Name::Map => map(by).map(Table::Map),
                _ => geo(by).map(Table::Geo),
            };
            variables.insert(name, Variable { by, table });
        }
    }
    variables
}

fn lines(by: Directive<'_>) -> Known<Vec<Directive<'_>>> {
    by.lines().ok_or_else(|| format!("not all of `{}` is at hand", by.text()))
}

fn map(by: Directive<'_>) -> Known<Map> {
    let mut map = Map {
        source: Text::new(&by.argument(0).map(|value| value.bytes()).unwrap_or_default(), false),
        exact: HashMap::new(),
        regexes: Vec::new(),
        default: Text::default(),
        is_volatile: false,
        has_hosts: false,
    };
    for line in lines(by)? {
        let key = line.head_word().bytes();
        let Some(value) = line.argument(0).filter(|_| !line.is_template()) else {
            match key.as_ref() {
                b"volatile" => map.is_volatile = true,
                b"hostnames" => map.has_hosts = true,
                other => {
                    let other = String::from_utf8_lossy(other);
                    return Err(format!("`{other}` in `{}` is not judged", by.text()));
                }
            }
            continue;
        };
        let value = Text::new(&value.bytes(), false);
        match key.as_ref() {
            b"default" => map.default = value,
            [b'~', b'*', pattern @ ..] => map.regexes.push((Regex::new(pattern, true)?, value)),
            [b'~', pattern @ ..] => map.regexes.push((Regex::new(pattern, false)?, value)),
            // A backslash keeps what follows from being special.
            [b'\\', key @ ..] | key => drop(map.exact.insert(key.to_ascii_lowercase(), value)),
        }
    }
    if map.has_hosts {
        // `.x` is short for `x` and `*.x`.
        let short: Vec<Vec<u8>> = map.exact.keys().filter(|key| key.starts_with(b".")).cloned().collect();
        for key in short {
            if let Some(value) = map.exact.remove(&key) {
                map.exact.insert([b"*", key.as_slice()].concat(), value.clone());
                map.exact.entry(key[1..].to_vec()).or_insert(value);
            }
        }
    }
    Ok(map)
}

fn geo(by: Directive<'_>) -> Known<Geo> {
    let source = if by.arity() > 1 { by.argument(0).map(|value| value.bytes()) } else { None };
    let source = source.unwrap_or(std::borrow::Cow::Borrowed(b"$remote_addr"));
    let mut geo = Geo { source: Text::new(&source, false), ranges: Vec::new(), default: Vec::new() };
    for line in lines(by)? {
        let key = line.head_word().text();
        let unknown = || format!("`{key}` in `{}` is not judged", by.text());
        if key == "ranges" && line.arity() == 0 {
            continue;
        }
        let value =
            line.argument(0).filter(|_| !line.is_template()).ok_or_else(unknown)?.bytes().into_owned();
        if key == "default" {
            geo.default = value;
            continue;
        }
        let between =
            key.split_once('-').and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        let span = match (between, Cidr::new(&key)) {
            (Some((first, last)), _) => Span::Between(first, last),
            (None, Some(range @ Cidr::Range(..))) => Span::Bits(range),
            _ => return Err(unknown()),
        };
        geo.ranges.push((span, value));
    }
    geo.ranges.sort_by_key(|(span, _)| match span {
        Span::Bits(Cidr::Range(_, bits)) => std::cmp::Reverse(*bits),
        _ => std::cmp::Reverse(0),
    });
    Ok(geo)
}
