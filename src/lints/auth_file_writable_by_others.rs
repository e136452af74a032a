//! A password file that others than its owner can change: they let themselves in.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, Site, once_a_file};
use crate::source::{Writable, Writers};

pub const LINT: Lint = Lint {
    id: "auth-file-writable-by-others",
    summary: "others on this machine can change the password file, and so let themselves in",
    level: Level::Warning,
    page: include_str!("auth_file_writable_by_others.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let files = site.password_files().into_iter().chain(site.group_files());
    once_a_file(files.filter_map(|file| Some((file, check_file(file)?))))
}

fn check_file(file: PasswordFile<'_>) -> Option<Finding> {
    let Writable { state, is_directory, by } = file.writable()?;
    let (who, bits) = match by {
        Writers::Everybody => ("everybody".to_owned(), "o-w"),
        Writers::Group(names) if names.is_empty() => (format!("the group `{}`", state.group), "g-w"),
        Writers::Group(names) => (format!("the group `{}` ({})", state.group, names.join(", ")), "g-w"),
    };
    let path = state.path.display();
    let what = if *is_directory {
        format!("put another file in its place, in `{path}`")
    } else {
        format!("write to {}", file.title())
    };
    let mode = format!("mode {:04o}, owner {}, group {}", state.mode, state.owner, state.group);
    let finding = Finding::at(file.directive.span(), format!("{who} may {what}: {mode}"))
        .help(format!("`chmod {bits} {path}`"));
    let is_of_nobody = *by == Writers::Group(Vec::new());
    Some(if is_of_nobody { finding.level(Level::Advice) } else { finding })
}
