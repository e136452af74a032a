//! Makes rules of access by chance: who is asked for what, and who comes in without.

use super::maker::{Maker, Place};
use super::node::{Node, line, section};

impl Maker {
    /// The rules of one section.
    pub fn access(&mut self, place: Place) -> Vec<Node> {
        let mut nodes = Vec::new();
        match self.chance.below(100) {
            0..15 => nodes.push(line("Require all granted")),
            15..20 => nodes.push(line("Require all denied")),
            20..66 => {
                nodes.extend(self.scheme(false));
                nodes.extend(self.requires(place));
            }
            66..80 => nodes.extend(self.scheme(true)),
            _ => nodes.extend(self.requires(place)),
        }
        if self.has.compat && self.chance.percent(40) {
            nodes.extend(self.compat(place));
        }
        if self.has.merging && self.chance.percent(45) {
            let how = self.chance.weighted(&[(4, "And"), (4, "Or"), (1, "Off"), (1, "and")]);
            nodes.insert(0, line(format!("AuthMerging {how}")));
        }
        if self.has.odd_auth && self.chance.percent(15) {
            nodes.push(line(format!(
                "AuthzSendForbiddenOnFailure {}",
                self.chance.pick(&["On", "on", "Off"])
            )));
        }
        if self.has.limit && self.chance.percent(45) {
            nodes = self.limited(nodes, place);
        }
        nodes
    }

    /// `AuthType` and what goes with it; only some of it where `in_part`.
    pub fn scheme(&mut self, in_part: bool) -> Vec<Node> {
        let odd = self.has.odd_auth;
        let mut nodes = Vec::new();
        let keeps = |maker: &mut Maker, percent: usize| !in_part || maker.chance.percent(percent);
        if keeps(self, 45) && !(odd && self.chance.percent(8)) {
            let mut kinds = vec![(12, "Basic"), (2, "basic"), (1, "\"Basic\"")];
            if odd {
                kinds.extend([(2, "None"), (1, "none"), (2, "Digest"), (1, "Bearer"), (2, "Form")]);
            }
            nodes.push(line(format!("AuthType {}", self.chance.weighted(&kinds))));
        }
        if keeps(self, 60) && !(odd && self.chance.percent(8)) {
            self.realms += 1;
            let realm = match self.chance.below(12) {
                0 => format!("\"Realm {} \\\"q\\\"\"", self.realms),
                1 => format!("'Area {}'", self.realms),
                2 if odd => format!("R{}-%{{REQUEST_METHOD}}", self.realms),
                3 => format!("R{}$HOME", self.realms),
                _ => format!("\"R {}\"", self.realms),
            };
            nodes.push(line(format!("AuthName {realm}")));
        }
        if keeps(self, 60) && !(odd && self.chance.percent(6)) {
            let mut files = vec![
                (10, "@TREE/conf/users"),
                (3, "conf/users"),
                (4, "@TREE/conf/users2"),
                (1, "\"@TREE/conf/users\""),
                (2, "@TREE/conf/odd"),
            ];
            if odd {
                files.extend([
                    (2, "@TREE/conf/nope"),
                    (1, "@TREE/conf"),
                    (2, "@TREE/conf/priv"),
                    (1, "@TREE/conf/shut/users"),
                    (2, "@TREE/conf/empty"),
                    (1, "users"),
                    (1, "/dev/null"),
                    (1, "~/users"),
                    (1, "./conf/../conf/users"),
                ]);
            }
            nodes.push(line(format!("AuthUserFile {}", self.chance.weighted(&files))));
        }
        if self.chance.percent(20) {
            let providers = if self.has.aliases {
                &["second", "file second", "second file", "file"][..]
            } else {
                &["file"]
            };
            nodes.push(line(format!("AuthBasicProvider {}", self.chance.pick(providers))));
        }
        if odd && self.chance.percent(12) {
            nodes.push(line("AuthBasicAuthoritative Off"));
        }
        if odd && self.chance.percent(8) {
            let more = [
                "AuthDigestProvider file",
                "AuthFormLoginRequiredLocation http://go.example/login",
                "AuthBasicUseDigestAlgorithm MD5",
                "AuthFormProvider file",
            ];
            nodes.push(line(self.chance.pick(&more)));
        }
        if self.has.groups && self.chance.percent(60) {
            let mut files = vec![(8, "@TREE/conf/groups"), (2, "conf/groups2")];
            if odd {
                files.extend([(1, "@TREE/conf/nope"), (1, "@TREE/conf/priv"), (1, "@TREE/conf/empty")]);
            }
            nodes.push(line(format!("AuthGroupFile {}", self.chance.weighted(&files))));
        }
        nodes
    }

