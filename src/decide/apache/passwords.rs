//! Password files and group files, as httpd reads them (spec a72, a84, a88 to a91).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use super::disk::Disk;
use crate::source::Access;

/// What is to be known of a password file or a group file.
#[derive(Debug)]
pub enum UserFile {
    /// Its lines.
    Read(Lines),
    /// It cannot be opened: 500 for whoever brings credentials.
    Broken(String),
    /// Nobody knows.
    Unknown(String),
}

/// The fields of each line, by the name in the first.
#[derive(Debug, Default)]
pub struct Lines(HashMap<String, Vec<String>>);

/// What a password file says of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// There is a password that fits.
    Yes,
    /// Not a word.
    No,
    /// With something that no password fits.
    Unusable,
    /// Several times, with different passwords.
    Unclear,
}

/// The files that were read.
#[derive(Debug, Default)]
pub struct UserFiles(RwLock<HashMap<PathBuf, Arc<UserFile>>>);

/// A longer line ends the reading, in bytes.
const LONGEST_LINE: usize = 8191;

impl UserFiles {
    /// The file at an absolute path.
    pub fn get(&self, disk: &Disk<'_>, path: &Path) -> Arc<UserFile> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        known.unwrap_or_else(|| {
            let file = Arc::new(read(disk, path));
            self.0.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf(), file.clone());
            file
        })
    }
}

fn read(disk: &Disk<'_>, path: &Path) -> UserFile {
    let shown = path.display();
    match disk.access(path) {
        Access::Readable if path == Path::new("/dev/null") => UserFile::Read(Lines::default()),
        Access::Readable => match disk.read(path) {
            Some(bytes) => UserFile::Read(lines(&bytes)),
            None => UserFile::Unknown(format!("{shown} could not be read")),
        },
        Access::Missing(_) => UserFile::Broken(format!("{shown} is missing")),
        Access::Directory => UserFile::Broken(format!("{shown} is a directory")),
        Access::Unreadable(_) => UserFile::Broken(format!("{shown} cannot be read by the server's user")),
        Access::Unknown(why) => UserFile::Unknown(why),
    }
}

/// The lines as the reader of configurations gives them: continued by a backslash, without the blanks
/// around them.
fn lines(bytes: &[u8]) -> Lines {
    let mut lines = Lines::default();
    let mut joined: Vec<u8> = Vec::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if joined.len() + line.len() > LONGEST_LINE {
            break;
        }
        joined.extend(line);
        if joined.last() == Some(&b'\\') {
            joined.pop();
            continue;
        }
        let text = String::from_utf8_lossy(joined.trim_ascii()).into_owned();
        joined.clear();
        if !text.starts_with('#')
            && let Some((name, rest)) = text.split_once(':')
        {
            lines.0.entry(name.to_owned()).or_default().push(rest.to_owned());
        }
    }
    lines
}

impl Lines {
    /// What is said of a user with a password of `htpasswd`.
    pub fn basic(&self, user: &str) -> Listed {
        let Some(all) = self.0.get(user) else { return Listed::No };
        let hash = |rest: &String| rest.split(':').next().unwrap_or_default().to_owned();
        let first = all.first().map(hash).unwrap_or_default();
        if !is_usable(&first) {
            return Listed::Unusable;
        }
        // The right password is that of one of them.
        if all.iter().map(hash).any(|other| other != first) { Listed::Unclear } else { Listed::Yes }
    }

    /// The same of `htdigest`, for a realm.
    pub fn digest(&self, user: &str, realm: &str) -> Listed {
        let Some(all) = self.0.get(user) else { return Listed::No };
        let mut fitting = all.iter().filter_map(|rest| rest.split_once(':')).filter(|(of, _)| *of == realm);
        let Some((_, first)) = fitting.next() else { return Listed::No };
        if first.len() != 32 {
            return Listed::Unusable;
        }
        if fitting.any(|(_, other)| other != first) { Listed::Unclear } else { Listed::Yes }
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether somebody is in a group.
    pub fn is_in_group(&self, user: &str, group: &str) -> bool {
        let lines = self.0.iter().filter(|(name, _)| name.trim_end() == group);
        lines
            .flat_map(|(_, rest)| rest)
            .any(|rest| rest.split_ascii_whitespace().any(|one| unquoted(one) == user))
    }
}

fn unquoted(word: &str) -> &str {
    let inner = ['"', '\''].iter().find_map(|&quote| word.strip_prefix(quote)?.strip_suffix(quote));
    inner.unwrap_or(word)
}

/// Whether a password can fit (spec a89).
fn is_usable(hash: &str) -> bool {
    const STARTS: &[&str] = &["$apr1$", "$2y$", "$2a$", "$2b$", "{SHA}", "$1$", "$5$", "$6$", "$y$"];
    let is_des = hash.len() == 13
        && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/');
    is_des || STARTS.iter().any(|start| hash.starts_with(start) && hash.len() > start.len() + 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users() {
        let users =
            lines(b"# x \\\nlost:aaaaaaaaaaaaa\nalice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n bob:plain \n");
        assert_eq!(users.basic("alice"), Listed::Yes);
        assert_eq!(users.basic("bob"), Listed::Unusable);
        assert_eq!(users.basic("lost"), Listed::No);
        let groups = lines(b"staff: alice \"bob\"\nstaff : carol\n");
        assert!(groups.is_in_group("bob", "staff") && groups.is_in_group("carol", "staff"));
        assert!(!groups.is_in_group("dave", "staff"));
    }
}
