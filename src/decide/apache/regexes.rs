//! Regular expressions, each made once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use pcre2::bytes::{Captures, Regex, RegexBuilder};

/// Expressions that go back and forth too often are left undecided.
const BOUND: &str = "(*LIMIT_MATCH=50000)";

/// All that were asked for.
#[derive(Debug, Default)]
pub struct Regexes {
    known: RwLock<HashMap<(String, bool), Made>>,
}

/// None: it is refused.
type Made = Option<Arc<Regex>>;

/// What the groups of an expression held; the first is the whole.
pub type Groups = Vec<String>;

impl Regexes {
    /// The groups, if it matches; the outer `None` where nobody knows.
    #[allow(clippy::option_option)] // unknown, no match, match
    pub fn groups(&self, pattern: &str, ignores_case: bool, text: &str) -> Option<Option<Groups>> {
        let regex = self.regex(pattern, ignores_case)?;
        let found = regex.captures(text.as_bytes()).ok()?;
        Some(found.map(|found| groups(&found)))
    }

    /// Whether it matches.
    pub fn matches(&self, pattern: &str, ignores_case: bool, text: &str) -> Option<bool> {
        self.regex(pattern, ignores_case)?.is_match(text.as_bytes()).ok()
    }

    fn regex(&self, pattern: &str, ignores_case: bool) -> Option<Arc<Regex>> {
        let key = (pattern.to_owned(), ignores_case);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let made = RegexBuilder::new().caseless(ignores_case).build(&format!("{BOUND}{pattern}"));
            let made = made.ok().map(Arc::new);
            self.known.write().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
            made
        })
    }
}

fn groups(found: &Captures<'_>) -> Groups {
    let text = |n: usize| found.get(n).map(|group| String::from_utf8_lossy(group.as_bytes()).into_owned());
    (0..found.len()).map(|n| text(n).unwrap_or_default()).collect()
}

/// A text with `$1` (or another mark) replaced by the groups; none where a group is not known.
pub fn filled(text: &str, mark: char, groups: &[String]) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek().and_then(|next| next.to_digit(10))) {
            ('\\', _) if rest.peek().is_some_and(|next| *next == mark || *next == '&') => {
                out.extend(rest.next());
            }
            (c, Some(digit)) if c == mark => {
                rest.next();
                out += groups.get(digit as usize).map_or("", String::as_str);
            }
            (c, _) => out.push(c),
        }
    }
    out
}
