//! The password file lies among the files of the site: whoever fetches it can try passwords at leisure.

use std::collections::HashSet;

use super::Lint;
use crate::decide::{Credentials, Decider, Outcome, Witness};
use crate::finding::{Finding, Level};
use crate::model::{Look, ServedFile, Site};

pub const LINT: Lint = Lint {
    id: "auth-file-in-docroot",
    summary: "the password file can be fetched like any page, with all names and hashes",
    level: Level::Error,
    page: include_str!("auth_file_in_docroot.md"),
    check,
};

/// A name that no rule about names can mean.
const INNOCENT: &str = "authlint-0.html";

/// How a file can be fetched; the worst first.
enum Reached {
    ByEverybody(Witness),
    ByUsers(Witness),
    /// Only a rule about names keeps it back: its answer.
    ButForItsName(Witness),
}

fn check(site: &Site<'_>) -> Vec<Finding> {
    let served = site.served_files();
    if served.is_empty() {
        return Vec::new();
    }
    let assumed = served.iter().flat_map(|one| [one.path.clone(), one.path.with_file_name(INNOCENT)]);
    let decider = Decider::new(site, Look::nothing()).assuming(assumed);
    let mut found: Vec<(u8, Finding)> = served.iter().filter_map(|one| check_file(&decider, one)).collect();
    // The worst of what is told of one line comes first, and is told alone.
    found.sort_by_key(|(rank, _)| *rank);
    let mut told = HashSet::new();
    found.retain(|(_, finding)| told.insert(finding.primary.span));
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn check_file<'s>(decider: &Decider<'s>, one: &ServedFile<'s>) -> Option<(u8, Finding)> {
    let at = one.file.directive.span();
    let away = "move the file to a directory that is not served, such as the one of the configuration, and name the new path";
    let shown = |witness: &Witness| {
        format!("{}{}", witness.request.origin().unwrap_or_default(), witness.request.target)
    };
    let what = one.file.title();
    Some(match reach(decider, one)? {
        Reached::ByEverybody(witness) => {
            (0, Finding::at(at, format!("`GET {}` brings {what} to everybody", shown(&witness))).help(away))
        }
        Reached::ByUsers(witness) => {
            let label = format!("`GET {}` brings {what} to everybody who has logged in", shown(&witness));
            (1, Finding::at(at, label).level(Level::Warning).help(away))
        }
        Reached::ButForItsName(witness) => {
            let label = format!(
                "{what} lies among what is served; only a rule about its name refuses `{}`",
                shown(&witness)
            );
            let finding = Finding::at(at, label).message(
                "the password file lies in the document root, and only its name keeps it from being fetched",
            );
            let rule = witness.decision.because.last().map(|because| because.span);
            let finding = match rule {
                Some(span) => finding.also(span, "this is the rule"),
                None => finding,
            };
            (2, finding.level(Level::Advice).help(away))
        }
    })
}

fn reach<'s>(decider: &Decider<'s>, one: &ServedFile<'s>) -> Option<Reached> {
    let is_sent = |witness: &Witness| {
        witness.decision.outcome == Outcome::Open && witness.decision.file.as_ref() == Some(&one.path)
    };
    let witness = decider.fetch(one.server, &one.url, Credentials::None)?;
    if is_sent(&witness) {
        return Some(Reached::ByEverybody(witness));
    }
    let user = || Credentials::User(Decider::USER.to_owned());
    match witness.decision.outcome {
        Outcome::Challenge => {
            let witness = decider.fetch(one.server, &one.url, user())?;
            is_sent(&witness).then_some(Reached::ByUsers(witness))
        }
        Outcome::Forbidden | Outcome::Responds => {
            let other = one.path.with_file_name(INNOCENT);
            let (directory, _) = one.url.rsplit_once('/')?;
            let is_open = [Credentials::None, user()].into_iter().any(|credentials| {
                let sibling = decider.fetch(one.server, &format!("{directory}/{INNOCENT}"), credentials);
                sibling.is_some_and(|it| {
                    it.decision.outcome == Outcome::Open && it.decision.file.as_ref() == Some(&other)
                })
            });
            is_open.then_some(Reached::ButForItsName(witness))
        }
        _ => None,
    }
}
