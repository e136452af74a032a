//! Real configurations, as distributions ship them: all are read, and a person has looked at what
//! is said of each.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

const CORPUS: &str = "../shared/corpus";

/// The stock configuration of Debian's package is right.
#[test]
fn stock_nginx_has_no_finding() {
    if !Path::new("/etc/nginx/nginx.conf").exists() {
        let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
        assert!(!required, "nginx is not installed");
        eprintln!("SKIPPED: nginx is not installed");
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
        .args(["check", "/etc/nginx"])
        .output()
        .expect("authlint runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What is said of each file of the corpus; the snapshot has a word of judgement for each line.
#[test]
fn corpus_is_read_and_judged() {
    let Ok(list) = fs::read_to_string(format!("{CORPUS}/debian.tsv")) else {
        eprintln!("SKIPPED: {CORPUS} is not here");
        return;
    };
    let mut said = String::new();
    for file in list.lines().filter_map(|line| line.strip_prefix("nginx\t")?.split('\t').next()) {
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
}
