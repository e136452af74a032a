//! Whether what was decided is what httpd did.

use std::fmt::Write;

use authlint::decide::{Authorization, Decision, Outcome};

use crate::wire::Answer;

/// What is logged where nothing lies that could be served.
const BY_HANDLER: &[&str] = &["AH00128", "AH00129", "AH00130", "AH02811"];

/// What is logged where a content handler answers with 403.
const REFUSED_BY_HANDLER: &[&str] =
    &["AH01276", "AH00132", "AH02809", "AH02810", "AH02812", "AH01264", "AH01266"];

/// What is logged where access is refused: by `Require` and on the way to the file. By `Deny` it may
/// be opened again.
const BY_ACCESS: &[&str] = &["AH01630", "AH00529", "AH00035", "AH00037", "AH00036", "AH01631"];

/// An answer of httpd, and what it has logged meanwhile.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// The `Authorization` header that was sent.
    pub sent: Option<String>,
    pub answer: Answer,
    pub log: String,
}

/// A decision beside the answer that it does not fit to.
#[derive(Clone, Debug)]
pub struct Misfit {
    pub complaint: String,
    /// What it has in common with others of the same cause.
    pub kind: String,
    /// The status is right, but not who gave it.
    pub is_soft: bool,
}

impl Seen {
    /// Whether a content handler has answered.
    fn is_handled(&self) -> bool {
        let location = self.answer.header("location").next().unwrap_or_default();
        let is_trace = self.method == "TRACE";
        match self.answer.status {
            401 => self.answer.challenges() == ["Basic realm=\"up\""] && self.answer.is_echo(),
            200..=299 | 405 | 501 if is_trace => self.answer.is_echo(),
            200..=299 | 405 | 501 => true,
            // The slash behind a directory; the lines of configurations lead to others.
            301 => !location.contains("go.example") && !location.contains("/pub/x.html"),
            // The handler's refusal may be dressed by an error document that lies elsewhere.
            302 if location != "http://go.example/e" => false,
            302 | 410 => self.logged(BY_HANDLER).or(self.logged(REFUSED_BY_HANDLER)).is_some(),
            403 => match (self.logged(REFUSED_BY_HANDLER), self.logged(BY_ACCESS)) {
                (Some(handler), Some(access)) => handler < access,
                (handler, _) => handler.is_some(),
            },
            // A slash in the path that is encoded is found before all else.
            404 => self.logged(BY_HANDLER).is_some() && self.logged(&["AH00026"]).is_none(),
            status => status >= 502,
        }
    }

    /// Whether no check and no failure is told of: a line of the configuration answers.
    fn is_by_line(&self) -> bool {
        self.codes().iter().all(|code| ["AH00128", "AH01626", "AH01618", "AH01617", "AH00670"].contains(code))
            && self.answer.challenges().is_empty()
    }

    /// Where one of the codes was logged first.
    fn logged(&self, codes: &[&str]) -> Option<usize> {
        codes.iter().filter_map(|code| self.log.find(code)).min()
    }

