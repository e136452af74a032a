//! Configurations of nginx by chance: servers, locations and what stands in them.

use crate::lines::{self, MAPS};
use crate::nodes::{self, Node, Random, block, line};
use crate::tools::TOOLS;

/// What stands before the http block.
pub const HEADER: &str = "user www-data;\nworker_processes 1;\nerror_log RUN/error.log error;\nevents { worker_connections 256; }\n";

/// Names of servers, and what hosts they are for.
const NAMES: &str = "one.example | two.example | *.example | .wild.example | deep.* | ~^(?<sub>.+)\\.re\\.example$ | ~^one \
    | UPPER.example | \"\" | _ | *.deep.example | 127.0.0.1";

const PREFIXES: &str = "/ | / | / | /a | /a/ | /a/ | /a/b | /a/b/ | /secret | /secret/ | /secret/ | /api | /api/ | /api/ | /static/ \
    | /x | /x.php | /A/ | \"/a b\" | /a%20b | /sec | secret | /index.html | /login.html | /noindex/ | /empty/ \
    | /old/ | /secret/b | /api/v1/ | /login | /a/x.css | /b/ | /closed/";

const REGEXES: &str = "~ \\.php$ | ~ \\.php$ | ~ \\.css$ | ~* \\.CSS$ | ~ ^/a/ | ~ ^/a/.*\\.css$ | ~ ^/secret | ~ /secret \
    | ~ ^/(a|secret)/(.*)$ | ~ \\.(css|js|php)$ | ~ ^/x.*$ | ~ ^/$ | ~ /b/ | ~ [A-Z] | ~ ^/a(?<rest>/.*)?$ \
    | ~ (?i)SECRET | ~ ^/api/v[0-9]+/ | ~ . | ~ \"^/a{1,2}/\" | ~* ^/SECRET/ | ~ x | ~ ^/[^/]+/$ | ~\\.css$ \
    | ~ ^/(?!a) | ~ /$ | ~ ^/static/(.*)\\.js$ | ~* \"php\" | ~ /\\. | ~ /\\.ht | ~ ^/(?<rest>.*)x";

/// A whole configuration.
pub fn configuration(random: &mut Random) -> Vec<Node> {
    let mut http = vec![line("access_log off")];
    if random.percent(85) {
        http.push(line("root TREE/html"));
    }
    if random.percent(6) {
        http.push(line("merge_slashes off"));
    }
    lines::common(random, &mut http, 25);
    http = once(http);
    let mut upstream = vec![line("server 127.0.0.1:ECHO")];
    if random.percent(30) {
        upstream.push(line("keepalive 2"));
    }
    http.push(block("upstream backend", upstream));
    let servers = 1 + random.below(3);
    for number in 0..servers {
        let server = server(random, number, servers);
        http.push(block("server", server));
    }
    if random.percent(5) {
        // A proof that the order inside a block is no matter for what is inherited.
        let at = random.below(http.len());
        http.rotate_left(at);
    }
    let mut text = nodes::text(&http);
    for (variable, init) in [("$v1", "\"\""), ("$v2", "users")] {
        if text.contains(variable) && !text.contains(&format!("set {variable} ")) {
            let server = http.iter_mut().rev().find_map(|node| match node {
                Node::Block(opening, inner) if opening == "server" => Some(inner),
                _ => None,
            });
            server.expect("a server").push(line(format!("set {variable} {init}")));
            text.push_str("set");
        }
    }
    // `$m_chain` uses `$m_uri`.
    for (variable, opening, inner) in MAPS {
        if text.contains(&variable[1..]) || (*variable == "$m_uri" && text.contains("m_chain")) {
            let inner = inner.split("; ").map(line).collect();
            http.insert(0, block(*opening, inner));
        }
    }
    if random.percent(15) {
        let mut number = 0;
        http = apart(random, http, &mut number);
    }
    vec![block("http", http)]
}

