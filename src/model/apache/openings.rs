//! Sections by suffix that open programs and pages in a protected directory: `<FilesMatch "\.php$">` is
//! applied after every `<Directory>` and `.htaccess` (spec a54, a66).

use std::collections::HashMap;

use super::serving::Matching;
use crate::model::names::Family;
use crate::model::{Directive, Kind, Scope, Site};

/// Files of a protected directory that a section by suffix lets everybody have.
#[derive(Clone, Debug)]
pub struct OpenedFile<'s> {
    /// `Require all granted`.
    pub by: Directive<'s>,
    /// The `Require` line that is asked for in the directory.
    pub wanted: Directive<'s>,
    /// Such a file, as a path of the URL.
    pub path: String,
}

/// Names that only an expression by suffix matches. Pictures and styles are let off on purpose.
const PROGRAMS: &[&str] = &["x.php", "x.cgi", "x.pl", "x.py", "x.jsp", "x.html"];

impl Site<'_> {
    /// The files that are open although their directory is protected.
    #[must_use]
    pub fn opened_files(&self) -> Vec<OpenedFile<'_>> {
        let mut openers: HashMap<Option<u32>, Vec<(Scope<'_>, Directive<'_>)>> = HashMap::new();
        for scope in self.sections() {
            if let Some(by) = scope.opens_by_suffix() {
                openers.entry(scope.data().server).or_default().push((scope, by));
            }
        }
        if openers.is_empty() {
            return Vec::new();
        }
        let protected = self.sections().filter_map(|scope| Some((scope, scope.own_wanted_line()?)));
        let opened = protected.flat_map(|(scope, wanted)| {
            let server = scope.data().server;
            let servers = [Some(0), server.filter(|server| *server != 0)].into_iter().flatten();
            let all = servers.filter_map(|server| openers.get(&Some(server))).flatten();
            all.filter_map(move |(opener, by)| {
                let path = scope.file_opened_by(*opener)?;
                Some(OpenedFile { by: *by, wanted, path })
            })
        });
        opened.collect()
    }
}

impl<'s> Scope<'s> {
    fn opens_by_suffix(self) -> Option<Directive<'s>> {
        let is_by_suffix = match self.kind() {
            Kind::Files => !matches!(self.matching(), Matching::Literal(_) | Matching::Unknown),
            Kind::Location => matches!(self.matching(), Matching::Expression(_)),
            _ => false,
        };
        let is_certain =
            self.site.apache.as_ref().is_some_and(|apache| apache.conditions[self.id as usize] == 0);
        if !is_by_suffix || !is_certain || !self.opens_by_itself("GET") {
            return None;
        }
        self.requires().find(|line| line.grants_everybody())
    }

    /// The `Require` line of this very directory that asks, if it is in force here.
    fn own_wanted_line(self) -> Option<Directive<'s>> {
        let is_directory = matches!(self.kind(), Kind::Directory | Kind::Htaccess) && self.is_exact_place();
        let is_in_force = is_directory && self.provider(Family::Require) == Some(self);
        self.requires().find(|line| line.needs_a_user()).filter(|_| is_in_force && self.asks_strangers())
    }

    fn file_opened_by(self, opener: Scope<'s>) -> Option<String> {
        let url = self.url()?;
        if opener.kind() == Kind::Location {
            let paths = PROGRAMS.iter().map(|name| format!("{url}{name}"));
            return paths.into_iter().find(|path| opener.matches(path) == Some(true));
        }
        let outer = opener.parent()?;
        let is_above = match outer.kind() {
            Kind::Directory | Kind::Htaccess => {
                outer != self && self.directory()?.starts_with(outer.directory()?)
            }
            _ => true,
        };
        let name = PROGRAMS.iter().find(|name| opener.matches(name) == Some(true)).filter(|_| is_above)?;
        Some(format!("{url}{name}"))
    }
}
