//! the comment at the end of the line is taken for arguments.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "inline-comment-as-argument",
    summary: "the comment at the end of the line is taken for arguments",
    level: Level::Error,
    page: include_str!("inline_comment_as_argument.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
