//! Makes a whole configuration by chance, and remembers what its lines are about.

use std::fmt::Write;

use super::chance::Chance;
use super::dress;
use super::node::{Files, Node, line, section};
use super::tree::DIRECTORIES;

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
    "auth_form",
    "session",
    "session_cookie",
    "request",
    "access_compat",
    "alias",
    "env",
    "setenvif",
    "mime",
    "dir",
    "proxy",
    "proxy_http",
    "headers",
    "rewrite",
    "cgi",
];

/// What a configuration begins with. A line `# without NAME` in it leaves a module out.
pub fn header(nodes: &[Node]) -> String {
    let mut text = String::from("ServerRoot @TREE\n");
    let is_out = |module: &str| {
        nodes
            .iter()
            .any(|node| matches!(node, Node::Line(line) if line.strip_prefix("# without ") == Some(module)))
    };
    for module in MODULES.iter().filter(|module| !is_out(module)) {
        let _ = writeln!(text, "LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so");
    }
    text + "Listen @PORT\nListen @OTHER\nServerName main.example\nTypesConfig /dev/null\nUser www-data\n\
            Group www-data\nLogLevel info\n"
}

/// Where lines stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Server,
    Directory,
    Location,
    Files,
    If,
    Htaccess,
}

/// What a configuration is made of, so that each one is about a few things.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)]
pub struct Has {
    pub odd_auth: bool,
    pub groups: bool,
    pub trees: bool,
    pub compat: bool,
    pub merging: bool,
    pub limit: bool,
    pub ifs: bool,
    pub files: bool,
    pub htaccess: bool,
    pub odd_overrides: bool,
    pub patterns: bool,
    pub locations: bool,
    pub rewrite: bool,
    pub redirect: bool,
    pub alias: bool,
    pub proxy: bool,
    pub program: bool,
    pub headers: bool,
    pub errors: bool,
    pub variables: bool,
    pub index: bool,
    pub links: bool,
    pub slashes: bool,
    pub hosts: bool,
    pub trace: bool,
    pub autoindex: bool,
    pub dress: bool,
    pub aliases: bool,
}

impl Has {
    fn by(chance: &mut Chance) -> Self {
        // Some configurations have little in them.
        let share = chance.weighted(&[(3, 100), (3, 60), (2, 25)]);
        let mut has = |percent: usize| chance.percent(percent * share / 100);
        Has {
            odd_auth: has(30),
            groups: has(30),
            trees: has(45),
            compat: has(22),
            merging: has(28),
            limit: has(25),
            ifs: has(30),
            files: has(40),
            htaccess: has(55),
            odd_overrides: has(18),
            patterns: has(40),
            locations: has(75),
            rewrite: has(28),
            redirect: has(22),
            alias: has(35),
            proxy: has(35),
            program: has(25),
            headers: has(22),
            errors: has(20),
            variables: has(25),
            index: has(25),
            links: has(18),
            slashes: has(12),
            hosts: has(50),
            trace: has(20),
            autoindex: has(12),
            dress: has(25),
            aliases: false,
        }
    }
}

pub struct Maker {
    pub chance: Chance,
    pub has: Has,
    /// How many realms there are: each has a name of its own.
    pub realms: usize,
    /// Paths of URLs that lines are about.
    pub aims: Vec<String>,
    /// Names that requests are sent to.
    pub hosts: Vec<String>,
    htaccess: Files,
}

/// A configuration, and what can be asked of it.
pub struct Made {
    pub files: Files,
    pub aims: Vec<String>,
    pub hosts: Vec<String>,
    pub chance: Chance,
    pub has: Has,
}

/// A configuration, the same one for the same seed.
pub fn make(seed: u64) -> Made {
    let mut chance = Chance::new(seed);
    let has = Has::by(&mut chance);
    let mut maker = Maker {
        chance,
        has,
        realms: 0,
        aims: Vec::new(),
        hosts: vec!["main.example".into()],
        htaccess: Vec::new(),
    };
    let main = maker.main();
    let mut files = vec![("main.conf".to_owned(), main)];
    let Maker { mut chance, has, aims, hosts, htaccess, .. } = maker;
    files.extend(htaccess);
    if has.dress {
        dress::dress(&mut chance, &mut files);
    }
    Made { files, aims, hosts, chance, has }
}

