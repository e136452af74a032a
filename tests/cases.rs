//! Reported problems as configurations: each bad one fires where it should, and its mended one does
//! not. The collection lies beside the project; without it the test says so and passes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const CASES: &str = "../shared/cases";

/// Nothing in these cases says that the backend has a login of its own: what is said of them is told only
/// where the lint is asked for by name.
const TOLD_WHEN_SELECTED: &[&str] = &["basic-credentials-forwarded-to-backend"];

#[test]
fn reported_problems_are_found() {
    let Ok(entries) = fs::read_dir(CASES) else {
        eprintln!("SKIPPED: {CASES} is not here");
        return;
    };
    let fixture = copy_fixture();
    let mut cases: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    cases.sort();
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases {
        let Ok(about) = fs::read_to_string(case.join("case.toml")) else { continue };
        let expect = key(&about, "expect");
        if authlint::lints::find(&expect).is_none() {
            continue;
        }
        // Only root can make a file that is root's.
        if expect == "auth-file-unreadable" && !is_root() {
            eprintln!("SKIPPED: {} needs root", case.display());
            continue;
        }
        count += 1;
        let line: i64 = key(&about, "line").parse().expect("a line number");
        let is_htaccess = key(&about, "kind") == "htaccess";
        let docroot = put_docroot(&case.join("docroot"), &fixture);
        let judge = |name: &str| {
            if is_htaccess {
                lines_of_htaccess(&case.join(format!("{name}.htaccess")), &expect, &fixture)
            } else {
                lines(&case.join(format!("{name}.conf")), &expect, &fixture)
            }
        };
        let (bad, good) = (judge("bad"), judge("good"));
        for file in docroot.into_iter().chain([fixture.join("www/.htaccess")]) {
            let _ = fs::remove_file(file);
        }
        if !bad.iter().any(|found| (found - line).abs() <= 2) {
            wrong.push(format!("{}: {expect} expected at line {line}, found at {bad:?}", case.display()));
        }
        if !good.is_empty() {
            wrong.push(format!("{}: {expect} fires on the mended file at {good:?}", case.display()));
        }
    }
    let _ = fs::remove_dir_all(&fixture);
    assert!(count > 0, "no case is for a lint that exists");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Puts the further `.htaccess` files of a case into the document root; gives where.
fn put_docroot(docroot: &Path, fixture: &Path) -> Vec<PathBuf> {
    let below = [String::new()].into_iter().chain(
        fs::read_dir(docroot)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned()),
    );
    let files = below.map(|name| PathBuf::from(name).join(".htaccess"));
    files
        .filter(|file| fs::copy(docroot.join(file), fixture.join("www").join(file)).is_ok())
        .map(|file| fixture.join("www").join(file))
        .collect()
}

/// The lines at which the lint fires in a file that lies in a document root as `.htaccess`.
fn lines_of_htaccess(file: &Path, lint: &str, fixture: &Path) -> Vec<i64> {
    let here = fixture.join("www/.htaccess");
    fs::copy(file, &here).expect("a file is copied");
    lines(&here, lint, fixture)
}

/// The lines at which the lint fires.
fn lines(file: &Path, lint: &str, fixture: &Path) -> Vec<i64> {
    let map = format!("/srv/bench401={}", fixture.display());
    let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
        .args(["check", "--format", "json", "--map", &map])
        .args(TOLD_WHEN_SELECTED.contains(&lint).then(|| format!("--select={lint}")))
        .arg(file)
        .output()
        .expect("authlint runs");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a JSON document");
    assert_eq!(document["problems"].as_array().map(Vec::len), Some(0), "{}: {document}", file.display());
    let findings = document["findings"].as_array().expect("a list of findings");
    findings
        .iter()
        .filter(|finding| finding["lint"] == lint)
        .filter_map(|finding| finding["start"]["line"].as_i64())
        .collect()
}

/// A copy of the files that the cases name, with the one mode that no version control keeps.
fn copy_fixture() -> PathBuf {
    let target = std::env::temp_dir().join(format!("authlint-cases-{}", std::process::id()));
    let status =
        Command::new("cp").arg("-r").arg(format!("{CASES}/_fixture")).arg(&target).status().expect("cp runs");
    assert!(status.success());
    let rootonly = target.join("auth/users.rootonly");
    fs::set_permissions(rootonly, fs::Permissions::from_mode(0o600)).expect("chmod");
    target
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id runs");
    output.stdout == b"0\n"
}

/// The value of a line `key = value`.
fn key(text: &str, key: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
    line.unwrap_or_default().trim().trim_matches('"').to_owned()
}
