//! `ProxyPass` hands requests on before httpd looks for a directory: a login that is written there is never asked for.

use std::collections::HashMap;

use super::Lint;
use crate::decide::{Channel, Decider, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Bypass, Directive, Extent, Look, Name, Site};

pub const LINT: Lint = Lint {
    id: "proxypass-bypasses-directory-auth",
    summary: "the login is written for files, and requests are handed on before httpd looks for any: they are open",
    level: Level::Error,
    page: include_str!("proxypass_bypasses_directory_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let bypasses = site.bypassed_logins();
    if bypasses.is_empty() {
        return Vec::new();
    }
    let decider = Decider::new(site, Look::nothing());
    let mut worst: HashMap<_, (Extent, usize)> = HashMap::new();
    let mut findings = Vec::new();
    for (at, bypass) in bypasses.iter().enumerate().filter(|(_, bypass)| is_told(&decider, bypass)) {
        // Of one line that leads around several logins the gravest is told.
        let known = worst.entry(bypass.pass.span()).or_insert((bypass.extent, at));
        if known.0 < bypass.extent {
            *known = (bypass.extent, at);
        }
    }
    let mut chosen: Vec<usize> = worst.into_values().map(|(_, at)| at).collect();
    chosen.sort_unstable();
    findings.extend(chosen.into_iter().map(|at| finding(&bypasses[at])));
    findings
}

/// In a part of a configuration nothing can be proven; what is known to be otherwise is no finding. A part of a site
/// that is an application of its own is most likely let off.
fn is_told<'s>(decider: &Decider<'s>, bypass: &Bypass<'s>) -> bool {
    let place = bypass.place;
    if bypass.extent == Extent::Part {
        let has_a_login = place.backend().is_some_and(|backend| place.reads_authorization(backend).is_some());
        if place.purpose().is_some() || place.is_a_door() || has_a_login {
            return false;
        }
    }
    let answer = decider.answer(bypass.server, Channel::Plain, "GET", &bypass.path);
    answer.is_none_or(|decision| match decision.outcome {
        Outcome::Undetermined => true,
        Outcome::Open => decision.is_by(bypass.pass.span()),
        _ => false,
    })
}

fn finding(bypass: &Bypass<'_>) -> Finding {
    let label = format!("hands `GET {}` on before any directory is looked at: nobody is asked", bypass.path);
    let (why, level) = match bypass.extent {
        Extent::All => ("so this is never asked for", Level::Error),
        Extent::Names => ("so this is not asked for there", Level::Error),
        Extent::Part => ("so this is asked for in all other places, and not in this one", Level::Advice),
    };
    let finding = Finding::at(bypass.pass.span(), label)
        .level(level)
        .also(bypass.wanted.span(), why)
        .help(help(bypass));
    if bypass.extent == Extent::Part {
        return finding.message("a part of the protected area is handed on without its login");
    }
    finding
}

fn help(bypass: &Bypass<'_>) -> String {
    let target = fcgi_server(bypass.pass);
    match target {
        Some(server) if bypass.pass.name() != Name::ProxyPass => format!(
            "write `<FilesMatch \"\\.php$\">` with `SetHandler \"proxy:{server}\"` in it in place of this line"
        ),
        _ => format!("write the login into `<Location \"{}\">`", bypass.path.trim_end_matches("x.html")),
    }
}

/// `fcgi://127.0.0.1:9000` of the address that a line hands on to.
fn fcgi_server(pass: Directive<'_>) -> Option<String> {
    let target =
        pass.arguments().map(|word| word.text().into_owned()).find(|word| word.contains("fcgi://"))?;
    let (before, rest) = target.split_once("fcgi://")?;
    let server = rest.split('/').next()?;
    Some(format!("{before}fcgi://{server}"))
}
