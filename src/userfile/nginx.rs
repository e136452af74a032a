//! As nginx reads a file of users: a line is compared byte by byte with the user's name and a colon (spec H1 to H5).

use std::ops::Range;

use super::{Fate, Line, Oddity, Reader, Slip, UserFile};
use crate::source::offset;

/// The buffer that the file is read into, in bytes (`NGX_HTTP_AUTH_BUF_SIZE`); a hash behind its end is cut.
const BUFFER: usize = 2048;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) fn read(bytes: &[u8]) -> UserFile {
    let mut lines = Vec::new();
    let mut slips = Vec::new();
    // Lines without a colon right before this one: a user whose name begins like one of them is not compared
    // with the line behind it.
    let mut open: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for (number, whole) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let at = start;
        start += whole.len();
        let line = whole.strip_suffix(b"\n").unwrap_or(whole);
        let is_crlf = line.ends_with(b"\r");
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let number = offset(number);
        let slip = |oddity| Slip { line: number, oddity };
        if matches!(line.first(), None | Some(b'#' | b'\r')) {
            open.clear();
            continue;
        }
        if line.contains(&b'\r') {
            slips.push(slip(Oddity::CarriageReturns));
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            // A comment that is not at the first byte is a user for nginx, and does no harm.
            if !matches!(line.trim_ascii_start().first(), None | Some(b'#')) {
                slips.push(slip(Oddity::without_colon(line)));
            }
            if is_crlf {
                open.clear();
            } else {
                open.push(at..at + line.len());
            }
            continue;
        };
        let name = &line[..colon];
        let fate = if is_swallowed(bytes, &open, name) { Fate::Swallowed } else { Fate::Counts };
        if fate == Fate::Swallowed
            && let Some(slip) =
                slips.iter_mut().rev().find(|slip| matches!(slip.oddity, Oddity::NoColon | Oddity::Remark))
        {
            slip.oddity = Oddity::SwallowsNext;
        }
        open.clear();
        let end = |from: usize| {
            let rest = line.get(from..).unwrap_or_default();
            let length = rest.iter().position(|byte| matches!(byte, b':' | b'\r')).unwrap_or(rest.len());
            from + length
        };
        let whole_hash = colon + 1..end(colon + 1);
        let third = (whole_hash.end + 1).min(line.len())..end((whole_hash.end + 1).min(line.len()));
        // What is longer than the buffer is cut, and what stands behind a NUL is not compared.
        let seen = &line[whole_hash.start..whole_hash.end.min(whole_hash.start + BUFFER)];
        let length = seen.iter().position(|byte| *byte == 0).unwrap_or(seen.len());
        let hash = whole_hash.start..whole_hash.start + length;
        if line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        let found = oddities(at, name, &line[whole_hash]);
        slips.extend(found.into_iter().flatten().map(slip));
        if name.is_empty() {
            continue;
        }
        let in_file = |range: Range<usize>| offset(at + range.start)..offset(at + range.end);
        lines.push(Line { number, name: in_file(0..colon), fields: [in_file(hash), in_file(third)], fate });
    }
    UserFile::new(Reader::Nginx, bytes.to_vec(), lines, slips)
}

/// Goes through the lines without a colon as nginx does for this name: one that the name begins with takes the
/// next line with it.
fn is_swallowed(bytes: &[u8], open: &[Range<usize>], name: &[u8]) -> bool {
    let mut is_passed_over = false;
    for line in open {
        is_passed_over = !is_passed_over && name.starts_with(&bytes[line.clone()]);
    }
    is_passed_over
}

fn oddities(at: usize, name: &[u8], hash: &[u8]) -> [Option<Oddity>; 5] {
    let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    let mark = at == 0 && name.starts_with(BYTE_ORDER_MARK);
    let name_oddity = if name.is_empty() {
        Some(Oddity::NoName)
    } else if is_blank(name.first()) {
        Some(Oddity::BlankBeforeName)
    } else {
        None
    };
    [
        mark.then_some(Oddity::ByteOrderMark),
        name_oddity,
        is_blank(name.last()).then_some(Oddity::BlankBehindName),
        is_blank(hash.first())
            .then_some(Oddity::BlankBeforeHash)
            .or_else(|| is_blank(hash.last()).then_some(Oddity::BlankBehindHash)),
        (hash.len() > BUFFER).then_some(Oddity::TooLong),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::userfile::{Library, Listed};

    fn listed(text: &str) -> Listed {
        UserFile::read(Reader::Nginx, text.as_bytes()).basic("alice", &Library::debian())
    }

    #[test]
    fn lines_are_read_as_nginx_does() {
        let good = |text: &str| listed(text) == Listed::Yes;
        assert!(good("alice:{PLAIN}x\n"));
        assert!(good("bob:{PLAIN}x\r\nalice:{PLAIN}x:rest"));
        assert!(good("# alice\n\nalice:{PLAIN}"));
        assert!(good("alicia:x\nalice:{PLAIN}x"));
        assert!(good("al\r\nalice:{PLAIN}x\n"));
        // A beginning of the name alone on its line swallows the next one.
        assert!(!good("al\nalice:{PLAIN}x\n"));
        assert!(good("al\nali\nalice:{PLAIN}x\n"));
        assert!(good("al\n\nalice:{PLAIN}x\n"));
        assert!(good("al\nalice:{PLAIN}x\nalice:{PLAIN}x\n"));
        assert!(!good(" alice:{PLAIN}x\n"));
        assert!(!good("\u{feff}alice:{PLAIN}x\n"));
        assert!(!good("bob:{PLAIN}x\ralice:{PLAIN}x\n"));
        assert!(!good("Alice:{PLAIN}x\n"));
        // A hash ends at a NUL, and at the end of the buffer.
        assert!(good("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\0x\n"));
        assert!(!good(&format!("alice:{{SSHA}}{}\n", "A".repeat(2060))));
        assert_eq!(listed("alice:{PLAIN}x \n"), Listed::WithBlank);
        assert_eq!(listed("alice:plain\nalice:{PLAIN}x\n"), Listed::Never);
    }
}
