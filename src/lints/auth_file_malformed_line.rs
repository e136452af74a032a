//! Lines of a password file that the server reads in another way than they look.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{ReadFile, Site};
use crate::userfile::{Oddity, Slip};

pub const LINT: Lint = Lint {
    id: "auth-file-malformed-line",
    summary: "the password file has lines that the server reads in another way than they look",
    level: Level::Warning,
    page: include_str!("auth_file_malformed_line.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.read_files().iter().filter_map(check_file).collect()
}

fn check_file(file: &ReadFile<'_>) -> Option<Finding> {
    let lines: Vec<_> =
        file.users.slips.iter().map(|slip| (slip.line, slip.oddity.as_str().to_owned())).collect();
    let label = match lines.as_slice() {
        [_] => "somebody in it cannot log in as it is written".to_owned(),
        more => format!("{} lines of it are not what they look like", more.len()),
    };
    let path = file.path();
    // Beside somebody who can log in, what is meant for a comment only looks wrong.
    let is_remark = |slip: &Slip| slip.oddity == Oddity::Remark;
    if file.users.slips.iter().all(is_remark) && file.users.entries().any(|entry| !entry.is_void()) {
        let finding = file.finding("not all of it are lines of users or comments", lines)?;
        let message = "the password file has comments that are none for the server";
        return Some(finding.level(Level::Advice).message(message).help("begin comments with `#`"));
    }
    Some(file.finding(label, lines)?.help(format!(
        "write `NAME:HASH` and nothing else, or let `htpasswd -B {} NAME` do it",
        path.display()
    )))
}
