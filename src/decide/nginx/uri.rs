//! The path of a request as locations are compared with it (spec S7).

/// A normalised request target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Uri {
    /// The path: decoded once, without dots, with single slashes.
    pub(super) path: Vec<u8>,
    /// What follows the first `?`.
    pub(super) args: Vec<u8>,
    /// Whether there was a `%`.
    pub(super) has_percent: bool,
    /// Whether there was a `+`.
    pub(super) has_plus: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Usual,
    Slash,
    Dot,
    DotDot,
}

/// Whether a request line with this method is one (`ngx_http_parse_request_line`).
pub(super) fn is_method(method: &str) -> bool {
    !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-'))
}

/// The target of a request line as nginx cuts it out: it ends with the first blank, behind which only blanks
/// may follow. None where the line is refused: control characters, or words behind the blank.
pub(super) fn cut_target(target: &[u8]) -> Option<&[u8]> {
    let blanks = target.iter().rev().take_while(|byte| **byte == b' ').count();
    let target = &target[..target.len() - blanks];
    let is_clean = target.first() == Some(&b'/') && target.iter().all(|byte| *byte > 0x20 && *byte != 0x7f);
    is_clean.then_some(target)
}

/// `ngx_http_parse_complex_uri`; none where nginx answers 400.
pub(super) fn normalise(target: &[u8], merge_slashes: bool) -> Option<Uri> {
    let mut uri = Uri::default();
    let path = &mut uri.path;
    let mut state = State::Usual;
    let mut at = 0;
    while let Some(&byte) = target.get(at) {
        at += 1;
        let mut byte = byte;
        match byte {
            b'?' | b'#' => {
                at -= 1;
                break;
            }
            b'%' => {
                uri.has_percent = true;
                byte = (digit(target.get(at))? << 4) | digit(target.get(at + 1))?;
                at += 2;
                match byte {
                    0 => return None,
                    b'%' | b'#' | b'?' => {
                        path.push(byte);
                        state = State::Usual;
                        continue;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        uri.has_plus |= byte == b'+';
        state = match (state, byte) {
            (State::Usual, b'/') => {
                path.push(byte);
                State::Slash
            }
            (State::Slash, b'/') => {
                if !merge_slashes {
                    path.push(byte);
                }
                State::Slash
            }
            (State::Slash, b'.') => {
                path.push(byte);
                State::Dot
            }
            (State::Dot, b'/') => {
                path.pop();
                State::Slash
            }
            (State::Dot, b'.') => {
                path.push(byte);
                State::DotDot
            }
            (State::DotDot, b'/') => {
                up(path)?;
                State::Slash
            }
            (_, byte) => {
                path.push(byte);
                State::Usual
            }
        };
    }
    match state {
        State::Dot => drop(path.pop()),
        State::DotDot => up(path)?,
        State::Usual | State::Slash => {}
    }
    if target.get(at) == Some(&b'?') {
        let args = &target[at + 1..];
        uri.args = args.split(|byte| *byte == b'#').next().unwrap_or_default().to_vec();
    }
    Some(uri)
}

/// Takes `x/..` off the end; none above the root.
fn up(path: &mut Vec<u8>) -> Option<()> {
    path.truncate(path.len().checked_sub(3)?);
    let slash = path.iter().rposition(|byte| *byte == b'/')?;
    path.truncate(slash + 1);
    Some(())
}

fn digit(byte: Option<&u8>) -> Option<u8> {
    char::from(*byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// A path and its query (`ngx_http_split_args`).
pub(super) fn split_args(uri: &[u8]) -> (Vec<u8>, Vec<u8>) {
    match uri.iter().position(|byte| *byte == b'?') {
        Some(at) => (uri[..at].to_vec(), uri[at + 1..].to_vec()),
        None => (uri.to_vec(), Vec::new()),
    }
}

/// `ngx_escape_uri` for a query.
pub(super) fn escape_args(bytes: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        if byte <= b' ' || byte >= 0x7f || matches!(byte, b'#' | b'%' | b'&' | b'+' | b';' | b'?') {
            escaped.extend(format!("%{byte:02X}").bytes());
        } else {
            escaped.push(byte);
        }
    }
    escaped
}

/// The value of `$arg_name` (`ngx_http_arg`).
pub(super) fn argument(args: &[u8], name: &str) -> Vec<u8> {
    let found = args.split(|byte| *byte == b'&').find_map(|pair| {
        let (key, value) = pair.split_at_checked(name.len())?;
        value.strip_prefix(b"=").filter(|_| key.eq_ignore_ascii_case(name.as_bytes()))
    });
    found.unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(target: &str) -> Option<String> {
        normalise(target.as_bytes(), true).map(|uri| String::from_utf8_lossy(&uri.path).into_owned())
    }

    #[test]
    fn paths_are_normalised_as_nginx_does() {
        for (target, expected) in [
            ("/x%2f..%2fsecret", "/secret"),
            ("//secret", "/secret"),
            ("/%73ecret", "/secret"),
            ("/./secret", "/secret"),
            ("/%252e%252e/secret", "/%2e%2e/secret"),
            ("/x/..;/secret", "/x/..;/secret"),
            ("/a/b/..", "/a/"),
            ("/a/.", "/a/"),
            ("/a/..?x", "/"),
            ("/a%3fb?c#d", "/a?b"),
            ("/a%2e%2e/b", "/a../b"),
            ("/a/%2e%2E/b", "/b"),
            ("/...", "/..."),
            ("/a//../b", "/b"),
        ] {
            assert_eq!(path(target).as_deref(), Some(expected), "{target}");
        }
        for target in ["/..", "/../x", "/%00", "/%", "/%4", "/%zz", "/a/../../b"] {
            assert_eq!(path(target), None, "{target}");
        }
        let both = normalise(b"//a//b?x=1&y", false).expect("a URI");
        assert_eq!((both.path.as_slice(), both.args.as_slice()), (b"//a//b".as_slice(), b"x=1&y".as_slice()));
        assert_eq!(argument(b"ab=1&B=2&b=3", "b"), b"2");
    }
}
