//! What `--version` says: the version, and the commit and its date where they can be known.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let (commit, date) = from_git().or_else(from_package).unwrap_or_default();
    let date = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| day(&seconds)).unwrap_or(date);
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let known = [commit, date].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let known = if known.is_empty() { known } else { format!(" ({known})") };
    println!("cargo::rustc-env=AUTHLINT_VERSION={version}{known}");
}

/// The commit that is checked out, and its day.
fn from_git() -> Option<(String, String)> {
    let top = git(&["rev-parse", "--show-toplevel"])?;
    let here = env::var_os("CARGO_MANIFEST_DIR")?;
    // An unpacked archive may lie in somebody else's repository.
    if fs::canonicalize(top).ok()? != fs::canonicalize(here).ok()? {
        return None;
    }
    // The log of HEAD grows with every commit, HEAD itself changes with the branch. A path that is not there would make
    // cargo run this each time.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let said = git(&["log", "-1", "--abbrev=9", "--format=%h %cd", "--date=format-local:%Y-%m-%d"])?;
    let (commit, date) = said.split_once(' ')?;
    Some((commit.to_owned(), date.to_owned()))
}

/// The commit that cargo wrote into the package; it says no date.
fn from_package() -> Option<(String, String)> {
    println!("cargo::rerun-if-changed=Cargo.toml");
    let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, after) = text.split_once("\"sha1\"")?;
    let commit: String =
        after.chars().skip_while(|c| !c.is_ascii_hexdigit()).take_while(char::is_ascii_hexdigit).collect();
    (commit.len() >= 9).then(|| (commit.chars().take(9).collect(), String::new()))
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).env("TZ", "UTC").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// Seconds since 1970 as a day, by the rules of the Gregorian calendar (years counted from March, so that the leap day is
/// the last one).
fn day(seconds: &str) -> Option<String> {
    let days = seconds.trim().parse::<u32>().ok()? / 86_400 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    Some(format!("{year:04}-{month:02}-{day:02}"))
}
