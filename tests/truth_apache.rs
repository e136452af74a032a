//! Real httpd is the judge: where the model says that a password is asked for, that a request is
//! refused or that a place is open, the server answers so.
//!
//! The configurations of `tests/apache` and others made by chance are started on loopback and asked for
//! the places of the model, without credentials. `AUTHLINT_TRUTH_COUNT` says how many are made by
//! chance, `AUTHLINT_TRUTH_SEED` which is the first. Without httpd the tests say that they were
//! skipped; with `AUTHLINT_TRUTH=required` they fail.

mod common;
#[path = "common/httpd.rs"]
mod httpd;
#[path = "common/random_apache.rs"]
mod random_apache;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use authlint::load::{self, Request, Server};
use authlint::model::{
    Family, FilesMode, HtaccessState, Kind, Look, Modifier, Name, OnTheWay, Outcomes, Passes, Scope, Site, Viewpoint,
};
use authlint::source::{Entry, Host};
use httpd::{HTTPD, Httpd, MODULES, ask, free_port};
use random_apache::{DIRECTORIES, Files, NAMES, Random};

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "OPTIONS", "FOO"];

/// What a stranger gets. `Open` is anything but the others: where nothing lies it is a 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Open,
    Asked,
    Refused,
    Broken,
}

impl Answer {
    fn of(status: u16) -> Self {
        match status {
            401 => Answer::Asked,
            403 => Answer::Refused,
            500 => Answer::Broken,
            _ => Answer::Open,
        }
    }
}

/// The answers that the model takes for possible; of all four it says nothing.
fn predict(scope: Scope<'_>, method: &str, views: &[Viewpoint]) -> BTreeSet<Answer> {
    let all = || BTreeSet::from([Answer::Open, Answer::Asked, Answer::Refused, Answer::Broken]);
    match scope.htaccess_on_the_way() {
        OnTheWay::Refused => return BTreeSet::from([Answer::Broken]),
        OnTheWay::Unknown => return all(),
        OnTheWay::Fine => {}
    }
    if !scope.sees_no(Family::OtherCheck) {
        return all();
    }
    let Some(satisfies_any) = scope.satisfies_any(method) else { return all() };
    let mut answers = BTreeSet::new();
    for view in views {
        let passes = scope.passes_compat(method, *view);
        if passes != Passes::No && satisfies_any {
            answers.insert(Answer::Open);
        }
        if passes != Passes::Yes && !satisfies_any {
            answers.insert(Answer::Refused);
        }
        if (passes != Passes::Yes) == satisfies_any || passes == Passes::Maybe {
            answers.extend(authorize(scope, method, *view));
        }
    }
    answers
}

/// What `Require` and its like come to.
fn authorize(scope: Scope<'_>, method: &str, view: Viewpoint) -> BTreeSet<Answer> {
    let scheme = scope.directive(Family::Scheme).and_then(|line| line.literal(0));
    let scheme = scheme.map(|word| word.to_ascii_lowercase());
    let has_scheme = match &scheme {
        Some(word) if word.contains("%{") => None,
        Some(word) => Some(word != "none"),
        None => scope.lacks(Family::Scheme).then_some(false),
    };
    let outcome = scope.outcome(method, view);
    let mut answers = BTreeSet::new();
    let has_rules = if scope.lacks(Family::Require) {
        Some(false)
    } else {
        scope.provider(Family::Require).map(|_| true)
    };
    if has_rules != Some(true) && outcome.may_be(Outcomes::GRANTED) {
        // `AuthType` without any `Require`.
        match has_scheme {
            Some(true) => answers.extend([Answer::Broken]),
            Some(false) => answers.extend([Answer::Open]),
            None => answers.extend([Answer::Open, Answer::Broken]),
        }
        if has_rules.is_none() {
            answers.insert(Answer::Open);
        }
    } else if outcome.may_be(Outcomes::GRANTED) {
        answers.insert(Answer::Open);
    }
    if outcome.may_be(Outcomes::DENIED) {
        answers.insert(Answer::Refused);
    }
    if outcome.may_be(Outcomes::USER) {
        let is_known = matches!(scheme.as_deref(), Some("basic" | "digest"));
        let has_realm = match scope.directive(Family::Realm).and_then(|line| line.literal(0)) {
            Some(_) => Some(true),
            None => scope.lacks(Family::Realm).then_some(false),
        };
        let works = match (has_scheme, is_known, has_realm) {
            (Some(true), true, Some(realm)) => Some(realm),
            (Some(false), ..) | (_, true, Some(false)) => Some(false),
            (Some(true), false, _) if scheme.as_deref() == Some("nothing") => Some(false),
            _ => None,
        };
        if works != Some(false) {
            answers.insert(Answer::Asked);
        }
        if works != Some(true) {
            answers.insert(Answer::Broken);
        }
    }
    answers
}

