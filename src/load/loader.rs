//! The work of loading: reads candidates, tells what they are, and follows includes wave by wave.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{Config, INSTALLED, Included, Kind, Loaded, Origin, Request, Server, dump, include, kind, walk};
use crate::finding::{Problem, ProblemKind};
use crate::parallel;
use crate::source::{FileId, FileKey, Host, ReadError, Source, Span};
use crate::syntax::{self, Tree};

pub struct Loader<'h> {
    pub(super) host: &'h mut Host,
    pub(super) server: Server,
    /// `-D NAME[=VALUE]`.
    pub(super) defines: Vec<String>,
    pub(super) leaves_served: bool,
    /// What standard input says, where it has been read.
    pub(super) input: Option<Vec<u8>>,
    /// What a person says is a main configuration.
    pub(super) entries: HashSet<PathBuf>,
    pub(super) loaded: Loaded,
    /// Problems of Apache's includes that were told.
    pub(super) told: HashSet<(Span, String)>,
    /// Paths of the server that were read, by identity and by the grammar they were read with.
    pub(super) known: HashMap<(FileKey, bool), Result<FileId, ReadError>>,
}

/// The grammar to read a file with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Nginx,
    Apache,
    /// Told by the file.
    Either,
}

/// A file that was read, now or before.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) file: FileId,
    is_fresh: bool,
}

/// A path that may be a configuration.
struct Candidate {
    path: PathBuf,
    /// Named by the user, not found in a directory: then it must be understood.
    named: bool,
}

