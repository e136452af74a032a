//! What lints ask about sections of Apache.

use std::borrow::Cow;
use std::path::Path;

use pcre2::bytes::{Regex, RegexBuilder};

use super::serving::Matching;
use super::{Methods, Outcomes, Passes, Role, Viewpoint};
use crate::model::asks::Asked;
use crate::model::names::{Family, INHERITED, Name};
use crate::model::{
    Directive, DirectiveData, Kind, Location, Modifier, NOBODY, Scope, ScopeRef, Site, UNKNOWN,
};

/// Expressions that go back and forth too often are left undecided.
const REGEX_BOUND: &str = "(*LIMIT_MATCH=50000)";

impl<'s> Scope<'s> {
    /// What opens the section, as a directive whose arguments are those of the section.
    #[must_use]
    pub fn opening(self) -> Option<Directive<'s>> {
        let (file, statement) = self.data().opened_by?;
        let expanded = self.data().expanded;
        let data = DirectiveData { expanded, ..DirectiveData::certain(Name::Section, file, statement) };
        Some(self.site.directive(data))
    }

    /// How the section says what it is for.
    #[must_use]
    pub fn matching(self) -> &'s Matching {
        static UNKNOWN: Matching = Matching::Unknown;
        let cache = self.site.matchings.get(self.id as usize);
        cache.map_or(&UNKNOWN, |cache| cache.get_or_init(|| self.find_matching()))
    }

    fn find_matching(self) -> Matching {
        let Some(opening) = self.opening() else { return Matching::Unknown };
        let is_match = ends_with_match(opening.name_text()) || opening.is_named("RewriteRule");
        let (word, is_expression) = match opening.literal(0) {
            Some(tilde) if tilde == "~" => (opening.literal(1), true),
            word => (word, is_match),
        };
        match word.map(Cow::into_owned) {
            None => Matching::Unknown,
            Some(word) if is_expression => Matching::Expression(word),
            // It never matches (spec a49).
            Some(word) if self.kind() == Kind::Mapping => Matching::Literal(word),
            Some(word) if self.kind() == Kind::Location && !is_normal(&word) => Matching::Unknown,
            Some(word) if word.contains(['*', '?', '[']) => Matching::Pattern(word),
            Some(word) => Matching::Literal(word),
        }
    }

    /// What the section stands for, as a path of the URL or as an expression of names. A `.htaccess`
    /// stands for its directory.
    pub(in crate::model) fn apache_location(self) -> Option<Location<'s>> {
        let prefix = |path: Cow<'s, str>| Location { modifier: Modifier::Prefix, path };
        let expression = |word: Cow<'s, str>| Location { modifier: Modifier::Regex, path: word };
        match (self.kind(), self.matching()) {
            (Kind::Directory | Kind::Htaccess, _) => {
                self.url().filter(|_| self.is_exact_place()).map(|url| prefix(url.into()))
            }
            (Kind::Location | Kind::Mapping, Matching::Literal(path)) => Some(prefix(path.into())),
            (Kind::Files, Matching::Literal(name)) => Some(prefix(format!("/{name}").into())),
            (Kind::Files, Matching::Pattern(name)) => {
                name.strip_prefix("*.").map(|ending| expression(format!("\\.{ending}$").into()))
            }
            (Kind::Location | Kind::Mapping | Kind::Files, Matching::Expression(word)) => {
                Some(expression(word.into()))
            }
            _ => None,
        }
    }

    /// Whether the section's expression or pattern matches a path or a name; none where it is not
    /// known.
    #[must_use]
    pub fn matches(self, text: &str) -> Option<bool> {
        match self.matching() {
            Matching::Literal(word) => Some(word == text),
            Matching::Pattern(word) => {
                let (mut patterns, mut parts) = (word.split('/'), text.split('/'));
                loop {
                    match (patterns.next(), parts.next()) {
                        (None, None) => return Some(true),
                        (Some(pattern), Some(part)) => {
                            if !crate::source::matches_any(pattern.as_bytes(), part.as_bytes()) {
                                return Some(false);
                            }
                        }
                        _ => return Some(false),
                    }
                }
            }
            Matching::Expression(word) => self.regex(word)?.is_match(text.as_bytes()).ok(),
            Matching::Unknown => None,
        }
    }

    /// Whether the section has an expression that PCRE refuses, and httpd with it.
    pub(super) fn has_refused_expression(self) -> bool {
        matches!(self.matching(), Matching::Expression(word) if self.regex(word).is_none())
    }

    fn regex(self, word: &str) -> Option<&'s Regex> {
        let cache = self.site.expressions.get(self.id as usize)?;
        cache
            .get_or_init(|| RegexBuilder::new().build(&format!("{REGEX_BOUND}{word}")).ok().map(Box::new))
            .as_deref()
    }

    /// The methods that `<Limit>` or `<LimitExcept>` is for; none for other scopes.
    #[must_use]
    pub fn methods(self) -> Option<Methods<'s>> {
        let opening = self.opening().filter(|_| self.kind() == Kind::Limit)?;
        let is_except = opening.name_text().eq_ignore_ascii_case("limitexcept");
        Some(Methods { names: opening.arguments().map(crate::model::Value::text).collect(), is_except })
    }

    /// The directory that the section or `.htaccess` stands for.
    #[must_use]
    pub fn directory(self) -> Option<&'s Path> {
        self.site.apache.as_ref()?.places.get(self.id as usize)?.directory.as_deref()
    }

    /// The path of the URL that the section stands for; that of a directory ends with a slash.
    #[must_use]
    pub fn url(self) -> Option<&'s str> {
        self.site.apache.as_ref()?.places.get(self.id as usize)?.url.as_deref()
    }

    /// Whether [`Scope::url`] and [`Scope::directory`] are what the section names, and not only the
    /// nearest that can be named.
    #[must_use]
    pub fn is_exact_place(self) -> bool {
        self.site
            .apache
            .as_ref()
            .and_then(|apache| apache.places.get(self.id as usize))
            .is_some_and(|p| p.is_exact)
    }

    /// What the `Require` lines that are in force here come to for a method, before anybody logs in.
    #[must_use]
    pub fn outcome(self, method: &str, view: Viewpoint) -> Outcomes {
        self.site.policy_outcome(self.data().policy, method, view)
    }

    /// The same, if this scope had no lines of its own.
    #[must_use]
    pub fn outer_outcome(self, method: &str, view: Viewpoint) -> Outcomes {
        self.site.policy_outcome(self.data().outer, method, view)
    }

    /// Whether none of the lines at hand sets the family here; there may be some that are not at hand.
    #[must_use]
    pub fn sees_no(self, family: Family) -> bool {
        let policy = self.site.policies[self.data().policy as usize];
        policy[family as usize] == NOBODY || policy[family as usize] == UNKNOWN && self.is_all_seen(family)
    }

    /// Whether what is unknown of the family is so only because the outside is not at hand.
    fn is_all_seen(self, family: Family) -> bool {
        let has = |scope: Scope<'_>| scope.own(family).next().is_some() || !scope.is_wholly_known();
        let is_known = |scope: Scope<'_>| scope.is_wholly_known() && scope.own(family).next().is_none();
        self.provider(Family::Require).is_none_or(is_known)
            && !has(self)
            && !self.ancestors().any(|scope| scope.id != 0 && has(scope))
    }
}

