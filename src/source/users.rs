//! Who the server is: names of passwd(5) and group(5), and what the mode bits of a file let them do.

use std::path::Path;

use super::Host;
use super::disk::Stat;

/// The users and groups of the machine that the server runs on.
#[derive(Debug, Default)]
pub struct Users {
    /// Name, number, primary group.
    users: Vec<(String, u32, u32)>,
    /// Name, number, members.
    groups: Vec<(String, u32, Vec<String>)>,
}

impl Host {
    /// The users and groups of the server's machine.
    pub fn users(&self) -> &Users {
        self.users.get_or_init(|| {
            let text = |path: &str| {
                self.read(Path::new(path))
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                    .unwrap_or_default()
            };
            Users::parse(&text("/etc/passwd"), &text("/etc/group"))
        })
    }
}

/// The user a server reads its files as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name in the configuration, where there is one.
    pub name: Option<String>,
    /// The name of its group.
    pub group: Option<String>,
    uid: Option<u32>,
    gids: Vec<u32>,
}

/// What a permission bit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Permission {
    Read,
    /// On a directory: to reach what is in it.
    Search,
}

impl Users {
    /// Reads the two files' texts; lines that are not of their form are passed over.
    #[must_use]
    pub fn parse(passwd: &str, group: &str) -> Self {
        let users = passwd.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            Some((name, fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
        });
        let groups = group.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            let number = fields.nth(1)?.parse().ok()?;
            let members = fields.next().unwrap_or("").split(',').map(str::to_owned).collect();
            Some((name, number, members))
        });
        Users { users: users.collect(), groups: groups.collect() }
    }

    /// The name of a user, or the number where there is none.
    #[must_use]
    pub fn user_name(&self, uid: u32) -> String {
        let named = self.users.iter().find(|(_, number, _)| *number == uid);
        named.map_or_else(|| uid.to_string(), |(name, ..)| name.clone())
    }

    /// The name of a group, or the number where there is none.
    #[must_use]
    pub fn group_name(&self, gid: u32) -> String {
        let named = self.groups.iter().find(|(_, number, _)| *number == gid);
        named.map_or_else(|| gid.to_string(), |(name, ..)| name.clone())
    }

    /// The members of a group besides root, those whose first group it is too; none where there is no such group.
    #[must_use]
    pub fn members(&self, gid: u32) -> Option<Vec<String>> {
        let (.., named) = self.groups.iter().find(|(_, number, _)| *number == gid)?;
        let first = self.users.iter().filter(|(_, _, group)| *group == gid).map(|(name, ..)| name);
        let is_root = |name: &str| self.users.iter().any(|(user, uid, _)| user == name && *uid == 0);
        let mut all: Vec<String> = first.chain(named).filter(|name| !name.is_empty()).cloned().collect();
        all.retain(|name| name != "root" && !is_root(name));
        all.sort_unstable();
        all.dedup();
        Some(all)
    }

    /// The identity of `user group;` in nginx: the group is named like the user unless given, and
    /// the supplementary groups are loaded too (spec A10).
    #[must_use]
    pub fn identity(&self, user: &str, group: Option<&str>) -> Identity {
        // httpd takes numbers, too: `User #33`.
        let number = |word: &str| word.strip_prefix('#').and_then(|number| number.parse().ok());
        let uid = number(user)
            .or_else(|| self.users.iter().find(|(name, ..)| name == user).map(|&(_, uid, _)| uid));
        let name = number(user).map_or_else(|| user.to_owned(), |uid| self.user_name(uid));
        let group = group.unwrap_or(user);
        let gid: Option<u32> = number(group);
        let is_of = |(name_of, number, members): &(String, u32, Vec<String>)| {
            name_of == group || Some(*number) == gid || members.contains(&name)
        };
        let groups = self.groups.iter().filter(|group| is_of(group)).map(|&(_, gid, _)| gid);
        let gids = groups.chain(gid).collect();
        let group = gid.map_or_else(|| group.to_owned(), |gid| self.group_name(gid));
        Identity { name: Some(name), group: Some(group), uid, gids }
    }
}

