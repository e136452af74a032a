//! A site as a whole: its scopes, its files, and how they came in.

use std::path::{Path, PathBuf};

use super::{Directive, DirectiveData, Kind, Scope, Site};
use crate::finding::Inclusion;
use crate::load::{Config, Files, Included, Reading};
use crate::source::{FileId, Identity, Span};

impl<'f> Site<'f> {
    /// All scopes, outer ones before inner ones.
    pub fn scopes(&self) -> impl Iterator<Item = Scope<'_>> {
        (0..self.scopes.len()).map(|id| Scope { site: self, id: crate::source::offset(id) })
    }

    /// The scope with a number of [`Scope::index`].
    #[must_use]
    pub fn scope_at(&self, index: usize) -> Option<Scope<'_>> {
        (index < self.scopes.len()).then(|| self.scope(crate::source::offset(index)))
    }

    /// The scopes of one kind.
    pub fn scopes_of(&self, kind: Kind) -> impl Iterator<Item = Scope<'_>> {
        self.scopes().filter(move |scope| scope.kind() == kind)
    }

    /// The files the site is made of, with their syntax trees.
    #[must_use]
    pub fn files(&self) -> &'f Files {
        self.files
    }

    /// The configuration the site was made of.
    #[must_use]
    pub fn config(&self) -> &'f Config {
        self.config
    }

    /// Who opens the password files.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// An absolute path as the server makes it of a relative one: nginx from the main configuration's
    /// directory (spec A4, G13), Apache from `ServerRoot` (spec a86). None where that directory is not known.
    #[must_use]
    pub fn absolute(&self, path: &Path) -> Option<PathBuf> {
        if let Some(reading) = self.reading() {
            return reading.absolute(path);
        }
        if path.is_absolute() {
            return Some(path.to_path_buf());
        }
        self.config.prefix.as_ref().map(|prefix| prefix.join(path))
    }

    /// How a file came in.
    #[must_use]
    pub fn included_from(&self, file: FileId) -> Inclusion {
        let mut inclusion = Inclusion::default();
        let Some(&(first, times)) = self.inclusions.get(&file) else { return inclusion };
        inclusion.times = times;
        let mut at = &self.instances[first as usize];
        while let Some((outer, statement)) = at.via {
            at = &self.instances[outer as usize];
            inclusion.chain.push(self.files.head(at.file, statement));
        }
        inclusion
    }

    /// The statements that include a file.
    #[must_use]
    pub fn include_statements(&self, file: FileId) -> Vec<Span> {
        let brings_it = |included: &Included| included.files.contains(&file);
        let all = self.config.includes.iter().filter(|(_, included)| brings_it(included));
        let mut spans: Vec<Span> =
            all.map(|(&(file, statement), _)| self.files.head(file, statement)).collect();
        spans.sort_unstable();
        spans
    }

    /// The places that a server is divided into: locations, and sections of Apache.
    pub fn places(&self) -> impl Iterator<Item = Scope<'_>> {
        self.scopes().filter(|scope| {
            matches!(scope.kind(), Kind::Location | Kind::Directory | Kind::Files | Kind::Mapping)
        })
    }

    /// The scopes of Apache that stand for a place of their own: servers, sections and `.htaccess`
    /// files; none of nginx.
    pub fn sections(&self) -> impl Iterator<Item = Scope<'_>> {
        let is_apache = self.is_apache();
        self.scopes().filter(move |scope| {
            is_apache && !matches!(scope.kind(), Kind::Limit | Kind::Requirement | Kind::Other)
        })
    }

    /// Whether this is a configuration of Apache.
    #[must_use]
    pub fn is_apache(&self) -> bool {
        self.apache.is_some()
    }

    pub(super) fn reading(&self) -> Option<&'f Reading> {
        self.config.reading()
    }

    pub(crate) fn scope(&self, id: u32) -> Scope<'_> {
        Scope { site: self, id }
    }

    pub(super) fn directive(&self, data: DirectiveData) -> Directive<'_> {
        Directive { site: self, data }
    }
}
