//! Who is asked for credentials, and by what.

use std::collections::{HashMap, HashSet};

use super::names::{Family, Name};
use super::{Directive, DirectiveData, Kind, Located, Scope, Site};

/// A password that is asked for, and the file it is looked up in.
#[derive(Clone, Copy, Debug)]
pub struct Password<'s> {
    /// What asks: `auth_basic`, which needs a file for it (spec A1), or a `Require` line.
    pub by: Directive<'s>,
    /// `auth_basic_user_file`, `AuthUserFile`.
    pub file: Directive<'s>,
}

/// Whether a request that comes to a scope has to bring credentials.
#[derive(Clone, Copy, Debug)]
pub enum Asks<'s> {
    /// Certainly not.
    Nothing,
    /// A user name and a password.
    Password(Password<'s>),
    /// Whatever `auth_request` asks for.
    Subrequest(Directive<'s>),
    /// Whatever another module asks for, such as `auth_jwt`.
    Other(Directive<'s>),
    /// It depends on something that is not known.
    Unknown,
}

/// [`Asks`] as it is kept, once for every distinct policy.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    Nothing,
    Password { by: DirectiveData, file: DirectiveData },
    Subrequest(DirectiveData),
    Other(DirectiveData),
    Unknown,
}

impl Site<'_> {
    /// What each policy asks for.
    pub(super) fn find_asked(&self) -> Vec<Asked> {
        let mut asked: Vec<Option<Asked>> = vec![None; self.policies.len()];
        for scope in self.scopes() {
            asked[scope.data().policy as usize].get_or_insert_with(|| scope.find_asked());
        }
        asked.into_iter().map(|asked| asked.unwrap_or(Asked::Unknown)).collect()
    }
}

impl Site<'_> {
    /// The locations that answer subrequests, and whether one of `auth_request`.
    fn subrequest_targets(&self) -> &HashMap<u32, bool> {
        self.subrequest_targets.get_or_init(|| self.find_subrequest_targets())
    }

    fn find_subrequest_targets(&self) -> HashMap<u32, bool> {
        let named = self.scopes().flat_map(|scope| {
            let lines =
                [Family::Subrequest, Family::Mirror].into_iter().flat_map(move |family| scope.own(family));
            lines.filter_map(move |by| Some((scope, by.name() == Name::AuthRequest, by.literal(0)?)))
        });
        let (mut targets, mut seen) = (HashMap::new(), HashSet::new());
        for (scope, is_asked, path) in named {
            // Many locations name the same one.
            if !seen.insert((scope.data().server, is_asked, path.clone())) {
                continue;
            }
            // A line of the http block is for every server.
            let servers: Vec<Scope<'_>> = match scope.server() {
                Some(server) => vec![server],
                None => self.scopes_of(Kind::Server).collect(),
            };
            for server in servers {
                if let Located::At(found) = server.locate(&path) {
                    *targets.entry(found.id).or_default() |= is_asked;
                }
            }
        }
        targets
    }
}

impl<'s> Asks<'s> {
    /// The directive that asks, when it is certain that one does.
    #[must_use]
    pub fn by(self) -> Option<Directive<'s>> {
        match self {
            Asks::Password(password) => Some(password.by),
            Asks::Subrequest(by) | Asks::Other(by) => Some(by),
            Asks::Nothing | Asks::Unknown => None,
        }
    }

    /// Whether it is certain that nothing asks.
    #[must_use]
    pub fn nothing(self) -> bool {
        matches!(self, Asks::Nothing)
    }
}