impl Maker {
    fn main(&mut self) -> Vec<Node> {
        let mut nodes = Vec::new();
        if self.has.autoindex {
            nodes.push(line("LoadModule autoindex_module /usr/lib/apache2/modules/mod_autoindex.so"));
        }
        if self.has.program {
            nodes.push(line("AddHandler cgi-script .cgi"));
        }
        if self.chance.percent(90) {
            nodes.push(line(format!(
                "DocumentRoot {}",
                self.chance.weighted(&[(6, "@TREE/www"), (1, "@TREE/two"), (1, "@TREE/www/")])
            )));
        }
        if self.has.odd_auth && self.chance.percent(30) {
            nodes.push(section(
                "AuthnProviderAlias file second",
                vec![line("AuthUserFile @TREE/conf/users2")],
            ));
            nodes.push(section("AuthzProviderAlias ip lan 127.0.0.0/30", vec![line("# nothing")]));
            self.has.aliases = true;
        }
        nodes.extend(self.ground());
        nodes.extend(self.server(if self.has.hosts { 3 } else { 6 }));
        if self.has.hosts {
            for number in 0..=self.chance.below(3) {
                nodes.push(self.host(number));
            }
        }
        if self.has.htaccess {
            for directory in DIRECTORIES {
                if self.chance.percent(22) {
                    let inner = self.htaccess();
                    self.htaccess.push((format!("{directory}/.htaccess"), inner));
                }
            }
        }
        nodes
    }

    /// The section of the root directory.
    fn ground(&mut self) -> Vec<Node> {
        let mut inner = Vec::new();
        if self.chance.percent(if self.has.htaccess { 85 } else { 50 }) {
            inner.push(self.override_line());
        }
        match self.chance.below(20) {
            0..10 => inner.push(line("Require all granted")),
            10..13 => inner.push(line("Require all denied")),
            13..16 => inner.extend(self.access(Place::Directory)),
            _ => {}
        }
        if self.chance.percent(25) {
            inner.extend(self.scheme(false));
        }
        if inner.is_empty() { Vec::new() } else { vec![section("Directory /", inner)] }
    }

    pub fn override_line(&mut self) -> Node {
        let mut values = vec![
            (8, "All"),
            (4, "None"),
            (5, "AuthConfig"),
            (2, "AuthConfig Limit"),
            (2, "FileInfo AuthConfig"),
            (1, "AuthConfig Limit FileInfo Indexes Options=All"),
        ];
        if self.has.odd_overrides {
            values.extend([
                (2, "Limit"),
                (2, "FileInfo"),
                (1, "Options"),
                (2, "FileInfo Nonfatal=Override"),
                (1, "Nonfatal=All"),
                (1, "AuthConfig Nonfatal=Unknown"),
                (1, "All Nonfatal=All"),
                (1, "Indexes"),
                (1, "none"),
            ]);
            if self.chance.percent(15) {
                return line("AllowOverrideList Require AuthName AuthType AuthUserFile <Files");
            }
        }
        line(format!("AllowOverride {}", self.chance.weighted(&values)))
    }

    fn host(&mut self, number: usize) -> Node {
        let name = ["a.example", "b.example", "A.Example", "c.example", "localhost"];
        let address = self.chance.weighted(&[
            (10, "*:@PORT"),
            (4, "*:@OTHER"),
            (2, "*"),
            (2, "127.0.0.1:@PORT"),
            (1, "_default_:@PORT"),
            (1, "127.0.0.1"),
            (1, "127.0.0.1:@OTHER *:@PORT"),
        ]);
        let mut inner = Vec::new();
        if self.chance.percent(88) {
            let name = name[(number + self.chance.below(2)) % name.len()];
            self.hosts.push(name.to_ascii_lowercase());
            let port = self.chance.weighted(&[(8, ""), (1, ":@PORT"), (1, ":81")]);
            inner.push(line(format!("ServerName {name}{port}")));
        }
        if self.chance.percent(30) {
            inner.push(line(format!(
                "ServerAlias {}",
                self.chance.pick(&["*.w.example", "www.a.example b2.example", "?.q.example", "*"])
            )));
            self.hosts.extend(["x.w.example", "www.a.example", "z.q.example"].map(str::to_owned));
        }
        if self.chance.percent(75) {
            let roots = ["@TREE/www", "@TREE/two", "@TREE/www/s", "@TREE/ext", "@TREE/www/link"];
            inner.push(line(format!("DocumentRoot {}", self.chance.pick(&roots))));
        }
        inner.extend(self.server(3));
        section(format!("VirtualHost {address}"), inner)
    }

    /// Sections and lines of a server.
    fn server(&mut self, most: usize) -> Vec<Node> {
        let mut nodes = Vec::new();
        for _ in 0..=self.chance.below(most) {
            nodes.push(self.directory());
        }
        if self.has.locations {
            for _ in 0..self.chance.below(most + 1) {
                nodes.push(self.location());
            }
        }
        if self.has.files && self.chance.percent(60) {
            nodes.push(self.files(Place::Server));
        }
        if self.has.ifs && self.chance.percent(50) {
            nodes.extend(self.conditions(Place::Server));
        }
        for node in self.lines(Place::Server, "/") {
            let at = self.chance.below(nodes.len() + 1);
            nodes.insert(at, node);
        }
        nodes.extend(self.mappings());
        nodes
    }
}
