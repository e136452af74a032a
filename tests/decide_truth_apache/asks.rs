//! Makes requests by chance, aimed at what a configuration is about.

use std::net::IpAddr;

use authlint::decide::Credentials;

use super::maker::Made;
use super::node;

/// A request of a test.
#[derive(Clone, Debug)]
pub struct Question {
    pub method: String,
    pub target: String,
    pub host: String,
    /// Whether it goes to the second port.
    pub is_other: bool,
    pub from: IpAddr,
    pub credentials: Credentials,
}

const KNOWN: &[&str] = &[
    "/",
    "/index.html",
    "/x.html",
    "/y.css",
    "/plain",
    "/pub/",
    "/pub",
    "/pub/x.html",
    "/s",
    "/s/",
    "/s/a.html",
    "/s/b.css",
    "/s/t",
    "/s/t/",
    "/s/t/c.html",
    "/s/t/u/d.html",
    "/s/t/u/",
    "/sx/a.html",
    "/n/",
    "/n/a.html",
    "/n/closed.html",
    "/n/m/a.html",
    "/Up/a.html",
    "/sp%20ace/a%20b.html",
    "/link/a.html",
    "/link",
    "/link/t/",
    "/flink.html",
    "/s/out/a.html",
    "/locked/a.html",
    "/admin/",
    "/admin/a.html",
    "/a.html",
    "/sub/b.html",
    "/s/run.cgi",
    "/s/.htsecret",
    "/s/.htaccess",
    "/none",
    "/none/x",
];

impl Made {
    pub fn questions(&mut self, count: usize) -> Vec<Question> {
        (0..count).map(|_| self.question()).collect()
    }

    fn question(&mut self) -> Question {
        let chance = &mut self.chance;
        let method = chance.weighted(&[
            (60, "GET"),
            (11, "POST"),
            (6, "HEAD"),
            (6, "OPTIONS"),
            (5, "PUT"),
            (4, "DELETE"),
            (2, "PATCH"),
            (4, "FOO"),
            (2, "TRACE"),
        ]);
        let host = match chance.below(12) {
            0 => "nobody.example".to_owned(),
            1 => "127.0.0.1".to_owned(),
            2 => "main.example".to_owned(),
            3 => self.hosts[chance.below(self.hosts.len())].to_ascii_uppercase(),
            4 if chance.percent(20) => format!("{}.", self.hosts[chance.below(self.hosts.len())]),
            _ => self.hosts[chance.below(self.hosts.len())].clone(),
        };
        let is_other = self.has.hosts && chance.percent(15);
        // Which address a client that has several connects to is not told with a request.
        let is_near = node::text(&self.files[0].1).contains("VirtualHost 127.0.0.1");
        let from = IpAddr::from([127, 0, 0, if !is_near && chance.percent(22) { 5 } else { 1 }]);
        let user = |name: &str| Credentials::User(name.to_owned());
        let credentials = match chance.below(100) {
            0..42 => Credentials::None,
            42..52 => Credentials::Bad,
            52..78 => user("alice"),
            78..87 => user("bob"),
            87..93 => user("carol"),
            93..96 => user("dave"),
            _ => user("erin"),
        };
        let known = self.aims.is_empty() || chance.percent(35);
        let path = if known {
            chance.pick(KNOWN).to_owned()
        } else {
            self.aims[chance.below(self.aims.len())].clone()
        };
        let target = self.spelled(path);
        Question { method: method.to_owned(), target, host, is_other, from, credentials }
    }

    /// The path, or one near it, in one of its spellings.
    fn spelled(&mut self, mut path: String) -> String {
        let chance = &mut self.chance;
        if chance.percent(15) {
            match path.strip_suffix('/').filter(|rest| !rest.is_empty()) {
                Some(rest) => path.truncate(rest.len()),
                None => path.push('/'),
            }
        }
        if chance.percent(15) {
            let below = chance.pick(&[
                "a.html",
                "index.html",
                "b.css",
                "x.css",
                "none",
                "t/c.html",
                "x.html",
                "t/",
                "admin/x",
                "run.cgi",
            ]);
            path = format!("{}/{below}", path.trim_end_matches('/'));
        }
        if chance.percent(78) {
            return if chance.percent(10) {
                path + chance.pick(&["?x=1", "?", "?/pub", "?x=1&y=/s/"])
            } else {
                path
            };
        }
        let inside = path.match_indices('/').map(|(at, _)| at).nth(chance.below(3)).unwrap_or(0);
        let (before, after) = path.split_at(inside);
        match chance.below(17) {
            0 => path.to_ascii_uppercase(),
            1 => {
                let at = path.bytes().rposition(|byte| byte.is_ascii_alphabetic()).unwrap_or(0);
                format!("{}%{:02x}{}", &path[..at], path.as_bytes()[at], &path[at + 1..])
            }
            2 => format!("/{}%2f{}", before.get(1..).unwrap_or_default(), after.get(1..).unwrap_or_default()),
            3 => format!("{path}%2fx"),
            4 => format!("{before}/.{after}"),
            5 => format!("{before}/{after}"),
            6 => format!("{path}//"),
            7 => format!("/pub/..{path}"),
            8 => format!("/pub/%2e%2e{path}"),
            9 => format!("/../..{path}"),
            10 => format!("{path}%00"),
            11 => format!("{path}%zz"),
            12 => format!("{path};p=1"),
            13 => format!("{before}/;x{after}"),
            14 => format!("{path}x"),
            15 => format!("{path}/."),
            _ => format!("{path}/../{}", chance.pick(&["s/a.html", "n/a.html", "x.html", ""])),
        }
    }
}