fn server(random: &mut Random, number: usize, servers: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    let is_default =
        if number > 0 && number + 1 == servers && random.percent(30) { " default_server" } else { "" };
    // The first one surely listens on the port that is waited for.
    let address = match random.below(100) {
        0..55 => "PORT",
        55..80 => "127.0.0.1:PORT",
        80..85 if number > 0 => "OTHER",
        85..90 if number > 0 => "127.0.0.1:OTHER",
        90..93 => "*:PORT",
        93..96 => "localhost:PORT",
        96..98 if servers == 1 => "[::]:PORT ipv6only=off",
        _ => "0.0.0.0:PORT",
    };
    nodes.push(line(format!("listen {address}{is_default}")));
    if random.percent(15) && !address.contains("localhost") && !address.contains("[::]") {
        nodes.push(line(
            random.word("listen OTHER | listen 127.0.0.2:PORT | listen [::]:PORT | listen [::1]:PORT | listen 127.0.0.1:PORT | listen 127.0.0.5:PORT | listen unix:RUN/socket"),
        ));
        if nodes[0] == nodes[1] {
            nodes.pop();
        }
    }
    let count = if servers == 1 { random.below(2) } else { 1 + random.below(2) };
    let names: Vec<&str> = (0..count).map(|_| random.word(NAMES)).collect();
    if !names.is_empty() {
        nodes.push(line(format!("server_name {}", names.join(" "))));
    }
    if random.percent(15) {
        nodes
            .push(line(random.word(
                "root TREE/alt | root TREE/html | root TREE/html/ | root TREE/html/a | root TREE/none",
            )));
    }
    if random.percent(5) {
        nodes.push(line("merge_slashes off"));
    }
    lines::common(random, &mut nodes, 60);
    rules(random, &mut nodes, 25, &Kind::Server);
    if random.percent(5) {
        nodes.push(lines::try_files(random));
    }
    nodes = once(nodes);
    let mut taken = Vec::new();
    for _ in 0..=random.below(6) {
        nodes.extend(location(random, "", 0, &mut taken));
    }
    tools(random, &mut nodes, &mut taken);
    nodes
}

/// Adds locations that other lines name.
fn tools(random: &mut Random, nodes: &mut Vec<Node>, taken: &mut Vec<String>) {
    let used = nodes::text(nodes);
    for (name, inner) in TOOLS {
        let word = name.trim_start_matches("= ");
        let is_used = used.contains(word) || word == "/_ok" && used.contains("/_rewrite");
        if !is_used || !random.percent(45) || taken.contains(&(*name).to_owned()) {
            continue;
        }
        taken.push((*name).to_owned());
        let mut inner = nodes::parse(inner);
        if random.percent(12) && !name.starts_with('@') {
            lines::common(random, &mut inner, 30);
            inner = once(inner);
        }
        nodes.push(block(format!("location {name}"), inner));
    }
}

enum Kind {
    Server,
    If,
    Location,
}

/// Code of the rewrite module.
fn rules(random: &mut Random, nodes: &mut Vec<Node>, percent: usize, kind: &Kind) {
    while random.percent(percent) {
        nodes.push(match random.below(10) {
            0..3 => lines::set(random),
            3..6 => lines::rewrite(random),
            6 if random.percent(30) => lines::answer(random),
            6 => line("break"),
            _ if matches!(kind, Kind::If) => lines::set(random),
            _ => {
                let mut inner = Vec::new();
                match random.below(10) {
                    0..4 => inner.push(lines::answer(random)),
                    4..6 => inner.push(lines::set(random)),
                    6..8 => inner.push(lines::rewrite(random)),
                    8 if matches!(kind, Kind::Location) => {
                        inner.push(line("proxy_pass http://127.0.0.1:ECHO"));
                    }
                    9 if matches!(kind, Kind::Location) => {
                        inner.push(line(random.word("root TREE/alt | error_page 404 /login.html | add_header X-If 1 | error_page 401 @app")));
                    }
                    _ => {}
                }
                rules(random, &mut inner, 15, &Kind::If);
                block(lines::condition(random), inner)
            }
        });
    }
}

/// A location inside of one with this prefix (`~` for a regular expression), which nobody has taken.
fn location(random: &mut Random, outer: &str, depth: usize, taken: &mut Vec<String>) -> Option<Node> {
    let is_regex = outer == "~" || random.percent(if depth == 0 { 28 } else { 45 });
    let is_named = !is_regex && depth == 0 && random.percent(6);
    let (name, path) = if is_regex {
        (random.word(REGEXES).to_owned(), "~".to_owned())
    } else if is_named {
        let name = random.word("@app | @back | @deny | @auth | @try").to_owned();
        (name.clone(), name)
    } else {
        let inside: Vec<&str> = PREFIXES
            .split(" | ")
            .map(str::trim)
            .filter(|path| path.trim_matches('"').starts_with(outer))
            .collect();
        if inside.is_empty() {
            return None;
        }
        let path = *random.pick(&inside);
        let modifier = random.word("= | ^~ | ^~ |  |  |  |  |  | ");
        (format!("{modifier} {path}").trim().to_owned(), path.trim_matches('"').to_owned())
    };
    let is_exact = name.starts_with('=');
    let key = format!("{}{path}", if is_exact { "= " } else { "" });
    if !is_regex && taken.contains(&key) {
        return None;
    }
    taken.push(key);
    let mut nodes = Vec::new();
    lines::common(random, &mut nodes, 100);
    if random.percent(6) {
        nodes.push(line("internal"));
    }
    rules(random, &mut nodes, 20, &Kind::Location);
    content(random, &mut nodes, &path, is_regex, is_named);
    if random.percent(12) {
        nodes.push(lines::limit_except(random));
    }
    if depth < 3 && !is_exact && !is_named {
        let mut inner = Vec::new();
        while random.percent(28) {
            nodes.extend(location(random, &path, depth + 1, &mut inner));
        }
    }
    Some(block(format!("location {name}"), once(nodes)))
}

