//! What holds for the tree of any bytes.

use std::time::{Duration, Instant};

use authlint::source::Source;
use authlint::syntax::{MAX_SLIPS, Range, Tree, parse_nginx};

/// Reads the bytes and checks that statements nest and stand in order, that all of their parts lie
/// within the file, and that nothing of the text is lost.
pub fn hold(bytes: &[u8]) {
    let source = Source::new("text".into(), bytes.to_vec());
    let tree = parse_nginx(&source);
    let shown = bytes.escape_ascii();
    let mut covered = vec![false; bytes.len()];
    let mut cover = |at: Range| {
        assert!(at.start <= at.end && at.end as usize <= bytes.len(), "{at:?} is not in {shown}");
        covered[at.start as usize..at.end as usize].fill(true);
    };
    let is_text = |at: Range| {
        let text = source.text().get(at.start as usize..at.end as usize);
        assert!(text.is_some(), "{at:?} cuts a character of {shown}");
        at
    };

    let whole = Range { start: 0, end: u32::try_from(bytes.len()).expect("a small text") };
    let mut blocks = vec![(whole, tree.top().collect::<Vec<_>>())];
    let mut count = 0;
    while let Some((outer, statements)) = blocks.pop() {
        let mut at = outer.start;
        for id in statements {
            count += 1;
            let range = tree.range(id);
            assert!(
                at <= range.start && range.start <= range.end && range.end <= outer.end,
                "{range:?} of {shown}"
            );
            at = range.end;
            let words = tree.word_count(id);
            assert!(words > 0, "a statement without words in {shown}");
            let mut before = range.start;
            for n in 0..words {
                let word = tree.word_range(id, n);
                assert!(before <= word.start && word.end <= range.end, "{word:?} of {shown}");
                before = word.end;
                cover(is_text(word));
                assert!(tree.raw(&source, id, n).is_some() && tree.value(&source, id, n).is_some());
            }
            if range.end > range.start {
                cover(Range { start: range.end - 1, ..range });
            }
            if let Some(inside) = tree.inside(id) {
                assert!(before <= inside && inside <= range.end, "{inside} of {shown}");
                cover(Range { start: inside - 1, end: inside });
                let is_lua = tree.raw(&source, id, 0).is_some_and(|name| name.ends_with(b"_by_lua_block"));
                if is_lua {
                    cover(Range { start: inside, ..range });
                }
                blocks.push((Range { start: inside, ..range }, tree.children(id).collect()));
            }
        }
    }
    assert_eq!(count, tree.len(), "statements that no block holds in {shown}");
    for &comment in tree.comments() {
        cover(is_text(comment));
    }
    assert!(tree.slips.len() <= MAX_SLIPS);
    for slip in &tree.slips {
        cover(is_text(slip.at));
        slip.because.iter().for_each(|because| cover(is_text(because.0)));
    }
    let may_lack = may_lack(&tree);
    for (at, &byte) in bytes.iter().enumerate() {
        let is_lost = !covered[at] && !b" \t\r\n".contains(&byte) && !may_lack.contains(&byte);
        assert!(!is_lost, "byte {at} of {shown} is lost");
    }
}

/// What no part of the tree stands for: terminators where something is wrong, and quotes where so
/// much is wrong that it is only counted.
fn may_lack(tree: &Tree) -> &'static [u8] {
    match tree.slips.len() {
        0 if tree.is_template => b"}",
        0 => b"",
        MAX_SLIPS => b";{}\"'",
        _ => b";{}",
    }
}

/// How long a text of `size` bytes takes, at best.
pub fn time(before: &str, unit: &str, size: usize) -> Duration {
    let mut text = before.to_owned();
    while text.len() < size {
        text.push_str(unit);
    }
    let source = Source::new("text".into(), text.into_bytes());
    let measure = || {
        let start = Instant::now();
        let tree = parse_nginx(&source);
        assert!(tree.len() <= size);
        start.elapsed()
    };
    let best = (0..if size < 1 << 16 { 3 } else { 1 }).map(|_| measure()).min();
    best.unwrap_or_default().max(Duration::from_micros(100))
}
