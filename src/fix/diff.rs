//! What a change does to a file, as `diff -u` shows it.

use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};

/// Lines shown around what is changed.
const AROUND: usize = 3;

/// A unified diff of two texts; empty where they are the same. Bytes that are no text stay what they are.
pub fn unified(path: &str, old: &[u8], new: &[u8]) -> Vec<u8> {
    let old: Vec<&[u8]> = old.split_inclusive(|&byte| byte == b'\n').collect();
    let new: Vec<&[u8]> = new.split_inclusive(|&byte| byte == b'\n').collect();
    let mut out = Vec::new();
    for hunk in group_diff_ops(capture_diff_slices(Algorithm::Myers, &old, &new), AROUND) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        if out.is_empty() {
            out.extend_from_slice(format!("--- {path}\n+++ {path}\n").as_bytes());
        }
        let (from, to) = (first.old_range().start, last.old_range().end);
        let (new_from, new_to) = (first.new_range().start, last.new_range().end);
        out.extend_from_slice(
            format!("@@ -{} +{} @@\n", lines(from, to), lines(new_from, new_to)).as_bytes(),
        );
        for change in &hunk {
            if change.tag() == DiffTag::Equal {
                push(&mut out, b' ', &old[change.old_range()]);
            } else {
                push(&mut out, b'-', &old[change.old_range()]);
                push(&mut out, b'+', &new[change.new_range()]);
            }
        }
    }
    out
}

/// The first line, counted from 1, and how many; of no lines it is the line before them.
fn lines(from: usize, to: usize) -> String {
    match to - from {
        0 => format!("{from},0"),
        1 => format!("{}", from + 1),
        count => format!("{},{count}", from + 1),
    }
}

fn push(out: &mut Vec<u8>, mark: u8, lines: &[&[u8]]) {
    for line in lines {
        out.push(mark);
        out.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            out.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_diff_does_it() {
        let diff =
            |old: &str, new: &str| String::from_utf8(unified("x", old.as_bytes(), new.as_bytes())).unwrap();
        assert_eq!(diff("a\n", "a\n"), "");
        assert_eq!(
            diff("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6\n"),
            "--- x\n+++ x\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n"
        );
        assert_eq!(
            diff("a\nb", "a\nc"),
            "--- x\n+++ x\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
        );
        assert_eq!(diff("a\n", ""), "--- x\n+++ x\n@@ -1 +0,0 @@\n-a\n");
        assert_eq!(diff("a\r\nb\r\n", "b\r\n"), "--- x\n+++ x\n@@ -1,2 +1 @@\n-a\r\n b\r\n");
        assert_eq!(unified("x", b"\xe9\n", b""), b"--- x\n+++ x\n@@ -1 +0,0 @@\n-\xe9\n");
    }
}
