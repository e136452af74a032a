//! Configurations as trees of which parts can be left out, and numbers by chance.

use std::fmt::Write;

/// A directive without its `;`, or a block with what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Line(String),
    Block(String, Vec<Node>),
}

pub fn line(text: impl Into<String>) -> Node {
    Node::Line(text.into())
}

pub fn block(opening: impl Into<String>, inner: Vec<Node>) -> Node {
    Node::Block(opening.into(), inner)
}

/// Writes the nodes as nginx reads them. A block that opens with `include` is a file of its own: what it
/// holds follows behind a line `#### NAME`.
pub fn text(nodes: &[Node]) -> String {
    let (mut text, mut files) = (String::new(), String::new());
    write(nodes, 0, &mut text, &mut files);
    text + &files
}

fn write(nodes: &[Node], depth: usize, text: &mut String, files: &mut String) {
    let indent = "    ".repeat(depth);
    for node in nodes {
        match node {
            Node::Line(line) => drop(writeln!(text, "{indent}{line};")),
            Node::Block(opening, inner) if opening.starts_with("include ") => {
                let _ = writeln!(text, "{indent}{opening};");
                let (mut own, mut others) = (String::new(), String::new());
                write(inner, 0, &mut own, &mut others);
                let name = opening.trim_start_matches("include ").replace('*', "1");
                let _ = write!(files, "{FILE}{name}\n{own}{others}");
            }
            Node::Block(opening, inner) => {
                let _ = writeln!(text, "{indent}{opening} {{");
                write(inner, depth + 1, text, files);
                let _ = writeln!(text, "{indent}}}");
            }
        }
    }
}

/// What stands before the name of a file in a text of several.
pub const FILE: &str = "#### ";

/// Reads what has no braces, semicolons or `#` inside of words, but for quoted ones.
pub fn parse(text: &str) -> Vec<Node> {
    let mut open: Vec<(String, Vec<Node>)> = vec![(String::new(), Vec::new())];
    let mut word = String::new();
    let (mut quote, mut is_comment) = (None, false);
    for letter in text.chars() {
        let is_start = word.is_empty() || word.ends_with(char::is_whitespace);
        match letter {
            '\n' if is_comment => is_comment = false,
            _ if is_comment => continue,
            '"' | '\'' if quote == Some(letter) => quote = None,
            '"' | '\'' if quote.is_none() && is_start => quote = Some(letter),
            '#' if is_start && quote.is_none() => {
                is_comment = true;
                continue;
            }
            ';' | '{' | '}' if quote.is_none() && !word.ends_with('$') => {
                let text = std::mem::take(&mut word).trim().to_owned();
                let closed = if letter == '}' && open.len() > 1 { open.pop() } else { None };
                match (letter, open.last_mut()) {
                    ('{', _) => open.push((text, Vec::new())),
                    (';', Some((_, inner))) => inner.push(line(text)),
                    (_, Some((_, inner))) => inner.extend(closed.map(|(text, all)| block(text, all))),
                    _ => {}
                }
                continue;
            }
            _ => {}
        }
        word.push(letter);
    }
    open.swap_remove(0).1
}

/// How many nodes there are at all depths.
pub fn count(nodes: &[Node]) -> usize {
    let inner = |node: &Node| match node {
        Node::Line(_) => 0,
        Node::Block(_, inner) => count(inner),
    };
    nodes.iter().map(|node| 1 + inner(node)).sum()
}

/// The nodes without the one of this number, counted from the top through all depths. Where `keeps`, what
/// stands in it is left in its place.
pub fn without(nodes: &[Node], number: &mut usize, keeps: bool) -> Vec<Node> {
    let mut left = Vec::new();
    for node in nodes {
        let is_it = *number == 0;
        *number = number.wrapping_sub(1);
        match node {
            Node::Block(_, inner) if is_it && keeps => left.extend(inner.iter().cloned()),
            // Without it nginx listens on port 80.
            Node::Line(line) if line.starts_with("listen ") => left.push(node.clone()),
            _ if is_it => {}
            Node::Line(_) => left.push(node.clone()),
            Node::Block(opening, inner) => left.push(block(opening.clone(), without(inner, number, keeps))),
        }
    }
    left
}

/// The openings of all blocks, in their order.
pub fn openings(nodes: &[Node]) -> Vec<&str> {
    let mut all = Vec::new();
    for node in nodes {
        if let Node::Block(opening, inner) = node {
            all.push(opening.as_str());
            all.extend(openings(inner));
        }
    }
    all
}

/// All lines, in their order.
pub fn lines(nodes: &[Node]) -> Vec<&str> {
    let mut all = Vec::new();
    for node in nodes {
        match node {
            Node::Line(line) => all.push(line.as_str()),
            Node::Block(_, inner) => all.extend(lines(inner)),
        }
    }
    all
}

/// Numbers by chance, the same ones for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap_or(0)
    }

    /// Yes in so many of a hundred cases.
    pub fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// One of the words that stand between bars.
    pub fn word<'a>(&mut self, all: &'a str) -> &'a str {
        let words: Vec<&str> = all.split(" | ").map(str::trim).collect();
        words[self.below(words.len())]
    }
}
