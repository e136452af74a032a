//! The path of a request as httpd makes it of what comes over the wire (spec a50, a51).

use std::fmt::Write;

/// `AllowEncodedSlashes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EncodedSlashes {
    /// A `%2f` is not found.
    #[default]
    Off,
    /// It is decoded.
    On,
    /// It stays as it is.
    NoDecode,
}

/// The path, or the status of the refusal.
pub fn normalized(path: &str, merges: bool, slashes: EncodedSlashes) -> Result<Vec<u8>, u16> {
    let path = walked(&unreserved(path.as_bytes()), merges).ok_or(400_u16)?;
    let path = decoded(&path, slashes)?;
    if slashes == EncodedSlashes::On { walked(&path, merges).ok_or(400) } else { Ok(path) }
}

/// Letters, digits, `-`, `.`, `_` and `~` are decoded first, and once only.
fn unreserved(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        match (byte, hex(path.get(at + 1..at + 3))) {
            (b'%', Some(decoded)) if decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded) => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// The path without `.`, `..` and, where they are merged, double slashes; none where it leaves the root.
fn walked(path: &[u8], merges: bool) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(&byte) = path.get(at) {
        let is_start = out.last().is_none_or(|&last| last == b'/');
        if is_start && !out.is_empty() {
            if byte == b'/' && merges {
                at += 1;
                continue;
            }
            let rest = &path[at..];
            if byte == b'.' {
                if rest.len() == 1 || rest[1] == b'/' {
                    at += rest.len().min(2);
                    continue;
                }
                if rest[1] == b'.' && (rest.len() == 2 || rest[2] == b'/') {
                    at += rest.len().min(3);
                    // The slash before it goes, and the segment before that.
                    out.pop();
                    let slash = out.iter().rposition(|&byte| byte == b'/')?;
                    out.truncate(slash + 1);
                    continue;
                }
            }
        }
        out.push(byte);
        at += 1;
    }
    Some(out)
}

fn decoded(path: &[u8], slashes: EncodedSlashes) -> Result<Vec<u8>, u16> {
    let mut out = Vec::with_capacity(path.len());
    let (mut at, mut is_hidden) = (0, false);
    while let Some(&byte) = path.get(at) {
        at += 1;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        match hex(path.get(at..at + 2)) {
            None => return Err(400),
            Some(b'/') if slashes == EncodedSlashes::NoDecode => {
                out.push(b'%');
                continue;
            }
            Some(b'/') if slashes == EncodedSlashes::Off => is_hidden = true,
            Some(0) => is_hidden = true,
            Some(decoded) => out.push(decoded),
        }
        at += 2;
    }
    if is_hidden { Err(404) } else { Ok(out) }
}

fn hex(digits: Option<&[u8]>) -> Option<u8> {
    let text = std::str::from_utf8(digits?).ok()?;
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(text, 16).ok())?
}

/// Encodes what may not stand in a URL, as for a redirect of a path.
pub fn escaped(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$+!*'(),:@&=/;".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let path = |text| normalized(text, true, EncodedSlashes::Off).map(|b| String::from_utf8(b).unwrap());
        assert_eq!(path("/a/./b/../c//d").as_deref(), Ok("/a/c/d"));
        assert_eq!(path("/%61%2e%2e/").as_deref(), Ok("/a../"));
        assert_eq!(path("/a/%2e%2e/b").as_deref(), Ok("/b"));
        assert_eq!(path("/.."), Err(400));
        assert_eq!(path("/a%2fb"), Err(404));
        assert_eq!(path("/a%zz"), Err(400));
        assert_eq!(path("/a%20b").as_deref(), Ok("/a b"));
        let kept = normalized("/a%2fb", true, EncodedSlashes::NoDecode);
        assert_eq!(kept.as_deref(), Ok(b"/a%2fb".as_slice()));
    }
}
