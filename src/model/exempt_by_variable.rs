//! `Allow from env=` as an exception from a password, which it is only with `Satisfy Any` (spec a100).

use super::apache::Passes;
use super::names::{Family, Name};
use super::{Directive, Kind, Outcomes, Scope, Viewpoint};

/// Parts of names that variables have which are to let somebody off the password.
const EXEMPTING: &[&str] = &[
    "noauth",
    "nopass",
    "nologin",
    "nopw",
    "skipauth",
    "skippass",
    "bypass",
    "authexempt",
    "exempt",
    "withoutpass",
    "withoutauth",
    "unauth",
    "unprotected",
    "disableauth",
    "authoff",
];

impl<'s> Scope<'s> {
    /// `Allow from env=` beside a password that is asked for all the same, and what asks. A variable may well say who
    /// shall come at all, and log in then: so it has to be one of the path or the method, or be called an exception, or
    /// the line is for nothing, because nobody is kept out.
    pub(super) fn variable_allowed_in_vain(self) -> Option<(Directive<'s>, Directive<'s>)> {
        let rules = self.own_compat_lines(Family::Rules, "GET");
        rules.iter().find(|line| line.variable_allowed().is_some())?;
        let by = self.asking_line().filter(|_| self.kind() != Kind::If)?;
        let is_asked = self.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::USER);
        let is_both = ["GET", "OPTIONS"].iter().all(|method| self.satisfies_any(method) != Some(true));
        let is_all = |line: &Directive<'_>| line.name() == Name::Allow && line.is_ignoring_case(1, "all");
        if !is_asked || !is_both || !self.is_wholly_known() || rules.iter().any(is_all) {
            return None;
        }
        let is_for_nothing = Passes::by(&rules, &|line| match line.name() {
            Name::Allow => Passes::No,
            _ => Passes::Maybe,
        }) == Passes::Yes;
        let allow = rules.iter().find(|line| {
            let name = line.variable_allowed().filter(|_| line.is_certain());
            name.is_some_and(|name| is_for_nothing || self.is_variable_of_exception(&name))
        })?;
        Some((*allow, by))
    }

    fn is_variable_of_exception(self, name: &str) -> bool {
        let plain: String = name.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let name = name.strip_prefix("REDIRECT_").unwrap_or(name);
        let sets = |line: &Directive<'s>| {
            line.arguments().skip(1).any(|word| word.text().split('=').next() == Some(name))
        };
        let is_of_request = |line: Directive<'s>| {
            let what = line.argument(0).map(|word| word.text().to_ascii_lowercase()).unwrap_or_default();
            ["request_uri", "request_method"].iter().any(|attribute| what.contains(attribute))
        };
        let scopes = [self, self.site.scope(0)].into_iter().chain(self.ancestors()).chain(self.server());
        EXEMPTING.iter().any(|part| plain.contains(part))
            || scopes.flat_map(|scope| scope.own(Family::EnvIf)).filter(sets).any(is_of_request)
    }
}

impl Directive<'_> {
    /// The variable of `Allow from env=`.
    #[must_use]
    pub fn variable_allowed(self) -> Option<String> {
        let is_allow = self.name() == Name::Allow && self.is_ignoring_case(0, "from");
        let mut words = self.arguments().skip(1).filter(|_| is_allow);
        words.find_map(|word| {
            let name = word.literal()?.strip_prefix("env=")?.to_owned();
            (!name.starts_with('!')).then_some(name)
        })
    }
}
