//! What is said to hold, holds on real nginx: random configurations, random rules, and for every rule that
//! is said to hold many requests aimed at it, none of which may contradict.
//!
//! `AUTHLINT_EXPECT_COUNT` says how many configurations are made, `AUTHLINT_EXPECT_SEED` which is the first, and
//! `AUTHLINT_EXPECT_REQUESTS` how many requests go to the server for each rule (and as many again to the decider).

#[path = "truth/compare.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod compare;
#[path = "truth/generate.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod generate;
#[path = "truth/lines.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod lines;
#[path = "truth/nodes.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod nodes;
#[path = "truth/server.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod server;
#[path = "expect/small.rs"]
mod small;
#[path = "expect/targets.rs"]
mod targets;
#[path = "truth/tools.rs"]
#[allow(dead_code)] // shared with tests that need more of it
mod tools;
#[path = "common/wire.rs"]
mod wire;

use std::collections::BTreeMap;

use authlint::decide::{Authorization, Credentials, Decider, Decision, Outcome, Request};
use authlint::expect::{Expectation, Expected, Verdict, judge, parse};
use authlint::load;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{FileId, Host, Source, Sources};

use nodes::Random;
use server::{Nginx, Tree, is_here};
use targets::Targets;
use wire::{Answer, Ask, Echo, basic};

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn file() -> FileId {
    Sources::default().add(Source::new("rules".into(), Vec::new()))
}

/// In bytes.
const LONG_LOG: usize = 200_000;

#[derive(Default)]
struct Count {
    configurations: usize,
    rules: usize,
    holds: usize,
    areas: usize,
    broken: usize,
    undetermined: BTreeMap<String, usize>,
    decided: usize,
    unknown: usize,
    sent: usize,
    wrong: Vec<String>,
}

