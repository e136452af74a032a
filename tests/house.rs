//! The rules of the house, held by a test: who may use whom, how long a file may be, and that the
//! README says what is true.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// For each module: the modules of the crate and the other crates that it may use.
const MAY_USE: &[(&str, &[&str], &[&str])] = &[
    ("source", &[], &["memchr", "rustix"]),
    ("finding", &["source"], &[]),
    ("syntax", &["source", "finding"], &["pest", "memchr"]),
    ("load", &["source", "finding", "syntax"], &["walkdir", "memchr"]),
    ("userfile", &["source"], &[]),
    ("model", &["source", "finding", "syntax", "load", "userfile"], &["pcre2"]),
    ("decide", &["source", "finding", "syntax", "load", "userfile", "model"], &["pcre2"]),
    ("lints", &["source", "finding", "userfile", "model", "decide"], &["strsim"]),
    ("allow", &["source", "finding", "syntax", "load", "lints"], &[]),
    ("outline", &["source", "syntax", "load"], &[]),
    (
        "report",
        &["source", "finding", "userfile", "lints", "model", "decide", "expect", "allow", "outline"],
        &["miette", "serde", "serde_json", "terminal_size"],
    ),
    ("expect", &["source", "finding", "model", "decide"], &[]),
    ("fix", &["source", "finding", "load", "report"], &["memchr", "rustix", "similar"]),
    ("settings", &[], &["serde", "toml"]),
    (
        "cli",
        &[
            "source", "finding", "userfile", "load", "model", "decide", "expect", "lints", "allow", "report",
            "settings", "outline", "fix",
        ],
        &["clap", "clap_complete", "clap_mangen", "indicatif", "serde", "serde_json", "strsim"],
    ),
];

const CRATES: &[&str] = &[
    "pest",
    "pest_derive",
    "walkdir",
    "miette",
    "clap",
    "clap_complete",
    "clap_mangen",
    "serde",
    "serde_json",
    "rayon",
    "pcre2",
    "memchr",
    "indicatif",
    "terminal_size",
    "rustix",
    "toml",
    "similar",
    "strsim",
];

fn sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::from("src")];
    while let Some(directory) = todo.pop() {
        for entry in fs::read_dir(&directory).expect("a readable directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}

/// The code without its unit tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn module(path: &Path) -> String {
    let inside = path.strip_prefix("src").expect("a path in src");
    let first = inside.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn data_goes_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let module = module(&path);
        let Some((_, modules, crates)) = MAY_USE.iter().find(|(name, ..)| *name == module) else { continue };
        let code = code(&text);
        for (other, ..) in MAY_USE {
            if *other != module && code.contains(&format!("crate::{other}")) && !modules.contains(other) {
                wrong.push(format!("{}: {module} uses {other}", path.display()));
            }
        }
        for other in CRATES {
            let used = code.contains(&format!("{other}::")) && !code.contains(&format!("_{other}::"));
            if used && !crates.contains(other) && !(*other == "pest_derive" && module == "syntax") {
                wrong.push(format!("{}: {module} uses the crate {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn lints_do_no_input_and_know_nothing_of_each_other() {
    for (path, text) in sources().into_iter().filter(|(path, _)| module(path) == "lints") {
        let code = code(&text);
        assert!(!code.contains("std::fs") && !code.contains("Host"), "{} reads files", path.display());
        let is_registry = path.ends_with("mod.rs");
        let others = code.matches("super::").count() - code.matches("use super::Lint;").count();
        assert!(is_registry || others == 0, "{} uses another lint", path.display());
    }
}

#[test]
fn files_are_short() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        let most = if module(&path) == "lints" && !path.ends_with("mod.rs") { 100 } else { 400 };
        assert!(lines <= most, "{}: {lines} lines, {most} at most: is it two things?", path.display());
    }
}

#[test]
fn what_can_panic_stays_where_it_is_proven() {
    for (path, text) in sources() {
        let code = code(&text);
        let is_grammar = path.starts_with("src/syntax");
        for word in [".unwrap()", "panic!(", "todo!(", "unimplemented!(", "unreachable!("] {
            assert!(!code.contains(word), "{}: {word}", path.display());
        }
        assert!(is_grammar || !code.contains(".expect("), "{}: .expect(", path.display());
    }
}

/// The parts of the README between two marks are made by the program.
#[test]
fn readme_says_what_is_true() {
    let check = ["check", "--root", "examples/bad", "--select", "return-bypasses-auth,auth-file-missing"];
    let config = "examples/good/etc/nginx/nginx.conf";
    let trace = ["trace", "--config", config, "--root", "examples/good", "http://tools.example.org/report"];
    let parts = BTreeMap::from([
        ("lints", lint_table()),
        ("run", real_run(&check, 1)),
        ("trace", real_run(&trace, 0)),
    ]);
    let mut readme = fs::read_to_string("README.md").expect("a README");
    for (name, made) in parts {
        let (begin, end) = (format!("<!-- {name}: begin -->\n"), format!("<!-- {name}: end -->"));
        let from = readme.find(&begin).unwrap_or_else(|| panic!("README.md has no {begin}")) + begin.len();
        let to = from + readme[from..].find(&end).unwrap_or_else(|| panic!("README.md has no {end}"));
        if std::env::var_os("BLESS").is_some() {
            readme.replace_range(from..to, &made);
        } else {
            assert_eq!(&readme[from..to], made, "README.md is out of date: run `just bless`");
        }
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write("README.md", readme).expect("a writable README");
    }
}

#[test]
fn the_schema_is_that_of_the_options() {
    let path = "docs/authlint.schema.json";
    let made = authlint::cli::schema();
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, made).expect("a writable schema");
    } else {
        let is = fs::read_to_string(path).expect("the schema");
        assert_eq!(is, made, "{path} is out of date: run `just bless`");
    }
}

fn lint_table() -> String {
    let mut table = String::from("| lint | level | what it finds |\n|---|---|---|\n");
    for lint in authlint::lints::ALL {
        let page = format!("src/lints/{}.md", lint.id.replace(['-', '.'], "_"));
        let _ = writeln!(table, "| [{}]({page}) | {} | {} |", lint.id, lint.level.as_str(), lint.summary);
    }
    table
}

fn real_run(arguments: &[&str], status: i32) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_authlint"))
        .args(arguments)
        .output()
        .expect("authlint runs");
    assert_eq!(output.status.code(), Some(status));
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim_end).collect();
    format!("```text\n$ authlint {}\n{}\n```\n", arguments.join(" "), lines.join("\n"))
}
