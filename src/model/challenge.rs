//! Whether visitors are shown what makes a browser ask for a password: a 401 with `WWW-Authenticate` (spec C8, C9, E1
//! to E7, U9).

use std::collections::HashSet;

use super::by_hand::Wants;
use super::names::Family;
use super::rivals::Around;
use super::{Asks, Backend, Directive, Forwarded, Kind, Purpose, Reply, Scope, Site};

/// What the lines of nginx about the header `WWW-Authenticate` come to where nginx itself answers with 401.
#[derive(Clone, Copy, Debug)]
pub enum Added<'s> {
    /// It is sent, by this line or by a module.
    Sent,
    /// This line sends it with other answers alone: `always` is missing (spec E7).
    NotWith401(Directive<'s>),
    /// The first line is not in force, because the second one stands further in (spec M4).
    Lost(Directive<'s>, Directive<'s>),
    /// No line is about it.
    Nothing,
    /// It depends on something that is not known.
    Unknown,
}

/// A login that no browser offers, since what it waits for never comes.
#[derive(Clone, Copy, Debug)]
pub struct HiddenChallenge<'s> {
    /// What keeps it back.
    pub by: Directive<'s>,
    /// How.
    pub how: Hiding<'s>,
    /// The place where it is missed.
    pub place: Scope<'s>,
}

/// How a challenge is kept back.
#[derive(Clone, Copy, Debug)]
pub enum Hiding<'s> {
    /// The page for 401 is sent with this status or, with 3xx, visitors are redirected.
    Turned {
        /// What is sent in the place of 401.
        status: u16,
        /// What asks for the password.
        password: Directive<'s>,
        /// Whether the page is one to log in at by its name: it may ask for the password by a script.
        is_login: bool,
    },
    /// A `return 401` before this asks for a password.
    BeforePassword(Directive<'s>),
    /// A `return 401` for all who bring no password.
    ByHand,
    /// The same, with a line for the header that is not in force because of another one.
    Lost(Directive<'s>, Directive<'s>),
    /// A line for the header that is sent with other answers alone, and whether it is known that an answer with 401
    /// misses it.
    NotWith401 {
        /// Whether it is known.
        is_missed: bool,
    },
    /// The header is taken from the answers of a backend that asks for a password by this line.
    OfServer(Directive<'s>),
    /// The same for clients that wait for it: git, Docker, `WebDAV`.
    OfClients(Backend<'s>),
    /// The same where the credentials are handed on by this line.
    OfHanded(Directive<'s>),
    /// The same where nothing is known of the backend.
    OfBackend(Backend<'s>),
}

/// Names of places for programs that send a password only once they were challenged.
const WAITING: &[&str] = &["git", "svn", "dav", "webdav", "caldav", "carddav"];

impl Site<'_> {
    /// The challenges of nginx that are kept back.
    #[must_use]
    pub fn hidden_challenges(&self) -> Vec<HiddenChallenge<'_>> {
        if self.is_apache() {
            return Vec::new();
        }
        let around = self.around();
        let others = self.scopes().flat_map(|scope| {
            [
                scope.challenge_not_with_401(),
                scope.refused_by_hand(&around),
                scope.challenge_of_backend(&around),
            ]
        });
        // What answers an `auth_request` from another server is told of that one.
        let targets = self.scopes().filter(|scope| scope.is_asked_for_a_login());
        let services: HashSet<u32> =
            targets.filter_map(|target| Some(target.inner_place(&around)?.1.id)).collect();
        let is_service = |hidden: &HiddenChallenge<'_>| {
            matches!(hidden.how, Hiding::ByHand | Hiding::Lost(..)) && services.contains(&hidden.place.id)
        };
        let turned: Vec<_> = self.scopes().filter_map(Scope::turned_challenge).collect();
        // Who is asked at a door of its own is known everywhere afterwards.
        let doors: HashSet<u32> = match turned.as_slice() {
            [] => HashSet::new(),
            _ => self
                .scopes()
                .filter(|scope| scope.asks_at_a_door())
                .filter_map(|door| door.data().server)
                .collect(),
        };
        let is_inside = |hidden: &HiddenChallenge<'_>| {
            hidden.place.data().server.is_some_and(|server| doors.contains(&server))
        };
        others
            .flatten()
            .filter(|hidden| !is_service(hidden))
            .chain(turned.into_iter().filter(|hidden| !is_inside(hidden)))
            .collect()
    }
}

impl<'s> Scope<'s> {
    /// Whether no line of a family is in force here, as far as the text of the server goes. Around servers there is
    /// hardly ever one about a login.
    pub(super) fn sees_none(self, family: Family) -> bool {
        let outer = std::iter::once(self).chain(self.ancestors());
        let mut inside =
            outer.take_while(|scope| !matches!(scope.kind(), Kind::Http | Kind::Main | Kind::Snippet));
        let is_in_server = self.server().is_some_and(|server| server.opened_by().is_some());
        self.lacks(family)
            || is_in_server
                && self.provider(family).is_none()
                && inside.all(|scope| scope.is_wholly_known() && scope.own(family).next().is_none())
    }