#[test]
fn what_is_said_to_hold_holds() {
    if !is_here() {
        return;
    }
    let (count, first) = (number("AUTHLINT_EXPECT_COUNT", 40), number("AUTHLINT_EXPECT_SEED", 1));
    let tree = Tree::new();
    let echo = Echo::start();
    let mut total = Count::default();
    for seed in first..first + count {
        let mut random = Random::new(seed as u64);
        // Every other one is small, so that more is said to hold.
        let text = if seed % 2 == 0 {
            format!("{}{}", generate::HEADER, nodes::text(&generate::configuration(&mut random)))
        } else {
            small::configuration(&mut random)
        };
        let Ok(nginx) = Nginx::start(&tree, &text, echo.port) else { continue };
        total.configurations += 1;
        let before = total.wrong.len();
        examine(&nginx, &text, &mut random, &mut total, seed);
        if total.wrong.len() > before {
            eprintln!("seed {seed}:\n{text}");
        }
    }
    let undetermined: usize = total.undetermined.values().sum();
    eprintln!(
        "{} configurations, {} rules: {} hold ({} areas), {} are broken, {undetermined} are undetermined; \
         {} requests decided ({} undetermined), {} sent",
        total.configurations,
        total.rules,
        total.holds,
        total.areas,
        total.broken,
        total.decided,
        total.unknown,
        total.sent
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
    assert!(total.holds * 10 > total.rules, "hardly anything is said to hold");
}

fn examine(nginx: &Nginx, text: &str, random: &mut Random, total: &mut Count, seed: usize) {
    let mut host = Host::new(None, Vec::new()).expect("a host");
    let request = load::Request { paths: vec![nginx.path.clone()], ..load::Request::default() };
    let loaded = load::load(&request, &mut host);
    let look = || Look { host: &host, mode: FilesMode::Always };
    let site = Site::build(&loaded.files, &loaded.configs[0], look());
    let decider = Decider::new(&site, look());
    for _ in 0..12 {
        let Some((rule, targets)) = rule(&decider, text, nginx.ports[0], random) else { continue };
        let line = &rule.0;
        total.rules += 1;
        match judge(&decider, &rule.1) {
            Verdict::Holds { areas } => {
                total.holds += 1;
                total.areas += areas;
                attack(&decider, nginx, &rule.1, &targets, random, total, &format!("seed {seed}: {line}"));
            }
            Verdict::Broken { request, decision } => {
                total.broken += 1;
                let answer = send(&request, nginx.ports[0]);
                // What is said of the witness is what the server does.
                if fits(&rule.1, &decision) == Some(true) {
                    total.wrong.push(format!("seed {seed}: {line}: the witness {request:?} breaks nothing"));
                }
                if contradicts(&decision, &request, &answer, nginx) {
                    total.wrong.push(format!(
                        "seed {seed}: {line}: {request:?} is not {:?} {decision:?}: {answer:?}",
                        decision.outcome
                    ));
                }
            }
            Verdict::Undetermined { why, at, .. } => {
                let line = at.map(|at| site.files().sources.text(at).to_owned()).unwrap_or_default();
                let why: String = why.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
                let why = why
                    .split(" at /")
                    .next()
                    .unwrap_or_default()
                    .split('`')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let why = format!("{why} {line}");
                *total.undetermined.entry(why).or_default() += 1;
            }
        }
    }
}

/// A rule that is not plainly broken.
fn rule(
    decider: &Decider<'_>,
    text: &str,
    port: u16,
    random: &mut Random,
) -> Option<((String, Expectation), Targets)> {
    let pattern = targets::pattern(text, random);
    let targets = Targets::new(&pattern, text, !text.contains("merge_slashes off"));
    let who = *random.pick(&["", "", "", "as bad", "as alice"]);
    let method =
        if random.percent(20) { *random.pick(&["GET ", "POST ", "OPTIONS ", "DELETE "]) } else { "" };
    let place = format!("{method}http://one.example:{port}{pattern} {who} from 127.0.0.1");
    let probe = parse(&format!("{place} -> open"), file()).0.pop()?;
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..12 {
        let target = targets.target(random)?;
        let request = request(&probe, probe.method.as_deref().unwrap_or("GET"), target, port);
        *outcomes.entry(decider.decide(&request).outcome.as_str()).or_default() += 1;
    }
    let common = outcomes.iter().max_by_key(|(_, count)| **count).map(|(outcome, _)| *outcome)?;
    let others: Vec<&str> = ["open", "challenge", "forbidden", "error", "responds"]
        .into_iter()
        .filter(|outcome| !outcomes.contains_key(outcome))
        .collect();
    let expected = match random.below(4) {
        0 if common != "undetermined" => common.to_owned(),
        1 if matches!(common, "challenge" | "forbidden") => "closed".to_owned(),
        2 => format!("never {}", random.pick(&others)),
        _ if !outcomes.contains_key("open") => "never open".to_owned(),
        _ => format!("never {}", random.pick(&others)),
    };
    let line = format!("{place} -> {expected}");
    let (mut rules, problems) = parse(&line, file());
    assert_eq!(problems, [], "{line}");
    Some(((line, rules.pop()?), targets))
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

/// Many requests, to the decider and to the server.
fn attack(
    decider: &Decider<'_>,
    nginx: &Nginx,
    rule: &Expectation,
    targets: &Targets,
    random: &mut Random,
    total: &mut Count,
    name: &str,
) {
    let count = number("AUTHLINT_EXPECT_REQUESTS", 60);
    for n in 0..2 * count {
        let Some(target) = targets.target(random) else { continue };
        let method = match &rule.method {
            Some(method) => method.as_str(),
            None if rule.is_never => {
                random.pick(&["GET", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "FOO"])
            }
            None => "GET",
        };
        let request = request(rule, method, target, nginx.ports[0]);
        if total.wrong.len() > 20 {
            return;
        }
        if n % 2 == 0 {
            let decision = decider.decide(&request);
            total.decided += 1;
            total.unknown += usize::from(decision.outcome == Outcome::Undetermined);
            if fits(rule, &decision) == Some(false) {
                total
                    .wrong
                    .push(format!("{name}: {} {} is {:?}", request.method, request.target, decision.outcome));
            }
            continue;
        }
        let answer = send(&request, nginx.ports[0]);
        total.sent += 1;
        // What needs a look into the log comes last.
        let all = [Outcome::Challenge, Outcome::Forbidden, Outcome::Error, Outcome::Responds, Outcome::Open];
        let mut decisions = all.into_iter().map(|outcome| guess(outcome, &answer));
        let is_possible = decisions.any(|decision| {
            fits(rule, &decision) == Some(true) && !contradicts(&decision, &request, &answer, nginx)
        });
        if !is_possible {
            let body = answer.body.lines().next();
            let shown = format!("{} {body:?}", answer.status);
            total.wrong.push(format!("{name}: {} {} gets {shown}", request.method, request.target));
        }
    }
}

/// A decision of this kind that fits the answer as well as it can.
fn guess(outcome: Outcome, answer: &Answer) -> Decision {
    let mut decision = Decision::of(outcome);
    if outcome == Outcome::Open {
        decision.authorization = answer.is_echo().then_some(Authorization::Unknown);
        return decision;
    }
    decision.status = Some(match outcome {
        Outcome::Challenge => 401,
        Outcome::Forbidden => 403,
        Outcome::Error => 500,
        _ => answer.status,
    });
    let realm = answer.challenges().first().and_then(|challenge| challenge.strip_prefix("Basic realm=\""));
    decision.realm = realm.and_then(|realm| realm.strip_suffix('"')).map(str::to_owned);
    decision
}

fn fits(rule: &Expectation, decision: &Decision) -> Option<bool> {
    rule.expected.is_met(decision).map(|is_met| is_met != rule.is_never)
}

fn contradicts(decision: &Decision, request: &Request, answer: &Answer, nginx: &Nginx) -> bool {
    // A connection that is closed without an answer has no status.
    if answer.status == 0 && matches!(decision.status, Some(444 | 499)) {
        return false;
    }
    let authorization = authorization(request);
    let sent = compare::Sent { method: &request.method, authorization: authorization.as_deref() };
    if compare::contradiction(decision, &sent, answer, "").is_none() {
        return false;
    }
    // The log tells why a file was refused. A long one is not read over and over again.
    if answer.status != 403 {
        return true;
    }
    let before = nginx.log().len();
    if before > LONG_LOG {
        return false;
    }
    let again = send(request, nginx.ports[0]);
    let log = nginx.log();
    compare::contradiction(decision, &sent, &again, log.get(before..).unwrap_or_default()).is_some()
}

fn authorization(request: &Request) -> Option<String> {
    match &request.credentials {
        Credentials::None => None,
        Credentials::Bad => Some(basic("alice", "wrong")),
        Credentials::User(name) => Some(basic(name, "secret")),
    }
}

fn send(request: &Request, port: u16) -> Answer {
    let (host, authorization) = (request.host_header(), authorization(request));
    let ask = Ask {
        method: &request.method,
        target: &request.target,
        host: host.as_deref(),
        authorization: authorization.as_deref(),
        ..Ask::get(port)
    };
    ask.send().expect("an answer")
}

#[test]
fn an_outcome_is_told_by_its_word() {
    assert_eq!(Expected::Closed.is_met(&Decision::of(Outcome::Forbidden)), Some(true));
    assert_eq!(Expected::Closed.is_met(&Decision::of(Outcome::Open)), Some(false));
    assert_eq!(Expected::Responds(404).is_met(&Decision::of(Outcome::Responds)), None);
    assert_eq!(Expected::Closed.is_met(&Decision::undetermined("x")), None);
}
