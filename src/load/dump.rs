//! What `nginx -T` prints: every file of the configuration once, each behind a line with its name
//! (spec G15).

use std::path::PathBuf;

use crate::source::{Entry, Host};

const MARK: &[u8] = b"# configuration file /";

/// Whether the text is a dump. `nginx -T` may write the result of its test before it.
#[must_use]
pub fn is_dump(bytes: &[u8]) -> bool {
    let preamble = bytes.iter().take(4096).copied();
    bytes.starts_with(MARK)
        || bytes.starts_with(b"nginx: ")
            && memchr::memmem::find(&preamble.collect::<Vec<_>>(), b"\n# configuration file /").is_some()
}

/// The files in the order of the dump; the main configuration is the first.
#[must_use]
pub fn split(bytes: &[u8]) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let name = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(b":\n"));
        match (name, files.last_mut()) {
            (Some(name), _) => {
                files.push((PathBuf::from(format!("/{}", String::from_utf8_lossy(name))), Vec::new()))
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
    }
}
