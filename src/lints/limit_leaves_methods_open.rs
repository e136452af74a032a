//! `<Limit>` asks for the password for some methods; the others need none.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Kind, Outcomes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "limit-leaves-methods-open",
    summary: "the password is asked for some methods only: the others get in without it",
    level: Level::Error,
    page: include_str!("limit_leaves_methods_open.md"),
    check,
};

/// Methods that visitors send; the last one stands for all that httpd does not know.
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "ANY"];

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter(|scope| scope.is_in_force()).filter_map(check_section).collect()
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    let limits = || scope.children().filter(|child| child.kind() == Kind::Limit);
    let asking = limits().find(|limit| limit.requires().any(|line| line.needs_a_user()));
    let limit = asking.or_else(|| limits().find(|limit| limit.requires().next().is_some()))?;
    let methods = limit.methods()?;
    let open: Vec<&str> = METHODS.iter().copied().filter(|method| scope.opens_by_itself(method)).collect();
    let reading_is_meant = methods.include("GET") || methods.names.iter().any(|name| !is_a_method(name));
    if asking.is_some() && !methods.is_except && reading_is_meant && !open.is_empty() {
        let label =
            format!("`{}` and others are let in without it", open.join("`, `").replace("ANY", "any other"));
        return Some(finding(limit, label.replace(" and others", "")));
    }
    // What was asked for outside is asked for no longer, for the methods that are not named.
    let outer = scope.outer_asking_line()?;
    let was_asked = scope.outer_outcome("GET", Viewpoint::Stranger).must_be(Outcomes::USER);
    (was_asked && open.contains(&"GET")).then(|| {
        finding(limit, "replaces what is required for all other methods: `GET` is let in".to_owned())
            .also(outer.span(), "this is what it replaces")
    })
}

fn finding(limit: Scope<'_>, label: String) -> Finding {
    Finding::at(limit.span(), label).help(
        "put the `Require` outside of `<Limit>`, or use `<LimitExcept OPTIONS>` to let preflight requests in",
    )
}

fn is_a_method(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}
