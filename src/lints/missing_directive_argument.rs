//! the directive has no argument.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "missing-directive-argument",
    summary: "the directive has no argument",
    level: Level::Error,
    page: include_str!("missing_directive_argument.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
