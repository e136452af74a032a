//! The expectations of `tests/decide/apache` hold on the real httpd, not only by their status.

use std::fmt::Write;
use std::fs;
use std::net::IpAddr;

use authlint::decide::{Authorization, Credentials, Decision, Outcome};

use super::asks::Question;
use super::judge::{Seen, judge};
use super::maker;
use super::rig::Rig;
use crate::httpd::{self, Httpd};

/// The files that lie below the document root of every case.
const FILES: &[&str] = &["www/index.html", "www/s/a.html", "www/s/b.css", "www/s/t/c.html", "www/pub/x.html"];

/// `METHOD /path [at HOST] [as USER|as bad] [from ADDRESS] -> OUTCOME`.
fn expectation(line: &str) -> Option<(Question, &str)> {
    let (asked, expected) = line.strip_prefix("# expect: ")?.split_once(" -> ")?;
    let mut words = asked.split(' ');
    let mut question = Question {
        method: words.next()?.to_owned(),
        target: words.next()?.to_owned(),
        host: "main.example".to_owned(),
        is_other: false,
        from: IpAddr::from([127, 0, 0, 1]),
        credentials: Credentials::None,
    };
    while let (Some(word), Some(value)) = (words.next(), words.next()) {
        match word {
            "at" => value.clone_into(&mut question.host),
            "from" => question.from = value.parse().ok()?,
            "as" if value == "bad" => question.credentials = Credentials::Bad,
            _ => question.credentials = Credentials::User(value.to_owned()),
        }
    }
    Some((question, expected.trim()))
}

/// What is expected as a decision; None where nothing is said of httpd.
fn decision(expected: &str, seen: &Seen) -> Option<Decision> {
    let (word, rest) = expected.split_once(' ').unwrap_or((expected, ""));
    let of = |outcome, status| Decision { status, ..Decision::of(outcome) };
    Some(match word {
        "open" => {
            let all = [Authorization::Forwarded, Authorization::Dropped, Authorization::Replaced];
            // What a backend gets is not said everywhere.
            let is_backend = seen.answer.is_echo() && rest.is_empty();
            let said = all.into_iter().find(|one| one.as_str() == rest);
            let authorization = said.or(is_backend.then_some(Authorization::Unknown));
            Decision { authorization, ..Decision::of(Outcome::Open) }
        }
        "challenge" => {
            let realm = (!rest.is_empty()).then(|| rest.trim_matches('"').to_owned());
            let is_digest = seen.answer.challenges().iter().any(|value| value.starts_with("Digest"));
            let scheme = realm.is_some().then_some(if is_digest { "digest" } else { "basic" });
            Decision { realm, scheme, ..of(Outcome::Challenge, Some(401)) }
        }
        "forbidden" => of(Outcome::Forbidden, Some(403)),
        "error" => of(Outcome::Error, Some(500)),
        "responds" => of(Outcome::Responds, rest.parse().ok()),
        _ => return None,
    })
}

#[test]
fn what_the_fixtures_expect_is_what_httpd_does() {
    if super::is_skipped() {
        return;
    }
    let rig = Rig::new("fixtures");
    let mut report = String::new();
    let mut count = 0;
    let mut cases: Vec<_> = fs::read_dir("tests/decide/apache").expect("fixtures").flatten().collect();
    cases.sort_by_key(fs::DirEntry::path);
    for case in cases {
        let text = fs::read_to_string(case.path()).expect("a text");
        let _ = fs::remove_dir_all(rig.tree.root.join("www"));
        for path in FILES {
            rig.tree.write(path, "a file\n");
        }
        fs::copy(rig.tree.root.join("conf/users"), rig.tree.root.join("users")).expect("a file");
        let mut files = vec![("main.conf".to_owned(), maker::header(&[]) + "DocumentRoot @TREE/www\n")];
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("#### ") {
                Some(path) => files.push((path.trim().to_owned(), String::new())),
                None => files.last_mut().expect("a file").1 += &line.replace("TREE", "@TREE"),
            }
        }
        for (path, text) in &files {
            rig.tree
                .write(path, &rig.tree.filled(&text.replace(":PORT", ":@PORT"), rig.ports, rig.echo.port));
        }
        let name = case.file_name().to_string_lossy().into_owned();
        let Some(_running) = Httpd::start(&rig.tree.root, &rig.tree.main(), rig.ports[0]) else {
            let _ = writeln!(report, "{name}: {}", httpd::refusal(&rig.tree.root, &rig.tree.main()));
            continue;
        };
        for (question, expected) in text.lines().filter_map(expectation) {
            let Some(sent) = question.headers().into_iter().next() else { continue };
            let seen = rig.ask(&question, sent);
            count += 1;
            // Who redirects is told apart by places that only configurations made by chance lead to.
            let misfit = decision(expected, &seen).and_then(|decision| judge(&decision, &seen));
            if let Some(misfit) = misfit.filter(|misfit| !misfit.is_soft) {
                let _ = writeln!(report, "{name}: {} -> {expected}\n    {}", question.told(), misfit.kind);
            }
        }
    }
    assert!(report.is_empty(), "{report}");
    eprintln!("{count} expectations hold");
}
