//! `Satisfy Any` lets everybody in without the password.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "satisfy-any-opens-protected-area",
    summary: "`Satisfy Any` lets everybody in without the password",
    level: Level::Error,
    page: include_str!("satisfy_any_opens_protected_area.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
