//! Where a line can be put into a block, and how it is indented there.

use super::Scope;
use crate::finding::Edit;
use crate::source::Span;

impl Scope<'_> {
    /// The empty place behind its `{`; of a section, the beginning of the line behind its opening.
    #[must_use]
    pub fn inside(self) -> Option<Span> {
        let (file, statement) = self.data().opened_by?;
        let at = self.site.files.tree(file).inside(statement)?;
        Some(Span::new(file, at, at))
    }

    /// Puts a directive at the beginning of its block, indented as what stands there.
    #[must_use]
    pub fn insertion(self, directive: &str) -> Option<Edit> {
        let span = self.inside()?;
        let text = self.site.files.sources.get(span.file).text();
        let (before, behind) = text.split_at_checked(span.start as usize)?;
        if self.site.is_apache() {
            let indent = indent(before.trim_end_matches(['\r', '\n']), behind);
            return Some(Edit { span, text: format!("{indent}{directive}\n") });
        }
        let text = match behind.split_once('\n') {
            Some((rest, next)) if rest.trim().is_empty() => format!("\n{}{directive}", indent(before, next)),
            _ => format!(" {directive}"),
        };
        Some(Edit { span, text })
    }
}

/// How the next line is indented; where nothing is in the block yet, a step more than its opening.
fn indent(before: &str, next: &str) -> String {
    let leading = |line: &str| {
        let line = line.split('\n').next().unwrap_or_default();
        line[..line.len() - line.trim_start_matches([' ', '\t']).len()].to_owned()
    };
    let first = next.trim_start().chars().next();
    let is_end = first.is_none_or(|first| first == '}') || next.trim_start().starts_with("</");
    if is_end || next.split('\n').next().is_some_and(|line| line.trim().is_empty()) {
        return leading(before.rsplit('\n').next().unwrap_or_default()) + "    ";
    }
    leading(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_what_stands_there() {
        assert_eq!(indent("a {\n\tb {", "\t\tc;\n"), "\t\t");
        assert_eq!(indent("a {\n  b {", "  }\n"), "      ");
        assert_eq!(indent("<A>\n  <B>", "</B>"), "      ");
        assert_eq!(indent("a {", "\n    b;\n}"), "    ");
        assert_eq!(indent("a {", "b;"), "");
    }
}
