//! Real configurations, as distributions ship them: all are read, and a person has looked at what
//! is said of each.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const CORPUS: &str = "../shared/corpus";

/// The stock configurations of Debian's packages are right.
#[test]
fn stock_configurations_have_no_finding() {
    for (directory, main) in [("/etc/nginx", "nginx.conf"), ("/etc/apache2", "apache2.conf")] {
        if !Path::new(directory).join(main).exists() {
            let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
            assert!(!required, "{directory}/{main} is not installed");
            eprintln!("SKIPPED: {directory}/{main} is not installed");
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
            .args(["check", "--fail-on", "advice", directory])
            .output()
            .expect("authlint runs");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    }
}

/// What is said of each file of the corpus; the snapshot has a word of judgement for each line.
#[test]
fn corpus_is_read_and_judged() {
    let Ok(list) = fs::read_to_string(format!("{CORPUS}/debian.tsv")) else {
        eprintln!("SKIPPED: {CORPUS} is not here");
        return;
    };
    let mut said = String::new();
    for line in list.lines() {
        let Some((kind, rest)) = line.split_once('\t') else { continue };
        if !["nginx", "apache", "htaccess"].contains(&kind) {
            continue;
        }
        let file = rest.split('\t').next().unwrap_or_default();
        let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
            .args(["check", "--format", "concise", file])
            .current_dir(format!("{CORPUS}/debian"))
            .output()
            .expect("authlint runs");
        let code = output.status.code().expect("an exit status");
        assert!((0..=2).contains(&code), "{file}: exit status {code}");
        assert!(output.stderr.is_empty(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
        let _ = write!(said, "{code} {file}\n{}", String::from_utf8_lossy(&output.stdout));
    }
    insta::assert_snapshot!(said);
    assert_judged(&said);
}

/// Every error and warning has a word of judgement, and at least 95 of 100 are right.
fn assert_judged(said: &str) {
    let judged = fs::read_to_string("tests/snapshots/corpus_judged.tsv").expect("a text");
    let judged: Vec<(&str, &str)> = judged
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').expect("a place and a judgement"))
        .collect();
    let loud = said.lines().filter(|line| line.contains(": error[") || line.contains(": warning["));
    let (mut all, mut right) = (0, 0);
    for line in loud {
        let place = line.split_once(']').map_or(line, |(place, _)| place);
        let word = judged.iter().find(|(judged, _)| *judged == place).map(|(_, word)| *word);
        let word = word.unwrap_or_else(|| panic!("nobody has judged `{place}`"));
        all += 1;
        right += usize::from(word.starts_with("right"));
    }
    assert_eq!(all, judged.len(), "a judgement is of nothing that is said");
    assert!(right * 100 >= all * 95, "{right} of {all} are right");
}
