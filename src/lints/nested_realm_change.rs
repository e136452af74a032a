//! An area within a protected area that asks with another realm, or for another file's passwords.

use std::collections::{HashMap, HashSet};

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Nested, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "nested-realm-change",
    summary: "an area within a protected area asks for the password a second time",
    level: Level::Advice,
    page: include_str!("nested_realm_change.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut told: HashMap<(Span, String, String), usize> = HashMap::new();
    let mut shown = HashSet::new();
    for nested in site.nested_passwords() {
        // What goes with an area that was told, such as its expression for scripts, is no second cause.
        let key = (nested.outer_realm.span(), nested.realm.text(), nested.file.text());
        let is_new = shown.insert(nested.inner.span());
        match told.get(&key) {
            Some(&at) => findings[at].elsewhere.extend(Some(nested.inner.span()).filter(|_| is_new)),
            None => {
                let Some(finding) = check_nested(&nested) else { continue };
                told.insert(key, findings.len());
                findings.push(finding);
            }
        }
    }
    findings
}

/// Another realm with another file is another area, and meant to be.
fn check_nested(nested: &Nested<'_>) -> Option<Finding> {
    let (realm, outer) = (nested.realm.literal(0)?, nested.outer_realm.literal(0)?);
    match (nested.same_realm()?, nested.same_file()?) {
        (false, true) => Some(
            Finding::at(nested.realm.span(), "another realm, but the same password file as around it")
                .also(nested.outer_realm.span(), "browsers keep this password for another place")
                .also(nested.file.span(), "and everybody in this file gets in at both")
                .help(format!("write `{outer}` as the realm here, too, or name a password file of its own")),
        ),
        (true, false) if !nested.same_people() => Some(
            Finding::at(nested.file.span(), "another password file under the same realm")
                .message("two password files under one realm: browsers send the password of the wrong one")
                .also(nested.outer_file.span(), "the file around it")
                .also(nested.realm.span(), "browsers keep one password for this name")
                .help(format!("give the inner area a realm of its own, not `{realm}`")),
        ),
        _ => None,
    }
}
