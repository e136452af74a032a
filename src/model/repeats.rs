//! Auth that is written again where it is in force already.

use super::names::Family;
use super::{Directive, Kind, Scope};
use crate::source::{FileId, Span};
use crate::syntax::StatementId;

/// Lines of a scope that say nothing but what holds around it.
#[derive(Clone, Debug)]
pub struct Repeat<'s> {
    /// The lines of the scope that ask, or say how; all of them. Not empty.
    pub own: Vec<Directive<'s>>,
    /// The line that holds around the scope, for each of them.
    pub outer: Vec<Directive<'s>>,
    /// The `include` in the scope that brings the lines, where it brings the outer ones as well.
    pub include: Option<Span>,
}

/// What asks, and what says how.
const OF_NGINX: &[Family] = &[Family::Realm, Family::UserFile, Family::Subrequest];
const OF_APACHE: &[Family] =
    &[Family::Scheme, Family::Realm, Family::UserFile, Family::GroupFile, Family::Provider, Family::Require];

impl<'s> Scope<'s> {
    /// The lines for auth of this very scope, where each of them says what holds around it.
    #[must_use]
    pub fn repeated_auth(self) -> Option<Repeat<'s>> {
        self.asks().by()?;
        if self.site.is_apache() { self.repeated_section() } else { self.repeated_block() }
    }

    fn repeated_block(self) -> Option<Repeat<'s>> {
        let around = self.parent()?;
        let own: Vec<Directive<'s>> = OF_NGINX.iter().flat_map(|&family| self.own(family)).collect();
        let same = |line: &Directive<'s>| {
            around.directive(line.name().family()).filter(|outer| outer.same_as(*line))
        };
        let outer: Vec<Directive<'s>> = own.iter().map(same).collect::<Option<_>>()?;
        let (first, above) = (own.first()?, outer.first()?);
        let include = if first == above { Some(self.include_of_auth(&own)?) } else { None };
        // Lines of a file that is included elsewhere, too, may be needed there; not where it brings both.
        let may_be_needed = |own: &Directive<'s>, outer: &Directive<'s>| {
            let file = own.span().file;
            include.is_none() && file != outer.span().file && self.site.included_from(file).times > 1
        };
        let is_needed = own.iter().zip(&outer).any(|(own, outer)| may_be_needed(own, outer));
        (!is_needed).then_some(Repeat { own, outer, include })
    }

    /// The `include` of this very block whose file holds these lines and nothing else.
    fn include_of_auth(self, lines: &[Directive<'s>]) -> Option<Span> {
        let wanted = lines.first()?.span().file;
        let is_whole = lines.iter().all(|line| line.span().file == wanted);
        let is_alone = self.site.files().tree(wanted).top().count() == lines.len();
        self.include_of(wanted).filter(|_| is_whole && is_alone)
    }

    /// The `include` of this very block that brings a file; none where the block stands in that file.
    #[must_use]
    pub fn include_of(self, wanted: FileId) -> Option<Span> {
        let (file, statement) = self.opened_by().filter(|(file, _)| *file != wanted)?;
        let brings_it = |statement: &StatementId| {
            let included = self.site.config().includes.get(&(file, *statement));
            included.is_some_and(|included| included.files.contains(&wanted))
        };
        let found = self.site.files().tree(file).children(statement).find(brings_it)?;
        Some(self.site.files().head(file, found))
    }

    /// A section of Apache, not a `.htaccess`, which may be brought along from elsewhere.
    fn repeated_section(self) -> Option<Repeat<'s>> {
        let is_section = matches!(self.kind(), Kind::Directory | Kind::Location | Kind::Files);
        let is_plain = self.children().all(|child| !matches!(child.kind(), Kind::Limit | Kind::Requirement));
        let has_other = |family| self.own(family).next().is_some();
        let others = [Family::Merging, Family::Satisfy, Family::Rules, Family::OtherCheck];
        if !is_section || !is_plain || self.is_in_htaccess() || others.into_iter().any(has_other) {
            return None;
        }
        let mut repeat = Repeat { own: Vec::new(), outer: Vec::new(), include: None };
        for &family in OF_APACHE {
            let own: Vec<Directive<'s>> = self.own(family).collect();
            if own.is_empty() {
                continue;
            }
            let around =
                self.outer_provider(family).filter(|around| *around != self && !around.is_in_htaccess())?;
            let outer: Vec<Directive<'s>> = around.own(family).collect();
            let is_same = own.len() == outer.len()
                && own
                    .iter()
                    .zip(&outer)
                    .all(|(own, outer)| own.same_as(*outer) && own != outer && own.is_certain());
            if !is_same || family == Family::Require && around.requires().count() != outer.len() {
                return None;
            }
            repeat.own.extend(own);
            repeat.outer.extend(outer);
        }
        // Where the place is the same, it is two sections for one place.
        let is_elsewhere = |around: Scope<'s>| !around.is_at_the_place_of(self);
        let asks = self.own(Family::Require).next().is_some();
        (asks && self.outer_provider(Family::Require).is_some_and(is_elsewhere)).then_some(repeat)
    }
}
