//! A directive and what is around it in words alone: what stays the same when lines move.

use std::collections::HashMap;

use crate::load::Files;
use crate::source::{FileId, Source, Span};
use crate::syntax::{StatementId, Tree};

/// Where a finding stands, without numbers of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Outline {
    /// The titles of the blocks around it, the outermost first: `location /admin/`. That of a server has its name
    /// behind it.
    pub blocks: Vec<String>,
    /// The directive, its words as the server takes them, with one blank between two.
    pub directive: String,
}

/// The outlines of these places; none where a place stands in no directive.
#[must_use]
pub fn outlines(files: &Files, places: impl IntoIterator<Item = Span>) -> HashMap<Span, Outline> {
    let mut titles = Titles { files, known: HashMap::new() };
    places.into_iter().filter_map(|place| Some((place, titles.outline(place)?))).collect()
}

/// Titles are found once: many findings may stand in one large server.
struct Titles<'f> {
    files: &'f Files,
    known: HashMap<(FileId, StatementId), String>,
}

impl Titles<'_> {
    fn outline(&mut self, place: Span) -> Option<Outline> {
        let tree = self.files.parsed(place.file)?;
        let source = self.files.sources.get(place.file);
        let statement = tree.innermost(place.start)?;
        let around = tree.around(place.start).into_iter().filter(|&block| block != statement);
        let blocks = around.map(|block| {
            let known = self.known.entry((place.file, block));
            known.or_insert_with(|| title(tree, source, block)).clone()
        });
        Some(Outline { blocks: blocks.collect(), directive: words(tree, source, statement) })
    }
}

fn title(tree: &Tree, source: &Source, block: StatementId) -> String {
    let is =
        |id, name: &str| tree.raw(source, id, 0).is_some_and(|raw| raw.eq_ignore_ascii_case(name.as_bytes()));
    let naming = match tree.is_apache() {
        true if is(block, "VirtualHost") => "ServerName",
        false if is(block, "server") => "server_name",
        _ => return words(tree, source, block),
    };
    // The first name is enough, and a further alias makes no other server.
    let name =
        tree.children(block).find(|&child| is(child, naming)).and_then(|child| tree.value(source, child, 1));
    let name = name.unwrap_or_default();
    format!("{} {naming} {}", words(tree, source, block), String::from_utf8_lossy(&name))
}

fn words(tree: &Tree, source: &Source, statement: StatementId) -> String {
    let words = (0..tree.word_count(statement)).filter_map(|n| {
        let value = tree.value(source, statement, n)?;
        let mut word = String::from_utf8_lossy(&value).into_owned();
        // Apache takes its directives in any case.
        if n == 0 && tree.is_apache() {
            word.make_ascii_lowercase();
        }
        Some(word)
    });
    words.collect::<Vec<_>>().join(" ")
}
