//! SARIF 2.1.0, the format of code scanning: one run, the rules that have something to say, their results.
//!
//! Paths are URIs from `%SRCROOT%` on, whose place the log leaves to its reader. Columns count characters, as
//! everywhere in authlint, and the log says so. What could not be analysed is a notification, and such a run was not
//! successful. What a comment or a baseline allows is left out: code scanning would open an alert for it, whatever
//! `suppressions` says.

mod log;

use std::collections::BTreeMap;

use super::{Base, OTHERS, Report, fingerprint, harmless, kind, level_of, place, plural, told};
use crate::finding::{Finding, Fix, Level, Place, Problem, Safety};
use crate::lints::{self, Lint};
use crate::source::{Position, Sources, Span};
use log::{
    ArtifactChange, ArtifactLocation, Configuration, Descriptor, DescriptorReference, Driver, FixObject,
    Help, Invocation, Location, Log, Message, Notification, PartialFingerprints, PhysicalLocation,
    Properties, Region, Replacement, ResultObject, Run, Tool,
};

/// What relative URIs start from.
const ROOT: &str = "%SRCROOT%";

/// A snippet may be wrong in thousands of places. The message says how many; the first ones are shown.
const ELSEWHERE: usize = 50;

/// The whole report as one log, with a line feed at its end.
#[must_use]
pub fn sarif(report: &Report, sources: &Sources, base: &Base) -> String {
    let rules = rules(report);
    let teller = Teller { report, sources, base };
    let prints = fingerprint::fingerprints(report, sources, base);
    let index = |finding: &Finding| rules.keys().position(|id| *id == finding.lint).unwrap_or_default();
    let results = report.findings.iter().zip(prints).map(|(finding, print)| {
        teller.result(finding, index(finding), PartialFingerprints { version_1: print })
    });
    let root_description = "the directory that authlint was run in, or the root of the checkout around it";
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            results: results.collect(),
            invocations: [Invocation {
                execution_successful: report.problems.is_empty(),
                tool_execution_notifications: teller.notifications(),
            }],
            original_uri_base_ids: BTreeMap::from([(
                ROOT,
                log::BaseId { description: said(root_description) },
            )]),
            column_kind: "unicodeCodePoints",
            tool: Tool {
                driver: Driver {
                    name: "authlint",
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    information_uri: Some(env!("CARGO_PKG_HOMEPAGE")).filter(|uri| !uri.is_empty()),
                    rules: rules.into_values().collect(),
                },
            },
        }],
    };
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Advice => "note",
    }
}

/// A message without anything that a reader would take for a link within the log (section 3.11.6).
fn said(text: &str) -> Message {
    Message { text: harmless(text).replace("](", "\\](") }
}

/// The rules that findings name, by id.
fn rules(report: &Report) -> BTreeMap<&'static str, Descriptor> {
    let mut rules = BTreeMap::new();
    for finding in &report.findings {
        rules.entry(finding.lint).or_insert_with(|| match lints::find(finding.lint) {
            Some(lint) => rule(lint),
            None => other(finding),
        });
    }
    rules
}

fn rule(lint: &Lint) -> Descriptor {
    let is_about = |server: &str| lint.page.contains(&format!("```{server} bad"));
    let servers = ["nginx", "apache"].into_iter().filter(|server| is_about(server));
    Descriptor {
        id: lint.id,
        short_description: said(lint.summary),
        full_description: said(&first_paragraph(lint.page)),
        help_uri: lint.url(),
        help: Help { text: lint.page, markdown: lint.page },
        default_configuration: Configuration { level: level_word(lint.level) },
        properties: Properties { tags: ["security", "authentication"].into_iter().chain(servers).collect() },
    }
}

/// A kind of finding that is no lint.
fn other(finding: &Finding) -> Descriptor {
    let page = OTHERS.iter().find(|(id, _)| *id == finding.lint).map_or("", |(_, page)| page);
    let first = first_paragraph(page);
    Descriptor {
        id: finding.lint,
        short_description: said(if first.is_empty() { finding.lint } else { &first }),
        full_description: said(if first.is_empty() { finding.lint } else { &first }),
        help_uri: None,
        help: Help { text: page, markdown: page },
        default_configuration: Configuration { level: level_word(level_of(finding)) },
        properties: Properties { tags: vec!["security", "authentication"] },
    }
}

/// What a page says first, below its title.
fn first_paragraph(page: &str) -> String {
    let lines = page.lines().skip_while(|line| line.is_empty() || line.starts_with('#'));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

struct Teller<'r> {
    report: &'r Report,
    sources: &'r Sources,
    base: &'r Base,
}

