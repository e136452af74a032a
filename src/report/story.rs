//! An answer for people: what the server says, and the lines that decide.

use super::decision::written;
use super::{Style, harmless, place};
use crate::decide::{Authorization, Credentials, Decision, Outcome, Request};
use crate::model::Site;

/// The story of one request.
#[must_use]
pub fn decision_human(request: &Request, decision: &Decision, site: &Site<'_>, style: Style) -> String {
    let sources = &site.files().sources;
    let mut lines = vec![asked(request), String::new()];
    lines.extend(where_it_went(decision).map(|line| format!("  {line}")));
    lines.extend(header(decision).map(|line| format!("  {line}")));
    for because in &decision.because {
        let (path, start, _) = place(sources, because.span);
        lines.push(format!("    {}:{}: {}", path.display(), start.line, written(because, sources)));
        lines.push(format!("        {}", because.note));
    }
    // Only the colours may steer the terminal, nothing that stands in a file.
    let mut lines: Vec<String> = lines.iter().map(|line| harmless(line).into_owned()).collect();
    lines[1] = format!("  {}", painted(&harmless(&answer(decision)), decision.outcome, style));
    lines.join("\n") + "\n"
}

fn asked(request: &Request) -> String {
    let host = request.origin().unwrap_or_default();
    let who = match &request.credentials {
        Credentials::None => "without credentials".to_owned(),
        Credentials::Bad => "with a wrong password".to_owned(),
        Credentials::User(user) => format!("as {user}"),
    };
    let from = request.from.map(|from| format!(" from {from}")).unwrap_or_default();
    format!("{} {host}{} {who}{from}", request.method, request.target)
}

fn answer(decision: &Decision) -> String {
    let status = decision.status.map(|status| format!(" ({status})")).unwrap_or_default();
    match decision.outcome {
        Outcome::Open => format!("open: the content is served{status}"),
        Outcome::Challenge => match &decision.realm {
            Some(realm) => format!("challenge{status}: asks for a password, realm \"{realm}\""),
            None => format!("challenge{status}"),
        },
        Outcome::Forbidden => format!("forbidden{status}"),
        Outcome::Error => format!("error{status}: the server fails"),
        Outcome::Responds => format!("responds{status}: the configuration itself answers"),
        Outcome::Undetermined => {
            format!("undetermined: {}", decision.why.as_deref().unwrap_or("nobody knows why"))
        }
    }
}

fn where_it_went(decision: &Decision) -> Option<String> {
    let parts: Vec<String> = [
        decision.server.as_ref().map(|server| format!("server {server}")),
        decision.place.clone(),
        decision.user_file.as_ref().map(|file| format!("password file {file}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn header(decision: &Decision) -> Option<String> {
    Some(
        match decision.authorization? {
            Authorization::Forwarded => "the backend gets the client's Authorization header",
            Authorization::Dropped => "the backend gets no Authorization header",
            Authorization::Replaced => "the backend gets another Authorization header than the client sent",
            Authorization::Unknown => "whether the backend gets the client's Authorization header is unknown",
        }
        .to_owned(),
    )
}

fn painted(text: &str, outcome: Outcome, style: Style) -> String {
    if !style.color {
        return text.to_owned();
    }
    let color = match outcome {
        Outcome::Open | Outcome::Responds => 32,
        Outcome::Challenge | Outcome::Forbidden => 33,
        Outcome::Error | Outcome::Undetermined => 31,
    };
    format!("\u{1b}[1;{color}m{text}\u{1b}[0m")
}
