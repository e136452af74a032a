//! The `.htaccess` files: below the document roots of a configuration, or standing alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::reader::Reader;
use super::reading::{Htaccess, Line, Reading, Step};
use crate::finding::{Problem, ProblemKind};
use crate::load::loader::Loader;
use crate::load::{Config, Dialect, walk};
use crate::parallel;
use crate::source::{FileId, ReadError, Span, offset};

impl Loader<'_> {
    /// Finds and reads the `.htaccess` files below what a configuration serves, if the files of its
    /// server are at hand.
    pub(super) fn htaccess_below_roots(&mut self, config: &Config, reading: &mut Reading) {
        let (roots, names) = self.served(reading);
        let mut roots: Vec<PathBuf> = roots
            .into_iter()
            .filter(|root| {
                !self.leaves_served || config.installed || self.host.places(root) || self.host.is_memory()
            })
            .filter(|root| root.components().count() > 2)
            .collect();
        roots.sort_unstable();
        roots.dedup_by(|below, above| below.starts_with(above));
        // httpd looks from the root of the file system down (spec a33).
        let above: BTreeSet<&Path> = roots.iter().flat_map(|root| root.ancestors().skip(1)).collect();
        let above = above
            .iter()
            .flat_map(|directory| names.iter().map(|name| directory.join(OsStr::from_bytes(name))));
        let mut found: Vec<PathBuf> = above.filter(|path| self.host.exists(path)).collect();
        for root in roots {
            let (paths, problems) = walk::named(self.host, &root, &names);
            self.loaded.problems.extend(problems);
            found.extend(paths);
        }
        self.read_htaccess(reading, &first_of_each(found, &names));
    }

    /// Makes a configuration of `.htaccess` files that no loaded site serves: what is around them is
    /// unknown.
    pub(in crate::load) fn htaccess_alone(&mut self, files: Vec<(FileId, PathBuf)>) {
        let Some((entry, path)) = files.first().cloned() else { return };
        let mut reading = Reading::default();
        self.set_environment(&mut reading, &path);
        let installed = self.is_installed(&path);
        let paths: Vec<PathBuf> = files.into_iter().map(|(_, path)| path).collect();
        self.read_htaccess(&mut reading, &paths);
        let mut config = Config::new(entry, false, None, installed);
        config.dialect = Dialect::Apache(Box::new(reading));
        self.loaded.configs.push(config);
    }

    /// A `.htaccess` on standard input, in the directory of the name that is given for it.
    pub(in crate::load) fn standard_htaccess(&mut self, file: FileId, path: &Path) {
        let mut reading = Reading::default();
        self.set_environment(&mut reading, path);
        let directory = path.parent().unwrap_or(path).to_path_buf();
        self.take_in_htaccess(&mut reading, vec![Htaccess { directory, file: Some(file) }]);
        let mut config = Config::new(file, false, None, false);
        config.dialect = Dialect::Apache(Box::new(reading));
        self.loaded.configs.push(config);
    }

    /// The directories that are served, and the names that `.htaccess` has.
    fn served(&self, reading: &Reading) -> (Vec<PathBuf>, Vec<Vec<u8>>) {
        let mut roots = Vec::new();
        let mut names = Vec::new();
        for line in reading.lines.iter().filter(|line| line.step == Step::Directive) {
            let file = reading.file(*line);
            let (tree, source) = (self.loaded.files.tree(file), self.loaded.files.sources.get(file));
            let name = tree.raw(source, line.statement, 0).unwrap_or_default();
            let argument = match name.len() {
                5 if name.eq_ignore_ascii_case(b"Alias") => 2,
                11 if name.eq_ignore_ascii_case(b"ScriptAlias") => 2,
                12 if name.eq_ignore_ascii_case(b"DocumentRoot") => 1,
                14 if name.eq_ignore_ascii_case(b"AccessFileName") => {
                    let words = reading.known_words(&self.loaded.files, *line).into_iter().skip(1);
                    names = words.flatten().collect();
                    continue;
                }
                _ => continue,
            };
            let words = reading.known_words(&self.loaded.files, *line);
            if let Some(Some(path)) = words.get(argument) {
                roots.extend(reading.absolute(Path::new(OsStr::from_bytes(path))));
            }
        }
        if names.is_empty() {
            names.push(b".htaccess".to_vec());
        }
        (roots, names)
    }

    fn read_htaccess(&mut self, reading: &mut Reading, paths: &[PathBuf]) {
        let mut files = Vec::with_capacity(paths.len());
        for (path, read) in self.read_as_apache(paths) {
            let directory = path.parent().unwrap_or(&path).to_path_buf();
            let file = read.map_err(|error| self.unreadable(&path, &error)).ok();
            let foreign = file.filter(|file| self.is_foreign_to_apache(*file));
            if foreign.is_some() {
                let message =
                    "this is no Apache configuration: httpd answers 500 for everything in the directory";
                let shown = self.host.shown(&path);
                self.loaded.problems.push(Problem::with_path(ProblemKind::Unsupported, shown, message));
            }
            let file = file.filter(|_| foreign.is_none());
            files.push(Htaccess { directory, file });
        }
        self.take_in_htaccess(reading, files);
    }

    fn take_in_htaccess(&mut self, reading: &mut Reading, files: Vec<Htaccess>) {
        for file in files.iter().filter_map(|htaccess| htaccess.file) {
            let long = long_line(self.loaded.files.sources.get(file).bytes());
            self.loaded.problems.extend(long.map(|start| {
                let message = "the line is longer than the 8,191 bytes that httpd reads of one here";
                let at = Span::new(file, offset(start), offset(start));
                let problem = Problem::at(ProblemKind::Syntax, at, message);
                problem.help("it answers 500 for everything in the directory: make several lines of it")
            }));
        }
        let (host, all) = (&*self.host, &self.loaded.files);
        let environment = &reading.environment;
        let read = parallel::map(&files, files.len() > 8, |htaccess| {
            let file = htaccess.file?;
            let mut reader = Reader::new(Reading::with(environment.clone()), true);
            reader.enter(all, &[file], None);
            reader.run(all, host);
            Some((reader.reading, reader.problems))
        });
        for (htaccess, read) in files.into_iter().zip(read) {
            let Some((lines, problems)) = read else { continue };
            let number = offset(reading.htaccess.len());
            let instance = offset(reading.instances.len());
            let line =
                Line { step: Step::Htaccess, condition: 0, instance, statement: number, expanded: None };
            reading.lines.push(line);
            reading.append(lines);
            reading.lines.push(Line { step: Step::Close, ..line });
            reading.htaccess.push(htaccess);
            self.loaded.problems.extend(problems);
        }
        reading.finish();
    }

    /// httpd answers 403 for the whole directory (spec a41).
    pub(in crate::load) fn unreadable(&mut self, path: &Path, error: &ReadError) {
        let message = match error {
            ReadError::Directory | ReadError::Special(_) => {
                format!("{error}: httpd answers 403 for everything in the directory")
            }
            other => format!("{other}: where the server's user may not read it either, httpd answers 403"),
        };
        let problem = Problem::with_path(ProblemKind::Io, self.host.shown(path), message);
        self.loaded.problems.push(problem.help("make it a file that can be read, or remove it"));
    }
}

