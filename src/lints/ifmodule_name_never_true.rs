//! the `<IfModule>` is never true: the auth in it is not there.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "ifmodule-name-never-true",
    summary: "the `<IfModule>` is never true: the auth in it is not there",
    level: Level::Error,
    page: include_str!("ifmodule_name_never_true.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