    /// `Require` lines and their containers.
    fn requires(&mut self, place: Place) -> Vec<Node> {
        let count = self.chance.weighted(&[(5, 1), (3, 2), (1, 3)]);
        (0..count).map(|_| self.requirement(place, 0)).collect()
    }

    fn requirement(&mut self, place: Place, depth: usize) -> Node {
        if self.has.trees && depth < 3 && self.chance.percent(if depth == 0 { 40 } else { 22 }) {
            return self.container(place, depth);
        }
        line(format!("Require {}", self.provider()))
    }

    fn container(&mut self, place: Place, depth: usize) -> Node {
        let is_all = self.chance.percent(60);
        let count = 1 + self.chance.below(3);
        let mut inner: Vec<Node> = (0..count).map(|_| self.requirement(place, depth + 1)).collect();
        // Nothing but negatives stops the start; in a file of rules it refuses everybody.
        if is_all && self.chance.percent(45) {
            if place == Place::Htaccess && self.chance.percent(8) {
                inner.clear();
            }
            let not = match self.chance.below(3) {
                0 => {
                    let inner = (0..=self.chance.below(2)).map(|_| self.requirement(place, 3)).collect();
                    section("RequireNone", inner)
                }
                _ => line(format!("Require {} {}", self.chance.pick(&["not", "NOT"]), self.provider())),
            };
            let at = self.chance.below(inner.len() + 1);
            inner.insert(at, not);
        }
        if self.has.limit && depth > 0 && self.chance.percent(15) {
            let opening = self.limit();
            let one = line(format!("Require {}", self.provider()));
            inner.push(section(opening, vec![one]));
        }
        section(if is_all { "RequireAll" } else { "RequireAny" }, inner)
    }

    fn provider(&mut self) -> String {
        match self.chance.below(100) {
            0..28 => "valid-user".into(),
            28..44 => {
                let names = [
                    "alice",
                    "bob",
                    "carol",
                    "alice bob",
                    "dave",
                    "Alice",
                    "alice,bob",
                    "\"alice bob\"",
                    "",
                    "bob # alice",
                    "erin",
                    "alice bob carol dave erin",
                ];
                format!("user {}", self.chance.pick(&names))
            }
            44..50 if self.has.groups => {
                format!("group {}", self.chance.pick(&["staff", "ops", "staff ops", "none", "many"]))
            }
            44..58 => {
                format!("all {}", self.chance.pick(&["granted", "denied", "granted", "Granted", "DENIED"]))
            }
            58..72 => {
                let networks = [
                    "127.0.0.1",
                    "127.0.0.0/8",
                    "10.0.0.0/8",
                    "10",
                    "127.0.0.5",
                    "127.0.0.4/30",
                    "192.0.2.1 127.0.0.5",
                    "127.0.0.0/255.255.255.0",
                    "127.0",
                    "2001:db8::/32",
                    "::1",
                ];
                format!("ip {}", self.chance.pick(&networks))
            }
            72 if self.has.aliases => "lan".into(),
            72..75 => "local".into(),
            75..83 => format!(
                "method {}",
                self.chance.pick(&["GET", "POST", "GET POST", "OPTIONS", "PUT DELETE", "HEAD"])
            ),
            83..91 => {
                let name = self.variable();
                format!("env {name}")
            }
            _ => format!("expr {}", self.expression()),
        }
    }

    /// A variable that a line sets somewhere, or none does.
    pub fn variable(&mut self) -> String {
        self.chance
            .weighted(&[(4, "ok"), (3, "inner"), (1, "late"), (1, "ok inner"), (1, "never"), (1, "PATH")])
            .to_owned()
    }

