//! What a package has beside the program: completions, pages of the manual, the version.

use std::process::Command;

fn said(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_authlint")).args(arguments).output().expect("authlint runs");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// The commands that the help names.
fn commands() -> Vec<String> {
    let help = said(&["--help"]);
    let list = help.split("Commands:").nth(1).expect("commands");
    let lines = list.lines().skip(1).take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
        assert!(script.contains("meant-closed"), "{shell}");
    }
}

#[test]
fn every_command_has_a_page() {
    let main = said(&["man"]);
    assert!(main.starts_with(".ie") && main.contains(".SH NAME"), "{main}");
    for command in commands() {
        let page = said(&["man", &command]);
        assert!(page.contains(&format!(".TH authlint-{command} 1")), "{page}");
        assert!(main.contains(&format!("authlint\\-{command}(1)")), "{command}");
    }
}

#[test]
fn the_version_says_the_commit() {
    let version = said(&["--version"]);
    let rest = version
        .trim_end()
        .strip_prefix(concat!("authlint ", env!("CARGO_PKG_VERSION")))
        .expect("the version");
    let log = Command::new("git").args(["log", "-1", "--abbrev=9", "--format=%h"]).output();
    let commit = log.ok().filter(|output| output.status.success()).map(|output| output.stdout);
    let commit = commit.and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    assert!(rest.contains(commit.trim()), "{version}");
    assert!(rest.is_empty() || rest.starts_with(" (") && rest.ends_with(')'), "{version}");
}
