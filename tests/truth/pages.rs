//! What the lints' pages and the files of `tests/rows` show is what the server does: each of their configurations that
//! nginx takes is started, and the decider is asked the same as the server.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use authlint::decide::Outcome;
use authlint::lints;

use crate::compare::{Sent, contradiction};
use crate::nodes::{self, Node, Random, line};
use crate::random::decider;
use crate::requests;
use crate::server::{Nginx, Tree, is_here, set_mode};
use crate::wire::Echo;

/// A configuration on a page: its number, its text, and other files by their paths.
struct Page<'p> {
    number: usize,
    text: &'p str,
    files: BTreeMap<&'p str, Shown<'p>>,
}

/// Another file of a page.
struct Shown<'p> {
    text: &'p str,
    is_directory: bool,
    mode: Option<u32>,
}

pub fn truth() {
    if !is_here() {
        return;
    }
    let echo = Echo::start();
    let (mut taken, mut refused, mut answers, mut undetermined) = (0, Vec::new(), 0, 0);
    let mut wrong = String::new();
    let rows = rows();
    let of_lints = lints::ALL.iter().flat_map(|lint| {
        pages(lint.page).into_iter().map(|page| (format!("{}, fence {}", lint.id, page.number), page))
    });
    for (shown, page) in of_lints.chain(rows.iter().map(|(name, text)| (name.clone(), of_row(text)))) {
        match hold(&page, echo.port, &mut wrong, &shown) {
            Ok((asked, unknown)) => {
                taken += 1;
                answers += asked;
                undetermined += unknown;
            }
            Err(words) => refused.push(format!("{shown}: {}", words.lines().last().unwrap_or_default())),
        }
    }
    eprintln!("{taken} pages, {answers} answers, {undetermined} undetermined; nginx refuses {refused:#?}");
    assert!(wrong.is_empty(), "{wrong}");
    assert!(taken > 30, "only {taken} pages are taken");
}

fn pages(page: &str) -> Vec<Page<'_>> {
    let mut pages: Vec<Page<'_>> = Vec::new();
    for (piece, number) in page.split("```").skip(1).step_by(2).zip(1..) {
        let (info, text) = piece.split_once('\n').unwrap_or((piece, ""));
        let title = info.split("title=\"").nth(1).and_then(|rest| rest.split('"').next());
        let is_nginx = info.starts_with("nginx ");
        if is_nginx && (info.contains("bad") || info.contains("good")) {
            pages.push(Page { number, text, files: BTreeMap::new() });
        } else if info.contains(" good") || info.contains(" bad") {
            // What follows belongs to a page of Apache.
            pages.push(Page { number: 0, text: "", files: BTreeMap::new() });
        } else if let (Some(title), Some(page)) = (title, pages.last_mut()) {
            let mode = info.split("mode=").nth(1).and_then(|rest| rest.split_whitespace().next());
            let mode = mode.and_then(|mode| u32::from_str_radix(mode, 8).ok());
            let is_directory = info.split_whitespace().any(|word| word == "directory");
            page.files.insert(title, Shown { text, is_directory, mode });
        }
    }
    pages.retain(|page| page.number > 0);
    pages
}

/// Names and texts of the configurations of `tests/rows`.
fn rows() -> Vec<(String, String)> {
    let entries = fs::read_dir("tests/rows/nginx").expect("the rows").flatten();
    let text = |path: &Path| fs::read_to_string(path).expect("a text");
    let mut rows: Vec<_> =
        entries.map(|entry| (entry.path().display().to_string(), text(&entry.path()))).collect();
    rows.sort();
    rows
}

/// Behind a line `#### PATH` stands another file.
fn of_row(text: &str) -> Page<'_> {
    let mut parts = text.split("\n#### ");
    let text = parts.next().unwrap_or_default();
    let shown = |text| Shown { text, is_directory: false, mode: None };
    let files = parts.filter_map(|part| part.split_once('\n')).map(|(path, text)| (path, shown(text)));
    Page { number: 0, text, files: files.collect() }
}

