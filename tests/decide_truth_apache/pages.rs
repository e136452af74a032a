//! The configurations of the lints' pages, good and bad, and those of `tests/rows`, on a real httpd.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use authlint::decide::Credentials;
use authlint::load::{self, Server};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::Host;

use super::asks::Question;
use super::rig::{Rig, Tally, decided};
use crate::httpd::{self, Httpd};
use crate::placed;

/// A configuration of a page, in one text: each file behind a line `#### PATH`.
struct Case {
    name: String,
    text: String,
    /// Files with a mode of their own.
    modes: Vec<(PathBuf, u32)>,
    directories: Vec<PathBuf>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut pages: Vec<PathBuf> =
        fs::read_dir("src/lints").expect("the pages").flatten().map(|entry| entry.path()).collect();
    pages.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page");
        let mut is_open = false;
        for (piece, number) in text.split("```").skip(1).step_by(2).zip(1..) {
            let (info, text) = piece.split_once('\n').unwrap_or((piece, ""));
            let has = |word: &str| info.split_whitespace().any(|other| other == word);
            let value = |name: &str| {
                info.split_whitespace()
                    .find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
                    .map(|value| value.trim_matches('"'))
            };
            let title = value("title");
            if has("bad") || has("good") {
                is_open = has("apache");
                if is_open {
                    let name = format!("{} fence {number}", page.display());
                    cases.push(Case {
                        name,
                        text: String::new(),
                        modes: Vec::new(),
                        directories: Vec::new(),
                    });
                }
            }
            let Some(case) = cases.last_mut().filter(|_| is_open) else { continue };
            if let Some(title) = title {
                if has("directory") {
                    case.directories.push(title.into());
                    continue;
                }
                if let Some(mode) = value("mode").and_then(|mode| u32::from_str_radix(mode, 8).ok()) {
                    case.modes.push((title.into(), mode));
                }
                let _ = writeln!(case.text, "#### {title}");
            }
            case.text.push_str(text);
        }
    }
    cases.extend(rows());
    cases
}

/// The configurations of `tests/rows`, which have their files behind such lines already.
fn rows() -> Vec<Case> {
    let mut rows: Vec<PathBuf> =
        fs::read_dir("tests/rows/apache").expect("the rows").flatten().map(|entry| entry.path()).collect();
    rows.sort();
    let case = |path: &PathBuf| Case {
        name: path.display().to_string(),
        text: fs::read_to_string(path).expect("a text"),
        modes: Vec::new(),
        directories: Vec::new(),
    };
    rows.iter().map(case).collect()
}

/// The passwords of users on the pages are nobody's, so that the user is one whom no file lists.
/// Requests for all places of a configuration, and for something below. What is to be there is made.
fn questions(root: &Path, main: &Path) -> Vec<Question> {
    let mut host = Host::new(None, Vec::new()).expect("a host");
    let wanted =
        load::Request { paths: vec![main.to_path_buf()], server: Server::Apache, ..load::Request::default() };
    let loaded = load::load(&wanted, &mut host);
    let site = Site::build(&loaded.files, &loaded.configs[0], Look { host: &host, mode: FilesMode::Always });
    for directory in site.sections().filter_map(|scope| scope.directory()) {
        let is_plain = directory.starts_with(root) && !directory.to_string_lossy().contains(['*', '?', '$']);
        if is_plain && !directory.is_file() && fs::create_dir_all(directory).is_ok() {
            for name in ["x.html", "y.css", "plain"] {
                let _ = fs::write(directory.join(name), "file\n");
            }
        }
    }
    let mut names = BTreeSet::from(["nobody.example".to_owned()]);
    for file in loaded.configs[0].files() {
        let text = loaded.files.sources.get(file).text();
        let words = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("ServerName "))
            .filter_map(|rest| rest.split(':').next());
        names.extend(
            words
                .map(|name| name.trim().to_ascii_lowercase())
                .filter(|name| !name.contains(['$', '"', '%', '@'])),
        );
    }
    let mut paths = BTreeSet::from(["/".to_owned(), "/plain".to_owned()]);
    for url in site.sections().filter_map(|scope| scope.url()) {
        let url = url.trim_end_matches('/');
        if url.starts_with('/') && !url.contains([' ', '$', '*', '"']) {
            paths.extend([
                url.to_owned(),
                format!("{url}/"),
                format!("{url}/x.html"),
                format!("{url}/y.css"),
            ]);
        }
    }
    let mut questions = Vec::new();
    for path in paths {
        for name in &names {
            for is_other in [false, true] {
                for (method, credentials) in [
                    ("GET", Credentials::None),
                    ("GET", Credentials::Bad),
                    ("POST", Credentials::None),
                    ("GET", Credentials::User("stranger".into())),
                ] {
                    questions.push(Question {
                        method: method.to_owned(),
                        target: path.clone(),
                        host: name.clone(),
                        is_other,
                        from: IpAddr::from([127, 0, 0, 1]),
                        credentials,
                    });
                }
            }
        }
    }
    questions
}

#[test]
fn httpd_answers_to_the_pages_of_the_lints_as_decided() {
    if super::is_skipped() {
        return;
    }
    let rig = Rig::new("pages");
    let mut tally = Tally::default();
    let mut report = String::new();
    let cases = cases();
    for case in &cases {
        let (main, files) = placed::put(&rig.tree.root, &case.text, rig.ports);
        for (path, text) in &files {
            let level = if *path == main { "LogLevel info\n" } else { "" };
            let text =
                (text.clone() + level).replace("127.0.0.1:1\n", &format!("127.0.0.1:{}\n", rig.echo.port));
            fs::write(path, text.replace("127.0.0.1:1/", &format!("127.0.0.1:{}/", rig.echo.port)))
                .expect("a file");
        }
        let here = |path: &Path| rig.tree.root.join(path.strip_prefix("/").unwrap_or(path));
        for path in &case.directories {
            fs::create_dir_all(here(path)).expect("a directory");
        }
        for (path, mode) in &case.modes {
            fs::set_permissions(here(path), fs::Permissions::from_mode(*mode)).expect("a mode");
        }
        fs::create_dir_all(rig.tree.root.join("var/www/html")).expect("a directory");
        let Some(_running) = Httpd::start(&rig.tree.root, &main, rig.ports[0]) else {
            tally.refused.push(format!("{}: {}", case.name, httpd::refusal(&rig.tree.root, &main)));
            continue;
        };
        tally.started += 1;
        rig.judge(&main, &questions(&rig.tree.root, &main), &decided, &mut tally);
        for wrong in tally.wrong.drain(..) {
            let _ = write!(report, "{}\n{}", case.name, wrong.told());
        }
    }
    for unsteady in &tally.unsteady {
        let _ = writeln!(report, "{unsteady}");
    }
    let undetermined: usize = tally.undetermined.values().sum();
    eprintln!(
        "{} of {} pages' configurations were taken, {} answers, {undetermined} undetermined\n{:?} {:?}",
        tally.started,
        cases.len(),
        tally.answers,
        tally.statuses,
        tally.undetermined
    );
    assert!(report.is_empty(), "{report}");
    assert!(
        tally.started * 2 > cases.len(),
        "only {} of {} were taken: {:#?}",
        tally.started,
        cases.len(),
        tally.refused
    );
}
