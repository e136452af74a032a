//! What is worked out of a scope: its locations, its program, and what is in force in it.

use std::collections::HashMap;

use super::program::{self, Op};
use super::regex::Regex;
use super::sockets::Known;
use super::text::Text;
use crate::model::{Cidr, Directive, Family, Kind, Modifier, Name, Scope};

/// A scope as requests meet it.
#[derive(Debug)]
pub(super) struct Place<'s> {
    pub(super) scope: Scope<'s>,
    /// The locations directly in it.
    pub(super) level: Known<Level<'s>>,
    /// The lines that are carried out in the rewrite phase.
    pub(super) program: Known<Vec<Op<'s>>>,
    /// `allow` and `deny`, in their order.
    pub(super) rules: Known<Vec<Rule<'s>>>,
    pub(super) error_pages: Known<Vec<ErrorPage<'s>>>,
    pub(super) recursive_error_pages: bool,
    /// `auth_basic` and `auth_basic_user_file`, where both are there (spec A1).
    pub(super) password: Known<Option<Password<'s>>>,
    /// A line whose effect is not known.
    pub(super) foreign: Option<Directive<'s>>,
}

/// The locations of one level.
#[derive(Debug, Default)]
pub(super) struct Level<'s> {
    pub(super) exact: HashMap<Vec<u8>, Scope<'s>>,
    /// With whether regular expressions of the level are passed over.
    pub(super) prefixes: HashMap<Vec<u8>, (Scope<'s>, bool)>,
    /// The lengths of the prefixes, the longest first.
    pub(super) lengths: Vec<usize>,
    /// The names that end in a slash and are redirected to, without it (spec S14).
    pub(super) redirects: HashMap<Vec<u8>, Scope<'s>>,
    pub(super) regexes: Vec<(Known<Regex>, Scope<'s>)>,
    pub(super) named: HashMap<Vec<u8>, Scope<'s>>,
}

#[derive(Debug)]
pub(super) struct Rule<'s> {
    pub(super) by: Directive<'s>,
    pub(super) allows: bool,
    pub(super) whom: Cidr,
}

#[derive(Debug)]
pub(super) struct ErrorPage<'s> {
    pub(super) by: Directive<'s>,
    pub(super) codes: Vec<u16>,
    /// `=code`; 0 for `=` alone.
    pub(super) overwrite: Option<u16>,
    pub(super) target: Text,
}

#[derive(Debug)]
pub(super) struct Password<'s> {
    pub(super) by: Directive<'s>,
    pub(super) realm: Text,
    pub(super) file_by: Directive<'s>,
    pub(super) file: Text,
}

/// The directive of a family that is in force; an error where nobody knows.
pub(super) fn in_force(scope: Scope<'_>, family: Family) -> Known<Option<Directive<'_>>> {
    match scope.directive(family) {
        Some(by) if by.is_template() => Err(format!("`{}` has to be filled in", by.text())),
        Some(by) => Ok(Some(by)),
        None if scope.lacks(family) => Ok(None),
        None => Err("not all lines that are in force here are at hand".into()),
    }
}

/// Whether a switch is on.
pub(super) fn is_on(scope: Scope<'_>, family: Family) -> Known<bool> {
    Ok(in_force(scope, family)?.is_some_and(|by| by.is(0, "on")))
}

/// The list of a family that is in force.
fn list(scope: Scope<'_>, family: Family) -> Known<Vec<Directive<'_>>> {
    in_force(scope, family)?;
    let lines: Vec<Directive<'_>> = scope.list(family).collect();
    match scope.provider(family).filter(|provider| !provider.is_wholly_known()) {
        Some(_) => Err("not all lines that are in force here are at hand".into()),
        None => Ok(lines),
    }
}

impl<'s> Place<'s> {
    pub(super) fn new(scope: Scope<'s>) -> Self {
        Place {
            scope,
            level: level(scope),
            program: program::compile(scope),
            rules: rules(scope),
            error_pages: error_pages(scope),
            recursive_error_pages: is_on(scope, Family::RecursiveErrorPages).unwrap_or_default(),
            password: password(scope),
            foreign: foreign(scope),
        }
    }
}

fn foreign(scope: Scope<'_>) -> Option<Directive<'_>> {
    let own = std::iter::once(scope).chain(scope.ancestors());
    let check = |by: &Directive<'_>| match by.name_text() {
        // The first two set a variable and nothing else; the third is looked at where a connection is encrypted.
        "secure_link" | "secure_link_md5" | "ssl_verify_client" => false,
        _ => !by.is(0, "off"),
    };
    own.flat_map(|scope| scope.own(Family::Foreign).chain(scope.own(Family::OtherCheck).filter(check)))
        .next()
        .or_else(|| scope.directive(Family::OtherAuth).filter(|by| !by.is(0, "off")))
}

fn password(scope: Scope<'_>) -> Known<Option<Password<'_>>> {
    let realm = in_force(scope, Family::Realm)?;
    let file = in_force(scope, Family::UserFile)?;
    let (Some(by), Some(file_by)) = (realm, file) else { return Ok(None) };
    let text =
        |by: Directive<'_>| Text::new(&by.argument(0).map(|value| value.bytes()).unwrap_or_default(), false);
    let realm = text(by);
    // `auth_basic off` (spec A2).
    Ok((realm.literal() != Some(b"off")).then(|| Password { by, realm, file_by, file: text(file_by) }))
}

fn rules<'s>(scope: Scope<'s>) -> Known<Vec<Rule<'s>>> {
    let rule = |by: Directive<'s>| {
        let whom = by.literal(0).and_then(|text| Cidr::new(&text));
        let whom = whom.ok_or_else(|| format!("whom `{}` means is not known", by.text()))?;
        Ok(Rule { by, allows: by.name() == Name::Allow, whom })
    };
    list(scope, Family::Rules)?.into_iter().map(rule).collect()
}

