//! The files in a directory that may be configurations.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::kind;
use crate::finding::{Problem, ProblemKind};
use crate::source::Host;

/// Directories that hold no configuration of a server but a lot of files.
const SKIPPED: &[&str] = &["node_modules", "target", "__pycache__"];

/// The candidates below a directory of the server, in order of their paths, and what could not be
/// listed. Hidden directories are left out, unless it is the one that is asked for.
#[must_use]
pub fn candidates(host: &Host, directory: &Path) -> (Vec<PathBuf>, Vec<Problem>) {
    let here = host.disk_path(directory);
    let mut problems = Vec::new();
    let found = WalkDir::new(&here)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !entry.file_type().is_dir() || is_walked(entry))
        .filter_map(|entry| {
            entry.map_err(|error| problems.push(problem(host, directory, &here, &error))).ok()
        })
        .filter(|entry| {
            is_htaccess(entry) || !entry.file_type().is_dir() && kind::may_be_configuration(entry.path())
        })
        .filter_map(|entry| Some(directory.join(entry.path().strip_prefix(&here).ok()?)))
        .filter(|path| !host.is_directory(path) || path.ends_with(".htaccess"))
        .collect();
    (found, problems)
}

/// The files of these names below a directory of the server, in order of their paths.
#[must_use]
pub fn named(host: &Host, directory: &Path, names: &[Vec<u8>]) -> (Vec<PathBuf>, Vec<Problem>) {
    if host.is_memory() {
        return (named_in_memory(host, directory, names), Vec::new());
    }
    let here = host.disk_path(directory);
    if !here.exists() {
        return (Vec::new(), Vec::new());
    }
    let mut problems = Vec::new();
    let found = WalkDir::new(&here)
        // Below a root links may lead out of it.
        .follow_links(!host.has_root())
        .sort_by_file_name()
        .into_iter()
        .filter_map(|entry| {
            let is_loop = |error: &walkdir::Error| error.loop_ancestor().is_some();
            entry
                .map_err(|error| {
                    let is_dangling = error.path().is_some_and(|path| path.is_symlink());
                    if !is_loop(&error) && !is_dangling {
                        problems.push(problem(host, directory, &here, &error));
                    }
                })
                .ok()
        })
        .filter(|entry| entry.depth() > 0 && is_one_of(entry.file_name(), names))
        .filter_map(|entry| Some(directory.join(entry.path().strip_prefix(&here).ok()?)))
        .collect();
    (found, problems)
}

fn named_in_memory(host: &Host, directory: &Path, names: &[Vec<u8>]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![directory.to_path_buf()];
    while let Some(path) = todo.pop() {
        for name in host.list(&path, usize::MAX) {
            if is_one_of(name.as_ref(), names) {
                found.push(path.join(&name));
            } else if host.is_directory(&path.join(&name)) {
                todo.push(path.join(&name));
            }
        }
    }
    found.sort();
    found
}

fn is_one_of(name: &OsStr, names: &[Vec<u8>]) -> bool {
    names.iter().any(|known| known == name.as_bytes())
}

fn problem(host: &Host, directory: &Path, here: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().and_then(|path| path.strip_prefix(here).ok());
    let path = path.map_or_else(|| directory.to_path_buf(), |path| directory.join(path));
    let words = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Problem::with_path(ProblemKind::Io, host.shown(&path), words)
}

/// A directory of this name is what httpd stumbles over (spec a41).
fn is_htaccess(entry: &DirEntry) -> bool {
    entry.file_name() == ".htaccess"
}

fn is_walked(entry: &DirEntry) -> bool {
    let is_plain = |name: &str| !name.starts_with('.') && !SKIPPED.contains(&name);
    is_htaccess(entry) || entry.file_name().to_str().is_some_and(is_plain)
}
