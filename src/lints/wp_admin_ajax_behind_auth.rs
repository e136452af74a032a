//! The pages of a `WordPress` site call a program below `/wp-admin/`, and visitors are asked for a password.

use std::path::Path;

use super::Lint;
use crate::decide::{Channel, Decider};
use crate::finding::{Finding, Level};
use crate::model::{Kind, Look, Scope, Site};

pub const LINT: Lint = Lint {
    id: "wp-admin-ajax-behind-auth",
    summary: "the public pages call `admin-ajax.php`: their visitors are asked for the password of the administrators",
    level: Level::Warning,
    page: include_str!("wp_admin_ajax_behind_auth.md"),
    check,
};

const PROGRAM: &str = "admin-ajax.php";

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    let htaccess = site.scopes_of(Kind::Htaccess);
    site.places().chain(htaccess).filter_map(|place| check_place(&decider, place)).collect()
}

fn check_place<'s>(decider: &Decider<'s>, place: Scope<'s>) -> Option<Finding> {
    let by = place.own_asking()?;
    let path = format!("{}/{PROGRAM}", admin(place)?);
    let server = place.server()?;
    if place.site().is_apache() && place.speaks_of_file(PROGRAM) {
        return None;
    }
    // Of a directory that no URL is known to lead to only the text is known.
    let is_reached = place.url().is_some() && place.is_exact_place() || place.kind() == Kind::Location;
    let asked = if is_reached {
        decider.asks(server, Channel::Encrypted, "GET", &path)?
    } else {
        place.asks_a_stranger("GET")?
    };
    // Where the site asks as well, its visitors have a password.
    let is_public = is_reached && decider.asks(server, Channel::Encrypted, "GET", "/").is_none();
    if asked != by || is_reached && !is_public {
        return None;
    }
    let finding = if place.kind() == Kind::Htaccess {
        Finding::at(by.span(), format!("`{PROGRAM}` is behind the password, too"))
    } else {
        let label = format!("`{path}` is behind the password, too");
        Finding::at(place.span(), label).also(by.span(), "which is asked for by this")
    };
    let help = if place.site().is_apache() {
        format!("add `<Files {PROGRAM}>` with `Require all granted`")
    } else {
        format!("add `location = {path}` without the password, with the `fastcgi_pass` of the others")
    };
    Some(finding.help(help))
}

/// The path of the administrators' directory, if the place is made for that one.
fn admin(place: Scope<'_>) -> Option<String> {
    let usual = || "/wp-admin".to_owned();
    if matches!(place.kind(), Kind::Directory | Kind::Htaccess) {
        let is_named = |directory: &Path| directory.ends_with("wp-admin");
        if place.directory().filter(|_| place.is_exact_place()).is_some_and(is_named) {
            return Some(place.url().map_or_else(usual, |url| url.trim_end_matches('/').to_owned()));
        }
        return (place.kind() == Kind::Directory && place.title().contains("wp-admin")).then(usual);
    }
    let location = place.location().filter(|_| place.kind() == Kind::Location)?;
    if location.is_regex() {
        let matches = |path: &str| {
            if place.site().is_apache() { place.matches(path) } else { place.matches_path(path) }
        };
        let is_of_it = matches("/wp-admin/admin-ajax.php") == Some(true)
            && matches("/wp-content/index.php") == Some(false);
        return (is_of_it && location.path.contains("admin")).then(usual);
    }
    let path = location.path.trim_end_matches('/');
    path.ends_with("/wp-admin").then(|| path.to_owned())
}
