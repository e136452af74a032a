//! The command says what the library says: requests as lines of JSON, answers as lines of JSON.

use std::io::Write;
use std::process::{Command, Stdio};

use authlint::decide::{Credentials, Decision, Request};
use serde_json::{Value, json};

use crate::generate;
use crate::nodes::{self, Random};
use crate::random::decider;
use crate::requests;
use crate::server::{Nginx, Tree, is_here};
use crate::wire::Echo;

pub fn truth() {
    if !is_here() {
        return;
    }
    let (tree, echo) = (Tree::new(), Echo::start());
    let mut wrong = Vec::new();
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let nodes = generate::configuration(&mut random);
        let text = format!("{}{}", generate::HEADER, nodes::text(&nodes));
        let Ok(nginx) = Nginx::start(&tree, &text, echo.port) else { continue };
        let asked = requests::requests(&mut random, &nodes, 60);
        let requests: Vec<Request> = asked.iter().map(|asked| asked.request(nginx.ports)).collect();
        let decisions = decider(&nginx.path, &requests).expect("no problem");
        let mut child = Command::new(env!("CARGO_BIN_EXE_authlint"))
            .args(["trace", "--requests", "-", "--config"])
            .arg(&nginx.path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("authlint runs");
        let lines: Vec<String> = requests.iter().map(|request| line(request).to_string() + "\n").collect();
        let mut input = child.stdin.take().expect("a pipe");
        std::thread::spawn(move || drop(input.write_all(lines.concat().as_bytes())));
        let output = child.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stdout);
        let complaints = String::from_utf8_lossy(&output.stderr);
        let answers: Vec<&str> = said.lines().collect();
        if answers.len() != requests.len() || !complaints.is_empty() {
            wrong.push(format!("seed {seed}: {} lines for {}: {complaints}", answers.len(), requests.len()));
            continue;
        }
        for ((request, decision), answer) in requests.iter().zip(&decisions).zip(answers) {
            let answer: Value = serde_json::from_str(answer).unwrap_or_default();
            if !is_same(decision, &answer) {
                wrong.push(format!("seed {seed}: {request:?}: {decision:?}, the command says {answer}"));
            }
        }
    }
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn line(request: &Request) -> Value {
    let host = request.host.as_deref().unwrap_or_default();
    let port = request.port.unwrap_or_default();
    let credentials = match &request.credentials {
        Credentials::None => json!("none"),
        Credentials::Bad => json!("bad"),
        Credentials::User(name) => json!({ "user": name }),
    };
    let url = match request.port {
        Some(_) => format!("http://{host}:{port}{}", request.target),
        None => request.target.clone(),
    };
    let mut line = json!({ "method": request.method, "url": url, "credentials": credentials });
    if let Some(from) = request.from {
        line["from"] = json!(from.to_string());
    }
    line
}

fn is_same(decision: &Decision, answer: &Value) -> bool {
    let same = |name: &str, said: Option<&str>| answer.get(name).and_then(Value::as_str) == said;
    same("outcome", Some(decision.outcome.as_str()))
        && answer.get("status").and_then(Value::as_u64) == decision.status.map(u64::from)
        && same("realm", decision.realm.as_deref())
        && same("why", decision.why.as_deref())
        && same("user_file", decision.user_file.as_deref())
        && same("place", decision.place.as_deref())
        && same("authorization", decision.authorization.map(authlint::decide::Authorization::as_str))
        && answer.get("because").and_then(Value::as_array).map_or(0, Vec::len) == decision.because.len()
}
