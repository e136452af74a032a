//! For people at a terminal: miette shows the lines, with carets and the places that explain.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Display, Write};
use std::sync::OnceLock;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    Severity, SourceCode, SourceSpan, SpanContents,
};

use super::{Report, harmless, kind, level_of, message, place, plural, url};
use crate::finding::{Finding, Inclusion, Label, Level, Place, Problem};
use crate::parallel;
use crate::source::{FileId, Source, Sources, Span, offset};

/// How the terminal wants it.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether colours may be used.
    pub color: bool,
    /// Whether lines may be drawn with characters beyond ASCII.
    pub unicode: bool,
    /// The width in columns.
    pub width: usize,
    /// Whether it is one: ids may be links there, and sentences are broken at the width. In a log they are found more
    /// easily whole.
    pub is_terminal: bool,
}

impl Style {
    /// A sentence behind a word such as `note: `.
    fn sentence(self, word: &str, text: &str) -> String {
        let line = format!("{word}{text}");
        if !self.is_terminal {
            return line;
        }
        let indent = " ".repeat(word.len());
        let options = textwrap::Options::new(self.width)
            .subsequent_indent(&indent)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .break_words(false);
        textwrap::fill(&line, options)
    }
}

/// A line of a configuration is cut to this many bytes around what is shown.
const LINE: usize = 160;
/// A label underlines no more than this.
const UNDERLINED: u32 = 120;

/// The whole report with a last line that counts.
#[must_use]
pub fn human(report: &Report, sources: &Sources, style: Style) -> String {
    let handler = handler(style);
    let texts = Texts { sources, texts: std::iter::repeat_with(OnceLock::new).take(sources.len()).collect() };
    let findings = report.findings.iter().map(|finding| of_finding(finding, report, &texts));
    // One way out of several problems is said once.
    let mut said = HashSet::new();
    let problems = report.problems.iter().map(|problem| {
        let mut shown = of_problem(problem, &texts);
        shown.help = shown.help.filter(|_| said.insert(problem.help.as_deref()));
        shown
    });
    let shown: Vec<Shown<'_>> = findings.chain(problems).collect();
    let texts = parallel::map(&shown, shown.len() > 50, |shown| {
        let mut text = String::new();
        if handler.render_report(&mut text, shown).is_err() {
            let _ = writeln!(text, "{shown}");
        }
        text
    });
    let mut out: String = texts.into_iter().map(|text| text + "\n").collect();
    for note in &report.notes {
        let _ = writeln!(out, "{}", style.sentence("note: ", &harmless(note)));
    }
    let more = if report.findings.is_empty() { "" } else { " (`authlint explain LINT` tells more)" };
    let _ = writeln!(out, "{}{more}", report.summary());
    if let Some(fixes) = report.fixes.summary() {
        let _ = writeln!(out, "{fixes}");
    }
    out
}

fn handler(style: Style) -> GraphicalReportHandler {
    let theme = match (style.unicode, style.color) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => {
            GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::unicode() }
        }
        (false, false) => {
            GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::none() }
        }
    };
    GraphicalReportHandler::new_themed(theme)
        .with_width(style.width)
        .with_links(style.color && style.is_terminal)
        .with_urls(style.color && style.is_terminal)
        // A command in a help line is broken at blanks only, so that it can be copied.
        .with_word_separator(textwrap::WordSeparator::AsciiSpace)
        .with_break_words(false)
        .with_context_lines(1)
        .with_show_related_as_nested(true)
}

/// A finding, a problem, or the part of one that lies in another file.
#[derive(Debug)]
struct Shown<'s> {
    title: String,
    url: Option<String>,
    severity: Severity,
    help: Option<String>,
    excerpt: Option<Excerpt<'s>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Shown<'s>>,
}

fn of_finding<'s>(finding: &'s Finding, report: &Report, texts: &'s Texts<'s>) -> Shown<'s> {
    let severity = match level_of(finding) {
        Level::Error => Severity::Error,
        Level::Warning => Severity::Warning,
        Level::Advice => Severity::Advice,
    };
    let mut help = finding.help.clone().unwrap_or_default();
    let line = |span: &Span| {
        let (path, start, _) = place(texts.sources, *span);
        format!("{}:{}", path.display(), start.line)
    };
    match finding.elsewhere.as_slice() {
        [] => {}
        [places @ .., last] if places.len() < 3 => {
            let places: Vec<String> = places.iter().chain([last]).map(line).collect();
            help = format!("{help}\nthe same is the matter at {}", places.join(", "));
        }
        [first, rest @ ..] => {
            help = format!(
                "{help}\nthe same is the matter at {} and {}",
                line(first),
                plural(rest.len(), "more place")
            );
        }
    }
    match report.included_from.get(&finding.primary.span.file) {
        Some(included) if included.times > 1 => help = format!("{help}\nincluded {} times", included.times),
        Some(Inclusion { chain, .. }) if !chain.is_empty() => {
            help = format!("{help}\nincluded from {}", line(&chain[0]));
        }
        _ => {}
    }
    let mut shown = Shown::new(
        &format!("{}[{}]: {}", level_of(finding).as_str(), finding.lint, message(finding)),
        severity,
    );
    shown.url = url(finding);
    shown.help =
        Some(help).filter(|help| !help.is_empty()).map(|help| harmless(help.trim_start()).into_owned());
    shown.place(&finding.primary, &finding.because, texts);
    shown
}

