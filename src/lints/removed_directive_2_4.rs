//! the directive is not in Apache 2.4: it does not start, or answers 500.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "removed-directive-2.4",
    summary: "the directive is not in Apache 2.4: it does not start, or answers 500",
    level: Level::Error,
    page: include_str!("removed_directive_2_4.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
