//! The containers that are decided while the configuration is read (spec a17, a23, a24).

use std::path::{Path, PathBuf};

use super::environment::{Environment, Truth};
use crate::source::Host;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

/// Whether a section of this name, in small letters, is decided on reading and leaves no trace.
#[must_use]
pub fn is_read_time(name: &[u8]) -> bool {
    matches!(name, b"ifmodule" | b"ifdefine" | b"ifversion" | b"iffile" | b"ifdirective" | b"ifsection")
}

/// Whether the lines in the container are read. `words` are its arguments; none of them is unknown.
pub fn holds(
    name: &[u8],
    words: &[&[u8]],
    environment: &Environment,
    host: &Host,
    root: Option<&Path>,
) -> Truth {
    let Some((&first, rest)) = words.split_first() else { return Truth::Maybe };
    if name == b"ifversion" {
        return version(first, rest);
    }
    let (is_negated, argument) = match first.strip_prefix(b"!") {
        Some(argument) => (true, argument),
        None => (false, first),
    };
    let truth = match name {
        b"ifmodule" => environment.has_module(argument),
        b"ifdefine" => environment.is_defined(argument),
        b"iffile" => file(Path::new(OsStr::from_bytes(argument)), host, root, environment.files_are_here),
        _ => Truth::Maybe,
    };
    if is_negated { truth.negated() } else { truth }
}

fn file(path: &Path, host: &Host, root: Option<&Path>, is_at_hand: bool) -> Truth {
    let path: PathBuf = match root {
        Some(root) => root.join(path),
        None if path.is_absolute() => path.to_path_buf(),
        None => return Truth::Maybe,
    };
    if is_at_hand || host.places(&path) || host.is_memory() {
        Truth::of(host.exists(&path))
    } else {
        Truth::Maybe
    }
}

/// Of the server only this is known: it is some 2.4.x, where x is at least 1.
fn version(first: &[u8], rest: &[&[u8]]) -> Truth {
    let (operator, version) = match rest.first() {
        Some(version) => (first, *version),
        None => (b"=".as_slice(), first),
    };
    let (is_negated, operator) = match operator.strip_prefix(b"!") {
        Some(operator) => (true, operator),
        None => (false, operator),
    };
    let is_expression = operator == b"~" || version.starts_with(b"/");
    // Every 2.4.x fits these.
    let is_ours =
        [b"2.4".as_slice(), b"^2.4", b"2\\.4", b"^2\\.4", b"/2.4/", b"/^2.4/", b"/^2\\.4/", b"/2\\.4/"];
    let truth =
        if is_expression && is_ours.contains(&version) { Truth::Yes } else { compare(operator, version) };
    if is_negated { truth.negated() } else { truth }
}

fn compare(operator: &[u8], version: &[u8]) -> Truth {
    let Some(text) = std::str::from_utf8(version).ok().filter(|_| operator != b"~") else {
        return Truth::Maybe;
    };
    let parts: Result<Vec<u32>, _> = text.split('.').map(str::parse).collect();
    let Ok(parts) = parts else { return Truth::Maybe };
    let part = |n: usize| parts.get(n).copied().unwrap_or(0);
    let wanted = (part(0), part(1));
    let (is_less, is_greater) = match wanted.cmp(&(2, 4)) {
        std::cmp::Ordering::Less => (false, true),
        std::cmp::Ordering::Greater => (true, false),
        std::cmp::Ordering::Equal if part(2) == 0 => (false, true),
        std::cmp::Ordering::Equal => return Truth::Maybe,
    };
    match operator {
        b"" | b"=" | b"==" => Truth::No,
        b">" | b">=" => Truth::of(is_greater),
        b"<" | b"<=" => Truth::of(is_less),
        _ => Truth::Maybe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (words, expected) in [
            (vec![">= ", "2.4"], Truth::Maybe),
            (vec![">=", "2.4"], Truth::Yes),
            (vec!["<", "2.4"], Truth::No),
            (vec!["<=", "2.2"], Truth::No),
            (vec!["2.4"], Truth::No),
            (vec![">=", "2.4.30"], Truth::Maybe),
            (vec!["!<", "2.4"], Truth::Yes),
            (vec!["~", "^2.4"], Truth::Yes),
            (vec!["~", "^2.4.5"], Truth::Maybe),
            (vec!["=", "/^2.4/"], Truth::Yes),
            (vec!["<", "2.5"], Truth::Yes),
        ] {
            let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
            assert_eq!(version(bytes[0], &bytes[1..]), expected, "{words:?}");
        }
    }
}
