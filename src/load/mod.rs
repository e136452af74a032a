//! From the paths that a person names to the configurations that a server would load.
//!
//! Finds the entry points, follows their includes, and keeps every file once, whoever includes it
//! and however often.

mod above;
mod apache;
mod dump;
mod include;
mod kind;
mod loader;
mod streams;
mod walk;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::finding::Problem;
use crate::source::{FileId, FileKey, Host, Source, Sources, Span};
use crate::syntax::{StatementId, Tree};

pub use apache::{
    Expanded, ExpandedId, Htaccess, Line, ModuleTest, Reading, Step, Truth, UnknownVariable, is_module_name,
};
pub use include::Included;
pub use kind::Kind;
pub use streams::read_input;

/// Which server the files are written for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Server {
    /// Told by name, place and content.
    #[default]
    Auto,
    /// nginx.
    Nginx,
    /// Apache httpd.
    Apache,
}

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and directories; `-` is standard input.
    pub paths: Vec<PathBuf>,
    /// Main configurations in whose light the paths are to be judged.
    pub entries: Vec<PathBuf>,
    /// The server, where it is known.
    pub server: Server,
    /// The name that standard input would have as a file.
    pub stdin_filename: Option<PathBuf>,
    /// `-D NAME[=VALUE]`: what is defined when httpd is started, or set in its environment.
    pub defines: Vec<String>,
    /// Whether the `.htaccess` files among what is served are left alone, unless the configuration is the
    /// installed one or a root is given: what lies here at its paths may be another server's.
    pub leaves_served: bool,
    /// What standard input says, where it has been read before.
    pub input: Option<Vec<u8>>,
}

/// All files of a run, each with its syntax tree.
#[derive(Debug, Default)]
pub struct Files {
    /// The texts.
    pub sources: Sources,
    trees: Vec<Tree>,
    origins: HashMap<FileId, Origin>,
}

/// Where the text of a file comes from.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A file of this machine, by its path on the server.
    Disk(PathBuf, FileKey),
    /// Standard input, or what `nginx -T` printed: there is no file to write.
    Elsewhere(FileKey),
}

impl Origin {
    /// What makes it the same in another run.
    pub(crate) fn key(&self) -> &FileKey {
        match self {
            Origin::Disk(_, key) | Origin::Elsewhere(key) => key,
        }
    }
}

impl Files {
    /// The tree of a file.
    #[must_use]
    pub fn tree(&self, file: FileId) -> &Tree {
        &self.trees[file.index()]
    }

    /// The tree of a file, if it is a configuration: files of users and of rules have none.
    #[must_use]
    pub fn parsed(&self, file: FileId) -> Option<&Tree> {
        self.trees.get(file.index())
    }

    /// Takes a parsed file in.
    pub fn add(&mut self, source: Source, tree: Tree) -> FileId {
        self.trees.push(tree);
        self.sources.add(source)
    }

    fn add_from(&mut self, source: Source, tree: Tree, origin: Origin) -> FileId {
        let file = self.add(source, tree);
        self.origins.insert(file, origin);
        file
    }

    /// What makes a file the same in another run.
    pub(crate) fn key(&self, file: FileId) -> FileKey {
        let named = || FileKey::Path(self.sources.get(file).path().to_path_buf());
        self.origin(file).map_or_else(named, |origin| origin.key().clone())
    }

    /// Where a file of a configuration comes from; none for what is not of one.
    pub(crate) fn origin(&self, file: FileId) -> Option<&Origin> {
        self.origins.get(&file)
    }

    /// The span of a whole statement's words.
    #[must_use]
    pub fn head(&self, file: FileId, statement: StatementId) -> Span {
        let head = self.tree(file).head(statement);
        Span::new(file, head.start, head.end)
    }
}

/// One configuration as a server would load it, or a part of one.
#[derive(Debug)]
pub struct Config {
    /// The file it begins with.
    pub entry: FileId,
    /// Whether the entry is a whole configuration; otherwise what is around it is unknown.
    pub is_main: bool,
    /// The directory of the main configuration, as a path of the server; unknown for a part.
    pub prefix: Option<PathBuf>,
    /// What each include statement brings in.
    pub includes: HashMap<(FileId, StatementId), Included>,
    /// Whether this is plainly what the server on the machine at hand, or under `--root`, runs with.
    pub installed: bool,
    /// The server it is written for.
    pub dialect: Dialect,
}

/// The server that a configuration is written for, with what is peculiar to its reading.
#[derive(Debug)]
pub enum Dialect {
    /// nginx.
    Nginx,
    /// Apache httpd, and what it reads in which order.
    Apache(Box<Reading>),
}

/// One inclusion of a file, or one use of a macro. The same file included twice has two.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// The file.
    pub file: FileId,
    /// The inclusion and the statement that bring it in.
    pub via: Option<(u32, StatementId)>,
}

impl Config {
    fn new(entry: FileId, is_main: bool, prefix: Option<PathBuf>, installed: bool) -> Self {
        Config { entry, is_main, prefix, includes: HashMap::new(), installed, dialect: Dialect::Nginx }
    }

    /// The files of the configuration: the entry and what is included, each once.
    #[must_use]
    pub fn files(&self) -> HashSet<FileId> {
        let included = self.includes.values().flat_map(|included| &included.files);
        let htaccess = self.reading().into_iter().flat_map(|reading| &reading.htaccess);
        let htaccess = htaccess.filter_map(|htaccess| htaccess.file);
        included.copied().chain(htaccess).chain([self.entry]).collect()
    }

    /// What httpd reads; none for nginx.
    #[must_use]
    pub fn reading(&self) -> Option<&Reading> {
        match &self.dialect {
            Dialect::Apache(reading) => Some(reading),
            Dialect::Nginx => None,
        }
    }

    /// Whether a place lies where the server does not look for directives.
    #[must_use]
    pub fn is_soaked(&self, at: Span) -> bool {
        self.reading().is_some_and(|reading| reading.is_soaked(at))
    }
}

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The files.
    pub files: Files,
    /// What they make up.
    pub configs: Vec<Config>,
    /// What could not be read or understood.
    pub problems: Vec<Problem>,
    /// The files that the user's paths name; `None` where all files count.
    pub asked_for: Option<HashSet<FileId>>,
    /// Main configurations that nobody has named: they lie above the files that were, and include them.
    pub found_above: Vec<PathBuf>,
}

/// Directories where an installed server has its configuration.
pub const INSTALLED: &[&str] = &[
    "/etc/apache2",
    "/etc/httpd",
    "/usr/local/apache2/conf",
    "/usr/local/etc/apache24",
    "/etc/nginx",
    "/usr/local/etc/nginx",
    "/usr/local/nginx/conf",
    "/usr/local/openresty/nginx/conf",
    "/opt/nginx/conf",
];

/// Reads everything that `request` asks for.
pub fn load(request: &Request, host: &mut Host) -> Loaded {
    let loaded = loader::run(request, host);
    above::with_mains_above(request, host, loaded)
}

/// Reads one configuration, from its entry on.
#[must_use]
pub fn load_one(entry: &Path, host: &mut Host) -> Loaded {
    load(&Request { paths: vec![entry.to_path_buf()], ..Request::default() }, host)
}
