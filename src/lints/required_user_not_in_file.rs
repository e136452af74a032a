//! Somebody is let in by name, and the file does not know the name.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Login, Named, Scope, Site};
use crate::userfile::Groups;

pub const LINT: Lint = Lint {
    id: "required-user-not-in-file",
    summary: "who is let in by name is not in the file: the right password does not exist",
    level: Level::Error,
    page: include_str!("required_user_not_in_file.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let logins = site.logins().filter(|(_, login)| !login.users.is_empty());
    logins.flat_map(|(scope, login)| check_login(scope, &login)).collect()
}

fn check_login(scope: Scope<'_>, login: &Login<'_>) -> Vec<Finding> {
    let groups = scope.groups();
    let users = scope.named_users().into_iter().map(|named| {
        let missing = missing(&named, |name| login.users.find(name).is_none());
        let label = format!("{} not in the file", list(&missing));
        (named, missing, label)
    });
    let in_groups = scope.named_groups().into_iter().filter_map(|named| {
        let groups = groups?;
        let missing = missing(&named, |group| !has_member(login, groups, group));
        let is_there = missing.iter().any(|group| groups.has(group));
        let what =
            if is_there { "no user of the password file is in the group" } else { "there is no group" };
        let label = format!("{what} {}", names(&missing));
        Some((named, missing, label))
    });
    let judged: Vec<_> = users.chain(in_groups).collect();
    let somebody_is_there = judged.iter().any(|(named, missing, _)| missing.len() < named.names.len());
    // A group that nobody knows anything of may be somebody.
    let is_unknown = groups.is_none() && !scope.named_groups().is_empty();
    let is_less = somebody_is_there || is_unknown || scope.lets_others_in();
    let found = judged.into_iter().filter(|(_, missing, _)| !missing.is_empty());
    found
        .map(|(named, missing, label)| {
            finding(scope, login, &named, &missing, label).level(if is_less {
                Level::Warning
            } else {
                LINT.level
            })
        })
        .collect()
}

fn finding(
    scope: Scope<'_>,
    login: &Login<'_>,
    named: &Named<'_>,
    missing: &[String],
    label: String,
) -> Finding {
    let is_group = named.line.provider().is_some_and(|(word, _)| word == "group");
    let file = login.file;
    let mut finding = Finding::at(named.line.span(), label);
    if let Some(groups) = scope.group_file().filter(|_| is_group) {
        finding = finding.also(groups.directive.span(), "this is the file of the groups");
    }
    finding = finding.also(file.directive.span(), "this is the file that is asked");
    let twin = missing.iter().filter(|_| !is_group).find_map(|name| login.users.find_ignoring_case(name));
    if let Some(span) = twin.and_then(|entry| file.span(entry.line())) {
        finding = finding.also(span, "names are compared letter by letter");
    }
    let path = file.written();
    finding.help(if is_group {
        "mend the name, or add a line like `admins: alice bob` to the file of the groups".to_owned()
    } else {
        format!("mend the name, or add the user with `htpasswd -B {} NAME`", path.display())
    })
}

fn missing(named: &Named<'_>, is_missing: impl Fn(&str) -> bool) -> Vec<String> {
    let all = named.names.iter().map(|name| name.text().into_owned());
    all.filter(|name| is_missing(name)).collect()
}

fn has_member(login: &Login<'_>, groups: &Groups, group: &str) -> bool {
    groups.members(group).any(|user| login.users.find_bytes(user).is_some())
}

fn names(missing: &[String]) -> String {
    missing.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn list(missing: &[String]) -> String {
    format!("{} {}", names(missing), if missing.len() == 1 { "is" } else { "are" })
}
