//! What holds for the tree of any bytes.

use std::time::{Duration, Instant};

use authlint::source::Source;
use authlint::syntax::{MAX_SLIPS, Range, apache_words, parse_apache};

/// Reads the bytes and checks that statements nest and stand in order, that all of their parts lie
/// within the file, and that nothing of the text is lost: what is neither a word nor a comment nor of a
/// tag is blank, is behind a tag or a NUL, or is told.
pub fn hold(bytes: &[u8]) {
    let source = Source::new("text".into(), bytes.to_vec());
    let tree = parse_apache(&source);
    let shown = bytes.escape_ascii();
    let mut covered = vec![false; bytes.len()];
    let mut cover = |at: Range| {
        assert!(at.start <= at.end && at.end as usize <= bytes.len(), "{at:?} is not in {shown}");
        assert!(source.text().get(at.start as usize..at.end as usize).is_some(), "{at:?} cuts {shown}");
        covered[at.start as usize..at.end as usize].fill(true);
    };
    let whole = Range { start: 0, end: u32::try_from(bytes.len()).expect("a small text") };
    let mut blocks = vec![(whole, tree.top().collect::<Vec<_>>())];
    let mut count = 0;
    while let Some((outer, statements)) = blocks.pop() {
        let mut at = outer.start;
        for id in statements {
            count += 1;
            let (range, head, closing) = (tree.range(id), tree.head(id), tree.closing(id));
            assert!(at <= range.start && range.end <= outer.end, "{range:?} in {outer:?} of {shown}");
            assert!(range.start == head.start && head.end <= range.end, "{head:?} of {shown}");
            assert!(head.end <= closing.start && closing.end == range.end, "{closing:?} of {shown}");
            at = range.end;
            let words = tree.word_count(id);
            assert!(words > 0, "a statement without words in {shown}");
            let mut before = range.start;
            for n in 0..words {
                let word = tree.word_range(id, n);
                assert!(before <= word.start && word.end <= range.end, "{word:?} of {shown}");
                before = word.end;
                assert!(tree.raw(&source, id, n).is_some() && tree.value(&source, id, n).is_some());
            }
            cover(head);
            cover(closing);
            if let Some(inside) = tree.inside(id) {
                assert!(head.end <= inside && inside <= closing.start.max(inside), "{inside} of {shown}");
                // What is behind a tag, or is a program.
                cover(Range { start: head.end, end: inside });
                if tree.children(id).next().is_none() {
                    cover(Range { start: head.end, end: closing.start });
                }
                blocks.push((Range { start: head.end, end: closing.start }, tree.children(id).collect()));
            }
            if !tree.is_insertion(id) && (0..words).all(|n| !tree.is_template_word(id, n)) {
                let values: Vec<_> =
                    (0..words).map(|n| tree.value(&source, id, n).unwrap_or_default().into_owned()).collect();
                let line = tree.line(&source, id);
                assert_eq!(apache_words(&line), values, "of the line {} in {shown}", line.escape_ascii());
            }
        }
    }
    assert_eq!(count, tree.len(), "{shown}");
    for &comment in tree.comments() {
        cover(comment);
    }
    for slip in &tree.slips {
        cover(slip.at);
        slip.because.into_iter().for_each(|(at, _)| cover(at));
    }
    assert!(tree.slips.len() <= MAX_SLIPS);
    if tree.slips.len() == MAX_SLIPS {
        return;
    }
    for line in logical_lines(bytes) {
        // What is behind a NUL, or behind a closing tag, which may close nothing, is nowhere; nor is all
        // of a template.
        let text = &bytes[line.clone()];
        if tree.is_template || text.contains(&0) || text.windows(2).any(|pair| pair == b"</") {
            continue;
        }
        for at in line {
            let is_lost = !covered[at] && !b" \t\r\n\x0b\x0c\\>".contains(&bytes[at]);
            assert!(!is_lost, "byte {at} is lost in {shown}");
        }
    }
}

/// The lines of a text, each with those it goes on in.
fn logical_lines(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut lines, mut start, mut joined) = (Vec::new(), 0, Vec::new());
    for (at, &byte) in bytes.iter().enumerate() {
        if byte != b'\n' {
            joined.push(byte);
            continue;
        }
        joined.pop_if(|last| *last == b'\r');
        if joined.pop_if(|last| *last == b'\\').is_none() {
            lines.push(std::mem::replace(&mut start, at + 1)..at + 1);
            joined.clear();
        }
    }
    lines.push(start..bytes.len());
    lines
}

/// How long it takes to read `before` and then `unit` again and again, up to `size` bytes.
pub fn time(before: &str, unit: &str, size: usize) -> Duration {
    let text = before.bytes().chain(unit.bytes().cycle()).take(size).collect();
    let source = Source::new("text".into(), text);
    let least = (0..if size < 1 << 16 { 3 } else { 1 }).map(|_| {
        let start = Instant::now();
        assert!(parse_apache(&source).slips.len() <= MAX_SLIPS);
        start.elapsed()
    });
    least.min().unwrap_or_default().max(Duration::from_micros(100))
}
