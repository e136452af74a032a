//! `Order`, `Allow` and `Deny`, which 2.4 keeps beside `Require` for the sake of old files.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Family, Outcomes, Passes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "legacy-access-control-on-2.4",
    summary: "`Order`, `Allow` and `Deny` of 2.2 decide beside `Require`",
    level: Level::Warning,
    page: include_str!("legacy_access_control_on_2_4.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter(|scope| scope.is_in_force()).filter_map(check_section).collect()
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    let first = scope.access_rules().into_iter().find(|line| line.is_certain())?;
    let finding = Finding::at(first.span(), "written for 2.2").help(help(scope));
    let beside = scope.requires().find(|line| line.is_certain() && !line.grants_everybody());
    let everybody_passes = scope.passes_compat("GET", Viewpoint::Stranger) == Passes::Yes;
    if let Some(require) = beside {
        let either = scope.satisfy_any().is_some();
        // Another lint tells of what is open.
        if either && everybody_passes {
            return None;
        }
        // A login and these lines go together in 2.4 as they did in 2.2, if anybody passes.
        let is_as_before = scope.requires().all(|line| line.needs_a_user())
            && scope.passes_compat("GET", Viewpoint::Anyone) != Passes::No;
        let level = if is_as_before { Level::Advice } else { LINT.level };
        return Some({
            let label = if either {
                "or this has to be passed, either is enough"
            } else {
                "and this has to be passed, too"
            };
            finding.level(level).also(require.span(), label)
        });
    }
    // A part that is let off with `Satisfy Any` works.
    if scope.own(Family::Satisfy).next().is_some() {
        return None;
    }
    let refused = scope.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::DENIED);
    let refusing = scope.provider(Family::Require).and_then(|outer| outer.requires().next());
    match refusing.filter(|_| everybody_passes && refused) {
        Some(require) => Some(
            finding.message("what `Allow` lets in is refused all the same").also(require.span(), "by this"),
        ),
        None => Some(
            finding
                .level(Level::Advice)
                .message("`Order`, `Allow` and `Deny` are of 2.2: 2.4 keeps them for old files only"),
        ),
    }
}

fn help(scope: Scope<'_>) -> String {
    let all = scope.access_rules();
    let is_all = |line: &Directive<'_>| line.is_ignoring_case(1, "all");
    let user = scope.requires().find(|line| line.needs_a_user()).map(Directive::text);
    match (user, scope.passes_compat("GET", Viewpoint::Stranger)) {
        (Some(_), Passes::Yes) => "remove these lines: they let everybody pass".into(),
        (Some(user), _) if scope.satisfy_any().is_some() => {
            format!("put `Require ip` and `{user}` into `<RequireAny>`, and remove these lines and `Satisfy`")
        }
        (Some(user), _) => {
            format!("put `Require ip` and `{user}` into `<RequireAll>`, and remove these lines")
        }
        (None, Passes::Yes) if all.iter().any(is_all) => "write `Require all granted` instead".into(),
        (None, Passes::No) if all.iter().filter(|line| line.arity() > 1).all(is_all) => {
            "write `Require all denied` instead".into()
        }
        _ => "write `Require ip` or `Require host` lines instead".into(),
    }
}