/// Reads everything that `request` asks for.
pub fn run(request: &Request, host: &mut Host) -> Loaded {
    let defines = request.defines.clone();
    let (server, known) = (request.server, HashMap::new());
    let leaves_served = request.leaves_served;
    let (loaded, told) = (Loaded::default(), HashSet::new());
    let entries = request.entries.iter().map(|path| host.server_path(path)).collect();
    let input = request.input.clone();
    let mut run = Loader { host, server, defines, leaves_served, input, entries, loaded, told, known };
    run.run(request);
    run.loaded
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
            candidates.into_iter().partition(|candidate| kind::is_named_like_a_main(&candidate.path));
        self.take_in(mains);
        self.take_in(rest);

        if self.loaded.configs.is_empty() && self.loaded.problems.is_empty() {
            let path = request.paths.first().map_or_else(|| PathBuf::from("."), Clone::clone);
            let message = "none of the files here is an nginx or Apache configuration";
            self.loaded.problems.push(Problem::with_path(ProblemKind::Io, path, message));
        }
        if !request.entries.is_empty() && !request.paths.is_empty() {
            let asked = asked_for.iter().flat_map(|path| {
                let key = self.host.key(path);
                [false, true].map(|is_apache| self.known.get(&(key.clone(), is_apache)).cloned())
            });
            self.loaded.asked_for = Some(asked.flatten().filter_map(Result::ok).collect());
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
        let (mut nginx, mut apache, mut htaccess) = (Vec::new(), Vec::new(), Vec::new());
        let language = if self.server == Server::Apache { Language::Apache } else { Language::Either };
        for (path, result) in self.read(&paths, language) {
            let named = named.get(&path).copied().unwrap_or(false);
            let file = match result {
                Ok(Known { file, is_fresh: true }) => file,
                Ok(_) => continue,
                Err(error) if path.file_name().is_some_and(|name| name == ".htaccess") => {
                    self.unreadable(&path, &error);
                    continue;
                }
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
                Kind::NginxFragment => nginx.push((file, path)),
                Kind::ApacheMain => self.apache_config(file, &path, true),
                Kind::ApacheFragment => apache.push((file, path)),
                Kind::Htaccess => htaccess.push((file, path)),
                Kind::Neither if named || kind::is_named_like_apache(&path) => self.foreign(file),
                Kind::Neither => {}
            }
        }
        for (file, path) in self.not_included(nginx) {
            self.config(file, &path, false);
        }
        for (file, path) in self.not_included(apache) {
            self.apache_config(file, &path, false);
        }
        let alone = self.not_included(htaccess);
        self.htaccess_alone(alone);
    }

    fn not_included(&self, parts: Vec<(FileId, PathBuf)>) -> Vec<(FileId, PathBuf)> {
        let included: HashSet<FileId> = self.loaded.configs.iter().flat_map(Config::files).collect();
        parts.into_iter().filter(|(file, _)| !included.contains(file)).collect()
    }

    pub(super) fn kind(&self, path: &Path, file: FileId, named: bool) -> Kind {
        let source = self.loaded.files.sources.get(file);
        let tree = self.loaded.files.tree(file);
        let is_entry = self.entries.contains(path);
        // Beside a configuration lie tables and scripts that are none, whatever server is asked for.
        let may_be = named || path.extension().is_some_and(|extension| extension == "conf");
        match (self.server, kind::of(path, source, tree)) {
            (_, Kind::NginxFragment) | (Server::Nginx, Kind::Neither) if is_entry => Kind::NginxMain,
            (_, Kind::ApacheFragment) | (Server::Apache, Kind::Neither) if is_entry => Kind::ApacheMain,
            (Server::Apache, Kind::Neither) if may_be => Kind::ApacheFragment,
            (Server::Nginx, Kind::Neither) if may_be => Kind::NginxFragment,
            (_, Kind::Neither) if named && kind::has_the_form_of_nginx(source, tree) => Kind::NginxFragment,
            (_, kind) => kind,
        }
    }

    /// Follows the includes of one entry, wave by wave.
    pub(super) fn config(&mut self, entry: FileId, path: &Path, is_main: bool) {
        let prefix = if is_main { path.parent().map(Path::to_path_buf) } else { self.guess_prefix(path) };
        let installed = self.is_installed(path);
        let mut config = Config::new(entry, is_main, prefix, installed);
        let mut seen = HashSet::from([entry]);
        let mut wave = vec![entry];
        while !wave.is_empty() {
            let (wanted, problems) = include::resolve(&self.loaded.files, self.host, &config, &wave);
            self.loaded.problems.extend(problems);
            let mut paths: Vec<PathBuf> =
                wanted.iter().flat_map(|wanted| wanted.paths.iter().cloned()).collect();
            paths.sort_unstable();
            paths.dedup();
            let read: HashMap<PathBuf, Result<Known, ReadError>> =
                self.read(&paths, Language::Nginx).into_iter().collect();
            wave.clear();
            for wanted in wanted {
                let mut files = Vec::new();
                for path in &wanted.paths {
                    match read.get(path) {
                        Some(Ok(Known { file, .. })) if self.is_foreign(*file) => {
                            let span = self.loaded.files.head(wanted.file, wanted.statement);
                            let message =
                                format!("{} is no nginx configuration", self.host.shown(path).display());
                            self.loaded.problems.push(Problem::at(ProblemKind::Include, span, message));
                        }
                        Some(Ok(Known { file, .. })) => files.push(*file),
                        other => {
                            let error =
                                other.and_then(|read| read.as_ref().err()).unwrap_or(&ReadError::Missing);
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

    pub(super) fn is_installed(&self, path: &Path) -> bool {
        let is_here =
            !self.host.places(path) && INSTALLED.iter().any(|directory| path.starts_with(directory));
        self.host.is_memory() || self.host.has_root() || is_here
    }

    /// Reads and parses what is not known yet, in parallel; gives all in the order of the paths.
    pub(super) fn read(
        &mut self,
        paths: &[PathBuf],
        language: Language,
    ) -> Vec<(PathBuf, Result<Known, ReadError>)> {
        let host = &*self.host;
        let keys = parallel::map(paths, paths.len() > 8, |path| host.key(path));
        let wanted = match language {
            Language::Nginx => &[false][..],
            Language::Apache => &[true],
            Language::Either => &[true, false],
        };
        let mut seen = HashSet::new();
        let is_known =
            |key: &FileKey| wanted.iter().any(|&kind| self.known.contains_key(&(key.clone(), kind)));
        let fresh: Vec<(&PathBuf, &FileKey)> =
            paths.iter().zip(&keys).filter(|(_, key)| !is_known(key) && seen.insert(*key)).collect();
        let parsed = parallel::map(&fresh, fresh.len() > 8, |(path, _)| {
            let source = Source::new(host.shown(path), host.read(path)?);
            let tree = parse(path, &source, language);
            Ok((source, tree))
        });
        let mut made = HashSet::new();
        for ((path, key), parsed) in fresh.into_iter().zip(parsed) {
            let is_apache = match &parsed {
                Ok((_, tree)) => tree.is_apache(),
                Err(_) => language == Language::Apache,
            };
            let origin = if self.host.is_memory() {
                Origin::Elsewhere(key.clone())
            } else {
                Origin::Disk(path.clone(), key.clone())
            };
            let file = parsed.map(|(source, tree)| self.loaded.files.add_from(source, tree, origin));
            made.extend(file.clone().ok());
            self.known.insert((key.clone(), is_apache), file);
        }
        let mut results = Vec::with_capacity(paths.len());
        for (path, key) in paths.iter().zip(keys) {
            let known = wanted.iter().find_map(|&kind| self.known.get(&(key.clone(), kind)));
            let Some(known) = known.cloned() else { continue };
            let read = known.map(|file| Known { file, is_fresh: made.remove(&file) });
            results.push((path.clone(), read));
        }
        results
    }

    /// Reads files that an Apache configuration includes, or that are `.htaccess` files.
    pub(super) fn read_as_apache(&mut self, paths: &[PathBuf]) -> Vec<(PathBuf, Result<FileId, ReadError>)> {
        let read = self.read(paths, Language::Apache).into_iter();
        read.map(|(path, read)| (path, read.map(|read| read.file))).collect()
    }

    pub(super) fn read_problem(&mut self, path: &Path, error: &ReadError) {
        let kind = if matches!(error, ReadError::TooLarge(_)) { ProblemKind::Limit } else { ProblemKind::Io };
        let shown = self.host.shown(path);
        self.loaded.problems.push(Problem::with_path(kind, shown, error.to_string()));
    }

    /// What is in a file that is no configuration is not shown: it may be anything.
    pub(super) fn foreign(&mut self, file: FileId) {
        let path = self.loaded.files.sources.get(file).path();
        let message = "this is neither an nginx nor an Apache configuration";
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
                if self.loaded.configs.iter().any(|config| config.is_soaked(span(slip.at))) {
                    continue;
                }
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

/// Reads a text with the grammar that is asked for, or with that of the server it is for.
pub(super) fn parse(path: &Path, source: &Source, language: Language) -> Tree {
    if dump::is_dump(source.bytes()) {
        return Tree::default();
    }
    if language == Language::Apache || language == Language::Either && kind::is_named_like_apache(path) {
        return syntax::parse_apache(source);
    }
    let tree = syntax::parse_nginx(source);
    let is_apache = language == Language::Either && kind::of(path, source, &tree).is_apache();
    if is_apache { syntax::parse_apache(source) } else { tree }
}
