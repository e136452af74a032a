//! A relative path to the password file: it does not start where the line is written.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Name, PasswordFile, PathValue, Site, once_a_file};
use crate::source::Access;

pub const LINT: Lint = Lint {
    id: "auth-file-relative-path",
    summary: "the path to the password file is relative: it does not start where it is written",
    level: Level::Warning,
    page: include_str!("auth_file_relative_path.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let all = site.password_files().into_iter().chain(site.group_files());
    let found = all.filter_map(|file| Some((file, named(check_file(site, file)?, file))));
    // That a file is not there is one thing; how its path begins is said of each line.
    let (missing, others): (Vec<_>, Vec<_>) =
        found.partition(|(_, finding)| finding.level == Some(Level::Error));
    once_a_file(missing).into_iter().chain(others.into_iter().map(|(_, finding)| finding)).collect()
}

/// Says which file it is about, if it is not the one that the summary is about.
fn named(finding: Finding, file: PasswordFile<'_>) -> Finding {
    if file.directive.name() == Name::AuthGroupFile {
        return finding
            .message("the path to the file of groups is relative: it does not start where it is written");
    }
    finding
}

fn check_file(site: &Site<'_>, file: PasswordFile<'_>) -> Option<Finding> {
    let written = file.written();
    let at = file.directive.span();
    if file.path() == PathValue::Varies || written.is_absolute() {
        return None;
    }
    if file.directive.is(0, "off") && !site.is_apache() {
        let label = "a user file cannot be switched off: nginx looks for a file of this name";
        return Some(Finding::at(at, label).level(Level::Error).help("write `auth_basic off;` instead"));
    }
    let is_surprising = file.is_in_htaccess() || is_from_elsewhere(&written.to_string_lossy());
    // nginx's manual itself writes `conf/htpasswd`.
    let level = if site.is_apache() || is_surprising { LINT.level } else { Level::Advice };
    let PathValue::Absolute(path) = file.path() else {
        let label = format!("taken from {}, wherever this file lies", site.start_of_paths());
        let is_told = !site.is_apache() || is_surprising;
        return is_told.then(|| Finding::at(at, label).level(level).help("write the whole path"));
    };
    let (server, answer) = (site.server_name(), site.answer_without_file());
    let (level, label) = match file.access() {
        // Told by the lints of their own.
        Some(Access::Directory | Access::Unreadable(_) | Access::Special(_) | Access::Outside) => {
            return None;
        }
        // Groups that cannot be read have a lint of their own, too.
        Some(Access::Missing(_)) if file.directive.name() == Name::AuthGroupFile => return None,
        Some(Access::Missing(_)) => (
            Level::Error,
            format!(
                "{server} opens `{}`, which does not exist: every login ends in {answer}",
                path.display()
            ),
        ),
        // Apache's own configuration has its paths from `ServerRoot`, and means it.
        Some(Access::Readable) if site.is_apache() && !is_surprising => return None,
        // It works today; it will not where the configuration is tried with another `-c`.
        Some(Access::Readable) => (Level::Advice, format!("{server} opens `{}`", path.display())),
        Some(Access::Unknown(_)) => (level, format!("{server} opens `{}`", path.display())),
        // A checkout lies elsewhere than on the server.
        None => (level, format!("{server} opens `{}` in {}", written.display(), site.start_of_paths())),
    };
    Some(Finding::at(at, label).level(level).help("write the whole path of the file you mean"))
}

/// Whether a path is written for something that reads it otherwise: a shell, or a browser.
fn is_from_elsewhere(path: &str) -> bool {
    ["~", "./", "%{"].iter().any(|start| path.starts_with(start)) || path.contains("://")
}
