//! A directive in its place, and the values of its arguments.

use std::borrow::Cow;

use super::names::Name;
use super::{DirectiveData, Site};
use crate::load::Expanded;
use crate::source::{Source, Span};
use crate::syntax::{Range, Tree};

/// A directive of a site.
#[derive(Clone, Copy, Debug)]
pub struct Directive<'s> {
    pub(super) site: &'s Site<'s>,
    pub(super) data: DirectiveData,
}

/// The same text is the same directive, whoever includes it.
impl PartialEq for Directive<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.statement_span() == other.statement_span()
    }
}

impl Eq for Directive<'_> {}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct Value<'s> {
    directive: Directive<'s>,
    /// The number of the word; the name of the directive is 0.
    word: usize,
}

impl<'s> Directive<'s> {
    /// Which directive it is.
    #[must_use]
    pub fn name(self) -> Name {
        self.data.name
    }

    /// The site that it stands in.
    #[must_use]
    pub fn site(self) -> &'s Site<'s> {
        self.site
    }

    /// The name as it is written.
    #[must_use]
    pub fn name_text(self) -> &'s str {
        let name = self.tree().word_range(self.data.statement, 0);
        self.site.files.sources.text(self.span_of(name))
    }

    /// The name, with what variables and macros made of it.
    #[must_use]
    pub fn name_word(self) -> Cow<'s, str> {
        match self.expanded().and_then(|expanded| expanded.words.first()) {
            Some(name) => String::from_utf8_lossy(name),
            None => {
                let name = self.tree().value(self.source(), self.data.statement, 0).unwrap_or_default();
                Cow::Owned(String::from_utf8_lossy(&name).into_owned())
            }
        }
    }

    /// Where the name stands, where it is written as such.
    #[must_use]
    pub fn name_span(self) -> Option<Span> {
        let name = self.tree().word_range(self.data.statement, 0);
        self.expanded().is_none().then(|| self.span_of(name))
    }

    /// The name and the arguments, without the `;`.
    #[must_use]
    pub fn span(self) -> Span {
        self.site.files.head(self.data.file, self.data.statement)
    }

    /// The whole statement, with its `;`.
    #[must_use]
    pub fn statement_span(self) -> Span {
        self.span_of(self.tree().range(self.data.statement))
    }

    /// How many arguments there are.
    #[must_use]
    pub fn arity(self) -> usize {
        let words = match self.expanded() {
            Some(expanded) => expanded.words.len(),
            None => self.tree().word_count(self.data.statement),
        };
        words.saturating_sub(1)
    }

    /// Whether it is certainly in force: not in a container whose condition is unknown.
    #[must_use]
    pub fn is_certain(self) -> bool {
        self.data.is_certain
    }

    /// The text from argument `n` to the end, quotes kept, as Apache gives it to directives that take
    /// the rest of the line (spec a11).
    #[must_use]
    pub fn rest(self, n: usize) -> Cow<'s, str> {
        let text = match self.expanded() {
            // Its words are cut again, so that what is left out before the rest has the right length.
            Some(expanded) => Cow::Owned(rest_of(&expanded.line, n + 1).to_vec()),
            None => self.tree().rest(self.source(), self.data.statement, n + 1),
        };
        match text {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    fn expanded(self) -> Option<&'s Expanded> {
        self.site.reading()?.expanded(self.data.expanded?)
    }

    /// Argument `n`, counted from 0.
    #[must_use]
    pub fn argument(self, n: usize) -> Option<Value<'s>> {
        (n < self.arity()).then_some(Value { directive: self, word: n + 1 })
    }

    /// All arguments.
    pub fn arguments(self) -> impl Iterator<Item = Value<'s>> {
        (0..self.arity()).filter_map(move |n| self.argument(n))
    }

    /// The word it begins with: of a line of a `map`, the value that is compared.
    #[must_use]
    pub fn head_word(self) -> Value<'s> {
        Value { directive: self, word: 0 }
    }

    /// The lines in its block, those of included files in their place; none where a file is missing
    /// or the includes never end.
    #[must_use]
    pub fn lines(self) -> Option<Vec<Directive<'s>>> {
        let (files, config) = (self.site.files(), self.site.config());
        let mut lines = Vec::new();
        let inner: Vec<_> = self.tree().children(self.data.statement).collect();
        let mut todo = vec![(self.data.file, inner.into_iter())];
        while let Some((file, statements)) = todo.last_mut() {
            let file = *file;
            let Some(statement) = statements.next() else {
                todo.pop();
                continue;
            };
            let line = Directive { site: self.site, data: DirectiveData { file, statement, ..self.data } };
            if line.head_word().bytes().as_ref() == b"include" {
                let included =
                    config.includes.get(&(file, statement)).filter(|included| included.is_whole)?;
                if todo.len() > 20 {
                    return None;
                }
                for &file in included.files.iter().rev() {
                    todo.push((file, files.tree(file).top().collect::<Vec<_>>().into_iter()));
                }
            } else {
                lines.push(line);
            }
        }
        Some(lines)
    }

    /// The value of argument `n`, where it is known from the text.
    #[must_use]
    pub fn literal(self, n: usize) -> Option<Cow<'s, str>> {
        self.argument(n)?.literal()
    }

    /// Whether argument `n` is certainly this text.
    #[must_use]
    pub fn is(self, n: usize, text: &str) -> bool {
        self.literal(n).is_some_and(|value| value == text)
    }

    /// Whether argument `n` is certainly this word, in capitals or not.
    #[must_use]
    pub fn is_ignoring_case(self, n: usize, text: &str) -> bool {
        self.literal(n).is_some_and(|value| value.eq_ignore_ascii_case(text))
    }

    /// Whether both are the same text with the same arguments.
    #[must_use]
    pub fn same_as(self, other: Directive<'_>) -> bool {
        self.name() == other.name()
            && self.arity() == other.arity()
            && self
                .arguments()
                .zip(other.arguments())
                .all(|(a, b)| a.text() == b.text() && !a.is_template() && !b.is_template())
    }

    /// The directive and its arguments as they are written, for people; blanks are made one.
    #[must_use]
    pub fn text(self) -> String {
        self.site.files.sources.text(self.span()).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What stands behind the statement on its line, such as a comment.
    #[must_use]
    pub fn rest_of_line(self) -> &'s str {
        let text = self.source().text();
        let end = self.statement_span().end as usize;
        text.get(end..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// The arguments as they are written, from the first to the last.
    #[must_use]
    pub fn arguments_span(self) -> Option<Span> {
        let count = self.tree().word_count(self.data.statement);
        let word = |n| self.span_of(self.tree().word_range(self.data.statement, n));
        (count > 1).then(|| word(1).to(word(count - 1)))
    }

    /// Whether a word of it holds a template mark.
    #[must_use]
    pub fn is_template(self) -> bool {
        (0..self.tree().word_count(self.data.statement))
            .any(|n| self.tree().is_template_word(self.data.statement, n))
    }

    fn tree(self) -> &'s Tree {
        self.site.files.tree(self.data.file)
    }

    fn source(self) -> &'s Source {
        self.site.files.sources.get(self.data.file)
    }

    fn span_of(self, range: Range) -> Span {
        Span::new(self.data.file, range.start, range.end)
    }
}

