//! What is said to hold, holds on real httpd, as `expect_truth` has it of nginx, with the same variables.

#[path = "common/httpd.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod httpd;
#[path = "truth/nodes.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod nodes;
#[path = "expect/small_apache.rs"]
mod small_apache;
#[path = "expect/targets.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod targets;
#[path = "common/wire.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod wire;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use authlint::decide::{Credentials, Decider, Outcome, Request};
use authlint::expect::{Expectation, Verdict, judge, parse};
use authlint::load;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{FileId, Host, Source, Sources};

use httpd::{HTTPD, Httpd, free_port};
use nodes::Random;
use targets::Targets;
use wire::{Answer, Ask, Echo, basic};

const CONTENT: &str = "CONTENT";

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn file() -> FileId {
    Sources::default().add(Source::new("rules".into(), Vec::new()))
}

/// A directory that is gone when this is dropped.
struct Tree(PathBuf);

impl Tree {
    fn new(seed: usize, random: &mut Random) -> Self {
        let path = std::env::temp_dir().join(format!("authlint-expect-{}-{seed}", std::process::id()));
        let tree = Tree(path);
        for name in [
            "index.html",
            "x.html",
            "a/index.html",
            "a/x.html",
            "a/x.php",
            "a/b/x.css",
            "secret/x.html",
            "secret/b/x.php",
        ] {
            tree.write(&format!("html/{name}"), CONTENT);
            tree.write(&format!("alt/{name}"), CONTENT);
        }
        tree.write("users", "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
        for (directory, text) in small_apache::htaccess(random) {
            tree.write(
                &format!("{directory}/.htaccess"),
                &text.replace("TREE", &tree.0.display().to_string()),
            );
        }
        tree
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        for above in path
            .ancestors()
            .skip(1)
            .take_while(|above| above.starts_with(&self.0))
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
        {
            if fs::create_dir(above).is_ok() {
                let _ = fs::set_permissions(above, fs::Permissions::from_mode(0o755));
            }
        }
        fs::write(&path, text).expect("a file");
        let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o644));
    }

    fn log(&self) -> String {
        fs::read(self.0.join("log/error"))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct Count {
    configurations: usize,
    rules: usize,
    holds: usize,
    broken: usize,
    undetermined: BTreeMap<String, usize>,
    decided: usize,
    sent: usize,
    wrong: Vec<String>,
}

#[test]
fn what_is_said_to_hold_holds() {
    if !Path::new(HTTPD).exists() {
        let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
        assert!(!required, "{HTTPD} is missing");
        eprintln!("SKIPPED: {HTTPD} is missing");
        return;
    }
    let (count, first) = (number("AUTHLINT_EXPECT_COUNT", 25), number("AUTHLINT_EXPECT_SEED", 1));
    let echo = Echo::start();
    let mut total = Count::default();
    for seed in first..first + count {
        let mut random = Random::new(seed as u64);
        let tree = Tree::new(seed, &mut random);
        let port = free_port();
        let template = small_apache::configuration(&mut random);
        let text = template
            .replace("TREE", &tree.0.display().to_string())
            .replace("PORT", &port.to_string())
            .replace("ECHO", &echo.port.to_string());
        tree.write("main.conf", &text);
        let main = tree.0.join("main.conf");
        let Some(_running) = Httpd::start(&tree.0, &main, port) else {
            eprintln!("seed {seed}: {}", httpd::refusal(&tree.0, &main));
            continue;
        };
        total.configurations += 1;
        let before = total.wrong.len();
        examine(&tree, &template, port, &mut random, &mut total, seed);
        if total.wrong.len() > before {
            eprintln!("seed {seed}:\n{text}");
            for name in ["html/a", "html/secret", "html/a/b", "alt"] {
                let htaccess = fs::read_to_string(tree.0.join(name).join(".htaccess"));
                eprintln!("{name}: {htaccess:?}");
            }
        }
    }
    let undetermined: usize = total.undetermined.values().sum();
    eprintln!(
        "{} configurations, {} rules: {} hold, {} are broken, {undetermined} are undetermined; {} requests decided, {} sent",
        total.configurations, total.rules, total.holds, total.broken, total.decided, total.sent
    );
    let mut reasons: Vec<_> = total.undetermined.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (reason, count) in reasons.iter().take(25) {
        eprintln!("{count:6} {reason}");
    }
    assert!(
        total.wrong.is_empty(),
        "{} contradictions: {:#?}",
        total.wrong.len(),
        &total.wrong[..total.wrong.len().min(8)]
    );
}

fn examine(tree: &Tree, text: &str, port: u16, random: &mut Random, total: &mut Count, seed: usize) {
    let mut host = Host::new(None, Vec::new()).expect("a host");
    let paths = vec![tree.0.join("main.conf")];
    let request = load::Request { paths, server: load::Server::Apache, ..load::Request::default() };
    let loaded = load::load(&request, &mut host);
    let look = || Look { host: &host, mode: FilesMode::Always };
    let Some(config) = loaded.configs.iter().find(|config| config.is_main) else { return };
    let site = Site::build(&loaded.files, config, look());
    let decider = Decider::new(&site, look());
    for _ in 0..12 {
        let Some((line, rule, targets)) = rule(&decider, text, port, random) else { continue };
        total.rules += 1;
        let name = format!("seed {seed}: {line}");
        match judge(&decider, &rule) {
            Verdict::Holds { .. } => {
                total.holds += 1;
                attack(&decider, tree, &rule, &targets, (port, random), total, &name);
            }
            Verdict::Broken { .. } => total.broken += 1,
            Verdict::Undetermined { why, .. } => {
                let why: String = why.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
                let why = why.split(" at /").next().unwrap_or_default().to_owned();
                *total.undetermined.entry(why).or_default() += 1;
            }
        }
    }
}

fn rule(
    decider: &Decider<'_>,
    text: &str,
    port: u16,
    random: &mut Random,
) -> Option<(String, Expectation, Targets)> {
    let pattern = targets::pattern(text, random);
    let pattern = match pattern.find("/html/").or(pattern.find("/alt/")) {
        Some(at) => pattern[at + 5..].to_owned(),
        None => pattern,
    };
    let mut targets = Targets::new(&pattern, text, !text.contains("MergeSlashes Off"));
    targets.avoids_encoded_slashes = true;
    let who = *random.pick(&["", "", "", "as bad", "as alice"]);
    let place = format!("http://one.example:{port}{pattern} {who} from 127.0.0.1");
    let probe = parse(&format!("{place} -> open"), file()).0.pop()?;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..12 {
        let request = request(&probe, "GET", targets.target(random)?, port);
        *outcomes.entry(decider.decide(&request).outcome.as_str()).or_default() += 1;
    }
    let common = outcomes.iter().max_by_key(|(_, count)| **count).map(|(outcome, _)| *outcome)?;
    let all = ["open", "challenge", "forbidden", "error", "responds"];
    let others: Vec<&str> = all.into_iter().filter(|outcome| !outcomes.contains_key(outcome)).collect();
    let expected = match random.below(4) {
        0 if common != "undetermined" => common.to_owned(),
        1 if matches!(common, "challenge" | "forbidden") => "closed".to_owned(),
        2 if !others.is_empty() => format!("never {}", random.pick(&others)),
        _ => "never open".to_owned(),
    };
    let line = format!("{place} -> {expected}");
    let (mut rules, problems) = parse(&line, file());
    assert_eq!(problems, [], "{line}");
    Some((line, rules.pop()?, targets))
}

fn request(rule: &Expectation, method: &str, target: String, port: u16) -> Request {
    Request {
        method: method.to_owned(),
        is_tls: false,
        host: Some("one.example".into()),
        port: Some(port),
        target,
        from: rule.from,
        credentials: rule.credentials.clone(),
    }
}

fn attack(
    decider: &Decider<'_>,
    tree: &Tree,
    rule: &Expectation,
    targets: &Targets,
    (port, random): (u16, &mut Random),
    total: &mut Count,
    name: &str,
) {
    let count = number("AUTHLINT_EXPECT_REQUESTS", 60);
    for n in 0..2 * count {
        let Some(target) = targets.target(random) else { continue };
        let all = ["GET", "GET", "POST", "HEAD", "PUT", "OPTIONS", "FOO"];
        let method = if rule.is_never { *random.pick(&all) } else { "GET" };
        let request = request(rule, method, target, port);
        if total.wrong.len() > 20 {
            return;
        }
        if n % 2 == 0 {
            let decision = decider.decide(&request);
            total.decided += 1;
            if fits(rule, decision.outcome, decision.status) == Some(false) {
                total
                    .wrong
                    .push(format!("{name}: {} {} is {:?}", request.method, request.target, decision.outcome));
            }
            continue;
        }
        let answer = send(&request, port);
        total.sent += 1;
        // The log tells why a file was refused: the request is sent once more.
        let log = || {
            let before = tree.log().len();
            send(&request, port);
            tree.log().get(before..).unwrap_or_default().to_owned()
        };
        let all = [Outcome::Challenge, Outcome::Forbidden, Outcome::Error, Outcome::Responds, Outcome::Open];
        let is_right = |outcome: Outcome| {
            fits(rule, outcome, Some(answer.status)) == Some(true) && may_be(outcome, &answer, log)
        };
        if !all.into_iter().any(is_right) {
            let body = answer.body.lines().next();
            let shown = format!("{} {body:?}", answer.status);
            total.wrong.push(format!("{name}: {} {} gets {shown} {}", request.method, request.target, log()));
        }
    }
}

fn fits(rule: &Expectation, outcome: Outcome, status: Option<u16>) -> Option<bool> {
    let decision = authlint::decide::Decision { status, ..authlint::decide::Decision::of(outcome) };
    rule.expected.is_met(&decision).map(|is_met| is_met != rule.is_never)
}

/// Whether an answer may come of this outcome.
fn may_be(outcome: Outcome, answer: &Answer, log: impl Fn() -> String) -> bool {
    let is_content = answer.is_echo() || answer.body.starts_with(CONTENT);
    let is_elsewhere = answer.header("location").any(|location| location.starts_with("http://e.example"));
    match outcome {
        Outcome::Open if is_content => true,
        Outcome::Open if is_elsewhere => false,
        Outcome::Open if answer.status == 403 => log().contains("AH01276"),
        Outcome::Open => !matches!(answer.status, 401 | 500),
        Outcome::Challenge => answer.status == 401,
        Outcome::Forbidden => answer.status == 403,
        Outcome::Error => answer.status == 500,
        Outcome::Responds => !is_content && answer.status != 404 && answer.status != 401,
        Outcome::Undetermined => false,
    }
}

fn send(request: &Request, port: u16) -> Answer {
    let host = request.host_header();
    let authorization = match &request.credentials {
        Credentials::None => None,
        Credentials::Bad => Some(basic("alice", "wrong")),
        Credentials::User(name) => Some(basic(name, "secret")),
    };
    let (host, authorization) = (host.as_deref(), authorization.as_deref());
    let ask = Ask { method: &request.method, target: &request.target, host, authorization, ..Ask::get(port) };
    ask.send().expect("an answer")
}
