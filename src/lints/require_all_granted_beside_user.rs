//! One `Require` of several is enough: beside `all granted` no user is ever asked for.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Passes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "require-all-granted-beside-user",
    summary: "`Require all granted` beside `Require` lines for users: everybody gets in without a password",
    level: Level::Error,
    page: include_str!("require_all_granted_beside_user.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes()
        .filter(|scope| scope.is_any_group() && scope.is_in_force())
        .filter_map(check_group)
        .collect()
}

fn check_group(scope: Scope<'_>) -> Option<Finding> {
    let choices = scope.choices();
    let granted = choices.iter().find(|choice| choice.grants)?;
    let user = choices.iter().find(|choice| choice.needs_a_user && granted.covers(choice))?;
    // The old lines have to be passed, too: here nobody passes them.
    if scope.satisfy_any().is_none() && scope.passes_compat("GET", Viewpoint::Anyone) == Passes::No {
        return None;
    }
    Some(
        Finding::at(granted.by.span(), "lets everybody in, and one of the lines is enough")
            .also(user.by.span(), "so this is never asked for")
            .help(help(granted.by)),
    )
}

fn help(granted: Directive<'_>) -> String {
    format!("remove `{}`, or put the lines into `<RequireAll>` if all of them are meant", granted.text())
}
