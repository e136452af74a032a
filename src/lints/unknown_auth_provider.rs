//! A provider that no module has: Apache refuses the line.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Name, Site, UnknownProvider, WrongProvider};

pub const LINT: Lint = Lint {
    id: "unknown-auth-provider",
    summary: "the provider does not exist: Apache does not start, or answers 500",
    level: Level::Error,
    page: include_str!("unknown_auth_provider.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.unknown_providers().into_iter().map(finding).collect()
}

fn finding(unknown: UnknownProvider<'_>) -> Finding {
    let UnknownProvider { directive, value, why } = unknown;
    let what = match why {
        WrongProvider::Case(_) => "upper and lower case count here",
        WrongProvider::Slip(_) => "no module has this word",
        WrongProvider::NotForDigest => "it cannot do Digest",
        WrongProvider::OfAnother(_) | WrongProvider::Unknown => "no module that is loaded has this word",
    };
    let finding = Finding::at(value.span(), format!("{what}: {}", directive.refusal()));
    let finding = finding.help(match why {
        WrongProvider::Case(word) | WrongProvider::Slip(word) => format!("write `{word}`"),
        WrongProvider::NotForDigest => "write `file`, or `AuthType Basic` and `AuthBasicProvider`".to_owned(),
        WrongProvider::OfAnother(Some(module)) => format!("load `{module}`, which has this word"),
        WrongProvider::OfAnother(None) => {
            "load the module that the `AuthType` is for: this is likely a word of it".to_owned()
        }
        WrongProvider::Unknown if directive.name() == Name::Require => {
            format!(
                "write `Require user {}`, if that is a user, or load the module that has the word",
                value.text()
            )
        }
        WrongProvider::Unknown => "write `file`, or load the module that has the word".to_owned(),
    });
    let (word, safety) = match why {
        WrongProvider::Case(word) => (word, Safety::Safe),
        // The second word of `valid user` is another argument.
        WrongProvider::Slip(word) if !word.starts_with("valid") && !word.contains(' ') => {
            (word, Safety::Unsafe)
        }
        _ => return finding,
    };
    match value.written_span() {
        Some(span) => finding.fix(safety, vec![Edit { span, text: word.to_owned() }]),
        None => finding,
    }
}
