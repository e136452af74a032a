//! Real httpd is the judge of decisions: what [`Decider`](authlint::decide::Decider) says of a request is what
//! httpd does with it.
//!
//! Configurations made by chance are started on loopback and asked for the paths that they are about.
//! `AUTHLINT_TRUTH_COUNT` says how many are made, `AUTHLINT_TRUTH_SEED` which is the first, `AUTHLINT_TRUTH_SHOW` how many
//! failures are made small and shown, `AUTHLINT_TRUTH_SHARE` how many of a hundred answers may be undetermined, and
//! `AUTHLINT_TRUTH_REPORT` names a file that the failures are written to. Without httpd the tests say that they were
//! skipped; with `AUTHLINT_TRUTH=required` they fail.

#[path = "decide_truth_apache/access.rs"]
mod access;
#[path = "decide_truth_apache/asks.rs"]
mod asks;
#[path = "decide_truth_apache/chance.rs"]
mod chance;
mod common;
#[path = "common/field.rs"]
mod field;
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

/// Makes and compares so many configurations; the text shows what failed.
fn run(rig: &Rig, first: usize, count: usize, shown: usize, decide: Decide<'_>) -> (Tally, String) {
    let mut all = Tally::default();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut report = String::new();
    for seed in first..first + count {
        let mut made = maker::make(seed as u64);
        let questions = made.questions(QUESTIONS);
        rig.compare(&made.files, &questions, decide, &mut all);
        let wrong: Vec<_> = all.wrong.iter().filter(|wrong| wrong.misfit.kind != "").cloned().collect();
        let mut is_new = BTreeMap::new();
        for wrong in wrong {
            let seen = kinds.entry(wrong.misfit.kind.clone()).or_default();
            *seen += 1;
            if *seen <= shown {
                is_new.entry(wrong.misfit.kind.clone()).or_insert(wrong);
            }
        }
        for (kind, wrong) in is_new {
            let small = shrink::shrink(rig, &made.files, wrong, decide);
            let _ = writeln!(report, "######## {kind} (seed {seed})\n{}", small.told());
        }
        all.wrong.clear();
    }
    for (kind, count) in &kinds {
        let _ = writeln!(report, "{count:>6} {kind}");
    }
    (all, report)
}

#[test]
fn httpd_answers_to_configurations_made_by_chance_as_decided() {
    if is_skipped() {
        return;
    }
    let rig = Rig::new("chance");
    let (first, count) = (number("AUTHLINT_TRUTH_SEED", 1), number("AUTHLINT_TRUTH_COUNT", 200));
    let (tally, report) = run(&rig, first, count, number("AUTHLINT_TRUTH_SHOW", 2), &decided);
    let undetermined: usize = tally.undetermined.values().sum();
    eprintln!(
        "{} of {count} configurations were taken, {} answers, {undetermined} undetermined\n{:?}\n{:?}",
        tally.started, tally.answers, tally.statuses, tally.outcomes
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
        std::fs::write(path, &report).expect("a writable file");
    }
    assert!(report.is_empty(), "{report}");
    let share = number("AUTHLINT_TRUTH_SHARE", 5);
    assert!(undetermined * 100 <= tally.answers * share, "{undetermined} of {} are undetermined", tally.answers);
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
    let (_, report) = run(&rig, 1, 3, 1, &credulous);
    eprintln!("{report}");
    assert!(report.contains("open, but 401"), "{report}");
}
