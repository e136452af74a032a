//! httpd's configuration: from its entry through all that it includes to the `.htaccess` files below
//! its document roots.

mod condition;
mod environment;
mod expand;
mod htaccess;
mod macros;
mod reader;
mod reading;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::include::{self, Included};
use super::loader::Loader;
use super::{Config, Dialect, kind};
use crate::finding::{Place, Problem, ProblemKind};
use crate::source::{FileId, ReadError};
use reader::{Reader, Wanted};

pub use environment::{Truth, is_module_name};
pub use reading::{Expanded, ExpandedId, Htaccess, Line, ModuleTest, Reading, Step, UnknownVariable};

/// How deep directories may lie in a directory that is included.
const MAX_DIRECTORIES: usize = 20;

/// More files than this are not read for one `Include`.
const MAX_INCLUDED: usize = 100_000;

/// What an `Include` names.
enum Target {
    Paths(Vec<PathBuf>),
    /// Nobody knows.
    Unknown,
    Wrong(Problem),
}

impl Loader<'_> {
    /// Reads a main configuration, or a part of one.
    pub(super) fn apache_config(&mut self, entry: FileId, path: &Path, is_main: bool) {
        let mut reading = Reading::default();
        reading.environment().is_main = is_main;
        reading.environment().files_are_here = !self.leaves_served;
        reading.server_root = if is_main { server_root(path) } else { None };
        self.set_environment(&mut reading, path);
        let prefix = reading.server_root.clone();
        let mut config = Config::new(entry, is_main, prefix, self.is_installed(path));
        let mut reader = Reader::new(reading, false);
        reader.enter(&self.loaded.files, &[entry], None);
        while let Some(wanted) = reader.run(&self.loaded.files, self.host) {
            self.include(&mut reader, &mut config, &wanted);
        }
        self.loaded.problems.extend(reader.problems);
        let mut reading = reader.reading;
        self.htaccess_below_roots(&config, &mut reading);
        reading.finish();
        config.dialect = Dialect::Apache(Box::new(reading));
        self.loaded.configs.push(config);
    }

    /// Variables of the process: of Debian's `envvars`, and those given with `-D`.
    fn set_environment(&self, reading: &mut Reading, path: &Path) {
        let beside = path.parent().unwrap_or(path);
        let places = [Some(beside), beside.parent(), beside.parent().and_then(Path::parent)];
        let envvars =
            places.into_iter().flatten().find_map(|place| self.host.read(&place.join("envvars")).ok());
        if let Some(text) = envvars {
            reading.environment().read_envvars(&String::from_utf8_lossy(&text));
        }
        for define in &self.defines {
            let (name, value) = define.split_once('=').map_or((define.as_str(), None), |(n, v)| (n, Some(v)));
            reading.environment().define(name.as_bytes(), value.map(|value| value.as_bytes().to_vec()), true);
        }
    }

    fn include(&mut self, reader: &mut Reader, config: &mut Config, wanted: &Wanted) {
        let file = reader.reading.file(wanted.line);
        let key = (file, wanted.line.statement);
        let head = self.loaded.files.head(file, wanted.line.statement);
        let paths = match self.target(reader, config, wanted) {
            Target::Paths(paths) => paths,
            Target::Unknown => {
                reader.unknown(wanted.line);
                reader.reading.environment().lacks_parts = true;
                config.includes.entry(key).or_default();
                return;
            }
            Target::Wrong(problem) => {
                reader.unknown(wanted.line);
                reader.reading.environment().lacks_parts = true;
                config.includes.entry(key).or_default();
                self.problem_once(problem);
                return;
            }
        };
        let mut is_whole = true;
        let mut files = Vec::new();
        for (path, read) in self.read_as_apache(&paths) {
            let problem = match read {
                Ok(file) if reader.is_open(file) => {
                    let message =
                        "the file is included again while it is being read: httpd never gets to the end";
                    Problem::at(ProblemKind::Include, head, message)
                }
                Ok(file) if self.is_foreign_to_apache(file) => {
                    let shown = self.host.shown(&path);
                    let message = format!("{} is no Apache configuration", shown.display());
                    Problem::at(ProblemKind::Include, head, message)
                }
                Ok(file) => {
                    files.push(file);
                    continue;
                }
                Err(ReadError::Missing) if wanted.is_optional => continue,
                Err(error) => {
                    let shown = self.host.shown(&path);
                    Problem::at(ProblemKind::Include, head, format!("{}: {error}", shown.display()))
                }
            };
            is_whole = false;
            self.problem_once(problem);
        }
        if !is_whole {
            reader.unknown(wanted.line);
            reader.reading.environment().lacks_parts = true;
        }
        reader.enter(&self.loaded.files, &files, Some(wanted.line));
        let included = config.includes.entry(key).or_insert(Included { files: Vec::new(), is_whole: true });
        included.is_whole &= is_whole;
        files.retain(|file| !included.files.contains(file));
        included.files.extend(files);
    }

    /// The files that an `Include` names (spec a27, a28).
    fn target(&self, reader: &Reader, config: &Config, wanted: &Wanted) -> Target {
        let file = reader.reading.file(wanted.line);
        let head = self.loaded.files.head(file, wanted.line.statement);
        let Some(written) = &wanted.path else { return Target::Unknown };
        let Some(mut path) = reader.reading.absolute(written) else { return Target::Unknown };
        // A checkout keeps beside its main configuration what lies in `ServerRoot` on the server.
        if let Some(beside) = config.prefix.as_ref().filter(|_| written.is_relative() && !config.installed)
            && !self.host.places(&path)
        {
            path = beside.join(written);
        }
        let wrong = |message: String| Problem::at(ProblemKind::Include, head, message);
        if config.is_main
            && !config.installed
            && !self.host.places(&path)
            && let Some(hint) = include::map_hint(self.host, config, &path)
        {
            return Target::Wrong(
                wrong("where this path of the server lies here is not known".into()).help(hint),
            );
        }
        if include::is_pattern(path.as_os_str()) {
            return match self.host.glob(&path) {
                Err(error) => Target::Wrong(Problem::at(ProblemKind::Io, head, error.to_string())),
                Ok(found) if found.is_empty() && !config.is_main && !config.installed => Target::Unknown,
                Ok(found) if found.is_empty() && !wanted.is_optional => Target::Wrong(wrong(
                    "no file matches, which httpd refuses: `IncludeOptional` accepts it".into(),
                )),
                Ok(found) => Target::Paths(found.into_iter().flat_map(|path| self.files_in(path)).collect()),
            };
        }
        if !self.host.exists(&path) && !config.is_main {
            return Target::Unknown;
        }
        Target::Paths(self.files_in(path))
    }

    /// A file, or everything in a directory and below, in the order of the names (spec a27).
    fn files_in(&self, path: PathBuf) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut todo = vec![(path, 0)];
        // A link may lead back up: every directory counts once.
        let mut seen = HashSet::new();
        while let Some((path, depth)) = todo.pop() {
            if files.len() > MAX_INCLUDED {
                break;
            }
            if self.host.is_directory(&path) {
                if depth >= MAX_DIRECTORIES || !seen.insert(self.host.key(&path)) {
                    continue;
                }
                let mut names = self.host.list(&path, usize::MAX);
                names.sort_unstable();
                todo.extend(names.into_iter().rev().map(|name| (path.join(name), depth + 1)));
            } else {
                files.push(path);
            }
        }
        files
    }

    /// Whether a file is of another kind altogether, such as `/etc/shadow`: its text must not come up in
    /// a message.
    pub(super) fn is_foreign_to_apache(&self, file: FileId) -> bool {
        kind::is_foreign_to_apache(self.loaded.files.sources.get(file), self.loaded.files.tree(file))
    }

    fn problem_once(&mut self, problem: Problem) {
        let Place::Span(span) = problem.place else { return self.loaded.problems.push(problem) };
        if self.told.insert((span, problem.message.clone())) {
            self.loaded.problems.push(problem);
        }
    }
}

/// `ServerRoot` where the configuration does not say: what Debian and the Apache project build in.
fn server_root(main: &Path) -> Option<PathBuf> {
    let directory = main.parent()?;
    if directory.file_name().is_some_and(|name| name == "conf") {
        directory.parent()
    } else {
        Some(directory)
    }
    .map(Path::to_path_buf)
}