impl<'s> Scope<'s> {
    /// What a request has to bring to get past the access phase here (spec A1, A2, M3).
    #[must_use]
    pub fn asks(self) -> Asks<'s> {
        let directive = |data| self.site.directive(data);
        match self.site.asked[self.data().policy as usize] {
            Asked::Nothing => Asks::Nothing,
            Asked::Password { by, file } => {
                Asks::Password(Password { by: directive(by), file: directive(file) })
            }
            Asked::Subrequest(by) => Asks::Subrequest(directive(by)),
            Asked::Other(by) => Asks::Other(directive(by)),
            Asked::Unknown => Asks::Unknown,
        }
    }

    fn find_asked(self) -> Asked {
        if self.site.is_apache() {
            return self.find_required();
        }
        if let Some((realm, file)) = self.find_password() {
            return Asked::Password { by: realm.data, file: file.data };
        }
        if let Some(by) = self.directive(Family::Subrequest).filter(|by| !by.is(0, "off")) {
            return Asked::Subrequest(by.data);
        }
        if let Some(by) = self.directive(Family::OtherAuth).filter(|by| !by.is(0, "off")) {
            return Asked::Other(by.data);
        }
        let is_off = |family| self.lacks(family) || self.directive(family).is_some_and(|by| by.is(0, "off"));
        let no_password = is_off(Family::Realm) || self.lacks(Family::UserFile);
        if no_password
            && is_off(Family::Subrequest)
            && is_off(Family::OtherAuth)
            && self.lacks(Family::OtherCheck)
        {
            return Asked::Nothing;
        }
        Asked::Unknown
    }

    fn find_password(self) -> Option<(Directive<'s>, Directive<'s>)> {
        let realm = self
            .directive(Family::Realm)
            .filter(|realm| realm.literal(0).is_some_and(|realm| realm != "off"))?;
        Some((realm, self.directive(Family::UserFile)?))
    }

    /// The directive in this very scope that makes it ask.
    #[must_use]
    pub fn own_asking(self) -> Option<Directive<'s>> {
        let by = self.asks().by()?;
        if self.site.is_apache() {
            return self.requires().any(|line| line == by).then_some(by);
        }
        [Family::Realm, Family::UserFile, Family::Subrequest, Family::OtherAuth]
            .into_iter()
            .find(|&family| self.own(family).next().is_some() && family.asks_with(by))
            .map(|_| by)
    }

    /// What to write here to let the place off what is asked around it.
    #[must_use]
    pub fn exemption(self) -> &'static str {
        match self.asks() {
            _ if self.site.is_apache() => "Require all granted",
            Asks::Subrequest(_) => "auth_request off;",
            _ => "auth_basic off;",
        }
    }

    /// Whether something is asked for in all parts of this server.
    #[must_use]
    pub fn asks_everywhere(self) -> bool {
        if self.site.is_apache() {
            return self
                .descendants()
                .all(|place| place.asks().by().is_some() || place.opening_line().is_none());
        }
        self.descendants().all(|inner| inner.kind() == Kind::If || inner.asks().by().is_some())
    }

    /// Whether the scope is for all servers there are.
    #[must_use]
    pub fn is_for_all_servers(self) -> bool {
        if !self.site.is_apache() {
            return self.kind() == Kind::Http;
        }
        let is_outside = self.server().is_some_and(|server| server.kind() != Kind::Server);
        let is_section = matches!(self.kind(), Kind::Location | Kind::Directory | Kind::Files);
        if !is_outside || !is_section {
            return false;
        }
        let mut servers = self.site.virtual_hosts().peekable();
        let covers = |server: Scope<'_>| server.provider(Family::Require) == Some(self);
        servers.peek().is_some() && servers.all(covers)
    }

    /// The directives in this very scope that take away what is asked around it.
    pub fn exemptions(self) -> impl Iterator<Item = Directive<'s>> {
        [Family::Realm, Family::Subrequest, Family::OtherAuth]
            .into_iter()
            .flat_map(move |family| self.own(family))
            .filter(move |directive| directive.is(0, "off") && !self.site.is_apache())
            .chain(self.opening_line())
    }

    /// Whether this very scope says who gets in, or answers without asking anything else.
    #[must_use]
    pub fn decides_by_itself(self) -> bool {
        self.has_own_access_rules() || self.answer().is_some()
    }

    /// Whether this very scope says anything about access, or may do so: then what holds in it is
    /// meant.
    #[must_use]
    pub fn has_own_access_rules(self) -> bool {
        let families =
            [Family::Realm, Family::UserFile, Family::Subrequest, Family::OtherAuth, Family::Satisfy];
        // `allow all;` keeps nobody out, and lets nobody in who has no password, unless one check is enough.
        let is_any = self.directive(Family::Satisfy).is_some_and(|line| line.is(0, "any"));
        let is_idle = |line: Directive<'_>| !is_any && line.name() == Name::Allow && line.is(0, "all");
        families.into_iter().any(|family| self.own(family).next().is_some())
            || self.own(Family::Rules).any(|line| !is_idle(line))
            || self.requires().next().is_some()
            || self.own(Family::Rewrite).any(|line| line.name() == Name::Return)
            || self.children().any(|child| matches!(child.kind(), Kind::LimitExcept | Kind::Limit))
            || !self.is_wholly_known()
    }

    /// Whether all that this location of nginx says about access is which addresses may come, and others may not:
    /// `allow 127.0.0.1; deny all;` under `satisfy all`, where these are asked for a password as well.
    #[must_use]
    pub fn is_for_addresses_alone(self) -> bool {
        let others = [
            Family::Realm,
            Family::UserFile,
            Family::Subrequest,
            Family::OtherAuth,
            Family::Satisfy,
            Family::Rewrite,
        ];
        let rules: Vec<Directive<'_>> = self.own(Family::Rules).collect();
        let (last, allowed) = match rules.split_last() {
            Some((last, allowed)) if !self.site.is_apache() => (last, allowed),
            _ => return false,
        };
        let is_all = match self.directive(Family::Satisfy) {
            Some(satisfy) => satisfy.is(0, "all"),
            None => self.sees_no(Family::Satisfy),
        };
        is_all
            && self.is_wholly_known()
            && others.into_iter().all(|family| self.own(family).next().is_none())
            && self.children().next().is_none()
            && last.name() == Name::Deny
            && last.is(0, "all")
            && !allowed.is_empty()
            && allowed.iter().all(|rule| rule.name() == Name::Allow && !rule.is(0, "all"))
    }

    /// Whether something in the scope is let off what the scope asks, or may be: then the rest is
    /// meant.
    #[must_use]
    pub fn has_exemptions(self) -> bool {
        std::iter::once(self).chain(self.descendants()).any(|inner| {
            let asks_nothing = inner.asks().nothing() && !self.site.is_apache();
            let is_let_off = asks_nothing || inner.exemptions().next().is_some();
            (is_let_off && !inner.is_subrequest_target())
                || !inner.is_wholly_known()
                || inner.own(Family::Satisfy).any(|line| line.is_ignoring_case(0, "any"))
        })
    }

    /// Whether anything in the scope or below it asks for credentials, or may do so.
    #[must_use]
    pub fn may_ask_anywhere(self) -> bool {
        std::iter::once(self).chain(self.descendants()).any(|scope| !scope.asks().nothing())
    }

    /// Whether this location answers subrequests of its server, of `auth_request` or `mirror`: then
    /// the access phase is passed over (spec P9).
    #[must_use]
    pub fn is_subrequest_target(self) -> bool {
        self.site.subrequest_targets().contains_key(&self.id)
    }

    /// Whether this location answers `auth_request`: who comes in is decided by what it gets to see.
    #[must_use]
    pub fn is_asked_for_a_login(self) -> bool {
        self.site.subrequest_targets().get(&self.id) == Some(&true)
    }

    /// Whether requests from outside come here: not to named and `internal` locations.
    #[must_use]
    pub fn is_reached_from_outside(self) -> bool {
        match self.kind() {
            _ if self.site.is_apache() => true,
            Kind::Location => {
                !self.location().is_some_and(|location| location.is_named())
                    && (self.lacks(Family::Internal) || self.sees_no_internal())
            }
            Kind::If | Kind::LimitExcept => self.parent().is_none_or(Scope::is_reached_from_outside),
            _ => true,
        }
    }
}

impl Scope<'_> {
    /// Whether nothing is `internal` from here to the server, which stands in the same text: around servers there
    /// is no such line.
    fn sees_no_internal(self) -> bool {
        let locations = || {
            std::iter::once(self).chain(self.ancestors()).take_while(|scope| scope.kind() == Kind::Location)
        };
        let server = self.ancestors().find(|scope| scope.kind() != Kind::Location);
        server.is_some_and(|server| server.kind() == Kind::Server && server.opened_by().is_some())
            && locations()
                .all(|scope| scope.is_wholly_known() && scope.own(Family::Internal).next().is_none())
    }
}

impl Family {
    /// Whether a line of this family has a part in what `by` asks.
    fn asks_with(self, by: Directive<'_>) -> bool {
        self == by.name().family() || (self == Family::UserFile && by.name().family() == Family::Realm)
    }
}
