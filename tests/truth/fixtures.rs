//! The configurations of `tests/decide` on real nginx: what is expected of the decider, the server does.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use authlint::decide::Credentials;

use crate::fixture::{Expected, Fixture};
use crate::server::{self, Nginx, Tree, is_here};
use crate::wire::{self, Answer, Ask, Echo};

pub fn truth() {
    if !is_here() {
        return;
    }
    let echo = Echo::start();
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir("tests/decide/nginx").expect("a directory").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let fixture = Fixture::read(&std::fs::read_to_string(entry.path()).expect("a text"));
        let tree = Tree::empty();
        for file in &fixture.files {
            let slash = if file.text.is_none() { "/" } else { "" };
            tree.write(&format!("{}{slash}", file.name), file.text.as_deref().unwrap_or_default());
        }
        for file in &fixture.files {
            server::set_mode(&tree.0.join(&file.name), file.mode);
        }
        let places =
            [("${DIR}", "TREE"), ("127.0.0.1:8082", "127.0.0.1:ECHO"), ("8080", "PORT"), ("8081", "OTHER")];
        let text = places.iter().fold(fixture.text.clone(), |text, (from, to)| text.replace(from, to));
        let text = format!("{}{text}", crate::generate::HEADER);
        let nginx = Nginx::start(&tree, &text, echo.port).unwrap_or_else(|words| panic!("{name}: {words}"));
        for expected in &fixture.expected {
            let Some(answer) = ask(expected, nginx.ports) else { continue };
            count += 1;
            if let Some(why) = contradiction(expected, &answer) {
                wrong.push(format!(
                    "{name}: {}: nginx: {} {:?}: {why}",
                    expected.line,
                    answer.status,
                    answer.challenges()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 250, "only {count} answers");
}

/// None where this machine cannot ask so.
fn ask(expected: &Expected, ports: [u16; 2]) -> Option<Answer> {
    let request = &expected.request;
    let from = request.from.filter(IpAddr::is_loopback)?;
    let port = match request.port {
        Some(8080) => ports[0],
        Some(8081) => ports[1],
        _ => return None,
    };
    let host = request.host.as_deref()?;
    let to = match host.parse::<IpAddr>() {
        Ok(address) => address,
        Err(_) if from.is_ipv4() => IpAddr::from([127, 0, 0, 1]),
        Err(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    let authorization = match &request.credentials {
        Credentials::None => None,
        Credentials::Bad => Some(wire::basic("alice", "wrong")),
        Credentials::User(name) => {
            Some(wire::basic(name, if name == "bob" || name == "carol" { "hidden" } else { "secret" }))
        }
    };
    let header = request.host_header();
    let ask = Ask {
        to: SocketAddr::new(to, port),
        from,
        method: &request.method,
        target: &request.target,
        host: header.as_deref(),
        authorization: authorization.as_deref(),
    };
    ask.send().ok()
}

fn contradiction(expected: &Expected, answer: &Answer) -> Option<String> {
    let (outcome, rest) = expected.answer.split_once(' ').unwrap_or((&expected.answer, ""));
    let status = match outcome {
        "undetermined" => return None,
        "challenge" => Some(401),
        "forbidden" => Some(403),
        "error" => Some(500),
        "responds" => rest.split(' ').next().and_then(|status| status.parse().ok()),
        _ => None,
    };
    // A connection that is closed has no status.
    let is_closed = answer.status == 0 && status == Some(444);
    if status.is_some_and(|status: u16| status != answer.status) && !is_closed {
        return Some(format!("{status:?} is expected"));
    }
    if outcome == "open" && matches!(answer.status, 401 | 500) {
        return Some("a check has answered".into());
    }
    let realm = rest.split('"').nth(1).map(|realm| format!("Basic realm=\"{realm}\""));
    let challenges: Vec<&str> = answer.challenges();
    // The backend has a port of its own here.
    let is_port = realm.as_ref().is_some_and(|realm| realm.contains(":8080"));
    if !is_port && realm.as_deref().is_some_and(|realm| !challenges.contains(&realm)) {
        return Some("another realm".into());
    }
    if realm.is_none() && !challenges.is_empty() {
        return Some("a realm is sent".into());
    }
    let got = answer.echoed();
    let is_right = match (rest.rsplit(' ').next().unwrap_or_default(), &got) {
        ("dropped", Some(got)) => got.is_empty(),
        ("replaced", Some(got)) => !got.is_empty(),
        ("forwarded", Some(got)) => {
            got.len() == usize::from(expected.request.credentials != Credentials::None)
        }
        ("dropped" | "replaced" | "forwarded", None) => false,
        ("unknown", _) => true,
        (_, got) => got.is_none(),
    };
    (!is_right).then(|| format!("the backend got {got:?}"))
}
