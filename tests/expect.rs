//! Rules: how they are read, and what is said of them, with answers that stand here.

#![allow(clippy::case_sensitive_file_extension_comparisons)] // paths of URLs, not files

use std::path::PathBuf;

use authlint::decide::{Credentials, Decision, Outcome, Request};
use authlint::expect::{Answers, Expected, Pattern, Verdict, judge_by, parse};
use authlint::load;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, FileId, Host, Source, Sources};

fn file() -> FileId {
    Sources::default().add(Source::new(PathBuf::from("rules"), Vec::new()))
}

#[test]
fn lines_are_read() {
    let text = "# who may what\n\nGET http://a.example/admin/ -> challenge\n\
                /.well-known/acme-challenge/x -> open  # certificates\n/admin/** -> never open\r\n\
                POST https://a.example:8443/api/*/public as alice from 10.0.0.1 -> responds 301\n\
                /x from ::1 as bad -> closed";
    let (rules, problems) = parse(text, file());
    assert_eq!(problems, []);
    assert_eq!(rules.len(), 5);
    assert_eq!(rules[0].method.as_deref(), Some("GET"));
    assert_eq!(
        rules[0].origin.as_ref().map(|origin| (origin.host.as_str(), origin.port)),
        Some(("a.example", 80))
    );
    assert_eq!(rules[0].pattern, Pattern::One("/admin/".into()));
    assert!(!rules[0].is_never && rules[0].expected == Expected::Is(Outcome::Challenge));
    assert!(
        rules[2].is_never && matches!(&rules[2].pattern, Pattern::Many { text, .. } if text == "/admin/**")
    );
    assert_eq!(&text[rules[2].span.start as usize..rules[2].span.end as usize], "/admin/** -> never open");
    assert_eq!(rules[3].credentials, Credentials::User("alice".into()));
    assert_eq!(rules[3].expected, Expected::Responds(301));
    assert!(rules[3].origin.as_ref().is_some_and(|origin| origin.is_tls && origin.port == 8443));
    assert_eq!((rules[4].credentials.clone(), rules[4].expected), (Credentials::Bad, Expected::Closed));
    assert_eq!(rules[4].from, "::1".parse().ok());
}

#[test]
fn what_is_wrong_is_told_in_its_place() {
    for (line, at, message) in [
        ("/admin open", "/admin open", "`->` is missing"),
        ("-> open", "-> open", "a path or a URL is missing"),
        ("get /x -> open", "get", "in capitals"),
        ("/x -> ajar", "ajar", "not an outcome"),
        ("/x ->", "/x ->", "an outcome is missing"),
        ("/x -> never", "/x -> never", "an outcome is missing"),
        ("/x as -> open", "as", "the name of a user"),
        ("/x from here -> open", "here", "not an address"),
        ("/x for alice -> open", "for", "not understood"),
        ("/x -> open again", "again", "too much"),
        ("/x -> responds 9999", "9999", "not a status"),
        ("http://*.example/x -> open", "http://*.example/x", "a pattern is about paths"),
        ("/x/**?a=b -> open", "/x/**?a=b", "no query"),
        ("/x/*** -> open", "/x/***", "`***`"),
        ("/x/%zz* -> open", "/x/%zz*", "`%`"),
        ("x/y -> open", "x/y", "a URL begins with"),
        ("http:///x -> open", "http:///x", "no host"),
        ("/x as a as b -> open", "as", "twice"),
    ] {
        let (rules, problems) = parse(line, file());
        assert_eq!((rules.len(), problems.len()), (0, 1), "{line}: {rules:?}");
        assert!(problems[0].message.contains(message), "{line}: {}", problems[0].message);
        let authlint::finding::Place::Span(span) = problems[0].place else { panic!("{line}: no place") };
        assert_eq!(&line[span.start as usize..span.end as usize], at, "{line}");
    }
}

/// The verdict on a rule for the lines of one server, or of all that stands in `http`, by these answers.
fn verdict(text: &str, rule: &str, answer: impl Fn(&str, &Request) -> Decision) -> Verdict {
    let server = if text.contains("server {") { text.to_owned() } else { format!("server {{ {text} }}") };
    let path = PathBuf::from("/srv/site/nginx.conf");
    let mut host = Host::memory([(path.clone(), Entry::file(format!("events {{ }} http {{ {server} }}")))]);
    let loaded = load::load_one(&path, &mut host);
    let site = Site::build(&loaded.files, &loaded.configs[0], Look { host: &host, mode: FilesMode::Never });
    let (rules, problems) = parse(rule, file());
    assert_eq!(problems, []);
    let ask = |request: &Request| {
        let path = authlint::decide::areas::decode(request.path()).expect("a path");
        answer(&String::from_utf8_lossy(&path), request)
    };
    let ask_blindly = |_: &Request| Decision::undetermined("it hangs on a file");
    let answers = Answers { ask: &ask, ask_blindly: &ask_blindly, is_at_hand: &|_| true };
    judge_by(&site, &rules[0], &answers)
}

fn closed_if(is_closed: bool) -> Decision {
    Decision::of(if is_closed { Outcome::Challenge } else { Outcome::Open })
}

fn target(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Broken { request, .. } => format!("{} {}", request.method, request.target),
        other => format!("{other:?}"),
    }
}