/// The requests that come to the place a scope stands for: the paths of their URLs.
fn paths(scope: Scope<'_>) -> Vec<String> {
    let site = scope.site();
    match scope.kind() {
        Kind::If => scope.parent().map(paths).unwrap_or_default(),
        Kind::Files => {
            let Some(parent) = scope.parent().filter(|parent| is_directory(*parent)) else {
                return Vec::new();
            };
            let Some(url) = parent.url().filter(|_| parent.is_exact_place()) else { return Vec::new() };
            let is_literal = scope.location().is_some_and(|location| location.modifier == Modifier::Prefix);
            let others = |name: &str| {
                let mut files = site.scopes_of(Kind::Files).filter(|other| *other != scope);
                files.any(|other| other.matches(name) != Some(false))
            };
            let names = NAMES.iter().filter(|name| scope.matches(name) == Some(true));
            let is_clear = |name: &str| !others(name) && is_same_below(parent, url, &format!("{url}{name}"));
            names.filter(|name| is_literal || is_clear(name)).map(|name| format!("{url}{name}")).collect()
        }
        kind if is_directory(scope) || matches!(kind, Kind::Location | Kind::Mapping) => {
            let Some(url) = scope.url().filter(|_| scope.is_exact_place()) else { return Vec::new() };
            let below = format!("{}/plain", url.trim_end_matches('/'));
            let has_more = scope.children().any(|child| child.kind() == Kind::Files);
            let is_file = NAMES.iter().any(|name| url.ends_with(name));
            let is_same = !is_file && is_same_below(scope, url, &below);
            let _ = has_more;
            std::iter::once(url.to_owned()).chain(is_same.then_some(below)).collect()
        }
        _ => Vec::new(),
    }
}

/// A place whose URL is that of a directory.
fn is_directory(scope: Scope<'_>) -> bool {
    matches!(scope.kind(), Kind::Directory | Kind::Htaccess | Kind::Main | Kind::Server)
}

/// Whether the same sections apply to a place and a file in it.
fn is_same_below(scope: Scope<'_>, url: &str, below: &str) -> bool {
    let directory = scope.directory().map(|directory| directory.display().to_string());
    let is_below = |prefix: &str, url: &str| {
        let rest = url.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
    };
    let base = url.rsplit('/').next().unwrap_or_default();
    let name = below.rsplit('/').next().unwrap_or_default();
    let is_plain = name == "plain";
    let slash = if url.ends_with('/') { "/" } else { "" };
    scope.site().sections().all(|other| match other.kind() {
        Kind::Location => match other.location() {
            Some(location) if location.modifier == Modifier::Prefix => {
                is_below(&location.path, url) == is_below(&location.path, below)
            }
            _ => other.matches(url) == other.matches(below),
        },
        Kind::Mapping => {
            let path = other.location().map(|location| location.path.into_owned()).unwrap_or_default();
            is_below(&path, url) == is_below(&path, below)
        }
        Kind::Directory => directory.as_ref().is_none_or(|directory| {
            let is_pattern = other.opening().and_then(|opening| opening.literal(0)).is_some_and(|word| word.contains(['*', '?']));
            // A pattern may match a file, too.
            if is_pattern && other.matches(&format!("{directory}/{name}")) != Some(false) {
                return false;
            }
            other.matches(&format!("{directory}{slash}")) == other.matches(&format!("{directory}/{name}"))
        }),
        Kind::Files => !is_plain || other.matches(base) == other.matches("plain"),
        _ => true,
    })
}

/// Whether an `<If>` may apply that the scope does not stand in.
fn has_other_ifs(scope: Scope<'_>) -> bool {
    let is_inside = |other: Scope<'_>| other == scope || scope.ancestors().any(|outer| outer == other);
    let server = scope.server();
    let mut ifs = scope.site().scopes_of(Kind::If).filter(|other| !is_inside(*other));
    let is_false = |other: Scope<'_>| other.opening().is_some_and(|opening| opening.is(0, "false"));
    ifs.any(|other| {
        let holder = other.parent().filter(|parent| is_directory(*parent) && parent.is_exact_place());
        let is_elsewhere = holder.filter(|holder| !matches!(holder.kind(), Kind::Main | Kind::Server)).is_some_and(
            |holder| {
                let outer = holder.directory();
                scope.directory().zip(outer).is_some_and(|(inner, outer)| !inner.starts_with(outer))
            },
        );
        let is_other_server = server.is_some() && other.server() != server && other.server().is_some_and(|server| server.kind() == Kind::Server);
        !is_false(other) && !is_elsewhere && !is_other_server
    })
}

