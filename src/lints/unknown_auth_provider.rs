//! the provider does not exist: Apache does not start, or answers 500.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "unknown-auth-provider",
    summary: "the provider does not exist: Apache does not start, or answers 500",
    level: Level::Error,
    page: include_str!("unknown_auth_provider.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