    /// The codes of what was logged, in their order, each once.
    pub fn codes(&self) -> Vec<&str> {
        let mut codes = Vec::new();
        for (at, _) in self.log.match_indices("AH0") {
            let code = self.log.get(at..at + 7).unwrap_or_default();
            if code.bytes().skip(2).all(|byte| byte.is_ascii_digit()) && !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }

    /// Scheme and realm of each challenge.
    fn challenges(&self) -> Vec<(String, Option<String>)> {
        let one = |value: &&str| {
            let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
            (scheme.to_ascii_lowercase(), realm(rest))
        };
        self.answer.challenges().iter().map(one).collect()
    }

    /// One line for people.
    pub fn told(&self) -> String {
        let Answer { status, .. } = self.answer;
        let mut told = format!("{status}");
        for name in ["www-authenticate", "location"] {
            for value in self.answer.header(name) {
                let _ = write!(told, " {name}: {value}");
            }
        }
        if let Some(got) = self.answer.echoed() {
            let _ = write!(told, " backend got {got:?}");
        }
        format!("{told} {:?} logged {:?}", first_line(&self.answer.body), self.codes())
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn realm(parameters: &str) -> Option<String> {
    let quoted = parameters.split_once("realm=\"")?.1;
    let mut realm = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return Some(realm),
            '\\' => realm.push(chars.next()?),
            other => realm.push(other),
        }
    }
}

/// None where the decision fits.
pub fn judge(decision: &Decision, seen: &Seen) -> Option<Misfit> {
    let Decision { outcome, status, .. } = decision;
    let real = seen.answer.status;
    let is_handled = seen.is_handled();
    let (complaint, is_soft) = match outcome {
        Outcome::Undetermined => return None,
        Outcome::Open if status.is_some() => ("open has no status of its own".to_owned(), false),
        Outcome::Open if !is_handled => ("it does not come to a handler".to_owned(), false),
        Outcome::Open => (open(decision, seen)?, false),
        Outcome::Challenge if real != 401 || is_handled => ("no password is asked for".to_owned(), false),
        Outcome::Challenge => (challenge(decision, seen)?, false),
        Outcome::Forbidden if real != 403 => ("it is not refused".to_owned(), false),
        // Rewriting that `Options` forbids is both.
        Outcome::Forbidden if seen.is_by_line() && seen.logged(&["AH00670"]).is_none() => {
            ("a line says so, and no check".to_owned(), true)
        }
        Outcome::Forbidden if is_handled => ("the handler refuses it".to_owned(), true),
        Outcome::Error if real != 500 => ("there is no failure".to_owned(), false),
        Outcome::Responds if *status != Some(real) => ("the status is another".to_owned(), false),
        Outcome::Responds if real == 500 => ("any 500 is an error".to_owned(), false),
        Outcome::Responds if matches!(real, 401 | 403) && !seen.is_by_line() => {
            ("a check says so".to_owned(), true)
        }
        Outcome::Responds if is_handled => ("the handler says so".to_owned(), !(200..=299).contains(&real)),
        _ => (files(decision, seen)?, false),
    };
    let status = status.map_or(String::new(), |status| format!(" {status}"));
    let kind = format!("{}{status}, but {real} {:?}: {complaint}", outcome.as_str(), seen.codes());
    Some(Misfit { complaint, kind, is_soft })
}

fn open(decision: &Decision, seen: &Seen) -> Option<String> {
    // A refusal may come of what stands before the backend, and the error document of a program.
    let is_refusal = seen.answer.status >= 300 && seen.answer.challenges().is_empty();
    let Some(got) = seen.answer.echoed().filter(|_| !is_refusal) else {
        let said = decision.authorization.filter(|_| !is_refusal);
        return said.map(|said| format!("no backend is asked, but {}", said.as_str()));
    };
    // A program may get an empty variable where no header came.
    let got = Some(got.join(", ")).filter(|got| !got.is_empty());
    let sent = seen.sent.clone();
    let fits = match decision.authorization {
        None => return Some("a backend is asked".to_owned()),
        Some(Authorization::Unknown) => true,
        Some(Authorization::Forwarded) => got == sent,
        Some(Authorization::Dropped) => got.is_none(),
        Some(Authorization::Replaced) => got.is_some() && got != sent || got.is_none() && sent.is_none(),
    };
    let said = decision.authorization.map_or("nothing", Authorization::as_str);
    (!fits).then(|| format!("{said}, but of {} came {}", told(sent.as_deref()), told(got.as_deref())))
}

fn told(header: Option<&str>) -> &str {
    match header {
        None => "none",
        Some("Basic eHg6eXk=") => "xx:yy",
        Some("Basic ZGVtbzpwYXNz") => "demo:pass",
        Some(other) if other.starts_with("Basic ") => "the client's",
        Some(_) => "another",
    }
}

fn challenge(decision: &Decision, seen: &Seen) -> Option<String> {
    if decision.status != Some(401) {
        return Some("a challenge has the status 401".to_owned());
    }
    let challenges = seen.challenges();
    if challenges.is_empty() {
        return match (decision.scheme, &decision.realm) {
            (None | Some("form"), None) => None,
            (scheme, realm) => Some(format!("no header is sent, but {scheme:?} {realm:?}")),
        };
    }
    let fits = |(scheme, realm): &(String, Option<String>)| {
        decision.scheme == Some(scheme) && decision.realm == *realm
    };
    if !challenges.iter().any(fits) {
        let is_scheme = challenges.iter().any(|(scheme, _)| decision.scheme == Some(scheme));
        return Some(if is_scheme { "the realm is another" } else { "the scheme is another" }.to_owned());
    }
    files(decision, seen)
}

/// The password file, where httpd complains of it.
fn files(decision: &Decision, seen: &Seen) -> Option<String> {
    let (before, rest) = seen.log.split_once("Could not open password file: ")?;
    // Who was refused before that: it is the error document that asks for another login.
    if before.contains("AH01617") || before.contains("AH01618") {
        return None;
    }
    let real = first_line(rest).split(", referer").next()?;
    let said = decision.user_file.as_deref()?;
    (said != real).then(|| format!("the password file is {real}, not {said}"))
}

/// The outcomes that would fit.
pub fn fitting(seen: &Seen) -> Vec<Outcome> {
    let status = Some(seen.answer.status);
    let (scheme, realm) = seen.challenges().into_iter().next().unzip();
    let scheme = match scheme.as_deref() {
        Some("basic") => Some("basic"),
        Some("digest") => Some("digest"),
        _ => None,
    };
    let open =
        [None, Some(Authorization::Forwarded), Some(Authorization::Dropped), Some(Authorization::Replaced)]
            .map(|authorization| Decision { authorization, ..Decision::of(Outcome::Open) });
    let others = [
        Decision { status, scheme, realm: realm.flatten(), ..Decision::of(Outcome::Challenge) },
        Decision { status, ..Decision::of(Outcome::Forbidden) },
        Decision { status, ..Decision::of(Outcome::Error) },
        Decision { status, ..Decision::of(Outcome::Responds) },
    ];
    let mut fitting: Vec<Outcome> = open
        .into_iter()
        .chain(others)
        .filter(|one| judge(one, seen).is_none())
        .map(|one| one.outcome)
        .collect();
    fitting.dedup();
    fitting
}