    /// What is added to an answer with 401 that nginx makes here.
    #[must_use]
    pub fn added_challenge(self) -> Added<'s> {
        let by_module = self.setting("more_set_headers").lines();
        if by_module.iter().any(|line| line.text().to_ascii_lowercase().contains("www-authenticate")) {
            return Added::Sent;
        }
        if !self.sees_none(Family::Foreign) {
            return Added::Unknown;
        }
        let in_force = self.list(Family::AddedHeaders).find(|line| is_challenge(*line));
        if let Some(line) = in_force {
            return if line.is(2, "always") { Added::Sent } else { Added::NotWith401(line) };
        }
        let first = self.list(Family::AddedHeaders).next();
        if first.is_none() {
            return if self.sees_none(Family::AddedHeaders) { Added::Nothing } else { Added::Unknown };
        }
        let mut outer = self.ancestors().flat_map(|scope| scope.own(Family::AddedHeaders));
        match outer.find(|line| is_challenge(*line) && line.is(2, "always")).zip(first) {
            Some((line, by)) => Added::Lost(line, by),
            None => Added::Nothing,
        }
    }

    /// Whether it is certain, as far as the server goes, that no page stands for 401 here.
    pub(super) fn has_no_page_for_401(self) -> bool {
        let mut lines = self.list(Family::ErrorPage).peekable();
        if lines.peek().is_none() {
            return self.sees_none(Family::ErrorPage);
        }
        !lines.any(|line| line.arguments().any(|word| word.text() == "401" || word.is_template()))
    }

    /// What asks for a password here, and nothing else does: neither a subrequest, whose 401 is often meant to lead
    /// elsewhere, nor code.
    pub(super) fn password_alone(self) -> Option<Directive<'s>> {
        let Asks::Password(password) = self.asks() else { return None };
        let others = [Family::Subrequest, Family::OtherAuth, Family::OtherCheck];
        let is_other = |family| self.directive(family).is_some_and(|line| !line.is(0, "off"));
        let is_place = self.kind() != Kind::If && self.answer().is_none() && !self.is_subrequest_target();
        (is_place && !others.into_iter().any(is_other)).then_some(password.by)
    }

    /// The line of this very scope with which visitors get something else than 401 where a password is asked for.
    fn turned_challenge(self) -> Option<HiddenChallenge<'s>> {
        let is_for_401 = |line: &Directive<'s>| line.arguments().any(|word| word.text() == "401");
        let by = self.own(Family::ErrorPage).find(is_for_401).filter(|_| self.is_wholly_known())?;
        let status = self.turns_401(by)?;
        let is_in_force = |place: &Scope<'s>| place.provider(Family::ErrorPage) == Some(self);
        let mut places = std::iter::once(self).chain(self.descendants()).filter(is_in_force);
        let (place, password) = places.find_map(|place| Some((place, place.password_alone()?)))?;
        let page = by.arguments().last().map(|word| word.text().to_ascii_lowercase()).unwrap_or_default();
        let is_login =
            ["login", "signin", "sign-in", "sign_in", "logon"].iter().any(|word| page.contains(word));
        let how = Hiding::Turned { status, password, is_login };
        Some(HiddenChallenge { by, how, place })
    }

    /// Whether this is a place to log in at where the challenge is sent as it should be.
    fn asks_at_a_door(self) -> bool {
        let is_for_401 = |line: &Directive<'s>| line.arguments().any(|word| word.text() == "401");
        let turns = || {
            let provider = self.provider(Family::ErrorPage)?;
            provider.turns_401(provider.own(Family::ErrorPage).find(is_for_401)?)
        };
        self.is_a_door() && self.password_alone().is_some() && turns().is_none()
    }

    /// The status that an `error_page` for 401 makes of it (spec E1 to E4, E10). None where it stays, or is not known.
    fn turns_401(self, by: Directive<'s>) -> Option<u16> {
        let last = by.arity().checked_sub(1)?;
        let target = by.argument(last).filter(|word| !word.is_template())?.text().into_owned();
        if ["http://", "https://", "$scheme://"].iter().any(|start| target.starts_with(start)) {
            return Some(302);
        }
        let word = by.argument(last.checked_sub(1)?)?.text().into_owned();
        let given = word.strip_prefix('=');
        if let Some(status) = given.and_then(|code| code.parse::<u16>().ok()) {
            return (status != 401).then_some(status);
        }
        let place = self.server()?.place_of(&by.page_for_401()?)?;
        match place.answer().map(|answer| answer.reply) {
            Some(Reply::Redirect(_)) => Some(302),
            Some(Reply::Content { status: 401, .. }) => None,
            Some(Reply::Content { status, text }) => (given.is_some() || text.is_empty()).then_some(status),
            // A page from the disk is sent with 200; what a backend says is not known.
            None => {
                let is_file = place.backend().is_none() && place.own(Family::Rewrite).next().is_none();
                (given.is_some() && is_file && !target.starts_with('@')).then_some(200)
            }
        }
    }

    /// A line of this very scope for the header that is not sent with 401.
    fn challenge_not_with_401(self) -> Option<HiddenChallenge<'s>> {
        let is_lost = |line: &Directive<'s>| is_challenge(*line) && line.arity() == 2 && !line.is_template();
        let by = self.own(Family::AddedHeaders).find(is_lost)?;
        let is_in_force = |place: &Scope<'s>| place.provider(Family::AddedHeaders) == Some(self);
        let places = || std::iter::once(self).chain(self.descendants()).filter(is_in_force);
        // What auth_request makes of it is another thing, and `auth_basic` has a challenge of its own.
        let is_another = self.is_asked_for_a_login() || places().any(Scope::hands_on_401);
        if is_another
            || matches!(self.asks(), Asks::Password(_)) && places().all(|place| place.refusal().is_none())
        {
            return None;
        }
        let is_missed = places().any(|place| {
            place.refusal().is_some()
                || place.backend().is_some_and(|backend| place.hidden_by(backend).is_some())
        });
        Some(HiddenChallenge { by, how: Hiding::NotWith401 { is_missed }, place: self })
    }

    /// A `return 401` in this `if` for all who bring no password, and nothing that makes a browser ask for one.
    fn refused_by_hand(self, around: &Around<'s>) -> Option<HiddenChallenge<'s>> {
        let by = self.refusal().filter(|_| self.kind() == Kind::If && self.has_no_page_for_401())?;
        let wants = self.wants_of_a_stranger(around)?;
        // Programs that fetch a token send what they have unasked.
        let place = self.parent().filter(|place| !place.is_asked_for_a_login() && !place.is_a_door())?;
        let password = match self.asks() {
            Asks::Password(password) => Some(password.by),
            _ => None,
        };
        let is_login = match wants {
            Wants::Password => place.purpose() != Some(Purpose::Api) || password.is_some(),
            Wants::Credentials => password.is_some(),
            Wants::Other => false,
        };
        let how = match self.added_challenge() {
            _ if !is_login => return None,
            Added::Nothing => password.map_or(Hiding::ByHand, Hiding::BeforePassword),
            Added::Lost(line, by) => Hiding::Lost(line, by),
            // That is told of the line.
            Added::NotWith401(_) | Added::Sent | Added::Unknown => return None,
        };
        Some(HiddenChallenge { by, how, place })
    }

    /// The line that takes the challenge out of a backend's answers, where nothing else asks.
    fn challenge_of_backend(self, around: &Around<'s>) -> Option<HiddenChallenge<'s>> {
        let backend = self.backend().filter(|_| !self.is_asked_for_a_login())?;
        let by = self.hidden_by(backend)?;
        let is_asked = [Family::Realm, Family::Subrequest, Family::OtherAuth, Family::OtherCheck]
            .into_iter()
            .any(|family| {
                !self.sees_none(family) && !self.directive(family).is_some_and(|line| line.is(0, "off"))
            });
        let reaches = matches!(self.forwards(backend, "Authorization"), Forwarded::AsSent);
        let is_missed = reaches && !is_asked && !self.is_anonymous(backend) && self.has_no_page_for_401();
        if !is_missed || !matches!(self.added_challenge(), Added::Nothing) {
            return None;
        }
        let asked = self.inner_place(around).and_then(|(_, inner)| inner.password_alone());
        let handed = self.list(backend.list).find(|line| backend.is_about(*line, "Authorization"));
        let how = match (asked, handed) {
            (Some(asked), _) => Hiding::OfServer(asked),
            _ if self.is_for_waiting_clients() => Hiding::OfClients(backend),
            (_, Some(handed)) => Hiding::OfHanded(handed),
            _ => Hiding::OfBackend(backend),
        };
        Some(HiddenChallenge { by, how, place: self })
    }

    /// The line that takes the challenge out of the answers of this backend.
    fn hidden_by(self, backend: Backend<'s>) -> Option<Directive<'s>> {
        let others = self.setting(&format!("{}_hide_header", backend.protocol())).lines();
        let lines = self.list(Family::HiddenHeaders).filter(|_| backend.protocol() == "proxy");
        lines.chain(others).find(|line| line.is_ignoring_case(0, "www-authenticate"))
    }

    fn is_for_waiting_clients(self) -> bool {
        self.location().is_some_and(|location| {
            let path = location.path.trim_start_matches(['^', '/']);
            let mut words = path.split(|c: char| !c.is_ascii_alphanumeric());
            // The interface of Docker's registries.
            path == "v2" || path.starts_with("v2/") || words.any(|word| WAITING.contains(&word))
        })
    }
}

fn is_challenge(line: Directive<'_>) -> bool {
    let has_value = line.argument(1).is_some_and(|value| !value.text().is_empty());
    line.is_ignoring_case(0, "www-authenticate") && has_value
}
