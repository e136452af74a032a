//! Where reports go, and in what form.

use std::path::{Path, PathBuf};

use super::options::{FailOn, Format, Reporting};
use super::{CLEAN, FINDINGS, TROUBLE, complain, print};
use crate::finding::{Finding, Level};
use crate::load::Files;
use crate::outline::outlines;
use crate::report::{self, Base, Report};

/// The reports of a run, each with its file; without one it goes to standard output.
#[derive(Debug)]
pub struct Outputs(Vec<(Format, Option<PathBuf>)>);

impl Outputs {
    /// What the options ask for. The error is a sentence.
    pub fn of(options: &Reporting) -> Result<Self, String> {
        let file = |path: &Path| (path != Path::new("-")).then(|| path.to_path_buf());
        let mut all: Vec<(Format, Option<PathBuf>)> =
            options.report.iter().map(|(format, path)| (*format, file(path))).collect();
        // Who asks for a report on standard output and for nothing else there has said what the first report is.
        let is_said = options.format.is_some() || options.output.is_some();
        if is_said || all.iter().all(|(_, file)| file.is_some()) {
            let output = options.output.as_deref().and_then(file);
            all.insert(0, (options.format.unwrap_or_default(), output));
        }
        for (number, (_, place)) in all.iter().enumerate() {
            let whole =
                |place: &Option<PathBuf>| place.as_ref().and_then(|path| std::path::absolute(path).ok());
            if all[..number].iter().any(|(_, other)| whole(other) == whole(place)) {
                return Err(match place {
                    None => "two reports cannot both go to standard output: give one of them a file, as in \
                             `--report sarif=authlint.sarif`"
                        .into(),
                    Some(file) => format!("two reports cannot both go to {}", file.display()),
                });
            }
        }
        Ok(Outputs(all))
    }

    /// Writes the reports; gives the exit status.
    pub fn write(&self, report: &mut Report, files: &Files, options: &Reporting) -> u8 {
        if self.0.iter().any(|(format, _)| matches!(format, Format::Sarif | Format::Gitlab)) {
            outline(report, files);
        }
        let mut written = Ok(());
        for (format, file) in &self.0 {
            let text = text(*format, file.is_none(), report, files, options);
            let result = match file {
                Some(path) => std::fs::write(path, text).map_err(|error| {
                    complain(&format!("{}: {error}", path.display()));
                    TROUBLE
                }),
                None => print(&text),
            };
            written = written.and(result);
        }
        written.err().unwrap_or_else(|| status(report, options.fail_on))
    }
}

/// Finds what fingerprints are made of.
pub fn outline(report: &mut Report, files: &Files) {
    report.outlines = outlines(files, report.findings.iter().map(|one| one.primary.span));
}

fn text(format: Format, is_on_stdout: bool, report: &Report, files: &Files, options: &Reporting) -> String {
    let sources = &files.sources;
    let has_fixed = report.fixes.fixed.is_some_and(|fixed| fixed > 0);
    let is_silent = options.quiet && report.findings.is_empty() && report.problems.is_empty() && !has_fixed;
    match format {
        Format::Human if is_silent => String::new(),
        Format::Human => report::human(report, sources, super::style(options.color, is_on_stdout)),
        Format::Concise => report::concise(report, sources),
        Format::Json => report::json(report, sources),
        Format::Sarif => report::sarif(report, sources, &base()),
        Format::Github => report::github(report, sources, &base()),
        Format::Gitlab => report::gitlab(report, sources, &base()),
        Format::Junit => report::junit(report, sources, &base()),
    }
}

/// The paths of a report for a forge start at the root of the checkout. GitHub and GitLab say where that is; else it is
/// the working directory.
pub fn base() -> Base {
    let here = std::env::current_dir().unwrap_or_default();
    let checkout = |name: &str| {
        let root = Path::new(&std::env::var_os(name)?).canonicalize().ok()?;
        here.starts_with(&root).then_some(root)
    };
    let root = checkout("GITHUB_WORKSPACE").or_else(|| checkout("CI_PROJECT_DIR"));
    Base::new(here.clone(), root.unwrap_or(here))
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
