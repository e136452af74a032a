//! `Order`, `Allow` and `Deny`, which 2.4 keeps beside `Require` for the sake of old files.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Family, Instead, Outcomes, Passes, Scope, Site, Viewpoint};

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
    // That the password is asked for all the same is told by a lint of its own.
    if scope.allowed_in_vain().is_some() || scope.is_reached_by_no_url() {
        return None;
    }
    let finding = Finding::at(first.span(), "written for 2.2").help(scope.cure_for_old_rules());
    let mut certain = scope.requires().filter(|line| line.is_certain());
    let is_closed = scope.outcome("GET", Viewpoint::Anyone).must_be(Outcomes::DENIED);
    let lets_nobody_in = scope.instead_of_old_rules() == Instead::Denied;
    let beside = certain.find(|line| lets_nobody_in || !line.grants_everybody());
    if let Some(require) = beside.filter(|_| !(is_closed && lets_nobody_in)) {
        return check_beside(scope, require, lets_nobody_in, finding);
    }
    // A part that is let off with `Satisfy Any` works.
    if scope.own(Family::Satisfy).next().is_some() {
        return None;
    }
    let everybody_passes = scope.passes_compat("GET", Viewpoint::Stranger) == Passes::Yes;
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

/// A `Require` stands in the same section.
fn check_beside<'s>(
    scope: Scope<'s>,
    require: Directive<'s>,
    lets_nobody_in: bool,
    finding: Finding,
) -> Option<Finding> {
    let asks = scope.requires().any(Directive::needs_a_user);
    // A login and these lines go together in 2.4 as they did in 2.2, if anybody passes.
    let is_as_before = scope.requires().all(Directive::needs_a_user);
    let level = if is_as_before { Level::Advice } else { LINT.level };
    let either = scope.satisfy_any().is_some();
    Some(match (either, lets_nobody_in) {
        // Another lint tells of what is open.
        (true, false) if scope.passes_compat("GET", Viewpoint::Stranger) == Passes::Yes => return None,
        (true, false) => {
            finding.level(level).also(require.span(), "or this has to be passed, either is enough")
        }
        (true, true) => finding
            .level(Level::Advice)
            .message("`Order`, `Allow` and `Deny` let nobody in here, and `Require` alone decides")
            .also(require.span(), "this is enough, because of `Satisfy Any`"),
        (false, true) => finding
            .message(if asks {
                "everybody is refused, also with the right password"
            } else {
                "everybody is refused, also those whom `Require` lets in"
            })
            .also(require.span(), "this does not lift it: both have to be passed"),
        (false, false) => finding.level(level).also(require.span(), "and this has to be passed, too"),
    })
}