impl Teller<'_> {
    fn result(&self, finding: &Finding, index: usize, prints: PartialFingerprints) -> ResultObject {
        let mut text = told::headline(finding);
        if !finding.elsewhere.is_empty() {
            let more = plural(finding.elsewhere.len(), "more place");
            text = format!("{text}\nthe same is the matter at {more}");
        }
        if let Some(help) = &finding.help {
            text = format!("{text}\n{help}");
        }
        ResultObject {
            rule_id: finding.lint,
            rule_index: index,
            level: level_word(level_of(finding)),
            message: said(&text),
            locations: [self.location(finding.primary.span, Some(&finding.primary.message), None)],
            related_locations: self.related(finding),
            partial_fingerprints: prints,
            fixes: finding.fix.iter().filter_map(|fix| self.fix(finding, fix)).collect(),
        }
    }

    /// The places that explain a finding, then those with the same defect, then the way to the file.
    fn related(&self, finding: &Finding) -> Vec<Location> {
        let because = finding.because.iter().map(|label| (label.span, label.message.as_str()));
        let elsewhere =
            finding.elsewhere.iter().take(ELSEWHERE).map(|&span| (span, "the same is the matter here"));
        let included = self.report.included_from.get(&finding.primary.span.file);
        let chain = included.map(|included| included.chain.as_slice()).unwrap_or_default();
        let included = chain.iter().map(|&span| (span, "the file is included from here"));
        let all = because.chain(elsewhere).chain(included).zip(1..);
        all.map(|((span, message), id)| self.location(span, Some(message), Some(id))).collect()
    }

    fn notifications(&self) -> Vec<Notification> {
        let problems = self.report.problems.iter().map(|problem| self.notification(problem));
        let notes = self.report.notes.iter().map(|note| Notification {
            level: "note",
            message: said(note),
            descriptor: None,
            locations: Vec::new(),
        });
        problems.chain(notes).collect()
    }

    fn notification(&self, problem: &Problem) -> Notification {
        let text = match &problem.help {
            Some(help) => format!("{}\n{help}", problem.message),
            None => problem.message.clone(),
        };
        let first = match &problem.place {
            Place::Span(span) => self.location(*span, None, None),
            Place::Path(path) => Location {
                id: None,
                physical_location: PhysicalLocation { artifact_location: self.artifact(path), region: None },
                message: None,
            },
        };
        // With a number each, as no two of them may be the same.
        let because = problem.because.iter().zip(1..);
        let because = because.map(|(label, id)| self.location(label.span, Some(&label.message), Some(id)));
        Notification {
            level: "error",
            message: said(&text),
            descriptor: Some(DescriptorReference { id: kind(problem).as_str() }),
            locations: [first].into_iter().chain(because).collect(),
        }
    }

    fn location(&self, span: Span, message: Option<&str>, id: Option<usize>) -> Location {
        let artifact_location = self.artifact(self.sources.get(span.file).path());
        let message = message.filter(|message| !message.is_empty()).map(said);
        let region = Some(self.region(span));
        Location { id, physical_location: PhysicalLocation { artifact_location, region }, message }
    }

    fn artifact(&self, path: &std::path::Path) -> ArtifactLocation {
        let (uri, is_relative) = self.base.uri(path);
        ArtifactLocation { uri, uri_base_id: is_relative.then_some(ROOT) }
    }

    fn region(&self, span: Span) -> Region {
        let (_, start, end) = place(self.sources, span);
        // A mark of the byte order does not count (section 3.30.2).
        let has_mark = self.sources.get(span.file).text().starts_with('\u{feff}');
        let column = |at: Position| match at.line {
            1 if has_mark => at.column.saturating_sub(1).max(1),
            _ => at.column,
        };
        let (start_column, end_column) = (column(start), column(end));
        Region { start_line: start.line, start_column, end_line: end.line, end_column }
    }

    /// A fix whose places and text can be given as they are.
    fn fix(&self, finding: &Finding, fix: &Fix) -> Option<FixObject> {
        // Fixes put line ends where the file has such; JSON writes them in letters.
        let is_plain = |text: &str| text.split('\r').all(|part| harmless(part) == part);
        if fix.edits.iter().any(|edit| self.sources.is_beside(edit.span.file) || !is_plain(&edit.text)) {
            return None;
        }
        let mut changes: Vec<ArtifactChange> = Vec::new();
        for edit in &fix.edits {
            let artifact_location = self.artifact(self.sources.get(edit.span.file).path());
            let inserted_content = Message { text: edit.text.clone() };
            let replacement = Replacement { deleted_region: self.region(edit.span), inserted_content };
            match changes.iter_mut().find(|change| change.artifact_location == artifact_location) {
                Some(change) => change.replacements.push(replacement),
                None => changes.push(ArtifactChange { artifact_location, replacements: vec![replacement] }),
            }
        }
        let safety = match fix.safety {
            Safety::Safe => "safe: the server behaves as was certainly meant",
            Safety::Unsafe => "likely right: a person has to decide",
        };
        let help = finding.help.as_deref().unwrap_or(finding.lint);
        Some(FixObject { description: said(&format!("{help} ({safety})")), artifact_changes: changes })
    }
}
