//! A password file that root can read and the server's worker cannot.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, Site, once_a_file};
use crate::source::{Access, FileState, Identity, Obstacle};

pub const LINT: Lint = Lint {
    id: "auth-file-unreadable",
    summary: "the server's user cannot read the password file: every login ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("auth_file_unreadable.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let files = site.password_files().into_iter();
    once_a_file(files.filter_map(|file| Some((file, check_file(file, site.identity())?))))
}

fn check_file(file: PasswordFile<'_>, worker: &Identity) -> Option<Finding> {
    let Access::Unreadable(obstacle) = file.access()? else { return None };
    let who = worker
        .name
        .as_deref()
        .map_or_else(|| "the worker's user".to_owned(), |name| format!("the worker's user `{name}`"));
    let at = file.directive.span();
    Some(match obstacle {
        Obstacle::File(state) => {
            let group = worker.group.as_deref().unwrap_or("GROUP");
            let path = state.path.display();
            Finding::at(at, format!("{who} may not read {}: {}", file.title(), mode(state)))
                .help(format!("let its group read it: `chgrp {group} {path}` and `chmod 640 {path}`"))
        }
        Obstacle::Parent(state) => {
            let path = state.path.display();
            Finding::at(at, format!("{who} may not pass through `{path}`: {}", mode(state))).help(format!(
                "`chmod o+x {path}`, or move the file to a directory that is open to the server"
            ))
        }
        Obstacle::NotADirectory(path) => {
            Finding::at(at, format!("`{}` is a file, not a directory", path.display())).help("mend the path")
        }
    })
}

fn mode(state: &FileState) -> String {
    format!("mode {:04o}, owner {}, group {}", state.mode, state.owner, state.group)
}
