//! `authlint check`.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::expect::Rules;
use super::options::{Check, FailOn, Format, Reporting};
use super::places;
use super::progress::Progress;
use super::{CLEAN, FINDINGS, TROUBLE, complain, print};
use crate::finding::{Finding, Inclusion, Label, Level, Problem, ProblemKind};
use crate::lints::{self, Lint};
use crate::load::{self, Config, Loaded, Request};
use crate::model::{FilesMode, Look, Site};
use crate::parallel;
use crate::report::{self, Report, plural};
use crate::settings::{self, SettingsFile};
use crate::source::{FileId, Host, Sources, Span};

/// Checks what the options say and prints the report.
pub fn run(options: &Check) -> u8 {
    let progress = Progress::start("reading the configuration");
    let given: Vec<&Path> = options
        .paths
        .iter()
        .chain(&options.entry)
        .chain(&options.places.root)
        .map(PathBuf::as_path)
        .collect();
    let mut host = match places::host(&options.places, &given) {
        Ok(host) => host,
        Err(problem) => {
            complain(&problem);
            return TROUBLE;
        }
    };
    let paths = if options.paths.is_empty() { places::installed(&host) } else { options.paths.clone() };
    if paths.is_empty() && options.entry.is_empty() {
        complain("no configuration is installed here: name a file or a directory to check");
        return TROUBLE;
    }
    let request = Request {
        paths,
        entries: options.entry.clone(),
        server: options.places.server.into(),
        stdin_filename: options.stdin_filename.clone(),
        defines: options.places.define.clone(),
        leaves_served: true,
    };
    let settings = match settings(options) {
        Ok(settings) => settings,
        Err(problem) => {
            complain(&problem);
            return TROUBLE;
        }
    };
    let mut loaded = load::load(&request, &mut host);
    let rules = settings.map(|file| Rules::of(&file, &mut loaded)).unwrap_or_default();
    let mut report = judge(&loaded, &host, options);
    rules.judge(&loaded, &host, FilesMode::from(options.files), &mut report);
    report.sort(&loaded.files.sources);
    drop(progress);
    let status = write(&report, &loaded.files.sources, &options.output);
    // The process ends here: to give the memory back piece by piece only takes time.
    std::mem::forget(loaded);
    status
}

/// What the team has settled, where it has.
fn settings(options: &Check) -> Result<Option<SettingsFile>, String> {
    let path = match &options.config {
        _ if options.no_config => None,
        Some(path) => Some(path.clone()),
        None => std::env::current_dir().ok().and_then(|here| settings::find(&here)),
    };
    path.map(|path| settings::read(&path).map_err(|refused| refused.to_string())).transpose()
}

fn selected(options: &Check) -> Vec<&'static Lint> {
    let is_in = |list: &[&Lint], lint: &Lint| list.iter().any(|other| other.id == lint.id);
    let chosen = |lint: &&Lint| options.select.is_empty() || is_in(&options.select, lint);
    lints::ALL.iter().filter(chosen).filter(|lint| !is_in(&options.ignore, lint)).collect()
}

fn judge(loaded: &Loaded, host: &Host, options: &Check) -> Report {
    let mode = FilesMode::from(options.files);
    let lints = selected(options);
    let judged = parallel::map(&loaded.configs, loaded.configs.len() > 1, |config| {
        let mut site = Site::build(&loaded.files, config, Look { host, mode });
        let mut findings = lints::check(&site, &lints);
        findings.retain(|one| !one.is_pedantic || options.select.iter().any(|lint| lint.id == one.lint));
        let files: HashSet<FileId> = findings.iter().map(|finding| finding.primary.span.file).collect();
        let included_from = files.into_iter().map(|file| (file, site.included_from(file))).collect();
        let left_alone = site.left_files_alone() && mode == FilesMode::Auto;
        let problems = std::mem::take(&mut site.problems);
        // As at the end of `run`.
        std::mem::forget(site);
        Judged { findings, problems, included_from, left_alone }
    });

    let files: HashSet<FileId> = loaded.configs.iter().flat_map(Config::files).collect();
    let mut report = Report { problems: loaded.problems.clone(), files: files.len(), ..Report::default() };
    let mut left_alone = false;
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
    }
    if let Some(asked_for) = &loaded.asked_for {
        let is_asked_for = |label: &Label| asked_for.contains(&label.span.file);
        report
            .findings
            .retain(|finding| is_asked_for(&finding.primary) || finding.because.iter().any(is_asked_for));
    }
    report.notes = notes(loaded, left_alone);
    report
}

struct Judged {
    findings: Vec<Finding>,
    problems: Vec<Problem>,
    included_from: HashMap<FileId, Inclusion>,
    left_alone: bool,
}

