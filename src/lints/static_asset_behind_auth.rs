//! Files that browsers fetch without credentials, behind a password that was meant for pages.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::nginx::{Family, Name};
use crate::model::{Asks, Kind, Purpose, Scope, Site};

pub const LINT: Lint = Lint {
    id: "static-asset-behind-auth",
    summary: "a place made for static files inherits the password",
    level: Level::Warning,
    page: include_str!("static_asset_behind_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.scopes_of(Kind::Location).filter_map(check_location).collect()
}

fn check_location(scope: Scope<'_>) -> Option<Finding> {
    let by = scope.asks().by()?;
    // Assets of a protected area are protected with it; those of a whole site are another thing.
    let server = scope.server()?;
    if server.is_closed_by_name()
        || scope.ancestors().any(|outer| outer.is_area() && outer.own_asking() == Some(by))
    {
        return None;
    }
    let location = scope.location().filter(|location| location.purpose() == Some(Purpose::Assets))?;
    if has_access_rules(scope) || scope.answer().is_some() || !scope.is_reached_from_outside() {
        return None;
    }
    let exempt = if let Asks::Subrequest(_) = scope.asks() { "auth_request off;" } else { "auth_basic off;" };
    let finding = Finding::at(scope.span(), format!("`{}` is behind the password, too", location.path))
        .also(by.span(), "inherited from here")
        .help(format!("add `{exempt}` here, if these files may be public"));
    let Some(inside) = scope.inside() else { return Some(finding) };
    Some(finding.fix(Safety::Unsafe, vec![Edit { span: inside, text: format!(" {exempt}") }]))
}

/// Whether the location says something about access itself: then what holds there is meant.
fn has_access_rules(scope: Scope<'_>) -> bool {
    let families = [
        Family::Realm,
        Family::UserFile,
        Family::Subrequest,
        Family::OtherAuth,
        Family::Rules,
        Family::Satisfy,
    ];
    families.into_iter().any(|family| scope.own(family).next().is_some())
        || scope.own(Family::Rewrite).any(|line| line.name() == Name::Return)
        || !scope.is_wholly_known()
        || scope.children().any(|child| child.kind() == Kind::LimitExcept)
}
