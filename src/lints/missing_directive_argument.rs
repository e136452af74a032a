//! A line has lost its value: the server refuses it, or takes it and lets nobody in.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Misuse, Misused, Name, Site};

pub const LINT: Lint = Lint {
    id: "missing-directive-argument",
    summary: "a value is missing: the server does not take the line",
    level: Level::Error,
    page: include_str!("missing_directive_argument.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.misuses().into_iter().filter_map(check_line).collect()
}

fn check_line(line: Misused<'_>) -> Option<Finding> {
    let (span, what) = match line.misuse {
        Misuse::Missing => (line.directive.span(), missing(line.directive)),
        Misuse::Empty(value) => (value.span(), "empty quotes count as nothing"),
        Misuse::Comment(_) | Misuse::TooMany(_) => return None,
    };
    if line.is_refused {
        let finding = Finding::at(span, format!("{what}: {}", line.directive.refusal()));
        return Some(finding.help(help(line.directive)));
    }
    let provider = line.directive.arguments().find_map(|word| word.literal().filter(|word| !is_not(word)));
    let is_about_users = provider.is_some_and(|word| word == "user" || word == "group");
    let (message, label) = if is_about_users {
        ("nobody gets in: the login window comes up again and again", "nobody is named here")
    } else {
        (
            "nobody gets in: everybody is refused with 403 Forbidden",
            "nothing is named here that would let anybody in",
        )
    };
    Some(Finding::at(span, label).message(message).help(help(line.directive)))
}

fn missing(directive: Directive<'_>) -> &'static str {
    match directive.name() {
        Name::Allow | Name::Deny => "`from` and an address belong here",
        Name::Section => "the section does not say what it is for",
        _ => "the value is missing",
    }
}

fn help(directive: Directive<'_>) -> &'static str {
    match directive.name() {
        Name::Require => "write who may come in, such as `Require valid-user`, or remove the line",
        Name::AuthName => "write a text for the login window, such as `AuthName \"Staff\"`",
        Name::Allow | Name::Deny => "write it out, such as `Deny from all`",
        Name::ProxySetHeader | Name::GrpcSetHeader => {
            "write the value, such as `$remote_user`, or `\"\"` for no header at all"
        }
        _ => "write the value, or remove the line",
    }
}

fn is_not(word: &str) -> bool {
    word.eq_ignore_ascii_case("not")
}
