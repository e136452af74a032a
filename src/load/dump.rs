//! What `nginx -T` prints: every file of the configuration once, each behind a line with its name
//! (spec G15).

use std::path::PathBuf;

use crate::source::{Entry, Host};

const MARK: &[u8] = b"# configuration file /";

/// How far into the text the first mark is looked for: warnings of the test, or what a remote shell
/// says, may stand before it.
const PREAMBLE: usize = 1 << 16;

/// Whether the text is a dump.
#[must_use]
pub fn is_dump(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(PREAMBLE)];
    memchr::memmem::find(start, MARK).is_some()
        && start.split_inclusive(|&byte| byte == b'\n').any(|line| name(line).is_some())
}

/// The files in the order of the dump; the main configuration is the first.
#[must_use]
pub fn split(bytes: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match (name(line), files.last_mut()) {
            (Some(name), _) => {
                files.push((PathBuf::from(format!("/{}", String::from_utf8_lossy(name))), Vec::new()));
            }
            (None, Some((_, text))) => text.extend_from_slice(line),
            (None, None) => {}
        }
    }
    // nginx writes one line feed behind each file that is not of the file.
    for (_, text) in &mut files {
        text.pop();
    }
    files
}

/// The path in a line that announces a file, without its first slash. A terminal in between, as of
/// `docker exec -t`, makes CRLF of each line feed.
fn name(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(MARK)?;
    rest.strip_suffix(b":\n").or_else(|| rest.strip_suffix(b":\r\n"))
}

/// A file system of just these files. `nginx -T` succeeded, so a wildcard that matches none of them
/// matched nothing.
#[must_use]
pub fn host(files: Vec<(PathBuf, Vec<u8>)>) -> Host {
    Host::memory(files.into_iter().map(|(path, text)| (path, Entry::file(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_back_byte_for_byte() {
        let dump = b"# configuration file /a/nginx.conf:\nhttp {}\n\n# configuration file /a/b c:\nno end\n";
        assert!(is_dump(dump));
        let files = split(dump);
        assert_eq!(files[0], ("/a/nginx.conf".into(), b"http {}\n".to_vec()));
        assert_eq!(files[1], ("/a/b c".into(), b"no end".to_vec()));
        assert!(is_dump(b"2026/01/01 nginx: [warn] conflicting\n# configuration file /a:\r\nhttp {}\r\n"));
        assert!(!is_dump(b"# configuration file for nginx\nhttp {}\n"));
    }
}
