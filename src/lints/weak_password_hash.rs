//! Hashes that give the password away to whoever sees the file.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{ReadFile, Site};
use crate::userfile::{Entry, Fate, Library, Reader, Scheme, Strength, Works};

pub const LINT: Lint = Lint {
    id: "weak-password-hash",
    summary: "whoever gets the password file has the passwords, too",
    level: Level::Advice,
    page: include_str!("weak_password_hash.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let (reader, library) = (site.reader(), site.library());
    site.read_files().iter().filter_map(|file| check_file(file, reader, library)).collect()
}

fn check_file(file: &ReadFile<'_>, reader: Reader, library: &Library) -> Option<Finding> {
    let weak = |entry: Entry<'_>| {
        let hash = entry.hash();
        let is_weak = hash.scheme().strength() == Some(Strength::Weak);
        let counts = entry.fate() == Fate::Counts && !matches!(hash.works(reader, library), Works::No(_));
        (is_weak && counts).then(|| (entry.line(), weakness(hash.scheme()).to_owned()))
    };
    let lines = file.users.entries().filter_map(weak).collect();
    let finding = file.finding("its hashes are easily broken", lines)?;
    Some(finding.help(format!("make them anew with `htpasswd -B {} NAME`", file.path().display())))
}

fn weakness(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Plain => "this is the password itself",
        Scheme::Sha1 => "SHA-1 without a salt: billions are tried in a second",
        Scheme::Des => "DES: only eight characters of the password count",
        Scheme::ExtendedDes => "DES with 56 bits",
        _ => "MD5-crypt: millions are tried in a second",
    }
}
