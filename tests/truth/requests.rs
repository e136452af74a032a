//! Requests by chance, aimed at a configuration's own paths.

use std::net::IpAddr;

use authlint::decide::{Credentials, Request};

use crate::nodes::{self, Node, Random};
use crate::wire;

/// A request, and what of it goes over the wire only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub method: String,
    pub target: String,
    pub host: String,
    pub from: &'static str,
    /// Whether the decider is told the address.
    pub tells_from: bool,
    pub who: Who,
    /// Whether it goes to the second port.
    pub other: bool,
    /// Whether the decider is told nothing but the path.
    pub is_path: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Nobody,
    Alice,
    Bob,
    /// In no file.
    Carol,
    WrongPassword,
    WrongUser,
}

impl Who {
    pub fn header(self) -> Option<String> {
        let (user, password) = match self {
            Who::Nobody => return None,
            Who::Alice => ("alice", "secret"),
            Who::Bob => ("bob", "hidden"),
            Who::Carol => ("carol", "secret"),
            Who::WrongPassword => ("alice", "wrong"),
            Who::WrongUser => ("nobody", "secret"),
        };
        Some(wire::basic(user, password))
    }

    fn credentials(self) -> Credentials {
        match self {
            Who::Nobody => Credentials::None,
            Who::Alice => Credentials::User("alice".into()),
            Who::Bob => Credentials::User("bob".into()),
            Who::Carol => Credentials::User("carol".into()),
            Who::WrongPassword | Who::WrongUser => Credentials::Bad,
        }
    }
}

impl Asked {
    /// A plain one.
    pub fn get(target: &str, who: Who) -> Self {
        Asked {
            method: "GET".into(),
            target: target.into(),
            host: "one.example".into(),
            from: "127.0.0.1",
            tells_from: true,
            who,
            other: false,
            is_path: false,
        }
    }

    /// What the decider is asked.
    pub fn request(&self, ports: [u16; 2]) -> Request {
        Request {
            method: self.method.clone(),
            is_tls: false,
            host: (!self.is_path).then(|| self.host.clone()),
            port: (!self.is_path).then(|| ports[usize::from(self.other)]),
            target: self.target.clone(),
            // With the host of the other family in the URL the server would be asked elsewhere.
            from: (self.tells_from || self.from == "::1").then(|| self.address()),
            credentials: self.who.credentials(),
        }
    }

    fn address(&self) -> IpAddr {
        self.from.parse().expect("an address")
    }

    /// What the server answers; an error where it does not listen there.
    pub fn send(&self, ports: [u16; 2]) -> std::io::Result<wire::Answer> {
        let host = if self.is_path { "unknown.test".into() } else { self.host.clone() };
        let request = Asked { is_path: false, host, ..self.clone() }.request(ports);
        let from = self.address();
        let to: IpAddr = if from.is_ipv4() { "127.0.0.1" } else { "::1" }.parse().expect("an address");
        let port = ports[usize::from(self.other)];
        let (host, authorization) = (request.host_header(), self.who.header());
        let mut ask = wire::Ask {
            from,
            method: &self.method,
            target: &self.target,
            host: host.as_deref(),
            authorization: authorization.as_deref(),
            ..wire::Ask::get(port)
        };
        ask.to.set_ip(to);
        // On a busy machine a connection may be lost; where nginx closes it, it does so again.
        let answered = |answer: &wire::Answer| answer.status != 0;
        (0..2).find_map(|_| ask.send().ok().filter(answered)).map_or_else(|| ask.send(), Ok)
    }

    /// The same with one thing less.
    pub fn simpler(&self) -> Vec<Asked> {
        let mut all = Vec::new();
        let mut add = |changed: Asked| {
            if changed != *self {
                all.push(changed);
            }
        };
        add(Asked { method: "GET".into(), ..self.clone() });
        add(Asked { who: Who::Nobody, ..self.clone() });
        add(Asked { who: Who::Alice, ..self.clone() });
        add(Asked { from: "127.0.0.1", ..self.clone() });
        add(Asked { tells_from: true, ..self.clone() });
        add(Asked { host: "one.example".into(), ..self.clone() });
        add(Asked { host: "x".into(), ..self.clone() });
        add(Asked { other: false, ..self.clone() });
        add(Asked { is_path: false, ..self.clone() });
        let path = self.target.split('?').next().unwrap_or_default();
        add(Asked { target: path.into(), ..self.clone() });
        add(Asked { target: "/".into(), ..self.clone() });
        add(Asked { target: "/a/".into(), ..self.clone() });
        for (at, _) in path.match_indices('/').skip(1) {
            add(Asked { target: path[at..].into(), ..self.clone() });
            add(Asked { target: path[..=at].into(), ..self.clone() });
        }
        all
    }
}

