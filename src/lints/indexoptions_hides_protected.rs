//! A listing leaves out what asks for a password: nobody finds the way there.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, HiddenEntry, Site};

pub const LINT: Lint = Lint {
    id: "indexoptions-hides-protected",
    summary: "the listing leaves out what asks for a password: whoever may have it does not find it there",
    level: Level::Advice,
    page: include_str!("indexoptions_hides_protected.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.hidden_entries().iter().map(finding).collect()
}

fn finding(entry: &HiddenEntry<'_>) -> Finding {
    let finding = Finding::at(entry.by.span(), "makes the listing, without `ShowForbidden`")
        .also(entry.wanted.span(), format!("so this leaves `{}` out of it", entry.name));
    match entry.options.map(addition) {
        Some(edit) => {
            let help = format!("add `{}` to this line", edit.text.trim_start());
            finding.help(help).fix(Safety::Unsafe, vec![edit])
        }
        None => finding.help("write `IndexOptions +ShowForbidden` beside it"),
    }
}

/// Words with a sign and words without one do not go together in one line.
fn addition(options: Directive<'_>) -> Edit {
    let mut span = options.span();
    span.start = span.end;
    let signed = options.arguments().any(|word| word.text().starts_with(['+', '-']));
    let text = if signed { " +ShowForbidden" } else { " ShowForbidden" };
    Edit { span, text: text.to_owned() }
}