#[test]
fn a_pattern_holds_where_all_its_areas_do() {
    let text = "location / { } location /admin/ { auth_basic a; } location ~ \\.php$ { }";
    let answer = |path: &str, _: &Request| closed_if(path.starts_with("/admin/") && !path.ends_with(".php"));
    let found = verdict(text, "/admin/** -> never open", answer);
    assert_eq!(target(&found), "GET /admin/.php");
    let found = verdict(text, "/admin/** -> challenge", answer);
    assert_eq!(target(&found), "GET /admin/.php");
    assert!(matches!(verdict(text, "/admin/*.html -> challenge", answer), Verdict::Holds { areas: 1 }));
    assert!(matches!(verdict(text, "/admin -> open", answer), Verdict::Holds { areas: 1 }));
    assert!(matches!(verdict(text, "/admin** -> open", answer), Verdict::Broken { .. }));
    assert!(matches!(verdict(text, "/a//** -> open", answer), Verdict::Undetermined { .. }));
    assert!(matches!(verdict(text, "/b*/** -> open", answer), Verdict::Holds { areas: 3 }));
}

#[test]
fn methods_are_told_apart() {
    let text = "location / { limit_except GET PROPFIND { deny all; } }";
    let answer = |_: &str, request: &Request| {
        closed_if(!matches!(request.method.as_str(), "GET" | "HEAD" | "PROPFIND"))
    };
    assert_eq!(target(&verdict(text, "/** -> never open", answer)), "GET /");
    assert_eq!(target(&verdict(text, "PROPFIND /** -> closed", answer)), "PROPFIND /");
    assert!(matches!(verdict(text, "QUUX /** -> never open", answer), Verdict::Holds { .. }));
    let answer = |_: &str, request: &Request| closed_if(request.method != "PROPFIND");
    assert_eq!(target(&verdict(text, "/** -> never open", answer)), "PROPFIND /");
}

#[test]
fn what_is_not_followed_is_never_said_to_hold() {
    let closed = |_: &str, _: &Request| closed_if(true);
    let is_undetermined = |text: &str| {
        let found = verdict(text, "/admin/** -> closed", closed);
        assert!(matches!(found, Verdict::Undetermined { .. }), "{text}: {found:?}");
    };
    is_undetermined("location ~ ^/(?<a>.)\\k<a> { }");
    is_undetermined("location ~ ^/admin/(.)\\1 { }");
    is_undetermined("if ($request_uri ~ x) { return 200; }");
    is_undetermined("set $x $1; if ($x = a) { return 200; }");
    is_undetermined("set $x a$uri; if ($x = a) { return 200; }");
    is_undetermined("if ($arg_key = a) { return 200; }");
    is_undetermined("if ($host = a) { return 200; }");
    is_undetermined("location / { include missing.conf; }");
    is_undetermined("auth_basic $args;");
    is_undetermined("if ($args) { set $x 1; } if ($x) { return 200; }");
    is_undetermined("if ($args) { set $x 1; } set $y $x; if ($y) { set $z 1; } if ($z) { return 200; }");
    is_undetermined("auth_basic o${arg_x}f;");
    for text in [
        "if ($args) { set $skip 1; } proxy_cache_bypass $skip;",
        "auth_basic \"R $arg_x\";",
        // It cannot match in the area.
        "location ~ ^/other/(.)\\1 { }",
        "if ($uri ~ x) { return 200; }",
        "set $x $uri; if ($x = /admin/a) { return 200; }",
        "if ($request_method = POST) { return 200; }",
        "return 301 https://$host$request_uri;",
        "rewrite ^ https://$host/ permanent;",
        "error_page 404 =301 http://x/$uri;",
    ] {
        let found = verdict(text, "/admin/** -> closed", closed);
        assert!(matches!(found, Verdict::Holds { .. }), "{text}: {found:?}");
    }
    // What hangs on more than the tests speaks for itself only.
    let hangs = |_: &str, _: &Request| Decision { hangs_on: Some("a file".into()), ..closed_if(true) };
    assert!(matches!(verdict("", "/a/** -> closed", hangs), Verdict::Undetermined { .. }));
    assert!(matches!(verdict("", "/a/b -> closed", hangs), Verdict::Holds { .. }));
    assert!(matches!(verdict("", "/a/** -> open", hangs), Verdict::Broken { .. }));
}

#[test]
fn values_that_are_compared_are_tests() {
    let text = "server { if ($uri = /admin/a) { return 200; } } map $uri $x { /admin/b 1; ~^/admin/c 1; }";
    for path in ["/admin/a", "/admin/b", "/admin/c"] {
        let found = verdict(text, "/admin/** -> closed", |other, _| closed_if(other != path));
        assert_eq!(target(&found), format!("GET {path}"));
    }
    // Names of a map are compared in small letters.
    let found =
        verdict(text, "/admin/** -> closed", |path, _| closed_if(!path.eq_ignore_ascii_case("/admin/b")));
    assert_eq!(target(&found), "GET /admin/b");
}

#[test]
fn every_server_is_asked() {
    let text = "server { listen 80; server_name a.example; } server { listen 81; server_name b.example *.c.example; }";
    let answer = |_: &str, request: &Request| {
        let is_b = request.port == Some(81);
        let server = Some(if is_b { "b.example" } else { "a.example" }.to_owned());
        Decision { server, ..closed_if(is_b) }
    };
    let found = verdict(text, "/** -> closed", answer);
    assert!(
        matches!(&found, Verdict::Broken { request, .. } if request.host.as_deref() == Some("a.example"))
    );
    assert!(matches!(verdict(text, "http://b.example:81/** -> closed", answer), Verdict::Holds { .. }));
}

#[test]
fn slashes_that_are_not_merged_are_tested() {
    let text = "merge_slashes off; location / { } location ~ // { }";
    let found = verdict(text, "/** -> closed", |path, _| closed_if(!path.contains("//")));
    assert_eq!(target(&found), "GET //");
}
