//! Makes lines by chance that lead requests elsewhere, or change what a backend gets to see.

use super::maker::{Maker, Place};
use super::node::{Node, line, section};

impl Maker {
    /// Lines that may stand in many places.
    pub fn lines(&mut self, place: Place, aim: &str) -> Vec<Node> {
        let mut nodes = Vec::new();
        let is_server = place == Place::Server;
        if self.has.redirect && self.chance.percent(if is_server { 70 } else { 20 }) {
            nodes.push(self.redirect(place, aim));
        }
        if self.has.headers && self.chance.percent(if is_server { 40 } else { 25 }) {
            nodes.push(self.header(place));
        }
        if self.has.errors && self.chance.percent(if is_server { 70 } else { 20 }) {
            let code = self.chance.pick(&["401", "403", "404", "403", "401"]);
            let what = [
                "/err/e.html",
                "/s/a.html",
                "\"go away\"",
                "/none",
                "http://go.example/e",
                "/pub/x.html",
                "default",
                "plain",
                "/cgi/app.cgi",
            ];
            nodes.push(line(format!("ErrorDocument {code} {}", self.chance.pick(&what))));
        }
        if self.has.variables && self.chance.percent(if is_server { 80 } else { 30 }) {
            nodes.push(self.set_variable());
        }
        if self.has.index && self.chance.percent(30) {
            let files = [
                "a.html",
                "index.html",
                "none.html a.html",
                "disabled",
                "/pub/x.html",
                "none.html",
                "c.html index.html",
            ];
            nodes.push(line(format!("DirectoryIndex {}", self.chance.pick(&files))));
        }
        if self.has.links && !is_server && place != Place::Files && self.chance.percent(40) {
            let mut values =
                vec!["-FollowSymLinks", "FollowSymLinks", "None", "+FollowSymLinks", "SymLinksIfOwnerMatch"];
            if place == Place::Htaccess {
                values.truncate(2);
            }
            nodes.push(line(format!("Options {}", self.chance.pick(&values))));
        }
        if self.has.autoindex && !is_server && place != Place::Files && self.chance.percent(30) {
            nodes.push(line(format!("Options {}", self.chance.pick(&["+Indexes", "-Indexes"]))));
        }
        if self.has.program && !is_server && self.chance.percent(30) {
            let what = ["CGIPassAuth On", "CGIPassAuth Off", "Options +ExecCGI", "Options +ExecCGI"];
            nodes.push(line(self.chance.pick(&what)));
        }
        if self.has.proxy && !is_server && self.chance.percent(6) {
            nodes.push(line("SetHandler \"proxy:http://127.0.0.1:@ECHO/\""));
        }
        if self.has.rewrite && self.chance.percent(if is_server { 80 } else { 22 }) && place != Place::If {
            nodes.push(line("RewriteEngine On"));
            nodes.extend(self.rewriting(place));
        }
        // Lines that belong together stay together.
        if nodes.iter().any(|node| matches!(node, Node::Line(text) if text.starts_with("Rewrite"))) {
            bundle(nodes)
        } else {
            nodes
        }
    }

    fn redirect(&mut self, place: Place, aim: &str) -> Node {
        let status =
            self.chance.weighted(&[(6, ""), (2, "permanent "), (2, "302 "), (1, "seeother "), (1, "307 ")]);
        let target = self.chance.pick(&["http://go.example/x", "/pub/x.html", "https://go.example"]);
        let from = self.chance.pick(&["/old", "/s/t", "/s", "/pub/", "/", "/s/a.html", "/none"]);
        if place != Place::Server && self.chance.percent(50) {
            let without = [
                "Redirect 302 http://go.example/y",
                "Redirect gone",
                "Redirect 404",
                "Redirect http://go.example/z",
                "Redirect 403",
            ];
            return line(if place == Place::Location {
                self.chance.pick(&without)
            } else {
                "Redirect 302 /s/t http://go.example/y"
            });
        }
        self.aims.extend([from.to_owned(), aim.to_owned(), "/old".to_owned()]);
        match self.chance.below(8) {
            0 => line(format!("Redirect gone {from}")),
            1 => line(format!("Redirect {} {from}", self.chance.pick(&["403", "404", "410", "451"]))),
            2 => line(format!("RedirectMatch {status}^/s/(.*)\\.css$ http://go.example/$1")),
            3 => line(format!(
                "RedirectMatch {}",
                self.chance.pick(&[
                    "404 \"\\.ht\"",
                    "gone ^/pub",
                    "403 /x",
                    "/none http://go.example/n",
                    "302 ^/$ /s/"
                ])
            )),
            _ => line(format!("Redirect {status}{from} {target}")),
        }
    }

