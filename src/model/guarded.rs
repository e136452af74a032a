//! Which backends and lines are behind a login somewhere.

use std::collections::HashSet;

use super::names::Family;
use super::{Backend, Directive, Scope, Site};
use crate::source::Span;

/// What nginx guards: a drop is right for another way to the same backend, or by the same line.
#[derive(Debug)]
pub struct Guarded {
    backends: HashSet<(Span, String)>,
    lines: HashSet<Span>,
}

impl Guarded {
    /// Of all scopes.
    #[must_use]
    pub fn of(site: &Site<'_>) -> Self {
        let mut guarded = Guarded { backends: HashSet::new(), lines: HashSet::new() };
        for scope in site.scopes().filter(|scope| scope.is_guarded()) {
            if site.is_apache() {
                // What a section that asks takes away is its own password, also for what is let off in it.
                let lines = if scope.backend().is_some() {
                    scope.apache_edits()
                } else {
                    scope.own(Family::HeaderEdits).collect()
                };
                guarded.lines.extend(lines.iter().map(|line| line.span()));
            }
            let (Some(server), Some(backend)) = (scope.server(), scope.backend()) else { continue };
            guarded.backends.insert((server.span(), backend.pass.text()));
            guarded.lines.extend(scope.list(backend.list).map(|line| line.span()));
        }
        guarded
    }

    /// Whether another scope that is guarded hands on to this backend, or has this line in force.
    #[must_use]
    pub fn has(&self, scope: Scope<'_>, backend: Backend<'_>, by: Directive<'_>) -> bool {
        let same = scope.server().map(|server| (server.span(), backend.pass.text()));
        same.is_none_or(|same| self.backends.contains(&same)) || self.lines.contains(&by.span())
    }
}
