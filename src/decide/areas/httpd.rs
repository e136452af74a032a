//! The lines of httpd's configuration that are for one server, each with the sections around it.

use std::path::{Path, PathBuf};

use crate::load::{Line, Reading, Step};
use crate::model::{Kind, Scope, Site};
use crate::source::Span;

/// A line, or the opening of a section.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name in small letters.
    pub name: String,
    /// What follows it, quotes and escapes resolved.
    pub words: Vec<String>,
    /// The whole of it, as it is written.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Where the innermost section around it that is for a place is for.
    pub place: Place,
}

/// What the section around a line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The server as a whole.
    Server,
    /// A directory: `<Directory>` or `.htaccess`.
    Directory(PathBuf),
    /// A path of the URL.
    Location(String),
    /// What a pattern or an expression says.
    Pattern,
}

/// The lines for a server: its own and those of the main server.
pub fn entries(site: &Site<'_>, server: Scope<'_>) -> Vec<Entry> {
    let Some(reading) = site.config().reading() else { return Vec::new() };
    let own = server.opened_by().filter(|_| server.kind() == Kind::Server);
    let mut entries = Vec::new();
    // For each open section: the place, and whether it is another server.
    let mut open: Vec<(Place, bool)> = Vec::new();
    for &line in &reading.lines {
        let (place, is_elsewhere) = open.last().cloned().unwrap_or((Place::Server, false));
        match line.step {
            Step::Unknown => {}
            Step::Close => drop(open.pop()),
            Step::Htaccess => {
                let directory =
                    reading.htaccess.get(line.statement as usize).map(|one| one.directory.clone());
                entries.extend(directory.clone().map(|directory| htaccess(&directory, site, reading, line)));
                open.push((directory.map_or(Place::Pattern, Place::Directory), false));
            }
            // Another server's lines are only counted, which is fast: there may be thousands of servers.
            Step::Open if is_elsewhere => open.push((place, true)),
            Step::Directive if is_elsewhere => {}
            Step::Open | Step::Directive => {
                let entry = entry(site, reading, line, place.clone());
                if line.step == Step::Open {
                    let is_host = entry.name == "virtualhost";
                    let is_own = own == Some((reading.file(line), line.statement));
                    let inner = section_place(&entry).unwrap_or(place);
                    open.push((inner, is_host && !is_own));
                }
                entries.push(entry);
            }
        }
    }
    entries
}

/// That there is a `.htaccess` is told as a section of its directory.
fn htaccess(directory: &Path, site: &Site<'_>, reading: &Reading, line: Line) -> Entry {
    let file = reading.htaccess.get(line.statement as usize).and_then(|one| one.file);
    Entry {
        name: "directory".into(),
        words: vec![directory.to_string_lossy().into_owned()],
        text: String::new(),
        span: Span::new(file.unwrap_or(site.config().entry), 0, 0),
        place: Place::Server,
    }
}

fn entry(site: &Site<'_>, reading: &Reading, line: Line, place: Place) -> Entry {
    let file = reading.file(line);
    let span = site.files().head(file, line.statement);
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (mut words, text) = match line.expanded.and_then(|id| reading.expanded(id)) {
        Some(expanded) => {
            (expanded.words.iter().map(|word| lossy(word)).collect::<Vec<_>>(), lossy(&expanded.line))
        }
        None => {
            let (tree, source) = (site.files().tree(file), site.files().sources.get(file));
            let words = (0..tree.word_count(line.statement))
                .map(|n| tree.value(source, line.statement, n).map(|word| lossy(&word)).unwrap_or_default());
            (words.collect(), site.files().sources.text(span).to_owned())
        }
    };
    let name = if words.is_empty() { String::new() } else { words.remove(0).to_ascii_lowercase() };
    Entry { name, words, text, span, place }
}

/// The place of a section; none for those that are about something else.
fn section_place(entry: &Entry) -> Option<Place> {
    let first = entry.words.first().cloned().unwrap_or_default();
    let is_plain = !first.contains(['*', '?', '[']) && first != "~";
    match entry.name.as_str() {
        "directory" if is_plain => Some(Place::Directory(PathBuf::from(first))),
        "location" if is_plain => Some(Place::Location(first)),
        "directory" | "directorymatch" | "location" | "locationmatch" | "proxy" | "proxymatch" => {
            Some(Place::Pattern)
        }
        "virtualhost" => Some(Place::Server),
        _ => None,
    }
}