/// Where the first line begins that is longer than httpd's buffer, continuations put together (spec a8).
/// Measured on 2.4.71: 8,191 bytes before a line feed, 8,192 before the end of the file.
fn long_line(bytes: &[u8]) -> Option<usize> {
    const BUFFER: usize = 8192;
    let (mut start, mut length, mut at) = (0, 0, 0);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        length += line.len();
        if length > BUFFER {
            return Some(start);
        }
        at += line.len();
        let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n")).unwrap_or(line);
        if text.ends_with(b"\\") {
            length -= line.len() - text.len() + 1;
        } else {
            (start, length) = (at, 0);
        }
    }
    None
}

/// Of the files in one directory the one whose name `AccessFileName` gives first (spec a32).
fn first_of_each(found: Vec<PathBuf>, names: &[Vec<u8>]) -> Vec<PathBuf> {
    let rank = |path: &PathBuf| {
        let name = path.file_name().map(OsStr::as_bytes);
        names.iter().position(|known| Some(known.as_slice()) == name).unwrap_or(usize::MAX)
    };
    let mut best: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let mut ranks: HashMap<PathBuf, usize> = HashMap::new();
    for path in found {
        let directory = path.parent().unwrap_or(&path).to_path_buf();
        let rank = rank(&path);
        if ranks.get(&directory).is_none_or(|&other| rank < other) {
            ranks.insert(directory.clone(), rank);
            best.insert(directory, path);
        }
    }
    best.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_too_long() {
        let text = |length: usize, end: &str| format!("\n#{}{end}", "x".repeat(length - 1)).into_bytes();
        assert_eq!(long_line(&text(8191, "\n")), None);
        assert_eq!(long_line(&text(8192, "\n")), Some(1));
        assert_eq!(long_line(&text(8192, "")), None);
        assert_eq!(long_line(&[text(4000, "\\\n"), text(4191, "\n")[1..].to_vec()].concat()), None);
        assert_eq!(long_line(&[text(4000, "\\\n"), text(4192, "\n")[1..].to_vec()].concat()), Some(1));
    }
}
