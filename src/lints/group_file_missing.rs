//! A group is required and no file of groups can be read: the login window comes again and again.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Scope, Site};
use crate::source::{Access, Obstacle};

pub const LINT: Lint = Lint {
    id: "group-file-missing",
    summary: "nobody is in any group: the right password is refused, and the login window comes again",
    level: Level::Error,
    page: include_str!("group_file_missing.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter_map(check_section).collect()
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    scope.asks().by()?;
    let named = scope.named_groups();
    let line = named.first()?.line;
    let finding = match scope.group_file() {
        // Shibboleth and its like have groups of their own.
        None if scope.lacks_group_file() && scope.has_login_of_httpd() => {
            Finding::at(line.span(), "asks for a group, and there is no `AuthGroupFile`")
                .help("add `AuthGroupFile` with the path of a file of lines like `admins: alice bob`")
        }
        None => return None,
        Some(file) => {
            let written = file.written();
            let (label, help) = match file.access()? {
                Access::Missing(missing) => (
                    format!("`{}` does not exist", missing.display()),
                    if written.is_absolute() {
                        format!(
                            "make `{}` with lines like `admins: alice bob`, or mend the path",
                            written.display()
                        )
                    } else {
                        "write the whole path of the file you mean".into()
                    },
                ),
                Access::Directory => ("this is a directory".into(), "name the file in it".into()),
                Access::Unreadable(Obstacle::File(state) | Obstacle::Parent(state)) => (
                    format!(
                        "the server may not read it: `{}` has mode {:04o}, owner {}, group {}",
                        state.path.display(),
                        state.mode,
                        state.owner,
                        state.group
                    ),
                    format!("let the server's user read it: see `namei -l {}`", written.display()),
                ),
                Access::Unreadable(Obstacle::NotADirectory(_)) => {
                    ("a part of the path is a file, not a directory".into(), "mend the path".into())
                }
                _ => return None,
            };
            Finding::at(file.directive.span(), label)
                .also(line.span(), "so nobody is in this group")
                .help(help)
        }
    };
    // With another way in the line is only dead.
    let has_other_way = scope.lets_others_in() || !scope.named_users().is_empty();
    Some(finding.level(if has_other_way { Level::Warning } else { LINT.level }))
}
