//! An expression as a program: a graph of places, each leading to the next.

use super::automaton::TooLarge;
use super::bytes::Bytes;
use super::expression::Expression;

/// A place of a program.
#[derive(Clone, Debug)]
pub enum Node {
    /// The whole of it matches, whatever follows.
    Match,
    /// A byte of the set, and then on.
    One(Bytes, u32),
    /// On from one of them.
    Either(Vec<u32>),
    /// On where this look behind holds.
    Behind(usize, u32),
    /// On where what follows matches from `of` on, or does not.
    Ahead { of: u32, is_negated: bool, then: u32 },
}

/// A compiled expression.
#[derive(Debug, Default)]
pub struct Program {
    /// Its places.
    pub nodes: Vec<Node>,
    /// The first of them.
    pub start: u32,
    /// The looks behind: the bytes, and whether the beginning of the text counts, too.
    behinds: Vec<(Bytes, bool)>,
    work: usize,
}

const MOST_NODES: usize = 60_000;
/// Steps of compiling: what is empty makes no places however often it is repeated.
const MOST_WORK: usize = 500_000;
/// As many as a state has bits for.
const MOST_BEHINDS: usize = 32;

impl Program {
    /// Matches where the expression does, somewhere in the text.
    pub fn search(expression: &Expression) -> Result<Self, TooLarge> {
        let mut program = Program::default();
        let end = program.push(Node::Match)?;
        let start = program.compile(expression, end)?;
        program.start = start;
        // What is bound to the beginning need not be looked for behind it.
        if !expression.is_anchored() {
            let any = program.push(Node::Match)?;
            let search = program.push(Node::Either(vec![start, any]))?;
            program.nodes[any as usize] = Node::One(Bytes::ALL, search);
            program.start = search;
        }
        Ok(program)
    }

    /// Matches the text as a whole.
    pub fn whole(expression: &Expression) -> Result<Self, TooLarge> {
        let mut program = Program::default();
        let end = program.push(Node::Match)?;
        let end = program.compile(&Expression::end(), end)?;
        program.start = program.compile(expression, end)?;
        Ok(program)
    }

    /// The looks behind that hold at the beginning, a bit each.
    pub fn behind_start(&self) -> u32 {
        bits(self.behinds.iter().map(|(_, at_start)| *at_start))
    }

    /// The looks behind that hold behind a byte.
    pub fn behind(&self, byte: u8) -> u32 {
        bits(self.behinds.iter().map(|(set, _)| set.contains(byte)))
    }

    /// The sets of bytes that it asks about.
    pub fn sets(&self) -> impl Iterator<Item = Bytes> {
        let ones = self.nodes.iter().filter_map(|node| match node {
            Node::One(set, _) => Some(*set),
            _ => None,
        });
        ones.chain(self.behinds.iter().map(|(set, _)| *set))
    }

    fn push(&mut self, node: Node) -> Result<u32, TooLarge> {
        if self.nodes.len() >= MOST_NODES {
            return Err(TooLarge);
        }
        self.nodes.push(node);
        u32::try_from(self.nodes.len() - 1).map_err(|_| TooLarge)
    }

    /// The place to begin at to match the expression and then go on from `then`. Goes as deep as the
    /// expression, whose reader has bounds.
    fn compile(&mut self, expression: &Expression, then: u32) -> Result<u32, TooLarge> {
        self.work += 1;
        if self.work > MOST_WORK {
            return Err(TooLarge);
        }
        match expression {
            Expression::Empty => Ok(then),
            Expression::One(set) => self.push(Node::One(*set, then)),
            Expression::Concat(parts) => {
                parts.iter().rev().try_fold(then, |then, part| self.compile(part, then))
            }
            Expression::Either(ways) => {
                let mut places = Vec::with_capacity(ways.len());
                for way in ways {
                    places.push(self.compile(way, then)?);
                }
                self.push(Node::Either(places))
            }
            Expression::Repeat { of, least, most } => self.repeat(of, *least, *most, then),
            Expression::Behind { set, at_start } => {
                let look = (*set, *at_start);
                let known = self.behinds.iter().position(|other| *other == look);
                let n = known.unwrap_or(self.behinds.len());
                if n >= MOST_BEHINDS {
                    return Err(TooLarge);
                }
                if known.is_none() {
                    self.behinds.push(look);
                }
                self.push(Node::Behind(n, then))
            }
            Expression::Ahead { of, is_negated } => {
                let end = self.push(Node::Match)?;
                let of = self.compile(of, end)?;
                self.push(Node::Ahead { of, is_negated: *is_negated, then })
            }
        }
    }

    fn repeat(&mut self, of: &Expression, least: u32, most: Option<u32>, then: u32) -> Result<u32, TooLarge> {
        let mut at = then;
        match most {
            None => {
                let again = self.push(Node::Match)?;
                let once = self.compile(of, again)?;
                self.nodes[again as usize] = Node::Either(vec![once, then]);
                at = again;
            }
            Some(most) => {
                for _ in least..most {
                    let once = self.compile(of, at)?;
                    at = self.push(Node::Either(vec![once, then]))?;
                }
            }
        }
        for _ in 0..least {
            at = self.compile(of, at)?;
        }
        Ok(at)
    }
}

fn bits(holds: impl Iterator<Item = bool>) -> u32 {
    holds.zip(0..32).fold(0, |bits, (holds, n)| bits | u32::from(holds) << n)
}
