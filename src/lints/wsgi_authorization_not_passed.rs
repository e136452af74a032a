//! `mod_wsgi` keeps `Authorization` from the application unless it is told otherwise.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::Site;

pub const LINT: Lint = Lint {
    id: "wsgi-authorization-not-passed",
    summary: "the application never sees a client's `Authorization`: `mod_wsgi` keeps it unless told otherwise",
    level: Level::Advice,
    page: include_str!("wsgi_authorization_not_passed.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let lines = site.deaf_applications().into_iter();
    lines
        .map(|line| {
            Finding::at(line.span(), "logins by token or password do not reach this application")
                .help("add `WSGIPassAuthorization On`, or `Off` if the application looks at cookies only")
        })
        .collect()
}
