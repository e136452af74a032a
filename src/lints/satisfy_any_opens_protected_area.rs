//! `Satisfy Any`, where everybody passes the rules of addresses.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Family, Kind, Name, Passes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "satisfy-any-opens-protected-area",
    summary: "`Satisfy Any` lets everybody in without the password",
    level: Level::Error,
    page: include_str!("satisfy_any_opens_protected_area.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter_map(check_section).collect()
}

fn check_section(scope: Scope<'_>) -> Option<Finding> {
    let satisfy = scope.satisfy_any()?;
    if scope.provider(Family::Satisfy) != Some(scope) || scope.kind() == Kind::If {
        return None;
    }
    // Other modules have ways of their own to refuse under `Satisfy Any`.
    let by = scope.asking_line().filter(|_| scope.lacks_other_checks())?;
    if scope.passes_compat("GET", Viewpoint::Stranger) != Passes::Yes || is_an_exemption(scope) {
        return None;
    }
    let finding = Finding::at(satisfy.span(), "either check alone is enough");
    let allowing = scope.own(Family::Rules).find(|line| line.name() == Name::Allow);
    let finding = match allowing {
        Some(line) if line.is_ignoring_case(1, "all") => {
            finding.also(line.span(), "and everybody passes here")
        }
        Some(line) => finding.also(line.span(), "and everybody passes here, because nothing is denied"),
        None if scope.kind() == Kind::Htaccess => finding,
        None => finding.also(scope.span(), "and no `Deny` in this section keeps anybody out"),
    };
    Some(
        finding
            .also(by.span(), "so this is never asked for")
            .help("write `<RequireAny>` with `Require ip` and `Require valid-user` in it, and no `Satisfy`"),
    )
}

/// `Allow from all` with `Satisfy Any` and no word of a login is how 2.2 lets a part off.
fn is_an_exemption(scope: Scope<'_>) -> bool {
    let has = |family| scope.own(family).next().is_some();
    let has_login = has(Family::Scheme) || has(Family::UserFile) || scope.requires().next().is_some();
    has(Family::Rules) && !has_login && scope.own(Family::Rules).any(|line| line.is_ignoring_case(1, "all"))
}
