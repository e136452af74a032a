//! Makes a site of a loaded configuration: expands includes in place, opens a scope for every block
//! that access rules can stand in, and works out once what is in force where.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use super::presumed;
use super::shipped::shipped_list;
use super::{DirectiveData, Kind, NOBODY, ScopeData, ScopeRef, Site, UNKNOWN};
use super::{Family, INHERITED, Name};
use crate::finding::{Problem, ProblemKind};
use crate::load::{Config, Files, Instance};
use crate::source::{FileId, Host, Identity, Span, offset};
use crate::syntax::StatementId;

/// When the files that a configuration names are looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FilesMode {
    /// Where the configuration is plainly the installed one, or `--root` or `--map` says where
    /// the files lie.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to look at the server's files.
#[derive(Clone, Copy, Debug)]
pub struct Look<'h> {
    /// Where they lie.
    pub host: &'h Host,
    /// Whether to.
    pub mode: FilesMode,
}

impl Look<'static> {
    /// No files are looked at.
    #[must_use]
    pub fn nothing() -> Self {
        static NO_FILES: OnceLock<Host> = OnceLock::new();
        Look { host: NO_FILES.get_or_init(|| Host::memory([])), mode: FilesMode::Never }
    }
}

/// More directives than this after expansion are not read: files that include each other twice
/// over double with every level.
const MAX_DIRECTIVES: usize = 20_000_000;
/// The same for files.
const MAX_INSTANCES: usize = 2_000_000;

impl<'f> Site<'f> {
    /// Reads the meaning of a configuration. Files on disk are looked at now, once each; from here
    /// on everything is known or unknown.
    #[must_use]
    pub fn build(files: &'f Files, config: &'f Config, look: Look<'_>) -> Self {
        let mut builder = Builder {
            site: Site {
                files,
                config,
                scopes: Vec::new(),
                directives: Vec::new(),
                instances: Vec::new(),
                policies: Vec::new(),
                asked: Vec::new(),
                inclusions: HashMap::new(),
                looked: super::looked::Looked::default(),
                meant_closed: Vec::new(),
                identity: Identity::unknown(None),
                files_for_logins: OnceLock::new(),
                sets: OnceLock::new(),
                login_pages: OnceLock::new(),
                protected: OnceLock::new(),
                line_names: OnceLock::new(),
                misused: OnceLock::new(),
                expressions: Vec::new(),
                matchings: Vec::new(),
                beside_hosts: OnceLock::new(),
                apache: None,
                neighbours: HashMap::new(),
                regexes: Mutex::default(),
                subrequest_targets: OnceLock::new(),
                presumes_outside: false,
                problems: Vec::new(),
                unread: Vec::new(),
            },
            is_full: false,
        };
        match config.reading() {
            Some(reading) => builder.site.read_apache(reading),
            None => builder.scopes(),
        }
        builder.site.asked = builder.site.find_asked();
        builder.site.identity = builder.site.find_identity(look.host);
        builder.site.look_at_files(look);
        builder.site
    }
}

struct Builder<'f> {
    site: Site<'f>,
    is_full: bool,
}

/// A block that becomes a scope, found in the scope around it.
struct Block {
    kind: Kind,
    file: FileId,
    instance: u32,
    statement: StatementId,
}

