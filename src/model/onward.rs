//! Where nginx and httpd go on to from a place by themselves, so that the lines of another place count.

use super::names::{Family, Name};
use super::{Directive, Kind, Scope};

/// A path that requests for a place end up at.
#[derive(Clone, Debug)]
pub struct Onward<'s> {
    /// The line that leads there; none for the usual index.
    pub by: Option<Directive<'s>>,
    /// The path.
    pub path: String,
}

impl<'s> Scope<'s> {
    /// The paths of which one is where all requests for this location of nginx go on to, as far as they are no
    /// files: by `index` (spec P6), the last argument of `try_files` (spec P7), `rewrite` (spec P3).
    #[must_use]
    pub fn goes_on_to(self) -> Vec<Onward<'s>> {
        if self.site.is_apache() || self.backend().is_some() || self.answer().is_some() {
            return Vec::new();
        }
        if let Some(onward) = self.rewrites_to() {
            return vec![onward];
        }
        match self.own(Family::TryFiles).last() {
            Some(by) => falls_back_to(by).into_iter().collect(),
            None if self.own(Family::OtherHandler).next().is_some() => Vec::new(),
            None => self.index_files(),
        }
    }

    fn rewrites_to(self) -> Option<Onward<'s>> {
        let mut lines = self.own(Family::Rewrite).filter(|line| line.name() == Name::Rewrite);
        let by = lines.find(|line| self.matches_everything(*line))?;
        let goes_on = by.arity() == 2 || by.is(2, "last");
        Some(Onward { by: Some(by), path: path_of(&by.argument(1)?.text())? }).filter(|_| goes_on)
    }

    fn index_files(self) -> Vec<Onward<'s>> {
        let Some(location) =
            self.location().filter(|location| !location.is_regex() && location.path.ends_with('/'))
        else {
            return Vec::new();
        };
        let onward = |by: Option<Directive<'s>>, name: &str| {
            let path =
                if name.starts_with('/') { name.to_owned() } else { format!("{}{name}", location.path) };
            Onward { by, path }
        };
        match self.directive(Family::Index) {
            Some(by) => by.arguments().filter_map(|name| Some(onward(Some(by), &name.literal()?))).collect(),
            None if self.lacks(Family::Index) => vec![onward(None, "index.html")],
            // What stands around a part may name another one.
            None => vec![onward(None, "index.html"), onward(None, "index.php")],
        }
    }

    /// The rule of this directory of Apache that leads what is no file to one program, and the path of that.
    #[must_use]
    pub fn front_controller(self) -> Option<Onward<'s>> {
        let url = self.url().filter(|_| matches!(self.kind(), Kind::Directory | Kind::Htaccess))?;
        let rules = self.own(Family::Rewrite).filter(|line| {
            let pattern = line.literal(0).unwrap_or_default();
            let is_for_all = matches!(
                pattern.as_ref(),
                "." | "^"
                    | ".*"
                    | "^.*"
                    | "^.*$"
                    | "(.*)"
                    | "^(.*)"
                    | "^(.*)$"
                    | "(.+)"
                    | "^(.+)$"
                    | ".+"
                    | "^.+$"
            );
            line.name() == Name::RewriteRule && is_for_all
        });
        let rules = rules.filter_map(|line| Some((line, line.argument(1)?.text().into_owned())));
        let fallback = self.own(Family::Setting).filter(|line| line.is_named("FallbackResource"));
        let fallback = fallback.filter_map(|line| Some((line, line.literal(0)?.into_owned())));
        rules.chain(fallback).find_map(|(by, target)| {
            let target = target.split(['?', '$']).next()?.trim_end_matches('/').to_owned();
            let is_program = target.to_ascii_lowercase().ends_with(".php") && !target.contains(['%', ':']);
            let path = if target.starts_with('/') { target } else { format!("{url}{target}") };
            is_program.then_some(Onward { by: Some(by), path })
        })
    }
}

