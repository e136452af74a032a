//! glob(3) with flags 0, as nginx calls it for `include` (spec G13) and APR for `Include`.

use std::path::{Component, Path};

/// Whether a path component matches a pattern component. Bytes, not characters: the servers run in
/// the C locale. A leading dot is matched only by a dot.
#[must_use]
pub fn matches(pattern: &[u8], name: &[u8]) -> bool {
    (name.first() != Some(&b'.') || pattern.first() == Some(&b'.')) && matches_any(pattern, name)
}

/// The same where a leading dot is a byte like any other, as in the sections of httpd.
#[must_use]
pub fn matches_any(pattern: &[u8], name: &[u8]) -> bool {
    // The classic two-index walk: on a mismatch go back to the last star only, which is enough.
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match step(&pattern[p..], name[n]) {
            Step::One(width) => {
                p += width;
                n += 1;
            }
            Step::Star => {
                p += 1;
                star = Some((p, n));
            }
            Step::No => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (p, n) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// Whether the end of a path has a form that a person wrote: `*` stands for anything within a part of the path, `**` for
/// any parts, and a slash at the end for all that lies below. `legacy/**` is `legacy/a.conf` and `/srv/legacy/b/c`.
#[must_use]
pub fn matches_path(pattern: &str, path: &Path) -> bool {
    let below = pattern.ends_with('/').then_some("**");
    let wanted = pattern.split('/').filter(|part| !part.is_empty() && *part != ".").chain(below);
    let wanted: Vec<&[u8]> = wanted.map(str::as_bytes).collect();
    let parts: Vec<&[u8]> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().as_encoded_bytes())
        .collect();
    !wanted.is_empty() && (0..parts.len()).any(|from| matches_parts(&wanted, &parts[from..]))
}

/// The same walk as for bytes, over the parts of a path.
fn matches_parts(wanted: &[&[u8]], parts: &[&[u8]]) -> bool {
    let (mut w, mut p) = (0, 0);
    let mut star = None;
    while p < parts.len() {
        match wanted.get(w) {
            Some(&b"**") => {
                w += 1;
                star = Some((w, p));
            }
            Some(part) if matches_any(part, parts[p]) => {
                w += 1;
                p += 1;
            }
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (w, p) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    wanted[w..].iter().all(|part| part == b"**")
}

/// Whether the path is a pattern at all: nginx looks for these three bytes (`ngx_conf_include`).
pub fn is_pattern(path: &[u8]) -> bool {
    path.iter().any(|byte| b"*?[".contains(byte))
}

enum Step {
    One(usize),
    Star,
    No,
}

fn step(pattern: &[u8], byte: u8) -> Step {
    match pattern {
        [b'*', ..] => Step::Star,
        [b'?', ..] => Step::One(1),
        [b'[', rest @ ..] => match class(rest, byte) {
            Some((true, width)) => Step::One(width + 1),
            None if byte == b'[' => Step::One(1),
            Some((false, _)) | None => Step::No,
        },
        [b'\\', escaped, ..] if *escaped == byte => Step::One(2),
        [b'\\', _, ..] => Step::No,
        [literal, ..] if *literal == byte => Step::One(1),
        _ => Step::No,
    }
}

/// A bracket expression behind its `[`: whether the byte is in it, and its width with the `]`.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        match (pattern.get(at)?, pattern.get(at + 1), pattern.get(at + 2)) {
            (b']', ..) if at > first => return Some((found != negated, at + 1)),
            (&low, Some(b'-'), Some(&high)) if high != b']' => {
                found |= (low..=high).contains(&byte);
                at += 3;
            }
            (&literal, ..) => {
                found |= literal == byte;
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn as_glob3() {
        let yes: &[(&str, &str)] = &[
            ("*", "a.conf"),
            ("*.conf", "a.conf"),
            ("a?c", "abc"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]x]", "]"),
            (".*", ".hidden"),
            ("a*b*c", "a1b2b3c"),
            ("\\*", "*"),
            ("[", "["),
        ];
        let no: &[(&str, &str)] = &[
            ("*", ".hidden"),
            ("*.conf", "a.conf~"),
            ("?", ""),
            ("[a-c]x", "dx"),
            ("a*b", "abc"),
            ("\\*", "a"),
        ];
        for (pattern, name) in yes {
            assert!(matches(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
        for (pattern, name) in no {
            assert!(!matches(pattern.as_bytes(), name.as_bytes()), "{pattern} {name}");
        }
    }
}
