//! the login has no realm: every request ends in 500 Internal Server Error.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "auth-name-missing",
    summary: "the login has no realm: every request ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("auth_name_missing.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
