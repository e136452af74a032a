//! the `.htaccess` may not set auth: every request below ends in 500 Internal Server Error.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "allowoverride-lacks-authconfig",
    summary: "the `.htaccess` may not set auth: every request below ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("allowoverride_lacks_authconfig.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
