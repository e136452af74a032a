//! `authlint check --fix` and `--diff`.

use std::collections::HashMap;
use std::io::{IsTerminal, Write};
use std::path::Path;

use super::check::Job;
use super::options::Format;
use super::progress::Progress;
use super::{CLEAN, FINDINGS, TROUBLE, complain};
use crate::finding::{Finding, Fix, Safety};
use crate::fix::{self, Change, Examined, Group, Outcome, Reach};
use crate::lints::{self, Lint};
use crate::load::Loaded;
use crate::report;
use crate::source::Host;

/// Writes what can be fixed; gives what remains.
pub fn write(job: &Job<'_>, host: &mut Host) -> Result<Examined, String> {
    if job.request.paths.iter().any(|path| path == Path::new("-")) {
        return Err("--fix cannot write to standard input: --diff shows what to change".into());
    }
    let reach = Reach::of(job.given(), host, false);
    let Outcome { groups, mut left } = make(job, host, &reach);
    let mut fixed = 0;
    for group in &groups {
        match write_group(group) {
            Ok(()) => fixed += group.fixed,
            Err(why) => left.push(why),
        }
    }
    // What is on the disk counts, and not what was to be there.
    host.read_instead(HashMap::new());
    let mut now = job.examine_selected(host);
    now.report.fixes.fixed = Some(fixed);
    if !matches!(job.options.output.format.unwrap_or_default(), Format::Human | Format::Json) {
        let summary = now.report.fixes.summary();
        left.iter().chain(&summary).for_each(|sentence| complain(&report::harmless(sentence)));
    }
    now.report.notes.extend(left);
    Ok(now)
}

/// Prints what would be fixed; gives the exit status.
pub fn show(job: &Job<'_>, host: &mut Host, progress: Progress) -> Result<u8, String> {
    let reach = Reach::of(job.given(), host, true);
    let Outcome { groups, left } = make(job, host, &reach);
    let mut now = job.examine_selected(host);
    drop(progress);
    let mut texts: Vec<_> = groups.iter().flat_map(|group| &group.texts).collect();
    texts.sort_by(|a, b| a.shown.cmp(&b.shown));
    let mut diff = Vec::new();
    for text in texts {
        let path = text.shown.display().to_string();
        diff.extend(fix::unified(&report::harmless(&path), &text.before, &text.now));
    }
    let has_diff = !diff.is_empty();
    put(diff, job.options.output.output.as_deref())?;
    let problems = &now.report.problems;
    let problems = problems.iter().map(|one| report::problem_line(one, &now.loaded.files.sources));
    problems.chain(left).for_each(|sentence| complain(&report::harmless(&sentence)));
    now.report.fixes.fixed = Some(groups.iter().map(|group| group.fixed).sum());
    if let Some(summary) = now.report.fixes.summary() {
        complain(&summary.replacen("fixed", "would be fixed", 1));
    }
    Ok(match has_diff {
        _ if !now.report.problems.is_empty() => TROUBLE,
        true => FINDINGS,
        false => CLEAN,
    })
}

fn make(job: &Job<'_>, host: &mut Host, reach: &Reach) -> Outcome {
    let takes_all = job.options.fixing.unsafe_fixes;
    let is_wanted = |finding: &Finding, fix: &Fix, loaded: &Loaded| {
        (takes_all || fix.safety == Safety::Safe) && job.is_asked_for(finding, loaded)
    };
    // A fix may do harm that the user has not asked about.
    let lints: Vec<&'static Lint> = lints::ALL.iter().collect();
    fix::run(host, reach, is_wanted, |host| job.examine(host, &lints))
}

fn write_group(group: &Group) -> Result<(), String> {
    let texts = group.texts.iter();
    let changes = texts.map(|text| Change { path: &text.path, before: &text.before, after: &text.now });
    fix::write(&changes.collect::<Vec<_>>())
}

/// Bytes of a diff are what they are in the files, but a terminal does not get what could harm it.
fn put(diff: Vec<u8>, output: Option<&Path>) -> Result<(), String> {
    if let Some(path) = output {
        return std::fs::write(path, diff).map_err(|error| format!("{}: {error}", path.display()));
    }
    let mut out = std::io::stdout().lock();
    let diff = if out.is_terminal() {
        report::harmless(&String::from_utf8_lossy(&diff)).into_owned().into_bytes()
    } else {
        diff
    };
    match out.write_all(&diff).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot write: {error}")),
        _ => Ok(()),
    }
}
