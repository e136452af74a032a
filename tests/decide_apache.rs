//! Small configurations of Apache, each with what is answered to requests for it:
//! `# expect: METHOD /path [at HOST] [as USER|as bad] [from ADDRESS] -> OUTCOME`.
//!
//! Outcomes are `open`, `open forwarded` (`dropped`, `replaced`), `challenge "Realm"`, `forbidden`, `error`,
//! `responds STATUS` and `undetermined`. `TREE` is the directory of the case, `PORT` the port that is listened
//! on; behind a line `#### path` stands another file below `TREE`. Real httpd is asked the same where it is
//! there: what is expected has to be what it answers.

#[path = "common/httpd.rs"]
#[allow(dead_code)]
mod httpd;
#[path = "common/wire.rs"]
#[allow(dead_code)]
mod wire;

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use authlint::decide::{Authorization, Credentials, Decider, Decision, Outcome, Request};
use authlint::load::{self, Server};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::Host;
use httpd::{HTTPD, Httpd, MODULES};
use wire::{Ask, basic, free_port};

const LOADED: &[&str] = &[
    "mpm_prefork",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_host",
    "authz_user",
    "authz_groupfile",
    "auth_basic",
    "auth_digest",
    "access_compat",
    "alias",
    "dir",
    "env",
    "setenvif",
    "rewrite",
    "headers",
];

/// Both have the password `secret`.
const USERS: &str = "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

/// A line that says what is expected.
struct Expectation {
    line: String,
    request: Request,
    expected: String,
}

fn expectation(line: &str, port: u16) -> Option<Expectation> {
    let (asked, expected) = line.strip_prefix("# expect: ")?.split_once(" -> ")?;
    let mut words = asked.split(' ');
    let mut request = Request {
        method: words.next()?.to_owned(),
        is_tls: false,
        host: Some("main.example".into()),
        port: Some(port),
        target: words.next()?.to_owned(),
        from: Some(IpAddr::from([127, 0, 0, 1])),
        credentials: Credentials::None,
    };
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word {
            "at" => request.host = Some(value.to_owned()),
            "from" => request.from = value.parse().ok(),
            "as" if value == "bad" => request.credentials = Credentials::Bad,
            _ => request.credentials = Credentials::User(value.to_owned()),
        }
    }
    Some(Expectation { line: line.to_owned(), request, expected: expected.trim().to_owned() })
}

/// The decision in the words of the fixtures.
fn told(decision: &Decision) -> String {
    let word = decision.outcome.as_str();
    match decision.outcome {
        Outcome::Responds => format!("{word} {}", decision.status.unwrap_or(0)),
        Outcome::Challenge => {
            let realm = decision.realm.as_ref().map_or(String::new(), |realm| format!(" \"{realm}\""));
            format!("{word}{realm}")
        }
        Outcome::Open => {
            let sent = decision.authorization.map_or("", Authorization::as_str);
            format!("{word} {sent}").trim_end().to_owned()
        }
        _ => word.to_owned(),
    }
}

/// Whether httpd's status may be meant.
fn fits(expected: &str, status: u16) -> bool {
    let mut words = expected.split(' ');
    match (words.next().unwrap_or_default(), words.next()) {
        ("challenge", _) => status == 401,
        ("forbidden", _) => status == 403,
        ("error", _) => status == 500,
        ("responds", Some(said)) => said == status.to_string(),
        ("open", _) => !matches!(status, 401 | 500),
        _ => true,
    }
}

fn put(root: &Path, text: &str, port: u16) {
    let _ = fs::remove_dir_all(root);
    let shown = root.display().to_string();
    let mut header = String::from(
        "ServerRoot TREE\nServerName main.example\nListen 127.0.0.1:PORT\nUser www-data\nGroup www-data\nDocumentRoot TREE/www\n",
    );
    for name in LOADED {
        let _ = writeln!(header, "LoadModule {name}_module {MODULES}/mod_{name}.so");
    }
    let mut files = vec![("main.conf".to_owned(), header), ("users".to_owned(), USERS.to_owned())];
    for name in ["www/index.html", "www/s/a.html", "www/s/b.css", "www/s/t/c.html", "www/pub/x.html"] {
        files.push((name.to_owned(), "a file\n".to_owned()));
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("#### ") {
            Some(path) => {
                files.push((path.trim().to_owned(), String::new()));
                at = files.len() - 1;
            }
            None => files[at].1 += line,
        }
    }
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text.replace("TREE", &shown).replace("PORT", &port.to_string())).expect("a file");
    }
}

#[test]
fn requests_are_decided_as_expected() {
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut cases: Vec<_> = fs::read_dir("tests/decide/apache").expect("a directory").flatten().collect();
    cases.sort_by_key(fs::DirEntry::path);
    for case in cases {
        let text = fs::read_to_string(case.path()).expect("a text");
        let root = std::env::temp_dir().join(format!("authlint-decide-apache-{}", std::process::id()));
        let port = free_port();
        put(&root, &text, port);
        let main = root.join("main.conf");
        let mut host = Host::new(None, Vec::new()).expect("a host");
        let wanted =
            load::Request { paths: vec![main.clone()], server: Server::Apache, ..Default::default() };
        let loaded = load::load(&wanted, &mut host);
        let look = Look { host: &host, mode: FilesMode::Always };
        let site = Site::build(&loaded.files, &loaded.configs[0], look);
        let decider = Decider::new(&site, look);
        let running = if Path::new(HTTPD).exists() { Httpd::start(&root, &main, port) } else { None };
        let name = case.file_name().to_string_lossy().into_owned();
        if Path::new(HTTPD).exists() && running.is_none() {
            wrong.push(format!("{name}: {}", httpd::refusal(&root, &main)));
        }
        for Expectation { line, request, expected } in text.lines().filter_map(|it| expectation(it, port)) {
            count += 1;
            let decision = decider.decide(&request);
            let found = told(&decision);
            let is_right = found == expected || expected == "open" && found.starts_with("open");
            if !is_right {
                wrong.push(format!("{name}: {line}\n    decided: {found} {:?}", decision.why));
            }
            if running.is_some() {
                let sent = match &request.credentials {
                    Credentials::None => None,
                    Credentials::Bad => Some(basic("alice", "wrong")),
                    Credentials::User(user) => Some(basic(user, "secret")),
                };
                let host = format!("{}:{port}", request.host.clone().unwrap_or_default());
                let ask = Ask {
                    to: SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port),
                    from: request.from.unwrap_or(IpAddr::from([127, 0, 0, 1])),
                    method: &request.method,
                    target: &request.target,
                    host: Some(&host),
                    authorization: sent.as_deref(),
                };
                let status = ask.send().unwrap_or_default().status;
                if !fits(&expected, status) {
                    wrong.push(format!("{name}: {line}\n    httpd: {status}"));
                }
            }
        }
        drop(running);
        let _ = fs::remove_dir_all(&root);
    }
    assert!(count > 60, "only {count} expectations");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
}
