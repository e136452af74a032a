//! another section replaces the `Require` that asks for a password: the area is open.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "deeper-section-overrides-require",
    summary: "another section replaces the `Require` that asks for a password: the area is open",
    level: Level::Error,
    page: include_str!("deeper_section_overrides_require.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
