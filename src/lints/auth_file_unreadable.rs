//! A password file that root can read and the server's worker cannot.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, Site};
use crate::source::{Access, FileState, Identity, Obstacle};

pub const LINT: Lint = Lint {
    id: "auth-file-unreadable",
    summary: "the server's user cannot read the password file: every login ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("auth_file_unreadable.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.password_files().into_iter().filter_map(|file| check_file(file, site.identity())).collect()
}

fn check_file(file: PasswordFile<'_>, worker: &Identity) -> Option<Finding> {
    let Access::Unreadable(obstacle) = file.access()? else { return None };
    let who = worker
        .name
        .as_deref()
        .map_or_else(|| "the worker's user".to_owned(), |name| format!("the worker's user `{name}`"));
    let finding = match obstacle {
        Obstacle::File(state) => {
            Finding::at(file.directive.span(), format!("{who} may not read it: {}", owner(state))).help(
                format!(
                    "let the group of {who} read it: `chgrp GROUP {path}; chmod 640 {path}`",
                    path = state.path.display()
                ),
            )
        }
        Obstacle::Parent(state) => Finding::at(
            file.directive.span(),
            format!("{who} may not pass through `{}`: {}", state.path.display(), owner(state)),
        )
        .help(format!(
            "`chmod o+x {}`, or move the file to a directory that is open to the server",
            state.path.display()
        )),
        Obstacle::NotADirectory(path) => {
            Finding::at(file.directive.span(), format!("`{}` is a file, not a directory", path.display()))
                .help("mend the path")
        }
    };
    Some(finding)
}

fn owner(state: &FileState) -> String {
    format!("mode {:04o}, owner {}, group {}", state.mode, state.uid, state.gid)
}
