//! Who else than its owner and the server can change a file: by its mode, or by that of a directory above it.

use std::path::Path;

use super::access::FileState;
use super::disk::{Kind, Stat};
use super::follow::Walk;
use super::{Host, Identity};

/// A mode that lets others change a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writable {
    /// What they may write: the file, or a directory, in which they may put another one in its place.
    pub state: FileState,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// Who they are.
    pub by: Writers,
}

/// Who may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writers {
    /// Every user of the machine.
    Everybody,
    /// Members of the group, some of them by name; none where nobody is in it as yet.
    Group(Vec<String>),
}

/// Groups that servers run in, and those whose members can become root anyway.
const TRUSTED: &[&str] =
    &["www-data", "nginx", "apache", "http", "httpd", "www", "nobody", "root", "wheel", "sudo", "admin"];

/// More members than these are not named.
const MOST_NAMES: usize = 3;

impl Host {
    /// Who else may change the regular file at an absolute path of the server. Modes that are not the server's word
    /// are not judged; neither are groups of which nothing is known.
    #[must_use]
    pub fn writable_by_others(&self, path: &Path, server: &Identity) -> Option<Writable> {
        let Walk::Found { path: file, stat, parents } = self.walk(path) else { return None };
        if stat.kind != Kind::File {
            return None;
        }
        let nearest = file.parent();
        let mut way: Vec<(&Path, &Stat)> =
            parents.iter().map(|(path, stat)| (path.as_path(), stat)).collect();
        way.push((&file, &stat));
        way.iter().enumerate().rev().find_map(|(number, (path, stat))| {
            let is_directory = stat.kind == Kind::Directory;
            // In such a directory everybody may change his own files only.
            let is_sticky = is_directory && stat.mode & 0o1000 != 0;
            if is_sticky || self.mode_is_not_all(path, stat).is_some() {
                return None;
            }
            let reach = |bits: &dyn Fn(&Stat) -> bool| way[..number].iter().all(|(_, above)| bits(above));
            let is_near = !is_directory || nearest == Some(path);
            let by = if stat.mode & 0o002 != 0 && reach(&|above| above.mode & 0o001 != 0) {
                Writers::Everybody
            } else if stat.mode & 0o020 != 0
                && is_near
                && reach(&|above| above.mode & 0o001 != 0 || above.gid == stat.gid && above.mode & 0o010 != 0)
            {
                Writers::Group(self.others_in(stat, server)?)
            } else {
                return None;
            };
            Some(Writable { state: self.state(path.to_path_buf(), **stat), is_directory, by })
        })
    }

    /// Members of a file's group besides its owner and root; none where the group is no danger or is not known.
    fn others_in(&self, stat: &Stat, server: &Identity) -> Option<Vec<String>> {
        let users = self.users();
        let group = users.group_name(stat.gid);
        let owner = users.user_name(stat.uid);
        if TRUSTED.contains(&group.as_str()) || server.is_in(stat.gid) || stat.gid == 0 {
            return None;
        }
        let mut members = users.members(stat.gid)?;
        members.retain(|name| *name != owner && server.name.as_deref() != Some(name));
        // A group for one user alone, as Debian makes one for each; and directories of groups that nobody is in are as
        // they were installed, such as those of `staff` below /usr/local.
        if members.is_empty() && (group == owner || stat.kind == Kind::Directory) {
            return None;
        }
        members.truncate(MOST_NAMES);
        Some(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Entry;

    fn by(mode: u32, gid: u32, directory: (u32, u32)) -> Option<Writers> {
        let host = Host::memory([
            (
                "/etc/passwd".into(),
                Entry::file("www-data:x:33:33::/:\nalice:x:1000:1000::/:\nbob:x:1001:50::/:\n"),
            ),
            (
                "/etc/group".into(),
                Entry::file("www-data:x:33:\nalice:x:1000:\nstaff:x:50:\nweb:x:60:alice,root\nempty:x:70:\n"),
            ),
            ("/srv/auth".into(), Entry { mode: directory.0, gid: directory.1, ..Entry::directory() }),
            ("/srv/auth/users".into(), Entry { mode, uid: 1000, gid, ..Entry::file("") }),
        ]);
        let server = host.users().identity("www-data", None);
        host.writable_by_others(Path::new("/srv/auth/users"), &server).map(|found| found.by)
    }

    #[test]
    fn others_are_those_who_are_not_trusted_anyway() {
        let bob = || Some(Writers::Group(vec!["bob".into()]));
        assert_eq!(by(0o640, 33, (0o755, 0)), None);
        assert_eq!(by(0o666, 0, (0o755, 0)), Some(Writers::Everybody));
        assert_eq!(by(0o666, 0, (0o750, 33)), None, "nobody else comes there");
        assert_eq!(by(0o664, 1000, (0o755, 0)), None, "a group of one");
        assert_eq!(by(0o664, 33, (0o755, 0)), None, "the server's own");
        assert_eq!(by(0o660, 50, (0o755, 0)), bob());
        assert_eq!(by(0o660, 50, (0o750, 33)), None);
        assert_eq!(by(0o660, 60, (0o755, 0)), Some(Writers::Group(Vec::new())));
        assert_eq!(by(0o660, 99, (0o755, 0)), None, "a group of which nothing is known");
        assert_eq!(by(0o644, 0, (0o777, 0)), Some(Writers::Everybody));
        assert_eq!(by(0o644, 0, (0o1777, 0)), None);
        assert_eq!(by(0o644, 0, (0o775, 50)), bob());
        assert_eq!(by(0o644, 0, (0o2775, 33)), None);
        assert_eq!(by(0o644, 0, (0o2775, 70)), None, "nobody is in it");
    }
}
