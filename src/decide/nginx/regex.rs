//! Regular expressions as nginx runs them.

use std::fmt;

use pcre2::bytes::{CaptureLocations, RegexBuilder};

use super::sockets::Known;

/// Expressions that go back and forth too often are left undecided.
const BOUND: &str = "(*LIMIT_MATCH=100000)";

/// A compiled expression.
pub(super) struct Regex(pcre2::bytes::Regex);

/// What an expression found: its groups, those without a match empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) groups: Vec<Vec<u8>>,
    /// The named ones.
    pub(super) names: Vec<(String, Vec<u8>)>,
}

impl Regex {
    pub(super) fn new(pattern: &[u8], is_caseless: bool) -> Known<Regex> {
        let shown =
            || format!("the regular expression `{}` is not understood", String::from_utf8_lossy(pattern));
        let text = std::str::from_utf8(pattern).map_err(|_| shown())?;
        let built =
            RegexBuilder::new().caseless(is_caseless).jit_if_available(true).build(&format!("{BOUND}{text}"));
        built.map(Regex).map_err(|_| shown())
    }

    pub(super) fn is_match(&self, subject: &[u8]) -> Known<bool> {
        self.0.is_match(subject).map_err(|_| self.gave_up())
    }

    pub(super) fn find(&self, subject: &[u8]) -> Known<Option<Found>> {
        let mut locations = self.0.capture_locations();
        let matched = self.0.captures_read(&mut locations, subject).map_err(|_| self.gave_up())?;
        Ok(matched.map(|_| self.found(&locations, subject)))
    }

    fn found(&self, locations: &CaptureLocations, subject: &[u8]) -> Found {
        let group = |n: usize| locations.get(n).map_or(&[][..], |(start, end)| &subject[start..end]).to_vec();
        let names = self.0.capture_names().iter().enumerate();
        Found {
            groups: (0..locations.len()).map(group).collect(),
            names: names
                .filter_map(|(n, name)| Some((name.as_ref()?.to_ascii_lowercase(), group(n))))
                .collect(),
        }
    }

    fn text(&self) -> &str {
        self.0.as_str().strip_prefix(BOUND).unwrap_or_default()
    }

    fn gave_up(&self) -> String {
        format!("PCRE gives up on `{}`", self.text())
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({})", self.text())
    }
}
