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
    let path = match file.path() {
        PathValue::Varies => return None,
        PathValue::Absolute(path) if path == written => return None,
        PathValue::Absolute(path) => path,
        PathValue::Relative(_) => {
            let label = "taken from the directory of nginx.conf, wherever this file is included";
            return Some(Finding::at(file.directive.span(), label).help("write the whole path"));
        }
    };
    let (level, what) = match file.access() {
        Some(Access::Missing(_)) => {
            (Level::Error, ", which does not exist: every login ends in 403 Forbidden")
        }
        // It works today; it will not where the configuration is tried with another `-c`.
        Some(Access::Readable) => (Level::Advice, ""),
        // Told by the lints of their own.
        Some(Access::Directory | Access::Unreadable(_)) => return None,
        _ => (LINT.level, ""),
    };
    Some(
        Finding::at(file.directive.span(), format!("nginx opens `{}`{what}", path.display()))
            .level(level)
            .help(format!(
                "write the whole path: `auth_basic_user_file {};` if this is the file you mean",
                path.display()
            )),
    )
}
