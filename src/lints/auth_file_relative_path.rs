//! A relative path to the password file: it does not start where the line is written.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, PathValue, Site};
use crate::source::Access;

pub const LINT: Lint = Lint {
    id: "auth-file-relative-path",
    summary: "the path to the password file is relative: nginx starts at the directory of nginx.conf",
    level: Level::Warning,
    page: include_str!("auth_file_relative_path.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.password_files().into_iter().filter_map(check_file).collect()
}

fn check_file(file: PasswordFile<'_>) -> Option<Finding> {
    let written = file.written();
    let at = file.directive.span();
    if file.path() == PathValue::Varies || written.is_absolute() {
        return None;
    }
    if file.directive.is(0, "off") {
        let label = "a user file cannot be switched off: nginx looks for a file of this name";
        return Some(Finding::at(at, label).level(Level::Error).help("write `auth_basic off;` instead"));
    }
    let PathValue::Absolute(path) = file.path() else {
        let label = "taken from the directory of nginx.conf, wherever this file is included";
        return Some(Finding::at(at, label).help("write the whole path"));
    };
    let (level, label) = match file.access() {
        // Told by the lints of their own.
        Some(Access::Directory | Access::Unreadable(_)) => return None,
        Some(Access::Missing(_)) => (
            Level::Error,
            format!("nginx opens `{}`, which does not exist: every login ends in 403", path.display()),
        ),
        // It works today; it will not where the configuration is tried with another `-c`.
        Some(Access::Readable) => (Level::Advice, format!("nginx opens `{}`", path.display())),
        Some(Access::Unknown(_)) => (LINT.level, format!("nginx opens `{}`", path.display())),
        // A checkout lies elsewhere than on the server.
        None => (LINT.level, format!("nginx opens `{}` in the directory of nginx.conf", written.display())),
    };
    Some(Finding::at(at, label).level(level).help("write the whole path of the file you mean"))
}
