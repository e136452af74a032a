//! Real httpd is the judge: where the model says that a password is asked for, that a request is
//! refused or that a place is open, the server answers so.
//!
//! The configurations of `tests/apache` and others made by chance are started on loopback and asked for
//! the places of the model, without credentials. `AUTHLINT_TRUTH_COUNT` says how many are made by
//! chance, `AUTHLINT_TRUTH_SEED` which is the first, `AUTHLINT_TRUTH_SHOW` how many failures are made small
//! and shown. Without httpd the tests say that they were skipped; with `AUTHLINT_TRUTH=required` they fail.

mod common;
#[path = "common/field.rs"]
mod field;
#[path = "common/httpd.rs"]
mod httpd;
#[path = "common/placed.rs"]
mod placed;
#[path = "common/random_apache.rs"]
mod random_apache;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use authlint::lints;
use authlint::load::{self, Request, Server};
use authlint::model::{
    Asks, Family, FilesMode, HtaccessState, Kind, Look, Modifier, Name, OnTheWay, Outcomes, Passes, Scope,
    Site, Viewpoint,
};
use authlint::source::{Entry, Host};
use httpd::{HTTPD, Httpd, MODULES, ask, free_port};
use random_apache::{DIRECTORIES, Files, NAMES, Random};

const PROGRAM: &str = "#!/bin/sh\necho 'Content-Type: text/plain'\necho\n";

/// Lints about lines that httpd refuses: with one of them it does not start, or, in a `.htaccess`,
/// answers 500.
const REFUSED: &[&str] = &[
    "inline-comment-as-argument",
    "missing-directive-argument",
    "removed-directive-2.4",
    "unknown-auth-provider",
    "unquoted-argument-with-spaces",
];

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
        // A form may be a redirect.
        if scheme.as_deref().is_none_or(|scheme| scheme == "form") && has_scheme != Some(false) {
            answers.insert(Answer::Open);
        }
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
            let is_file = NAMES.iter().any(|name| url.ends_with(name));
            let is_same = !is_file && is_same_below(scope, url, &below);
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
    let is_plain = matches!(name, "plain" | "index.html");
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
            let is_pattern = other
                .opening()
                .and_then(|opening| opening.literal(0))
                .is_some_and(|word| word.contains(['*', '?']));
            // A pattern may match a file, too.
            if is_pattern && other.matches(&format!("{directory}/{name}")) != Some(false) {
                return false;
            }
            other.matches(&format!("{directory}{slash}")) == other.matches(&format!("{directory}/{name}"))
        }),
        Kind::Files => !is_plain || other.matches(base) == other.matches(name),
        _ => true,
    })
}

/// Whether an `<If>` may apply that the scope does not stand in.
fn has_other_ifs(scope: Scope<'_>) -> bool {
    let is_inside = |other: Scope<'_>| other == scope || scope.ancestors().any(|outer| outer == other);
    let server = scope.server();
    let is_read_by_all = |other: Scope<'_>| other.ancestors().any(|outer| outer.kind() == Kind::Htaccess);
    let mut ifs = scope.site().scopes_of(Kind::If).filter(|other| !is_inside(*other));
    let is_false = |other: Scope<'_>| other.opening().is_some_and(|opening| opening.is(0, "false"));
    ifs.any(|other| {
        let holder = other.parent().filter(|parent| is_directory(*parent) && parent.is_exact_place());
        let is_elsewhere = holder
            .filter(|holder| !matches!(holder.kind(), Kind::Main | Kind::Server))
            .is_some_and(|holder| {
                let outer = holder.directory();
                scope.directory().zip(outer).is_some_and(|(inner, outer)| !inner.starts_with(outer))
            });
        let is_other_server = !is_read_by_all(other)
            && server.is_some()
            && other.server() != server
            && other.server().is_some_and(|server| server.kind() == Kind::Server);
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
        let free =
            ports.iter().find(|free| !hosts.iter().any(|host| port(*host).is_none_or(|p| p == **free)))?;
        return Some((*free, "main.example".to_owned()));
    }
    let port_of = port(server).filter(|port| ports.contains(port))?;
    let names = |host: Scope<'_>| {
        let words = host.own(Family::ServerName).flat_map(|line| line.arguments().collect::<Vec<_>>());
        words.map(|word| word.text().to_ascii_lowercase()).collect::<Vec<_>>()
    };
    let mut earlier =
        hosts.iter().take_while(|host| **host != server).filter(|host| port(**host) == Some(port_of));
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
    /// Whether a request for a directory may be answered by a file in it.
    has_index: bool,
}

