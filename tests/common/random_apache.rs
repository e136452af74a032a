//! Makes configurations of Apache by chance: sections of all kinds, with rules of all kinds.

use std::fmt::Write;

/// A line, or a section with what stands in it.
#[derive(Clone, Debug)]
pub enum Node {
    Line(String),
    Section(String, Vec<Node>),
}

/// The files of a configuration, by their paths below `TREE`; the first is the main one.
pub type Files = Vec<(String, Vec<Node>)>;

/// The directories there are, below `TREE`. In each lie the files of [`NAMES`].
pub const DIRECTORIES: &[&str] =
    &["site", "site/a", "site/a/b", "site/a/b/c", "site/d", "second", "second/a", "other", "other/e"];

/// `plain` is named by no section.
pub const NAMES: &[&str] = &["x.html", "y.css", "plain"];

const MODULES: &[&str] = &[
    "mpm_prefork",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_host",
    "authz_user",
    "authz_groupfile",
    "auth_basic",
    "auth_digest",
    "access_compat",
    "alias",
    "env",
    "setenvif",
    "macro",
    "proxy",
    "proxy_http",
];

/// Numbers by chance, the same ones for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Yes in so many of a hundred cases.
    fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }
}

fn line(text: &str) -> Node {
    Node::Line(text.to_owned())
}

fn section(opening: impl Into<String>, inner: Vec<Node>) -> Node {
    Node::Section(opening.into(), inner)
}

/// Writes lines as httpd reads them.
pub fn text(nodes: &[Node]) -> String {
    let mut text = String::new();
    write(nodes, 0, &mut text);
    text
}

fn write(nodes: &[Node], depth: usize, text: &mut String) {
    let indent = "    ".repeat(depth);
    for node in nodes {
        match node {
            Node::Line(line) => drop(writeln!(text, "{indent}{line}")),
            Node::Section(opening, inner) => {
                let _ = writeln!(text, "{indent}<{opening}>");
                write(inner, depth + 1, text);
                let name = opening.split(' ').next().unwrap_or_default();
                let _ = writeln!(text, "{indent}</{name}>");
            }
        }
    }
}

/// The lines without the one of this number, counted from the top through all depths.
pub fn without(nodes: &[Node], number: &mut usize) -> Vec<Node> {
    let mut left = Vec::new();
    for node in nodes {
        let is_it = *number == 0;
        *number = number.wrapping_sub(1);
        if is_it {
            continue;
        }
        left.push(match node {
            Node::Line(_) => node.clone(),
            Node::Section(opening, inner) => {
                let inner = without(inner, number);
                // httpd refuses some that are empty.
                let is_idle = opening.starts_with("Require") && !text(&inner).contains("Require ");
                if inner.is_empty() || is_idle {
                    continue;
                }
                Node::Section(opening.clone(), inner)
            }
        });
    }
    left
}

/// How many nodes there are at all depths.
pub fn count(nodes: &[Node]) -> usize {
    nodes
        .iter()
        .map(|node| match node {
            Node::Line(_) => 1,
            Node::Section(_, inner) => 1 + count(inner),
        })
        .sum()
}

/// What every main configuration begins with.
pub fn header() -> String {
    let lines = "ServerRoot TREE\nServerName main.example\nDocumentRoot TREE/site\nDefine ON\n\
        Define SITE TREE/site\nListen 127.0.0.1:PORT\nListen 127.0.0.1:OTHER\n";
    MODULES.iter().fold(lines.to_owned(), |mut text, name| {
        let _ = writeln!(text, "LoadModule {name}_module MODULES/mod_{name}.so");
        text
    })
}

