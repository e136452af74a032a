//! Edits of one file: the text they make of it, and where a place of the new text was in the old one.

use crate::finding::Edit;
use crate::source::offset;

/// Edits of one file in the order of its text. None overlap.
#[derive(Clone, Debug)]
pub struct Patch {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    end: usize,
    text: String,
}

impl Patch {
    /// Puts edits in order. A line that would be left blank goes with what stood in it, and new lines end as the
    /// others of the file do.
    pub fn of(old: &[u8], mut edits: Vec<Edit>) -> Self {
        // By place alone: a file that is read in two ways has two numbers.
        let place = |edit: &Edit| (edit.span.start, edit.span.end);
        edits.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.text.cmp(&b.text)));
        edits.dedup_by(|a, b| place(a) == place(b) && a.text == b.text);
        let mut pieces: Vec<Piece> = Vec::new();
        for Edit { span, text } in edits {
            let (start, end) = (span.start as usize, span.end as usize);
            match pieces.last_mut() {
                _ if start > end || end > old.len() => {}
                Some(last) if start < last.end => {}
                Some(last)
                    if last.takes_away()
                        && text.is_empty()
                        && start < end
                        && old[last.end..start].iter().all(|byte| b" \t".contains(byte)) =>
                {
                    last.end = end;
                }
                _ => pieces.push(Piece { start, end, text: with_line_ends_of(old, start, text) }),
            }
        }
        for number in 0..pieces.len() {
            // What is put at the beginning of the line stands in it.
            let stays = |piece: &Piece| !piece.text.is_empty() && !piece.text.ends_with('\n');
            let from =
                number.checked_sub(1).map_or(0, |last| pieces[last].end + usize::from(stays(&pieces[last])));
            let to = pieces.get(number + 1).map_or(old.len(), |next| next.start);
            if pieces[number].takes_away() {
                pieces[number].widen(old, from, to);
            }
        }
        Patch { pieces }
    }

    /// The new text.
    pub fn apply(&self, old: &[u8]) -> Vec<u8> {
        let mut new = Vec::with_capacity(old.len());
        let mut at = 0;
        for piece in &self.pieces {
            new.extend_from_slice(&old[at..piece.start]);
            new.extend_from_slice(piece.text.as_bytes());
            at = piece.end;
        }
        new.extend_from_slice(&old[at..]);
        new
    }

    /// Where a place of the new text was in the old one; for what is new: where it was put.
    pub fn back(&self, at: u32) -> u32 {
        let at = at as usize;
        // The text before a piece is longer by `added` and shorter by `taken`.
        let (mut added, mut taken) = (0, 0);
        for piece in &self.pieces {
            let start = piece.start + added - taken;
            if at < start {
                break;
            }
            if at < start + piece.text.len() {
                return offset(piece.start);
            }
            added += piece.text.len();
            taken += piece.end - piece.start;
        }
        offset(at + taken - added)
    }
}

impl Piece {
    fn takes_away(&self) -> bool {
        self.text.is_empty() && self.start < self.end
    }

    /// Takes the whole line away where nothing else stands in it, within the bounds.
    fn widen(&mut self, old: &[u8], from: usize, to: usize) {
        let is_blank = |part: &[u8]| part.iter().all(|byte| b" \t\r".contains(byte));
        let start = memchr::memrchr(b'\n', &old[..self.start]).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', &old[self.end..]).map(|at| self.end + at);
        let stop = end.unwrap_or(old.len());
        if start < from || stop > to || !is_blank(&old[start..self.start]) || !is_blank(&old[self.end..stop])
        {
            return;
        }
        match end {
            Some(end) if end < to => (self.start, self.end) = (start, end + 1),
            Some(_) => {}
            // The last line has no line feed, and so it will be.
            None => {
                let before = old[..start].strip_suffix(b"\n").unwrap_or(&old[..start]);
                let before = before.strip_suffix(b"\r").unwrap_or(before).len();
                (self.start, self.end) = (if before >= from { before } else { start }, stop);
            }
        }
    }
}

/// With CRLF where the lines around the place end with it.
fn with_line_ends_of(old: &[u8], at: usize, text: String) -> String {
    let next = memchr::memchr(b'\n', &old[at..]).map(|found| at + found);
    let line_end = next.or_else(|| memchr::memrchr(b'\n', &old[..at]));
    let is_crlf = line_end.is_some_and(|end| old[..end].ends_with(b"\r"));
    if is_crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit { span: Span::new(FileId(0), start, end), text: text.into() }
    }

    fn patched(old: &str, edits: Vec<Edit>) -> String {
        String::from_utf8(Patch::of(old.as_bytes(), edits).apply(old.as_bytes())).unwrap()
    }

    #[test]
    fn a_line_goes_with_what_stood_in_it() {
        assert_eq!(patched("a;\n  b;\n  c;\n", vec![edit(5, 7, "")]), "a;\n  c;\n");
        assert_eq!(patched("a;\n  b; c;\nd;\n", vec![edit(5, 7, ""), edit(8, 10, "")]), "a;\nd;\n");
        assert_eq!(patched("a;\n b; # why\n", vec![edit(4, 6, "")]), "a;\n  # why\n");
        assert_eq!(patched("a; b;\n", vec![edit(3, 5, "")]), "a; \n");
        assert_eq!(patched("a;\r\n b;\r\nc;", vec![edit(5, 7, "")]), "a;\r\nc;");
        assert_eq!(patched("a;\n b;\n c;", vec![edit(4, 6, ""), edit(8, 10, "")]), "a;\n");
        assert_eq!(patched("a;\n c;", vec![edit(4, 6, "")]), "a;");
        assert_eq!(patched("a;", vec![edit(0, 2, "")]), "");
        // What is put into the line keeps it.
        assert_eq!(patched("a;\n  b;\n", vec![edit(3, 3, "x;"), edit(5, 7, "")]), "a;\nx;  \n");
    }

    #[test]
    fn lines_end_as_the_others_do() {
        assert_eq!(patched("a\r\nb\r\n", vec![edit(3, 3, "x\ny\n")]), "a\r\nx\r\ny\r\nb\r\n");
        assert_eq!(patched("a\r\nb", vec![edit(3, 3, "x\n")]), "a\r\nx\r\nb");
        assert_eq!(patched("a\nb", vec![edit(2, 2, "x\n")]), "a\nx\nb");
        assert_eq!(patched("b", vec![edit(0, 0, "x\n")]), "x\nb");
    }

    #[test]
    fn identical_edits_are_one() {
        assert_eq!(patched("ab", vec![edit(1, 1, "x"), edit(1, 1, "x")]), "axb");
    }

    #[test]
    fn places_are_found_again() {
        let old = "one two three four";
        let edits = vec![edit(0, 0, "zero "), edit(4, 7, "2"), edit(8, 14, "")];
        let patch = Patch::of(old.as_bytes(), edits);
        let new = String::from_utf8(patch.apply(old.as_bytes())).unwrap();
        assert_eq!(new, "zero one 2 four");
        for word in ["one", "four"] {
            let (was, is) = (old.find(word).unwrap(), new.find(word).unwrap());
            assert_eq!(patch.back(offset(is)) as usize, was, "{word}");
        }
        assert_eq!((patch.back(0), patch.back(9)), (0, 4));
        assert_eq!(patch.back(15), 18);
    }
}
