//! What the user should know besides findings and problems: what was not known, and how to make it known.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use crate::finding::ProblemKind;
use crate::load::{Config, Loaded};
use crate::report::plural;
use crate::source::FileId;

/// What has come up while the configurations were judged.
pub struct Known<'k> {
    /// Whether the user has named a main configuration.
    pub has_entry: bool,
    /// Whether password files were left alone.
    pub left_alone: bool,
    /// Whether what stands around a part was taken to ask for nothing.
    pub presumes: bool,
    /// Password files that are the server's to read, and not ours.
    pub kept: &'k BTreeSet<PathBuf>,
    /// Why it is not known whether the server may read some of them.
    pub unsure: &'k BTreeSet<String>,
}

/// What the user should know besides.
pub fn notes(loaded: &Loaded, known: &Known<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let used: HashSet<FileId> = loaded.configs.iter().flat_map(Config::files).collect();
    let mut templates: Vec<&Path> = used
        .iter()
        .filter(|file| loaded.files.tree(**file).is_template)
        .map(|file| loaded.files.sources.get(*file).path())
        .collect();
    templates.sort_unstable();
    match templates.as_slice() {
        [] => {}
        [one] => notes.push(format!("{} is a template: what its marks stand for is unknown", one.display())),
        [first, rest @ ..] => {
            notes.push(format!(
                "{} and {} more are templates: what their marks stand for is unknown",
                first.display(),
                rest.len()
            ));
        }
    }
    notes.extend(note_on_mains_above(loaded));
    notes.extend(note_on_parts(loaded, known));
    notes.extend(note_on_variables(loaded));
    let is_unknown = |config: &Config| config.includes.values().any(|included| !included.is_whole);
    if loaded.configs.iter().any(is_unknown)
        && !loaded.problems.iter().any(|problem| problem.kind == ProblemKind::Include)
    {
        notes.push("some includes are not here: what they bring in is unknown (--map says where the server's paths lie)".into());
    }
    if known.left_alone {
        notes.push(
            "password files were not looked at (--files always, --map or --root has them looked at)".into(),
        );
    }
    notes.extend(note_on_kept(known.kept));
    notes.extend(note_on_unsure(known.unsure));
    notes
}

/// What variables of Apache stand for that nobody has given a value.
fn note_on_variables(loaded: &Loaded) -> Option<String> {
    let readings = loaded.configs.iter().filter_map(Config::reading);
    let names: BTreeSet<&str> = readings
        .flat_map(|reading| &reading.unknown_variables)
        .map(|variable| variable.name.as_str())
        .collect();
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("${{{name}}}")).collect();
    let more = names.len() - shown.len();
    let more = if more > 0 { format!(" and {}", plural(more, "more variable")) } else { String::new() };
    let verb = if names.len() == 1 { "stands" } else { "stand" };
    let list = shown.join(", ");
    (!names.is_empty()).then(|| format!("what {list}{more} {verb} for is unknown (-D NAME=VALUE says it)"))
}

/// Password files of which it is not known whether the server may read them.
fn note_on_unsure(unsure: &BTreeSet<String>) -> Option<String> {
    let first = unsure.first()?;
    let more = unsure.len() - 1;
    let more = if more > 0 { format!(" (and {} like it)", plural(more, "more path")) } else { String::new() };
    Some(format!("whether the server may read a password file is not known: {first}{more}"))
}

/// Password files that are the server's to read, and not ours.
fn note_on_kept(kept: &BTreeSet<PathBuf>) -> Option<String> {
    let first = kept.first()?.display();
    let which = match kept.len() - 1 {
        0 => first.to_string(),
        more => format!("{first} and {}", plural(more, "more file")),
    };
    Some(format!("{which} may be read by the server only: who can log in is not known (run as root to know)"))
}

/// Main configurations that were looked for, as nobody has named them.
fn note_on_mains_above(loaded: &Loaded) -> Option<String> {
    let (first, more) = loaded.found_above.split_first()?;
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!("judged as a part of {}{more}, found above", first.display()))
}

/// Parts of a configuration are judged with an unknown outside. Beside a main configuration only
/// those are worth a word that hold a site: snippets are there to be included some day.
fn note_on_parts(loaded: &Loaded, known: &Known<'_>) -> Option<String> {
    let files = &loaded.files;
    let has_main = loaded.configs.iter().any(|config| config.is_main);
    let has_site = |config: &&Config| {
        let (tree, source) = (files.tree(config.entry), files.sources.get(config.entry));
        tree.top().any(|id| tree.is_block(id) && tree.raw(source, id, 0) == Some(b"server"))
    };
    let parts = loaded.configs.iter().filter(|config| !config.is_main && (!has_main || has_site(config)));
    let parts: Vec<String> =
        parts.map(|config| files.sources.get(config.entry).path().display().to_string()).collect();
    let (first, more) = parts.split_first()?;
    let (which, verb, them) = match more.len() {
        0 => (first.clone(), "is", "it"),
        n => (format!("{first} and {}", plural(n, "more file")), "are", "them"),
    };
    let what = match (has_main, more.is_empty()) {
        (true, _) => "not included by the main configuration",
        (false, true) => "a part of a configuration",
        (false, false) => "parts of a configuration",
    };
    let taken = if known.presumes { ", and taken to ask for no password" } else { "" };
    let how = if known.has_entry { "" } else { " (--entry names a main configuration)" };
    Some(format!("{which} {verb} {what}: what stands around {them} is unknown{taken}{how}"))
}
