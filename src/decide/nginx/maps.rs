//! Variables that `map` and `geo` make.

use std::collections::HashMap;

use super::cidr::Cidr;
use super::regex::Regex;
use super::sockets::Known;
use super::text::Text;
use crate::model::{Directive, Family, Kind, Name, Site};

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
}

/// `geo`: the longest range that holds the address.
#[derive(Debug)]
pub(super) struct Geo {
    pub(super) source: Text,
    pub(super) ranges: Vec<(Cidr, Vec<u8>)>,
    pub(super) default: Vec<u8>,
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
    };
    for line in lines(by)? {
        let key = line.head_word().bytes();
        let Some(value) = line.argument(0).filter(|_| !line.is_template()) else {
            match key.as_ref() {
                b"volatile" => map.is_volatile = true,
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
    Ok(map)
}

fn geo(by: Directive<'_>) -> Known<Geo> {
    let source = if by.arity() > 1 { by.argument(0).map(|value| value.bytes()) } else { None };
    let source = source.unwrap_or(std::borrow::Cow::Borrowed(b"$remote_addr"));
    let mut geo = Geo { source: Text::new(&source, false), ranges: Vec::new(), default: Vec::new() };
    for line in lines(by)? {
        let key = line.head_word().text();
        let unknown = || format!("`{key}` in `{}` is not judged", by.text());
        let value =
            line.argument(0).filter(|_| !line.is_template()).ok_or_else(unknown)?.bytes().into_owned();
        if key == "default" {
            geo.default = value;
            continue;
        }
        match Cidr::new(&key).ok_or_else(unknown)? {
            range @ Cidr::Range(..) => geo.ranges.push((range, value)),
            Cidr::All | Cidr::Unix => return Err(unknown()),
        }
    }
    // The longest first.
    geo.ranges.sort_by_key(|(range, _)| match range {
        Cidr::Range(_, bits) => std::cmp::Reverse(*bits),
        Cidr::All | Cidr::Unix => std::cmp::Reverse(0),
    });
    Ok(geo)
}