/// What matches the expressions of `generate`, and files.
const PATHS: &[&str] = &[
    "/",
    "/index.html",
    "/a",
    "/a/",
    "/a/x.css",
    "/a/x.php",
    "/a/b/",
    "/a/b/x.php",
    "/a/b/x.css",
    "/secret",
    "/secret/",
    "/secret/index.html",
    "/secret/x.css",
    "/secret/b/x.php",
    "/secretary/x.css",
    "/noindex/",
    "/unreadable.txt",
    "/login.html",
    "/x.php",
    "/x.css",
    "/a%20b.txt",
    "/nowhere",
    "/static/app.js",
    "/static/",
    "/api/v1/x",
    "/api/",
    "/api",
    "/A/X.CSS",
    "/empty/",
    "/old/x.css",
    "/closed/index.html",
    "/closed/",
    "/login",
    "/_ok",
    "/_401",
    "/_403",
    "/_file",
    "/_none",
    "/_dir/",
    "/_internal",
    "/nowhere.php",
    "/b/",
    "/SECRET/",
    "/aa/x",
    "/index.html/",
    "/index.html/x",
    "/_text",
    "/_302",
    "/x%0ay",
    "/.htpasswd",
    "/.git/config",
    "/link.css",
    "/linked/",
    "/linked",
    "/linked/x.php",
    "/out",
    "/dangling.css",
    "/a../x.css",
    "/_if",
    "/_rewrite",
    "/_guarded",
];

/// So many requests to a configuration.
pub fn requests(random: &mut Random, nodes: &[Node], count: usize) -> Vec<Asked> {
    let mut paths = Vec::new();
    let mut hosts = vec!["one.example".to_owned()];
    for opening in nodes::openings(nodes) {
        if let Some(name) = opening.strip_prefix("location ")
            && !name.starts_with(['~', '@'])
        {
            let name = name.trim_start_matches(['=', '^', '~']).trim().trim_matches('"');
            paths.push(name.replace(' ', "%20"));
        }
    }
    let lines = nodes::lines(nodes);
    for names in lines.iter().filter_map(|line| line.strip_prefix("server_name ")) {
        for name in names.split(' ') {
            hosts.push(match name {
                "~^(?<sub>.+)\\.re\\.example$" => "x.re.example".into(),
                "~^one" => "one.other".into(),
                "\"\"" | "_" => "_".into(),
                _ => name.replace('*', "w").trim_start_matches('.').to_owned(),
            });
        }
    }
    let has_other = lines.iter().any(|line| line.starts_with("listen ") && line.contains("OTHER"));
    let is_single = nodes::openings(nodes).iter().filter(|opening| **opening == "server").count() == 1;
    let has_six = lines.iter().any(|line| line.starts_with("listen [::"));
    (0..count)
        .map(|_| {
            let path = if paths.is_empty() || random.percent(35) {
                (*random.pick(PATHS)).to_owned()
            } else {
                random.pick(&paths).clone()
            };
            let mut target = if path.starts_with('/') { path } else { format!("/{path}") };
            while random.percent(35) {
                target = changed(random, &target);
            }
            if random.percent(1) {
                let long = if random.percent(10) { 9000 } else { 300 };
                target.push_str(&"long".repeat(long / 4));
            }
            if random.percent(18) {
                target.push_str(random.word("?x=1 | ?x=2&y | ?realm=off | ? | ?x=off&realm=R | ?X=1 | ?f= | ?f=2 | ?x=/secret/ | ?x=a%20b | ?y&x | ?x=abc | ?x=10.1.2.3 | ?realm=%6fff | ?x=1&x=2 | ?? | ?a/../b"));
            }
            let mut host = if random.percent(85) { random.pick(&hosts).clone() } else { odd(random, &hosts) };
            let from = match random.below(10) {
                0..6 => "127.0.0.1",
                6..9 => "127.0.0.5",
                _ if has_six => "::1",
                _ => "127.0.0.6",
            };
            // An address as the host is what the client connects to.
            if host.is_empty() || (from == "::1") != (host == "[::1]") && (host == "localhost" || host.starts_with('[') || host.parse::<IpAddr>().is_ok()) {
                host = "one.example".into();
            }
            Asked {
                method: random.word("GET | GET | GET | GET | GET | GET | GET | GET | GET | GET | GET | HEAD | HEAD | POST | POST | PUT | DELETE | OPTIONS | FOO | TRACE | PATCH | PROPFIND | get | CONNECT").to_owned(),
                target,
                host,
                from,
                tells_from: random.percent(94),
                who: *random.pick(&[
                    Who::Nobody,
                    Who::Nobody,
                    Who::Nobody,
                    Who::Alice,
                    Who::Alice,
                    Who::Alice,
                    Who::Bob,
                    Who::Bob,
                    Who::Carol,
                    Who::WrongPassword,
                    Who::WrongPassword,
                    Who::WrongUser,
                ]),
                other: has_other && random.percent(20),
                is_path: is_single && random.percent(5),
            }
        })
        .collect()
}

