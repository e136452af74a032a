//! Configurations as trees, so that lines and sections can be taken out of them.

use std::fmt::Write;

/// A line, or a section with what stands in it.
#[derive(Clone, Debug)]
pub enum Node {
    Line(String),
    Section(String, Vec<Node>),
}

/// The files of a configuration, by their paths below `TREE`; the first is the main one.
pub type Files = Vec<(String, Vec<Node>)>;

pub fn line(text: impl Into<String>) -> Node {
    Node::Line(text.into())
}

/// `opening` is what stands between the brackets.
pub fn section(opening: impl Into<String>, inner: Vec<Node>) -> Node {
    Node::Section(opening.into(), inner)
}

/// Writes lines as httpd reads them.
pub fn text(nodes: &[Node]) -> String {
    let mut text = String::new();
    write(nodes, 0, &mut text);
    text
}

fn write(nodes: &[Node], depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    for node in nodes {
        match node {
            Node::Line(line) => drop(writeln!(text, "{indent}{line}")),
            Node::Section(opening, inner) => {
                let _ = writeln!(text, "{indent}<{opening}>");
                write(inner, depth + 1, text);
                let _ = writeln!(text, "{indent}</{}>", opening.split(' ').next().unwrap_or_default());
            }
        }
    }
}

/// How many lines and sections there are, at all depths.
pub fn count(nodes: &[Node]) -> usize {
    let one = |node: &Node| match node {
        Node::Line(_) => 1,
        Node::Section(_, inner) => 1 + count(inner),
    };
    nodes.iter().map(one).sum()
}

/// What is left without the one of this number, counted from the top through all depths. A section
/// goes with all that stands in it, or, where `only_brackets`, without it.
pub fn without(nodes: &[Node], number: usize, only_brackets: bool) -> Vec<Node> {
    let mut left = Vec::new();
    let mut at = 0;
    for node in nodes {
        let (is_it, begin) = (at == number, at + 1);
        at += count(std::slice::from_ref(node));
        match node {
            Node::Section(_, inner) if is_it && only_brackets => left.extend(inner.iter().cloned()),
            _ if is_it => {}
            Node::Section(opening, inner) if (begin..at).contains(&number) => {
                left.push(section(opening.clone(), without(inner, number - begin, only_brackets)));
            }
            _ => left.push(node.clone()),
        }
    }
    left
}

#[test]
fn each_line_and_section_can_be_taken_out() {
    let nodes =
        [line("a"), section("B", vec![line("c"), section("D 1", vec![line("e")]), line("f")]), line("g")];
    assert_eq!(count(&nodes), 7);
    let left: Vec<String> =
        (0..7).map(|number| text(&without(&nodes, number, false)).replace(['\n', ' '], "")).collect();
    assert_eq!(
        left,
        [
            "<B>c<D1>e</D>f</B>g",
            "ag",
            "a<B><D1>e</D>f</B>g",
            "a<B>cf</B>g",
            "a<B>c<D1></D>f</B>g",
            "a<B>c<D1>e</D></B>g",
            "a<B>c<D1>e</D>f</B>"
        ]
    );
    assert_eq!(text(&without(&nodes, 3, true)).replace(['\n', ' '], ""), "a<B>cef</B>g");
}
