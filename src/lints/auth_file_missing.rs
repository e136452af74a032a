//! A password file that is not there: the login window comes, and every login is refused.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{PasswordFile, Site, once_a_file};
use crate::source::Access;

pub const LINT: Lint = Lint {
    id: "auth-file-missing",
    summary: "the password file is not there: every login ends in an error of the server",
    level: Level::Error,
    page: include_str!("auth_file_missing.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let message =
        format!("the password file is not there: every login ends in {}", site.answer_without_file());
    let found = site.password_files().into_iter().filter_map(|file| Some((file, check_file(file)?)));
    once_a_file(found.map(|(file, finding)| (file, finding.message(message.clone()))))
}

fn check_file(file: PasswordFile<'_>) -> Option<Finding> {
    let Access::Missing(missing) = file.access()? else { return None };
    // A relative path has a page of its own, that says where nginx looks for it.
    if file.written().is_relative() {
        return None;
    }
    let label = if *missing == file.written() {
        "there is no such file".to_owned()
    } else {
        format!("`{}` does not exist", missing.display())
    };
    let path = file.written();
    Some(
        Finding::at(file.directive.span(), label)
            .help(format!("make it with `htpasswd -c -B {} NAME`, or mend the path", path.display())),
    )
}
