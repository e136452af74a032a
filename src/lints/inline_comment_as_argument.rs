//! A comment behind an argument: Apache refuses the line, or lets in whom the comment names.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, Misuse, Misused, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "inline-comment-as-argument",
    summary: "a comment at the end of the line is taken for arguments: the server refuses the line",
    level: Level::Error,
    page: include_str!("inline_comment_as_argument.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.misuses().into_iter().filter_map(|line| check_line(site, line)).collect()
}

fn check_line(site: &Site<'_>, line: Misused<'_>) -> Option<Finding> {
    let Misuse::Comment(at) = line.misuse else { return None };
    let finding = if line.is_refused {
        Finding::at(at.span(), format!("taken for an argument: {}", line.directive.refusal()))
    } else {
        let what = "names, and not a comment: whoever has one of them gets in";
        Finding::at(at.span(), what).message("a comment at the end of the line lets people in")
    };
    let finding = finding.help("put the comment on a line of its own, before this one");
    Some(match edits(site, line.directive, at.span()) {
        Some(edits) => finding.fix(Safety::Safe, edits),
        None => finding,
    })
}

/// Moves the comment to the line before.
fn edits(site: &Site<'_>, directive: Directive<'_>, at: Span) -> Option<Vec<Edit>> {
    let (source, whole) = (site.files().sources.get(at.file), directive.span());
    let text = |start: u32, end: u32| source.text().get(start as usize..end as usize);
    let line_start = source.lines().get(source.line_of(whole.start))?;
    let indent = text(*line_start, whole.start).filter(|indent| indent.trim().is_empty())?;
    let value = text(whole.start, at.start)?.trim_end();
    let comment = text(at.start, whole.end)?;
    // A section's tag ends behind it; a comment that ends in a backslash takes the next line with it.
    let is_text = source.bytes().get(at.start as usize..whole.end as usize) == Some(comment.as_bytes());
    let is_plain = is_text && !value.contains('\n') && !comment.contains('\n') && !comment.ends_with('\\');
    let has_value = value.split_ascii_whitespace().count() > 1 && !value.starts_with('<');
    let behind = Span { start: whole.start + crate::source::offset(value.len()), ..whole };
    (is_plain && has_value).then(|| {
        let text = format!("{comment}\n{indent}");
        vec![Edit { span: whole.before(), text }, Edit { span: behind, text: String::new() }]
    })
}
