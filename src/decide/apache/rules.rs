//! `Redirect`, `Alias` and `ProxyPass` lines by what they match (spec a115, a124, a126).

use super::regexes::filled;
use super::stop::Stop;
use super::visit::Visit;
use crate::model::{Directive, Name, below};

/// A `Redirect` line, taken apart.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// None: the line has none, and is for the whole section.
    pub path: Option<String>,
    pub status: u16,
}

/// A `Redirect` line; none where httpd would not take it.
pub fn redirect(line: Directive<'_>) -> Option<Redirect> {
    let mut words: Vec<String> = line.arguments().map(|word| word.text().into_owned()).collect();
    let name = line.name_word().to_ascii_lowercase();
    let mut status = match name.as_str() {
        "redirectpermanent" => 301,
        _ => 302,
    };
    if matches!(name.as_str(), "redirect" | "redirectmatch") {
        let first = words.first()?.to_ascii_lowercase();
        let named = match first.as_str() {
            "permanent" => Some(301),
            "temp" => Some(302),
            "seeother" => Some(303),
            "gone" => Some(410),
            other if other.starts_with(|c: char| c.is_ascii_digit()) => other.parse().ok(),
            _ => None,
        };
        if let Some(named) = named {
            status = named;
            words.remove(0);
        }
    }
    let is_redirect = (300..400).contains(&status);
    let path = match (words.as_slice(), is_redirect) {
        ([path, _], _) | ([path], false) => Some(path.clone()),
        ([_], true) | ([], false) => None,
        _ => return None,
    };
    Some(Redirect { path, status })
}

/// A URL path that is left of a match.
pub enum Matched {
    /// What stands behind the prefix.
    Rest(String),
    /// The groups of an expression.
    Groups(Vec<String>),
}

impl<'s> Visit<'_, 's> {
    /// Whether the first argument of an `Alias`, or of a line like it, matches a URL path.
    pub fn matched(&self, word: &str, is_expression: bool, uri: &str) -> Result<Option<Matched>, Stop> {
        if !is_expression {
            return Ok(below(word, uri).map(|rest| Matched::Rest(rest.to_owned())));
        }
        let groups = self.ready.regexes.groups(word, false, uri);
        let groups = groups.ok_or_else(|| Stop::unknown(format!("whether `{word}` matches is not known")))?;
        Ok(groups.map(Matched::Groups))
    }

    /// The first `Redirect` line that matches, with its status.
    pub fn redirected(
        &self,
        lines: impl Iterator<Item = Directive<'s>>,
        uri: &str,
    ) -> Result<Option<(Directive<'s>, u16)>, Stop> {
        for line in lines.filter(|line| line.name() == Name::Redirect) {
            let Some(Redirect { path: Some(path), status }) = redirect(line) else { continue };
            let is_expression = line.name_word().to_ascii_lowercase().ends_with("match");
            if self.matched(&path, is_expression, uri)?.is_some() {
                return Ok(Some((line, status)));
            }
        }
        Ok(None)
    }
}

/// The path or URL that a match leads to.
pub fn target(line_target: &str, matched: &Matched) -> String {
    match matched {
        Matched::Rest(rest) => format!("{line_target}{rest}"),
        Matched::Groups(groups) => filled(line_target, '$', groups),
    }
}
