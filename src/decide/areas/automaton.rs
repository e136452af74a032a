//! Automata that read a path byte by byte.
//!
//! A state is a formula: what the rest of the text has to fulfil, made of the places of a program with
//! *and*, *or* and *not*. So lookaheads need no search back and forth, an expression without any is the
//! usual set of places, and states are worked out only when they are come to. What can no longer match
//! is [`State::REFUSED`], what matches whatever follows is [`State::ACCEPTED`].

use std::collections::HashMap;

use super::bytes::Bytes;
use super::expression::Expression;
use super::program::{Node, Program};

/// A state, to be given back to the automaton that it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(u32);

impl State {
    /// No text can match any more.
    pub const REFUSED: State = State(0);
    /// Every text matches now.
    pub const ACCEPTED: State = State(1);
}

/// The automaton became too large: a bound was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// States from here on stand in what the text has to begin with; there are far fewer others.
const BEFORE: u32 = 1 << 31;

type Formula = u32;
const FALSE: Formula = 0;
const TRUE: Formula = 1;

/// What the rest of the text has to fulfil.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Term {
    False,
    True,
    /// To be matched from this place of the program on.
    At(u32),
    Not(Formula),
    And(Box<[Formula]>),
    Or(Box<[Formula]>),
}

const MOST_FORMULAS: usize = 40_000;
const MOST_STATES: usize = 40_000;
/// Steps within one step of the automaton.
const MOST_WORK: usize = 200_000;
/// Lookaheads in lookaheads.
const MOST_DEPTH: usize = 40;

/// Tells whether a text matches an expression.
#[derive(Debug)]
pub struct Automaton {
    program: Program,
    /// What the text has to begin with.
    from: Vec<u8>,
    /// What is read in its place.
    to: Vec<u8>,
    terms: Vec<Term>,
    numbers: HashMap<Term, Formula>,
    /// How deep each formula is.
    depths: Vec<usize>,
    /// A formula, and what is behind: a bit for each of the program's looks behind that holds.
    states: Vec<(Formula, u32)>,
    found: HashMap<(Formula, u32), State>,
    steps: HashMap<(State, u8), State>,
    ends: HashMap<State, bool>,
    work: usize,
}

impl Automaton {
    /// For texts in which the expression matches somewhere, as both servers look for it.
    ///
    /// # Errors
    /// When the expression is too large.
    pub fn search(expression: &Expression) -> Result<Self, TooLarge> {
        Ok(Automaton::new(Program::search(expression)?))
    }

    /// For texts that the expression matches from the beginning to the end.
    ///
    /// # Errors
    /// When the expression is too large.
    pub fn whole(expression: &Expression) -> Result<Self, TooLarge> {
        Ok(Automaton::new(Program::whole(expression)?))
    }

    /// For texts that begin with `from`: the expression is looked for in what they become with `to` in its
    /// place.
    ///
    /// # Errors
    /// When the expression is too large.
    pub fn moved(expression: &Expression, from: &[u8], to: &[u8]) -> Result<Self, TooLarge> {
        let automaton = Automaton::search(expression)?;
        Ok(Automaton { from: from.to_vec(), to: to.to_vec(), ..automaton })
    }

    fn new(program: Program) -> Self {
        let mut automaton = Automaton {
            program,
            from: Vec::new(),
            to: Vec::new(),
            terms: Vec::new(),
            numbers: HashMap::new(),
            depths: Vec::new(),
            states: vec![(FALSE, 0), (TRUE, 0)],
            found: HashMap::from([((FALSE, 0), State::REFUSED), ((TRUE, 0), State::ACCEPTED)]),
            steps: HashMap::new(),
            ends: HashMap::from([(State::REFUSED, false), (State::ACCEPTED, true)]),
            work: 0,
        };
        for term in [Term::False, Term::True] {
            automaton.terms.push(term.clone());
            automaton.depths.push(0);
            let number = if term == Term::False { FALSE } else { TRUE };
            automaton.numbers.insert(term, number);
        }
        automaton
    }

    /// The state before the first byte.
    ///
    /// # Errors
    /// When a bound is reached.
    pub fn start(&mut self) -> Result<State, TooLarge> {
        if self.from.is_empty() { self.start_behind() } else { Ok(State(BEFORE)) }
    }