/// What answers in the end.
fn content(random: &mut Random, nodes: &mut Vec<Node>, path: &str, is_regex: bool, is_named: bool) {
    match random.below(100) {
        0..28 => {
            let plain = "proxy_pass http://127.0.0.1:ECHO | proxy_pass http://127.0.0.1:ECHO | proxy_pass http://backend | proxy_pass http://127.0.0.1:ECHO$request_uri";
            let with_uri = "proxy_pass http://127.0.0.1:ECHO/ | proxy_pass http://127.0.0.1:ECHO/up/ | proxy_pass http://backend/x | proxy_pass http://127.0.0.1:ECHO/code-401";
            let is_plain = is_regex || is_named || random.percent(60);
            nodes.push(line(random.word(if is_plain { plain } else { with_uri })));
        }
        28..43 => nodes.push(lines::answer(random)),
        43..58 => nodes.push(lines::try_files(random)),
        58..64 if !is_named && !is_regex => {
            let end = if path.ends_with('/') { "/" } else { "" };
            if random.percent(25) {
                nodes.push(lines::try_files(random));
            }
            nodes.push(match random.below(4) {
                0 => line(format!("alias TREE/html/secret{end}")),
                1 => line(format!("alias TREE/alt/a{end}")),
                2 => line("alias TREE/html/"),
                _ => line("alias TREE/html/x.css"),
            });
        }
        58..64 if is_regex => {
            nodes.push(line(random.word("root TREE/alt | alias TREE/html/$2 | alias TREE/alt$uri")));
        }
        64..70 => {
            let kind = random.word("fastcgi | fastcgi | scgi | uwsgi");
            nodes.push(line(format!("{kind}_pass 127.0.0.1:ECHO")));
            lines::params(random, nodes, kind);
        }
        70..72 => nodes.push(line(random.word("stub_status | empty_gif"))),
        72..76 => nodes.push(line(
            random.word("root TREE/alt | root TREE/html/secret | root TREE/$arg_x | root TREE/html/$1"),
        )),
        _ => {}
    }
}

/// Puts some of the nodes into files of their own.
fn apart(random: &mut Random, nodes: Vec<Node>, number: &mut usize) -> Vec<Node> {
    let mut left = Vec::new();
    for node in nodes {
        let node = match node {
            Node::Block(opening, inner) if opening.starts_with(['s', 'l', 'i']) => {
                Node::Block(opening, apart(random, inner, number))
            }
            node => node,
        };
        let is_listen = matches!(&node, Node::Line(line) if line.starts_with("listen "));
        if random.percent(12) && !is_listen {
            *number += 1;
            let glob = if random.percent(20) { "*" } else { "1" };
            left.push(block(format!("include RUN/part{number}.conf{glob}"), vec![node]));
        } else {
            left.push(node);
        }
    }
    left
}

/// Leaves out what nginx takes only once in a block.
fn once(nodes: Vec<Node>) -> Vec<Node> {
    const MANY: &str = "allow deny error_page proxy_set_header add_header set rewrite return break if location \
        listen server fastcgi_param scgi_param uwsgi_param proxy_pass_header proxy_hide_header proxy_cookie_path";
    let mut seen: Vec<String> = Vec::new();
    let mut left = Vec::new();
    for node in nodes {
        let (Node::Line(text) | Node::Block(text, _)) = &node;
        let name = text.split(' ').next().unwrap_or_default();
        let name = if name == "alias" { "root" } else { name };
        if MANY.split_whitespace().any(|other| other == name) || !seen.iter().any(|other| other == name) {
            seen.push(name.to_owned());
            left.push(node);
        }
    }
    left
}