impl<'s> Scope<'s> {
    /// The path of a prefix of nginx, and the expressions beside it that take files out of it: those that serve files
    /// too, and are not made for the assets of pages. Scripts are hardly meant to be there.
    #[must_use]
    pub fn open_to_expressions(self) -> Option<(String, impl Iterator<Item = Scope<'s>>)> {
        let location = self.location().filter(|location| location.modifier == super::Modifier::Prefix)?;
        let level = self
            .parent()
            .filter(|_| self.backend().is_none() && self.own(Family::TryFiles).next().is_none())?;
        let is_static = |other: &Scope<'s>| {
            other.asks().by().is_some()
                && other.own_asking().is_none()
                && other.location().is_some_and(|location| location.is_regex())
                && other.backend().is_none()
                && other.purpose().is_none()
        };
        Some((location.path.into_owned(), level.children().filter(is_static)))
    }

    /// `Allow from all`, or from a variable, in a section of Apache that asks strangers all the same, and what asks. Boilerplate of 2.2
    /// has other lines beside it, and stands for what asks by itself or for everything.
    #[must_use]
    pub fn allowed_in_vain(self) -> Option<(Directive<'s>, Directive<'s>)> {
        self.everybody_allowed_in_vain().or_else(|| self.variable_allowed_in_vain())
    }

    fn everybody_allowed_in_vain(self) -> Option<(Directive<'s>, Directive<'s>)> {
        let by = self.asks_a_stranger("GET").filter(|by| !self.holds(*by) && !self.is_for_all())?;
        let rules = self.access_rules();
        let is_allow = |line: &&Directive<'s>| line.name() == Name::Allow && line.is(1, "all");
        let allow = rules.iter().find(is_allow)?;
        let other = [Family::Override, Family::Options, Family::Handler];
        let is_boilerplate = other.into_iter().any(|family| self.own(family).next().is_some())
            || rules.iter().any(|line| line.name() == Name::Deny);
        (!is_boilerplate).then_some((*allow, by))
    }

    /// The front controller that answers for this exempt `<Location>`, and the line that asks there: what the
    /// section says of the path does not count for the program (spec a129).
    #[must_use]
    pub fn front_controller_that_asks(self) -> Option<(Onward<'s>, Directive<'s>)> {
        let url = self.url().filter(|_| self.is_exact_place())?;
        let server = self.server()?;
        let is_file = url.rsplit('/').next().is_some_and(|name| name.contains('.'));
        let is_special = self.purpose() == Some(super::Purpose::Assets) || self.is_for_challenges();
        if is_file || is_special || self.backend().is_some() {
            return None;
        }
        let is_real = |place: &Scope<'s>| {
            place.kind() == Kind::Mapping
                && place.url().is_some_and(|other| super::below(other.trim_end_matches('/'), url).is_some())
        };
        let htaccess = server.htaccess_files();
        let places: Vec<Scope<'s>> = server.descendants().chain(htaccess).collect();
        let front = places.iter().find_map(|place| {
            let outer = place.url().filter(|_| place.is_exact_place())?;
            place.front_controller().filter(|_| url.starts_with(outer) && url != outer)
        })?;
        let name = front.path.rsplit('/').next()?;
        if places.iter().any(is_real) || self.speaks_of_file(name) {
            return None;
        }
        let by = server.asks_at("GET", &front.path)?;
        Some((front, by))
    }
}

/// The path in an argument, if it leads to this server and has no variables.
fn path_of(target: &str) -> Option<String> {
    let path = target.split(['?', '#']).next()?;
    (path.starts_with(['/', '@']) && !path.contains('$')).then(|| path.to_owned())
}

/// Only where the fallback is a program that is meant to answer, or where no file is tried.
fn falls_back_to(by: Directive<'_>) -> Option<Onward<'_>> {
    let last = by.argument(by.arity().checked_sub(1)?)?.text();
    let is_program = last.contains('?') || last.contains(".php") || last.starts_with('@');
    let tries_files = by.arguments().any(|word| word.text().contains("$uri"));
    Some(Onward { by: Some(by), path: path_of(&last)? }).filter(|_| is_program || !tries_files)
}