/// Where a scope's server listens, and the name it is asked for by. None where another one answers.
fn address(scope: Scope<'_>, ports: &[u16]) -> Option<(u16, String)> {
    let server = scope.server()?;
    let port = |host: Scope<'_>| -> Option<u16> {
        let word = host.opening()?.literal(0)?.into_owned();
        word.strip_prefix("*:").or(word.strip_prefix("_default_:"))?.parse().ok()
    };
    let hosts: Vec<Scope<'_>> = scope.site().scopes_of(Kind::Server).collect();
    if server.kind() != Kind::Server {
        let free = ports.iter().find(|free| !hosts.iter().any(|host| port(*host).is_none_or(|p| p == **free)))?;
        return Some((*free, "main.example".to_owned()));
    }
    let port_of = port(server).filter(|port| ports.contains(port))?;
    let names = |host: Scope<'_>| {
        let words = host.own(Family::ServerName).flat_map(|line| line.arguments().collect::<Vec<_>>());
        words.map(|word| word.text().to_ascii_lowercase()).collect::<Vec<_>>()
    };
    let mut earlier = hosts.iter().take_while(|host| **host != server).filter(|host| port(**host) == Some(port_of));
    let line = server.own(Family::ServerName).find(|line| line.name() == Name::ServerName);
    let Some(name) = line.and_then(|line| line.literal(0)) else {
        return earlier.next().is_none().then(|| (port_of, "nobody.example".to_owned()));
    };
    let name = name.to_ascii_lowercase();
    let is_taken = earlier.any(|host| names(*host).iter().any(|known| *known == name || known.contains('*')));
    (!is_taken).then_some((port_of, name))
}

/// A configuration with its files on disk.
struct Rig {
    root: PathBuf,
    main: PathBuf,
    files: Vec<(PathBuf, String)>,
    ports: [u16; 2],
}

#[derive(Default)]
struct Compared {
    started: usize,
    answers: usize,
    undecided: usize,
    wrong: Vec<String>,
}

impl Rig {
    /// Compares all that the model says with what the server answers.
    fn compare(&self, views: &[Viewpoint], compared: &mut Compared) {
        let files = self.files.iter().map(|(path, text)| (path.clone(), Entry::file(text.as_bytes())));
        let mut host = Host::memory(files);
        let request = Request { paths: vec![self.main.clone()], server: Server::Apache, ..Request::default() };
        let loaded = load::load(&request, &mut host);
        let look = Look { host: &host, mode: FilesMode::Never };
        let site = Site::build(&loaded.files, &loaded.configs[0], look);
        self.make_directories(&site);
        let Some(_running) = Httpd::start(&self.root, &self.main, self.ports[0]) else { return };
        compared.started += 1;
        let mut seen = BTreeSet::new();
        for scope in site.sections() {
            let Some((port, host)) = address(scope, &self.ports) else { continue };
            // What is not there is in no directory.
            if scope.directory().is_some_and(|path| !path.exists()) {
                continue;
            }
            if !is_plain(scope) || !is_in_force(scope) || has_other_ifs(scope) {
                continue;
            }
            for path in paths(scope) {
                for method in METHODS {
                    let expected = predict(scope, method, views);
                    if expected.len() > 2 {
                        compared.undecided += 1;
                        continue;
                    }
                    if !seen.insert((port, host.clone(), path.clone(), *method, expected.clone())) {
                        continue;
                    }
                    let Some(status) = ask(port, &host, method, &path) else { continue };
                    compared.answers += usize::from(expected.len() == 1);
                    if !expected.contains(&Answer::of(status)) {
                        let title = scope.title();
                        compared.wrong.push(format!(
                            "{method} {host}:{port}{path}: {status}, expected of `{title}`: {expected:?}"
                        ));
                    }
                }
            }
        }
    }

    /// Sections of directories that are not there never match.
    fn make_directories(&self, site: &Site<'_>) {
        for directory in site.sections().filter(|scope| scope.is_exact_place() && is_directory(*scope)) {
            if let Some(path) = directory.directory().filter(|path| path.starts_with(&self.root)) {
                fs::create_dir_all(path).expect("a directory");
            }
        }
    }
}

/// Whether nothing answers before the access rules do.
fn is_plain(scope: Scope<'_>) -> bool {
    let servers = scope.server().into_iter().chain(scope.site().scopes().next());
    let mut scopes = servers.chain(std::iter::once(scope)).chain(scope.ancestors());
    !scopes.any(|scope| scope.own(Family::Rewrite).next().is_some())
}

