//! an argument with blanks is not in quotes: the server takes it for several.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "unquoted-argument-with-spaces",
    summary: "an argument with blanks is not in quotes: the server takes it for several",
    level: Level::Error,
    page: include_str!("unquoted_argument_with_spaces.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
