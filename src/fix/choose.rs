//! Which fixes can be made together.

use std::collections::{BTreeSet, HashMap};

use crate::finding::{Edit, Finding, Fix};
use crate::load::Files;
use crate::source::FileKey;

/// A finding and its fix.
pub type Fixable<'f> = (&'f Finding, &'f Fix);

/// Start, end and new text of each edit of a file.
type Taken<'f> = BTreeSet<(u32, u32, &'f str)>;

/// Of fixes that overlap or touch the first is chosen; the others can wait for another round. Several may have an edit
/// in common.
pub fn choose<'f>(wanted: impl Iterator<Item = Fixable<'f>>, files: &Files) -> Vec<Fixable<'f>> {
    let mut chosen = Vec::new();
    let mut taken: HashMap<FileKey, Taken<'f>> = HashMap::new();
    for (finding, fix) in wanted {
        if !is_sound(fix, files) {
            continue;
        }
        let is_free = fix.edits.iter().all(|edit| {
            taken.get(&files.key(edit.span.file)).is_none_or(|taken| !is_in_the_way(taken, edit))
        });
        if !is_free {
            continue;
        }
        chosen.push((finding, fix));
        for edit in &fix.edits {
            let taken = taken.entry(files.key(edit.span.file)).or_default();
            taken.insert((edit.span.start, edit.span.end, &edit.text));
        }
    }
    chosen
}

/// Whether the edits are within their files, do not overlap, and change something.
fn is_sound(fix: &Fix, files: &Files) -> bool {
    let mut spans: Vec<_> = fix.edits.iter().map(|edit| edit.span).collect();
    spans.sort_unstable();
    let are_apart = spans.windows(2).all(|pair| pair[0].file != pair[1].file || pair[0].end <= pair[1].start);
    let old = |edit: &Edit| {
        let bytes = files.sources.get(edit.span.file).bytes();
        bytes.get(edit.span.start as usize..edit.span.end as usize)
    };
    are_apart
        && fix.edits.iter().all(|edit| old(edit).is_some())
        && fix.edits.iter().any(|edit| old(edit) != Some(edit.text.as_bytes()))
}

fn is_in_the_way(taken: &Taken<'_>, edit: &Edit) -> bool {
    let (start, end) = (edit.span.start, edit.span.end);
    // They are apart or touch, so that their ends are in order as their starts are.
    (taken.range(..(end.saturating_add(1), 0, "")).rev())
        .take_while(|other| other.1 >= start)
        .any(|&other| other != (start, end, edit.text.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Safety;
    use crate::source::{FileId, Source, Span};
    use crate::syntax::Tree;

    fn finding(edits: &[(u32, u32, &str)]) -> Finding {
        let span = |start, end| Span::new(FileId(0), start, end);
        let edits =
            edits.iter().map(|&(start, end, text)| Edit { span: span(start, end), text: text.into() });
        Finding::at(span(0, 1), "").fix(Safety::Safe, edits.collect())
    }

    /// The numbers of the fixes that are chosen.
    fn chosen(all: &[&[(u32, u32, &str)]]) -> Vec<usize> {
        let mut files = Files::default();
        files.add(Source::new("x".into(), b"0123456789".to_vec()), Tree::default());
        let findings: Vec<Finding> = all.iter().map(|edits| finding(edits)).collect();
        let wanted = findings.iter().filter_map(|finding| Some((finding, finding.fix.as_ref()?)));
        let number = |one: &Finding| findings.iter().position(|other| std::ptr::eq(one, other)).unwrap();
        choose(wanted, &files).into_iter().map(|(finding, _)| number(finding)).collect()
    }

    #[test]
    fn the_first_of_those_that_touch_wins() {
        assert_eq!(chosen(&[&[(2, 4, "a")], &[(3, 5, "b")], &[(5, 6, "c")]]), [0, 2]);
        assert_eq!(chosen(&[&[(2, 4, "a")], &[(4, 6, "b")], &[(4, 4, "c")]]), [0]);
        assert_eq!(chosen(&[&[(2, 2, "a")], &[(2, 2, "b")], &[(0, 9, "c")]]), [0]);
        assert_eq!(chosen(&[&[(0, 1, "a"), (8, 9, "a")], &[(7, 8, "b"), (3, 4, "b")]]), [0]);
        assert_eq!(chosen(&[&[(8, 9, "a")], &[(0, 1, "a")], &[(0, 9, "b")]]), [0, 1]);
    }

    #[test]
    fn what_several_do_is_in_nobodys_way() {
        assert_eq!(chosen(&[&[(2, 4, "a")], &[(2, 4, "a")]]), [0, 1]);
        assert_eq!(chosen(&[&[(2, 2, "a"), (8, 9, "")], &[(2, 2, "a")]]), [0, 1]);
    }

    #[test]
    fn what_is_not_sound_is_left() {
        let changes_nothing: &[(u32, u32, &str)] = &[(2, 4, "23")];
        let none: [usize; 0] = [];
        assert_eq!(chosen(&[&[(9, 11, "")], &[(1, 3, ""), (2, 4, "")], changes_nothing, &[]]), none);
        assert_eq!(chosen(&[&[(1, 1, "x"), (1, 3, "")]]), [0]);
    }
}
