//! Real httpd is the judge of decisions: what [`Decider`](authlint::decide::Decider) says of a request is what
//! httpd does with it.
//!
//! Configurations made by chance are started on loopback and asked for the paths that they are about.
//! `AUTHLINT_TRUTH_COUNT` says how many are made, `AUTHLINT_TRUTH_SEED` which is the first, `AUTHLINT_TRUTH_SHOW` how many
//! failures of each kind are made small and shown (`AUTHLINT_TRUTH_MOST` of all kinds), `AUTHLINT_TRUTH_SHARE` how many of a hundred answers may be undetermined, and
//! `AUTHLINT_TRUTH_REPORT` names a file that the failures are written to. Without httpd the tests say that they were
//! skipped; with `AUTHLINT_TRUTH=required` they fail.

// Which facts about httpd (by their numbers in the specification) come up in which part:
//
// | facts | part |
// |---|---|
// | 2-6, 10-19, 23-31 | `dress`: containers, variables, macros, included files, continued lines, case, quotes; `tests/apache_syntax.rs` |
// | 20, 22 | `sections`: files and conditions within sections and each other |
// | 33-43 | `maker::override_line`, `sections::htaccess`: files of rules at several depths, wrong ones, `Nonfatal`, lists |
// | 45-50, 54-58 | `sections`: all kinds, literal, wildcard, regex; order, depth, the same path twice |
// | 51, 127 | `asks`: parameters, dots, slashes, encoded letters, bytes that are refused |
// | 52, 76, 130 | `access::expression` in conditions and `Require expr` |
// | 53, 56, 133 | `maker::host`: by name, alias, port, address; two ports |
// | 59-66 | `access`: parts of a login at several depths, `AuthMerging` in every section |
// | 67-71, 73-75, 77-79 | `access::requires`; the table of 70 in `rows` |
// | 72 | `AuthGroupFile` good, missing, unreadable, empty |
// | 80-82, 84-92, 94 | `access::scheme`, the password files of `tree`; the table of 80 in `rows` |
// | 95-100 | `access::compat` |
// | 101-106 | `access::limited`, also within `RequireAll`, and a method in lower case |
// | 107 | `mapping`, `asks`: TRACE |
// | 108, 109, 111-113, 115, 116 | `mapping`: header lines, programs, backends by all ways |
// | 117-122 | `mapping`: index files, error documents, links, listings |
// | 123-126 | `mapping`: redirects and rewriting at all places, aliases, links |
// | 128, 129 | path info behind programs and backends, exemptions before rewriting |
// | 131, 132 | hidden files; `pages` with Debian's main file |
//
// Not here: 7-9 (BOM, long lines), 32 (`AccessFileName`), 44, 83 (schemes other than Basic from the client), 93
// (caches), 110, 114 (other headers, PHP), server-side includes, negotiation, encrypted connections.

#[path = "decide_truth_apache/access.rs"]
mod access;
#[path = "decide_truth_apache/asks.rs"]
mod asks;
#[path = "decide_truth_apache/chance.rs"]
mod chance;
mod common;
#[path = "decide_truth_apache/dress.rs"]
mod dress;
#[path = "common/field.rs"]
mod field;
#[path = "decide_truth_apache/fixtures.rs"]
mod fixtures;
#[path = "common/httpd.rs"]
#[allow(dead_code)]
mod httpd;
#[path = "decide_truth_apache/judge.rs"]
mod judge;
#[path = "decide_truth_apache/maker.rs"]
mod maker;
#[path = "decide_truth_apache/mapping.rs"]
mod mapping;
#[path = "decide_truth_apache/node.rs"]
mod node;
#[path = "decide_truth_apache/pages.rs"]
mod pages;
#[path = "common/placed.rs"]
mod placed;
#[path = "decide_truth_apache/rig.rs"]
mod rig;
#[path = "decide_truth_apache/rows.rs"]
mod rows;
#[path = "decide_truth_apache/sections.rs"]
mod sections;
#[path = "decide_truth_apache/shrink.rs"]
mod shrink;
#[path = "decide_truth_apache/tree.rs"]
mod tree;
#[path = "common/wire.rs"]
#[allow(dead_code)]
mod wire;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use authlint::decide::{Decision, Outcome, Request};
use rig::{Decide, Rig, Tally, decided};

