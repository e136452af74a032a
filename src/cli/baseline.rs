//! `authlint baseline`, and the findings that `check --baseline` is quiet about.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::check::{self, Job};
use super::options::Check;
use super::{CLEAN, TROUBLE, complain, output};
use crate::finding::Finding;
use crate::fix::Examined;
use crate::lints;
use crate::load::Loaded;
use crate::report::{self, Base, Report, plural};
use crate::settings::SettingsFile;

/// The file that is written where none is named.
const NAME: &str = "authlint-baseline.json";
const SCHEMA: &str = "authlint-baseline/1";

/// Findings that were there when it was written.
#[derive(Debug, Deserialize, Serialize)]
struct Baseline {
    schema: String,
    findings: Vec<Old>,
}

/// One of them: only the fingerprint counts, the rest is for people.
#[derive(Debug, Deserialize, Serialize)]
struct Old {
    fingerprint: String,
    lint: String,
    path: String,
    message: String,
}

/// Writes down what is found, so that only what is new will be told.
pub fn run(options: &Check, settings: Option<&SettingsFile>) -> u8 {
    write(options, settings).unwrap_or_else(|problem| {
        complain(&problem);
        TROUBLE
    })
}

fn write(options: &Check, settings: Option<&SettingsFile>) -> Result<u8, String> {
    let (job, mut host) = check::prepare(options, settings)?;
    let Examined { loaded, mut report } = job.examine_selected(&mut host);
    let base = output::base();
    let path = options.output.output.clone().or_else(|| options.baseline.clone());
    let path = path.unwrap_or_else(|| PathBuf::from(NAME));
    let mut findings: Vec<Old> = fingerprints(&mut report, &loaded, &base)
        .into_iter()
        .zip(&report.findings)
        .map(|(fingerprint, finding)| Old {
            fingerprint,
            lint: finding.lint.to_owned(),
            path: path_of(finding, &loaded, &base),
            message: report::harmless(finding.message.as_deref().unwrap_or_default()).into_owned(),
        })
        .collect();
    let count = findings.len();
    // What hangs on a file that cannot be read is not gone because nobody sees it.
    let before =
        if report.problems.is_empty() || !path.exists() { Vec::new() } else { read(&path)?.findings };
    let known: HashSet<String> = findings.iter().map(|old| old.fingerprint.clone()).collect();
    findings.extend(before.into_iter().filter(|old| !known.contains(&old.fingerprint)));
    let kept = findings.len() - count;
    let baseline = Baseline { schema: SCHEMA.into(), findings };
    let text = serde_json::to_string_pretty(&baseline).map_err(|error| error.to_string())? + "\n";
    std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    for problem in &report.problems {
        complain(&report::problem_line(problem, &loaded.files.sources));
    }
    let shown = path.display();
    let kept = match kept {
        0 => String::new(),
        kept => format!(", {kept} of before kept because not everything could be analysed"),
    };
    let said = format!(
        "{} written to {shown}{kept}: `authlint check --baseline {shown}` tells what is new\n",
        plural(count, "finding")
    );
    let status = if report.problems.is_empty() { CLEAN } else { TROUBLE };
    super::print(&said).map_or_else(Ok, |()| Ok(status))
}

fn read(path: &Path) -> Result<Baseline, String> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("{shown}: {error} (`authlint baseline` writes it)"))?;
    let baseline: Baseline = serde_json::from_str(&text).map_err(|error| format!("{shown}: {error}"))?;
    if baseline.schema != SCHEMA {
        return Err(format!(
            "{shown}: this is no baseline that this authlint reads, but {}",
            baseline.schema
        ));
    }
    Ok(baseline)
}

/// Takes out of a report what a baseline has, and notes what is gone of it.
pub fn apply(path: &Path, report: &mut Report, loaded: &Loaded, job: &Job<'_>) -> Result<(), String> {
    let baseline = read(path)?;
    let shown = path.display();
    let base = output::base();
    let known: HashSet<&str> = baseline.findings.iter().map(|old| old.fingerprint.as_str()).collect();
    let fingerprints = fingerprints(report, loaded, &base);
    let before = report.findings.len();
    let mut seen: HashSet<String> = HashSet::new();
    let mut all = fingerprints.into_iter();
    report.findings.retain(|_| {
        let fingerprint = all.next().unwrap_or_default();
        let is_new = !known.contains(fingerprint.as_str());
        seen.insert(fingerprint);
        is_new
    });
    let old = before - report.findings.len();
    if old > 0 {
        report.notes.push(format!("{} of {shown} not told", plural(old, "finding")));
    }
    // Of files that were not read or understood, and of lints that were not run, nobody knows.
    let sources = &loaded.files.sources;
    let read: BTreeSet<String> = loaded
        .configs
        .iter()
        .flat_map(crate::load::Config::files)
        .map(|file| base.shown(sources.get(file).path()))
        .collect();
    let is_gone = |old: &&Old| {
        let was_run = lints::find(&old.lint).is_none_or(|lint| job.is_selected(lint));
        report.problems.is_empty() && was_run && read.contains(&old.path) && !seen.contains(&old.fingerprint)
    };
    let gone = baseline.findings.iter().filter(is_gone).count();
    if gone > 0 {
        let are = if gone == 1 { "is" } else { "are" };
        report.notes.push(format!(
            "{} of {shown} {are} gone: `authlint baseline` writes it anew",
            plural(gone, "finding")
        ));
    }
    Ok(())
}

fn fingerprints(report: &mut Report, loaded: &Loaded, base: &Base) -> Vec<String> {
    output::outline(report, &loaded.files);
    report::fingerprints(report, &loaded.files.sources, base)
}

fn path_of(finding: &Finding, loaded: &Loaded, base: &Base) -> String {
    base.shown(loaded.files.sources.get(finding.primary.span.file).path())
}
