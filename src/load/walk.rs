//! The files in a directory that may be configurations.

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
        .filter(|entry| !entry.file_type().is_dir() && kind::may_be_configuration(entry.path()))
        .filter_map(|entry| Some(directory.join(entry.path().strip_prefix(&here).ok()?)))
        .filter(|path| !host.is_directory(path))
        .collect();
    (found, problems)
}

fn problem(host: &Host, directory: &Path, here: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().and_then(|path| path.strip_prefix(here).ok());
    let path = path.map_or_else(|| directory.to_path_buf(), |path| directory.join(path));
    let words = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
    Problem::with_path(ProblemKind::Io, host.shown(&path), words)
}

fn is_walked(entry: &DirEntry) -> bool {
    entry.file_name().to_str().is_some_and(|name| !name.starts_with('.') && !SKIPPED.contains(&name))
}