const QUESTIONS: usize = 60;

fn is_required() -> bool {
    std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required")
}

fn is_skipped() -> bool {
    if Path::new(httpd::HTTPD).exists() {
        return false;
    }
    assert!(!is_required(), "{} is missing", httpd::HTTPD);
    eprintln!("SKIPPED: {} is missing", httpd::HTTPD);
    true
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// What was found in many configurations.
struct Found {
    tally: Tally,
    /// Failures made small, and how often there was each kind.
    wrong: String,
    /// The same of answers with the right status, of which something else is said than who gave it.
    soft: String,
}

/// Makes and compares so many configurations, and makes so many failures small.
fn run(rig: &Rig, first: usize, count: usize, most: usize, decide: Decide<'_>) -> Found {
    let mut shrunk = 0;
    let shown = number("AUTHLINT_TRUTH_SHOW", 1);
    let mut found = Found { tally: Tally::default(), wrong: String::new(), soft: String::new() };
    let mut kinds: BTreeMap<(bool, String), usize> = BTreeMap::new();
    for seed in first..first + count {
        let mut made = maker::make(seed as u64);
        let questions = made.questions(QUESTIONS);
        rig.compare(&made.files, &questions, decide, &mut found.tally);
        let mut new = BTreeMap::new();
        let wrong = found.tally.wrong.split_off(0).into_iter();
        for wrong in wrong.chain(found.tally.soft.split_off(0)) {
            let kind = (wrong.misfit.is_soft, wrong.misfit.kind.clone());
            let seen = kinds.entry(kind.clone()).or_default();
            *seen += 1;
            if *seen <= shown && shrunk < most {
                shrunk += 1;
                new.entry(kind).or_insert(wrong);
            }
        }
        for ((is_soft, kind), wrong) in new {
            let small = shrink::shrink(rig, &made.files, wrong, decide);
            let report = if is_soft { &mut found.soft } else { &mut found.wrong };
            let _ = writeln!(report, "######## {kind} (seed {seed})\n{}", small.told());
        }
    }
    for ((is_soft, kind), count) in &kinds {
        let report = if *is_soft { &mut found.soft } else { &mut found.wrong };
        let _ = writeln!(report, "{count:>6} {kind}");
    }
    found
}

#[test]
fn httpd_answers_to_configurations_made_by_chance_as_decided() {
    if is_skipped() {
        return;
    }
    let rig = Rig::new("chance");
    let (first, count) = (number("AUTHLINT_TRUTH_SEED", 1), number("AUTHLINT_TRUTH_COUNT", 300));
    let Found { tally, wrong, soft } = run(&rig, first, count, number("AUTHLINT_TRUTH_MOST", 12), &decided);
    let undetermined: usize = tally.undetermined.values().sum();
    eprintln!(
        "{} of {count} configurations were taken, {} answers, {undetermined} undetermined\n{:?}\n{:?}",
        tally.started, tally.answers, tally.statuses, tally.outcomes,
    );
    let mut reasons: Vec<_> = tally.undetermined.iter().collect();
    reasons.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (why, count) in reasons.iter().take(40) {
        eprintln!("{count:>6} {why}");
    }
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    for refusal in &tally.refused {
        *refusals.entry(refusal.lines().last().unwrap_or_default().to_owned()).or_default() += 1;
    }
    for (words, count) in refusals {
        eprintln!("{count:>6} refused: {words}");
    }
    if let Ok(path) = std::env::var("AUTHLINT_TRUTH_REPORT") {
        std::fs::write(path, format!("{wrong}\n\n######## only who answers is another\n{soft}"))
            .expect("a writable file");
    }
    let unsteady = &tally.unsteady;
    assert!(
        unsteady.is_empty(),
        "{} answers hang on what was asked before, as {:?}",
        unsteady.len(),
        unsteady[0]
    );
    assert!(wrong.is_empty(), "{wrong}");
    let share = number("AUTHLINT_TRUTH_SHARE", 5);
    assert!(
        undetermined * 100 <= tally.answers * share,
        "{undetermined} of {} are undetermined",
        tally.answers
    );
}

/// Says of every request without credentials that it is open.
fn credulous(_: &Path, requests: &[Request]) -> Vec<Decision> {
    let one = |request: &Request| match request.credentials {
        authlint::decide::Credentials::None => Decision::of(Outcome::Open),
        _ => Decision::undetermined("nobody asks"),
    };
    requests.iter().map(one).collect()
}

#[test]
fn a_wrong_decider_is_caught_and_its_failure_made_small() {
    if is_skipped() {
        return;
    }
    let rig = Rig::new("credulous");
    let report = run(&rig, 1, 6, 5, &credulous).wrong;
    let small =
        report.split("######## ").find(|failure| failure.starts_with("open, but 401")).expect("a failure");
    let lines = small.lines().take_while(|line| !line.starts_with("==>")).count();
    assert!(lines < 16, "{small}");
}

#[test]
fn every_answer_of_httpd_fits_one_outcome() {
    if is_skipped() {
        return;
    }
    let rig = Rig::new("fitting");
    let mut odd: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=number("AUTHLINT_TRUTH_COUNT", 40) {
        let mut made = maker::make(seed as u64);
        let questions = made.questions(QUESTIONS);
        rig.tree.put(&made.files, rig.ports, rig.echo.port);
        let Some(_running) = httpd::Httpd::start(&rig.tree.root, &rig.tree.main(), rig.ports[0]) else {
            continue;
        };
        for question in &questions {
            for sent in question.headers() {
                let seen = rig.ask(question, sent);
                let fitting = judge::fitting(&seen);
                // A form logs nothing and sends no header.
                let is_form = seen.answer.status == 401 && seen.answer.challenges().is_empty();
                let is_both = seen.codes() == ["AH00670"];
                if fitting.len() != 1 && !is_form && !is_both {
                    *odd.entry(format!("{fitting:?} {} {:?}", seen.answer.status, seen.codes()))
                        .or_default() += 1;
                    if std::env::var_os("AUTHLINT_TRUTH_SHOW").is_some() {
                        eprintln!("seed {seed} {} {}", question.told(), seen.told());
                    }
                }
            }
        }
    }
    assert!(odd.is_empty(), "{odd:#?}");
}

#[test]
#[ignore = "slow"]
fn an_answer_does_not_hang_on_those_before_it() {
    let rig = Rig::new("alone");
    let first = number("AUTHLINT_TRUTH_SEED", 1);
    for seed in first..first + number("AUTHLINT_TRUTH_COUNT", 1) {
        let mut made = maker::make(seed as u64);
        let questions = made.questions(QUESTIONS);
        rig.tree.put(&made.files, rig.ports, rig.echo.port);
        let start = || httpd::Httpd::start(&rig.tree.root, &rig.tree.main(), rig.ports[0]);
        let Some(running) = start() else { continue };
        let ask = |question: &asks::Question| rig.ask(question, question.headers().remove(0));
        let together: Vec<_> = questions.iter().map(ask).collect();
        drop(running);
        for (question, seen) in questions.iter().zip(together) {
            let _running = start();
            let alone = ask(question);
            if alone.answer.status != seen.answer.status {
                eprintln!("seed {seed} {}: {} alone, {}", question.told(), alone.told(), seen.told());
            }
        }
    }
}
