//! Whether the server's user can read a file: its mode, and the directories above it.

use std::path::{Path, PathBuf};

use super::disk::{Kind, Stat};
use super::follow::{OUTSIDE, Walk};
use super::users::Permission;
use super::{Host, Identity};

/// Type, permissions and owner of a file that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileState {
    /// The server's path.
    pub path: PathBuf,
    /// The twelve permission bits.
    pub mode: u32,
    /// The owner's name, or its number where there is none.
    pub owner: String,
    /// The group's name, or its number where there is none.
    pub group: String,
}

/// What keeps the server from reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The file's own mode.
    File(FileState),
    /// A directory above it that the user may not search.
    Parent(FileState),
    /// A part of the path that should be a directory is a file.
    NotADirectory(PathBuf),
}

/// Whether the server's user can read a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Yes.
    Readable,
    /// It is not there; the first part of the path that is missing.
    Missing(PathBuf),
    /// It is a directory.
    Directory,
    /// It is no regular file, and never opened; what it is instead, for people.
    Special(&'static str),
    /// The path leads out of the root by `..`.
    Outside,
    /// No, because of this.
    Unreadable(Obstacle),
    /// It cannot be known from here; the reason.
    Unknown(String),
}

/// What stat(2) tells the server's user of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A regular file.
    File {
        /// Whether it may be opened; none where that is not known.
        is_readable: Option<bool>,
        /// Whether its owner may execute it.
        is_executable: bool,
    },
    /// A directory.
    Directory {
        /// Whether it may be listed; none where that is not known.
        is_readable: Option<bool>,
        /// Whether its owner may search it.
        is_executable: bool,
    },
    /// A device, a FIFO, a socket.
    Special,
    /// ENOENT.
    Missing,
    /// ENOTDIR, ENAMETOOLONG: a part of the path can be no directory.
    NotADirectory,
    /// EACCES: a directory on the way may not be searched.
    Barred,
    /// It cannot be known from here; the reason.
    Unknown(String),
}

/// The longest name and the longest path of Linux, in bytes.
const MAX_NAME: usize = 255;
const MAX_PATH: usize = 4095;

impl Host {
    /// What `who` sees at an absolute path of the server, links followed.
    #[must_use]
    pub fn see(&self, path: &Path, who: &Identity) -> Seen {
        let bytes = path.as_os_str().as_encoded_bytes();
        if bytes.len() > MAX_PATH {
            return Seen::NotADirectory;
        }
        // A name that is too long is looked for in its directory all the same, which may be closed.
        let is_too_long = |part: &&Path| part.file_name().is_some_and(|name| name.len() > MAX_NAME);
        let too_long = path.ancestors().filter(is_too_long).last().and_then(Path::parent);
        let (seen, parents) = match (self.walk(too_long.unwrap_or(path)), too_long) {
            (Walk::Found { path, stat, mut parents }, Some(_)) => {
                if stat.kind == Kind::Directory {
                    parents.push((path, stat));
                }
                (Err(Seen::NotADirectory), parents)
            }
            (Walk::Missing { parents, .. }, _) => (Err(Seen::Missing), parents),
            (Walk::NotADirectory { parents, .. }, _) => (Err(Seen::NotADirectory), parents),
            (Walk::Outside, _) => (Err(Seen::Unknown(OUTSIDE.into())), Vec::new()),
            (Walk::Unknown { why, parents }, _) => (Err(Seen::Unknown(why)), parents),
            (Walk::Found { path, stat, parents }, None) => (Ok((path, stat)), parents),
        };
        // What is missing is missed only by who may search the directories on the way.
        let mut unsure = None;
        for (directory, stat) in parents {
            match self.permits(who, Permission::Search, &directory, &stat) {
                Permits::Yes => {}
                Permits::No => return Seen::Barred,
                Permits::Unsure(why) => unsure = Some(format!("{}: {why}", directory.display())),
            }
        }
        if let Some(why) = unsure {
            return Seen::Unknown(why);
        }
        let (file, stat) = match seen {
            Ok(found) => found,
            Err(seen) => return seen,
        };
        let is_readable = match self.permits(who, Permission::Read, &file, &stat) {
            Permits::Yes => Some(true),
            Permits::No => Some(false),
            Permits::Unsure(_) => None,
        };
        let is_executable = stat.mode & 0o100 != 0;
        match stat.kind {
            Kind::Directory => Seen::Directory { is_readable, is_executable },
            Kind::File => Seen::File { is_readable, is_executable },
            Kind::Special(_) | Kind::Link => Seen::Special,
        }
    }

