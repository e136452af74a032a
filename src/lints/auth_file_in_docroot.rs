//! The password file lies among the files of the site: whoever fetches it can try passwords at leisure.

use std::collections::HashSet;

use super::Lint;
use crate::decide::{Decider, Reached, Witness};
use crate::finding::{Finding, Level};
use crate::model::{Likely, Look, ServedFile, Site, once_a_file};

pub const LINT: Lint = Lint {
    id: "auth-file-in-docroot",
    summary: "the password file can be fetched like any page, with all names and hashes",
    level: Level::Error,
    page: include_str!("auth_file_in_docroot.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let served = site.served_files();
    if served.is_empty() {
        return Vec::new();
    }
    let decider = Decider::new(site, Look::nothing()).with_files_served(&served);
    let tell = |one| match decider.reach(one) {
        Some(reached) => Some(tell_proven(one, &reached)),
        None => one.likely().map(|likely| tell_likely(one, likely)),
    };
    let mut found: Vec<_> = served.iter().filter_map(|one| Some((one.file, tell(one)?))).collect();
    // The worst of what is to be told of one line is told alone.
    found.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.level));
    let mut told = HashSet::new();
    found.retain(|(_, finding)| told.insert(finding.primary.span));
    once_a_file(found)
}

fn tell_proven(one: &ServedFile<'_>, reached: &Reached) -> Finding {
    let what = one.file.title();
    match reached {
        Reached::ByEverybody(witness) => {
            finding(one, Level::Error, format!("`GET {}` brings {what} to everybody", url(witness)))
        }
        Reached::ByUsers(witness) => {
            let label = format!("`GET {}` brings {what} to everybody who has logged in", url(witness));
            to_users(one, label)
        }
        Reached::ButForItsName(witness) => {
            let finding = only_by_name(one, &format!("the one that refuses `{}`", url(witness)));
            match witness.decision.because.last() {
                Some(because) => finding.also(because.span, "this is the rule"),
                None => finding,
            }
        }
    }
}

fn tell_likely(one: &ServedFile<'_>, likely: Likely) -> Finding {
    let what = one.file.title();
    match likely {
        Likely::ToEverybody => finding(
            one,
            Level::Warning,
            format!("{what} lies in what is served, and nothing here refuses it"),
        )
        .message("the password file can most likely be fetched like any page, with all names and hashes"),
        Likely::ToUsers => {
            to_users(one, format!("{what} lies in what is served to everybody who has logged in"))
        }
        Likely::ButForItsName if one.server.site().is_apache() => {
            only_by_name(one, "such as `<FilesMatch \"^\\.ht\">`")
        }
        Likely::ButForItsName => only_by_name(one, "such as `location ~ /\\.`"),
    }
}

fn to_users(one: &ServedFile<'_>, label: String) -> Finding {
    finding(one, Level::Warning, label)
        .message("whoever can log in can fetch the password file, with the names and hashes of all others")
}

fn only_by_name(one: &ServedFile<'_>, rule: &str) -> Finding {
    let label = format!(
        "{} lies in what is served; only a rule about its name keeps it back, {rule}",
        one.file.title()
    );
    finding(one, Level::Advice, label)
        .message("the password file lies in what is served, and only its name keeps it from being fetched")
}

fn finding(one: &ServedFile<'_>, level: Level, label: String) -> Finding {
    Finding::at(one.file.directive.span(), label)
        .level(level)
        .help("move the file to a directory that is not served, such as that of the configuration, and name the new path")
}

fn url(witness: &Witness) -> String {
    format!("{}{}", witness.request.origin().unwrap_or_default(), witness.request.target)
}
