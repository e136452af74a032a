//! A user who stands in the password file twice: the second line is never tried.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{ReadFile, Site};
use crate::userfile::{Entry, Fate};

pub const LINT: Lint = Lint {
    id: "auth-file-duplicate-user",
    summary: "a user stands in the password file twice: the second password never works",
    level: Level::Warning,
    page: include_str!("auth_file_duplicate_user.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.read_files().iter().filter_map(check_file).collect()
}

fn check_file(file: &ReadFile<'_>) -> Option<Finding> {
    let second = |entry: Entry<'_>| {
        let Fate::Shadowed(number) = entry.fate() else { return None };
        let first = file.users.entry(number)?;
        // The same password twice does no harm, and a user of `htdigest` has a line for each realm.
        let differs = entry.hash() != first.hash() && !entry.is_digest();
        let name = String::from_utf8_lossy(entry.name()).into_owned();
        differs.then(|| (entry.line(), format!("never tried: `{name}` stands above")))
    };
    let lines = file.users.entries().filter_map(second).collect();
    let finding = file.finding("the first line of a user decides", lines)?;
    Some(finding.help("leave one line for each user: that with the password that shall count"))
}
