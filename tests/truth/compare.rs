//! Whether a decision is what the server did.

use authlint::decide::{Authorization, Decision, Outcome};

use crate::server::CONTENT;
use crate::wire::Answer;

/// What the request was, as far as it matters here.
pub struct Sent<'a> {
    pub method: &'a str,
    pub authorization: Option<&'a str>,
}

/// Why the decision is not what the server did; none where it is, or where nothing was decided. `log`
/// is what the server wrote into its error log on the request.
pub fn contradiction(decision: &Decision, sent: &Sent<'_>, answer: &Answer, log: &str) -> Option<String> {
    let status = answer.status;
    if decision.outcome == Outcome::Undetermined {
        return None;
    }
    if let Some(said) = decision.status
        && said != status
        // A connection closed without an answer has no status.
        && !(matches!(said, 408 | 444 | 499) && status == 0)
    {
        return Some(format!("status {said} is said"));
    }
    let is_content = answer.is_echo() || answer.body.starts_with(CONTENT);
    let wrong = match decision.outcome {
        Outcome::Open => not_open(answer, sent, log, is_content),
        Outcome::Challenge => (status != 401).then_some("no challenge"),
        Outcome::Forbidden => (status != 403).then_some("not forbidden"),
        Outcome::Error => (status != 500).then_some("no error"),
        Outcome::Responds if decision.status.is_none() => Some("no status is said"),
        Outcome::Responds => (status < 300 && is_content && status != 0).then_some("content answers"),
        Outcome::Undetermined => None,
    };
    if let Some(wrong) = wrong {
        return Some(wrong.into());
    }
    realm(decision, answer)
        .or_else(|| authorization(decision, sent, answer))
        .or_else(|| logged(decision, answer, log))
}

/// The server's log names the server that answers, and the password file that does not know a user.
fn logged(decision: &Decision, answer: &Answer, log: &str) -> Option<String> {
    let between = |before: &str, after: &str| -> Option<&str> {
        Some(log.split_once(before)?.1.split_once(after)?.0).filter(|text| !text.is_empty())
    };
    let plain = |name: &str| name.trim_start_matches('.').to_ascii_lowercase();
    if let (Some(said), Some(name)) = (&decision.server, between(", server: ", ", request: "))
        && plain(said) != plain(name)
    {
        return Some(format!("server {said} is said, the log has {name}"));
    }
    // With an error page credentials may be looked at twice.
    let log = log.replace("/./", "/");
    let said = decision.user_file.as_ref()?.replace("/./", "/");
    let is_told = decision.outcome == Outcome::Challenge && answer.status == 401;
    let is_other = log.contains("was not found in ") && !log.contains("password mismatch");
    let is_it = log.contains(&format!("was not found in \"{said}\""));
    (is_told && is_other && !is_it).then(|| "the log has another password file".into())
}

/// Why it is not the content handler that has answered.
fn not_open(answer: &Answer, sent: &Sent<'_>, log: &str, is_content: bool) -> Option<&'static str> {
    let said = |text: &str| log.contains(text);
    let location = answer.header("location").next().unwrap_or_default().split('?').next().unwrap_or_default();
    match answer.status {
        _ if is_content => None,
        // A file that may not be read, or a directory without an index.
        403 if said("directory index of") || said("Permission denied") || said("is forbidden (") => None,
        // A method that is not for files on a path that ends with a slash (spec E11).
        403 if !matches!(sent.method, "GET" | "HEAD" | "POST") && !said("access forbidden by rule") => None,
        401 | 403 | 500 => Some("a check has answered"),
        301 if location.ends_with('/') => None,
        300..=399 => Some("a redirect"),
        // An error page may dress what the handler answers.
        404 | 405 => None,
        _ if answer.body.starts_with("RETURN") => Some("a return has answered"),
        400 | 413 | 414 | 0 => Some("the server refused"),
        _ => None,
    }
}

/// Realms are compared where the server itself challenges.
fn realm(decision: &Decision, answer: &Answer) -> Option<String> {
    let challenges = answer.challenges();
    if let Some(realm) = &decision.realm
        && !challenges.contains(&format!("Basic realm=\"{realm}\"").as_str())
    {
        return Some(format!("realm {realm:?} is said"));
    }
    let is_added = |challenge: &&str| ADDED.contains(challenge);
    let of_server = challenges.iter().find(|challenge| **challenge != UP && !is_added(challenge));
    let is_left_out =
        decision.outcome == Outcome::Challenge && decision.realm.is_none() && of_server.is_some();
    is_left_out.then(|| "no realm is said".into())
}

/// What `add_header` adds in the tests and on the pages: the decider does not look at it.
const ADDED: [&str; 2] = ["Basic realm=\"added\"", "Basic realm=\"Restricted\""];
const UP: &str = "Basic realm=\"up\"";

/// What the backend got is compared where the echo has answered.
fn authorization(decision: &Decision, sent: &Sent<'_>, answer: &Answer) -> Option<String> {
    // Where a backend is asked or not, the decider does not know either.
    let said = decision.authorization;
    if said == Some(Authorization::Unknown) && decision.outcome == Outcome::Open {
        return None;
    }
    if decision.outcome != Outcome::Open {
        return said.map(|said| format!("{} is said of what is not open", said.as_str()));
    }
    let Some(got) = answer.echoed() else {
        // A backend that does not answer as it should is still a backend.
        // What it answered may be dressed by nginx, and keeps its challenge.
        let is_dressed = answer.challenges().contains(&UP);
        let may_be_backend = (500..600).contains(&answer.status) || answer.status == 0 || is_dressed;
        return said
            .filter(|said| *said != Authorization::Unknown && !may_be_backend)
            .map(|said| format!("{} is said where no backend is asked", said.as_str()));
    };
    let is_right = match said {
        None => return Some("nothing is said of what the backend gets".into()),
        Some(Authorization::Unknown) => true,
        Some(Authorization::Forwarded) => got.iter().copied().eq(sent.authorization),
        Some(Authorization::Dropped) => got.is_empty(),
        Some(Authorization::Replaced) => !got.is_empty() && !got.iter().copied().eq(sent.authorization),
    };
    let said = said.map_or("", Authorization::as_str);
    (!is_right).then(|| format!("{said} is said, and the backend got {got:?}"))
}
