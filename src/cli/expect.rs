//! `authlint expect`, and the rules of `authlint.toml` that `check` heeds.

use std::path::{Path, PathBuf};

use super::options::Expect;
use super::output::Outputs;
use super::{TROUBLE, complain, places, site};
use crate::decide::Decider;
use crate::expect::{self, Expectation, Told};
use crate::finding::{Place, Problem, ProblemKind};
use crate::load::{Config, Loaded};
use crate::model::{FilesMode, Look, Site};
use crate::report::{Report, plural};
use crate::settings::{self, SettingsFile};
use crate::source::{FileId, Host, Source, Span, offset};

/// Judges the rules of a file. `settled` are the paths of `authlint.toml`.
pub fn run(options: &Expect, settled: &[PathBuf]) -> u8 {
    judge(options, settled).unwrap_or_else(|problem| {
        complain(&problem);
        TROUBLE
    })
}

fn judge(options: &Expect, settled: &[PathBuf]) -> Result<u8, String> {
    let outputs = Outputs::of(&options.output)?;
    let given =
        [&options.file].into_iter().chain(&options.main.config).chain(settled).chain(&options.places.root);
    let given: Vec<&Path> = given.map(PathBuf::as_path).collect();
    let mut host = places::host(&options.places, &given)?;
    let shown = options.file.display();
    let text = std::fs::read_to_string(&options.file).map_err(|error| format!("{shown}: {error}"))?;
    let mut loaded = site::load(&options.main, settled, &options.places, &mut host)?;
    let file = loaded.files.sources.add(Source::new(options.file.clone(), text.clone().into_bytes()));
    let (rules, problems) = expect::parse(&text, file);
    let config = site::main_configuration(&loaded)?;
    let look = Look { host: &host, mode: FilesMode::from(options.files) };
    let site = Site::build(&loaded.files, config, look);
    let mut report = Report { problems, files: config.files().len(), ..Report::default() };
    report.problems.extend(loaded.problems.iter().chain(&site.problems).chain(&site.unread).cloned());
    let count = rules.len();
    let holding = judge_rules(&site, look, &rules, &mut report);
    let hold = if count == 1 { "holds" } else { "hold" };
    report.notes.push(format!("{holding} of {} {hold}", plural(count, "rule")));
    report.sort(&loaded.files.sources);
    Ok(outputs.write(&mut report, &loaded.files, &options.output))
}

/// Puts what does not hold into the report; gives how many rules hold.
fn judge_rules(site: &Site<'_>, look: Look<'_>, rules: &[Expectation], report: &mut Report) -> usize {
    let decider = Decider::new(site, look);
    let mut holding = 0;
    for (rule, verdict) in rules.iter().zip(expect::judge_all(&decider, rules)) {
        match expect::tell(rule, verdict) {
            Told::Nothing => holding += 1,
            Told::Finding(finding) => report.findings.push(*finding),
            Told::Problem(problem) => report.problems.push(*problem),
        }
    }
    holding
}

/// The rules of a settings file, each with the entry that it is about.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<(Expectation, Option<PathBuf>)>,
    problems: Vec<Problem>,
}

impl Rules {
    /// Reads them; the file is taken among the sources, so that its lines can be shown.
    pub fn of(file: &SettingsFile, loaded: &mut Loaded) -> Self {
        let bytes = file.text.clone().into_bytes();
        let id = loaded.files.sources.add(Source::new(file.path.clone(), bytes));
        let mut all = Rules::default();
        for one in &file.expect {
            let place = settings::inside(&file.text, &one.rule);
            let span = Span::new(id, offset(place.start), offset(place.end));
            let (rules, problems) = expect::parse(one.rule.get_ref(), id);
            if rules.len() + problems.len() != 1 {
                let message = "one rule is expected here, such as `/admin/** -> never open`";
                all.problems.push(Problem::at(ProblemKind::Syntax, span, message));
                continue;
            }
            let entry = one.entry.as_ref().map(|entry| file.path_of(entry));
            let because = one.because.clone();
            all.rules.extend(
                rules
                    .into_iter()
                    .map(|rule| (Expectation { span, because: because.clone(), ..rule }, entry.clone())),
            );
            all.problems
                .extend(problems.into_iter().map(|problem| Problem { place: Place::Span(span), ..problem }));
        }
        all
    }

    /// Judges them, each in the light of its main configuration.
    pub fn judge(&self, loaded: &Loaded, host: &Host, mode: FilesMode, report: &mut Report) {
        report.problems.extend(self.problems.iter().cloned());
        let main: Vec<&Config> = loaded.configs.iter().filter(|config| config.is_main).collect();
        for (number, config) in main.iter().enumerate() {
            let is_about = |entry: &Option<PathBuf>| match entry {
                Some(entry) => is_entry(loaded, config.entry, entry),
                None => main.len() == 1,
            };
            let rules: Vec<Expectation> = self
                .rules
                .iter()
                .filter(|(_, entry)| is_about(entry))
                .map(|(rule, _)| rule.clone())
                .collect();
            if !rules.is_empty() {
                let look = Look { host, mode };
                judge_rules(&Site::build(&loaded.files, config, look), look, &rules, report);
            }
            if number == 0 && main.len() > 1 {
                let unsure = self.rules.iter().filter(|(_, entry)| entry.is_none());
                report.problems.extend(unsure.map(|(rule, _)| {
                    let message = "there are several main configurations: `entry` says which this is about";
                    Problem::at(ProblemKind::Unsupported, rule.span, message)
                }));
            }
        }
        if main.is_empty() && !self.rules.is_empty() {
            report.notes.push(
                "the expectations were not judged: there is no main configuration here (--entry names one)"
                    .into(),
            );
        }
    }
}

/// Whether a configuration begins with the file that a person names.
fn is_entry(loaded: &Loaded, file: FileId, entry: &Path) -> bool {
    let path = loaded.files.sources.get(file).path();
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    real(path) == real(entry)
}
