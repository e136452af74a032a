//! Requests and answers as lines of JSON. Fields are only ever added.

use serde::{Deserialize, Serialize};

use super::place;
use crate::decide::{Because, Credentials, Decision, Request};
use crate::model::Site;
use crate::source::Sources;

/// Other fields are passed over: who writes such lines may keep notes of his own in them.
#[derive(Deserialize)]
struct RequestJson {
    #[serde(default = "get")]
    method: String,
    url: String,
    #[serde(default)]
    from: Option<std::net::IpAddr>,
    #[serde(default)]
    credentials: Option<CredentialsJson>,
}

fn get() -> String {
    "GET".into()
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum CredentialsJson {
    #[default]
    None,
    Bad,
    #[serde(untagged)]
    User {
        user: String,
    },
}

#[derive(Serialize)]
struct DecisionJson<'d> {
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_file: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'d str>,
    because: Vec<BecauseJson<'d>>,
}

#[derive(Serialize)]
struct BecauseJson<'d> {
    path: String,
    line: usize,
    text: String,
    note: &'d str,
}

/// Reads a request; the error is a clause.
///
/// # Errors
/// When the line is no JSON object with a `url`, or a value is not one that a request can have.
pub fn parse_request(line: &[u8]) -> Result<Request, String> {
    let json: RequestJson = serde_json::from_slice(line).map_err(|error| {
        // The place within the one line is the column.
        let text = error.to_string();
        text.replace(" at line 1 column ", " at column ")
    })?;
    Ok(Request {
        method: json.method,
        from: json.from,
        credentials: match json.credentials.unwrap_or_default() {
            CredentialsJson::None => Credentials::None,
            CredentialsJson::Bad => Credentials::Bad,
            CredentialsJson::User { user } => Credentials::User(user),
        },
        ..Request::get(&json.url).map_err(|refused| refused.0)?
    })
}

/// An answer on one line.
#[must_use]
pub fn decision_json(decision: &Decision, site: &Site<'_>) -> String {
    let sources = &site.files().sources;
    let json = DecisionJson {
        outcome: decision.outcome.as_str(),
        status: decision.status,
        scheme: decision.scheme,
        realm: decision.realm.as_deref(),
        user_file: decision.user_file.as_deref(),
        server: decision.server.as_deref(),
        place: decision.place.as_deref(),
        authorization: decision.authorization.map(crate::decide::Authorization::as_str),
        why: decision.why.as_deref(),
        because: decision.because.iter().map(|because| because_json(because, sources)).collect(),
    };
    serde_json::to_string(&json).unwrap_or_default()
}

fn because_json<'d>(because: &'d Because, sources: &Sources) -> BecauseJson<'d> {
    let (path, start, _) = place(sources, because.span);
    BecauseJson {
        path: path.display().to_string(),
        line: start.line,
        text: written(because, sources),
        note: &because.note,
    }
}

/// The directive as it is written, on one line, with its `;`.
pub(super) fn written(because: &Because, sources: &Sources) -> String {
    let text = sources.text(because.span).split_whitespace().collect::<Vec<_>>().join(" ");
    let behind = sources.get(because.span.file).bytes().get(because.span.end as usize);
    if behind == Some(&b';') { text + ";" } else { text }
}

/// The answer to a line that is no request.
#[must_use]
pub fn no_decision_json(error: &str) -> String {
    serde_json::json!({"outcome": "undetermined", "why": format!("this is no request: {error}"), "because": []})
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::parse_request;
    use crate::decide::Credentials;

    #[test]
    fn a_line_is_a_request() {
        let line =
            br#"{"method": "PUT", "url": "http://a/", "from": "10.0.0.1", "credentials": {"user": "alice"}}"#;
        let request = parse_request(line).expect("a request");
        assert_eq!((request.method.as_str(), request.port), ("PUT", Some(80)));
        assert_eq!(request.credentials, Credentials::User("alice".into()));
        let request = parse_request(br#"{"url": "/x", "credentials": "bad"}"#).expect("a request");
        assert_eq!((request.method.as_str(), request.credentials), ("GET", Credentials::Bad));
        assert!(parse_request(br#"{"url": "/x", "credentials": "good"}"#).is_err());
        let request = parse_request(br#"{"url": "/x", "id": 7, "credentials": null}"#).expect("a request");
        assert_eq!(request.credentials, Credentials::None);
        assert!(parse_request(b"").is_err());
    }
}
