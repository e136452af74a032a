//! The map of a site: every server and place with its effective state.

use std::fmt::Write;

use serde::Serialize;

use super::{harmless, place, plural};
use crate::model::{Check, Directive, Family, Kind, Scope, Site, State};

/// A place and those in it.
#[derive(Serialize)]
pub struct MapNode {
    kind: &'static str,
    title: String,
    path: String,
    line: usize,
    state: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checks: Vec<CheckJson>,
    /// `any`, where one of several checks is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfy: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    because: Vec<LineJson>,
    /// Whether all of the deciding lines stand outside of the place.
    inherited: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<MapNode>,
}

#[derive(Serialize)]
struct CheckJson {
    check: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    realm: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

#[derive(Serialize)]
struct LineJson {
    path: String,
    line: usize,
    text: String,
}

#[derive(Serialize)]
struct Document {
    schema: &'static str,
    sites: Vec<SiteJson>,
}

#[derive(Serialize)]
struct SiteJson {
    path: String,
    server: &'static str,
    places: Vec<MapNode>,
}

/// The places of a site, as a tree.
#[must_use]
pub fn map(site: &Site<'_>) -> Vec<MapNode> {
    let roots = site.scopes().filter(|scope| {
        let is_outermost = !scope.ancestors().any(Scope::is_a_place);
        // What stands in a server is told there; that of Apache's main server stands beside the hosts.
        scope.is_a_place() && is_outermost
    });
    roots.map(node).collect()
}

/// Places nest as deeply as the files are read, which has a bound.
fn node(scope: Scope<'_>) -> MapNode {
    let mut places = Vec::new();
    let mut todo: Vec<Scope<'_>> = scope.children().collect();
    todo.reverse();
    while let Some(inner) = todo.pop() {
        if inner.is_a_place() {
            places.push(node(inner));
        } else {
            let mut further: Vec<Scope<'_>> = inner.children().collect();
            further.reverse();
            todo.extend(further);
        }
    }
    let state = scope.state();
    let by = state.by();
    let (path, line) = at(scope.site(), scope.span());
    MapNode {
        kind: kind(scope),
        title: title(scope),
        path,
        line,
        state: word(&state),
        checks: checks(&state),
        satisfy: matches!(state, State::Checked { is_any: true, .. }).then_some("any"),
        inherited: !by.is_empty() && !by.iter().any(|directive| scope.holds(*directive)),
        because: by.into_iter().map(|directive| line_json(scope.site(), directive)).collect(),
        places,
    }
}

fn kind(scope: Scope<'_>) -> &'static str {
    match scope.kind() {
        Kind::Server => "server",
        Kind::Location => "location",
        Kind::LimitExcept => "limit_except",
        Kind::Directory => "directory",
        Kind::Files => "files",
        Kind::Proxy => "proxy",
        Kind::Mapping => "mapping",
        Kind::Htaccess => "htaccess",
        Kind::If => "if",
        _ => "other",
    }
}

fn title(scope: Scope<'_>) -> String {
    match scope.kind() {
        Kind::Server => {
            let names = scope.own(Family::ServerName).flat_map(Directive::arguments);
            let mut title = scope.title();
            for name in names {
                title = title + " " + &name.text();
            }
            let listens = scope.own(Family::Listen).filter(|_| !scope.site().is_apache());
            let listens: Vec<_> = listens.filter_map(|line| Some(line.argument(0)?.text())).collect();
            if listens.is_empty() { title } else { format!("{title} ({})", listens.join(", ")) }
        }
        Kind::Htaccess => {
            let directory = scope.directory().map(|path| path.display().to_string()).unwrap_or_default();
            format!(".htaccess of {directory}")
        }
        _ => scope.title(),
    }
}

fn word(state: &State<'_>) -> &'static str {
    match state {
        State::Open(_) => "open",
        State::Refused(_) => "refused",
        State::Answers(_) => "responds",
        State::Internal(_) => "internal",
        State::Undetermined => "undetermined",
        State::Checked { checks, .. } => match checks.first() {
            Some(one) if checks.len() == 1 => check_word(one),
            _ => "checked",
        },
    }
}

fn check_word(check: &Check<'_>) -> &'static str {
    match check {
        Check::Password { .. } => "password",
        Check::Subrequest(_) => "subrequest",
        Check::Rules(_) => "rules",
        Check::Other(_) => "other",
        Check::Unknown => "unknown",
    }
}

fn checks(state: &State<'_>) -> Vec<CheckJson> {
    let State::Checked { checks, .. } = state else { return Vec::new() };
    checks
        .iter()
        .map(|check| {
            let (realm, user_file) = match check {
                Check::Password { realm, file, .. } => (realm.clone(), file.clone()),
                _ => (None, None),
            };
            let target = match check {
                Check::Subrequest(by) => by.argument(0).map(|uri| uri.text().into_owned()),
                _ => None,
            };
            CheckJson { check: check_word(check), realm, user_file, target }
        })
        .collect()
}

fn line_json(site: &Site<'_>, directive: Directive<'_>) -> LineJson {
    let (path, line) = at(site, directive.span());
    LineJson { path, line, text: directive.text() }
}

fn at(site: &Site<'_>, span: crate::source::Span) -> (String, usize) {
    let (path, start, _) = place(&site.files().sources, span);
    (path.display().to_string(), start.line)
}

/// All sites as one document, `authlint-map/1`.
#[must_use]
pub fn map_json(sites: Vec<(&Site<'_>, Vec<MapNode>)>) -> String {
    let sites = sites
        .into_iter()
        .map(|(site, places)| SiteJson {
            path: entry(site),
            server: if site.is_apache() { "apache" } else { "nginx" },
            places,
        })
        .collect();
    let document = Document { schema: "authlint-map/1", sites };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn entry(site: &Site<'_>) -> String {
    site.files().sources.get(site.config().entry).path().display().to_string()
}

/// The widest column for the places; longer titles push their state to the right.
const WIDEST: usize = 44;

/// One site for people.
#[must_use]
pub fn map_human(site: &Site<'_>, nodes: &[MapNode]) -> String {
    let mut rows = Vec::new();
    for node in nodes {
        push_rows(node, "", "", &mut rows);
    }
    let longest = rows.iter().map(|(left, _)| left.chars().count()).filter(|width| *width <= WIDEST).max();
    let width = longest.unwrap_or(WIDEST);
    let count = |state: &str| rows.iter().filter(|(_, node)| node.state == state).count();
    let mut out = format!("{}: {}", entry(site), plural(rows.len(), "place"));
    for state in ["open", "undetermined"] {
        match count(state) {
            0 => {}
            n => {
                let _ = write!(out, ", {n} {state}");
            }
        }
    }
    out.push('\n');
    for (left, node) in rows {
        let _ = writeln!(out, "{left:width$}  {}", told(node));
    }
    harmless(&out).into_owned()
}

fn push_rows<'n>(node: &'n MapNode, first: &str, rest: &str, rows: &mut Vec<(String, &'n MapNode)>) {
    rows.push((format!("{first}{}", node.title), node));
    for (at, inner) in node.places.iter().enumerate() {
        let is_last = at + 1 == node.places.len();
        let (branch, below) = if is_last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        push_rows(inner, &format!("{rest}{branch}"), &format!("{rest}{below}"), rows);
    }
}

/// The state and where it comes from, on one line.
fn told(node: &MapNode) -> String {
    let joint = if node.satisfy.is_some() { " or " } else { " and " };
    let what = match node.checks.as_slice() {
        [] => node.state.to_owned(),
        checks => checks.iter().map(told_check).collect::<Vec<_>>().join(joint),
    };
    let Some(first) = node.because.first() else { return what };
    let more = match node.because.len() {
        1 => String::new(),
        n => format!(" and {} more", n - 1),
    };
    let inherited = if node.inherited { "inherited, " } else { "" };
    format!("{what}  ({inherited}{}:{}{more})", first.path, first.line)
}

fn told_check(check: &CheckJson) -> String {
    match check.check {
        "password" => {
            let realm = check.realm.as_ref().map(|realm| format!(" \"{realm}\"")).unwrap_or_default();
            let file = check.user_file.as_ref().map(|file| format!(" in {file}")).unwrap_or_default();
            format!("password{realm}{file}")
        }
        "subrequest" => format!("subrequest to {}", check.target.as_deref().unwrap_or("?")),
        "rules" => "address or request rules".to_owned(),
        "other" => "another module's check".to_owned(),
        _ => "something unknown".to_owned(),
    }
}
