//! Configurations with requests and their answers, for the decider and for the real server.

use std::fmt::Write;
use std::net::IpAddr;

use authlint::decide::{Credentials, Decision, Outcome, Request};

/// A configuration, its files and what is expected of it.
#[derive(Debug, Default)]
pub struct Fixture {
    pub text: String,
    pub files: Vec<File>,
    pub expected: Vec<Expected>,
}

/// A file or directory below `${DIR}`.
#[derive(Debug, Default)]
pub struct File {
    pub name: String,
    /// None for a directory.
    pub text: Option<String>,
    pub mode: u32,
}

/// One line `# expect:`.
#[derive(Debug)]
pub struct Expected {
    pub line: String,
    pub request: Request,
    pub answer: String,
}

impl Fixture {
    pub fn read(text: &str) -> Fixture {
        let mut fixture = Fixture { text: text.to_owned(), ..Fixture::default() };
        for line in text.lines().map(str::trim) {
            if let Some(file) = line.strip_prefix("# file: ") {
                let (name, text) = file.split_once(' ').unwrap_or((file, ""));
                let text = Some(text.replace("\\n", "\n"));
                fixture.files.push(File { name: name.into(), text, mode: 0o644 });
            } else if let Some(name) = line.strip_prefix("# directory: ") {
                fixture.files.push(File { name: name.into(), text: None, mode: 0o755 });
            } else if let Some(mode) = line.strip_prefix("# mode: ") {
                let (name, mode) = mode.split_once(' ').expect("a name and a mode");
                let file = fixture.files.iter_mut().find(|file| file.name == name).expect("a file");
                file.mode = u32::from_str_radix(mode, 8).expect("a mode");
            } else if let Some(expected) = line.strip_prefix("# expect: ") {
                fixture.expected.push(Expected::read(expected));
            }
        }
        fixture
    }
}

impl Expected {
    fn read(line: &str) -> Expected {
        let (asked, answer) = line.split_once(" -> ").unwrap_or_else(|| panic!("no answer in {line}"));
        let mut words = asked.split(' ');
        let method = words.next().expect("a method").to_owned();
        let url = words.next().expect("a URL");
        let url = if url.starts_with('/') { format!("http://one.example:8080{url}") } else { url.to_owned() };
        let mut request = Request { method, ..Request::get(&url).expect("a URL") };
        request.from = Some(IpAddr::from([127, 0, 0, 1]));
        while let (Some(word), Some(value)) = (words.next(), words.next()) {
            match word {
                "as" if value == "bad" => request.credentials = Credentials::Bad,
                "as" => request.credentials = Credentials::User(value.into()),
                "from" => request.from = value.parse().ok(),
                _ => panic!("{line}"),
            }
        }
        Expected { line: line.into(), request, answer: answer.into() }
    }
}

/// A decision in the words of the fixtures.
#[allow(dead_code)] // the server is asked without the decider
pub fn shown(decision: &Decision) -> String {
    let mut text = decision.outcome.as_str().to_owned();
    if let (Outcome::Responds, Some(status)) = (decision.outcome, decision.status) {
        let _ = write!(text, " {status}");
    }
    if let Some(realm) = &decision.realm {
        let _ = write!(text, " \"{realm}\"");
    }
    if let Some(authorization) = decision.authorization {
        let _ = write!(text, " {}", authorization.as_str());
    }
    text
}
