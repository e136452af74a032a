//! Two checks that need one `Authorization` header.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Need, Rival, Site};

pub const LINT: Lint = Lint {
    id: "conflicting-auth-methods",
    summary: "two checks need the same `Authorization` header: no request fulfils both",
    level: Level::Warning,
    page: include_str!("conflicting_auth_methods.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.rivals().into_iter().map(finding).collect()
}

fn finding(Rival { password, by, need }: Rival<'_>) -> Finding {
    let (label, message, help) = match need {
        Need::Module => (
            "looks for its own credentials in `Authorization`",
            None,
            "write `satisfy any;` where one of the two is enough, or take one of them away",
        ),
        Need::Subrequest(_) => (
            "asks a service that looks at `Authorization` as well",
            Some("a service that checks `Authorization` is handed the password that the server asks for"),
            "take `auth_basic` away here, or keep the header from the service with an empty value",
        ),
        Need::Condition => (
            "wants another scheme in `Authorization` than the password's",
            None,
            "give the token a header of its own, or a place without the password",
        ),
        Need::Token => (
            "looks for a token in `Authorization`",
            Some("a token never comes this far: a password is asked for in the same header"),
            "give the token a header of its own, or a place without the password",
        ),
        Need::Server(_) => (
            "leads to a server of this configuration that asks for a password, too",
            Some("two servers, one behind the other, ask for passwords of different files"),
            "ask for the password in one of the two only",
        ),
        Need::Application => (
            "an application to which a token is sent in `Authorization`",
            Some("the application sends a token where the server wants a password: its calls end in 401"),
            "leave the login to the application, or protect it by address, a VPN or a client certificate",
        ),
    };
    let finding = Finding::at(by.span(), label).also(password.span(), "a password is asked for here");
    let finding = match need {
        Need::Subrequest(line) => finding.also(line.span(), "this hands it on"),
        Need::Server(line) => finding.also(line.span(), "and this asks behind it"),
        _ => finding,
    };
    match message {
        Some(message) => finding.message(message).help(help),
        None => finding.help(help),
    }
}