fn of_problem<'s>(problem: &'s Problem, texts: &'s Texts<'s>) -> Shown<'s> {
    let mut shown = Shown::new("", Severity::Error);
    shown.help = problem.help.as_deref().map(|help| harmless(help).into_owned());
    match &problem.place {
        Place::Path(path) => {
            shown.title =
                format!("problem[{}]: {}: {}", kind(problem).as_str(), path.display(), problem.message);
        }
        Place::Span(span) => {
            shown.title = format!("problem[{}]: {}", kind(problem).as_str(), problem.message);
            shown.place(&Label { span: *span, message: String::new() }, &problem.because, texts);
        }
    }
    shown.title = harmless(&shown.title).into_owned();
    shown
}

impl<'s> Shown<'s> {
    fn new(title: &str, severity: Severity) -> Self {
        let title = harmless(title).into_owned();
        Shown {
            title,
            url: None,
            severity,
            help: None,
            excerpt: None,
            labels: Vec::new(),
            related: Vec::new(),
        }
    }

    /// miette shows parts of a file in their order. What comes before the primary part would be
    /// taken for the place of the finding.
    fn comes_long_before(&self, label: &Label, primary: &Label) -> bool {
        let line = |at: u32| self.excerpt.as_ref().map_or(0, |excerpt| excerpt.source.line_of(at));
        line(label.span.start) + 3 < line(primary.span.start)
    }

    fn is_in(&self, file: FileId) -> bool {
        self.excerpt.as_ref().is_some_and(|excerpt| excerpt.file == file)
    }

    /// Labels in the file of the primary one are shown with it, those in other files as a part of
    /// their own.
    fn place(&mut self, primary: &Label, because: &[Label], texts: &'s Texts<'s>) {
        self.excerpt =
            Some(Excerpt { source: texts.sources.get(primary.span.file), texts, file: primary.span.file });
        self.labels.push(labeled(primary, true));
        for label in because {
            if label.span.file == primary.span.file && !self.comes_long_before(label, primary) {
                self.labels.push(labeled(label, false));
            } else if let Some(part) = self.related.iter_mut().find(|part| part.is_in(label.span.file)) {
                part.labels.push(labeled(label, false));
            } else {
                let mut part = Shown::new("because", Severity::Advice);
                part.place(label, &[], texts);
                self.related.push(part);
            }
        }
    }
}

fn labeled(label: &Label, primary: bool) -> LabeledSpan {
    let Span { start, end, .. } = label.span;
    let length = end.saturating_sub(start).clamp(1, UNDERLINED) as usize;
    let span = SourceSpan::new((start as usize).into(), length);
    let text = Some(harmless(&label.message).into_owned()).filter(|text| !text.is_empty());
    if primary {
        LabeledSpan::new_primary_with_span(text, span)
    } else {
        LabeledSpan::new_with_span(text, span)
    }
}

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn url<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.url.as_ref().map(|url| Box::new(url) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        if self.related.is_empty() {
            return None;
        }
        Some(Box::new(self.related.iter().map(|part| part as &dyn Diagnostic)))
    }
}

/// The lines of a file around a place, harmless, and cut where they are long.
#[derive(Debug)]
struct Excerpt<'s> {
    source: &'s Source,
    texts: &'s Texts<'s>,
    file: FileId,
}

/// The harmless texts of the files that are shown, each made once.
#[derive(Debug)]
struct Texts<'s> {
    sources: &'s Sources,
    texts: Vec<OnceLock<Cow<'s, str>>>,
}

impl Texts<'_> {
    fn get(&self, file: FileId) -> &str {
        self.texts[self.sources.number(file)].get_or_init(|| harmless(self.sources.get(file).text()))
    }
}

impl SourceCode for Excerpt<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.texts.get(self.file);
        let lines = self.source.lines();
        let from = span.offset().min(text.len());
        let to = (span.offset() + span.len()).clamp(from, text.len());
        let line = self.source.line_of(offset(from));
        let last_line = self.source.line_of(offset(to.saturating_sub(1).max(from)));

        // What is cut is the line itself; a line around it is shown whole or not at all.
        let (own_start, first_start) = (lines[line] as usize, lines[line.saturating_sub(before)] as usize);
        let start = match (from - own_start, own_start - first_start) {
            (0..=LINE, 0..=LINE) => first_start,
            (0..=LINE, _) => own_start,
            _ => from - LINE,
        };
        let line_end = |line: usize| lines.get(line + 1).map_or(text.len(), |&next| next as usize);
        let (own_end, last_end) = (line_end(last_line), line_end(last_line + after));
        let end = match (own_end.saturating_sub(to), last_end - own_end) {
            (0..=LINE, 0..=LINE) => last_end,
            (0..=LINE, _) => own_end,
            _ => to + LINE,
        };
        let (start, end) = (text.floor_char_boundary(start), text.floor_char_boundary(end));
        let first = self.source.line_of(offset(start));
        let column = if before == 0 { self.source.position(offset(from)).column - 1 } else { 0 };
        Ok(Box::new(MietteSpanContents::new_named(
            harmless(&self.source.path().display().to_string()).into_owned(),
            &text.as_bytes()[start..end],
            SourceSpan::new(start.into(), end - start),
            first,
            column,
            last_line - first + 1,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_sentences_of_its_width() {
        let style = Style { color: false, unicode: true, width: 30, is_terminal: true };
        assert_eq!(
            style.sentence("note: ", "a.conf is a part of a configuration"),
            "note: a.conf is a part of a\n      configuration"
        );
        let log = Style { is_terminal: false, ..style };
        assert_eq!(log.sentence("note: ", "a.conf is a part of a configuration").lines().count(), 1);
    }
}
