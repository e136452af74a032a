//! What the decider says of the configurations in `tests/decide`.
//!
//! A fixture is the `http` block of a configuration, as it lies in `${DIR}/nginx.conf`; `user www-data;` and
//! `events` are put before it. It listens on port 8080, or 8081; 8082 is a backend. Comments say the rest:
//!
//! - `# file: NAME TEXT` is a file below `${DIR}`, `\n` in it a line feed; `# directory: NAME` is a directory;
//!   `# mode: NAME 600` changes the mode of either.
//! - `# expect: METHOD URL [as USER | as bad] [from ADDRESS] -> ANSWER` is a request and its answer. A path alone is
//!   asked of `one.example:8080`. Without `from` the client is 127.0.0.1, and `from ?` leaves it unknown. The
//!   answer is the outcome; with `responds` its status; the realm in quotes, where a challenge is sent; and what the
//!   backend gets of the header, where one is asked: `open dropped`.
//!
//! `tests/truth/fixtures.rs` asks real nginx the same, as far as the requests can be sent on loopback: `alice` has the
//! password `secret`, `bob` and `carol` have `hidden`.

#[path = "common/fixture.rs"]
mod fixture;

use std::fs;
use std::path::{Path, PathBuf};

use authlint::decide::Decider;
use authlint::load;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, Host};
use fixture::{Fixture, shown};

const DIR: &str = "/srv/site";

#[test]
fn nginx_fixtures() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir("tests/decide/nginx").expect("a directory").flatten() {
        let fixture = Fixture::read(&fs::read_to_string(entry.path()).expect("a text"));
        assert!(!fixture.expected.is_empty(), "{}: nothing is expected", entry.path().display());
        count += fixture.expected.len();
        check(&fixture, &entry.path(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 300, "only {count} expectations");
}

fn check(fixture: &Fixture, name: &Path, wrong: &mut Vec<String>) {
    let path = Path::new(DIR).join("nginx.conf");
    let text = format!("user www-data;\nevents {{ }}\n{}", fixture.text.replace("${DIR}", DIR));
    let mut files: Vec<(PathBuf, Entry)> = vec![
        (path.clone(), Entry::file(text)),
        ("/etc/passwd".into(), Entry::file("root:x:0:0::/:\nwww-data:x:33:33::/:\n")),
        ("/etc/group".into(), Entry::file("root:x:0:\nwww-data:x:33:\n")),
    ];
    for file in &fixture.files {
        let entry = match &file.text {
            Some(text) => Entry::file(text.as_str()),
            None => Entry::directory(),
        };
        files.push((Path::new(DIR).join(&file.name), Entry { mode: file.mode, ..entry }));
    }
    let mut host = Host::memory(files);
    let loaded = load::load_one(&path, &mut host);
    let look = Look { host: &host, mode: FilesMode::Always };
    let site = Site::build(&loaded.files, &loaded.configs[0], look);
    assert!(
        loaded.problems.is_empty() && site.problems.is_empty(),
        "{}: {:?}",
        name.display(),
        site.problems
    );
    let decider = Decider::new(&site, look);
    for expected in &fixture.expected {
        let decision = decider.decide(&expected.request);
        let shown = shown(&decision);
        if shown != expected.answer {
            let why = decision.why.unwrap_or_default();
            let because: Vec<_> = decision.because.iter().map(|because| because.note.as_str()).collect();
            wrong.push(format!("{}: {}: it is {shown} {why} {because:?}", name.display(), expected.line));
        }
    }
}
