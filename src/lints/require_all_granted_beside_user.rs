//! `Require all granted` beside `Require` lines for users: everybody gets in without a password.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "require-all-granted-beside-user",
    summary: "`Require all granted` beside `Require` lines for users: everybody gets in without a password",
    level: Level::Error,
    page: include_str!("require_all_granted_beside_user.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
