//! Small whole configurations as they occur in the field, each with its expectation in the first
//! line: `# expect: LINT at line N`, or `# expect: nothing above advice`.

use std::fs;
use std::path::Path;
use std::process::Command;

use authlint::finding::Level;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, Host};
use authlint::{lints, load};

#[test]
fn configurations_are_judged_as_expected() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir("tests/configs").expect("a directory").flatten() {
        let config = fs::read_to_string(entry.path()).expect("a text");
        let expected =
            config.lines().next().and_then(|line| line.strip_prefix("# expect: ")).expect("an expectation");
        let found = findings(&config);
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
    assert!(count > 100, "only {count} configurations");
    wrong.sort();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Lint, level and line of each finding. What lies on disk plays no part.
fn findings(text: &str) -> Vec<(String, Level, usize)> {
    let path = Path::new("/srv/site/nginx.conf");
    let mut host = Host::memory([(path.to_path_buf(), Entry::file(text))]);
    let loaded = load::load_one(path, &mut host);
    let look = Look { host: &host, mode: FilesMode::Never };
    let site = Site::build(&loaded.files, &loaded.configs[0], look);
    assert!(loaded.problems.is_empty() && site.problems.is_empty(), "{text}");
    let all: Vec<_> = lints::ALL.iter().collect();
    let found = lints::check(&site, &all);
    let source = loaded.files.sources.get(loaded.configs[0].entry);
    let level = |finding: &authlint::finding::Finding| finding.level.expect("a level");
    found.iter().map(|f| (f.lint.to_owned(), level(f), source.position(f.primary.span.start).line)).collect()
}

/// Files that nginx, Debian's package or certbot ship are known where they are not at hand.
#[test]
fn shipped_files_need_not_be_at_hand() {
    let mut count = 0;
    for entry in fs::read_dir("tests/shipped").expect("a directory").flatten() {
        let config = fs::read_to_string(entry.path()).expect("a text");
        let expected =
            config.lines().next().and_then(|line| line.strip_prefix("# expect: ")).expect("an expectation");
        let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
            .args(["check", "--no-config", "--format", "concise", "--fail-on", "never"])
            .arg(entry.path())
            .output()
            .expect("authlint runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let is_right = match expected.split_once(" at line ") {
            Some((id, line)) => said
                .lines()
                .any(|found| found.contains(&format!("[{id}]")) && found.contains(&format!(":{line}:"))),
            None => !said.contains(": error[") && !said.contains(": warning["),
        };
        count += 1;
        assert!(
            is_right && output.status.success(),
            "{}: expected {expected}, found {said}",
            entry.path().display()
        );
    }
    assert!(count > 4, "only {count} configurations");
}
