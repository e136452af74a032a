//! The rows of the specification as tests: of each one, a configuration with the mistake and one that is mended.
//!
//! `tests/rows/nginx/C5-simple.bad.conf` begins with the row (`# row: C5`) and the lints that are judged (`# lint: ID`). In
//! a bad file a comment `# fires: ID` stands before each line that has to be named by a lint, and no other line may be. In
//! the good file beside it no line may be. A row of Apache is a number with an `a` before it, as in `spec a130`. Behind a
//! line `#### /path` stands another file. That the servers take these configurations, and answer as decided, is seen by
//! `tests/truth.rs` and `tests/decide_truth_apache.rs`.
//!
//! A row that has no file is in `CONTRIBUTING.md`, with the reason.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use authlint::lints::{self, Lint};
use authlint::load;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, Host};

/// The rows about logins that are asked for in the wrong place, about rules in conflict, and about the `Authorization`
/// header on its way to the backend.
const ROWS: &[&str] = &[
    "W8", "W27", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C10", "C11", "a108", "a109", "a110", "a111",
    "a112", "a113", "a114", "a115", "a116", "a117", "a118", "a119", "a120", "a121", "a122", "a123", "a124",
    "a125", "a126", "a127", "a128", "a129", "a130", "aE14", "aE15", "aE17", "aE18", "aE19", "aE20", "aE21",
    "aE22", "aE23",
];

const NGINX_MAIN: &str = "user www-data;\nevents {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n";

/// One file of `tests/rows`.
struct Row {
    name: String,
    text: String,
    rows: Vec<String>,
    lints: Vec<String>,
}

/// A lint, a file of the server and a line in it.
type Place = (String, PathBuf, usize);

#[test]
fn bad_lines_are_named_and_mended_ones_are_not() {
    let mut wrong = Vec::new();
    for row in rows() {
        let (expected, found) = (row.expected(), row.found());
        assert_eq!(row.is_bad(), !expected.is_empty(), "{}: what fires where?", row.name);
        if expected != found {
            wrong.push(format!("{}: expected {expected:?}, found {found:?}", row.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn names_say_what_is_inside() {
    let all = rows();
    let names: BTreeSet<&str> = all.iter().map(|row| row.name.as_str()).collect();
    for row in &all {
        let first = row.rows.first().expect("a row");
        assert!(row.name.contains(&format!("/{first}-")), "{} is about {first}", row.name);
        assert!(!row.lints.is_empty(), "{} names no lint", row.name);
        for id in &row.rows {
            assert!(ROWS.contains(&id.as_str()), "{}: {id} is not one of these rows", row.name);
        }
        let other = if row.is_bad() {
            row.name.replace(".bad.conf", ".good.conf")
        } else {
            row.name.replace(".good.conf", ".bad.conf")
        };
        assert!(names.contains(other.as_str()), "{} has no {other}", row.name);
    }
}

#[test]
fn every_row_is_judged_or_said_not_to_be() {
    let judged: BTreeSet<String> = rows().into_iter().flat_map(|row| row.rows).collect();
    let excused = excused();
    for row in ROWS {
        assert!(
            judged.contains(*row) || excused.contains_key(*row),
            "{row} has no file, and no reason in CONTRIBUTING.md"
        );
    }
    for (row, line) in excused {
        assert!(ROWS.contains(&row.as_str()), "{row} is not one of these rows");
        // A lint in the last column is one that is missed.
        let mut missed = line.split('|').nth(3).unwrap_or_default().split(['`', ',']).map(str::trim);
        let there = missed.find(|id| lints::find(id).is_some());
        assert_eq!(there, None, "this lint is there: {row} can have files in tests/rows");
    }
}

/// The rows of the table in `CONTRIBUTING.md`, each with its line.
fn excused() -> BTreeMap<String, String> {
    let text = fs::read_to_string("CONTRIBUTING.md").expect("a text");
    let (_, after) =
        text.split_once("\n## Rows that are not judged from the files alone\n").expect("the heading");
    let section = after.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| row "));
    lines
        .flat_map(|line| {
            let names = line.split('|').nth(1).unwrap_or_default();
            names.split(',').map(|name| (name.trim().to_owned(), line.to_owned()))
        })
        .collect()
}

fn rows() -> Vec<Row> {
    let mut paths: Vec<PathBuf> = ["tests/rows/nginx", "tests/rows/apache"]
        .iter()
        .flat_map(|directory| fs::read_dir(directory).expect("a directory").flatten())
        .map(|entry| entry.path())
        .collect();
    paths.sort();
    paths.iter().map(|path| Row::read(path)).collect()
}

impl Row {
    fn read(path: &Path) -> Row {
        let text = fs::read_to_string(path).expect("a text");
        let words = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key));
            let words = line.unwrap_or_default().split(',').map(|word| word.trim().to_owned());
            words.filter(|word| !word.is_empty()).collect()
        };
        let (rows, lints) = (words("# row: "), words("# lint: "));
        Row { name: path.display().to_string(), text, rows, lints }
    }

    fn is_bad(&self) -> bool {
        self.name.ends_with(".bad.conf")
    }

    fn is_apache(&self) -> bool {
        self.name.starts_with("tests/rows/apache")
    }

    /// The files of the server.
    fn parts(&self) -> BTreeMap<PathBuf, String> {
        let (main, around, part) = if self.is_apache() {
            ("/etc/apache2/apache2.conf", common::APACHE_MAIN, "/etc/apache2/sites-enabled/site.conf")
        } else {
            ("/etc/nginx/nginx.conf", NGINX_MAIN, "/etc/nginx/conf.d/site.conf")
        };
        let mut parts = BTreeMap::from([(PathBuf::from(main), around.to_owned())]);
        let mut path = PathBuf::from(part);
        for line in self.text.split_inclusive('\n') {
            match line.strip_prefix("#### ") {
                Some(other) => path = other.trim().into(),
                None => parts.entry(path.clone()).or_default().push_str(line),
            }
        }
        parts
    }

    /// What the comments say: the line behind them is named.
    fn expected(&self) -> BTreeSet<Place> {
        let mut expected = BTreeSet::new();
        for (path, text) in self.parts() {
            let marks = text.lines().zip(2..).filter_map(|(line, next)| {
                let id = line.trim_start().strip_prefix("# fires: ")?;
                Some((id.trim().to_owned(), path.clone(), next))
            });
            expected.extend(marks);
        }
        expected
    }

    /// What the lints say. What lies on disk plays no part.
    fn found(&self) -> BTreeSet<Place> {
        let parts = self.parts();
        let files = parts.iter().map(|(path, text)| (path.clone(), Entry::file(text.as_bytes())));
        let mut host = Host::memory(files);
        let main = if self.is_apache() { "/etc/apache2/apache2.conf" } else { "/etc/nginx/nginx.conf" };
        let loaded = load::load_one(Path::new(main), &mut host);
        let look = Look { host: &host, mode: FilesMode::Never };
        let site = Site::build(&loaded.files, &loaded.configs[0], look);
        assert!(
            loaded.problems.is_empty() && site.problems.is_empty(),
            "{}: {:?}",
            self.name,
            loaded.problems
        );
        let judged: Vec<&'static Lint> =
            self.lints.iter().map(|id| lints::find(id).expect("the id of a lint")).collect();
        let found = lints::check(&site, &judged);
        let place = |finding: &authlint::finding::Finding| {
            let source = loaded.files.sources.get(finding.primary.span.file);
            let line = source.position(finding.primary.span.start).line;
            (finding.lint.to_owned(), source.path().to_path_buf(), line)
        };
        found.iter().map(place).collect()
    }
}
