//! A place where directives take effect, and what is in force there.

use super::{Directive, Family, Kind, NOBODY, ScopeData, Site, UNKNOWN};
use crate::source::{FileId, Span};
use crate::syntax::StatementId;

/// A place where directives take effect.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    pub(super) site: &'s Site<'s>,
    pub(super) id: u32,
}

impl PartialEq for Scope<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<'s> Scope<'s> {
    pub(super) fn data(self) -> &'s ScopeData {
        &self.site.scopes[self.id as usize]
    }

    /// Its number among the scopes of the site, in the order of [`Site::scopes`].
    #[must_use]
    pub fn index(self) -> usize {
        self.id as usize
    }

    /// The site it belongs to.
    #[must_use]
    pub fn site(self) -> &'s Site<'s> {
        self.site
    }

    /// The statement that opens it; none for the top of a file.
    #[must_use]
    pub fn opened_by(self) -> Option<(FileId, StatementId)> {
        self.data().opened_by
    }

    /// What sort of place it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.data().kind
    }

    /// The scope around it.
    #[must_use]
    pub fn parent(self) -> Option<Scope<'s>> {
        (self.id != 0).then(|| self.site.scope(self.data().parent))
    }

    /// The scopes around it, from the inside out.
    pub fn ancestors(self) -> impl Iterator<Item = Scope<'s>> {
        std::iter::successors(self.parent(), |scope| scope.parent())
    }

    /// The scopes directly in it.
    pub fn children(self) -> impl Iterator<Item = Scope<'s>> {
        let (start, end) = self.data().children;
        (start..end).map(move |id| self.site.scope(id))
    }

    /// The scopes in it, at all depths.
    pub fn descendants(self) -> impl Iterator<Item = Scope<'s>> {
        let mut todo: Vec<Scope<'s>> = self.children().collect();
        std::iter::from_fn(move || {
            let scope = todo.pop()?;
            todo.extend(scope.children());
            Some(scope)
        })
    }

    /// The server it is in, or is.
    #[must_use]
    pub fn server(self) -> Option<Scope<'s>> {
        self.data().server.map(|server| self.site.scope(server))
    }

    /// The name and arguments of its opening directive; for the top of a file all of the file's
    /// beginning that there is to show, which is nothing.
    #[must_use]
    pub fn span(self) -> Span {
        match self.data().opened_by {
            Some((file, statement)) => self.site.files.head(file, statement),
            None => Span::new(self.site.instances[self.data().instance as usize].file, 0, 0),
        }
    }

    /// Its opening directive as it is written, such as `location /admin/`, for people.
    #[must_use]
    pub fn title(self) -> String {
        match self.data().opened_by {
            Some(_) => {
                self.site.files.sources.text(self.span()).split_whitespace().collect::<Vec<_>>().join(" ")
            }
            None => "the top of the file".to_owned(),
        }
    }

    /// What is served here in the end: the backend or the document root, of this scope or of its
    /// `location /`.
    #[must_use]
    pub fn content(self) -> Option<Directive<'s>> {
        let root =
            self.children().find(|child| child.location().is_some_and(|location| location.path == "/"));
        let mapped =
            self.children().filter(|child| child.kind() == Kind::Mapping && child.url() == Some("/"));
        let here = [root, Some(self)]
            .into_iter()
            .flatten()
            .chain(mapped)
            .find_map(|scope| scope.backend().map(|backend| backend.pass));
        let own = || self.own(Family::Root).last();
        here.or_else(|| root.unwrap_or(self).directive(Family::Root)).or_else(own)
    }

    /// The directives of a family that stand in this very scope, in the order of the text.
    pub fn own(self, family: Family) -> impl Iterator<Item = Directive<'s>> {
        let (start, end) = self.data().own;
        let all = &self.site.directives[start as usize..end as usize];
        let from = all.partition_point(|directive| directive.name.family() < family);
        all[from..]
            .iter()
            .take_while(move |directive| directive.name.family() == family)
            .map(move |directive| self.site.directive(*directive))
    }

    /// All directives of this very scope that the model knows, by family.
    pub(super) fn own_all(self) -> impl Iterator<Item = Directive<'s>> {
        let (start, end) = self.data().own;
        self.site.directives[start as usize..end as usize].iter().map(move |data| self.site.directive(*data))
    }

    /// The one directive of a family that is in force here, own or inherited.
    #[must_use]
    pub fn directive(self, family: Family) -> Option<Directive<'s>> {
        self.provider(family)?.own(family).last()
    }

    /// The directives of a list family that are in force here, own or inherited; none where the
    /// list is empty or not wholly known.
    pub fn list(self, family: Family) -> impl Iterator<Item = Directive<'s>> {
        self.provider(family)
            .filter(|scope| !scope.data().unknown_inside)
            .into_iter()
            .flat_map(move |scope| scope.own(family))
    }

    /// Whether it is certain that no directive of the family is in force here.
    #[must_use]
    pub fn lacks(self, family: Family) -> bool {
        self.site.policies[self.data().policy as usize][family as usize] == NOBODY
    }

    /// Whether it is certain that there is no further directive in this very scope than are seen.
    #[must_use]
    pub fn is_wholly_known(self) -> bool {
        !self.data().unknown_inside
    }

    /// Whether parts of it depend on conditions of a template.
    #[must_use]
    pub fn is_conditional(self) -> bool {
        self.data().conditional
    }

    /// The scope whose lines of the family are in force here.
    #[must_use]
    pub fn provider(self, family: Family) -> Option<Scope<'s>> {
        match *self.site.policies[self.data().policy as usize].get(family as usize)? {
            NOBODY | UNKNOWN => None,
            id => Some(self.site.scope(id)),
        }
    }
}
