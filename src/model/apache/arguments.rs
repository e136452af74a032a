//! What is wrong with the arguments of a line, mostly as httpd takes them (spec a5, a10, a11, a15).

use crate::model::names::Arguments;
use crate::model::{Directive, DirectiveData, Family, Name, Site, Value};

/// What is wrong with the arguments of a directive or of a section's opening.
#[derive(Clone, Copy, Debug)]
pub enum Misuse<'s> {
    /// There are none, or too few.
    Missing,
    /// The first is there, and is empty.
    Empty(Value<'s>),
    /// A `#` in the middle of the line, from which on a comment was meant.
    Comment(Value<'s>),
    /// One argument is taken, and this is the second.
    TooMany(Value<'s>),
}

/// A line with wrong arguments.
#[derive(Clone, Copy, Debug)]
pub struct Misused<'s> {
    /// The line.
    pub directive: Directive<'s>,
    /// What is wrong.
    pub misuse: Misuse<'s>,
    /// Whether httpd refuses it. Otherwise it takes the words for something that nobody meant.
    pub is_refused: bool,
}

/// Sections that take one argument, and a `~` before it.
const ONE_ARGUMENT: &[&str] = &[
    "directory",
    "directorymatch",
    "location",
    "locationmatch",
    "files",
    "filesmatch",
    "proxy",
    "proxymatch",
    "if",
    "elseif",
];

/// Providers that need something behind them. Those with `true` are refused without it; the others are
/// taken, and let nobody in (spec a70, a73 to a76).
const WITH_VALUE: &[(&str, bool)] = &[
    ("all", true),
    ("ip", true),
    ("expr", true),
    ("user", false),
    ("group", false),
    ("env", false),
    ("method", false),
    ("host", false),
    ("forward-dns", false),
];

impl Site<'_> {
    /// The lines whose arguments are wrong whenever they are read, in containers of unknown condition
    /// as well. Lines that a server of today certainly does not read are left out. Of nginx only
    /// headers without a value are among them: the rest is told when the site is built.
    #[must_use]
    pub fn misuses(&self) -> Vec<Misused<'_>> {
        if !self.is_apache() {
            let headers = [Family::ProxyHeaders, Family::GrpcHeaders];
            let lines =
                self.scopes().flat_map(|scope| headers.into_iter().flat_map(move |family| scope.own(family)));
            let short = lines.filter(|line| line.arity() < 2 && !line.is_template());
            let misused = |directive| Misused { directive, misuse: Misuse::Missing, is_refused: true };
            return short.map(misused).collect();
        }
        let find = || -> Vec<DirectiveData> {
            let lines = self.scopes().flat_map(|scope| scope.own_all().chain(scope.opening()));
            lines.filter(|line| line.misused().is_some()).map(|line| line.data).collect()
        };
        let lines = self.misused.get_or_init(find).iter().map(|data| self.directive(*data));
        lines
            .filter_map(Directive::misused)
            .filter(|misused| self.may_be_read(misused.directive.span()))
            .collect()
    }
}

impl Directive<'_> {
    /// Whether httpd refuses the line for its arguments.
    pub(super) fn refused_arguments(self) -> bool {
        self.misused().is_some_and(|misused| misused.is_refused)
    }
}