impl<'s> Scope<'s> {
    /// What has to be brought to get in, as far as `Require` and `Satisfy` decide it (spec a67 to a82,
    /// a97).
    pub(in crate::model) fn find_required(self) -> Asked {
        let anyone = self.outcome("GET", Viewpoint::Anyone);
        let is_open = self.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED)
            || self.satisfy_any().is_some() && self.passes_compat("GET", Viewpoint::Stranger) == Passes::Yes;
        if is_open || !anyone.may_be(Outcomes::USER) {
            return Asked::Nothing;
        }
        let Some(by) = self.asking_line() else { return Asked::Unknown };
        let uses_files = self.directive(Family::Provider).is_none_or(|line| {
            line.arguments().any(|word| word.literal().is_some_and(|word| word == "file"))
        });
        let is_known = |word: &str| ["basic", "digest", "form"].contains(&word.to_ascii_lowercase().as_str());
        let scheme = self.directive(Family::Scheme).and_then(|line| line.literal(0));
        match self.directive(Family::UserFile) {
            Some(file) if uses_files && scheme.is_some_and(|word| is_known(&word)) => {
                Asked::Password { by: by.data, file: file.data }
            }
            _ => Asked::Other(by.data),
        }
    }

    /// Whether one of the `Require` lines in force is about a group.
    #[must_use]
    pub fn asks_for_a_group(self) -> bool {
        let is_group = |line: Directive<'_>| matches!(line.data.role, Some((Role::Group, _)));
        self.provider(Family::Require).is_some_and(|outer| outer.requires().any(is_group))
    }

    /// The `Require` line in force that needs a user.
    #[must_use]
    pub fn asking_line(self) -> Option<Directive<'s>> {
        let is_asked = |line: &Directive<'_>| {
            matches!(line.data.role, Some((Role::User | Role::Group | Role::ConditionOnUser, _)))
        };
        self.provider(Family::Require)?.requires().find(is_asked)
    }

    /// The scope whose lines of the family would be in force if this one had no lines of its own.
    pub(in crate::model) fn outer_provider(self, family: Family) -> Option<Scope<'s>> {
        self.site.provided_by(self.data().outer, family)
    }

    /// The `Require` line that would need a user if this scope had no lines of its own.
    #[must_use]
    pub fn outer_asking_line(self) -> Option<Directive<'s>> {
        let outer = self.outer_provider(Family::Require)?;
        outer.requires().find(|line| line.needs_a_user())
    }

    /// `Order`, `Allow` and `Deny` in this very scope, those in `<Limit>` too.
    #[must_use]
    pub fn access_rules(self) -> Vec<Directive<'s>> {
        let limits = self.children().filter(|child| child.kind() == Kind::Limit);
        let mut lines: Vec<_> =
            std::iter::once(self).chain(limits).flat_map(|scope| scope.own(Family::Rules)).collect();
        lines.sort_by_key(|line| line.span());
        lines
    }

    /// Whether no module that decides by code of its own has a say here.
    #[must_use]
    pub fn lacks_other_checks(self) -> bool {
        self.sees_no(Family::OtherCheck)
    }

    /// Whether this is where a login form is sent to, or a logout: `SetHandler form-login-handler`.
    #[must_use]
    pub fn handles_logins(self) -> bool {
        self.own(Family::Handler).any(|line| {
            line.literal(0)
                .is_some_and(|word| matches!(word.as_ref(), "form-login-handler" | "form-logout-handler"))
        })
    }

    /// Whether every stranger is asked here: not where a condition of the request may let him in.
    #[must_use]
    pub fn asks_strangers(self) -> bool {
        !self.site.is_apache() || self.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::USER)
    }

    /// Whether something besides a password keeps strangers out here: an address, a client's certificate,
    /// another module.
    #[must_use]
    pub fn keeps_strangers_out(self) -> bool {
        let has_check = |scope: Scope<'_>| scope.own(Family::OtherCheck).next().is_some();
        self.site.is_apache()
            && (!self.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED)
                || self.directive(Family::OtherCheck).is_some()
                || self.server().is_some_and(has_check))
    }

    /// The line in this very scope that lets everybody in where credentials would be asked for without
    /// it: `Require all granted` or `Satisfy Any`.
    #[must_use]
    pub fn opening_line(self) -> Option<Directive<'s>> {
        if !self.site.is_apache() || !self.outer_outcome("GET", Viewpoint::Anyone).may_be(Outcomes::USER) {
            return None;
        }
        if self.outer_outcome("GET", Viewpoint::Anyone) == Outcomes::UNKNOWN {
            return None;
        }
        if self.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED) {
            let grants =
                |line: &Directive<'_>| line.requirement(Viewpoint::Stranger, "GET").may_be(Outcomes::GRANTED);
            return self.requires().find(grants);
        }
        let satisfy = self.satisfy_any()?;
        let is_own = self.own(Family::Satisfy).any(|line| line == satisfy);
        (is_own && self.passes_compat("GET", Viewpoint::Stranger) == Passes::Yes).then_some(satisfy)
    }

    /// Whether the section, or `.htaccess`, is for all that its server serves, or more.
    #[must_use]
    pub fn is_for_all(self) -> bool {
        match self.kind() {
            Kind::Location => match self.matching() {
                Matching::Literal(path) => path == "/",
                Matching::Expression(word) => {
                    matches!(word.as_str(), "/" | "^/" | ".*" | "^.*" | "^" | "^/.*" | "^/.*$")
                }
                _ => false,
            },
            Kind::Directory if self.is_exact_place() => {
                let root = self.server().and_then(Scope::directory);
                self.directory().zip(root).is_some_and(|(directory, root)| root.starts_with(directory))
            }
            Kind::Htaccess => self.url() == Some("/"),
            Kind::Files => {
                let is_any = match self.matching() {
                    Matching::Expression(word) => {
                        matches!(word.as_str(), "." | ".*" | ".+" | "^.*$" | "^" | "^.+$")
                    }
                    Matching::Pattern(word) => word == "*",
                    _ => false,
                };
                is_any
                    && self.parent().is_some_and(|outer| outer.kind() == Kind::Server || outer.is_for_all())
            }
            _ => false,
        }
    }
}

