//! `authlint check`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::expect::Rules;
use super::options::Check;
use super::output::Outputs;
use super::progress::Progress;
use super::{TROUBLE, baseline, complain, fix, notes, places};
use crate::allow;
use crate::finding::{Edit, Finding, Inclusion, Label, Problem, Safety};
use crate::fix::Examined;
use crate::lints::{self, Lint};
use crate::load::{self, Config, Loaded, Origin, Request};
use crate::model::{FilesMode, Look, Site};
use crate::parallel;
use crate::report::Report;
use crate::settings::SettingsFile;
use crate::source::{self, FileId, Host, Sources, Span};

/// Checks what the options say and prints the report.
pub fn run(options: &Check, settings: Option<&SettingsFile>) -> u8 {
    check(options, settings).unwrap_or_else(|problem| {
        complain(&problem);
        TROUBLE
    })
}

fn check(options: &Check, settings: Option<&SettingsFile>) -> Result<u8, String> {
    let outputs = Outputs::of(&options.output)?;
    let progress = Progress::start("reading the configuration");
    let (job, mut host) = prepare(options, settings)?;
    if options.fixing.diff {
        return fix::show(&job, &mut host, progress);
    }
    let examined =
        if options.fixing.fix { fix::write(&job, &mut host)? } else { job.examine_selected(&mut host) };
    let Examined { loaded, mut report } = examined;
    report.notes.extend(job.note_on_installed());
    if let Some(path) = &options.baseline {
        baseline::apply(path, &mut report, &loaded, &job)?;
    }
    drop(progress);
    let status = outputs.write(&mut report, &loaded.files, &options.output);
    // The process ends here: to give the memory back piece by piece only takes time.
    std::mem::forget(loaded);
    Ok(status)
}

/// What is to be done, and the file system that it is done on.
pub(super) fn prepare<'o>(
    options: &'o Check,
    settings: Option<&'o SettingsFile>,
) -> Result<(Job<'o>, Host), String> {
    let given: Vec<&Path> = options
        .paths
        .iter()
        .chain(&options.entry)
        .chain(&options.places.root)
        .map(PathBuf::as_path)
        .collect();
    let host = places::host(&options.places, &given)?;
    let is_said = !options.paths.is_empty() || !options.entry.is_empty();
    let paths = if is_said { options.paths.clone() } else { places::installed(&host, options.places.server) };
    if !is_said && paths.is_empty() {
        return Err("no configuration is installed here: name a file or a directory to check".into());
    }
    if options.fixing.unsafe_fixes && !options.fixing.fix && !options.fixing.diff {
        return Err("--unsafe-fixes goes with --fix or --diff".into());
    }
    let reads_input = paths.iter().any(|path| path == Path::new("-"));
    let request = Request {
        paths,
        entries: options.entry.clone(),
        server: options.places.server.into(),
        stdin_filename: options.stdin_filename.clone(),
        defines: options.places.define.clone(),
        leaves_served: true,
        // What is shown as a diff is looked at several times.
        input: (options.fixing.diff && reads_input).then(load::read_input).and_then(Result::ok),
    };
    Ok((Job { options, settings, request }, host))
}

/// What is to be checked, and how.
pub(super) struct Job<'o> {
    pub options: &'o Check,
    settings: Option<&'o SettingsFile>,
    pub request: Request,
}

impl Job<'_> {
    /// The files and directories that may be written. Without any, what the entries include is checked.
    pub fn given(&self) -> &[PathBuf] {
        if self.request.paths.is_empty() { &self.request.entries } else { &self.request.paths }
    }

    /// Who names nothing at all is told what was looked at.
    fn note_on_installed(&self) -> Option<String> {
        let paths: Vec<String> = self.request.paths.iter().map(|path| path.display().to_string()).collect();
        let is_named = !self.options.paths.is_empty() || self.options.places.root.is_some();
        (!is_named && !paths.is_empty())
            .then(|| format!("no path is given: this is about {}, as installed", paths.join(" and ")))
    }

    /// Reads the configuration and judges it; gives all that these lints say of it.
    pub fn examine(&self, host: &mut Host, lints: &[&'static Lint]) -> Examined {
        let mut loaded = load::load(&self.request, host);
        let rules = self.settings.map(|file| Rules::of(file, &mut loaded)).unwrap_or_default();
        let mut report = judge(&loaded, host, self.options, lints);
        rules.judge(&loaded, host, self.options.files.into(), &mut report);
        report.sort(&loaded.files.sources);
        Examined { loaded, report }
    }

    /// The same with what the user has asked for, and how much of it can be fixed.
    pub fn examine_selected(&self, host: &mut Host) -> Examined {
        let lints: Vec<&'static Lint> = lints::ALL.iter().filter(|lint| self.is_selected(lint)).collect();
        let mut examined = self.examine(host, &lints);
        let Examined { loaded, report } = &mut examined;
        report.findings.retain(|finding| self.is_asked_for(finding, loaded));
        let is_file = |edit: &Edit| matches!(loaded.files.origin(edit.span.file), Some(Origin::Disk(..)));
        for fix in report.findings.iter().filter_map(|finding| finding.fix.as_ref()) {
            match fix.safety {
                _ if !fix.edits.iter().all(is_file) => {}
                Safety::Safe => report.fixes.safe += 1,
                Safety::Unsafe => report.fixes.not_safe += 1,
            }
        }
        examined
    }

    /// Whether the user wants a lint to be run.
    pub fn is_selected(&self, lint: &Lint) -> bool {
        let is_in = |list: &[&Lint]| list.iter().any(|other| other.id == lint.id);
        (self.options.select.is_empty() || is_in(&self.options.select)) && !is_in(&self.options.ignore)
    }

    /// Whether the user has asked for a finding. The rules of `authlint.toml` are always asked for.
    pub fn is_asked_for(&self, finding: &Finding, loaded: &Loaded) -> bool {
        let file = finding.primary.span.file;
        if loaded.files.origin(file).is_none() && !loaded.files.sources.is_beside(file) {
            return true;
        }
        let is_asked_for = |label: &Label| {
            loaded.asked_for.as_ref().is_none_or(|asked_for| asked_for.contains(&label.span.file))
        };
        lints::find(finding.lint).is_none_or(|lint| self.is_selected(lint))
            && (is_asked_for(&finding.primary) || finding.because.iter().any(is_asked_for))
    }
}