    /// The state where what the text has to begin with ends.
    fn start_behind(&mut self) -> Result<State, TooLarge> {
        let first = self.at(self.program.start)?;
        let first = self.state(first, self.program.behind_start())?;
        let to = std::mem::take(&mut self.to);
        let moved = to.iter().try_fold(first, |state, &byte| self.step(state, byte));
        self.to = to;
        moved
    }

    /// The state behind one byte more of what the text has to begin with.
    fn step_before(&mut self, state: State, byte: u8) -> Result<State, TooLarge> {
        let read = (state.0 - BEFORE) as usize;
        match self.from.get(read) {
            Some(&expected) if expected != byte => Ok(State::REFUSED),
            Some(_) if read + 1 < self.from.len() => Ok(State(state.0 + 1)),
            _ => self.start_behind(),
        }
    }

    /// The state behind a byte.
    ///
    /// # Errors
    /// When a bound is reached.
    pub fn step(&mut self, state: State, byte: u8) -> Result<State, TooLarge> {
        if state == State::REFUSED || state == State::ACCEPTED {
            return Ok(state);
        }
        if let Some(known) = self.steps.get(&(state, byte)) {
            return Ok(*known);
        }
        if state.0 >= BEFORE {
            return self.step_before(state, byte);
        }
        let (formula, behind) = self.states[state.0 as usize];
        self.work = 0;
        let next = self.derive(formula, behind, Some(byte))?;
        let next = self.state(next, self.program.behind(byte))?;
        self.steps.insert((state, byte), next);
        Ok(next)
    }

    /// Whether the text matches if it ends here.
    ///
    /// # Errors
    /// When a bound is reached.
    pub fn is_accepted(&mut self, state: State) -> Result<bool, TooLarge> {
        if let Some(known) = self.ends.get(&state) {
            return Ok(*known);
        }
        if state.0 >= BEFORE {
            return Ok(false);
        }
        let (formula, behind) = self.states[state.0 as usize];
        self.work = 0;
        let is_accepted = self.derive(formula, behind, None)? == TRUE;
        self.ends.insert(state, is_accepted);
        Ok(is_accepted)
    }

    /// Whether a text matches.
    ///
    /// # Errors
    /// When a bound is reached.
    pub fn matches(&mut self, text: &[u8]) -> Result<bool, TooLarge> {
        let mut state = self.start()?;
        for &byte in text {
            state = self.step(state, byte)?;
        }
        self.is_accepted(state)
    }

    /// The sets of bytes that it tells apart.
    pub fn sets(&self) -> impl Iterator<Item = Bytes> {
        self.program.sets().chain(self.from.iter().map(|&byte| Bytes::one(byte)))
    }

    fn state(&mut self, formula: Formula, behind: u32) -> Result<State, TooLarge> {
        let behind = if formula == FALSE || formula == TRUE { 0 } else { behind };
        if let Some(known) = self.found.get(&(formula, behind)) {
            return Ok(*known);
        }
        let state = State(u32::try_from(self.states.len()).map_err(|_| TooLarge)?);
        if self.states.len() >= MOST_STATES {
            return Err(TooLarge);
        }
        self.states.push((formula, behind));
        self.found.insert((formula, behind), state);
        Ok(state)
    }

    /// What is left to fulfil behind a byte, or at the end: then it is true or false.
    fn derive(&mut self, formula: Formula, behind: u32, byte: Option<u8>) -> Result<Formula, TooLarge> {
        match self.terms[formula as usize].clone() {
            Term::False => Ok(FALSE),
            Term::True => Ok(TRUE),
            Term::At(node) => self.close(&[node], behind, byte, &mut Vec::new()),
            Term::Not(of) => {
                let of = self.derive(of, behind, byte)?;
                self.not(of)
            }
            Term::And(parts) => {
                let mut derived = Vec::with_capacity(parts.len());
                for &part in &parts {
                    derived.push(self.derive(part, behind, byte)?);
                }
                self.join(derived, true)
            }
            Term::Or(ways) => {
                // All plain places are followed at once.
                let mut derived = Vec::new();
                let mut places = Vec::new();
                for &way in &ways {
                    match self.terms[way as usize] {
                        Term::At(node) => places.push(node),
                        _ => derived.push(self.derive(way, behind, byte)?),
                    }
                }
                derived.push(self.close(&places, behind, byte, &mut Vec::new())?);
                self.join(derived, false)
            }
        }
    }

