//! Cuts the paths that an expression covers into areas: the paths of one area pass the same tests.

use std::collections::{BTreeSet, HashSet};

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
    /// Where the server may take a part of the path for the whole, as httpd does where only a part of it
    /// names a file.
    pub loose: Option<Loose>,
}

/// A test of a name that may be cut off behind any segment: what matches may count as not matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loose {
    /// The section that it belongs to.
    pub section: usize,
    /// Whether it matches only where the whole path does.
    pub is_firm: bool,
}

impl Search {
    /// An expression that is looked for in the path as it is.
    #[must_use]
    pub fn new(expression: Expression, unread: Option<String>) -> Self {
        Search { expression, unread, from: Vec::new(), to: Vec::new(), loose: None }
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

    /// The same as a test of a name that may be cut off.
    #[must_use]
    pub fn loose(self, section: usize, is_firm: bool) -> Self {
        Search { loose: Some(Loose { section, is_firm }), ..self }
    }
}

/// Paths that pass the same tests.
#[derive(Clone, Debug)]
pub struct Area {
    /// One of the shortest of them.
    pub path: Vec<u8>,
    /// What it is not known of whether it matches: then the paths may differ all the same.
    pub unread: Option<String>,
    /// The sections with loose tests that match: any of them may count as not matching.
    pub loose: BTreeSet<usize>,
    /// Those of them that match where the whole path counts.
    pub firm: BTreeSet<usize>,
    /// Whether the results are the same with each of the suffixes that come behind a slash.
    pub is_like_its_index: bool,
    /// The results of all other tests; areas of one server with the same key differ in loose tests only.
    pub key: Key,
}

/// What paths have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key(Vec<Passed>);

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

/// What a server may put behind a path and then go to: the name of an index file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suffix {
    /// The text.
    pub text: Vec<u8>,
    /// Whether this is done to paths only that end with a slash.
    pub behind_slash: bool,
}

/// The areas of the paths that both expressions match from the beginning to the end. The paths of an area
/// pass the same tests with each of the suffixes, too.
///
/// # Errors
/// When a bound is reached.
pub fn areas(
    tests: &[Test],
    suffixes: &[Suffix],
    covered: &Expression,
    paths: &Expression,
) -> Result<Vec<Area>, Failure> {
    let mut automata = vec![Automaton::whole(covered)?, Automaton::whole(paths)?];
    let mut searches = Vec::new();
    let mut seen = HashSet::new();
    for test in tests {
        if let Test::Search(search) = test
            && seen.insert(search)
        {
            automata.push(Automaton::moved(&search.expression, &search.from, &search.to)?);
            searches.push(search);
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
    let bytes = representatives(&automata, &names, suffixes);
    Walk { automata, names, searches, bytes, suffixes }.run()
}

struct Walk<'t> {
    /// Those of the two expressions for all paths come first.
    automata: Vec<Automaton>,
    names: Names,
    /// For each automaton behind those two.
    searches: Vec<&'t Search>,
    /// One byte of every kind that is told apart.
    bytes: Vec<u8>,
    suffixes: &'t [Suffix],
}

type Place = (At, Box<[State]>);
/// Which names and which expressions are passed.
type Passed = ((u32, u32), Vec<bool>);

impl Walk<'_> {
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
            let (place, _, last) = places[next].clone();
            let is_path =
                self.automata[0].is_accepted(place.1[0])? && self.automata[1].is_accepted(place.1[1])?;
            if is_path {
                let results = self.results(&place, last == b'/')?;
                if !found.contains(&results) {
                    if areas.len() >= MOST_AREAS {
                        return Err(Failure::TooMany);
                    }
                    areas.push(self.area(path_to(&places, next), &results));
                    found.insert(results);
                }
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

    fn area(&self, path: Vec<u8>, results: &[Passed]) -> Area {
        let matching = |n: usize| results.iter().any(|result| result.1[n]);
        let mut searches = self.searches.iter().enumerate();
        let unread = searches.find_map(|(n, search)| search.unread.clone().filter(|_| matching(n)));
        let all = self.searches.iter().enumerate().filter(|(n, _)| matching(*n));
        let loose: Vec<Loose> = all.filter_map(|(_, search)| search.loose).collect();
        let strict = |result: &Passed| {
            let passed = result.1.iter().zip(&self.searches);
            (result.0, passed.map(|(passed, search)| *passed && search.loose.is_none()).collect())
        };
        // Suffixes are in one order, those for directories among them.
        let with_suffix = results.iter().skip(1).zip(self.suffixes);
        let mut of_index = with_suffix.filter(|(_, suffix)| suffix.behind_slash).map(|(result, _)| result);
        let is_like_its_index =
            !path.ends_with(b"/") || results.first().is_some_and(|own| of_index.all(|it| it == own));
        Area {
            path,
            unread,
            is_like_its_index,
            loose: loose.iter().map(|loose| loose.section).collect(),
            firm: loose.iter().filter(|loose| loose.is_firm).map(|loose| loose.section).collect(),
            key: Key(results.iter().map(strict).collect()),
        }
    }

    /// The place behind a byte; none where no path that is asked for leads on from there.
    fn step(&mut self, place: &Place, byte: u8) -> Result<Option<Place>, Failure> {
        let next = self.step_on(place, byte)?;
        let is_lost = next.1[..2].contains(&State::REFUSED);
        Ok((!is_lost).then_some(next))
    }

    fn step_on(&mut self, place: &Place, byte: u8) -> Result<Place, Failure> {
        let mut states = Vec::with_capacity(self.automata.len());
        for (n, automaton) in self.automata.iter_mut().enumerate() {
            states.push(automaton.step(place.1[n], byte)?);
        }
        Ok((self.names.step(place.0, byte), states.into_boxed_slice()))
    }

    /// The results of all tests for a path that ends here, as it is and with the suffixes.
    fn results(&mut self, place: &Place, is_directory: bool) -> Result<Vec<Passed>, Failure> {
        let mut results = vec![self.result(place)?];
        for suffix in self.suffixes {
            if suffix.behind_slash && !is_directory {
                continue;
            }
            let mut at = place.clone();
            for &byte in &suffix.text {
                at = self.step_on(&at, byte)?;
            }
            results.push(self.result(&at)?);
        }
        Ok(results)
    }

    fn result(&mut self, place: &Place) -> Result<Passed, Failure> {
        let mut passed = Vec::with_capacity(self.searches.len());
        for (n, automaton) in self.automata.iter_mut().enumerate().skip(2) {
            passed.push(automaton.is_accepted(place.1[n])?);
        }
        Ok((self.names.result(place.0), passed))
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
fn representatives(automata: &[Automaton], names: &Names, suffixes: &[Suffix]) -> Vec<u8> {
    // Behind a slash more than the tests is done.
    let slash = suffixes.iter().any(|suffix| suffix.behind_slash).then(|| Bytes::one(b'/'));
    let sets = automata.iter().flat_map(Automaton::sets).chain(names.sets()).chain(slash);
    let sets: HashSet<Bytes> = sets.collect();
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
