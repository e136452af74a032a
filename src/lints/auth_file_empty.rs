//! A password file with nobody in it: every login is refused, and the window comes again.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, PathValue, Site, once_a_file};

pub const LINT: Lint = Lint {
    id: "auth-file-empty",
    summary: "nobody is in the password file: no login can succeed",
    level: Level::Error,
    page: include_str!("auth_file_empty.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    once_a_file(site.deciding_files().into_iter().filter_map(|file| Some((file, check_file(file)?))))
}

fn check_file(file: PasswordFile<'_>) -> Option<Finding> {
    let at = file.directive.span();
    if file.path() == PathValue::Absolute("/dev/null".into()) {
        let help = "name the file of those who may log in; where nobody shall, refuse everybody: `deny all;` or `Require all denied`";
        let message =
            "the place is closed, and yet visitors are asked for a password: there is none that fits";
        return Some(Finding::at(at, "nobody is in it").level(Level::Advice).message(message).help(help));
    }
    let users = file.users()?;
    if users.entries().any(|entry| !entry.is_void()) {
        return None;
    }
    // Beside the files that a variable chooses from there may lie others, such as a README.
    if file.is_candidate() && !users.slips.is_empty() {
        return None;
    }
    let path = file.written();
    let label = if users.entries().next().is_some() || !users.slips.is_empty() {
        format!("{} has no line that a user can log in with", file.title())
    } else {
        format!("nobody is in {}", file.title())
    };
    let level = if file.is_candidate() { Level::Warning } else { LINT.level };
    let finding = Finding::at(at, label).level(level);
    let shown = users.slips.first().and_then(|slip| file.span(slip.line));
    let finding = match shown {
        Some(span) => finding.also(span, "a line is `name:hash`"),
        None => finding,
    };
    Some(finding.help(format!("add somebody with `htpasswd -B {} NAME`", path.display())))
}