/// A configuration that listens on `PORT` for the main server and `OTHER` for two virtual hosts.
pub fn configuration(random: &mut Random) -> Files {
    let mut main = Vec::new();
    let macro_lines = vec![
        line("AuthType Basic"),
        line("AuthName \"Macro\""),
        line("AuthUserFile TREE/users"),
        line("Require $what"),
    ];
    main.push(section("Macro Protect $what", macro_lines));
    let mut root = vec![line(random.pick(ALLOW_OVERRIDE))];
    if random.percent(60) {
        root.push(line(random.pick(&["Require all granted", "Require all granted", "Require all denied"])));
    }
    main.push(section("Directory /", root));
    main.extend(top(random, 7));
    let hosts: &[&str] = match random.below(3) {
        0 => &[],
        1 => &["one.example"],
        _ => &["one.example", "two.example"],
    };
    for name in hosts {
        let mut host = vec![Node::Line(format!("ServerName {name}"))];
        if random.percent(70) {
            host.push(Node::Line(format!(
                "DocumentRoot TREE/{}",
                random.pick(&["site", "second", "site/a"])
            )));
        }
        host.extend(top(random, 5));
        main.push(section("VirtualHost *:OTHER", host));
    }
    if random.percent(5) {
        main.push(line(random.pick(&["AccessFileName .access", "AccessFileName .access .htaccess"])));
    }
    let mut files = Vec::new();
    if random.percent(20) {
        files.push(("part.conf".to_owned(), top(random, 3)));
        let at = main.len() - usize::from(random.percent(30));
        main.insert(at, line("Include part.conf"));
    }
    for directory in DIRECTORIES {
        if random.percent(30) {
            let inner = without_macros(body(random, Place::Htaccess));
            let name = if random.percent(5) { ".access" } else { ".htaccess" };
            files.push((format!("{directory}/{name}"), inner));
        }
    }
    files.insert(0, ("main.conf".to_owned(), main));
    files
}

/// Macros are not known when a `.htaccess` is read, and a method that is not known is an error (spec a44).
fn without_macros(nodes: Vec<Node>) -> Vec<Node> {
    let kept = nodes.into_iter().filter(|node| !matches!(node, Node::Line(line) if line.starts_with("Use ")));
    kept.map(|node| match node {
        Node::Section(opening, inner) => {
            let opening = if opening == "Limit get" { "Limit GET".to_owned() } else { opening };
            Node::Section(opening, without_macros(inner))
        }
        line @ Node::Line(_) => line,
    })
    .collect()
}

const ALLOW_OVERRIDE: &[&str] = &[
    "AllowOverride All",
    "AllowOverride All",
    "AllowOverride All",
    "AllowOverride All",
    "AllowOverride AuthConfig Limit",
    "AllowOverride AuthConfig",
    "AllowOverride Limit",
    "AllowOverride FileInfo",
    "AllowOverride None",
    "AllowOverride AuthConfig Nonfatal=Override",
    "AllowOverride Limit Nonfatal=All",
    "AllowOverride FileInfo Nonfatal=Override",
];

