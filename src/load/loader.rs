//! The work of loading: reads candidates, tells what they are, and follows includes wave by wave.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Config, INSTALLED, Included, Kind, Loaded, Request, Server, dump, include, kind, walk};
use crate::finding::{Problem, ProblemKind};
use crate::parallel;
use crate::source::{FileId, FileKey, Host, MAX_FILE, ReadError, Source, Span};
use crate::syntax::{self, Tree};

struct Loader<'h> {
    host: &'h mut Host,
    server: Server,
    loaded: Loaded,
    /// Paths of the server that were read, by identity; `None` where reading failed.
    known: HashMap<FileKey, Option<FileId>>,
}

/// A path that may be a configuration.
struct Candidate {
    path: PathBuf,
    /// Named by the user, not found in a directory: then it must be understood.
    named: bool,
}

/// Reads everything that `request` asks for.
pub fn run(request: &Request, host: &mut Host) -> Loaded {
    let mut loader =
        Loader { host, server: request.server, loaded: Loaded::default(), known: HashMap::new() };
    loader.run(request);
    loader.loaded
}

impl Loader<'_> {
    fn run(&mut self, request: &Request) {
        let mut candidates = Vec::new();
        for path in &request.paths {
            if path == Path::new("-") {
                self.standard_input(request.stdin_filename.as_deref());
            } else {
                self.expand(path, &mut candidates);
            }
        }
        for path in &request.entries {
            let path = self.host.server_path(path);
            candidates.insert(0, Candidate { path, named: true });
        }
        let asked_for: Vec<PathBuf> =
            candidates.iter().skip(request.entries.len()).map(|c| c.path.clone()).collect();

        // Main configurations first, so that their parts get the names under which they include them.
        let (mains, rest): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|c| c.path.file_name().is_some_and(|name| name == "nginx.conf"));
        self.take_in(mains);
        self.take_in(rest);

        if self.loaded.configs.is_empty() && self.loaded.problems.is_empty() {
            let path = request.paths.first().map_or_else(|| PathBuf::from("."), Clone::clone);
            let message = "none of the files here is an nginx or Apache configuration";
            self.loaded.problems.push(Problem::with_path(ProblemKind::Io, path, message));
        }
        if !request.entries.is_empty() {
            let asked =
                asked_for.iter().filter_map(|path| self.known.get(&self.host.key(path)).copied().flatten());
            self.loaded.asked_for = Some(asked.collect());
        }
        self.report_slips();
    }

    fn expand(&mut self, path: &Path, candidates: &mut Vec<Candidate>) {
        let server_path = self.host.server_path(path);
        if self.host.is_directory(&server_path) {
            let (found, problems) = walk::candidates(self.host, &server_path);
            let is_listed = problems.is_empty();
            self.loaded.problems.extend(problems);
            if found.is_empty() && is_listed {
                let message = "no nginx or Apache configuration in this directory";
                self.loaded.problems.push(Problem::with_path(ProblemKind::Io, path, message));
            }
            candidates.extend(found.into_iter().map(|path| Candidate { path, named: false }));
        } else {
            candidates.push(Candidate { path: server_path, named: true });
        }
    }

    /// Reads candidates that are not known yet, and makes configurations of them.
    fn take_in(&mut self, candidates: Vec<Candidate>) {
        let named: HashMap<PathBuf, bool> = candidates.iter().map(|c| (c.path.clone(), c.named)).collect();
        let paths: Vec<PathBuf> = candidates.into_iter().map(|c| c.path).collect();
        let mut fragments = Vec::new();
        for (path, result) in self.read(&paths) {
            let named = named.get(&path).copied().unwrap_or(false);
            let file = match result {
                Ok(Some(file)) => file,
                Ok(None) => continue,
                Err(error) => {
                    self.read_problem(&path, &error);
                    continue;
                }
            };
            let bytes = self.loaded.files.sources.get(file).bytes();
            if dump::is_dump(bytes) {
                let bytes = bytes.to_vec();
                self.dump(&bytes);
                continue;
            }
            match self.kind(&path, file, named) {
                Kind::NginxMain => self.config(file, &path, true),
                Kind::NginxFragment => fragments.push((file, path)),
                Kind::Apache => self.apache(file),
                Kind::Neither if named => self.foreign(file),
                Kind::Neither => {}
            }
        }
        let included: HashSet<FileId> = self.loaded.configs.iter().flat_map(Config::files).collect();
        for (file, path) in fragments {
            if !included.contains(&file) {
                self.config(file, &path, false);
            }
        }
    }

    fn kind(&self, path: &Path, file: FileId, named: bool) -> Kind {
        let source = self.loaded.files.sources.get(file);
        let tree = self.loaded.files.tree(file);
        match (self.server, kind::of(path, source, tree)) {
            (Server::Apache, _) => Kind::Apache,
            (Server::Nginx, Kind::Apache | Kind::Neither) => Kind::NginxFragment,
            (_, Kind::Neither) if named && kind::has_the_form_of_nginx(source, tree) => Kind::NginxFragment,
            (_, kind) => kind,
        }
    }

    /// Follows the includes of one entry, wave by wave.
    fn config(&mut self, entry: FileId, path: &Path, is_main: bool) {
        let prefix = if is_main { path.parent().map(Path::to_path_buf) } else { self.guess_prefix(path) };
        let installed = self.is_installed(path);
        let mut config = Config { entry, is_main, prefix, includes: HashMap::new(), installed };
        let mut seen = HashSet::from([entry]);
        let mut wave = vec![entry];
        while !wave.is_empty() {
            let (wanted, problems) = include::resolve(&self.loaded.files, self.host, &config, &wave);
            self.loaded.problems.extend(problems);
            let mut paths: Vec<PathBuf> =
                wanted.iter().flat_map(|wanted| wanted.paths.iter().cloned()).collect();
            paths.sort_unstable();
            paths.dedup();
            let mut failed = HashMap::new();
            for (path, result) in self.read(&paths) {
                if let Err(error) = result {
                    failed.insert(path, error);
                }
            }
            wave.clear();
            for wanted in wanted {
                let mut files = Vec::new();
                for path in &wanted.paths {
                    match self.known.get(&self.host.key(path)).copied().flatten() {
                        Some(file) if self.is_foreign(file) => {
                            let span = self.loaded.files.head(wanted.file, wanted.statement);
                            let message =
                                format!("{} is no nginx configuration", self.host.shown(path).display());
                            self.loaded.problems.push(Problem::at(ProblemKind::Include, span, message));
                        }
                        Some(file) => files.push(file),
                        None => {
                            let error = failed.get(path).unwrap_or(&ReadError::Missing);
                            let problem = self.include_problem(&wanted, path, error, &config);
                            self.loaded.problems.push(problem);
                        }
                    }
                }
                wave.extend(files.iter().copied().filter(|file| seen.insert(*file)));
                let is_whole = wanted.is_whole && files.len() == wanted.paths.len();
                config.includes.insert((wanted.file, wanted.statement), Included { files, is_whole });
            }
        }
        let problems = include::cut_cycles(&self.loaded.files, &mut config);
        self.loaded.problems.extend(problems);
        self.loaded.configs.push(config);
    }

    /// Whether an included file is of another kind altogether, such as `/etc/shadow`. Then its text
    /// must not come up in a message about its syntax.
    fn is_foreign(&self, file: FileId) -> bool {
        let source = self.loaded.files.sources.get(file);
        let tree = self.loaded.files.tree(file);
        !tree.slips.is_empty() && kind::of(source.path(), source, tree) == Kind::Neither
    }

    /// The main configuration's directory for a part: the nearest directory above that holds an
    /// `nginx.conf`.
    fn guess_prefix(&self, path: &Path) -> Option<PathBuf> {
        path.ancestors()
            .skip(1)
            .take(4)
            .find(|above| self.host.exists(&above.join("nginx.conf")))
            .map(Path::to_path_buf)
    }

    fn is_installed(&self, path: &Path) -> bool {
        let is_here =
            !self.host.places(path) && INSTALLED.iter().any(|directory| path.starts_with(directory));
        self.host.is_memory() || self.host.has_root() || is_here
    }

    /// Reads and parses what is not known yet, in parallel. `Ok(None)`: it was known before.
    fn read(&mut self, paths: &[PathBuf]) -> Vec<(PathBuf, Result<Option<FileId>, ReadError>)> {
        let host = &*self.host;
        let keys = parallel::map(paths, paths.len() > 8, |path| host.key(path));
        let mut fresh = Vec::new();
        let mut results = Vec::new();
        for (path, key) in paths.iter().zip(keys) {
            if self.known.contains_key(&key) {
                results.push((path.clone(), Ok(None)));
            } else {
                self.known.insert(key.clone(), None);
                fresh.push((path, key));
            }
        }
        let parsed = parallel::map(&fresh, fresh.len() > 8, |(path, _)| {
            let source = Source::new(host.shown(path), host.read(path)?);
            let is_dump = dump::is_dump(source.bytes());
            let tree = if is_dump { Tree::default() } else { syntax::parse_nginx(&source) };
            Ok((source, tree))
        });
        for ((path, key), parsed) in fresh.into_iter().zip(parsed) {
            let result = parsed.map(|(source, tree)| {
                let file = self.loaded.files.add(source, tree);
                self.known.insert(key, Some(file));
                Some(file)
            });
            results.push((path.clone(), result));
        }
        results
    }

    fn standard_input(&mut self, name: Option<&Path>) {
        let mut bytes = Vec::new();
        let shown = name.map_or_else(|| PathBuf::from("<stdin>"), Path::to_path_buf);
        match std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut bytes) {
            Err(error) => {
                let problem = Problem::with_path(ProblemKind::Io, shown, format!("standard input: {error}"));
                self.loaded.problems.push(problem);
            }
            Ok(_) if bytes.len() as u64 > MAX_FILE => self.read_problem(&shown, &ReadError::TooLarge),
            Ok(_) if dump::is_dump(&bytes) => self.dump(&bytes),
            Ok(_) if bytes.trim_ascii().is_empty() => {
                let problem = Problem::with_path(ProblemKind::Io, shown, "standard input is empty");
                self.loaded.problems.push(problem.help("if it comes from `nginx -T`: see what that says"));
            }
            Ok(_) if bytes.starts_with(b"nginx: [emerg]") => {
                let message = "`nginx -T` refused the configuration and printed none of it";
                let problem = Problem::with_path(ProblemKind::Io, shown, message);
                self.loaded
                    .problems
                    .push(problem.help("check the files themselves: `authlint check /etc/nginx`"));
            }
            Ok(_) => {
                let path = self.host.server_path(name.unwrap_or(Path::new("stdin.conf")));
                let source = Source::new(shown, bytes);
                let tree = syntax::parse_nginx(&source);
                let file = self.loaded.files.add(source, tree);
                match self.kind(&path, file, true) {
                    Kind::NginxMain => self.config(file, &path, true),
                    Kind::NginxFragment => self.config(file, &path, false),
                    Kind::Apache => self.apache(file),
                    Kind::Neither => self.foreign(file),
                }
            }
        }
    }

    /// Loads the configuration that `nginx -T` printed. Its files are those of the dump and no
    /// others; that of the machine is the same if its main file is.
    fn dump(&mut self, bytes: &[u8]) {
        let files = dump::split(bytes);
        let Some((main, text)) = files.first().cloned() else { return };
        let installed = self.host.read(&main).is_ok_and(|here| here == text);
        let mut memory = dump::host(files);
        let mut inner = Loader {
            host: &mut memory,
            server: Server::Nginx,
            loaded: std::mem::take(&mut self.loaded),
            known: HashMap::new(),
        };
        if let Some((path, Ok(Some(file)))) = inner.read(std::slice::from_ref(&main)).pop() {
            inner.config(file, &path, true);
        }
        self.loaded = inner.loaded;
        if let Some(config) = self.loaded.configs.last_mut() {
            config.installed = installed || self.host.has_root();
        }
    }

    fn read_problem(&mut self, path: &Path, error: &ReadError) {
        let kind = if *error == ReadError::TooLarge { ProblemKind::Limit } else { ProblemKind::Io };
        let shown = self.host.shown(path);
        self.loaded.problems.push(Problem::with_path(kind, shown, error.to_string()));
    }

    /// What is in a file that is no configuration is not shown: it may be anything.
    fn foreign(&mut self, file: FileId) {
        self.unsupported(file, "this is neither an nginx nor an Apache configuration");
    }

    fn apache(&mut self, file: FileId) {
        self.unsupported(file, "this is an Apache configuration, which is not read yet");
    }

    fn unsupported(&mut self, file: FileId, message: &str) {
        let path = self.loaded.files.sources.get(file).path();
        self.loaded.problems.push(Problem::with_path(ProblemKind::Unsupported, path, message));
    }

    fn include_problem(
        &self,
        wanted: &include::Wanted,
        path: &Path,
        error: &ReadError,
        config: &Config,
    ) -> Problem {
        let span = self.loaded.files.head(wanted.file, wanted.statement);
        let shown = self.host.shown(path);
        let problem = Problem::at(ProblemKind::Include, span, format!("{}: {}", shown.display(), error));
        match include::map_hint(self.host, config, path) {
            Some(hint) if *error == ReadError::Missing => problem.help(hint),
            _ => problem,
        }
    }

    /// Slips of the files that some configuration uses.
    fn report_slips(&mut self) {
        let used: HashSet<FileId> = self.loaded.configs.iter().flat_map(Config::files).collect();
        let mut used: Vec<FileId> = used.into_iter().collect();
        used.sort_unstable();
        for file in used {
            for slip in &self.loaded.files.tree(file).slips {
                let span = |range: syntax::Range| Span::new(file, range.start, range.end);
                let mut problem = Problem::at(ProblemKind::Syntax, span(slip.at), slip.message.clone());
                if let Some((range, words)) = slip.because {
                    problem = problem.also(span(range), words);
                }
                problem.help = slip.help.map(str::to_owned);
                self.loaded.problems.push(problem);
            }
        }
    }
}