impl Identity {
    /// A user of whom only this is known: it is not root. nginx falls back to the user it was built
    /// with (`nobody`, `nginx`, `www-data`, ...) when the configuration names none.
    #[must_use]
    pub fn unknown(name: Option<String>) -> Self {
        Identity { name, group: None, uid: None, gids: Vec::new() }
    }

    pub(super) fn is_owner_of(&self, stat: &Stat) -> bool {
        self.uid == Some(stat.uid)
    }

    /// Whether it is of a group.
    pub(super) fn is_in(&self, gid: u32) -> bool {
        self.gids.contains(&gid)
    }

    /// Whether it may do all that is asked about here.
    pub(super) fn is_root(&self) -> bool {
        self.uid == Some(0)
    }

    /// Whether the mode bits allow it; `None` where it depends on who exactly this is.
    pub(super) fn may(&self, wanted: Permission, stat: &Stat) -> Option<bool> {
        let bit = match wanted {
            Permission::Read => 4,
            Permission::Search => 1,
        };
        let (owner, group, other) =
            (stat.mode & (bit << 6) != 0, stat.mode & (bit << 3) != 0, stat.mode & bit != 0);
        match self.uid {
            Some(0) => Some(true),
            Some(uid) if uid == stat.uid => Some(owner),
            Some(_) if self.gids.contains(&stat.gid) => Some(group),
            Some(_) => Some(other),
            // It may be the owner or of the group, unless they are root's: this is not root.
            None if (stat.uid == 0 || owner == other) && (stat.gid == 0 || group == other) => Some(other),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::disk::Kind;

    #[test]
    fn the_class_that_fits_first_decides() {
        let users = Users::parse(
            "root:x:0:0::/:\nwww-data:x:33:33::/:\n",
            "root:x:0:\nwww-data:x:33:\nssl-cert:x:110:postgres,www-data\n",
        );
        let www = users.identity("www-data", None);
        let stat = |mode, uid, gid| Stat { kind: Kind::File, mode, uid, gid, size: 0, inode: None };
        assert_eq!(www.may(Permission::Read, &stat(0o600, 0, 0)), Some(false));
        assert_eq!(www.may(Permission::Read, &stat(0o640, 0, 33)), Some(true));
        assert_eq!(www.may(Permission::Read, &stat(0o640, 0, 110)), Some(true));
        assert_eq!(www.may(Permission::Read, &stat(0o604, 0, 33)), Some(false));
        assert_eq!(www.may(Permission::Read, &stat(0o044, 33, 0)), Some(false));
        assert_eq!(users.identity("root", None).may(Permission::Read, &stat(0, 5, 5)), Some(true));
        assert_eq!(users.identity("#33", Some("#33")).name.as_deref(), Some("www-data"));
        assert_eq!(users.identity("#33", Some("#33")).may(Permission::Read, &stat(0o640, 0, 33)), Some(true));
        assert_eq!(
            users.identity("#33", Some("#33")).may(Permission::Read, &stat(0o640, 0, 110)),
            Some(true)
        );
        assert_eq!(
            users.identity("#4711", Some("#4711")).may(Permission::Read, &stat(0o640, 0, 33)),
            Some(false)
        );
        let somebody = Identity::unknown(None);
        assert_eq!(somebody.may(Permission::Read, &stat(0o600, 0, 0)), Some(false));
        assert_eq!(somebody.may(Permission::Read, &stat(0o640, 0, 33)), None);
        assert_eq!(somebody.may(Permission::Read, &stat(0o604, 0, 33)), None);
        assert_eq!(somebody.may(Permission::Read, &stat(0o604, 0, 0)), Some(true));
        assert_eq!(somebody.may(Permission::Search, &stat(0o711, 0, 0)), Some(true));
    }
}
