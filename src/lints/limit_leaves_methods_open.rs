//! the password is asked for some methods only: the others get in without it.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "limit-leaves-methods-open",
    summary: "the password is asked for some methods only: the others get in without it",
    level: Level::Error,
    page: include_str!("limit_leaves_methods_open.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
