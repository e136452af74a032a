//! A client says what it likes in its headers and arguments: whoever says the right thing gets in.

use super::Lint;
use crate::decide::Decider;
use crate::finding::{Finding, Level};
use crate::model::{ClientSays, Kind, Look, Said, Site};

pub const LINT: Lint = Lint {
    id: "client-controlled-auth",
    summary: "whether a password is needed is up to the client: it says so in its request",
    level: Level::Error,
    page: include_str!("client_controlled_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    site.what_clients_say().into_iter().filter_map(|found| judge(&decider, &found)).collect()
}

fn judge<'s>(decider: &Decider<'s>, found: &ClientSays<'s>) -> Option<Finding> {
    let ClientSays { by, what, says, asked, raw, .. } = found;
    let label = match (says, raw) {
        (Said::File, _) => format!("the client chooses the password file by `{what}`"),
        (Said::Whether, Some(pattern)) => {
            let target = disguised(decider, found, pattern)?;
            format!("this looks at the path as it is sent: `GET {target}` needs no password")
        }
        (Said::Whether, None) if by == asked => {
            format!("`{what}` is what the client sends, and `off` means no password")
        }
        (Said::Whether, None) => format!("whoever sends the right `{what}` needs no password"),
    };
    let finding = Finding::at(by.span(), label);
    let finding = if by == asked || *says == Said::File {
        finding
    } else {
        finding.also(asked.span(), "so this does not ask everybody")
    };
    let help = match (says, raw, decider.site.is_apache()) {
        (Said::File, ..) => "name one file for each place",
        (_, Some(_), true) => {
            "write `<Location>` or `<Directory>` for the open part, with `Require all granted`"
        }
        (_, Some(_), false) => {
            "compare `$uri`, or write a `location` for the open part, with `auth_basic off`"
        }
        (_, None, true) => "let addresses in by `Require ip`, and paths by a section of their own",
        (_, None, false) => {
            "let addresses in by `satisfy any` and `allow`, and paths by a `location` of their own"
        }
    };
    Some(finding.help(help))
}

/// A request for the protected place that is let in.
fn disguised<'s>(decider: &Decider<'s>, found: &ClientSays<'s>, pattern: &str) -> Option<String> {
    let place = found.place;
    let server = place.server().or_else(|| decider.site.scopes_of(Kind::Server).next())?;
    let path = place.url().map(str::to_owned).or_else(|| place.sample_path(""));
    let path = path.filter(|path| path.starts_with('/')).unwrap_or_else(|| "/".to_owned());
    Some(decider.disguised(server, &path, pattern)?.request.target)
}
