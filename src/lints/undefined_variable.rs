//! the variable has no value: its name stays in the text.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "undefined-variable",
    summary: "the variable has no value: its name stays in the text",
    level: Level::Warning,
    page: include_str!("undefined_variable.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