#[derive(Default)]
struct Compared {
    started: usize,
    /// Configurations that httpd refuses without a word of authlint.
    unexplained: Vec<String>,
    answers: usize,
    undecided: usize,
    wrong: Vec<String>,
}

impl Rig {
    /// Compares all that the model says with what the server answers.
    fn compare(&self, views: &[Viewpoint], compared: &mut Compared) {
        let files = self.files.iter().map(|(path, text)| (path.clone(), Entry::file(text.as_bytes())));
        let mut host = Host::memory(files);
        let request =
            Request { paths: vec![self.main.clone()], server: Server::Apache, ..Request::default() };
        let loaded = load::load(&request, &mut host);
        let look = Look { host: &host, mode: FilesMode::Never };
        let site = Site::build(&loaded.files, &loaded.configs[0], look);
        self.make_directories(&site);
        let refused: Vec<_> = lints::ALL.iter().filter(|lint| REFUSED.contains(&lint.id)).collect();
        let refused: Vec<PathBuf> = lints::check(&site, &refused)
            .iter()
            .map(|finding| loaded.files.sources.get(finding.primary.span.file).path().to_path_buf())
            .collect();
        let Some(_running) = Httpd::start(&self.root, &self.main, self.ports[0]) else {
            if refused.is_empty() && loaded.problems.is_empty() {
                let refusal = httpd::refusal(&self.root, &self.main);
                let lacks_module = ["defined by a module not included", "Unknown Authn provider"];
                if !lacks_module.iter().any(|words| refusal.contains(words)) {
                    compared.unexplained.push(refusal);
                }
            }
            return;
        };
        let is_refused = |scope: Scope<'_>| {
            let mut files =
                refused.iter().filter(|file| file.ends_with(".htaccess")).filter_map(|file| file.parent());
            files.any(|above| scope.directory().is_some_and(|directory| directory.starts_with(above)))
        };
        compared.started += 1;
        let mut seen = BTreeSet::new();
        for scope in site.sections() {
            let Some((port, host)) = address(scope, &self.ports) else { continue };
            // What is not there is in no directory.
            if scope.directory().is_some_and(|path| !path.exists()) {
                continue;
            }
            let is_known = scope.is_certainly_there() && is_known_what_is_served(&site);
            if !is_known || !is_plain(scope) || !is_in_force(scope) || has_other_ifs(scope) {
                continue;
            }
            for path in paths(scope) {
                if self.has_index
                    && path.ends_with('/')
                    && !is_same_below(scope, &path, &format!("{path}index.html"))
                {
                    continue;
                }
                for method in METHODS {
                    let mut expected = predict(scope, method, views);
                    if is_refused(scope) {
                        expected.insert(Answer::Broken);
                    }
                    if expected.len() > 3 {
                        compared.undecided += 1;
                        continue;
                    }
                    if !seen.insert((port, host.clone(), path.clone(), *method, expected.clone())) {
                        continue;
                    }
                    let Some(status) = ask(port, &host, method, &path) else { continue };
                    compared.answers += usize::from(expected.len() == 1);
                    let is_asked = match scope.asks() {
                        Asks::Nothing => Some(false),
                        Asks::Password(_) => Some(true),
                        _ => None,
                    };
                    let is_contrary = match Answer::of(status) {
                        Answer::Asked => is_asked == Some(false),
                        Answer::Open => is_asked == Some(true),
                        Answer::Refused | Answer::Broken => false,
                    };
                    let is_contrary = is_contrary && *method == "GET" && expected.len() == 1;
                    if is_contrary || !expected.contains(&Answer::of(status)) {
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
                for name in ["plain", "index.html"].into_iter().filter(|_| self.has_index) {
                    // Where programs are run, it is one.
                    fs::write(path.join(name), PROGRAM).expect("a file");
                    fs::set_permissions(path.join(name), Permissions::from_mode(0o755)).expect("a mode");
                }
            }
        }
    }
}

/// Whether no document root and no alias stands in a container whose condition is not known.
fn is_known_what_is_served(site: &Site<'_>) -> bool {
    let families = [Family::Root, Family::Alias, Family::Handler];
    let mut lines =
        site.sections().flat_map(|scope| families.into_iter().flat_map(move |family| scope.own(family)));
    lines.all(|line| line.is_certain()) && site.scopes_of(Kind::Mapping).all(Scope::is_certainly_there)
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
        scope.kind() == Kind::If
            && !scope.opening().is_some_and(|opening| {
                opening.name_text().eq_ignore_ascii_case("if")
                    && (opening.is(0, "true") || opening.is(0, "1 == 1"))
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

fn is_required() -> bool {
    std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required")
}

fn is_skipped() -> bool {
    if Path::new(HTTPD).exists() {
        return false;
    }
    assert!(!is_required(), "{HTTPD} is missing");
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
    Rig { root: root.to_path_buf(), main: root.join("main.conf"), files, ports, has_index: false }
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
            if failures <= number("AUTHLINT_TRUTH_SHOW", 3) {
                let (files, last) = shrink(&root, files, found);
                let _ = writeln!(wrong, "seed {seed}:\n{}{last:#?}\n", show(&files));
            }
        }
    }
    let _ = fs::remove_dir_all(&root);
    let Compared { started, answers, undecided, .. } = compared;
    assert!(failures == 0, "{failures} of {started} configurations:\n{wrong}");
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    assert!(
        !is_required() || started * 10 > count * 9,
        "only {started} of {count} configurations were taken"
    );
    assert!(!is_required() || answers > count * 20, "only {answers} answers were compared");
    eprintln!(
        "{answers} answers of httpd to {started} configurations are as the model says, {undecided} are open"
    );
}

/// Puts a configuration of `tests/apache` below a directory.
fn put_field(root: &Path, text: &str) -> Rig {
    let ports = [free_port(), free_port()];
    let (main, files) = placed::put(root, text, ports);
    Rig { root: root.to_path_buf(), main, files, ports, has_index: true }
}

#[test]
fn httpd_answers_to_configurations_of_the_field_as_the_model_says() {
    if is_skipped() {
        return;
    }
    let root = std::env::temp_dir().join(format!("authlint-truth-field-{}", std::process::id()));
    let mut compared = Compared::default();
    let mut wrong = String::new();
    let mut count = 0;
    let mut entries: Vec<PathBuf> =
        fs::read_dir("tests/apache").expect("a directory").flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for path in entries {
        let text = fs::read_to_string(&path).expect("a text");
        let before = compared.started;
        put_field(&root, &text).compare(&[Viewpoint::Stranger, Viewpoint::Anyone], &mut compared);
        count += 1;
        if compared.started == before && std::env::var_os("AUTHLINT_TRUTH_SHOW").is_some() {
            eprintln!("{}: not taken", path.display());
        }
        if !compared.wrong.is_empty() {
            let _ = writeln!(wrong, "{}: {:#?}", path.display(), std::mem::take(&mut compared.wrong));
        }
    }
    let _ = fs::remove_dir_all(&root);
    let Compared { started, answers, undecided, unexplained, .. } = compared;
    assert!(!is_required() || unexplained.is_empty(), "httpd refuses {unexplained:#?}");
    assert!(wrong.is_empty(), "of {answers} answers these are not as the model says:\n{wrong}");
    assert!(
        !is_required() || started > 180 && answers > 2500,
        "only {answers} answers of {started} of {count} were compared"
    );
    eprintln!(
        "{answers} answers of httpd to {started} of {count} configurations are as the model says, {undecided} are open"
    );
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
