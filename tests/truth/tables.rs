//! The tables of the specification hold on the installed server, and for the decider: what `satisfy` makes of
//! three checks (spec X5), and what a password file's state makes of credentials (spec A8).

use std::fmt::Write;

use authlint::decide::Outcome;

use crate::compare::{Sent, contradiction};
use crate::generate::HEADER;
use crate::random::decider;
use crate::requests::{Asked, Who};
use crate::server::{Nginx, Tree, is_here};
use crate::wire::Echo;

const TRIED: [Who; 3] = [Who::Nobody, Who::Alice, Who::WrongPassword];

/// The outcome of `allow` and `deny` for the client, and a list of rules with that outcome.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    Allowed,
    Denied,
    Silent,
}

const RULES: &[(Rules, &str)] = &[
    (Rules::Allowed, "allow 127.0.0.1; deny all;"),
    (Rules::Denied, "deny 127.0.0.0/8; allow all;"),
    (Rules::Silent, "allow 10.0.0.0/8; deny 192.168.0.0/16;"),
    (Rules::Silent, ""),
];

const BASIC: &[(bool, &str)] = &[
    (true, "auth_basic R; auth_basic_user_file users;"),
    (false, "auth_basic off; auth_basic_user_file users;"),
    (false, "auth_basic_user_file users;"),
    (false, "auth_basic R;"),
    (false, ""),
];

/// What the subrequest answers, and where it goes to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sub {
    None,
    Passes,
    /// 401 of a backend with a challenge of its own.
    Asks,
    /// 401 without one.
    Refuses,
    Forbids,
    Fails,
}

const SUBS: &[(Sub, &str)] = &[
    (Sub::None, ""),
    (Sub::None, "auth_request off;"),
    (Sub::Passes, "auth_request /204;"),
    (Sub::Passes, "auth_request /guarded;"),
    (Sub::Asks, "auth_request /up;"),
    (Sub::Refuses, "auth_request /401;"),
    (Sub::Forbids, "auth_request /403;"),
    (Sub::Fails, "auth_request /404;"),
    (Sub::Fails, "auth_request /302;"),
    (Sub::Fails, "auth_request /nowhere;"),
];