impl Builder<'_> {
    /// Scopes come level by level, so that the children of each are next to each other and every
    /// policy is there before those that inherit from it.
    fn scopes(&mut self) {
        let entry = self.site.config.entry;
        self.site.instances.push(Instance { file: entry, via: None });
        self.site.inclusions.insert(entry, (0, 1));
        let kind = if self.site.config.is_main { Kind::Main } else { self.context_of(entry) };
        let is_main = self.site.config.is_main;
        let presumes = !is_main && presumed::asks_by_itself(self.site.files, entry);
        self.site.presumes_outside = presumes;
        self.site.policies.push(match (is_main, presumes) {
            (true, _) => [NOBODY; INHERITED],
            (_, true) => presumed::outside(),
            (_, false) => [UNKNOWN; INHERITED],
        });
        self.site.scopes.push(new_scope(kind, 0, None, 0));
        self.site.scopes[0].server = (kind == Kind::Server).then_some(0);
        // A part stands among lines that are not at hand.
        self.site.scopes[0].unknown_inside = !is_main && !presumes;
        let mut next = 0;
        while next < self.site.scopes.len() {
            let blocks = self.body(next);
            self.policy(next);
            let first = offset(self.site.scopes.len());
            for block in blocks {
                let opened_by = Some((block.file, block.statement));
                let mut scope = new_scope(block.kind, offset(next), opened_by, block.instance);
                let is_server = block.kind == Kind::Server;
                scope.server = if is_server {
                    Some(offset(self.site.scopes.len()))
                } else {
                    self.site.scopes[next].server
                };
                self.site.scopes.push(scope);
            }
            self.site.scopes[next].children = (first, offset(self.site.scopes.len()));
            next += 1;
        }
    }

    /// The context in which the top of a part makes sense.
    fn context_of(&self, file: FileId) -> Kind {
        let tree = self.site.files.tree(file);
        let source = self.site.files.sources.get(file);
        let mut kind = Kind::Snippet;
        for statement in tree.top() {
            let Some(name) = tree.raw(source, statement, 0) else { continue };
            match (name, tree.is_block(statement)) {
                (b"http" | b"events" | b"stream" | b"mail", true)
                | (b"load_module" | b"worker_processes" | b"user", false) => {
                    return Kind::Main;
                }
                (b"server" | b"upstream" | b"map" | b"geo" | b"split_clients", true)
                | (b"log_format" | b"limit_req_zone" | b"limit_conn_zone" | b"proxy_cache_path", false) => {
                    return Kind::Http;
                }
                (b"location", true) | (b"listen" | b"server_name", false) => kind = Kind::Server,
                _ => {}
            }
        }
        kind
    }

    /// Reads what stands in a scope, through all includes. Gives the blocks in it.
    fn body(&mut self, id: usize) -> Vec<Block> {
        let scope = &self.site.scopes[id];
        let (kind, instance) = (scope.kind, scope.instance);
        let first = self.site.directives.len();
        let mut blocks = Vec::new();
        let files = self.site.files;
        let start = match scope.opened_by {
            Some((file, statement)) => {
                (file, instance, files.tree(file).children(statement).collect::<Vec<_>>())
            }
            None => {
                let file = self.site.instances[instance as usize].file;
                (file, instance, files.tree(file).top().collect())
            }
        };
        let mut todo = vec![(start.0, start.1, start.2.into_iter())];
        while let Some((file, instance, statements)) = todo.last_mut() {
            let (file, instance) = (*file, *instance);
            let Some(statement) = statements.next() else {
                todo.pop();
                continue;
            };
            let tree = files.tree(file);
            let source = files.sources.get(file);
            let name = tree.raw(source, statement, 0).unwrap_or_default();
            if tree.is_insertion(statement) {
                let scope = &mut self.site.scopes[id];
                scope.unknown_inside = true;
                scope.conditional = true;
            } else if tree.is_block(statement) {
                if let Some(kind) = block_kind(kind, name) {
                    blocks.push(Block { kind, file, instance, statement });
                    if kind == Kind::If {
                        self.site.directives.push(DirectiveData::certain(Name::If, file, statement));
                    }
                } else if let Some(name) = Name::of_nginx_block(name).filter(|_| kind != Kind::Main) {
                    // `map $uri $realm { ... }`, `access_by_lua_block { ... }`
                    self.site.directives.push(DirectiveData::certain(name, file, statement));
                }
            } else if name == b"include" {
                let included = self.site.config.includes.get(&(file, statement));
                self.site.scopes[id].unknown_inside |= included.is_none_or(|included| !included.is_whole);
                if included.is_some_and(|included| included.is_whole && included.files.is_empty()) {
                    let path = tree.value(source, statement, 1).unwrap_or_default();
                    let list = std::str::from_utf8(&path).ok().and_then(shipped_list);
                    self.site.scopes[id].shipped = list.or(self.site.scopes[id].shipped);
                }
                for &file in included.into_iter().flat_map(|included| included.files.iter().rev()) {
                    if self.is_within_bounds(file) {
                        let inner = offset(self.site.instances.len());
                        self.site.instances.push(Instance { file, via: Some((instance, statement)) });
                        self.site.inclusions.entry(file).or_insert((inner, 0)).1 += 1;
                        todo.push((file, inner, files.tree(file).top().collect::<Vec<_>>().into_iter()));
                    }
                }
            } else if let Some(name) = Name::of_nginx(name) {
                if self.check_arguments(name, file, statement) {
                    self.site.directives.push(DirectiveData::certain(name, file, statement));
                } else {
                    self.site.scopes[id].unknown_inside = true;
                }
            } else if tree.is_template_word(statement, 0) {
                self.site.scopes[id].unknown_inside = true;
            } else if kind != Kind::Main && !Name::is_quiet(name) {
                self.site.directives.push(DirectiveData::certain(Name::Foreign, file, statement));
            }
        }
        // Stable: within a family the order of the text stays.
        self.site.directives[first..].sort_by_key(|directive| directive.name.family());
        self.site.scopes[id].own = (offset(first), offset(self.site.directives.len()));
        blocks
    }

    fn policy(&mut self, id: usize) {
        let scope = &self.site.scopes[id];
        let outer = if id == 0 { 0 } else { self.site.scopes[scope.parent as usize].policy };
        let own = &self.site.directives[scope.own.0 as usize..scope.own.1 as usize];
        let families =
            own.iter().map(|directive| directive.name.family()).filter(|&family| family < Family::Handler);
        let mut policy: Option<[ScopeRef; INHERITED]> = None;
        if scope.unknown_inside {
            policy = Some([UNKNOWN; INHERITED]);
        }
        // The lines of a file that is not at hand, but known, take the place of inherited ones.
        for family in families.chain(scope.shipped) {
            policy.get_or_insert(self.site.policies[outer as usize])[family as usize] = offset(id);
        }
        self.site.scopes[id].outer = outer;
        self.site.scopes[id].policy = match policy {
            Some(policy) => {
                self.site.policies.push(policy);
                offset(self.site.policies.len() - 1)
            }
            None => outer,
        };
    }

    /// A wrong number of arguments is most often a forgotten `;`: then the next directive, on its
    /// own line, has become an argument. What was meant is not known then.
    fn check_arguments(&mut self, name: Name, file: FileId, statement: StatementId) -> bool {
        let files = self.site.files;
        let tree = files.tree(file);
        let count = tree.word_count(statement) - 1;
        let (fewest, most) = name.arguments();
        if count <= most && (count >= fewest || name == Name::ProxySetHeader || name == Name::GrpcSetHeader) {
            return true;
        }
        let source = files.sources.get(file);
        let text = |word| tree.raw(source, statement, word).map(String::from_utf8_lossy).unwrap_or_default();
        let line = |word| source.line_of(tree.word_range(statement, word).start);
        let swallowed = (most.saturating_add(1)..=count).find(|&word| line(word) > line(word - 1));
        let span = |word| {
            let range = tree.word_range(statement, word);
            Span::new(file, range.start, range.end)
        };
        let problem = match swallowed {
            Some(word) => Problem::at(
                ProblemKind::Syntax,
                span(word - 1),
                format!("`;` is missing here: `{}` becomes an argument of `{}`", text(word), text(0)),
            )
            .also(span(word), "nginx takes this for an argument"),
            None => {
                let message = format!(
                    "nginx refuses `{}` with {count} argument{}",
                    text(0),
                    if count == 1 { "" } else { "s" }
                );
                Problem::at(ProblemKind::Syntax, files.head(file, statement), message)
            }
        };
        // The same text, included again, has the same slip.
        if !self.site.problems.contains(&problem) {
            self.site.problems.push(problem);
        }
        false
    }

    fn is_within_bounds(&mut self, file: FileId) -> bool {
        if self.site.instances.len() < MAX_INSTANCES && self.site.directives.len() < MAX_DIRECTIVES {
            return true;
        }
        if !std::mem::replace(&mut self.is_full, true) {
            let message =
                "the includes multiply to more than authlint follows; nginx would hardly start with this";
            self.site.problems.push(Problem::at(ProblemKind::Limit, Span::new(file, 0, 0), message));
        }
        false
    }
}

pub(super) fn new_scope(
    kind: Kind,
    parent: u32,
    opened_by: Option<(FileId, StatementId)>,
    instance: u32,
) -> ScopeData {
    ScopeData {
        kind,
        parent,
        server: None,
        children: (0, 0),
        own: (0, 0),
        opened_by,
        expanded: None,
        instance,
        policy: 0,
        outer: 0,
        unknown_inside: false,
        conditional: false,
        shipped: None,
    }
}

/// The scope that a block opens in a scope of this kind, if access rules can stand in it.
fn block_kind(outer: Kind, name: &[u8]) -> Option<Kind> {
    match (outer, name) {
        (Kind::Main, b"http") => Some(Kind::Http),
        (Kind::Http, b"server") => Some(Kind::Server),
        (Kind::Server | Kind::Location | Kind::Snippet, b"location") => Some(Kind::Location),
        (Kind::Server | Kind::Location | Kind::Snippet, b"if") => Some(Kind::If),
        (Kind::Location | Kind::Snippet, b"limit_except") => Some(Kind::LimitExcept),
        _ => None,
    }
}
