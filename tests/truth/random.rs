//! Configurations by chance on real nginx: every decision has to be what the server does.
//!
//! `AUTHLINT_TRUTH_COUNT` says how many are made, `AUTHLINT_TRUTH_SEED` which is the first,
//! `AUTHLINT_TRUTH_SHOW` how many failures are made small and shown, and `AUTHLINT_TRUTH_SHARE` how many of
//! a hundred answers may be undetermined.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use authlint::decide::{Decider, Decision, Outcome, Request};
use authlint::load::{self};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::Host;

use crate::compare::{Sent, contradiction};
use crate::generate;
use crate::nodes::{self, Node, Random};
use crate::requests::{self, Asked};
use crate::server::{Nginx, Tree, is_here};
use crate::wire::{Answer, Echo};

const ASKED: usize = 70;

/// Says what the server with this configuration answers to each request, or why it does not know.
pub type Judge = fn(&Path, &[Request]) -> Result<Vec<Decision>, String>;

/// The decider, as the command uses it.
pub fn decider(path: &Path, requests: &[Request]) -> Result<Vec<Decision>, String> {
    let mut host = Host::new(None, Vec::new()).map_err(|error| error.to_string())?;
    let request = load::Request { paths: vec![path.to_path_buf()], ..load::Request::default() };
    let loaded = load::load(&request, &mut host);
    let config = loaded.configs.first().ok_or("no configuration")?;
    let look = || Look { host: &host, mode: FilesMode::Always };
    let site = Site::build(&loaded.files, config, look());
    if let Some(problem) = loaded.problems.iter().chain(&site.problems).next() {
        return Err(format!("{problem:?}"));
    }
    let decider = Decider::new(&site, look());
    Ok(requests.iter().map(|request| decider.decide(request)).collect())
}

/// What became of all requests.
#[derive(Default)]
pub struct Count {
    pub configurations: usize,
    pub refused: BTreeMap<String, usize>,
    pub answers: usize,
    /// Of requests whose address the decider was told.
    pub told: usize,
    pub undetermined: usize,
    pub why: BTreeMap<String, usize>,
    pub outcomes: BTreeMap<&'static str, usize>,
    pub statuses: BTreeMap<u16, usize>,
    pub unknown_headers: usize,
    pub wrong: usize,
    /// One of each kind, with its seed.
    pub failures: BTreeMap<String, (u64, usize, Vec<Node>, Asked)>,
}

impl Count {
    pub fn summary(&self) -> String {
        let share = self.undetermined * 10_000 / self.told.max(1);
        let mut text = format!(
            "{} configurations, {} refused by nginx; {} answers, {} wrong; undetermined {}.{:02} % of {}; the header is unknown {}\n",
            self.configurations,
            self.refused.values().sum::<usize>(),
            self.answers,
            self.wrong,
            share / 100,
            share % 100,
            self.told,
            self.unknown_headers,
        );
        let _ = writeln!(text, "statuses {:?}\noutcomes {:?}", self.statuses, self.outcomes);
        for (name, reasons) in [("refused", &self.refused), ("undetermined", &self.why)] {
            let mut reasons: Vec<_> = reasons.iter().collect();
            reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            for (reason, count) in reasons.into_iter().take(40) {
                let _ = writeln!(text, "  {name} {count}: {reason}");
            }
        }
        text
    }
}

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

pub fn truth() {
    if !is_here() {
        return;
    }
    let (first, count) = (number("AUTHLINT_TRUTH_SEED", 1), number("AUTHLINT_TRUTH_COUNT", 500));
    let tree = Tree::new();
    let echo = Echo::start();
    let counted = run(&tree, echo.port, decider, first, count);
    eprintln!("{}", counted.summary());
    let mut report = String::new();
    let show = usize::try_from(number("AUTHLINT_TRUTH_SHOW", 5)).unwrap_or(5);
    for (kind, (seed, times, nodes, asked)) in counted.failures.iter().take(show) {
        let small = smallest(&tree, echo.port, decider, nodes, asked, kind);
        let _ = writeln!(report, "\n=== {kind} ({times} times, seed {seed})\n{small}");
    }
    assert!(counted.wrong == 0, "{} answers of {} are wrong:\n{report}", counted.wrong, counted.answers);
    let refused = counted.refused.values().sum::<usize>();
    assert!(refused * 10 <= counted.configurations, "nginx refuses {refused} configurations");
    let allowed = usize::try_from(number("AUTHLINT_TRUTH_SHARE", 5)).unwrap_or(5);
    let share = counted.undetermined * 100;
    assert!(share <= allowed * counted.told, "too much is undetermined:\n{}", counted.summary());
}