const TARGETS: &str = "location = /204 { return 204; } location = /401 { return 401; } location = /403 { return 403; }
    location = /404 { return 404; } location = /302 { return 302 /; } location = /up { proxy_pass http://127.0.0.1:ECHO/code-401; }
    location = /guarded { internal; deny all; auth_basic G; auth_basic_user_file users; alias TREE/html/x.css; }";

const R: &str = "Basic realm=\"R\"";
const UP: &str = "Basic realm=\"up\"";

/// The table of spec X5.
fn expected(any: bool, rules: Rules, basic: bool, sub: Sub, who: Who) -> (u16, Vec<&'static str>) {
    let good = who == Who::Alice;
    let of_sub = match sub {
        Sub::None | Sub::Passes => (200, vec![]),
        Sub::Asks => (401, vec![UP]),
        Sub::Refuses => (401, vec![]),
        Sub::Forbids => (403, vec![]),
        Sub::Fails => (500, vec![]),
    };
    if !any {
        return match (rules, basic) {
            (Rules::Denied, _) => (403, vec![]),
            (_, true) if !good => (401, vec![R]),
            _ => of_sub,
        };
    }
    match (rules, basic, sub) {
        (Rules::Allowed, ..) | (_, _, Sub::Passes) | (Rules::Silent, false, Sub::None) => (200, vec![]),
        (_, true, _) if good => (200, vec![]),
        (Rules::Denied, false, Sub::None) => (403, vec![]),
        (_, false, _) => of_sub,
        (_, true, Sub::Asks) => (401, vec![R, UP]),
        (_, true, Sub::Fails) => (500, vec![R]),
        (_, true, _) => (401, vec![R]),
    }
}

type Row = (String, Who, (u16, Vec<&'static str>));

pub fn satisfy() {
    if !is_here() {
        return;
    }
    let mut locations = String::new();
    let mut rows: Vec<Row> = Vec::new();
    for any in [true, false] {
        for (rules, rules_text) in RULES {
            for (basic, basic_text) in BASIC {
                for (sub, sub_text) in SUBS {
                    let path = format!("/row{}", rows.len());
                    let word = if any { "any" } else { "all" };
                    let _ = writeln!(
                        locations,
                        "location = {path} {{ satisfy {word}; {rules_text} {basic_text} {sub_text} try_files /x.css =404; }}"
                    );
                    for who in TRIED {
                        rows.push((path.clone(), who, expected(any, *rules, *basic, *sub, who)));
                    }
                }
            }
        }
    }
    hold(&locations, &rows);
}

/// The table of spec A8: a password file, and the status of right credentials and of wrong ones.
const STATES: &[(&str, u16, u16)] = &[
    ("users", 200, 401),
    ("both", 200, 401),
    ("link", 200, 401),
    ("users2", 401, 401),
    ("empty", 401, 401),
    ("/dev/null", 401, 401),
    ("missing", 403, 403),
    ("dangling", 403, 403),
    ("unreadable", 500, 500),
    ("closed/users", 500, 500),
    ("directory", 500, 500),
    ("users/below", 500, 500),
    ("\"\"", 500, 500),
];

pub fn user_files() {
    if !is_here() {
        return;
    }
    let mut locations = String::new();
    let mut rows: Vec<Row> = Vec::new();
    for any in [true, false] {
        for (file, good, bad) in STATES {
            let path = format!("/row{}", rows.len());
            let word = if any { "any" } else { "all" };
            let _ = writeln!(
                locations,
                "location = {path} {{ satisfy {word}; auth_basic R; auth_basic_user_file {file}; try_files /x.css =404; }}"
            );
            for who in TRIED {
                let status = match who {
                    Who::Nobody => 401,
                    Who::Alice => *good,
                    _ => *bad,
                };
                rows.push((path.clone(), who, (status, if status == 401 { vec![R] } else { vec![] })));
            }
        }
    }
    hold(&locations, &rows);
}

fn hold(locations: &str, rows: &[Row]) {
    let tree = Tree::new();
    let echo = Echo::start();
    let text = format!(
        "{HEADER}http {{ access_log off; root TREE/html; server {{ listen PORT; {TARGETS}\n{locations} }} }}\n"
    );
    let nginx = Nginx::start(&tree, &text, echo.port).expect("nginx takes it");
    let asked: Vec<Asked> = rows.iter().map(|(path, who, _)| Asked::get(path, *who)).collect();
    let requests: Vec<_> = asked.iter().map(|asked| asked.request(nginx.ports)).collect();
    let decisions = decider(&nginx.path, &requests).expect("no problem");
    let mut wrong = Vec::new();
    let mut undetermined = 0;
    for ((asked, decision), (path, who, expected)) in asked.iter().zip(decisions).zip(rows) {
        let answer = asked.send(nginx.ports).expect("an answer");
        let said = locations.lines().find(|line| line.contains(&format!("{path} "))).unwrap_or_default();
        if (answer.status, answer.challenges()) != *expected {
            wrong.push(format!(
                "{who:?}: the table says {expected:?}, nginx {} {:?}: {said}",
                answer.status,
                answer.challenges()
            ));
        }
        let authorization = who.header();
        let sent = Sent { method: "GET", authorization: authorization.as_deref() };
        if let Some(complaint) = contradiction(&decision, &sent, &answer, "") {
            wrong.push(format!("{who:?}: {complaint}, nginx {}: {said}", answer.status));
        }
        undetermined += usize::from(decision.outcome == Outcome::Undetermined);
    }
    eprintln!("{} rows hold; {undetermined} are undetermined", rows.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
