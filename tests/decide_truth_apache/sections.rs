//! Makes sections by chance, and files of rules.

use super::maker::{Maker, Place};
use super::node::{Node, line, section};

impl Maker {
    pub fn directory(&mut self) -> Node {
        let plain = [
            ("@TREE/www", "/"),
            ("@TREE/www/", "/"),
            ("@TREE/www/s", "/s"),
            ("@TREE/www/s/", "/s/"),
            ("@TREE/www/s/t", "/s/t"),
            ("@TREE/www/pub", "/pub"),
            ("@TREE/www/n", "/n"),
            ("@TREE", "/"),
            ("@TREE/two", "/"),
            ("@TREE/two/s", "/s"),
            ("@TREE/two/admin", "/admin"),
            ("@TREE/ext", "/al"),
            ("\"@TREE/www/s/t\"", "/s/t"),
            ("@TREE/www/sp ace", "/"),
            ("@TREE/cgi", "/cgi/"),
            ("@TREE/www/S", "/s"),
            ("@TREE/www//s/./t", "/s/t"),
            ("@TREE/www/link", "/link"),
            ("@TREE/www/none", "/none"),
            ("/", "/"),
            ("@TREE/www/s/a.html", "/s/a.html"),
            ("@TREE/www/err", "/err"),
            ("@TREE/ext/sub", "/al/sub"),
        ];
        let patterns = [
            ("@TREE/www/*", "/s"),
            ("@TREE/*/s", "/s"),
            ("@TREE/www/s*", "/sx"),
            ("@TREE/www/?", "/n"),
            ("@TREE/www/s/*", "/s/t"),
            ("@TREE/www/[sn]", "/n"),
            ("@TREE/www/**/t", "/s/t"),
            ("/*", "/"),
        ];
        let regexes = [
            ("~ \"/s$\"", "/s"),
            ("~ \"/s/\"", "/s/"),
            ("~ \"^@TREE/www/s\"", "/s"),
            ("~ \"a\\.html$\"", "/s/a.html"),
            ("~ /www/(s|n)/", "/n/"),
        ];
        let matches = [
            ("\"/s/t\"", "/s/t"),
            ("^@TREE/www/(s|pub)/?$", "/pub"),
            ("\"\\.css$\"", "/s/b.css"),
            ("/n", "/n"),
            ("\"(?i)/S/\"", "/s/"),
        ];
        let (name, (path, aim)) = match self.chance.below(100) {
            0..12 if self.has.patterns => ("Directory", patterns[self.chance.below(patterns.len())]),
            12..20 if self.has.patterns => ("Directory", regexes[self.chance.below(regexes.len())]),
            20..32 if self.has.patterns => ("DirectoryMatch", matches[self.chance.below(matches.len())]),
            _ => ("Directory", plain[self.chance.below(plain.len())]),
        };
        self.aims.push(aim.to_owned());
        let mut inner = Vec::new();
        if self.chance.percent(if self.has.htaccess { 40 } else { 10 }) {
            inner.push(self.override_line());
        }
        inner.extend(self.rules(Place::Directory, aim));
        // A path with a blank needs its quotes.
        let path = if path.contains("sp ace") { format!("\"{path}\"") } else { path.to_owned() };
        section(format!("{name} {path}"), inner)
    }

    pub fn location(&mut self) -> Node {
        let plain = [
            "/",
            "/s",
            "/s/",
            "/s/a.html",
            "/s/t",
            "/s/t/",
            "/pub",
            "/n",
            "/n/",
            "/p",
            "/p/admin",
            "/p/",
            "/cgi",
            "/cgi/app.cgi",
            "/al",
            "/al/",
            "/none",
            "/admin",
            "/S",
            "s",
            "/s/index.html",
            "/index.html",
            "/old",
            "/sp%20ace",
            "/err",
            "/lp",
            "//s",
        ];
        let patterns = ["/s/*", "/*", "/s*", "/p/*/x", "/?", "/s/[ab]*", "/*/a.html", "/pub/*"];
        let regexes =
            [("~ \"/s\"", "/s"), ("~ \"^/s/.*\\.html$\"", "/s/a.html"), ("~ \"\\.(css|js)$\"", "/s/b.css")];
        let matches = [
            ("^/s/$", "/s/"),
            ("\"/public\"", "/s/public/x"),
            ("^/(s|pub)(/|$)", "/pub"),
            ("\"\\.(css|js)$\"", "/y.css"),
            ("\"^/p/.+\"", "/p/x"),
            ("(?i)^/s/", "/S/"),
            ("\"^/s/(?<name>[^/]+)$\"", "/s/a.html"),
            ("\"//\"", "//s/a.html"),
            ("^/$", "/"),
            ("\"\\.html\"", "/x.html"),
        ];
        let (name, path, aim) = match self.chance.below(100) {
            0..14 if self.has.patterns => {
                let path = self.chance.pick(&patterns);
                ("Location", path, path.replace(['*', '?'], "x").replace("[ab]", "a"))
            }
            14..20 if self.has.patterns => {
                let (path, aim) = regexes[self.chance.below(regexes.len())];
                ("Location", path, aim.to_owned())
            }
            20..36 if self.has.patterns => {
                let (path, aim) = matches[self.chance.below(matches.len())];
                ("LocationMatch", path, aim.to_owned())
            }
            _ => {
                let path = self.chance.pick(&plain);
                ("Location", path, if path.starts_with('/') { path.to_owned() } else { format!("/{path}") })
            }
        };
        let path = if self.chance.percent(15) && !path.contains(['"', '~']) {
            format!("\"{path}\"")
        } else {
            path.to_owned()
        };
        self.aims.push(aim.clone());
        let mut inner = self.rules(Place::Location, &aim);
        if self.has.proxy && self.chance.percent(12) && name == "Location" {
            inner.push(line("ProxyPass http://127.0.0.1:@ECHO/in/"));
        }
        section(format!("{name} {path}"), inner)
    }