fn notes(loaded: &Loaded, left_alone: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let used: HashSet<FileId> = loaded.configs.iter().flat_map(Config::files).collect();
    let mut templates: Vec<&Path> = used
        .iter()
        .filter(|file| loaded.files.tree(**file).is_template)
        .map(|file| loaded.files.sources.get(*file).path())
        .collect();
    templates.sort_unstable();
    match templates.as_slice() {
        [] => {}
        [one] => notes.push(format!("{} is a template: what its marks stand for is unknown", one.display())),
        [first, rest @ ..] => {
            notes.push(format!(
                "{} and {} more are templates: what their marks stand for is unknown",
                first.display(),
                rest.len()
            ));
        }
    }
    notes.extend(note_on_parts(loaded));
    notes.extend(note_on_variables(loaded));
    let is_unknown = |config: &Config| config.includes.values().any(|included| !included.is_whole);
    if loaded.configs.iter().any(is_unknown)
        && !loaded.problems.iter().any(|problem| problem.kind == ProblemKind::Include)
    {
        notes.push("some includes are not here: what they bring in is unknown (--map says where the server's paths lie)".into());
    }
    if left_alone {
        notes.push(
            "password files were not looked at (--files always, --map or --root has them looked at)".into(),
        );
    }
    notes
}

/// Writes a report as the options say; gives the exit status.
pub(super) fn write(report: &Report, sources: &Sources, options: &Reporting) -> u8 {
    let is_silent = options.quiet && report.findings.is_empty() && report.problems.is_empty();
    let text = match options.format {
        Format::Json => report::json(report, sources),
        Format::Concise => report::concise(report, sources),
        Format::Human if is_silent => String::new(),
        Format::Human => {
            report::human(report, sources, super::style(options.color, options.output.is_none()))
        }
    };
    let written = match &options.output {
        Some(path) => std::fs::write(path, text).map_err(|error| {
            complain(&format!("{}: {error}", path.display()));
            TROUBLE
        }),
        None => print(&text),
    };
    written.err().unwrap_or_else(|| status(report, options.fail_on))
}

fn status(report: &Report, fail_on: FailOn) -> u8 {
    let threshold = match fail_on {
        FailOn::Error => Some(Level::Error),
        FailOn::Warning => Some(Level::Warning),
        FailOn::Advice => Some(Level::Advice),
        FailOn::Never => None,
    };
    if !report.problems.is_empty() {
        return TROUBLE;
    }
    let fails = |finding: &Finding| threshold.is_some_and(|threshold| report::level_of(finding) >= threshold);
    if report.findings.iter().any(fails) { FINDINGS } else { CLEAN }
}

/// What variables of Apache stand for that nobody has given a value.
fn note_on_variables(loaded: &Loaded) -> Option<String> {
    let readings = loaded.configs.iter().filter_map(Config::reading);
    let names: BTreeSet<&str> = readings
        .flat_map(|reading| &reading.unknown_variables)
        .map(|variable| variable.name.as_str())
        .collect();
    let shown: Vec<String> = names.iter().take(3).map(|name| format!("${{{name}}}")).collect();
    let more = names.len() - shown.len();
    let more = if more > 0 { format!(" and {}", plural(more, "more variable")) } else { String::new() };
    let verb = if names.len() == 1 { "stands" } else { "stand" };
    let list = shown.join(", ");
    (!names.is_empty()).then(|| format!("what {list}{more} {verb} for is unknown (-D NAME=VALUE says it)"))
}

/// Parts of a configuration are judged with an unknown outside. Beside a main configuration only
/// those are worth a word that hold a site: snippets are there to be included some day.
fn note_on_parts(loaded: &Loaded) -> Option<String> {
    let files = &loaded.files;
    let has_main = loaded.configs.iter().any(|config| config.is_main);
    let has_site = |config: &&Config| {
        let (tree, source) = (files.tree(config.entry), files.sources.get(config.entry));
        tree.top().any(|id| tree.is_block(id) && tree.raw(source, id, 0) == Some(b"server"))
    };
    let parts = loaded.configs.iter().filter(|config| !config.is_main && (!has_main || has_site(config)));
    let parts: Vec<String> =
        parts.map(|config| files.sources.get(config.entry).path().display().to_string()).collect();
    let (first, more) = parts.split_first()?;
    let (which, verb, them) = match more.len() {
        0 => (first.clone(), "is", "it"),
        n => (format!("{first} and {}", plural(n, "more file")), "are", "them"),
    };
    let what = match (has_main, more.is_empty()) {
        (true, _) => "not included by the main configuration",
        (false, true) => "a part of a configuration",
        (false, false) => "parts of a configuration",
    };
    Some(format!(
        "{which} {verb} {what}: what stands around {them} is unknown (--entry names a main configuration)"
    ))
}
