//! `<Limit>` asks for the password for some methods; the others need none.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Kind, Methods, Outcomes, Scope, Site, Viewpoint};

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
    let is_mistaken = if methods.is_except {
        lets_writing_in(&methods)
    } else {
        methods.include("GET") || methods.names.iter().any(|name| !is_a_method(name))
    };
    if asking.is_some() && is_mistaken && !open.is_empty() {
        let named: Vec<&str> = open.iter().copied().filter(|method| *method != "ANY").collect();
        let named = if named.is_empty() { String::new() } else { format!("`{}`, ", named.join("`, `")) };
        return Some(finding(limit, format!("{named}methods of any other name: all are let in without it")));
    }
    if let Some((dav, open)) = asking.and_then(|_| scope.writing_left_open()) {
        let label = format!("`{}` write, too: all are let in without it", open.join("`, `"));
        let finding = Finding::at(limit.span(), label).also(dav.span(), "this serves them");
        let free = "`<LimitExcept GET OPTIONS PROPFIND REPORT>` to let everybody read";
        return Some(finding.help(format!("put the `Require` outside of `<Limit>`, or use {free}")));
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

/// `<LimitExcept POST>` leaves what changes things open and asks those who read. With reading among them
/// it is how sites are written that everybody may read; there forms are sent with POST.
fn lets_writing_in(methods: &Methods<'_>) -> bool {
    let has = |wanted: &[&str]| methods.names.iter().any(|name| wanted.contains(&name.as_ref()));
    has(&["PUT", "DELETE", "PATCH"]) || has(&["POST"]) && !has(&["GET", "HEAD", "OPTIONS"])
}

fn is_a_method(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}
