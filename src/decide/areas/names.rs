//! Plain names and beginnings of paths, all in one automaton.

use std::collections::BTreeMap;

use super::bytes::Bytes;

/// A tree of all names, byte by byte.
#[derive(Debug)]
pub struct Names {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    next: BTreeMap<u8, u32>,
    /// Whether it is a name, as a whole.
    is_exact: bool,
    /// The longest beginning that is passed here: a node.
    passed: u32,
    is_prefix: bool,
}

/// How far a path has come: at a node, or beside the tree behind the last beginning that it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At(u32);

const BESIDE: u32 = 1 << 31;

impl Names {
    /// Of names as a whole, and of beginnings.
    pub fn new<'n>(exact: impl Iterator<Item = &'n [u8]>, prefixes: impl Iterator<Item = &'n [u8]>) -> Self {
        let mut names = Names { nodes: vec![Node::default()] };
        for name in exact {
            let at = names.insert(name);
            names.nodes[at].is_exact = true;
        }
        for name in prefixes {
            let at = names.insert(name);
            names.nodes[at].is_prefix = true;
        }
        names.find_passed();
        names
    }

    fn insert(&mut self, name: &[u8]) -> usize {
        let mut at = 0;
        for &byte in name {
            let new = crate::source::offset(self.nodes.len());
            let next = *self.nodes[at].next.entry(byte).or_insert(new);
            if next == new {
                self.nodes.push(Node::default());
            }
            at = next as usize;
        }
        at
    }

    /// A node comes before those below it.
    fn find_passed(&mut self) {
        for at in 0..self.nodes.len() {
            if self.nodes[at].is_prefix {
                self.nodes[at].passed = crate::source::offset(at);
            }
            let passed = self.nodes[at].passed;
            let below: Vec<u32> = self.nodes[at].next.values().copied().collect();
            for next in below {
                self.nodes[next as usize].passed = passed;
            }
        }
    }

    /// Before the first byte.
    pub fn start() -> At {
        At(0)
    }

    /// Behind a byte.
    pub fn step(&self, at: At, byte: u8) -> At {
        if at.0 & BESIDE != 0 {
            return at;
        }
        let node = &self.nodes[at.0 as usize];
        At(node.next.get(&byte).copied().unwrap_or(node.passed | BESIDE))
    }

    /// What a path that ends here has passed: the longest beginning, and the name that it is.
    pub fn result(&self, at: At) -> (u32, u32) {
        if at.0 & BESIDE != 0 {
            return (at.0 & !BESIDE, 0);
        }
        let node = &self.nodes[at.0 as usize];
        (node.passed, if node.is_exact { at.0 + 1 } else { 0 })
    }

    /// The bytes that it tells apart.
    pub fn sets(&self) -> impl Iterator<Item = Bytes> {
        self.nodes.iter().flat_map(|node| node.next.keys().map(|&byte| Bytes::one(byte)))
    }
}
