//! Every safe fix that the lints' pages bring about, on the real servers: what `nginx -t` and `apache2 -t` took before
//! they take after it, too. What becomes of the others is told.
//!
//! Without the servers it says that it was skipped; with `AUTHLINT_TRUTH=required` it fails.

#[allow(dead_code)]
mod common;
#[path = "common/field.rs"]
mod field;
#[path = "common/httpd.rs"]
#[allow(dead_code)]
mod httpd;
#[path = "common/placed.rs"]
mod placed;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use authlint::lints;

const NGINX: &str = "/usr/sbin/nginx";

/// A bad configuration of a page, in one text: each further file behind a line `#### PATH`.
struct Case {
    number: usize,
    text: String,
}

fn is_missing(server: &str) -> bool {
    if Path::new(server).exists() {
        return false;
    }
    assert!(std::env::var("AUTHLINT_TRUTH").as_deref() != Ok("required"), "{server} is missing");
    eprintln!("SKIPPED: {server} is missing");
    true
}

fn cases(page: &str, server: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut is_open = false;
    for (piece, number) in page.split("```").skip(1).step_by(2).zip(1..) {
        let (info, text) = piece.split_once('\n').unwrap_or((piece, ""));
        let has = |word: &str| info.split_whitespace().any(|other| other == word);
        if has("bad") || has("good") {
            is_open = has("bad") && has(server);
            if is_open {
                cases.push(Case { number, text: String::new() });
            }
        }
        let Some(case) = cases.last_mut().filter(|_| is_open && !has("directory")) else { continue };
        let title = info.split("title=\"").nth(1).and_then(|rest| rest.split('"').next());
        if let Some(title) = title {
            let _ = writeln!(case.text, "#### {title}");
        }
        case.text.push_str(text);
    }
    cases
}

/// How many findings were fixed below a directory, and whether all of that is safe. What has a safe fix has to be
/// fixed, unless that would bring another mistake to light.
fn fix(lint: &str, root: &Path) -> (usize, bool) {
    let found = run(lint, root, &[]);
    let wanted = found.matches("\"safety\": ").count();
    let is_safe = found.matches("\"safety\": \"safe\"").count() == wanted;
    let text = run(lint, root, if is_safe { &["--fix"] } else { &["--fix", "--unsafe-fixes"] });
    let count = text.split("\"fixed\": ").nth(1).unwrap_or_default();
    let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
    let fixed = digits.parse().unwrap_or_else(|_| panic!("{lint}: {text}"));
    if fixed < wanted {
        eprintln!("{lint}: {fixed} of {wanted}: {}", text.split("notes").nth(1).unwrap_or_default());
        assert!(!is_safe || text.contains("then there would be"), "{lint}: {fixed} of {wanted}: {text}");
    }
    (fixed, is_safe)
}

fn run(lint: &str, root: &Path, options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
        .args(["check", "--no-config", "--format", "json", "--files", "never", "--select", lint])
        .args(options)
        .arg(root)
        .output()
        .expect("authlint runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a person has to decide may be wrong on a page that shows a part of a configuration.
fn complain(wrong: &mut String, lint: &str, case: &Case, said: &str, is_safe: bool) {
    let words = format!("{lint}, fence {}: {said}\n{}\n", case.number, case.text);
    if is_safe {
        wrong.push_str(&words);
    } else {
        eprintln!("after a fix for a person to decide: {words}");
    }
}

fn sandbox(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("authlint-fix-truth-{}-{name}", std::process::id()))
}

#[test]
fn apache_takes_what_is_fixed() {
    if is_missing(httpd::HTTPD) {
        return;
    }
    let root = sandbox("apache");
    let is_taken = |main: &Path| httpd::refusal(&root, main).contains("Syntax OK");
    let (mut fixed, mut taken, mut mended) = (0, 0, 0);
    let mut wrong = String::new();
    for lint in lints::ALL {
        for case in cases(lint.page, "apache") {
            let (main, _) = placed::put(&root, &case.text, [8080, 8443]);
            let before = is_taken(&main);
            let (count, is_safe) = fix(lint.id, &root);
            if count == 0 {
                continue;
            }
            let after = is_taken(&main);
            fixed += count;
            taken += usize::from(before && after);
            mended += usize::from(!before && after);
            if before && !after {
                let said = httpd::refusal(&root, &main);
                complain(&mut wrong, lint.id, &case, &said, is_safe);
            }
        }
    }
    let _ = fs::remove_dir_all(&root);
    eprintln!(
        "apache: {fixed} fixed; {taken} configurations were taken and are, {mended} were not and are now"
    );
    assert!(wrong.is_empty(), "{wrong}");
    assert!(fixed > 5, "only {fixed} findings are fixed");
}

#[test]
fn nginx_takes_what_is_fixed() {
    if is_missing(NGINX) {
        return;
    }
    let root = sandbox("nginx");
    let (mut fixed, mut taken) = (0, 0);
    let mut wrong = String::new();
    for lint in lints::ALL {
        for case in cases(lint.page, "nginx") {
            let main = put_nginx(&root, &case.text);
            let before = nginx(&root, &main);
            let (count, is_safe) = fix(lint.id, &root.join("etc"));
            if count == 0 {
                continue;
            }
            let after = nginx(&root, &main);
            fixed += count;
            taken += usize::from(before.is_ok() && after.is_ok());
            if let (Ok(()), Err(said)) = (before, after) {
                complain(&mut wrong, lint.id, &case, &said, is_safe);
            }
        }
    }
    let _ = fs::remove_dir_all(&root);
    eprintln!("nginx: {fixed} fixed; {taken} configurations were taken and are");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(fixed > 0, "only {fixed} findings are fixed");
}

/// Puts a configuration for `/etc/nginx` below a directory; gives its main file.
fn put_nginx(root: &Path, text: &str) -> PathBuf {
    let _ = fs::remove_dir_all(root);
    let is_whole = text.lines().any(|line| line.trim_start().starts_with("http {"));
    let first = if is_whole { "/etc/nginx/nginx.conf" } else { "/etc/nginx/conf.d/site.conf" };
    let mut files = vec![(first.to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("#### ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => {
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    if !is_whole {
        let around = "events {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n";
        files.push(("/etc/nginx/nginx.conf".to_owned(), around.to_owned()));
    }
    let shown = root.display().to_string();
    for (path, text) in files {
        let path = root.join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text.replace("/etc/nginx/", &format!("{shown}/etc/nginx/"))).expect("a file");
    }
    root.join("etc/nginx/nginx.conf")
}

/// # Errors
/// What nginx says.
fn nginx(root: &Path, main: &Path) -> Result<(), String> {
    let globals = format!("pid {}/pid; error_log stderr;", root.display());
    let output = Command::new(NGINX)
        .args(["-t", "-q", "-g", &globals, "-p"])
        .arg(root)
        .arg("-c")
        .arg(main)
        .output()
        .expect("nginx runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}