/// The text with this machine's paths, ports and backends.
fn here(text: &str) -> String {
    let text = text.replace("/etc/nginx/", "TREE/etc/nginx/").replace("/var/cache/nginx", "TREE/cache");
    let mut all = String::new();
    for line in text.split_inclusive('\n') {
        let Some((before, rest)) = line.split_once("_pass http://") else {
            all.push_str(line);
            continue;
        };
        let end = rest.find(['/', ';', '$']).unwrap_or(rest.len());
        let is_name = rest.starts_with('$') || text.contains(&format!("upstream {} ", &rest[..end]));
        let host = if is_name { &rest[..end] } else { "127.0.0.1:ECHO" };
        let _ = write!(all, "{before}_pass http://{host}{}", &rest[end..]);
    }
    all
}

/// Every server listens on the port.
fn listening(nodes: &mut Vec<Node>) {
    for node in nodes {
        if let Node::Block(opening, inner) = node {
            listening(inner);
            if opening == "server" {
                let is_default = nodes::lines(inner)
                    .iter()
                    .any(|line| line.starts_with("listen ") && line.contains("default_server"));
                inner.retain(|node| !matches!(node, Node::Line(line) if line.starts_with("listen ")));
                inner.insert(0, line(if is_default { "listen PORT default_server" } else { "listen PORT" }));
            }
        }
    }
}

fn hold(page: &Page<'_>, echo: u16, wrong: &mut String, shown: &str) -> Result<(usize, usize), String> {
    let tree = Tree::new();
    tree.write("etc/nginx/", "");
    let is_whole = page.text.lines().any(|line| line.trim_start().starts_with("http {"));
    let text = if is_whole { page.text.to_owned() } else { format!("http {{\n{}\n}}", page.text) };
    let mut nodes = nodes::parse(&here(&text));
    listening(&mut nodes);
    let mut around = String::new();
    for (name, text) in [("user", "user www-data;\n"), ("events", "events {}\n")] {
        if !nodes::lines(&nodes).iter().any(|line| line.starts_with(&format!("{name} ")))
            && !nodes::openings(&nodes).contains(&name)
        {
            around.push_str(text);
        }
    }
    for line in nodes::lines(&nodes) {
        // A password file that the page does not show is a good one.
        let name = line.strip_prefix("auth_basic_user_file TREE/");
        if let Some(name) =
            name.filter(|name| !name.contains('$') && !page.files.contains_key(format!("/{name}").as_str()))
        {
            tree.write(name, "alice:{PLAIN}secret\n");
        }
    }
    for (name, shown) in &page.files {
        let name = name.trim_start_matches('/');
        let text = here(shown.text)
            .replace("TREE", &tree.0.display().to_string())
            .replace("ECHO", &echo.to_string());
        if shown.is_directory {
            tree.write(&format!("{name}/"), "");
        } else {
            tree.write(name, &text);
        }
        if let Some(mode) = shown.mode {
            set_mode(&tree.0.join(name), mode);
        }
    }
    let text = format!("{around}{}", nodes::text(&nodes));
    let nginx = Nginx::start(&tree, &text, echo)?;
    let asked = requests::requests(&mut Random::new(7), &nodes, 150);
    let requests: Vec<_> = asked.iter().map(|asked| asked.request(nginx.ports)).collect();
    let decisions = decider(&nginx.path, &requests).unwrap_or_else(|problem| {
        let _ = writeln!(wrong, "{shown}: {problem}");
        Vec::new()
    });
    let mut undetermined = 0;
    for (asked, decision) in asked.iter().zip(&decisions) {
        let Ok(answer) = asked.send(nginx.ports) else { continue };
        let authorization = asked.who.header();
        let sent = Sent { method: &asked.method, authorization: authorization.as_deref() };
        undetermined += usize::from(decision.outcome == Outcome::Undetermined && asked.tells_from);
        // Where the error log is elsewhere, a directory's 403 cannot be told from another.
        if let Some(complaint) = contradiction(decision, &sent, &answer, "directory index of") {
            let _ = writeln!(
                wrong,
                "{shown}: {asked:?}: {complaint}, nginx {} {:?}; {:?} {:?}\n{text}",
                answer.status,
                answer.challenges(),
                decision.outcome,
                decision.status
            );
            break;
        }
    }
    Ok((decisions.len(), undetermined))
}
