//! Hashes that the server cannot compare a password with: the right password is refused.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{ReadFile, Site};
use crate::userfile::{Entry, Fate, Library, Reader, Scheme, Works};

pub const LINT: Lint = Lint {
    id: "hash-unsupported-by-server",
    summary: "the server cannot check these hashes: the right password is refused",
    level: Level::Error,
    page: include_str!("hash_unsupported_by_server.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let (reader, library) = (site.reader(), site.library());
    site.read_files().iter().filter_map(|file| check_file(file, reader, library)).collect()
}

fn check_file(file: &ReadFile<'_>, reader: Reader, library: &Library) -> Option<Finding> {
    let unusable = |entry: Entry<'_>| {
        // A line of `htdigest` is for another scheme of Apache's, `!` stands there on purpose, and what is odd about
        // the line is told by a lint of its own.
        let is_meant =
            entry.hash().scheme() == Scheme::Locked || entry.is_digest() && reader == Reader::Apache;
        match entry.hash().works(reader, library) {
            Works::No(why) if entry.fate() == Fate::Counts && !is_meant && !entry.is_odd() => {
                Some((entry.line(), why))
            }
            _ => None,
        }
    };
    let lines: Vec<_> = file.users.entries().filter_map(unusable).collect();
    let label = match lines.len() {
        0 => return check_library(file, reader, library),
        1 => "one user in it can never log in".to_owned(),
        count => format!("{count} users in it can never log in"),
    };
    let finding = file.finding(label, lines)?;
    Some(finding.help(format!("give them new passwords: `htpasswd -m {} NAME`", file.path().display())))
}

/// Hashes that not every C library checks, where it is not known which the server has.
fn check_library(file: &ReadFile<'_>, reader: Reader, library: &Library) -> Option<Finding> {
    let scheme = file
        .users
        .entries()
        .map(|entry| entry.hash().scheme())
        .find(|scheme| library.evidence.is_none() && scheme.hangs_on_library(reader))?;
    let scheme = scheme.as_str();
    let label = format!("there is {scheme} in it, and the server's C library is not at hand");
    Some(
        file.at_directive(label)?
            .level(Level::Advice)
            .message(format!("whether {} can check {scheme} hangs on its C library", reader.server()))
            .help("libxcrypt can, as in Debian since 11 and Fedora since 28; `htpasswd -5` makes what all of them can"),
    )
}
