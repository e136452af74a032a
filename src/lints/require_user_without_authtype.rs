//! a user is required, but nothing says how to log in: every request ends in 500 Internal Server Error.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "require-user-without-authtype",
    summary: "a user is required, but nothing says how to log in: every request ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("require_user_without_authtype.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
