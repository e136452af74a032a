//! Who is in a file of users, as the servers read it.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use super::harmless;
use crate::userfile::{Entry, Fate, Library, Oddity, Reader, Scheme, Strength, UserFile, Works};

/// A line of the file and what comes of it.
#[derive(Debug, Serialize)]
pub struct UserLine {
    /// From 1.
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strength: Option<&'static str>,
    verdicts: Vec<Verdict>,
}

/// What a line is for a server.
#[derive(Debug, Serialize)]
struct Verdict {
    server: &'static str,
    /// Whether somebody can log in with it; none where that is not known.
    works: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    because: Vec<String>,
}

impl UserLine {
    /// Whether somebody can log in with it, for every server it was judged for.
    #[must_use]
    pub fn works(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.works != Some(false))
    }
}

/// The lines of a file, each once, in their order.
#[must_use]
pub fn user_lines(readers: &[Reader], bytes: &[u8], library: &Library) -> Vec<UserLine> {
    let mut lines: BTreeMap<u32, UserLine> = BTreeMap::new();
    for &reader in readers {
        let file = UserFile::read(reader, bytes);
        for entry in file.entries() {
            let (scheme, strength) = describe(entry, reader);
            let line = lines.entry(entry.line()).or_insert_with(|| UserLine::new(entry.line()));
            line.user.get_or_insert_with(|| String::from_utf8_lossy(entry.name()).into_owned());
            line.scheme.get_or_insert(scheme);
            line.strength = line.strength.or(strength.map(Strength::as_str));
            line.verdicts.push(verdict(&file, entry, reader, library));
        }
        for slip in &file.slips {
            let line = lines.entry(slip.line).or_insert_with(|| UserLine::new(slip.line));
            let because = slip.oddity.as_str().to_owned();
            if matches!(slip.oddity, Oddity::NoColon | Oddity::Remark | Oddity::SwallowsNext) {
                // It may be a password.
                line.user = None;
            }
            match line.verdicts.iter_mut().find(|verdict| verdict.server == reader.server()) {
                Some(verdict) => verdict.because = vec![because],
                None => line.verdicts.push(Verdict {
                    server: reader.server(),
                    works: Some(false),
                    because: vec![because],
                }),
            }
        }
    }
    lines.into_values().collect()
}

impl UserLine {
    fn new(number: u32) -> Self {
        UserLine { line: number + 1, user: None, scheme: None, strength: None, verdicts: Vec::new() }
    }
}

fn describe(entry: Entry<'_>, reader: Reader) -> (String, Option<Strength>) {
    if entry.is_digest() && reader == Reader::Apache {
        let realm = String::from_utf8_lossy(entry.realm());
        return (format!("digest, realm `{realm}`"), Some(Strength::Weak));
    }
    let (scheme, hash) = (entry.hash().scheme(), entry.hash());
    let strength = scheme.strength().filter(|_| scheme != Scheme::Untagged);
    (
        hash.cost()
            .map_or_else(|| scheme.as_str().to_owned(), |cost| format!("{}, cost {cost}", scheme.as_str())),
        strength,
    )
}

fn verdict(file: &UserFile, entry: Entry<'_>, reader: Reader, library: &Library) -> Verdict {
    let is_digest = entry.is_digest() && reader == Reader::Apache;
    let (works, why) = match (entry.fate(), entry.hash().works(reader, library)) {
        (Fate::Shadowed(first), _) if !is_digest => {
            let above = file.entry(first).map_or(0, |first| first.line() + 1);
            (Some(false), Some(format!("line {above} decides about this user")))
        }
        (Fate::Swallowed, _) => (Some(false), Some("the line above takes it in".to_owned())),
        _ if is_digest => (Some(true), Some("with `AuthType Digest` and this realm".to_owned())),
        (_, Works::Yes) => (Some(true), None),
        (_, Works::No(why)) => (Some(false), Some(why)),
        (_, Works::Unknown(why)) => (None, Some(why.to_owned())),
    };
    Verdict { server: reader.server(), works, because: why.into_iter().collect() }
}

/// A table for people; `note` says what the C library was taken to be.
#[must_use]
pub fn users_human(lines: &[UserLine], library: &Library) -> String {
    let mut rows = vec![["LINE", "USER", "SCHEME", "STRENGTH", "VERDICT"].map(str::to_owned)];
    for line in lines {
        let user = line.user.as_deref().map_or_else(|| "-".into(), harmless).into_owned();
        let scheme = line.scheme.as_deref().map_or_else(|| "-".into(), harmless).into_owned();
        rows.push([
            line.line.to_string(),
            user,
            scheme,
            line.strength.unwrap_or("-").to_owned(),
            line.verdict(),
        ]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1).min(40), width(2).min(40), width(3)];
    let mut out = String::new();
    for [line, user, scheme, strength, verdict] in &rows {
        let [a, b, c, d] = widths;
        let _ = writeln!(out, "{line:>a$}  {user:b$}  {scheme:c$}  {strength:d$}  {verdict}");
    }
    let able = lines.iter().filter(|line| line.works()).count();
    let _ = writeln!(out, "{able} of {} can be used to log in", super::plural(lines.len(), "line"));
    let _ = writeln!(out, "note: what the server does not check itself is checked by {}", library.describe());
    out
}

impl UserLine {
    /// In a few words; the servers are named where they differ.
    fn verdict(&self) -> String {
        let words = |verdict: &Verdict| {
            let word = match verdict.works {
                Some(true) => "can log in",
                Some(false) => "cannot log in",
                None => "not known",
            };
            let because = verdict.because.join("; ");
            if because.is_empty() { word.to_owned() } else { format!("{word}: {}", harmless(&because)) }
        };
        match self.verdicts.as_slice() {
            [] => String::new(),
            [one] => words(one),
            [first, rest @ ..] if rest.iter().all(|other| words(other) == words(first)) => words(first),
            all => {
                let named = |verdict: &Verdict| format!("{}: {}", verdict.server, words(verdict));
                all.iter().map(named).collect::<Vec<_>>().join(" | ")
            }
        }
    }
}

#[derive(Serialize)]
struct Document<'l> {
    schema: &'static str,
    path: String,
    library: String,
    library_is_assumed: bool,
    lines: &'l [UserLine],
}

/// The same for programs, `authlint-users/1`.
#[must_use]
pub fn users_json(path: &str, lines: &[UserLine], library: &Library) -> String {
    let document = Document {
        schema: "authlint-users/1",
        path: path.to_owned(),
        library: library.describe(),
        library_is_assumed: library.evidence.is_none(),
        lines,
    };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
