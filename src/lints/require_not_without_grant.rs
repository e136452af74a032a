//! `Require not` lines that nothing beside them makes good.

use super::Lint;
use crate::finding::{Finding, Level, Safety};
use crate::model::{Directive, Kind, LoneNegation, Scope, Site};

pub const LINT: Lint = Lint {
    id: "require-not-without-grant",
    summary: "`Require not` can only refuse, and nothing beside it lets anybody in: httpd does not start",
    level: Level::Error,
    page: include_str!("require_not_without_grant.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.lone_negations().map(finding).collect()
}

fn finding(negation: LoneNegation<'_>) -> Finding {
    match negation {
        LoneNegation::Only { container, by } => only(container, by),
        LoneNegation::Misplaced { by, container } => misplaced(by, container),
        LoneNegation::NeverAsks { by, granted } => {
            Finding::at(by.span(), "is about somebody who has logged in, and nobody is ever asked to")
                .message("`Require not` for a user where nobody is asked for a password: everybody gets in")
                .also(granted.span(), "this lets visitors in before they are asked who they are")
                .help(format!("write `Require valid-user` in place of `{}`", granted.text()))
        }
    }
}

fn only(container: Scope<'_>, by: Directive<'_>) -> Finding {
    let grant = if by.keeps_a_user_out() { "Require valid-user" } else { "Require all granted" };
    let finding = Finding::at(container.span(), "nothing in here can let anybody in")
        .also(by.span(), "this can only refuse")
        .help(format!("add `{grant}`"));
    let finding = match container.insertion(grant) {
        Some(edit) => finding.fix(Safety::Unsafe, vec![edit]),
        None => finding,
    };
    if !container.is_in_htaccess() {
        return finding;
    }
    finding
        .message("`Require not` can only refuse, and nothing beside it lets anybody in: everybody gets 403")
}

fn misplaced(by: Directive<'_>, container: Scope<'_>) -> Finding {
    let is_none = container.title().to_ascii_lowercase().contains("requirenone");
    let what = match container.kind() {
        _ if is_none => "it stands in `<RequireNone>`, which negates already",
        _ => "one of these lines is enough here, and this one can never be it",
    };
    let result =
        if container.is_in_htaccess() { "every request ends in 500" } else { "httpd does not start" };
    let help = match container.kind() {
        _ if is_none => "write it without `not`".to_owned(),
        Kind::Requirement => "write `<RequireAll>` in place of this container, with a line that lets somebody in".to_owned(),
        _ => "put the `Require` lines into `<RequireAll>`, with `Require all granted` or `Require valid-user` among them".to_owned(),
    };
    Finding::at(by.span(), what)
        .message(format!("`{}` is not taken in this place: {result}", by.text()))
        .also(container.span(), "this is what it stands in")
        .help(help)
}
