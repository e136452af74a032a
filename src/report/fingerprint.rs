//! Who is who among findings, from one run to the next.
//!
//! A fingerprint is made of the lint, the file, the words of the directive and the titles of the blocks around it,
//! `location /admin/` in `server` of this name. It stays the same when lines come, go or move, when other lines change,
//! when blanks, quotes or comments do, and whatever the order of the findings. Findings of which all that is the same
//! are numbered: whoever compares two reports sees how many of them there are more.

use std::collections::HashMap;

use super::{Base, Report, kind};
use crate::finding::{Finding, Place};
use crate::source::{Source, Sources, Span};

/// The fingerprints of a report's findings, in their order: 32 hexadecimal digits, a colon, and a number that counts
/// equal ones from 1. The digits stay what they are from one version of authlint to the next.
#[must_use]
pub fn fingerprints(report: &Report, sources: &Sources, base: &Base) -> Vec<String> {
    numbered(report.findings.iter().map(|finding| of_finding(finding, report, sources, base)))
}

/// The fingerprints of its problems: made of kind, file and message.
#[must_use]
pub fn problem_fingerprints(report: &Report, sources: &Sources, base: &Base) -> Vec<String> {
    numbered(report.problems.iter().map(|problem| {
        let path = match &problem.place {
            Place::Span(span) => sources.get(span.file).path(),
            Place::Path(path) => path,
        };
        hash(["problem", kind(problem).as_str(), &base.shown(path), &problem.message])
    }))
}

fn of_finding(finding: &Finding, report: &Report, sources: &Sources, base: &Base) -> u128 {
    let source = sources.get(finding.primary.span.file);
    let path = base.shown(source.path());
    let start = ["finding", finding.lint, path.as_str()].into_iter();
    match report.outlines.get(&finding.primary.span) {
        Some(outline) => {
            hash(start.chain([outline.directive.as_str()]).chain(outline.blocks.iter().map(String::as_str)))
        }
        None => hash(start.chain([written(source, finding.primary.span).as_str()])),
    }
}

/// The lines of a place that is in no directive, without what blanks tell.
fn written(source: &Source, span: Span) -> String {
    let text = source.text();
    let start = text.get(..span.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(span.end as usize..).and_then(|behind| behind.find('\n'));
    let end = end.map_or(text.len(), |length| span.end as usize + length);
    let lines = text.get(start..end).unwrap_or_default();
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn numbered(hashes: impl Iterator<Item = u128>) -> Vec<String> {
    let mut seen: HashMap<u128, usize> = HashMap::new();
    let number = |hash: u128| {
        let count = seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:032x}:{count}")
    };
    hashes.map(number).collect()
}

/// FNV-1a of 128 bits over the parts, a byte that no text has behind each. The standard library's hashes may change with
/// its version. Nothing is kept out by this: whoever can write a configuration can write the report, too.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0xff]));
    bytes.fold(BASIS, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::{hash, numbered, written};
    use crate::source::{FileId, Source, Span};

    /// Baselines that people keep hang on these digits.
    #[test]
    fn digits_stay() {
        assert_eq!(format!("{:032x}", hash([])), "6c62272e07bb014262b821756295c58d");
        assert_eq!(format!("{:032x}", hash(["a", "b"])), "697222d0e0757277b806e9775b4e0ce2");
        assert_ne!(hash(["a", "b"]), hash(["ab"]));
        assert_eq!(numbered([7, 8, 7].into_iter())[2], "00000000000000000000000000000007:2");
    }

    #[test]
    fn a_line_is_taken_whole() {
        let source = Source::new("users".into(), b"alice\n  bob \tx\ncarol".to_vec());
        let at = |start, end| written(&source, Span::new(FileId(0), start, end));
        assert_eq!(at(8, 10), "bob x");
        assert_eq!(at(20, 20), "carol");
    }
}