/// Sections of a server.
fn top(random: &mut Random, most: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    for _ in 0..=random.below(most) {
        let node = match random.below(100) {
            0..30 => {
                let path = random.pick(DIRECTORIES);
                let path = match random.below(10) {
                    0 if path.starts_with("site") => format!("\"${{SITE}}{}\"", &path[4..]),
                    1 => format!("\"TREE/{path}/\""),
                    2 => format!("'TREE/{path}'"),
                    3 if random.percent(30) => format!("TREE/./other/..//{path}"),
                    4 if random.percent(10) => format!("TREE/{}", path.to_uppercase()),
                    _ => format!("TREE/{path}"),
                };
                section(format!("Directory {path}"), body(random, Place::Directory))
            }
            30..36 => {
                let path =
                    random.pick(&["TREE/site/*", "TREE/*", "TREE/*/a", "TREE/site/?", "TREE/site/a/*/c"]);
                section(format!("Directory {path}"), body(random, Place::Directory))
            }
            36..44 => {
                let opening = random.pick(&[
                    "DirectoryMatch \"^TREE/site/a\"",
                    "DirectoryMatch /a/b",
                    "Directory ~ \"/a/\"",
                    "DirectoryMatch \"/d/$\"",
                    "DirectoryMatch \"/(e|c)(/|$)\"",
                    "DirectoryMatch \"\\.html$\"",
                ]);
                section(opening, body(random, Place::Directory))
            }
            44..56 => section(files_opening(random), body(random, Place::Files)),
            56..76 => {
                let path = random.pick(&[
                    "/",
                    "/",
                    "/a",
                    "/a",
                    "/a/",
                    "/a/b",
                    "/d",
                    "/a/x.html",
                    "/al",
                    "/al/e",
                    "/px",
                    "/px/in",
                    "/a/*",
                    "/*/b",
                    "/x.htm[l]",
                    "/y.css",
                    "/a/b/plain",
                    "/a//b",
                    "a",
                    "/a/../d",
                    "/A",
                    "/d/?",
                ]);
                section(format!("Location {path}"), body(random, Place::Location))
            }
            76..86 => {
                let opening = random.pick(&[
                    "LocationMatch \"^/a\"",
                    "LocationMatch /b",
                    "LocationMatch \"\\.html$\"",
                    "Location ~ \"^/(a|d)/\"",
                    "LocationMatch \"^/(al|px)\"",
                    "LocationMatch \"^/$\"",
                ]);
                section(opening, body(random, Place::Location))
            }
            86..91 => line(random.pick(&[
                "Alias /al TREE/other",
                "Alias /al/ TREE/other/",
                "Alias /a/al TREE/other/e",
                "Alias /al/e TREE/site/a",
                "ProxyPass /px http://127.0.0.1:1/",
                "ProxyPass /px/ http://127.0.0.1:1/",
                "ProxyPass /a/b http://127.0.0.1:1/b",
                "ProxyPass /px/in !",
            ])),
            91..94 => section(if_opening(random), body(random, Place::If)),
            94 => {
                let opening = random.pick(&[
                    "Proxy *",
                    "Proxy http://127.0.0.1:1/",
                    "Proxy \"http://127.0.0.1:1/*\"",
                    "ProxyMatch \"^http://127\"",
                    "Proxy http://127.0.0.1:1/in",
                ]);
                section(opening, body(random, Place::Location))
            }
            _ => {
                let inner = top(random, 2);
                section(condition(random), inner)
            }
        };
        nodes.push(node);
    }
    nodes
}

fn files_opening(random: &mut Random) -> &'static str {
    random.pick(&[
        "Files x.html",
        "Files x.html",
        "Files \"y.css\"",
        "Files y.css",
        "Files *.html",
        "Files ?.css",
        "FilesMatch \"\\.html$\"",
        "FilesMatch ^y",
        "Files ~ \"\\.(css|js)$\"",
        "FilesMatch \"^\\.ht\"",
        "FilesMatch \".+\"",
        "Files \"*\"",
        "Files a",
        "Files a/x.html",
        "Files \"{x,y}.*\"",
        "FilesMatch \"^(x|y)\\.\"",
    ])
}

fn if_opening(random: &mut Random) -> &'static str {
    random.pick(&["If \"true\"", "If \"1 == 1\"", "If \"true\"", "If \"false\""])
}

fn condition(random: &mut Random) -> &'static str {
    random.pick(&[
        "IfModule mod_authz_core.c",
        "IfModule authz_core_module",
        "IfModule !mod_authz_core.c",
        "IfModule mod_nowhere.c",
        "IfDefine ON",
        "IfDefine !ON",
        "IfDefine OFF",
        "IfVersion >= 2.4",
        "IfVersion < 2.4",
        // What is not known of the server.
        "IfModule mod_unixd.c",
        "IfModule !mod_version.c",
        "IfVersion >= 2.4.30",
        "IfVersion < 2.4.30",
        "IfFile TREE/main.conf",
    ])
}

/// Where rules stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Directory,
    Htaccess,
    Files,
    Location,
    If,
}

/// What stands in a section or `.htaccess`.
fn body(random: &mut Random, place: Place) -> Vec<Node> {
    let mut nodes = rules(random, place);
    if place == Place::Directory && random.percent(25) {
        nodes.insert(0, line(random.pick(ALLOW_OVERRIDE)));
    }
    if matches!(place, Place::Directory | Place::Htaccess) {
        if random.percent(25) {
            nodes.push(section(files_opening(random), body(random, Place::Files)));
        }
        if random.percent(8) {
            nodes.insert(0, section(files_opening(random), body(random, Place::Files)));
        }
    } else if random.percent(3) && place != Place::Location {
        // It is never applied there.
        nodes.push(section(files_opening(random), rules(random, Place::Files)));
    }
    if random.percent(4) {
        nodes.push(section(if_opening(random), body(random, Place::If)));
    }
    if random.percent(5) {
        nodes = vec![section(condition(random), nodes)];
    }
    nodes
}

