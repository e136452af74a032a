//! 401s of `auth_request` that come without `WWW-Authenticate` (spec C9, R1, R4).

use std::collections::HashMap;

use super::by_hand::Wants;
use super::names::Family;
use super::rivals::Around;
use super::{Added, Directive, Kind, Located, Reply, Scope, Site};

/// A place where whom `auth_request` refuses is never asked for a password.
#[derive(Clone, Copy, Debug)]
pub struct Unchallenged<'s> {
    /// The `auth_request`.
    pub by: Directive<'s>,
    /// What answers 401 without the header; none where the header is added without `always`.
    pub refused_by: Option<Directive<'s>>,
    /// A line for the header that does nothing here.
    pub in_vain: Option<Directive<'s>>,
}

impl Site<'_> {
    /// The `auth_request` lines of nginx with such places, each with the first.
    #[must_use]
    pub fn unchallenged(&self) -> Vec<Unchallenged<'_>> {
        let around = self.around();
        let mut known = HashMap::new();
        let scopes = self.scopes().filter(|_| !self.is_apache());
        scopes.filter_map(|scope| scope.unchallenged(&around, &mut known)).collect()
    }
}

/// A refusal that is certain, and the line for the header beside it that is not sent.
type Refused<'s> = (Directive<'s>, Option<Directive<'s>>);

/// What is known of the paths that subrequests of servers go to.
type Known<'s> = HashMap<(u32, String), Option<Refused<'s>>>;

impl<'s> Scope<'s> {
    fn unchallenged(self, around: &Around<'s>, known: &mut Known<'s>) -> Option<Unchallenged<'s>> {
        let by = self.own(Family::Subrequest).last().filter(|by| !by.is(0, "off"))?;
        let target = by.literal(0)?;
        let mut inside = std::iter::once(self).chain(self.descendants());
        let place = inside.find(|place| place.adds_no_challenge_to(self))?;
        let in_vain = match place.added_challenge() {
            Added::NotWith401(line) => Some(line),
            _ => None,
        };
        let server = place.server()?;
        // Many locations name the same one.
        let refused = *known.entry((server.id, target.into_owned())).or_insert_with_key(|(_, target)| {
            let Located::At(target) = server.locate(target) else { return None };
            target.refusal_of_subrequest(around).or_else(|| target.refusal_behind(around))
        });
        // A line for the header says that it is missed, whatever the service is.
        let (refused_by, in_target) = refused.map_or((None, None), |(by, in_vain)| (Some(by), in_vain));
        let in_vain = in_vain
            .or(in_target)
            .or_else(|| place.challenge_of_the_service().filter(|_| refused_by.is_some()));
        (refused_by.is_some() || in_vain.is_some()).then_some(Unchallenged { by, refused_by, in_vain })
    }

    /// Whether a 401 of this `auth_request`, which stands in `outer`, leaves here without a challenge that is added.
    fn adds_no_challenge_to(self, outer: Scope<'s>) -> bool {
        self.provider(Family::Subrequest) == Some(outer)
            && self.hands_on_401()
            && (self.sends_no_challenge() || self.challenge_of_the_service().is_some())
    }

    /// The line that adds what the service sent: nothing, where it is nginx that answers.
    fn challenge_of_the_service(self) -> Option<Directive<'s>> {
        let is_set = |name: &str| {
            self.list(Family::SubrequestVariables).any(|line| {
                let from = line.argument(1).map(|value| value.text().into_owned()).unwrap_or_default();
                line.argument(0).is_some_and(|word| word.text() == name)
                    && from.contains("upstream_http_www_authenticate")
            })
        };
        self.list(Family::AddedHeaders).find(|line| {
            let is_it = line.is_ignoring_case(0, "www-authenticate");
            is_it && line.argument(1).is_some_and(|value| is_set(&value.text()))
        })
    }

    /// Whether visitors get the 401 of an `auth_request` here as it comes.
    pub(super) fn hands_on_401(self) -> bool {
        let is_place = !matches!(self.kind(), Kind::If | Kind::LimitExcept | Kind::Http)
            && self.directive(Family::Subrequest).is_some_and(|line| !line.is(0, "off"))
            && self.answer().is_none()
            && !self.is_subrequest_target();
        // A password beside it brings a challenge of its own.
        let has_none =
            |family| self.directive(family).map_or_else(|| self.sees_none(family), |line| line.is(0, "off"));
        let is_alone = has_none(Family::Realm) && has_none(Family::OtherAuth) && has_none(Family::OtherCheck);
        is_place && is_alone && self.has_no_page_for_401()
    }

    fn sends_no_challenge(self) -> bool {
        !matches!(self.added_challenge(), Added::Sent | Added::Unknown)
    }

    /// What answers a subrequest that comes here with 401, for everybody or for all who bring no password. Lines that
    /// add headers are not looked at for subrequests.
    fn refusal_of_subrequest(self, around: &Around<'s>) -> Option<Refused<'s>> {
        let by = self.certain_refusal(around)?;
        let ifs = self.children().filter(|child| child.kind() == Kind::If);
        let mut lines = std::iter::once(self).chain(ifs).flat_map(|scope| scope.own(Family::AddedHeaders));
        Some((by, lines.find(|line| line.is_ignoring_case(0, "www-authenticate"))))
    }

    /// The same in another server of this configuration that the subrequest is handed on to. There the lines count.
    fn refusal_behind(self, around: &Around<'s>) -> Option<Refused<'s>> {
        let (_, inner) = self.inner_place(around)?;
        let by = inner.certain_refusal(around).filter(|_| inner.has_no_page_for_401())?;
        let mut ifs = inner.children().filter(|child| child.kind() == Kind::If);
        (inner.sends_no_challenge() && ifs.all(Scope::sends_no_challenge)).then_some((by, None))
    }

    /// The `return 401`, or the `try_files` with `=401`, that is meant for everybody here or for all who bring no
    /// password. Of keys, tokens and cookies nothing is said: nobody types them into a login window.
    fn certain_refusal(self, around: &Around<'s>) -> Option<Directive<'s>> {
        let is_plain = self.is_wholly_known() && !self.is_conditional() && self.has_no_page_for_401();
        if self.kind() != Kind::Location || !is_plain || self.directive(Family::OtherCheck).is_some() {
            return None;
        }
        let ifs: Vec<Scope<'s>> = self.children().filter(|child| child.kind() == Kind::If).collect();
        if let Some(by) = self.refusal() {
            return ifs.iter().all(|inner| inner.passes_with_a_password(around)).then_some(by);
        }
        let by_condition = ifs
            .iter()
            .find_map(|inner| inner.refusal().zip(inner.wants_of_a_stranger(around)))
            .and_then(|(by, wants)| (wants == Wants::Password).then_some(by));
        by_condition.or_else(|| {
            let tried = self.own(Family::TryFiles).last().filter(|_| ifs.is_empty())?;
            let is_constant = tried.arguments().all(|word| word.literal().is_some());
            let is_refused = tried.is(tried.arity().checked_sub(1)?, "=401");
            (is_constant && is_refused && self.backend().is_none() && self.answer().is_none())
                .then_some(tried)
        })
    }

    /// Whether this `if` answers with success to who brings a password, or refuses who brings none.
    fn passes_with_a_password(self, around: &Around<'s>) -> bool {
        let is_success = self
            .answer()
            .is_some_and(|answer| matches!(answer.reply, Reply::Content { status: 200..=299, .. }));
        let refuses = self.refusal().is_some() && self.wants_of_a_stranger(around) == Some(Wants::Password);
        is_success && self.lets_a_password_in(around) || refuses
    }
}
