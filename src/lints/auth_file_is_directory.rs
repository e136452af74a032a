//! A directory where the password file should be: every login ends in an error of the server.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, Site, once_a_file};
use crate::source::Access;

pub const LINT: Lint = Lint {
    id: "auth-file-is-directory",
    summary: "the password file is a directory: every login ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("auth_file_is_directory.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    once_a_file(site.password_files().into_iter().filter_map(|file| Some((file, check_file(file)?))))
}

fn check_file(file: PasswordFile<'_>) -> Option<Finding> {
    let Access::Directory = file.access()? else { return None };
    // Beside the files that a variable chooses from there may be a directory for other things.
    if file.is_candidate() {
        return None;
    }
    let path = file.written();
    Some(
        Finding::at(file.directive.span(), "this is a directory")
            .help(format!("name the file in it, such as `{}/.htpasswd`; a container makes a directory of a mounted file that is missing", path.display())),
    )
}
