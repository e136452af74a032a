//! a login is described, but no `Require` asks for it.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "auth-type-without-require",
    summary: "a login is described, but no `Require` asks for it",
    level: Level::Error,
    page: include_str!("auth_type_without_require.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
