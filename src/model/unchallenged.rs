//! 401s of `auth_request` that come without `WWW-Authenticate` (spec C9, R1, R4).

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
        self.scopes().filter(|_| !self.is_apache()).filter_map(|scope| scope.unchallenged(&around)).collect()
    }
}

/// A refusal that is certain, and the line for the header beside it that is not sent.
type Refused<'s> = (Directive<'s>, Option<Directive<'s>>);

impl<'s> Scope<'s> {
    fn unchallenged(self, around: &Around<'s>) -> Option<Unchallenged<'s>> {
        let by = self.own(Family::Subrequest).last().filter(|by| !by.is(0, "off"))?;
        let target = by.literal(0)?;
        let mut inside = std::iter::once(self).chain(self.descendants());
        let place = inside.find(|place| place.adds_no_challenge_to(self))?;
        let in_vain = match place.added_challenge() {
            Added::NotWith401(line) => Some(line),
            _ => None,
        };
        let refused = match place.server()?.locate(&target) {
            Located::At(target) => target.refusal_of_subrequest().or_else(|| target.refusal_behind(around)),
            Located::Unknown => None,
        };
        // A line for the header says that it is missed, whatever the service is.
        let (refused_by, in_target) = refused.map_or((None, None), |(by, in_vain)| (Some(by), in_vain));
        let in_vain = in_vain.or(in_target);
        (refused_by.is_some() || in_vain.is_some()).then_some(Unchallenged { by, refused_by, in_vain })
    }

    /// Whether a 401 of this `auth_request`, which stands in `outer`, leaves here as it comes.
    fn adds_no_challenge_to(self, outer: Scope<'s>) -> bool {
        let is_place = !matches!(self.kind(), Kind::If | Kind::LimitExcept | Kind::Http)
            && self.provider(Family::Subrequest) == Some(outer)
            && self.answer().is_none()
            && !self.is_subrequest_target();
        // A password beside it brings a challenge of its own.
        let has_none =
            |family| self.directive(family).map_or_else(|| self.sees_none(family), |line| line.is(0, "off"));
        let is_alone = has_none(Family::Realm) && has_none(Family::OtherAuth) && has_none(Family::OtherCheck);
        is_place && is_alone && self.has_no_page_for_401() && self.sends_no_challenge()
    }

    fn sends_no_challenge(self) -> bool {
        !matches!(self.added_challenge(), Added::Sent | Added::Unknown)
    }

    /// What answers a subrequest that comes here with 401, for everybody or for all who bring no password. Lines that
    /// add headers are not looked at for subrequests.
    fn refusal_of_subrequest(self) -> Option<Refused<'s>> {
        let by = self.certain_refusal()?;
        let ifs = self.children().filter(|child| child.kind() == Kind::If);
        let mut lines = std::iter::once(self).chain(ifs).flat_map(|scope| scope.own(Family::AddedHeaders));
        Some((by, lines.find(|line| line.is_ignoring_case(0, "www-authenticate"))))
    }

    /// The same in another server of this configuration that the subrequest is handed on to. There the lines count.
    fn refusal_behind(self, around: &Around<'s>) -> Option<Refused<'s>> {
        let (_, inner) = self.inner_place(around)?;
        let by = inner.certain_refusal().filter(|_| inner.has_no_page_for_401())?;
        let mut ifs = inner.children().filter(|child| child.kind() == Kind::If);
        (inner.sends_no_challenge() && ifs.all(Scope::sends_no_challenge)).then_some((by, None))
    }

    /// The `return 401`, or the `try_files` with `=401`, that is meant for everybody here or for all who bring no
    /// password. Of keys, tokens and cookies nothing is said: nobody types them into a login window.
    fn certain_refusal(self) -> Option<Directive<'s>> {
        let is_plain = self.is_wholly_known() && !self.is_conditional() && self.has_no_page_for_401();
        if self.kind() != Kind::Location || !is_plain || self.directive(Family::OtherCheck).is_some() {
            return None;
        }
        let ifs: Vec<Scope<'s>> = self.children().filter(|child| child.kind() == Kind::If).collect();
        if let Some(by) = self.refusal() {
            return ifs.iter().all(|inner| inner.passes_with_a_password()).then_some(by);
        }
        let by_condition = ifs
            .iter()
            .find_map(|inner| inner.refusal().zip(inner.wants_of_a_stranger()))
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
    fn passes_with_a_password(self) -> bool {
        let is_success = self
            .answer()
            .is_some_and(|answer| matches!(answer.reply, Reply::Content { status: 200..=299, .. }));
        let refuses = self.refusal().is_some() && self.wants_of_a_stranger() == Some(Wants::Password);
        is_success && self.lets_a_password_in() || refuses
    }
}