    fn header(&mut self, place: Place) -> Node {
        let mut lines = vec![
            "RequestHeader unset Authorization",
            "RequestHeader set Authorization \"Basic eHg6eXk=\"",
            "RequestHeader unset authorization",
            "AuthBasicFake demo pass",
            "AuthBasicFake off",
            "RequestHeader add Authorization \"Basic eHg6eXk=\"",
            "RequestHeader set X-Other 1",
            "RequestHeader set Authorization \"Basic eHg6eXk=\" env=ok",
            "RequestHeader setifempty Authorization \"Basic eHg6eXk=\"",
        ];
        if place == Place::Server {
            lines.retain(|text| !text.starts_with("AuthBasicFake"));
            // Of alice, with her password.
            lines.extend([
                "RequestHeader unset Authorization early",
                "RequestHeader set Authorization \"Basic YWxpY2U6YQ==\" early",
            ]);
        }
        line(self.chance.pick(&lines))
    }

    fn set_variable(&mut self) -> Node {
        let lines = [
            "SetEnvIf Request_URI ^/s ok",
            "SetEnvIf Request_URI \"^/pub\" ok",
            "SetEnvIf Request_Method POST ok",
            "SetEnvIf Remote_Addr ^127\\.0\\.0\\.5$ ok",
            "SetEnvIfNoCase Request_URI \"\\.HTML$\" inner",
            "SetEnvIf Request_URI a inner=1",
            "SetEnvIf Host ^a\\. ok",
            "SetEnvIf Request_URI ^/s !ok",
            "SetEnv late 1",
            "SetEnv ok 1",
            "SetEnvIf Authorization \"(.*)\" HTTP_AUTHORIZATION=$1",
            "SetEnvIf Authorization \".+\" HTTP_AUTHORIZATION=$0",
            "SetEnvIf ok 1 inner",
            "SetEnvIfExpr \"%{REQUEST_URI} =~ /a/\" ok",
            "SetEnvIf Request_Protocol HTTP ok",
        ];
        line(self.chance.pick(&lines))
    }

    /// Lines of one server that map URLs to places.
    pub fn mappings(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        if self.has.alias && self.chance.percent(80) {
            let aliases = [
                ("Alias /al @TREE/ext", "/al/a.html"),
                ("Alias /al/ @TREE/ext/", "/al/sub/b.html"),
                ("AliasMatch ^/am/(.*)$ @TREE/ext/$1", "/am/a.html"),
                ("Alias /s2 @TREE/www/s", "/s2/a.html"),
                ("Alias /s/t @TREE/ext", "/s/t/a.html"),
                ("Alias /one @TREE/www/s/a.html", "/one"),
                ("AliasMatch \"\\.css$\" @TREE/www/y.css", "/none.css"),
                ("Alias / @TREE/two/", "/admin/a.html"),
            ];
            let (text, aim) = aliases[self.chance.below(aliases.len())];
            self.aims.push(aim.to_owned());
            nodes.push(line(text));
        }
        if self.has.program && self.chance.percent(80) {
            nodes.push(line(self.chance.pick(&[
                "ScriptAlias /cgi/ @TREE/cgi/",
                "ScriptAlias /cgi @TREE/cgi",
                "ScriptAliasMatch ^/run/(.*) @TREE/cgi/$1",
            ])));
            self.aims.extend(
                ["/cgi/app.cgi", "/cgi/app.cgi/x.css", "/run/app.cgi", "/s/run.cgi"].map(str::to_owned),
            );
        }
        if self.has.proxy && self.chance.percent(85) {
            let lines = [
                "ProxyPass /p http://127.0.0.1:@ECHO",
                "ProxyPass /p/ http://127.0.0.1:@ECHO/",
                "ProxyPassMatch ^/p(/.*)?$ http://127.0.0.1:@ECHO$1",
                "ProxyPass /p/pub !\nProxyPass /p http://127.0.0.1:@ECHO/b",
                "ProxyPassMatch ^/(.*\\.css)$ http://127.0.0.1:@ECHO/$1",
                "ProxyPass / http://127.0.0.1:@ECHO/",
                "ProxyPass /pub !\nProxyPass /s !\nProxyPass / http://127.0.0.1:@ECHO/",
            ];
            for text in self.chance.pick(&lines).split('\n') {
                nodes.push(line(text));
            }
            self.aims
                .extend(["/p", "/p/", "/p/x", "/p/admin/x", "/p/pub/x", "/p/code-401"].map(str::to_owned));
            if self.chance.percent(30) {
                let opening = [
                    "Proxy *",
                    "Proxy http://127.0.0.1:@ECHO/*",
                    "Proxy http://127.0.0.1:@ECHO/",
                    "ProxyMatch ^http://127.*",
                ];
                let inner = self.access(Place::Location);
                nodes.push(section(self.chance.pick(&opening), inner));
            }
        }
        if self.has.slashes {
            nodes.push(line(self.chance.pick(&[
                "MergeSlashes Off",
                "AllowEncodedSlashes On",
                "AllowEncodedSlashes NoDecode",
            ])));
        }
        if self.has.trace {
            nodes.push(line(self.chance.pick(&["TraceEnable Off", "TraceEnable On"])));
        }
        nodes
    }