    pub fn files(&mut self, place: Place) -> Node {
        let names = [
            ("Files", "a.html", "/s/a.html"),
            ("Files", "index.html", "/s/"),
            ("Files", "\"*.css\"", "/s/b.css"),
            ("Files", "\"*.html\"", "/x.html"),
            ("Files", "?.html", "/n/a.html"),
            ("Files", "none.html", "/s/none.html"),
            ("Files", "s/a.html", "/s/a.html"),
            ("Files", "~ \"\\.css$\"", "/y.css"),
            ("FilesMatch", "\"^\\.ht\"", "/s/.htsecret"),
            ("FilesMatch", "\"\\.(html|css)$\"", "/s/b.css"),
            ("FilesMatch", "^a", "/s/a.html"),
            ("FilesMatch", "\"\\.cgi$\"", "/cgi/app.cgi"),
            ("Files", "app.cgi", "/cgi/app.cgi"),
            ("FilesMatch", "\".+\"", "/plain"),
            ("Files", "*", "/s/"),
            ("Files", "s", "/s"),
            ("FilesMatch", "^$", "/s/"),
            ("Files", "plain", "/plain/x.css"),
        ];
        let (name, path, aim) = names[self.chance.below(names.len())];
        self.aims.push(aim.to_owned());
        let inner = self.rules(if place == Place::Htaccess { place } else { Place::Files }, aim);
        section(format!("{name} {path}"), inner)
    }

    /// A chain of conditions.
    pub fn conditions(&mut self, place: Place) -> Vec<Node> {
        let place = if place == Place::Htaccess { place } else { Place::If };
        let condition = self.expression();
        let mut nodes = vec![section(format!("If \"{condition}\""), self.rules(place, "/s/a.html"))];
        if self.chance.percent(25) {
            let condition = self.expression();
            nodes.push(section(format!("ElseIf \"{condition}\""), self.rules(place, "/s/a.html")));
        }
        if self.chance.percent(30) {
            nodes.push(section("Else", self.rules(place, "/s/a.html")));
        }
        nodes
    }

    pub fn htaccess(&mut self) -> Vec<Node> {
        match self.chance.below(20) {
            0 => return Vec::new(),
            1 => return vec![line("# nothing")],
            2 if self.has.odd_overrides => {
                return vec![line(self.chance.pick(&[
                    "Requier all granted",
                    "Require Valid-User",
                    "<Broken",
                ]))];
            }
            _ => {}
        }
        self.rules(Place::Htaccess, "/s/a.html")
    }

    /// What stands in a section that belongs to a directory, a path, a file or a condition.
    fn rules(&mut self, place: Place, aim: &str) -> Vec<Node> {
        let mut nodes = if self.chance.percent(88) { self.access(place) } else { Vec::new() };
        for node in self.lines(place, aim) {
            let at = self.chance.below(nodes.len() + 1);
            // An `Else` stays behind its `If`, so nothing goes into sections here.
            nodes.insert(at, node);
        }
        let holds_files = matches!(place, Place::Directory | Place::Htaccess);
        if self.has.files && holds_files && self.chance.percent(25) {
            self.has.files = false;
            nodes.push(self.files(place));
            self.has.files = true;
        }
        if self.has.ifs && self.chance.percent(18) {
            self.has.ifs = false;
            nodes.extend(self.conditions(place));
            self.has.ifs = true;
        }
        if nodes.is_empty() {
            nodes.push(line("Require all granted"));
        }
        nodes
    }
}
