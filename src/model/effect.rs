//! What stands between a visitor and a place, all in all: the effective state that `map` shows.

use super::apache::{Outcomes, Passes, Viewpoint};
use super::names::{Family, Name};
use super::{Directive, Kind, PasswordFile, PathValue, Scope};

/// One thing that a request has to pass.
#[derive(Clone, Debug)]
pub enum Check<'s> {
    /// Credentials.
    Password {
        /// What asks.
        by: Directive<'s>,
        /// The realm, where it is known.
        realm: Option<String>,
        /// The file, as the server opens it, or as it is written where that is not known.
        file: Option<String>,
    },
    /// `auth_request`.
    Subrequest(Directive<'s>),
    /// The client's address, the method, a condition of the request.
    Rules(Vec<Directive<'s>>),
    /// Another module's check.
    Other(Directive<'s>),
    /// It is not known what is checked here.
    Unknown,
}

/// What becomes of requests that come to a place.
#[derive(Clone, Debug)]
pub enum State<'s> {
    /// Nothing is checked; by the line that says so, where there is one.
    Open(Option<Directive<'s>>),
    /// Nobody passes.
    Refused(Directive<'s>),
    /// The place answers by itself, before anything is checked (spec P3).
    Answers(Directive<'s>),
    /// `internal`: requests from outside get a 404.
    Internal(Directive<'s>),
    /// There are checks; there is at least one.
    Checked {
        /// In the order of the server.
        checks: Vec<Check<'s>>,
        /// `satisfy any`: one of them is enough.
        is_any: bool,
    },
    /// It depends on something that is not known.
    Undetermined,
}

impl<'s> Check<'s> {
    /// The directives that make it.
    #[must_use]
    pub fn by(&self) -> Vec<Directive<'s>> {
        match self {
            Check::Password { by, .. } | Check::Subrequest(by) | Check::Other(by) => vec![*by],
            Check::Rules(lines) => lines.clone(),
            Check::Unknown => Vec::new(),
        }
    }
}

impl<'s> State<'s> {
    /// The directives that make it.
    #[must_use]
    pub fn by(&self) -> Vec<Directive<'s>> {
        match self {
            State::Open(by) => by.iter().copied().collect(),
            State::Undetermined => Vec::new(),
            State::Refused(by) | State::Answers(by) | State::Internal(by) => vec![*by],
            State::Checked { checks, .. } => checks.iter().flat_map(Check::by).collect(),
        }
    }
}

impl<'s> Scope<'s> {
    /// What becomes of GET requests that come to this place.
    #[must_use]
    pub fn state(self) -> State<'s> {
        let Found { checks, refused, is_any } = if self.site().is_apache() {
            self.apache_checks()
        } else {
            if let Some(answer) = self.answer() {
                return State::Answers(answer.by);
            }
            if let Some(by) = self.directive(Family::Internal) {
                return State::Internal(by);
            }
            self.nginx_checks()
        };
        match (refused, is_any) {
            // Where one check is enough, a refusal only leaves the others.
            (Some(by), Some(false)) => State::Refused(by),
            (Some(by), Some(true)) if checks.is_empty() => State::Refused(by),
            (_, None) => State::Undetermined,
            _ if checks.is_empty() => State::Open(self.letting_in()),
            _ if checks.iter().all(|check| matches!(check, Check::Unknown)) => State::Undetermined,
            (_, Some(is_any)) => State::Checked { is_any: is_any && checks.len() > 1, checks },
        }
    }

    /// The scopes with a state of their own: not `http`, containers, and what is not known.
    #[must_use]
    pub fn is_a_place(self) -> bool {
        matches!(
            self.kind(),
            Kind::Server
                | Kind::Location
                | Kind::LimitExcept
                | Kind::Directory
                | Kind::Files
                | Kind::Proxy
                | Kind::Mapping
                | Kind::Htaccess
        ) || self.kind() == Kind::If && self.site().is_apache()
    }

    /// Whether a directive stands in this very scope, or in a container of it.
    #[must_use]
    pub fn holds(self, directive: Directive<'_>) -> bool {
        let containers =
            self.descendants().filter(|inner| matches!(inner.kind(), Kind::Requirement | Kind::Limit));
        std::iter::once(self)
            .chain(containers)
            .any(|scope| scope.own(directive.name().family()).any(|line| line == directive))
    }

    /// The line that says that nobody is asked here.
    fn letting_in(self) -> Option<Directive<'s>> {
        if self.site().is_apache() {
            let mut lines = self.provider(Family::Require).into_iter().flat_map(Scope::requires);
            return lines.find(|line| line.grants_everybody());
        }
        let families = [Family::Realm, Family::Subrequest, Family::OtherAuth].into_iter();
        families.filter_map(|family| self.directive(family)).find(|line| line.is(0, "off"))
    }

    fn nginx_checks(self) -> Found<'s> {
        let mut checks = Vec::new();
        let mut refused = None;
        let rules: Vec<Directive<'s>> = self.list(Family::Rules).collect();
        match rules.first() {
            Some(first) if first.name() == Name::Deny && first.is(0, "all") => refused = Some(*first),
            // Without any `deny` they restrict nothing, and after `all` nothing counts (spec X6, X7).
            Some(first) if first.is(0, "all") => {}
            Some(_) if rules.iter().any(|line| line.name() == Name::Deny) => checks.push(Check::Rules(rules)),
            Some(_) => {}
            None if self.lacks(Family::Rules) => {}
            None => checks.push(Check::Unknown),
        }
        let realm = self.directive(Family::Realm);
        let is_off = self.lacks(Family::Realm) || realm.is_some_and(|realm| realm.is(0, "off"));
        match (realm, self.directive(Family::UserFile)) {
            _ if is_off || self.lacks(Family::UserFile) => {}
            (Some(by), Some(file)) => checks.push(Check::Password {
                by,
                realm: by.literal(0).map(std::borrow::Cow::into_owned),
                file: Some(shown(file)),
            }),
            _ => checks.push(Check::Unknown),
        }
        for (family, check) in
            [(Family::Subrequest, Check::Subrequest as fn(_) -> _), (Family::OtherAuth, Check::Other)]
        {
            match self.directive(family) {
                Some(by) if by.is(0, "off") => {}
                Some(by) => checks.push(check(by)),
                None if self.lacks(family) => {}
                None => checks.push(Check::Unknown),
            }
        }
        checks.extend(self.directive(Family::OtherCheck).map(Check::Other));
        let satisfy = self.directive(Family::Satisfy);
        let is_any = match satisfy {
            Some(by) => Some(by.is(0, "any")),
            None => self.lacks(Family::Satisfy).then_some(false),
        };
        Found { checks, refused, is_any }
    }

    fn apache_checks(self) -> Found<'s> {
        let mut checks = Vec::new();
        let mut refused = None;
        match self.passes_compat("GET", Viewpoint::Stranger) {
            Passes::Yes => {}
            strangers => {
                let lines: Vec<Directive<'s>> = self.list(Family::Rules).collect();
                match (strangers, self.passes_compat("GET", Viewpoint::Anyone)) {
                    (Passes::No, Passes::No) => refused = lines.first().copied(),
                    _ if lines.is_empty() => checks.push(Check::Unknown),
                    _ => checks.push(Check::Rules(lines)),
                }
            }
        }
        let strangers = self.outcome("GET", Viewpoint::Stranger);
        let anyone = self.outcome("GET", Viewpoint::Anyone);
        let lines: Vec<Directive<'s>> =
            self.provider(Family::Require).into_iter().flat_map(Scope::requires).collect();
        if anyone == Outcomes::UNKNOWN || strangers == Outcomes::UNKNOWN {
            checks.push(Check::Unknown);
        } else if anyone.must_be(Outcomes::DENIED) {
            refused = lines.first().copied().or(refused);
        } else if !strangers.must_be(Outcomes::GRANTED) {
            if let Some(by) = self.asking_line().filter(|_| anyone.may_be(Outcomes::USER)) {
                checks.push(Check::Password {
                    by,
                    realm: self
                        .directive(Family::Realm)
                        .and_then(|realm| Some(realm.literal(0)?.into_owned())),
                    file: self.directive(Family::UserFile).map(shown),
                });
            }
            let others = lines.into_iter().filter(|line| !line.needs_a_user() && !line.grants_everybody());
            let others: Vec<Directive<'s>> = others.collect();
            if !others.is_empty() {
                checks.push(Check::Rules(others));
            }
            if checks.is_empty() {
                checks.push(Check::Unknown);
            }
        }
        checks.extend(self.directive(Family::OtherCheck).map(Check::Other));
        // Requirements that are alternatives are one line of `Require` or another.
        let is_alternative = strangers.may_be(Outcomes::USER) && anyone.may_be(Outcomes::GRANTED);
        let is_any = self.satisfies_any("GET").map(|is_any| is_any || is_alternative);
        Found { checks, refused, is_any }
    }
}

/// What is found in a scope.
struct Found<'s> {
    checks: Vec<Check<'s>>,
    /// The line that refuses everybody.
    refused: Option<Directive<'s>>,
    /// Whether one check is enough; none where that is not known.
    is_any: Option<bool>,
}

/// A password file for people.
fn shown(directive: Directive<'_>) -> String {
    let file = PasswordFile { directive, candidate: None };
    match file.path() {
        PathValue::Absolute(path) => path.display().to_string(),
        _ => file.written().display().to_string(),
    }
}
