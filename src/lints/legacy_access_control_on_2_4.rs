//! `Order`, `Allow` and `Deny` of 2.2 decide beside `Require`.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "legacy-access-control-on-2.4",
    summary: "`Order`, `Allow` and `Deny` of 2.2 decide beside `Require`",
    level: Level::Warning,
    page: include_str!("legacy_access_control_on_2_4.md"),
    check,
};

fn check(_site: &Site<'_>) -> Vec<Finding> {
    Vec::new()
}