    /// Follows the program from some places, of which one has to match, over everything that takes no
    /// byte, and then over the byte.
    fn close(
        &mut self,
        places: &[u32],
        behind: u32,
        byte: Option<u8>,
        around: &mut Vec<u32>,
    ) -> Result<Formula, TooLarge> {
        let mut todo = places.to_vec();
        let mut seen: std::collections::HashSet<u32> = todo.iter().copied().collect();
        let mut ways = Vec::new();
        while let Some(at) = todo.pop() {
            self.work += 1;
            if self.work > MOST_WORK {
                return Err(TooLarge);
            }
            let mut next = Vec::new();
            match self.program.nodes[at as usize].clone() {
                Node::Match => return Ok(TRUE),
                Node::One(set, then) => {
                    if byte.is_some_and(|byte| set.contains(byte)) {
                        let then = self.at(then)?;
                        ways.push(then);
                    }
                }
                Node::Either(then) => next = then,
                Node::Behind(n, then) => {
                    if behind >> n & 1 == 1 {
                        next.push(then);
                    }
                }
                // A way that comes back to the same place without a byte is no further way.
                Node::Ahead { .. } if around.contains(&at) => {}
                Node::Ahead { of, is_negated, then } => {
                    if around.len() >= MOST_DEPTH {
                        return Err(TooLarge);
                    }
                    around.push(at);
                    let of = self.close(&[of], behind, byte, around)?;
                    let of = if is_negated { self.not(of)? } else { of };
                    if of != FALSE {
                        let then = self.close(&[then], behind, byte, around)?;
                        let both = self.join(vec![of, then], true)?;
                        ways.push(both);
                    }
                    around.pop();
                }
            }
            todo.extend(next.into_iter().filter(|node| seen.insert(*node)));
        }
        self.join(ways, false)
    }

    fn at(&mut self, node: u32) -> Result<Formula, TooLarge> {
        if matches!(self.program.nodes[node as usize], Node::Match) {
            return Ok(TRUE);
        }
        self.number(Term::At(node), 0)
    }

    fn not(&mut self, of: Formula) -> Result<Formula, TooLarge> {
        match self.terms[of as usize] {
            Term::False => Ok(TRUE),
            Term::True => Ok(FALSE),
            Term::Not(inner) => Ok(inner),
            _ => {
                let depth = self.depths[of as usize] + 1;
                self.number(Term::Not(of), depth)
            }
        }
    }

    /// All of them, or one of them, in one spelling.
    fn join(&mut self, parts: Vec<Formula>, is_and: bool) -> Result<Formula, TooLarge> {
        let (neutral, decisive) = if is_and { (TRUE, FALSE) } else { (FALSE, TRUE) };
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match &self.terms[part as usize] {
                Term::And(inner) if is_and => flat.extend(inner),
                Term::Or(inner) if !is_and => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        flat.sort_unstable();
        flat.dedup();
        flat.retain(|part| *part != neutral);
        let is_opposite = |part: &Formula| matches!(self.terms[*part as usize], Term::Not(of) if flat.binary_search(&of).is_ok());
        if flat.contains(&decisive) || flat.iter().any(is_opposite) {
            return Ok(decisive);
        }
        match flat.as_slice() {
            [] => Ok(neutral),
            [only] => Ok(*only),
            _ => {
                let depth = 1 + flat.iter().map(|part| self.depths[*part as usize]).max().unwrap_or(0);
                let flat = flat.into_boxed_slice();
                self.number(if is_and { Term::And(flat) } else { Term::Or(flat) }, depth)
            }
        }
    }

    fn number(&mut self, term: Term, depth: usize) -> Result<Formula, TooLarge> {
        if let Some(known) = self.numbers.get(&term) {
            return Ok(*known);
        }
        if self.terms.len() >= MOST_FORMULAS || depth > MOST_DEPTH {
            return Err(TooLarge);
        }
        let number = Formula::try_from(self.terms.len()).map_err(|_| TooLarge)?;
        self.terms.push(term.clone());
        self.depths.push(depth);
        self.numbers.insert(term, number);
        Ok(number)
    }
}