/// `DirectoryMatch` and its like, in capitals or not.
fn ends_with_match(name: &str) -> bool {
    let end = name.len().checked_sub("Match".len()).and_then(|at| name.get(at..));
    end.is_some_and(|end| end.eq_ignore_ascii_case("Match"))
}

impl Site<'_> {
    /// What everybody asks for is worked out once.
    pub(super) fn find_outcomes(&mut self) {
        let views = [Viewpoint::Stranger, Viewpoint::Anyone].map(|view| self.merged_outcomes("GET", view));
        if let Some(apache) = &mut self.apache {
            let of =
                |authz: &super::merge::Authz| [0, 1].map(|view: usize| views[view][authz.requires as usize]);
            apache.outcomes = apache.authz.iter().map(of).collect();
        }
    }

    fn policy_outcome(&self, policy: u32, method: &str, view: Viewpoint) -> Outcomes {
        let known = self.apache.as_ref().and_then(|apache| apache.outcomes.get(policy as usize));
        if let Some(known) = known.filter(|_| method == "GET") {
            return known[view as usize];
        }
        let requires = self.apache.as_ref().and_then(|apache| apache.authz.get(policy as usize));
        requires.map_or(Outcomes::UNKNOWN, |authz| self.outcome(authz.requires, method, view))
    }

    /// The scope whose lines of a family a policy holds.
    pub(super) fn provided_by(&self, policy: u32, family: Family) -> Option<Scope<'_>> {
        self.provider_in(self.policies.get(policy as usize)?, family)
    }

    fn provider_in(&self, row: &[ScopeRef; INHERITED], family: Family) -> Option<Scope<'_>> {
        match row[family as usize] {
            NOBODY | UNKNOWN => None,
            id => Some(self.scope(id)),
        }
    }

    /// The directive of a family that is in force in a policy.
    pub(super) fn provided(&self, row: &[ScopeRef; INHERITED], family: Family) -> Option<Directive<'_>> {
        self.provider_in(row, family)?.own(family).last()
    }
}

/// Whether this may be the path of a URL when sections are looked up: from the root, and without double
/// slashes and dots (spec a49, a50).
fn is_normal(path: &str) -> bool {
    path.starts_with('/') && !path.contains("//") && !path.split('/').any(|part| part == "." || part == "..")
}