fn error_pages<'s>(scope: Scope<'s>) -> Known<Vec<ErrorPage<'s>>> {
    let page = |by: Directive<'s>| {
        let mut codes = Vec::new();
        let mut overwrite = None;
        let count = by.arity().saturating_sub(1);
        for word in by.arguments().take(count) {
            let text = word.text();
            match text.strip_prefix('=') {
                Some(code) => overwrite = Some(code.parse().unwrap_or(0)),
                None => codes.extend(text.parse::<u16>()),
            }
        }
        let target = by.argument(count).map(|value| value.bytes()).unwrap_or_default();
        ErrorPage { by, codes, overwrite, target: Text::new(&target, false) }
    };
    Ok(list(scope, Family::ErrorPage)?.into_iter().map(page).collect())
}

fn level(scope: Scope<'_>) -> Known<Level<'_>> {
    if !scope.is_wholly_known() {
        return Err("not all locations are at hand".into());
    }
    let mut level = Level::default();
    for child in scope.children().filter(|child| child.kind() == Kind::Location) {
        let location = child.location().ok_or("a location has to be filled in")?;
        let path = location.path.as_bytes();
        match location.modifier {
            Modifier::Exact => drop(level.exact.entry(path.to_vec()).or_insert(child)),
            Modifier::Prefix | Modifier::PrefixNoRegex => {
                let no_regex = location.modifier == Modifier::PrefixNoRegex;
                level.prefixes.entry(path.to_vec()).or_insert((child, no_regex));
            }
            Modifier::Regex | Modifier::RegexCaseless => {
                let is_caseless = location.modifier == Modifier::RegexCaseless;
                level.regexes.push((Regex::new(path, is_caseless), child));
            }
            Modifier::Named => drop(level.named.entry(path.to_vec()).or_insert(child)),
        }
        let redirects = path.strip_suffix(b"/").filter(|_| !location.is_regex());
        if let Some(short) = redirects.filter(|_| passes_on(child)) {
            level.redirects.insert(short.to_vec(), child);
        }
    }
    // One of the two locations of a name has the backend, the settings of the exact one hold where it is
    // there (`node->exact` in `ngx_http_core_find_static_location`).
    for (short, scope) in &mut level.redirects {
        if let Some(exact) = level.exact.get(&[short.as_slice(), b"/"].concat()) {
            *scope = *exact;
        }
    }
    level.lengths = level.prefixes.keys().map(Vec::len).collect();
    level.lengths.sort_unstable_by(|a, b| b.cmp(a));
    level.lengths.dedup();
    Ok(level)
}

/// Whether the location itself has a handler of the `_pass` kind.
pub(super) fn passes_on(scope: Scope<'_>) -> bool {
    let is_pass = |by: Directive<'_>| by.name_text().ends_with("_pass");
    scope.own(Family::Handler).next().is_some() || scope.own(Family::OtherHandler).any(is_pass)
}
