//! Which location answers for a path (spec S8 to S13).

use std::borrow::Cow;
use std::collections::HashMap;

use pcre2::bytes::{Regex, RegexBuilder};

use super::{Kind, Scope};

/// How a location is compared with the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// `= /x`
    Exact,
    /// `/x`
    Prefix,
    /// `^~ /x`: regular expressions of the same level are not tried.
    PrefixNoRegex,
    /// `~ x`
    Regex,
    /// `~* x`
    RegexCaseless,
    /// `@x`: reached from other locations only.
    Named,
}

/// What a location stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'s> {
    /// How it is compared.
    pub modifier: Modifier,
    /// The path, the expression or the name.
    pub path: Cow<'s, str>,
}

impl Location<'_> {
    /// Whether this is `location @name`.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.modifier == Modifier::Named
    }

    /// Whether the path is a prefix, with or without `^~`.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        matches!(self.modifier, Modifier::Prefix | Modifier::PrefixNoRegex)
    }

    /// Whether the path is a regular expression.
    #[must_use]
    pub fn is_regex(&self) -> bool {
        matches!(self.modifier, Modifier::Regex | Modifier::RegexCaseless)
    }
}

/// What answers for a path.
#[derive(Clone, Copy, Debug)]
pub enum Located<'s> {
    /// This location, or the server itself where no location matches.
    At(Scope<'s>),
    /// It depends on something that is not known.
    Unknown,
}

impl<'s> Scope<'s> {
    /// What a location stands for; none for other scopes, and where a template has to be filled in.
    #[must_use]
    pub fn location(self) -> Option<Location<'s>> {
        if self.site.is_apache() {
            return self.apache_location();
        }
        let (file, statement) = self.data().opened_by.filter(|_| self.kind() == Kind::Location)?;
        let tree = self.site.files.tree(file);
        let source = self.site.files.sources.get(file);
        let word = |n: usize| {
            let value = tree.value(source, statement, n).filter(|_| !tree.is_template_word(statement, n))?;
            Some(match value {
                Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
                Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
            })
        };
        let (modifier, path) = match tree.word_count(statement) {
            3 => (modifier(&word(1)?)?, word(2)?),
            2 => unglue(word(1)?),
            _ => return None,
        };
        Some(Location { modifier, path })
    }

    /// The locations directly in this scope that stand for the same place, each with the first of
    /// its kind: nginx refuses a second prefix or exact location, and never comes to a second
    /// regular expression (spec S8, S12).
    #[must_use]
    pub fn twin_locations(self) -> Vec<(Scope<'s>, Scope<'s>)> {
        let mut first = HashMap::new();
        let mut twins = Vec::new();
        for child in self.children().filter(|child| child.kind() == Kind::Location) {
            let Some(location) = child.location() else { continue };
            // `/a` and `^~ /a` are one place, `= /a` is another.
            let kind = if location.is_prefix() { Modifier::Prefix } else { location.modifier };
            let twin = *first.entry((kind, location.path.into_owned())).or_insert(child);
            if twin != child {
                twins.push((twin, child));
            }
        }
        twins
    }

    /// The location of this server, or within this location, that answers for a normalised path.
    #[must_use]
    pub fn locate(self, path: &str) -> Located<'s> {
        let mut found = self;
        loop {
            match found.locate_once(path) {
                Step::At(scope) => return Located::At(scope),
                // A regular expression that matches has its own locations in it.
                Step::Within(scope) => found = scope,
                Step::Unknown => return Located::Unknown,
            }
        }
    }

    fn locate_once(self, path: &str) -> Step<'s> {
        // Down the longest prefixes first, then up again: the expressions of the innermost level
        // are tried first, and `^~` shields from those of its own level only.
        let mut levels = vec![(self, false)];
        loop {
            let (level, _) = levels[levels.len() - 1];
            let mut best: Option<(Scope<'s>, Location<'s>)> = None;
            if !level.is_wholly_known() {
                return Step::Unknown;
            }
            for child in level.children().filter(|child| child.kind() == Kind::Location) {
                let Some(location) = child.location() else { return Step::Unknown };
                if location.modifier == Modifier::Exact && location.path == path {
                    return Step::At(child);
                }
                let longer = best.as_ref().is_none_or(|(_, best)| location.path.len() > best.path.len());
                if location.is_prefix() && path.starts_with(location.path.as_ref()) && longer {
                    best = Some((child, location));
                }
            }
            let Some((child, location)) = best else { break };
            if let Some((_, no_regex)) = levels.last_mut() {
                *no_regex = location.modifier == Modifier::PrefixNoRegex;
            }
            levels.push((child, false));
        }
        let innermost = levels[levels.len() - 1].0;
        for (level, no_regex) in levels.into_iter().rev() {
            if no_regex {
                continue;
            }
            for child in level.children().filter(|child| child.kind() == Kind::Location) {
                match child.matches_path(path) {
                    Some(true) => return Step::Within(child),
                    Some(false) => {}
                    None => return Step::Unknown,
                }
            }
        }
        Step::At(innermost)
    }

    /// Whether this is a location with a regular expression that matches; none where the
    /// expression is not known or PCRE refuses it.
    #[must_use]
    pub fn matches_path(self, path: &str) -> Option<bool> {
        let location = self.location()?;
        if !location.is_regex() {
            return Some(false);
        }
        let mut cache = self.site.regexes.lock().ok()?;
        let compile = || -> Option<Regex> {
            RegexBuilder::new()
                .caseless(location.modifier == Modifier::RegexCaseless)
                .build(&location.path)
                .ok()
        };
        let regex = cache.entry(self.id).or_insert_with(compile).clone()?;
        drop(cache);
        regex.is_match(path.as_bytes()).ok()
    }
}

enum Step<'s> {
    At(Scope<'s>),
    Within(Scope<'s>),
    Unknown,
}

fn modifier(word: &str) -> Option<Modifier> {
    Some(match word {
        "=" => Modifier::Exact,
        "^~" => Modifier::PrefixNoRegex,
        "~" => Modifier::Regex,
        "~*" => Modifier::RegexCaseless,
        _ => return None,
    })
}

/// `location =/x` and its kin: the modifier may be glued to the path (spec S12).
fn unglue(word: Cow<'_, str>) -> (Modifier, Cow<'_, str>) {
    let (modifier, length) = match word.as_bytes() {
        [b'=', ..] => (Modifier::Exact, 1),
        [b'^', b'~', ..] => (Modifier::PrefixNoRegex, 2),
        [b'~', b'*', ..] => (Modifier::RegexCaseless, 2),
        [b'~', ..] => (Modifier::Regex, 1),
        [b'@', ..] => (Modifier::Named, 0),
        _ => (Modifier::Prefix, 0),
    };
    let path = match word {
        Cow::Borrowed(word) => Cow::Borrowed(&word[length..]),
        Cow::Owned(word) => Cow::Owned(word[length..].to_owned()),
    };
    (modifier, path)
}
