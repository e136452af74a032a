//! Settings of nginx that are looked up by their names: what is in force of them in a scope.

use std::borrow::Cow;
use std::collections::HashMap;

use super::names::{Family, Name};
use super::{Directive, DirectiveData, Scope, Site, Value};

/// What is in force of a setting.
#[derive(Clone, Debug)]
pub enum Setting<'s> {
    /// These lines, all of one scope; there is at least one.
    Lines(Vec<Directive<'s>>),
    /// It is not set.
    Unset,
    /// It depends on something that is not known.
    Unknown,
}

/// Beginnings of the names of nginx's own variables that stand in values most often.
const OF_NGINX: &[&str] = &[
    "http_",
    "remote_",
    "proxy_",
    "host",
    "scheme",
    "server_",
    "request",
    "uri",
    "document_",
    "fastcgi_",
    "ssl_",
];

impl<'s> Setting<'s> {
    /// The lines; none where there are none, or they are not known.
    #[must_use]
    pub fn lines(self) -> Vec<Directive<'s>> {
        match self {
            Setting::Lines(lines) => lines,
            Setting::Unset | Setting::Unknown => Vec::new(),
        }
    }

    /// Whether the last line certainly says this one word.
    #[must_use]
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Setting::Lines(lines) if lines.last().is_some_and(|line| line.is(0, word)))
    }

    /// Whether it is certain that nothing sets it.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        matches!(self, Setting::Unset)
    }

    /// Whether it is not known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Setting::Unknown)
    }
}

impl<'s> Scope<'s> {
    /// The lines of a setting that are in force here: those of the innermost scope that has any (as for
    /// all of nginx's lists, spec U4).
    #[must_use]
    pub fn setting(self, name: &str) -> Setting<'s> {
        for scope in std::iter::once(self).chain(self.ancestors()) {
            let own = scope.own(Family::Setting).filter(|line| line.name_text() == name);
            let lines: Vec<Directive<'s>> = own.collect();
            if !scope.is_wholly_known() {
                return Setting::Unknown;
            }
            if !lines.is_empty() {
                return Setting::Lines(lines);
            }
        }
        Setting::Unset
    }

    /// The text of a value; where it is one variable that a single `set` here or further out gives its
    /// value, that value.
    #[must_use]
    pub fn value_of(self, value: Value<'s>) -> Cow<'s, str> {
        let text = value.text();
        let name = text.strip_prefix('$').map(|name| name.trim_start_matches('{').trim_end_matches('}'));
        let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_own = |name: &&str| !OF_NGINX.iter().any(|start| name.starts_with(start));
        let set = name.filter(is_plain).filter(is_own).and_then(|name| self.set_once(name));
        set.map_or(text, Value::text)
    }

    /// What the only `set` of a variable in the server gives it, if it stands here or further out.
    fn set_once(self, name: &str) -> Option<Value<'s>> {
        let all = self.site.sets.get_or_init(|| self.site.find_sets());
        let (scope, line) = (*all.get(&self.data().server?)?.get(name)?)?;
        let is_on_the_way = std::iter::once(self).chain(self.ancestors()).any(|outer| outer.id == scope);
        let value = self.site.directive(line).argument(1)?;
        (is_on_the_way && !value.is_template()).then_some(value)
    }
}

impl Site<'_> {
    /// The `set` lines of each server by their variables; none where one has several.
    fn find_sets(&self) -> Sets {
        let mut all = Sets::new();
        for scope in self.scopes() {
            let Some(server) = scope.data().server else { continue };
            for line in scope.own(Family::Rewrite).filter(|line| line.name() == Name::Set) {
                let Some(name) = line.argument(0).map(|word| word.text().into_owned()) else { continue };
                let of_server = all.entry(server).or_default();
                of_server
                    .entry(name.trim_start_matches('$').to_owned())
                    .and_modify(|found| *found = None)
                    .or_insert(Some((scope.id, line.data)));
            }
        }
        all
    }
}

/// For each server: its variables, each with the scope and the line of its only `set`.
pub(super) type Sets = HashMap<u32, HashMap<String, Option<(u32, DirectiveData)>>>;
