//! `AllowOverride None`: the `.htaccess` with the password is not even opened.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{HtaccessState, Outcomes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "allowoverride-none-disables-htaccess",
    summary: "the `.htaccess` that asks for a password is not read: the directory is open",
    level: Level::Error,
    page: include_str!("allowoverride_none_disables_htaccess.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter_map(check_htaccess).collect()
}

fn check_htaccess(scope: Scope<'_>) -> Option<Finding> {
    let HtaccessState::Ignored(by) = scope.htaccess_state()? else { return None };
    let wanted = scope.access_lines().into_iter().find(|line| line.needs_a_user())?;
    let is_open = scope.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED);
    is_open.then(|| {
        Finding::at(by.span(), "no `.htaccess` below here is read")
            .also(wanted.span(), "so this is never asked for")
            .help(
                "write `AllowOverride AuthConfig` for that directory, or move the rules into a `<Directory>`",
            )
    })
}