    /// `Order`, `Allow`, `Deny`, `Satisfy`.
    fn compat(&mut self, _place: Place) -> Vec<Node> {
        let mut nodes = Vec::new();
        if self.chance.percent(60) {
            let orders = ["deny,allow", "allow,deny", "Deny,Allow", "Allow,Deny", "mutual-failure"];
            nodes.push(line(format!("Order {}", self.chance.pick(&orders))));
        }
        for _ in 0..self.chance.below(3) {
            let who = [
                "all",
                "127.0.0.1",
                "127.0.0.0/8",
                "10",
                "127.0.0.5",
                "env=ok",
                "env=!ok",
                "127.0.0.1 127.0.0.5",
            ];
            let verb = self.chance.pick(&["Allow", "Deny"]);
            nodes.push(line(format!("{verb} from {}", self.chance.pick(&who))));
        }
        if self.chance.percent(50) {
            nodes.push(line(format!("Satisfy {}", self.chance.pick(&["Any", "All", "any"]))));
        }
        nodes
    }

    fn limit(&mut self) -> String {
        let methods =
            ["GET", "POST", "GET POST", "PUT DELETE", "GET POST HEAD OPTIONS", "OPTIONS", "HEAD", "PATCH"];
        if self.chance.percent(4) {
            return "Limit get".into();
        }
        let name = self.chance.pick(&["Limit", "LimitExcept"]);
        format!("{name} {}", self.chance.pick(&methods))
    }

    /// Some of the lines inside of `<Limit>`.
    fn limited(&mut self, nodes: Vec<Node>, place: Place) -> Vec<Node> {
        let opening = self.limit();
        let (mut outer, mut inner) = (Vec::new(), Vec::new());
        for node in nodes {
            let is_rule = match &node {
                Node::Line(text) => {
                    ["Require", "Order", "Allow", "Deny", "Satisfy"].iter().any(|name| text.starts_with(name))
                }
                Node::Section(..) => true,
            };
            if is_rule && self.chance.percent(75) { inner.push(node) } else { outer.push(node) }
        }
        if inner.is_empty() {
            inner = self.requires(place);
        }
        let at = self.chance.below(outer.len() + 1);
        outer.insert(at, section(opening, inner));
        outer
    }

    /// A condition of `<If>` and `Require expr`.
    pub fn expression(&mut self) -> String {
        let simple = [
            "%{REQUEST_URI} =~ m#^/s#",
            "%{REQUEST_URI} =~ m#/(a|b)\\.#",
            "%{REQUEST_URI} == '/s/a.html'",
            "%{REQUEST_URI} !~ m#^/pub/#",
            "%{REQUEST_URI} -strmatch '/s/*'",
            "%{REQUEST_METHOD} == 'POST'",
            "%{REQUEST_METHOD} in {'GET', 'HEAD'}",
            "%{REQUEST_METHOD} != 'GET'",
            "%{REMOTE_ADDR} == '127.0.0.1'",
            "%{REMOTE_ADDR} -ipmatch '127.0.0.4/30'",
            "-R '127.0.0.1/32'",
            "%{QUERY_STRING} =~ /x=1/",
            "-z %{QUERY_STRING}",
            "-n %{QUERY_STRING}",
            "%{HTTP_HOST} == 'a.example:@PORT'",
            "%{HTTP_HOST} =~ /^a\\./",
            "%{THE_REQUEST} =~ m#/pub#",
            "%{THE_REQUEST} =~ m#^GET /s/#",
            "%{REMOTE_USER} == 'alice'",
            "%{REMOTE_USER} != 'alice'",
            "-n %{REMOTE_USER}",
            "-n reqenv('ok')",
            "%{ENV:ok} == '1'",
            "%{HTTP_HOST} -fnmatch 'b.*'",
            "%{SERVER_PORT} == '@PORT'",
            "tolower(%{REQUEST_URI}) == '/s/a.html'",
            "%{REQUEST_FILENAME} =~ /a\\.html$/",
            "%{HTTPS} == 'off'",
            "true",
            "false",
        ];
        let one = self.chance.pick(&simple).to_owned();
        match self.chance.below(10) {
            0 => format!("!({one})"),
            1 => format!("{one} && {}", self.chance.pick(&simple)),
            2 => format!("{one} || {}", self.chance.pick(&simple)),
            _ => one,
        }
    }
}
