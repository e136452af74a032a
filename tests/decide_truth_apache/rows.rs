//! Tables of what is known of httpd, each row proven on the one that is installed, and asked of the decider.

use std::fmt::Write;
use std::net::IpAddr;

use authlint::decide::Credentials;

use super::asks::Question;
use super::judge::judge;
use super::node::{Node, line};
use super::rig::{Rig, decided};
use crate::httpd::Httpd;

/// What is asked, and the status that comes.
type Row<'r> = (&'r str, &'r [(&'r str, &'r str, u16)]);

/// The lines of a section over the document root, and for each method and user (`-` for none, `!` for
/// one with a wrong password) what comes of a file in it. `$` is a scheme with realm and file.
fn hold(name: &str, rows: &[Row<'_>]) {
    if super::is_skipped() {
        return;
    }
    let rig = Rig::new(name);
    let mut report = String::new();
    for (lines, asked) in rows {
        let files = vec![("main.conf".to_owned(), nodes(lines))];
        rig.tree.put(&files, rig.ports, rig.echo.port);
        let Some(_running) = Httpd::start(&rig.tree.root, &rig.tree.main(), rig.ports[0]) else {
            let refusal = crate::httpd::refusal(&rig.tree.root, &rig.tree.main());
            let _ = writeln!(report, "{lines}: it is not taken: {refusal}");
            continue;
        };
        let questions: Vec<Question> = asked.iter().map(|(method, user, _)| question(method, user)).collect();
        let requests: Vec<_> = questions.iter().map(|question| question.request(rig.ports)).collect();
        let decisions = decided(&rig.tree.main(), &requests);
        for (((_, _, status), question), decision) in asked.iter().zip(&questions).zip(decisions) {
            for sent in question.headers() {
                let seen = rig.ask(question, sent);
                let misfit = judge(&decision, &seen).map(|misfit| misfit.kind).unwrap_or_default();
                // Of wrong passwords, the first is one of a user whom the file lists.
                if seen.answer.status != *status && seen.sent.as_deref() != Some("Basic bm9ib2R5Ong=")
                    || !misfit.is_empty()
                {
                    let _ = writeln!(
                        report,
                        "{lines}\n    {}: not {status}, but {}\n    {misfit}",
                        question.told(),
                        seen.told()
                    );
                }
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

fn question(method: &str, user: &str) -> Question {
    let (method, target) = method.split_once(' ').unwrap_or((method, "/s/a.html"));
    Question {
        method: method.to_owned(),
        target: target.to_owned(),
        host: "main.example".to_owned(),
        is_other: false,
        from: IpAddr::from([127, 0, 0, 1]),
        credentials: match user {
            "-" => Credentials::None,
            "!" => Credentials::Bad,
            name => Credentials::User(name.to_owned()),
        },
    }
}

/// Lines are parted by `;`. Those that begin with `^` stand before the section.
fn nodes(lines: &str) -> Vec<Node> {
    let all = "AuthType Basic;AuthName R;AuthUserFile @TREE/conf/users";
    let lines = lines.replace('$', all);
    let (before, inner): (Vec<&str>, Vec<&str>) =
        lines.split(';').map(str::trim).partition(|line| line.starts_with('^'));
    let mut nodes: Vec<Node> = before.into_iter().map(|text| line(&text[1..])).collect();
    nodes.extend([line("DocumentRoot @TREE/www"), line("<Directory @TREE/www>")]);
    nodes.extend(inner.into_iter().map(line));
    nodes.push(line("</Directory>"));
    nodes
}

#[test]
fn mixes_of_require_lines() {
    hold(
        "require",
        &[
            ("$;Require valid-user;Require all granted", &[("GET", "-", 200), ("GET", "alice", 200)]),
            ("$;Require valid-user;Require all denied", &[("GET", "-", 401), ("GET", "alice", 200)]),
            ("$;Require all denied;Require valid-user", &[("GET", "-", 401), ("GET", "alice", 200)]),
            ("$;Require valid-user;Require ip 192.0.2.1", &[("GET", "-", 401), ("GET", "alice", 200)]),
            ("$;Require valid-user;Require ip 127.0.0.1", &[("GET", "-", 200), ("GET", "alice", 200)]),
            (
                "$;<RequireAll>;Require valid-user;Require ip 192.0.2.1;</RequireAll>",
                &[("GET", "-", 403), ("GET", "alice", 403)],
            ),
            (
                "$;<RequireAll>;Require valid-user;Require ip 127.0.0.1;</RequireAll>",
                &[("GET", "-", 401), ("GET", "alice", 200)],
            ),
            (
                "$;<RequireAll>;Require valid-user;Require all granted;</RequireAll>",
                &[("GET", "-", 401), ("GET", "alice", 200)],
            ),
            (
                "$;<RequireAll>;Require valid-user;Require not user alice;</RequireAll>",
                &[("GET", "-", 401), ("GET", "alice", 401), ("GET", "bob", 200)],
            ),
            (
                "$;<RequireAll>;Require all granted;Require not ip 127.0.0.1;</RequireAll>",
                &[("GET", "-", 403), ("GET", "alice", 403)],
            ),
            (
                "$;<RequireAll>;Require method GET;Require valid-user;</RequireAll>",
                &[("POST", "-", 403), ("POST", "alice", 403), ("GET", "alice", 200)],
            ),
            ("$;Require user", &[("GET", "-", 401), ("GET", "alice", 401)]),
            ("$;Require user \"alice bob\"", &[("GET", "-", 401), ("GET", "alice", 401)]),
            ("$;Require user alice,bob", &[("GET", "-", 401), ("GET", "alice", 401)]),
            (
                "$;<RequireAll>;Require all granted;Require not user alice;</RequireAll>",
                &[("GET", "-", 200), ("GET", "alice", 200)],
            ),
            ("$;Require user bob", &[("GET", "alice", 401), ("GET", "bob", 200)]),
            (
                "$;AuthzSendForbiddenOnFailure On;Require user bob",
                &[("GET", "alice", 403), ("GET", "-", 401), ("GET", "!", 401)],
            ),
            ("$;Require all denied", &[("GET", "-", 403), ("GET", "alice", 403)]),
            ("$;Require group staff", &[("GET", "-", 401), ("GET", "alice", 401)]),
            ("$;AuthGroupFile conf/groups;Require group staff", &[("GET", "-", 401), ("GET", "alice", 200)]),
            (
                "$;Require expr %{REMOTE_USER} == 'alice'",
                &[("GET", "-", 401), ("GET", "alice", 200), ("GET", "bob", 401)],
            ),
            ("$;Require expr %{REQUEST_METHOD} == 'GET'", &[("GET", "-", 200), ("POST", "-", 403)]),
            (
                "$;<Limit POST>;Require valid-user;</Limit>",
                &[("GET", "-", 200), ("POST", "-", 401), ("FOO", "-", 501)],
            ),
            (
                "$;<LimitExcept GET>;Require valid-user;</LimitExcept>",
                &[("HEAD", "-", 200), ("POST", "-", 401), ("FOO", "-", 401)],
            ),
            (
                "$;Require all granted;<Limit POST>;Require valid-user;</Limit>",
                &[("GET", "-", 200), ("POST", "-", 200)],
            ),
            ("$;Require valid-user;Satisfy Any", &[("GET", "-", 200)]),
            (
                "$;Require valid-user;Satisfy Any;Order allow,deny;Deny from all",
                &[("GET", "-", 401), ("GET", "alice", 200)],
            ),
            ("$;Require valid-user;Deny from all", &[("GET", "-", 403), ("GET", "alice", 403)]),
        ],
    );
}

#[test]
fn ways_to_set_up_a_login() {
    hold(
        "login",
        &[
            (
                "$;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 200), ("GET", "dave", 401), ("GET", "!", 401)],
            ),
            ("Require valid-user", &[("GET", "-", 500), ("GET", "alice", 500)]),
            ("$;AuthType None;Require valid-user", &[("GET", "-", 500), ("GET", "alice", 500)]),
            ("$;AuthType Bearer;Require valid-user", &[("GET", "-", 500), ("GET", "alice", 500)]),
            (
                "^# without auth_digest;$;AuthType Digest;Require valid-user",
                &[("GET", "-", 500), ("GET", "alice", 500)],
            ),
            ("^# without auth_basic;$;Require valid-user", &[("GET", "-", 500), ("GET", "alice", 500)]),
            (
                "AuthType Basic;AuthUserFile @TREE/conf/users;Require valid-user",
                &[("GET", "-", 500), ("GET", "alice", 500)],
            ),
            ("AuthType Digest;AuthUserFile @TREE/conf/users;Require valid-user", &[("GET", "-", 500)]),
            (
                "AuthType Digest;AuthName R;AuthUserFile @TREE/conf/users;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 401)],
            ),
            ("AuthType Basic;AuthName R;Require valid-user", &[("GET", "-", 401), ("GET", "alice", 500)]),
            (
                "$;AuthUserFile @TREE/conf/nope;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 500)],
            ),
            (
                "$;AuthUserFile @TREE/conf/priv;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 500)],
            ),
            (
                "$;AuthUserFile @TREE/conf/shut/users;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 500)],
            ),
            ("$;AuthUserFile @TREE/conf;Require valid-user", &[("GET", "-", 401), ("GET", "alice", 500)]),
            (
                "$;AuthUserFile @TREE/conf/empty;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 401)],
            ),
            ("$;AuthUserFile /dev/null;Require valid-user", &[("GET", "-", 401), ("GET", "alice", 401)]),
            ("$;AuthUserFile conf/users;Require valid-user", &[("GET", "-", 401), ("GET", "alice", 200)]),
            (
                "^# without authn_file;AuthType Basic;AuthName R;Require valid-user",
                &[("GET", "-", 401), ("GET", "alice", 500)],
            ),
            (
                "$;AuthBasicAuthoritative Off;Require valid-user",
                &[("GET", "-", 401), ("GET", "dave", 500), ("GET", "alice", 200)],
            ),
            ("$;AuthType Form;Require valid-user", &[("GET", "-", 401), ("GET", "alice", 401)]),
            ("$", &[("GET", "-", 500), ("GET", "alice", 500)]),
            (
                "^<Directory />;^Require all granted;^</Directory>;$",
                &[("GET", "-", 200), ("GET", "alice", 200)],
            ),
            (
                "^<Directory />;^Require all denied;^</Directory>;$",
                &[("GET", "-", 403), ("GET", "alice", 403)],
            ),
            ("# nothing", &[("GET", "-", 200)]),
            (
                "$;AuthUserFile @TREE/conf/odd;Require valid-user",
                &[
                    ("GET", "bob", 200),
                    ("GET", "alice", 401),
                    ("GET", "erin", 200),
                    ("GET", "carol", 401),
                    ("GET", "dave", 200),
                ],
            ),
        ],
    );
}
