//! the `AuthType` does not exist: every request ends in 500 Internal Server Error.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "unknown-auth-type",
    summary: "the `AuthType` does not exist: every request ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("unknown_auth_type.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
