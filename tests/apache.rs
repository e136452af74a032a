//! Configurations of Apache as they occur in the field, each with its expectation in the first line:
//! `# expect: LINT at line N`, or `# expect: nothing above advice`.
//!
//! A file is one of `sites-enabled`; with `LoadModule` lines in it, it is the whole configuration. Behind
//! a line `#### /path` stands another file. Where the first is empty, nothing is known of the server.

mod common;
#[path = "common/field.rs"]
mod field;

use std::fs;
use std::path::Path;

use authlint::finding::Level;
use authlint::lints;
use authlint::load::{self, Request};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, Host};

#[test]
fn configurations_are_judged_as_expected() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir("tests/apache").expect("a directory").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a text");
        let first = text.lines().next().unwrap_or_default();
        let expected = first.strip_prefix("# expect: ").expect("an expectation");
        let found = findings(&text);
        let is_right = match expected.split_once(" at line ") {
            Some((expected, line)) => {
                found.iter().any(|(id, _, at)| id == expected && at.to_string() == line)
            }
            None => found.iter().all(|(_, level, _)| *level == Level::Advice),
        };
        count += 1;
        if !is_right {
            wrong.push(format!("{}: expected {expected}, found {found:?}", entry.path().display()));
        }
    }
    assert!(count > 200, "only {count} configurations");
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {count}: {wrong:#?}", wrong.len());
}

/// Lint, level and line of each finding. What lies on disk plays no part.
fn findings(text: &str) -> Vec<(String, Level, usize)> {
    let parts = field::parts(text);
    let files = parts.iter().map(|(path, _, text)| (path.clone(), Entry::file(text.as_bytes())));
    let mut host = Host::memory(files);
    let is_alone = !parts.iter().any(|(path, ..)| path.starts_with("/etc/apache2"));
    let main = Path::new("/etc/apache2/apache2.conf").to_path_buf();
    let paths = if is_alone { parts.iter().map(|(path, ..)| path.clone()).collect() } else { vec![main] };
    let loaded = load::load(&Request { paths, ..Request::default() }, &mut host);
    let look = Look { host: &host, mode: FilesMode::Never };
    let all: Vec<_> = lints::ALL.iter().collect();
    let mut found = Vec::new();
    for config in &loaded.configs {
        let site = Site::build(&loaded.files, config, look);
        for finding in lints::check(&site, &all) {
            let source = loaded.files.sources.get(finding.primary.span.file);
            let offset =
                parts.iter().find(|(path, ..)| path == source.path()).map_or(0, |(_, line, _)| *line);
            let line = source.position(finding.primary.span.start).line + offset;
            found.push((finding.lint.to_owned(), finding.level.expect("a level"), line));
        }
    }
    found
}
