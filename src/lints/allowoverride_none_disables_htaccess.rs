//! the `.htaccess` that asks for a password is not read: the directory is open.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "allowoverride-none-disables-htaccess",
    summary: "the `.htaccess` that asks for a password is not read: the directory is open",
    level: Level::Error,
    page: include_str!("allowoverride_none_disables_htaccess.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
