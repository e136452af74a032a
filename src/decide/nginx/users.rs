//! What a password file comes to when nginx opens it (spec A8).

use std::path::Path;

use crate::source::{Host, Seen};
use crate::userfile::{MAX_USER_FILE, Reader, UserFile};

/// What a password file comes to when it is opened.
#[derive(Debug)]
pub(super) enum Opened {
    /// Whoever is in it.
    Users(UserFile),
    /// It is not there: 403 to whoever brings credentials.
    Missing,
    /// It cannot be read: 500.
    Broken,
    Unknown(String),
}

impl Opened {
    pub(super) fn read(host: &Host, path: &Path, seen: Seen) -> Opened {
        match seen {
            // Reading it gives nothing.
            _ if path == Path::new("/dev/null") => Opened::Users(UserFile::read(Reader::Nginx, b"")),
            Seen::Missing => Opened::Missing,
            Seen::Directory { .. }
            | Seen::NotADirectory
            | Seen::Barred
            | Seen::File { is_readable: Some(false), .. } => Opened::Broken,
            Seen::File { is_readable: Some(true), .. } => match host.read_at_most(path, MAX_USER_FILE) {
                Ok(bytes) => Opened::Users(UserFile::read(Reader::Nginx, &bytes)),
                Err(error) => Opened::Unknown(format!("{}: {error}", host.shown(path).display())),
            },
            Seen::File { is_readable: None, .. } => {
                Opened::Unknown("whether the server may read the password file is not known".into())
            }
            Seen::Special => Opened::Unknown("the password file is no regular file".into()),
            Seen::Unknown(why) => Opened::Unknown(format!("the state of the password file: {why}")),
        }
    }
}