    fn rewriting(&mut self, place: Place) -> Vec<Node> {
        let mut nodes = Vec::new();
        for _ in 0..=self.chance.below(2) {
            if self.chance.percent(40) {
                let conditions = [
                    "%{REQUEST_METHOD} =POST",
                    "%{REQUEST_METHOD} !^GET$",
                    "%{REQUEST_URI} ^/s",
                    "%{REQUEST_URI} !^/pub [NC]",
                    "%{QUERY_STRING} x=1",
                    "%{HTTP_HOST} ^a\\. [NC]",
                    "%{REMOTE_ADDR} =127.0.0.5",
                    "%{REQUEST_FILENAME} !-f",
                    "%{REQUEST_FILENAME} -f [OR]",
                    "%{THE_REQUEST} /pub",
                    "%{REQUEST_FILENAME} !-d",
                    "%{HTTP:Authorization} !.",
                    "%{REMOTE_USER} =alice",
                    "%{HTTPS} !=on",
                    "expr \"%{REQUEST_METHOD} == 'GET'\"",
                ];
                nodes.push(line(format!("RewriteCond {}", self.chance.pick(&conditions))));
            }
            let slash = if place == Place::Server { "/" } else { "" };
            let rules = [
                "^{}old(.*)$ /s$1 [L]",
                "^{}old(.*)$ /s$1 [PT]",
                "^{}s/a - [F]",
                "^{}pub - [G,L]",
                "^{}s/t(/.*)?$ http://go.example$1 [R=301,L]",
                "^{}old /pub/x.html [R]",
                "\\.css$ - [F]",
                "^ - [E=ok:1]",
                "^{}none$ /s/a.html [L,QSA]",
                "^{}x\\.html$ /s/a.html [END]",
                "(?i)^{}S/(.*)$ /pub/$1 [L]",
                "^{}go - [R=404]",
                "^{}pr/(.*)$ http://127.0.0.1:@ECHO/$1 [P]",
                "^{}s/ - [L]",
                "!^{}(pub|s|p) /pub/x.html [L]",
                "^{}PUB/ - [F,NC]",
                ".? - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]",
                "^{}old /s/t/?y=1 [L,R=302]",
                "^{}al /n/a.html [S=1]",
                "^ /index.html [L]",
                "^{}n/(.*)$ /s/$1?x=1 [PT,L]",
            ];
            nodes.push(line(format!("RewriteRule {}", self.chance.pick(&rules).replace("{}", slash))));
        }
        self.aims.extend(["/old", "/old/a.html", "/none", "/pr/x", "/go", "/s/b.css"].map(str::to_owned));
        nodes
    }
}

/// Lines that stay together, whatever they are mixed with.
fn bundle(nodes: Vec<Node>) -> Vec<Node> {
    let mut text = Vec::new();
    let mut others = Vec::new();
    for node in nodes {
        match node {
            Node::Line(line) if line.starts_with("Rewrite") => text.push(line),
            other => others.push(other),
        }
    }
    others.push(Node::Line(text.join("\n")));
    others
}