fn judge(loaded: &Loaded, host: &Host, options: &Check, lints: &[&'static Lint]) -> Report {
    let mode = FilesMode::from(options.files);
    let judged = parallel::map(&loaded.configs, loaded.configs.len() > 1, |config| {
        let mut site = Site::build(&loaded.files, config, Look { host, mode });
        site.meant_closed.clone_from(&options.meant_closed);
        let mut findings = lints::check(&site, lints);
        for finding in &mut findings {
            finding.is_pedantic &= !options.select.iter().any(|lint| lint.id == finding.lint);
        }
        let files: HashSet<FileId> = findings.iter().map(|finding| finding.primary.span.file).collect();
        let included_from = files.into_iter().map(|file| (file, site.included_from(file))).collect();
        let left_alone = site.left_files_alone() && mode == FilesMode::Auto;
        let unsure = site.unsure_files();
        let presumes = site.presumes_outside();
        let kept = site.kept_files().into_iter().map(Path::to_path_buf).collect();
        let mut problems = std::mem::take(&mut site.problems);
        problems.append(&mut site.unread);
        // As at the end of `run`.
        std::mem::forget(site);
        Judged { findings, problems, included_from, left_alone, presumes, kept, unsure }
    });

    let files: HashSet<FileId> = loaded.configs.iter().flat_map(Config::files).collect();
    let mut report = Report { problems: loaded.problems.clone(), files: files.len(), ..Report::default() };
    let (mut left_alone, mut presumes) = (false, false);
    let mut unsure = BTreeSet::new();
    let mut kept: BTreeSet<PathBuf> = BTreeSet::new();
    let mut told: HashSet<(&str, Span)> = HashSet::new();
    for judged in judged {
        // What a main configuration says of a line counts, and not what a part of it alone looks like.
        let fresh = judged.findings.into_iter().filter(|one| !told.contains(&(one.lint, one.primary.span)));
        let fresh: Vec<Finding> = fresh.collect();
        told.extend(fresh.iter().map(|one| (one.lint, one.primary.span)));
        report.findings.extend(fresh);
        report.problems.extend(judged.problems);
        report.included_from.extend(judged.included_from);
        left_alone |= judged.left_alone;
        presumes |= judged.presumes;
        kept.extend(judged.kept);
        unsure.extend(judged.unsure);
    }
    settle_levels(&mut report.findings, &loaded.files.sources, options);
    let of = files.into_iter().collect();
    let whole = loaded.configs.iter().filter(|config| config.is_main).flat_map(Config::files).collect();
    let user_files = !left_alone && mode != FilesMode::Never;
    let judged = allow::Judged { run: lints, whole, user_files };
    let allowed = allow::apply(std::mem::take(&mut report.findings), &loaded.files, &of, &judged);
    // Only now, so that a comment about something too small to be told is not called needless.
    report.findings = allowed.findings;
    report.findings.retain(|finding| !finding.is_pedantic);
    report.allowed = allowed.count;
    let has_entry = !options.entry.is_empty();
    let known = notes::Known { has_entry, left_alone, presumes, kept: &kept, unsure: &unsure };
    report.notes = notes::notes(loaded, &known);
    report
}

/// Levels as the team wants them, and what it leaves out by path.
fn settle_levels(findings: &mut Vec<Finding>, sources: &Sources, options: &Check) {
    findings.retain(|finding| {
        let path = sources.get(finding.primary.span.file).path();
        let is_out = |(pattern, lints): &(String, Vec<&'static Lint>)| {
            lints.iter().any(|lint| lint.id == finding.lint) && source::matches_path(pattern, path)
        };
        !options.ignore_in.iter().any(is_out)
    });
    for finding in findings {
        let level = options.level.iter().rev().find(|(lint, _)| lint.id == finding.lint);
        finding.level = level.map(|(_, level)| *level).or(finding.level);
    }
}

struct Judged {
    findings: Vec<Finding>,
    problems: Vec<Problem>,
    included_from: HashMap<FileId, Inclusion>,
    left_alone: bool,
    presumes: bool,
    kept: Vec<PathBuf>,
    unsure: BTreeSet<String>,
}
