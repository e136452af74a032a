//! Requests by chance that are aimed at a pattern.

use std::fmt::Write;

use authlint::decide::areas::{Automaton, normalised};
use authlint::expect::Pattern;

use crate::nodes::Random;

/// A source of targets whose paths a pattern covers.
pub struct Targets {
    pattern: String,
    words: Vec<Vec<u8>>,
    covers: std::cell::RefCell<(Automaton, Automaton)>,
    merges_slashes: bool,
    /// Whether `%2f` is something else than a slash.
    pub avoids_encoded_slashes: bool,
}

const USUAL: &[&str] = &[
    "x",
    "a",
    "b",
    "admin",
    "secret",
    "index.html",
    "index.htm",
    "index.php",
    ".php",
    ".css",
    "x.php",
    "api",
    "v1",
    "A",
    "SECRET",
    ".PHP",
    "\n",
    " ",
    "?",
    "%",
    ";",
    "..",
    ".",
    "-",
    "0",
    "12",
    "\u{e9}",
    "+",
    "#",
    "\\",
    "static",
    "js",
    ".js",
    "x.css",
    "sec",
    "login",
    "%2f",
    "&",
    "=",
    "b/x.php",
    "PHP",
    "php",
    "_",
    "~",
    "\t",
    "a b",
    "\r",
    "cc",
    "aaa",
];

const FIRST: &[&str] =
    &["", "a", "a/", "secret", "secret/", "api/", "admin/", "static/", "A/", "x", "b/", "sec", "a/b/"];
const REST: &[&str] = &[
    "**", "**", "**", "*", "**.php", "*.php", "**/x", "*/**", "*.css", "**/", "x/**", "*/x*", "**b**",
    "**.js", "b**", "*/",
];

/// A pattern by chance: half of them are about a place that the text names.
pub fn pattern(text: &str, random: &mut Random) -> String {
    let named: Vec<&str> = text
        .split(['"', ' ', ';', '\n', '='])
        .filter(|word| {
            word.starts_with('/')
                && !word.contains(['*', '$', '\\', '(', '[', '%', '?', '#'])
                && word.len() < 20
        })
        .collect();
    let rest = *random.pick(REST);
    if random.percent(60) && !named.is_empty() {
        let place = *random.pick(&named);
        let place =
            if random.percent(40) { format!("{}/", place.trim_end_matches('/')) } else { place.to_owned() };
        return format!("{place}{rest}").replace("***", "**");
    }
    format!("/{}{rest}", random.pick(FIRST))
}

impl Targets {
    /// For a pattern; words of the configuration are put into the paths.
    pub fn new(pattern: &str, text: &str, merges_slashes: bool) -> Self {
        let Ok(Pattern::Many { covers, .. }) = Pattern::read(pattern) else {
            panic!("{pattern} is no pattern")
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c));
        let words =
            words.filter(|word| word.len() > 1 && word.len() < 12).map(|word| word.as_bytes().to_vec());
        let automata = (Automaton::whole(&covers), Automaton::whole(&normalised(merges_slashes)));
        let (Ok(covers), Ok(paths)) = automata else { panic!("{pattern} is too large") };
        Targets {
            pattern: pattern.to_owned(),
            words: words.chain(USUAL.iter().map(|word| word.as_bytes().to_vec())).collect(),
            covers: (covers, paths).into(),
            merges_slashes,
            avoids_encoded_slashes: false,
        }
    }

    /// A target by chance; none where none is found.
    pub fn target(&self, random: &mut Random) -> Option<String> {
        for _ in 0..200 {
            let path = self.path(random);
            let mut automata = self.covers.borrow_mut();
            let is_covered = automata.0.matches(&path) == Ok(true) && automata.1.matches(&path) == Ok(true);
            if is_covered {
                return Some(self.spell(&path, random));
            }
        }
        None
    }

    fn path(&self, random: &mut Random) -> Vec<u8> {
        let mut path = Vec::new();
        let mut rest = self.pattern.as_str();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("**") {
                for _ in 0..random.below(6) {
                    if random.percent(40) {
                        path.push(b'/');
                    }
                    path.extend(random.pick(&self.words));
                }
                if random.percent(25) {
                    path.push(b'/');
                }
                rest = after;
            } else if let Some(after) = rest.strip_prefix('*') {
                for _ in 0..random.below(4) {
                    path.extend(random.pick(&self.words));
                }
                rest = after;
            } else {
                path.push(rest.as_bytes()[0]);
                rest = &rest[1..];
            }
        }
        if random.percent(5) {
            let byte = u8::try_from(random.below(255) + 1).expect("a byte");
            let at = random.below(path.len()) + 1;
            path.insert(at, byte);
        }
        path
    }

    /// One of the many spellings of a path.
    fn spell(&self, path: &[u8], random: &mut Random) -> String {
        let wild = random.percent(30);
        let mut target = String::new();
        for (at, &byte) in path.iter().enumerate() {
            let is_odd = wild && random.percent(15);
            match byte {
                b'/' if at > 0 && is_odd => {
                    let all: &[&str] = if self.merges_slashes {
                        &["//", "/./", "/zz/../", "%2f", "%2F", "///", "/%2e/", "/zz/%2e%2E/"]
                    } else {
                        &["/./", "/zz/../", "%2f", "/%2e/"]
                    };
                    let spelling = all[random.below(all.len())];
                    let is_avoided = self.avoids_encoded_slashes && spelling.starts_with("%2");
                    target.push_str(if is_avoided { "/" } else { spelling });
                }
                b'/' => target.push('/'),
                _ if is_odd => drop(write!(target, "%{byte:02X}")),
                b'a'..=b'z'
                | b'A'..=b'Z'
                | b'0'..=b'9'
                | b'.'
                | b'-'
                | b'_'
                | b'~'
                | b'+'
                | b';'
                | b'&'
                | b'='
                | b':' => {
                    target.push(char::from(byte));
                }
                other => drop(write!(target, "%{other:02x}")),
            }
        }
        target
    }
}
