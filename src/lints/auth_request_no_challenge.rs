//! Whom `auth_request` refuses is never asked for a password: its 401 comes without a challenge.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Site, Unchallenged};

pub const LINT: Lint = Lint {
    id: "auth-request-no-challenge",
    summary: "the 401 of `auth_request` comes without `WWW-Authenticate`: no browser asks for a password",
    level: Level::Warning,
    page: include_str!("auth_request_no_challenge.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.unchallenged().into_iter().filter_map(finding).collect()
}

fn finding(Unchallenged { by, refused_by, in_vain }: Unchallenged<'_>) -> Option<Finding> {
    let asks = "this hands the 401 on, with the header that came with it";
    let Some(refused_by) = refused_by else {
        let finding = Finding::at(in_vain?.span(), "without `always` this is not sent with a 401");
        return Some(finding.also(by.span(), "which this answers with").help("add `always`"));
    };
    let finding = Finding::at(refused_by.span(), "answers the subrequest with 401 and without the header");
    let finding = match in_vain {
        Some(line) => finding.also(line.span(), "this does not add it to the answer that visitors get"),
        None => finding,
    };
    let help = "write `add_header WWW-Authenticate 'Basic realm=\"Restricted\"' always;` where `auth_request` stands, \
                or ask a service that checks passwords";
    Some(finding.also(by.span(), asks).help(help))
}
