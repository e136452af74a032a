//! Password files by chance, line by line, out of all that a line may be.

use crate::chance::Chance;
use crate::hashes::{BROKEN, HASHES};

/// Beginnings of each other, so that one may be taken for the other.
const NAMES: &[&str] =
    &["alice", "alice", "alice", "alice", "ali", "al", "a", "alic", "alice2", "Alice", "bob"];

/// Whom a file is asked for: the names, and what becomes names by accident.
pub const OTHERS: &[&str] = &[
    "ali",
    "al",
    "a",
    "alic",
    "alice2",
    "Alice",
    "bob",
    "",
    "\u{feff}alice",
    "\u{feff}al",
    " alice",
    "alice ",
    "\talice",
    "\"alice\"",
    "alice\rx",
    "alice\\",
];

/// The lines of a file, with their ends.
pub fn lines(chance: &mut Chance) -> Vec<Vec<u8>> {
    let usual: &[u8] = if chance.percent(25) { b"\r\n" } else { b"\n" };
    let count = 1 + chance.below(8);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for number in 0..count {
        let mut line =
            if number == 0 && chance.percent(5) { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
        line.extend(self::line(chance));
        match chance.below(100) {
            10.. if !may_go_on(&line) => line.extend(usual),
            0..3 => line.push(b'\r'),
            3..5 => line.extend(b"\r\r\n"),
            5..10 => line.extend(if usual == b"\n" { b"\r\n".as_slice() } else { b"\n" }),
            10..12 => line.extend(b"\\\n"),
            12..14 => line.extend(b"\\\r\n"),
            14..15 => line.extend(b" \\ \n"),
            _ => line.extend(usual),
        }
        if number + 1 == count && chance.percent(40) {
            while matches!(line.last(), Some(b'\r' | b'\n')) {
                line.pop();
            }
        }
        // A hash that is changed may be that of another password.
        let name = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        if chance.percent(4) {
            let at = chance.below(name + 1);
            let byte = [b"\0", b"\r", b"\x0b", b"\x0c", b"\\", b":", b"\xff", b"\n"][chance.below(8)];
            line.splice(at..at, byte.iter().copied());
        }
        lines.push(line);
    }
    lines
}

/// Whether it is known what a line is that takes the next one in: a hash that was cut may become one of another password,
/// and a plain password another one.
fn may_go_on(line: &[u8]) -> bool {
    let is_whole = |hash: &str| !hash.starts_with("{PLAIN}") && line.ends_with(hash.as_bytes());
    !line.contains(&b':') || HASHES.iter().any(|(_, hash, _)| is_whole(hash))
}

fn line(chance: &mut Chance) -> Vec<u8> {
    let name = chance.pick(NAMES);
    let hash = hash(chance);
    // A plain password has no other end.
    let is_plain = hash.starts_with("{PLAIN}");
    let text = match chance.below(58) {
        12 => format!("{name}:{hash}:a comment"),
        13 => format!("{name}:{hash}:"),
        14 => format!("{name}::{hash}"),
        15 => format!("{name}:{hash}::x"),
        16..21 => name.to_owned(),
        21 => format!("{name} "),
        22 => format!(" {name}:{hash}"),
        23 => format!("\t{name}:{hash}"),
        24 => format!("{name} :{hash}"),
        25 => format!("{name}: {hash}"),
        26 => format!("{name}:{hash} "),
        27 if !is_plain => format!("{name}:{hash}\t# comment"),
        28 => "# a comment".to_owned(),
        29 => format!("#{name}:{hash}"),
        30 => format!("  #{name}:{hash}"),
        31 => format!("# {name}:{hash} \\"),
        32 | 33 => String::new(),
        34 => [" ", "\t", "  \t"][chance.below(3)].to_owned(),
        35 => format!(":{hash}"),
        36 => format!("::{hash}"),
        37 => format!("{name}:"),
        38 => format!("\"{name}\":{hash}"),
        39 if !is_plain => {
            let at = chance.below(hash.len() + 1);
            format!("{name}:{}\\\n{}", &hash[..at], &hash[at..])
        }
        40 => {
            let at = chance.below(name.len() + 1);
            format!("{}\\\r\n{}:{hash}", &name[..at], &name[at..])
        }
        // The buffer of nginx has 2048 bytes, the line of httpd 8191.
        41 => format!("#{}", "x".repeat(chance.below(2200))),
        42 => "y".repeat(1900 + chance.below(300)),
        43 => format!("{}{}", ["#", "", "z:"][chance.below(3)], "x".repeat(8180 + chance.below(15))),
        44 => format!("{name}:{hash}:{}", "x".repeat(8100 + chance.below(100))),
        45 if may_go_on(format!(":{hash}").as_bytes()) => {
            format!("{name}:{hash}{}", [":\\", "\\", "\\\\"][chance.below(3)])
        }
        _ => format!("{name}:{hash}"),
    };
    text.into_bytes()
}

fn hash(chance: &mut Chance) -> String {
    if chance.percent(20) {
        return BROKEN[chance.below(BROKEN.len())].to_owned();
    }
    let (_, hash, _) = HASHES[chance.below(HASHES.len())];
    // What is cut or grows is another password, where it is the password itself.
    if hash.starts_with("{PLAIN}") || chance.percent(80) {
        return hash.to_owned();
    }
    match chance.below(4) {
        0 => hash[..hash.len() - 1].to_owned(),
        1 => format!("{hash}x"),
        2 => hash[1..].to_owned(),
        _ => format!("{hash} "),
    }
}