fn odd(random: &mut Random, hosts: &[String]) -> String {
    let host = random.pick(hosts);
    match random.below(10) {
        0..2 => host.to_ascii_uppercase(),
        2..4 => format!("{host}."),
        4 => format!("x.{host}"),
        5 => "localhost".into(),
        6 => "127.0.0.1".into(),
        7 => random
            .word("a..example | .example | a_b.example | x | deep.y.example | a%20b | one.example.. | [::1] | ONE.example. | one.example.one")
            .to_owned(),
        _ => "unknown.test".into(),
    }
}

/// A path made of another one.
fn changed(random: &mut Random, path: &str) -> String {
    let at = |random: &mut Random, what: char| -> Option<usize> {
        let all: Vec<usize> = path.match_indices(what).map(|(at, _)| at).collect();
        (!all.is_empty()).then(|| *random.pick(&all))
    };
    let slash = at(random, '/').unwrap_or(0);
    let insert = |at: usize, text: &str| format!("{}{text}{}", &path[..at], &path[at..]);
    match random.below(26) {
        0 | 1 => format!("{path}/"),
        2 | 3 => path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path).to_owned(),
        4 => format!("{path}.php"),
        5 => format!("{path}.css"),
        6 => format!("{}/x.css", path.trim_end_matches('/')),
        7 => format!("{}/b/x.php", path.trim_end_matches('/')),
        8 => format!("{}/x.php", path.trim_end_matches('/')),
        9 => path[..path.len() - 1].to_owned(),
        10 => format!("{path}x"),
        11 => path.to_ascii_uppercase(),
        12 => {
            let letters: Vec<usize> = path
                .bytes()
                .enumerate()
                .filter(|(_, byte)| byte.is_ascii_lowercase())
                .map(|(at, _)| at)
                .collect();
            if letters.is_empty() || path.contains('%') {
                return path.to_owned();
            }
            let at = *random.pick(&letters);
            let code = path.as_bytes()[at];
            let code = if random.percent(50) { format!("%{code:02x}") } else { format!("%{code:02X}") };
            format!("{}{code}{}", &path[..at], &path[at + 1..])
        }
        13 => insert(slash, "/"),
        14 => insert(slash, "/."),
        15 => insert(slash, "/z/.."),
        16 => insert(slash, random.word("/%2e%2e | /%2e | %2f | /y/%2E. | /.. | /. | //")),
        17 => format!("{path}{}", random.word("/. | /.. | %2f | /..%2f | ../x | .. | ...")),
        18 => format!(
            "{path}{}",
            random.word(
                "%0a | %00 | % | %zz | %20 | ;x | %3f | %25 | %2561 | + | %23 | %5c | ~ | %c3%a9 | %7e | %2"
            )
        ),
        19 => format!("{path}index.html"),
        20 => format!("/a{path}"),
        21 => format!("/secret{path}"),
        22 => format!("{path}/../../.."),
        23 => path.replacen('/', "//", 2),
        _ => path.to_owned(),
    }
    .chars()
    .collect::<String>()
    .pipe_slash()
}

trait PipeSlash {
    fn pipe_slash(self) -> String;
}

impl PipeSlash for String {
    /// A target begins with a slash.
    fn pipe_slash(self) -> String {
        if self.starts_with('/') { self } else { format!("/{self}") }
    }
}