/// Asks so many configurations, from a seed on.
pub fn run(tree: &Tree, echo: u16, judge: Judge, first: u64, count: u64) -> Count {
    let counted = Mutex::new(Count::default());
    let next = AtomicU64::new(first);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        break;
                    }
                    one(tree, echo, judge, seed, &counted);
                }
            });
        }
    });
    counted.into_inner().expect("no panic")
}

/// What says something wrong is found, and what it is about is what is left of the configuration.
pub fn a_lie() {
    if !is_here() {
        return;
    }
    let lie: Judge = |path, requests| {
        let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
        let is_asked = text.contains("satisfy any") && text.contains("auth_basic_user_file both");
        let outcome = if is_asked { Outcome::Open } else { Outcome::Undetermined };
        Ok(requests.iter().map(|_| Decision::of(outcome)).collect())
    };
    let tree = Tree::new();
    let echo = Echo::start();
    let counted = run(&tree, echo.port, lie, 1, 60);
    let kind = "open, 401 answered: a check has answered";
    let (_, _, nodes, asked) = counted.failures.get(kind).expect("the lie is found");
    let small = smallest(&tree, echo.port, lie, nodes, asked, kind);
    let configuration = small.split("---").next().unwrap_or_default();
    assert!(configuration.contains("satisfy any") && configuration.lines().count() <= 12, "{small}");
    assert!(nodes::count(nodes) > 12, "it was large:\n{}", nodes::text(nodes));
}

fn one(tree: &Tree, echo: u16, judge: Judge, seed: u64, counted: &Mutex<Count>) {
    let mut random = Random::new(seed);
    let nodes = generate::configuration(&mut random);
    let asked = requests::requests(&mut random, &nodes, ASKED);
    let results = ask_all(tree, echo, judge, &nodes, &asked);
    let mut counted = counted.lock().expect("no panic");
    counted.configurations += 1;
    let results = match results {
        Ok(results) => results,
        Err(words) => {
            if std::env::var("AUTHLINT_TRUTH_DEBUG").is_ok() {
                eprintln!("seed {seed}: {words}");
            }
            // The message without the file.
            let words = words.lines().find(|line| line.contains("[emerg]")).unwrap_or(&words);
            let words = words.split(" in /").next().unwrap_or_default();
            let words = words.rsplit("emerg] ").next().unwrap_or_default();
            let words = words.split_once(": ").map_or(words, |(_, words)| words);
            *counted.refused.entry(words.to_owned()).or_default() += 1;
            return;
        }
    };
    for (asked, result) in asked.iter().zip(results) {
        let Some((decision, answer, wrong)) = result else { continue };
        counted.answers += 1;
        *counted.statuses.entry(answer.status).or_default() += 1;
        *counted.outcomes.entry(decision.outcome.as_str()).or_default() += 1;
        counted.unknown_headers +=
            usize::from(decision.authorization == Some(authlint::decide::Authorization::Unknown));
        if asked.tells_from && !asked.is_path {
            counted.told += 1;
            if decision.outcome == Outcome::Undetermined {
                counted.undetermined += 1;
                *counted.why.entry(decision.why.clone().unwrap_or_default()).or_default() += 1;
            }
        }
        if let Some(wrong) = wrong {
            counted.wrong += 1;
            let kind = kind(&decision, &answer, &wrong);
            let entry =
                counted.failures.entry(kind).or_insert_with(|| (seed, 0, nodes.clone(), asked.clone()));
            entry.1 += 1;
        }
    }
}

/// Failures of one kind are told once.
fn kind(decision: &Decision, answer: &Answer, wrong: &str) -> String {
    format!("{}, {} answered: {wrong}", decision.outcome.as_str(), answer.status)
}

type Compared = (Decision, Answer, Option<String>);

