//! A value with blanks and without quotes: Apache takes it for several, and refuses the line.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, Misuse, Misused, Name, Site};

pub const LINT: Lint = Lint {
    id: "unquoted-argument-with-spaces",
    summary: "a value with blanks is not in quotes: the server takes it for several",
    level: Level::Error,
    page: include_str!("unquoted_argument_with_spaces.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.misuses().into_iter().filter_map(|line| check_line(site, line)).collect()
}

fn check_line(site: &Site<'_>, line: Misused<'_>) -> Option<Finding> {
    let Misuse::TooMany(_) = line.misuse else { return None };
    let directive = line.directive;
    let span = directive.arguments_span()?;
    let text = site.files().sources.text(span);
    let label = format!("these are {} arguments: {}", directive.arity(), directive.refusal());
    let finding = Finding::at(span, label).help(help(directive));
    let Some((value, safety)) = mended(directive, text) else { return Some(finding) };
    Some(finding.fix(safety, vec![Edit { span, text: value }]))
}

fn help(directive: Directive<'_>) -> &'static str {
    match directive.name() {
        Name::AuthName => "put straight double quotes around the text",
        Name::AuthUserFile | Name::AuthGroupFile | Name::Section => {
            "put straight double quotes around it, or keep one of them"
        }
        Name::Order => "write it as one word: `deny,allow` or `allow,deny`",
        _ => "keep one of them",
    }
}

/// What was meant, if that is plain.
fn mended(directive: Directive<'_>, text: &str) -> Option<(String, Safety)> {
    let words = || text.split_ascii_whitespace();
    match directive.name() {
        Name::Order => Some((words().collect::<String>(), Safety::Safe)).filter(|(word, _)| {
            ["deny,allow", "allow,deny"].iter().any(|known| word.eq_ignore_ascii_case(known))
        }),
        Name::AuthName => quoted(text).map(|value| (value, Safety::Safe)),
        // Several paths, and not one with blanks.
        _ if words().skip(1).any(|word| word.starts_with('/') || word == "~") || text.starts_with('~') => {
            None
        }
        Name::AuthUserFile | Name::AuthGroupFile => quoted(text).map(|value| (value, Safety::Unsafe)),
        Name::Section if text.starts_with('/') => quoted(text).map(|value| (value, Safety::Unsafe)),
        _ => None,
    }
}

/// The text in quotes, curved ones around it left out.
fn quoted(text: &str) -> Option<String> {
    let text = text.trim_matches(['“', '”', '„', '‟', '‘', '’', '‚', '«', '»']);
    let is_plain =
        !text.contains(['"', '\\', '\n', '\u{fffd}']) && !text.contains(" #") && !text.starts_with('\'');
    is_plain.then(|| format!("\"{text}\""))
}
