//! Headers that tell browsers which other origins may ask (Fetch, 3.2).

use super::names::{Family, Name};
use super::{Directive, Kind, Scope, Value};

/// What a scope says to other origins.
#[derive(Clone, Copy, Debug)]
pub struct Cors<'s> {
    /// The first of the lines.
    pub by: Directive<'s>,
    /// Whether a line speaks of methods or of headers: browsers read those in answers to a preflight only.
    pub is_about_preflights: bool,
}

impl<'s> Scope<'s> {
    /// The lines about other origins that are in force here.
    #[must_use]
    pub fn cors(self) -> Option<Cors<'s>> {
        let is_cors = |name: &str| name.to_ascii_lowercase().starts_with("access-control-allow-");
        let is_plain = |name: &str| name.to_ascii_lowercase().ends_with("-origin");
        let named: Vec<(Directive<'s>, String)> = if self.site.is_apache() {
            let outer = self.sections_around();
            let lines = outer.into_iter().flat_map(|scope| scope.own(Family::Setting));
            let lines = lines.filter(|line| line.is_named("Header"));
            lines.filter_map(|line| Some((line, header_of(line)?))).collect()
        } else {
            let added = self.list(Family::AddedHeaders);
            let added = added.filter_map(|line| Some((line, line.argument(0)?.text().into_owned())));
            // `more_set_headers 'Name: value' 'Name: value';`: those further out count as well.
            let outer = std::iter::once(self).chain(self.ancestors());
            let lines = outer.flat_map(|scope| scope.own(Family::Setting));
            let lines = lines.filter(|line| line.name_text() == "more_set_headers");
            let names = |line: Directive<'s>| {
                let name = |word: Value<'s>| Some(word.text().split_once(':')?.0.trim().to_owned());
                line.arguments().filter_map(name).map(move |name| (line, name)).collect::<Vec<_>>()
            };
            added.chain(lines.flat_map(names)).collect()
        };
        let mut lines = named.into_iter().filter(|(_, name)| is_cors(name)).peekable();
        let by = lines.peek()?.0;
        Some(Cors { by, is_about_preflights: lines.any(|(_, name)| !is_plain(&name)) })
    }

    /// This section of Apache, those that apply to all of its place, and its server: where headers may be set.
    fn sections_around(self) -> Vec<Scope<'s>> {
        let server = self.server().filter(|server| *server != self);
        let children = |scope: Scope<'s>| scope.children().filter(|child| child.kind() == Kind::If);
        let around = server.into_iter().flat_map(Scope::children).filter(|other| {
            let is_outer = matches!(other.kind(), Kind::Location | Kind::Directory) && *other != self;
            let url = self.url().filter(|_| is_outer && other.is_exact_place());
            url.zip(other.url())
                .is_some_and(|(url, other)| super::below(other.trim_end_matches('/'), url).is_some())
        });
        let mut all: Vec<Scope<'s>> = server.into_iter().chain(around).chain([self]).collect();
        let inner: Vec<Scope<'s>> = all.iter().flat_map(|scope| children(*scope)).collect();
        all.extend(inner);
        all
    }

    /// Whether something that is not followed here, or is only looked at when a request comes, is about `OPTIONS`:
    /// a rule of Apache's on the method, a section under a condition.
    #[must_use]
    pub fn minds_preflights(self) -> bool {
        if !self.site.is_apache() {
            return false;
        }
        let is_about = |text: String| {
            let text = text.to_ascii_uppercase();
            text.contains("OPTIONS") || text.contains("REQUEST_METHOD")
        };
        let main = self.site.scope(0);
        let servers = [Some(main), self.server()].into_iter().flatten();
        let scopes: Vec<Scope<'s>> = servers.chain(self.sections_around()).collect();
        let lines = |scope: &Scope<'s>| {
            let rules = scope.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteCond);
            // Rules of a section run only after the login (spec a123).
            let is_server = matches!(scope.kind(), Kind::Main | Kind::Snippet | Kind::Server);
            rules.filter(|_| is_server).chain(scope.own(Family::EnvIf)).any(|line| is_about(line.text()))
        };
        let is_condition = |scope: &Scope<'s>| {
            let mut inner = scope.children().filter(|child| child.kind() == Kind::If);
            inner.any(|child| child.requires().next().is_some() && is_about(child.title()))
        };
        scopes.iter().any(|scope| lines(scope) || is_condition(scope))
    }
}

/// The name in `Header always set NAME`.
fn header_of(line: Directive<'_>) -> Option<String> {
    let mut words = line.arguments().map(|word| word.text().into_owned());
    let first = words.next()?;
    let is_condition = matches!(first.to_ascii_lowercase().as_str(), "always" | "onsuccess");
    let action = if is_condition { words.next()? } else { first };
    let sets = ["set", "add", "append", "merge", "setifempty", "echo"];
    sets.contains(&action.to_ascii_lowercase().as_str()).then(|| words.next())?
}
