//! Cuts the paths that an expression covers into areas: the paths of one area pass the same tests.

use std::collections::HashSet;

use super::automaton::{Automaton, State, TooLarge};
use super::bytes::Bytes;
use super::expression::Expression;
use super::names::{At, Names};
use super::pcre::{self, Flags};

/// A test that the configuration makes of the normalised path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Whether it is exactly this.
    Exact(Vec<u8>),
    /// Whether it begins with this.
    Prefix(Vec<u8>),
    /// Whether an expression matches somewhere in it.
    Search(Search),
}

/// An expression that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Search {
    /// The expression, or one that matches at least as much.
    pub expression: Expression,
    /// Where it may match more than the server's: how that one is written, and why.
    pub unread: Option<String>,
    /// The path has to begin with this.
    pub from: Vec<u8>,
    /// And this stands in its place when the expression is looked for.
    pub to: Vec<u8>,
}

impl Search {
    /// An expression that is looked for in the path as it is.
    #[must_use]
    pub fn new(expression: Expression, unread: Option<String>) -> Self {
        Search { expression, unread, from: Vec::new(), to: Vec::new() }
    }

    /// An expression of a server, as it is written.
    #[must_use]
    pub fn read(pattern: &[u8], flags: Flags) -> Self {
        let meaning = pcre::read(pattern, flags);
        let shown = String::from_utf8_lossy(pattern);
        Search::new(
            meaning.expression,
            meaning.unread.map(|what| format!("`{shown}` is not followed: {what}")),
        )
    }

    /// The same, looked for in another path that begins with `to` where this one does with `from`.
    #[must_use]
    pub fn moved(self, from: &[u8], to: &[u8]) -> Self {
        Search { from: from.to_vec(), to: to.to_vec(), ..self }
    }
}

/// Paths that pass the same tests.
#[derive(Clone, Debug)]
pub struct Area {
    /// One of the shortest of them.
    pub path: Vec<u8>,
    /// What it is not known of whether it matches: then the paths may differ all the same.
    pub unread: Option<String>,
}

/// Why there are no areas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// There are too many, or they are too hard to tell apart.
    TooMany,
}

impl From<TooLarge> for Failure {
    fn from(_: TooLarge) -> Self {
        Failure::TooMany
    }
}

/// Numbers that are kept for the walk, four bytes each.
const MOST_MEMORY: usize = 6_000_000;
const MOST_AREAS: usize = 20_000;

/// The areas of the paths that both expressions match from the beginning to the end.
///
/// # Errors
/// When a bound is reached.
pub fn areas(tests: &[Test], covered: &Expression, paths: &Expression) -> Result<Vec<Area>, Failure> {
    let mut automata = vec![Automaton::whole(covered)?, Automaton::whole(paths)?];
    let mut unread = Vec::new();
    let mut seen = HashSet::new();
    for test in tests {
        if let Test::Search(search) = test {
            if seen.insert(search) {
                automata.push(Automaton::moved(&search.expression, &search.from, &search.to)?);
                unread.push(search.unread.clone());
            }
        }
    }
    let exact = tests.iter().filter_map(|test| match test {
        Test::Exact(name) => Some(name.as_slice()),
        _ => None,
    });
    let prefixes = tests.iter().filter_map(|test| match test {
        Test::Prefix(name) => Some(name.as_slice()),
        _ => None,
    });
    let names = Names::new(exact, prefixes);
    Walk { bytes: representatives(&automata, &names), automata, names, unread }.run()
}

struct Walk {
    /// Those of the two expressions for all paths come first.
    automata: Vec<Automaton>,
    names: Names,
    /// For each automaton behind those two.
    unread: Vec<Option<String>>,
    /// One byte of every kind that is told apart.
    bytes: Vec<u8>,
}

type Place = (At, Box<[State]>);

impl Walk {
    /// Breadth first, so that the first path of an area is one of its shortest.
    fn run(mut self) -> Result<Vec<Area>, Failure> {
        let mut start = Vec::with_capacity(self.automata.len());
        for automaton in &mut self.automata {
            start.push(automaton.start()?);
        }
        let start: Place = (Names::start(), start.into_boxed_slice());
        let most_places = MOST_MEMORY / (self.automata.len() + 10);
        let mut known: HashSet<Place> = HashSet::from([start.clone()]);
        let mut places = vec![(start, 0, 0)];
        let mut areas = Vec::new();
        let mut found = HashSet::new();
        let mut next = 0;
        while next < places.len() {
            let (place, _, _) = places[next].clone();
            let (result, is_path) = self.result(&place)?;
            if is_path && found.insert(result.clone()) {
                if areas.len() >= MOST_AREAS {
                    return Err(Failure::TooMany);
                }
                let mut passed = result.1.iter().zip(&self.unread).filter(|(passed, _)| **passed);
                let unread = passed.find_map(|(_, unread)| unread.clone());
                areas.push(Area { path: path_to(&places, next), unread });
            }
            for n in 0..self.bytes.len() {
                let byte = self.bytes[n];
                let Some(to) = self.step(&place, byte)? else { continue };
                if known.contains(&to) {
                    continue;
                }
                if places.len() >= most_places {
                    return Err(Failure::TooMany);
                }
                known.insert(to.clone());
                places.push((to, next, byte));
            }
            next += 1;
        }
        Ok(areas)
    }

    /// The place behind a byte; none where no path leads on from there.
    fn step(&mut self, place: &Place, byte: u8) -> Result<Option<Place>, Failure> {
        let mut states = Vec::with_capacity(self.automata.len());
        for (n, automaton) in self.automata.iter_mut().enumerate() {
            let state = automaton.step(place.1[n], byte)?;
            if n < 2 && state == State::REFUSED {
                return Ok(None);
            }
            states.push(state);
        }
        Ok(Some((self.names.step(place.0, byte), states.into_boxed_slice())))
    }

    /// The results of all tests for a path that ends here, and whether it is one of those asked for.
    fn result(&mut self, place: &Place) -> Result<(((u32, u32), Vec<bool>), bool), Failure> {
        let mut passed = Vec::with_capacity(self.automata.len());
        for (n, automaton) in self.automata.iter_mut().enumerate() {
            passed.push(automaton.is_accepted(place.1[n])?);
        }
        let is_path = passed[0] && passed[1];
        Ok(((self.names.result(place.0), passed.split_off(2)), is_path))
    }
}

/// The bytes on the way to a place.
fn path_to(places: &[(Place, usize, u8)], mut at: usize) -> Vec<u8> {
    let mut path = Vec::new();
    while at != 0 {
        let (_, from, byte) = &places[at];
        path.push(*byte);
        at = *from;
    }
    path.reverse();
    path
}

/// One byte of every kind that is told apart by some set: readable ones, as far as there are.
fn representatives(automata: &[Automaton], names: &Names) -> Vec<u8> {
    let sets: HashSet<Bytes> = automata.iter().flat_map(Automaton::sets).chain(names.sets()).collect();
    let mut kinds: HashSet<Vec<bool>> = HashSet::new();
    readable_first()
        .filter(|&byte| kinds.insert(sets.iter().map(|set| set.contains(byte)).collect()))
        .collect()
}

fn readable_first() -> impl Iterator<Item = u8> {
    let readable = b"x/abcdefghijklmnopqrstuvwyz0123456789-_.XABCDEFGHIJKLMNOPQRSTUVWYZ";
    let others = (0x21..0x7f).chain([0x20]).chain(0x80..=0xff).chain(0..0x20).chain([0x7f]);
    readable.iter().copied().chain(others.filter(|byte| !readable.contains(byte)))
}