/// Decides and asks; none where the server does not listen.
fn ask_all(
    tree: &Tree,
    echo: u16,
    judge: Judge,
    nodes: &[Node],
    asked: &[Asked],
) -> Result<Vec<Option<Compared>>, String> {
    let text = format!("{}{}", generate::HEADER, nodes::text(nodes));
    let nginx = Nginx::start(tree, &text, echo)?;
    let requests: Vec<Request> = asked.iter().map(|asked| asked.request(nginx.ports)).collect();
    let decisions = judge(&nginx.path, &requests).unwrap_or_else(|problem| {
        // What nginx takes has no problem.
        let decision = Decision { status: Some(999), why: Some(problem), ..Decision::of(Outcome::Responds) };
        requests.iter().map(|_| decision.clone()).collect()
    });
    let mut seen = nginx.log().len();
    let results = asked.iter().zip(decisions).map(|(asked, decision)| {
        let answer = asked.send(nginx.ports).ok()?;
        let authorization = asked.who.header();
        let sent = Sent { method: &asked.method, authorization: authorization.as_deref() };
        let log = nginx.log();
        let wrong = contradiction(&decision, &sent, &answer, log.get(seen..).unwrap_or_default());
        seen = log.len();
        Some((decision, answer, wrong))
    });
    Ok(results.collect())
}

/// Leaves out whatever is not needed for a failure of the same kind, and tells the rest.
pub fn smallest(tree: &Tree, echo: u16, judge: Judge, nodes: &[Node], asked: &Asked, wanted: &str) -> String {
    let fails = |nodes: &[Node], asked: &Asked| -> Option<Compared> {
        let results = ask_all(tree, echo, judge, nodes, std::slice::from_ref(asked)).ok()?;
        let (decision, answer, wrong) = results.into_iter().next().flatten()?;
        let is_it = kind(&decision, &answer, wrong.as_deref()?) == wanted;
        is_it.then_some((decision, answer, wrong))
    };
    let (mut nodes, mut asked) = (nodes.to_vec(), asked.clone());
    let Some(mut last) = fails(&nodes, &asked) else {
        return format!("it does not fail again: {asked:?}\n{}", nodes::text(&nodes));
    };
    let mut is_smaller = true;
    while is_smaller {
        is_smaller = false;
        for keeps in [false, true] {
            let mut at = 0;
            let mut tried = BTreeSet::new();
            while at < nodes::count(&nodes) {
                let fewer = nodes::without(&nodes, &mut at.clone(), keeps);
                match (fewer != nodes && tried.insert(nodes::text(&fewer)))
                    .then(|| fails(&fewer, &asked))
                    .flatten()
                {
                    Some(failure) => (nodes, last, is_smaller) = (fewer, failure, true),
                    None => at += 1,
                }
            }
        }
        for simpler in asked.simpler() {
            // The order of what is tried is from plain to less plain.
            if simpler.target.len() > asked.target.len() {
                continue;
            }
            if let Some(failure) = fails(&nodes, &simpler) {
                is_smaller |= weight(&simpler) < weight(&asked);
                if weight(&simpler) < weight(&asked) {
                    (asked, last) = (simpler, failure);
                }
            }
        }
    }
    let (decision, answer, _) = last;
    let because: Vec<_> = decision.because.iter().map(|because| because.note.as_str()).collect();
    format!(
        "{}--- {} {} host {} from {} ({}) {:?}{}\n--- decided: {} status {:?} realm {:?} authorization {:?} why {:?} place {:?} because {because:?}\n\
         --- nginx: {} {:?} {:?}\n{}\n",
        nodes::text(&nodes),
        asked.method,
        asked.target.get(..200).unwrap_or(&asked.target),
        asked.host,
        asked.from,
        if asked.tells_from { "told" } else { "not told" },
        asked.who,
        match (asked.other, asked.is_path) {
            (_, true) => ", told the path",
            (true, _) => ", OTHER",
            _ => "",
        },
        decision.outcome.as_str(),
        decision.status,
        decision.realm,
        decision.authorization,
        decision.why,
        decision.place,
        answer.status,
        answer.challenges(),
        answer.header("location").collect::<Vec<_>>(),
        answer.body.lines().next().unwrap_or_default(),
    )
}

/// How far a request is from a plain one.
fn weight(asked: &Asked) -> usize {
    usize::from(asked.method != "GET")
        + match asked.who {
            requests::Who::Nobody => 0,
            requests::Who::Alice => 1,
            _ => 2,
        }
        + usize::from(asked.from != "127.0.0.1")
        + usize::from(!asked.tells_from)
        + match asked.host.as_str() {
            "x" => 0,
            "one.example" => 1,
            _ => 2,
        }
        + usize::from(asked.other)
        + usize::from(asked.is_path)
        + asked.target.len()
}