fn rules(random: &mut Random, place: Place) -> Vec<Node> {
    let mut nodes = Vec::new();
    if random.percent(8) {
        return nodes;
    }
    if place != Place::Htaccess && random.percent(4) {
        let what = random.pick(&["valid-user", "all granted", "all denied", "method GET"]);
        nodes.push(Node::Line(format!("Use Protect \"{what}\"")));
        return nodes;
    }
    if random.percent(50) {
        let kind = random.pick(&["Basic", "Basic", "Basic", "Basic", "basic", "Digest", "None", "Nothing"]);
        let node = Node::Line(format!("AuthType {kind}"));
        nodes.push(limited(random, 8, node));
    }
    if random.percent(50) {
        nodes.push(limited(random, 5, line("AuthName \"Some realm\"")));
    }
    if random.percent(40) {
        nodes.push(line("AuthUserFile TREE/users"));
    }
    if random.percent(65) {
        for _ in 0..=random.below(2) {
            let node = requirement(random, 0, false);
            nodes.push(limited(random, 18, node));
        }
    }
    if random.percent(18) {
        nodes.push(line(random.pick(&["AuthMerging And", "AuthMerging Or", "AuthMerging Off"])));
    }
    if random.percent(22) {
        for _ in 0..=random.below(3) {
            let node = line(random.pick(&[
                "Order deny,allow",
                "Order allow,deny",
                "Order Allow,Deny",
                "Allow from all",
                "Deny from all",
                "Deny from all",
                "Allow from 10.9.9.9",
                "Satisfy Any",
                "Satisfy any",
                "Satisfy All",
            ]));
            nodes.push(limited(random, 15, node));
        }
    }
    let at = usize::try_from(random.below(nodes.len() as u64 + 1)).unwrap_or(0);
    nodes.rotate_left(at);
    nodes
}

/// Puts a line into a `<Limit>`, sometimes.
fn limited(random: &mut Random, percent: u64, node: Node) -> Node {
    // What stands in one may not be for more methods.
    if !random.percent(percent) || text(std::slice::from_ref(&node)).contains("<Limit") {
        return node;
    }
    let opening = random.pick(&[
        "Limit GET",
        "Limit GET POST",
        "Limit POST PUT DELETE",
        "LimitExcept GET",
        "LimitExcept GET POST OPTIONS",
        "Limit HEAD",
        "Limit get",
        "LimitExcept OPTIONS",
    ]);
    section(opening, vec![node])
}

fn requirement(random: &mut Random, depth: usize, may_negate: bool) -> Node {
    if depth < 3 && random.percent(25) {
        let name = random.pick(&["RequireAll", "RequireAll", "RequireAny", "RequireNone"]);
        if name != "RequireNone" || may_negate {
            let is_all = name == "RequireAll";
            if random.percent(4) {
                // It belongs to the section around.
                let inner = vec![
                    requirement(random, 3, false),
                    line(random.pick(&["AuthType Basic", "AuthName Inner", "Satisfy Any"])),
                ];
                return section(name, inner);
            }
            let mut inner = vec![requirement(random, depth + 1, false)];
            for _ in 0..=random.below(3) {
                let node = requirement(random, depth + 1, is_all);
                inner.push(limited(random, 10, node));
            }
            return section(name, inner);
        }
    }
    let not = if may_negate && random.percent(35) { "not " } else { "" };
    let what = random.pick(&[
        "valid-user",
        "valid-user",
        "valid-user",
        "all granted",
        "all granted",
        "all denied",
        "user bob",
        "group some",
        "method GET",
        "method POST PUT",
        "method OPTIONS HEAD",
        "ip 10.9.9.9",
        "host nowhere.invalid",
        "env NOWHERE",
        "expr false",
    ]);
    Node::Line(format!("Require {not}{what}"))
}