    /// Whether `who` can read the file at an absolute path of the server (spec A8, A10).
    #[must_use]
    pub fn access(&self, path: &Path, who: &Identity) -> Access {
        if path == Path::new("/dev/null") {
            return Access::Readable;
        }
        let (parents, found) = match self.walk(path) {
            Walk::Missing { at, parents } => (parents, Err(Access::Missing(at))),
            Walk::NotADirectory { at, parents } => {
                (parents, Err(Access::Unreadable(Obstacle::NotADirectory(at))))
            }
            Walk::Outside => return Access::Outside,
            Walk::Unknown { why, parents } => (parents, Err(Access::Unknown(why))),
            Walk::Found { path, stat, parents } => (parents, Ok((path, stat))),
        };
        let mut unsure = None;
        for (directory, stat) in parents {
            match self.permits(who, Permission::Search, &directory, &stat) {
                Permits::Yes => {}
                Permits::No => return Access::Unreadable(Obstacle::Parent(self.state(directory, stat))),
                Permits::Unsure(why) => unsure = Some(format!("{}: {why}", directory.display())),
            }
        }
        let (file, stat) = match (found, unsure) {
            (Err(access), _) => return access,
            (Ok(_), Some(why)) => return Access::Unknown(why),
            (Ok(found), None) => found,
        };
        match (self.permits(who, Permission::Read, &file, &stat), stat.kind) {
            (Permits::No, _) => Access::Unreadable(Obstacle::File(self.state(file, stat))),
            (Permits::Unsure(why), _) => Access::Unknown(format!("{}: {why}", file.display())),
            (Permits::Yes, Kind::Directory) => Access::Directory,
            (Permits::Yes, Kind::Special(what)) => Access::Special(what),
            (Permits::Yes, _) => Access::Readable,
        }
    }

    /// Whether `who` may reach what is in a directory; none where that cannot be known.
    #[must_use]
    pub fn is_searchable(&self, directory: &Path, who: &Identity) -> Option<bool> {
        let Walk::Found { path, stat, .. } = self.walk(directory) else { return None };
        match self.permits(who, Permission::Search, &path, &stat) {
            Permits::Yes => Some(true),
            Permits::No => Some(false),
            Permits::Unsure(_) => None,
        }
    }

    fn permits(&self, who: &Identity, wanted: Permission, path: &Path, stat: &Stat) -> Permits {
        match who.may(wanted, stat) {
            Some(true) if who.is_root() => Permits::Yes,
            // The worker's own file is its own wherever it lies.
            Some(may) if who.is_owner_of(stat) => {
                if may {
                    Permits::Yes
                } else {
                    Permits::No
                }
            }
            // A list may refuse what the mode allows: the bits of the group are then the most that anybody gets.
            Some(true) => self.has_acl(path).map_or(Permits::Yes, Permits::Unsure),
            Some(false) => {
                let doubt = self.has_acl(path).or_else(|| self.mode_is_not_all(path, stat));
                doubt.map_or(Permits::No, Permits::Unsure)
            }
            None => Permits::Unsure("the server's user is not known"),
        }
    }

    pub(super) fn state(&self, path: PathBuf, stat: Stat) -> FileState {
        let users = self.users();
        FileState {
            path,
            mode: stat.mode,
            owner: users.user_name(stat.uid),
            group: users.group_name(stat.gid),
        }
    }
}

enum Permits {
    Yes,
    No,
    Unsure(&'static str),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Entry;

    fn host() -> Host {
        Host::memory([
            ("/etc/passwd".into(), Entry::file("www-data:x:33:33::/:\n")),
            ("/etc/group".into(), Entry::file("www-data:x:33:\n")),
            ("/srv/open".into(), Entry::file("")),
            ("/srv/closed".into(), Entry { mode: 0o600, ..Entry::file("") }),
            ("/srv/group".into(), Entry { mode: 0o640, gid: 33, ..Entry::file("") }),
            ("/secret".into(), Entry { mode: 0o700, ..Entry::directory() }),
            ("/secret/users".into(), Entry::file("")),
        ])
    }

    #[test]
    fn access_is_judged_for_the_servers_user() {
        let host = host();
        let www = host.users().identity("www-data", None);
        let access = |path: &str| host.access(Path::new(path), &www);
        assert_eq!(access("/srv/open"), Access::Readable);
        assert_eq!(access("/srv/group"), Access::Readable);
        assert_eq!(access("/srv"), Access::Directory);
        assert_eq!(access("/srv/none"), Access::Missing("/srv/none".into()));
        assert_eq!(access("/none/users"), Access::Missing("/none".into()));
        assert_eq!(access("/srv/open/x"), Access::Unreadable(Obstacle::NotADirectory("/srv/open".into())));
        let state =
            |path: &str, mode| FileState { path: path.into(), mode, owner: "0".into(), group: "0".into() };
        assert_eq!(access("/srv/closed"), Access::Unreadable(Obstacle::File(state("/srv/closed", 0o600))));
        assert_eq!(access("/secret/users"), Access::Unreadable(Obstacle::Parent(state("/secret", 0o700))));
        // What is missing in a closed directory is not seen to be missing.
        assert_eq!(access("/secret/none"), Access::Unreadable(Obstacle::Parent(state("/secret", 0o700))));
        for path in ["/srv/open/", "/srv/open/."] {
            assert_eq!(access(path), Access::Unreadable(Obstacle::NotADirectory("/srv/open".into())));
        }
    }
}