impl<'s> Value<'s> {
    /// The value, where it is known from the text: no variable, no template mark. Bytes that are
    /// not UTF-8 become U+FFFD.
    #[must_use]
    pub fn literal(self) -> Option<Cow<'s, str>> {
        let is_literal = match self.expanded() {
            Some(word) => !word.windows(2).any(|pair| pair == b"${"),
            None => self.directive.tree().is_literal(self.directive.data.statement, self.word),
        };
        is_literal.then(|| self.text())
    }

    /// The value with its variables unresolved.
    #[must_use]
    pub fn text(self) -> Cow<'s, str> {
        match self.bytes() {
            // Checking alone is faster than mending, and nearly always enough.
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
            }
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The value with its variables unresolved, as bytes.
    #[must_use]
    pub fn bytes(self) -> Cow<'s, [u8]> {
        if let Some(word) = self.expanded() {
            return Cow::Borrowed(word);
        }
        self.directive
            .tree()
            .value(self.directive.source(), self.directive.data.statement, self.word)
            .unwrap_or_default()
    }

    fn expanded(self) -> Option<&'s [u8]> {
        self.directive.expanded()?.words.get(self.word).map(Vec::as_slice)
    }

    /// Whether it holds a template mark.
    #[must_use]
    pub fn is_template(self) -> bool {
        self.directive.tree().is_template_word(self.directive.data.statement, self.word)
    }

    /// Where it stands, if it is written just so, in quotes or not.
    #[must_use]
    pub fn written_span(self) -> Option<Span> {
        let written = self.directive.site.files.sources.text(self.span());
        let unquoted = ['"', '\''].iter().find_map(|&quote| written.strip_prefix(quote)?.strip_suffix(quote));
        (unquoted.unwrap_or(written) == self.text()).then(|| self.span())
    }

    /// Where it stands, with its quotes.
    #[must_use]
    pub fn span(self) -> Span {
        let (tree, statement) = (self.directive.tree(), self.directive.data.statement);
        let is_as_written = self.directive.arity() + 1 == tree.word_count(statement);
        if !is_as_written {
            return self.directive.span();
        }
        self.directive.span_of(tree.word_range(statement, self.word))
    }
}

/// The line without its first `n` words, which are cut at blanks only: no name or provider is quoted
/// in practice.
fn rest_of(line: &[u8], n: usize) -> &[u8] {
    let mut rest = line.trim_ascii();
    for _ in 0..n {
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        rest = rest[end..].trim_ascii_start();
    }
    rest
}
