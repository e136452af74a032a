//! Following a path of the server, links included, as its kernel would.

use std::io;
use std::path::{Component, Path, PathBuf};

use super::Host;
use super::disk::{Kind, Stat};

/// As Linux: more links than this on one path are a loop.
const MAX_LINKS: usize = 40;

/// Why what lies outside of a root is not looked at.
pub(super) const OUTSIDE: &str = "this leads out of the root";

/// Where a path of the server leads.
pub(super) enum Walk {
    Found {
        path: PathBuf,
        stat: Stat,
        /// Every directory gone through, in order.
        parents: Vec<(PathBuf, Stat)>,
    },
    Missing {
        at: PathBuf,
        parents: Vec<(PathBuf, Stat)>,
    },
    NotADirectory {
        at: PathBuf,
        parents: Vec<(PathBuf, Stat)>,
    },
    /// Out of a given root, by `..`.
    Outside,
    Unknown {
        why: String,
        parents: Vec<(PathBuf, Stat)>,
    },
}

impl Host {
    /// Follows a path of the server part by part, links included, as its kernel would: an absolute
    /// link starts at the server's root again. Nothing outside of a given root is ever reached: where `..`
    /// leads out of it, whoever wrote that had another root in mind.
    pub(super) fn walk(&self, path: &Path) -> Walk {
        let mut todo = Vec::new();
        put_parts(&mut todo, path);
        let mut at = PathBuf::from("/");
        let mut parents = Vec::new();
        let mut links = 0;
        let mut stat = match self.disk.lstat(&self.here(&at)) {
            Ok(stat) => stat,
            Err(_) => Stat::assumed_directory(),
        };
        while let Some(part) = todo.pop() {
            match part.components().next() {
                Some(Component::Normal(name)) => {
                    if stat.kind != Kind::Directory {
                        return Walk::NotADirectory { at, parents };
                    }
                    if self.has_its_own_mode(&at) {
                        parents.push((at.clone(), stat));
                    }
                    at.push(name);
                }
                Some(Component::ParentDir) => {
                    // What is above is looked up in the directory itself.
                    if stat.kind != Kind::Directory {
                        return Walk::NotADirectory { at, parents };
                    }
                    if self.has_its_own_mode(&at) {
                        parents.push((at.clone(), stat));
                    }
                    if !at.pop() && self.root.is_some() {
                        return Walk::Outside;
                    }
                }
                Some(Component::CurDir) if stat.kind != Kind::Directory => {
                    return Walk::NotADirectory { at, parents };
                }
                Some(Component::RootDir) => at = PathBuf::from("/"),
                _ => continue,
            }
            stat = match self.disk.lstat(&self.here(&at)) {
                Ok(stat) => stat,
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.leads_to_a_map(&at) => {
                    Stat::assumed_directory()
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Walk::Missing { at, parents };
                }
                Err(error) => {
                    return Walk::Unknown { why: format!("{}: {error}", self.shown(&at).display()), parents };
                }
            };
            if stat.kind == Kind::Link {
                links += 1;
                let target = self.disk.read_link(&self.here(&at));
                let (Ok(target), true) = (target, links <= MAX_LINKS) else {
                    let why = format!("{}: too many links", self.shown(&at).display());
                    return Walk::Unknown { why, parents };
                };
                at.pop();
                put_parts(&mut todo, &target);
                stat = Stat::assumed_directory();
            }
        }
        Walk::Found { path: at, stat, parents }
    }

    /// An absolute path of the server with its links followed; none where nothing is found there.
    #[must_use]
    pub fn real_path(&self, path: &Path) -> Option<PathBuf> {
        match self.walk(path) {
            Walk::Found { path, .. } => Some(path),
            _ => None,
        }
    }

    /// Whether a map begins below this path, so that it is there for the server.
    fn leads_to_a_map(&self, path: &Path) -> bool {
        self.maps.iter().any(|map| map.from.starts_with(path))
    }

    /// Whether modes at this path are the server's: the top of a root or of a map stands for a
    /// directory of the server but has the mode that a checkout or a mount gave it.
    fn has_its_own_mode(&self, path: &Path) -> bool {
        let root = self.root.is_some() && path == Path::new("/");
        let maps = self.maps.iter().any(|map| map.from.starts_with(path));
        !root && !maps
    }
}

/// Puts the parts of a path on top of what is to be done. `users/` and `users/.` ask for a directory, which is a part
/// of its own here.
fn put_parts(todo: &mut Vec<PathBuf>, path: &Path) {
    let bytes = path.as_os_str().as_encoded_bytes();
    if bytes.ends_with(b"/") || bytes.ends_with(b"/.") {
        todo.push(PathBuf::from("."));
    }
    todo.extend(path.components().rev().map(|part| PathBuf::from(part.as_os_str())));
}
