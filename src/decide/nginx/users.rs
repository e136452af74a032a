//! The file of users and hashes, read as nginx reads it (spec H1 to H8).

use std::path::Path;

use crate::source::{Host, Seen};

/// What a password file comes to when it is opened.
#[derive(Debug)]
pub(super) enum UserFile {
    /// Its text.
    Text(Vec<u8>),
    /// It is not there: 403 to whoever brings credentials (spec A8).
    Missing,
    /// It cannot be read: 500.
    Broken,
    Unknown(String),
}

/// What a file says of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// With a hash that some password has.
    Yes,
    /// With a plain password and a blank at its end, which one may take for no part of it (spec H2).
    WithBlank,
    /// With a hash that no password has.
    Never,
    No,
}

impl UserFile {
    pub(super) fn read(host: &Host, path: &Path, seen: Seen) -> UserFile {
        match seen {
            // Reading it gives nothing.
            _ if path == Path::new("/dev/null") => UserFile::Text(Vec::new()),
            Seen::Missing => UserFile::Missing,
            Seen::Directory { .. } => UserFile::Broken,
            Seen::NotADirectory | Seen::Barred | Seen::File { is_readable: Some(false), .. } => {
                UserFile::Broken
            }
            Seen::File { is_readable: Some(true), .. } => match host.read(path) {
                Ok(bytes) => UserFile::Text(bytes),
                Err(error) => UserFile::Unknown(format!("{}: {error}", host.shown(path).display())),
            },
            Seen::File { is_readable: None, .. } => {
                UserFile::Unknown("whether the server may read the password file is not known".into())
            }
            Seen::Special => UserFile::Unknown("the password file is no regular file".into()),
            Seen::Unknown(why) => UserFile::Unknown(format!("the state of the password file: {why}")),
        }
    }
}

/// The state machine of `ngx_http_auth_basic_handler`: a line is compared byte by byte with the user's name
/// and a colon, and a line end in the name is a byte like others (spec H4).
pub(super) fn find(text: &[u8], user: &str) -> Listed {
    let name = [user.as_bytes(), b":"].concat();
    let mut at = 0;
    let mut matched = 0;
    while let Some(&byte) = text.get(at) {
        at += 1;
        if matched == 0 && byte == b'\n' {
            continue;
        }
        let is_comment = matched == 0 && matches!(byte, b'#' | b'\r');
        if is_comment || name.get(matched) != Some(&byte) {
            // The rest of the line; a line end that was compared is gone already.
            at += text[at..].iter().position(|byte| *byte == b'\n').map_or(text.len() - at, |end| end + 1);
            matched = 0;
            continue;
        }
        matched += 1;
        if matched == name.len() {
            let hash =
                text[at..].split(|byte| matches!(byte, b'\n' | b'\r' | b':')).next().unwrap_or_default();
            return match hash {
                _ if !is_possible(hash) => Listed::Never,
                [.., b' ' | b'\t'] => Listed::WithBlank,
                _ => Listed::Yes,
            };
        }
    }
    Listed::No
}

/// Whether a password can have this hash (spec H6 to H8).
fn is_possible(hash: &[u8]) -> bool {
    let is_crypt = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let base64 = |bytes: &[u8]| {
        let padding = bytes.iter().rev().take_while(|byte| **byte == b'=').count();
        padding <= 2 && bytes.len().is_multiple_of(4) && bytes[..bytes.len() - padding].iter().all(is_base64)
    };
    if hash.starts_with(b"{PLAIN}") {
        return true;
    }
    if let Some(hash) = hash.strip_prefix(b"{SHA}") {
        return hash.len() == 28 && base64(hash);
    }
    if let Some(hash) = hash.strip_prefix(b"{SSHA}") {
        return hash.len() >= 28 && base64(hash);
    }
    let Some(rest) = hash.strip_prefix(b"$") else {
        // Traditional DES, or its extended form.
        let is_des = hash.len() == 13 || (hash.len() == 20 && hash.starts_with(b"_"));
        return is_des && hash.strip_prefix(b"_").unwrap_or(hash).iter().all(is_crypt);
    };
    let Some(end) = rest.iter().position(|byte| *byte == b'$') else { return false };
    let digest = rest.rsplit(|byte| *byte == b'$').next().unwrap_or_default();
    let fields = rest.split(|byte| *byte == b'$').count();
    let has = |length: usize| fields >= 3 && digest.len() == length && digest.iter().all(is_crypt);
    match &rest[..end] {
        b"apr1" | b"1" => has(22),
        b"2a" | b"2b" | b"2x" | b"2y" => has(53),
        b"5" | b"y" | b"gy" | b"7" => has(43),
        b"6" => has(86),
        b"md5" | b"sha1" | b"3" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_nginx_does() {
        let good = |text: &str| find(text.as_bytes(), "alice") == Listed::Yes;
        assert!(good("alice:{PLAIN}x\n"));
        assert!(good("bob:{PLAIN}x\r\nalice:{PLAIN}x:rest"));
        assert!(good("# alice\n\nalice:{PLAIN}"));
        assert!(good("alicia:x\nalice:{PLAIN}x"));
        assert!(good("al\r\nalice:{PLAIN}x\n"));
        // A beginning of the name alone on its line swallows the next one.
        assert!(!good("al\nalice:{PLAIN}x\n"));
        assert!(good("al\nalice:{PLAIN}x\nalice:{PLAIN}x\n"));
        assert!(!good(" alice:{PLAIN}x\n"));
        assert!(!good("\u{feff}alice:{PLAIN}x\n"));
        assert!(!good("bob:{PLAIN}x\ralice:{PLAIN}x\n"));
        assert!(!good("Alice:{PLAIN}x\n"));
        assert_eq!(find(b"alice:{PLAIN}x \n", "alice"), Listed::WithBlank);
        assert_eq!(find(b"alice:plain\nalice:{PLAIN}x\n", "alice"), Listed::Never);
    }

    #[test]
    fn some_hashes_never_work() {
        for (hash, expected) in [
            ("$apr1$salt1234$0123456789012345678901", true),
            ("$apr1$salt1234$short", false),
            ("$2y$05$01234567890123456789012345678901234567890123456789012", true),
            ("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", true),
            ("{sha}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", false),
            ("$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", false),
            ("rl7Yr6ZPCxk9A", true),
            ("", false),
            ("!", false),
            ("*", false),
            ("password", false),
        ] {
            assert_eq!(is_possible(hash.as_bytes()), expected, "{hash}");
        }
    }
}
