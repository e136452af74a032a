//! Reads rules, one a line.

use super::{Expectation, Expected, Origin, Pattern};
use crate::decide::{Credentials, Outcome, Request};
use crate::finding::{Problem, ProblemKind};
use crate::source::{FileId, Span, offset};

/// The rules of a text, and what is wrong with the other lines.
#[must_use]
pub fn parse(text: &str, file: FileId) -> (Vec<Expectation>, Vec<Problem>) {
    let mut rules = Vec::new();
    let mut problems = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let words = words(line, start);
        start += line.len();
        let (Some((_, first, _)), Some((_, _, last))) = (words.first(), words.last()) else { continue };
        let whole = Span::new(file, offset(*first), offset(*last));
        match rule(&words, whole) {
            Ok(rule) => rules.push(rule),
            Err(Wrong { word, message }) => {
                let span = match words.get(word) {
                    Some((_, start, end)) => Span::new(file, offset(*start), offset(*end)),
                    None => whole,
                };
                problems.push(Problem::at(ProblemKind::Syntax, span, message));
            }
        }
    }
    (rules, problems)
}

/// A word and where it begins and ends.
type Word<'t> = (&'t str, usize, usize);

/// The words of a line, without a comment.
fn words(line: &str, start: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut at = 0;
    for word in line.split(|c: char| c.is_ascii_whitespace()) {
        if word.starts_with('#') {
            break;
        }
        if !word.is_empty() {
            words.push((word, start + at, start + at + word.len()));
        }
        at += word.len() + 1;
    }
    words
}

/// What is wrong, and with which word; with the whole line where there is no such word.
struct Wrong {
    word: usize,
    message: String,
}

fn wrong<T>(word: usize, message: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { word, message: message.into() })
}

const WHOLE: usize = usize::MAX;

fn rule(words: &[Word<'_>], span: Span) -> Result<Expectation, Wrong> {
    let word = |n: usize| words.get(n).map(|word| word.0);
    let Some(arrow) = words.iter().position(|word| word.0 == "->") else {
        return wrong(WHOLE, "a rule is `PATH -> OUTCOME`: the `->` is missing");
    };
    let (method, mut at) = match word(0) {
        Some(first) if !first.contains('/') && arrow > 1 => (Some(method(first)?), 1),
        _ => (None, 0),
    };
    if at >= arrow {
        return wrong(WHOLE, "a path or a URL is missing before the `->`");
    }
    let (origin, pattern) = place(word(at).unwrap_or_default()).or_else(|message| wrong(at, message))?;
    let mut credentials = Credentials::None;
    let mut from = None;
    at += 1;
    while at < arrow {
        let value = word(at + 1).filter(|_| at + 1 < arrow);
        match (word(at).unwrap_or_default(), value) {
            ("as", Some("bad")) if credentials == Credentials::None => credentials = Credentials::Bad,
            ("as", Some(user)) if credentials == Credentials::None => {
                credentials = Credentials::User(user.to_owned());
            }
            ("from", Some(address)) if from.is_none() => match address.parse() {
                Ok(address) => from = Some(address),
                Err(_) => return wrong(at + 1, format!("`{address}` is not an address")),
            },
            (word @ ("as" | "from"), Some(_)) => return wrong(at, format!("`{word}` stands here twice")),
            ("as", None) => return wrong(at, "the name of a user, or `bad`, is missing behind `as`"),
            ("from", None) => return wrong(at, "an address is missing behind `from`"),
            (other, _) => {
                return wrong(
                    at,
                    format!("`{other}` is not understood: `as USER` or `from ADDRESS` may stand here"),
                );
            }
        }
        at += 2;
    }
    at = arrow + 1;
    let is_never = word(at) == Some("never");
    at += usize::from(is_never);
    let expected = match word(at) {
        Some("open") => Expected::Is(Outcome::Open),
        Some("challenge") => Expected::Is(Outcome::Challenge),
        Some("forbidden") => Expected::Is(Outcome::Forbidden),
        Some("error") => Expected::Is(Outcome::Error),
        Some("closed") => Expected::Closed,
        Some("responds") => match word(at + 1) {
            None => Expected::Is(Outcome::Responds),
            Some(status) => {
                at += 1;
                match status.parse() {
                    Ok(status @ 100..=599) => Expected::Responds(status),
                    _ => return wrong(at, format!("`{status}` is not a status")),
                }
            }
        },
        Some(other) => {
            let all = "`open`, `challenge`, `forbidden`, `closed`, `error` or `responds`";
            return wrong(at, format!("`{other}` is not an outcome: {all}"));
        }
        None => return wrong(WHOLE, "an outcome is missing behind the `->`"),
    };
    match word(at + 1) {
        None => Ok(Expectation {
            span,
            method,
            origin,
            pattern,
            credentials,
            from,
            is_never,
            expected,
            because: None,
        }),
        Some(more) => wrong(at + 1, format!("`{more}` is too much here")),
    }
}

fn method(word: &str) -> Result<String, Wrong> {
    if word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-' || byte == b'_') {
        return Ok(word.to_owned());
    }
    let help = "a method is written in capitals, a path begins with /, a URL with http:// or https://";
    wrong(0, format!("`{word}` is neither: {help}"))
}

/// The server and the paths that a word names.
fn place(word: &str) -> Result<(Option<Origin>, Pattern), String> {
    // What stands before the path is that of a request; the wildcards need not go through it.
    let scheme = word.find("://").map_or(0, |at| at + 3);
    let end = if word.starts_with('/') {
        0
    } else {
        word[scheme..].find(['/', '?', '#']).map_or(word.len(), |at| at + scheme)
    };
    let (before, path) = word.split_at(end);
    if before.contains('*') {
        return Err("a pattern is about paths: the host stands there as it is".into());
    }
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let request =
        Request::get(if before.is_empty() { &path } else { before }).map_err(|refused| refused.0)?;
    let origin = request.host.zip(request.port);
    let origin = origin.map(|(host, port)| Origin { is_tls: request.is_tls, host, port });
    Ok((origin, Pattern::read(&path)?))
}
