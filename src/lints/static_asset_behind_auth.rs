//! Files that browsers fetch without credentials, behind a password that was meant for pages.

use super::Lint;
use crate::finding::{Finding, Level, Safety};

use crate::model::{Kind, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "static-asset-behind-auth",
    summary: "a place made for static files inherits the password",
    level: Level::Warning,
    page: include_str!("static_asset_behind_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.places().filter(|scope| scope.kind() != Kind::Mapping).filter_map(check_location).collect()
}

fn check_location(scope: Scope<'_>) -> Option<Finding> {
    let by = scope.asks().by().filter(|_| scope.asks_strangers())?;
    // Assets of a protected area are protected with it; those of a whole site are another thing.
    let location = scope.location().filter(|location| location.purpose() == Some(Purpose::Assets))?;
    let server = scope.server()?;
    if server.is_meant_closed() || scope.lies_in_an_area_of(by) && !scope.is_fetched_alone() {
        return None;
    }
    if scope.decides_by_itself() || !scope.is_reached_from_outside() {
        return None;
    }
    // Browsers send the password of an application for its styles and pictures, too, and robots have no business at a
    // host that is closed.
    let comes_with_it = if server.is_closed_by_name() {
        !scope.names_a_manifest()
    } else {
        server.is_closed_as_a_whole() && !scope.names_what_is_fetched_alone()
    };
    let exempt = scope.exemption();
    let finding = Finding::at(scope.span(), format!("`{}` is behind the password, too", location.path))
        .level(if comes_with_it { Level::Advice } else { LINT.level })
        .also(by.span(), "inherited from here")
        .help(format!("add `{exempt}` here, if these files may be public"));
    let Some(edit) = scope.insertion(exempt) else { return Some(finding) };
    Some(finding.fix(Safety::Unsafe, vec![edit]))
}