impl<'s> Directive<'s> {
    fn misused(self) -> Option<Misused<'s>> {
        let of = |misuse: Option<Misuse<'s>>| misuse.map(|misuse| (misuse, true));
        let (misuse, is_refused) = match self.name().apache_arguments() {
            None if self.name() == Name::Section => of(self.section_misuse()),
            None => None,
            Some(Arguments::One) => of(self.one_misuse(0)),
            Some(Arguments::Many) => of(self.empty(0).or_else(|| self.comment(0))),
            Some(Arguments::Words) => of(self.comment(0)),
            Some(Arguments::From) if self.arity() < 2 => of(Some(Misuse::Missing)),
            Some(Arguments::From) => of(self.comment(1)),
            Some(Arguments::Header) => of(self.comment(self.header_words())),
            Some(Arguments::Provider) => self.provider_misuse(),
        }?;
        // Last, because nearly all lines are right.
        (!self.is_template() && !self.holds_tag()).then_some(Misused { directive: self, misuse, is_refused })
    }

    /// Of a line that takes one argument, number `n`.
    fn one_misuse(self, n: usize) -> Option<Misuse<'s>> {
        let is_single = self.arity() <= n + 1;
        self.empty(n)
            .or_else(|| self.comment(n).filter(|_| !is_single))
            .or_else(|| self.argument(n + 1).map(Misuse::TooMany))
    }

    /// Of a section's opening (spec a15).
    fn section_misuse(self) -> Option<Misuse<'s>> {
        let name = self.name_text();
        if !ONE_ARGUMENT.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return None;
        }
        match self.arity() {
            0 => Some(Misuse::Missing),
            // Empty quotes are a path that nothing has, and not refused.
            1 => None,
            _ => self.one_misuse(usize::from(self.is(0, "~"))).filter(|it| !matches!(it, Misuse::Empty(_))),
        }
    }

    /// Of `Require [not] PROVIDER ...`, and whether it is refused.
    fn provider_misuse(self) -> Option<(Misuse<'s>, bool)> {
        let at = usize::from(self.is_ignoring_case(0, "not"));
        if let Some(misuse) = self.empty(at).or_else(|| self.comment(at).filter(|it| it.is_at(self, at))) {
            return Some((misuse, true));
        }
        let provider = self.literal(at)?;
        let with_value = WITH_VALUE.iter().find(|(known, _)| *known == provider);
        if let Some(&(_, is_refused)) = with_value
            && let Some(misuse) = self.empty(at + 1)
        {
            return Some((misuse, is_refused));
        }
        let comment = self.comment(at + 1);
        match &*provider {
            "all" | "ip" | "method" | "ssl" | "ssl-verify-client" => comment.map(|it| (it, true)),
            // In a regular expression it may stand for itself.
            "expr" if !self.rest(at + 1).contains("=~") && !self.rest(at + 1).contains("!~") => {
                comment.map(|it| (it, true))
            }
            // As a name the `#` does no harm; those behind it get in.
            "user" | "group" => comment.filter(|it| !it.is_at(self, self.arity() - 1)).map(|it| (it, false)),
            _ => None,
        }
    }

    /// The words of `RequestHeader` in front of which none is looked at.
    fn header_words(self) -> usize {
        match self.literal(0).unwrap_or_default().to_ascii_lowercase().as_str() {
            "unset" | "echo" => 2,
            "set" | "setifempty" | "add" | "append" | "merge" | "note" => 3,
            _ => 4,
        }
    }

    /// Whether words are parts of one mark of a template language, such as `<TMPL_VAR NAME>`.
    fn holds_tag(self) -> bool {
        let last = |word: &[u8], wanted: u8| word.iter().rposition(|&byte| byte == wanted);
        let opens = |word: &[u8]| last(word, b'<') > last(word, b'>');
        let mut words = self.arguments().skip_while(|word| !opens(&word.bytes())).skip(1);
        words.any(|word| word.bytes().contains(&b'>'))
    }

    fn empty(self, n: usize) -> Option<Misuse<'s>> {
        match self.argument(n) {
            None => Some(Misuse::Missing),
            Some(value) => value.bytes().is_empty().then_some(Misuse::Empty(value)),
        }
    }

    /// The first word from number `n` on that begins with a `#` which is not in quotes.
    fn comment(self, n: usize) -> Option<Misuse<'s>> {
        let begins = |value: &Value<'s>| self.site.files.sources.text(value.span()).starts_with('#');
        self.arguments().skip(n).find(begins).map(Misuse::Comment)
    }
}

impl<'s> Misuse<'s> {
    /// Whether it is the argument of this number.
    fn is_at(self, directive: Directive<'s>, n: usize) -> bool {
        let place = directive.argument(n).map(Value::span);
        match self {
            Misuse::Missing => false,
            Misuse::Empty(value) | Misuse::Comment(value) | Misuse::TooMany(value) => {
                Some(value.span()) == place
            }
        }
    }
}