/// Whether the scope is a place at all, and not in a section that is never applied.
fn is_in_force(scope: Scope<'_>) -> bool {
    let is_false = |scope: Scope<'_>| {
        scope.kind() == Kind::If && !scope.opening().is_some_and(|opening| {
            opening.name_text().eq_ignore_ascii_case("if") && (opening.is(0, "true") || opening.is(0, "1 == 1"))
        })
    };
    let is_hidden = |scope: Scope<'_>| {
        let outer = scope.parent().map(Scope::kind);
        scope.kind() == Kind::Files && matches!(outer, Some(Kind::Files | Kind::If | Kind::Location))
    };
    let is_own = |scope: Scope<'_>| {
        scope.kind() != Kind::Htaccess || matches!(scope.htaccess_state(), Some(HtaccessState::Read))
    };
    let mut scopes = std::iter::once(scope).chain(scope.ancestors());
    scopes.all(|scope| !is_false(scope) && !is_hidden(scope) && is_own(scope))
}

fn is_skipped() -> bool {
    let is_required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
    if Path::new(HTTPD).exists() {
        return false;
    }
    assert!(!is_required, "{HTTPD} is missing");
    eprintln!("SKIPPED: {HTTPD} is missing");
    true
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// Puts a configuration made by chance below a directory.
fn put(root: &Path, files: &Files) -> Rig {
    let _ = fs::remove_dir_all(root);
    for directory in DIRECTORIES {
        fs::create_dir_all(root.join(directory)).expect("a directory");
        for name in NAMES {
            fs::write(root.join(directory).join(name), "a file\n").expect("a file");
        }
    }
    let ports = [free_port(), free_port()];
    let shown = root.display().to_string();
    let texts = files.iter().map(|(path, nodes)| {
        let header = if path == "main.conf" { random_apache::header() } else { String::new() };
        let text = (header + &random_apache::text(nodes)).replace("TREE", &shown).replace("MODULES", MODULES);
        (root.join(path), text.replace("PORT", &ports[0].to_string()).replace("OTHER", &ports[1].to_string()))
    });
    let files: Vec<(PathBuf, String)> = texts.collect();
    for (path, text) in &files {
        fs::write(path, text).expect("a file");
    }
    Rig { root: root.to_path_buf(), main: root.join("main.conf"), files, ports }
}

#[test]
fn httpd_answers_to_configurations_made_by_chance_as_the_model_says() {
    if is_skipped() {
        return;
    }
    let (count, first) = (number("AUTHLINT_TRUTH_COUNT", 60), number("AUTHLINT_TRUTH_SEED", 1));
    let root = std::env::temp_dir().join(format!("authlint-truth-chance-{}", std::process::id()));
    let mut compared = Compared::default();
    let mut wrong = String::new();
    let mut failures = 0;
    for seed in first..first + count {
        let files = random_apache::configuration(&mut Random::new(seed));
        put(&root, &files).compare(&[Viewpoint::Stranger], &mut compared);
        if !compared.wrong.is_empty() {
            failures += 1;
            let found = std::mem::take(&mut compared.wrong);
            if failures <= number("AUTHLINT_TRUTH_SHOW", 3) as usize {
                let (files, last) = shrink(&root, files, found);
                let _ = writeln!(wrong, "seed {seed}:\n{}{last:#?}\n", show(&files));
            }
        }
    }
    let _ = fs::remove_dir_all(&root);
    let Compared { started, answers, undecided, .. } = compared;
    assert!(failures == 0, "{failures} of {started} configurations:\n{wrong}");
    assert!(started as u64 * 10 > count * 7, "only {started} of {count} configurations were taken");
    assert!(answers as u64 > count * 30, "only {answers} answers were compared");
    eprintln!("{answers} answers of httpd to {started} configurations are as the model says, {undecided} are open");
}

fn show(files: &Files) -> String {
    files.iter().fold(String::new(), |mut shown, (path, nodes)| {
        let _ = writeln!(shown, "#### {path}");
        for line in random_apache::text(nodes).lines() {
            let _ = writeln!(shown, "{line}");
        }
        shown
    })
}

/// Drops what can be dropped while both still disagree.
fn shrink(root: &Path, mut files: Files, mut wrong: Vec<String>) -> (Files, Vec<String>) {
    for _ in 0..2 {
        for file in (0..files.len()).rev() {
            let mut at = 0;
            while at < random_apache::count(&files[file].1) {
                let mut fewer = files.clone();
                fewer[file].1 = random_apache::without(&files[file].1, &mut at.clone());
                let mut compared = Compared::default();
                put(root, &fewer).compare(&[Viewpoint::Stranger], &mut compared);
                if compared.wrong.is_empty() {
                    at += 1;
                } else {
                    (files, wrong) = (fewer, compared.wrong);
                }
            }
        }
        files.retain(|(path, nodes)| path == "main.conf" || !nodes.is_empty());
    }
    (files, wrong)
}
