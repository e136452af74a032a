//! `${NAME}` and the parameters of macros, which are replaced in the whole line before it is cut into
//! words (spec a26, a31).

use super::environment::Environment;
use super::reader::Reader;
use super::reading::{Expanded, ExpandedId, Line, UnknownVariable};
use crate::load::Files;
use crate::syntax;

/// What a macro's parameters stand for, the longest name first.
pub type Substitution = [(Vec<u8>, Vec<u8>)];

/// The names in a line that have no known value.
pub type Unknown = Vec<Vec<u8>>;

/// Lines that grow beyond this, in bytes, are not followed; httpd reads 16 MiB.
const LONGEST_LINE: usize = 1 << 20;

/// Long lines count for several.
const EXPANDED_BYTES_A_STEP: usize = 64;

impl Reader {
    /// The text of a line that has variables, or stands in a macro.
    pub(super) fn expand(
        &mut self,
        files: &Files,
        line: Line,
        substitution: Option<&Substitution>,
    ) -> Option<ExpandedId> {
        let file = self.reading.file(line);
        let (tree, source) = (files.tree(file), files.sources.get(file));
        let head = tree.head(line.statement);
        let written = source.bytes().get(head.start as usize..head.end as usize)?;
        let has_variable = memchr::memmem::find(written, b"${").is_some();
        let substitution = substitution.filter(|substitution| !substitution.is_empty());
        if !has_variable && substitution.is_none() {
            return None;
        }
        let text = tree.line(source, line.statement);
        let text = match substitution {
            Some(substitution) => replace(&text, substitution),
            None => Some(text.into_owned()),
        };
        let resolved = text.and_then(|text| resolve(&text, &self.reading.environment));
        // What grows beyond all bounds is as unknown as a template.
        let (text, unknown) = resolved.unwrap_or_else(|| (b"${}".to_vec(), Vec::new()));
        self.budget = self.budget.saturating_sub(text.len() / EXPANDED_BYTES_A_STEP);
        for name in unknown {
            let name = String::from_utf8_lossy(&name).into_owned();
            let span = files.head(file, line.statement);
            self.reading.unknown_variables.push(UnknownVariable { span, name });
        }
        let words = syntax::apache_words(&text);
        self.reading.expand(Expanded { line: text, words })
    }
}

/// The line with the parameters of a macro replaced; none where it gets too long.
#[must_use]
pub fn replace(line: &[u8], substitution: &Substitution) -> Option<Vec<u8>> {
    let mut replaced = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        if replaced.len() > LONGEST_LINE {
            return None;
        }
        match substitution.iter().find(|(name, _)| !name.is_empty() && rest.starts_with(name)) {
            Some((name, value)) => {
                replaced.extend_from_slice(value);
                at += name.len();
            }
            None => {
                replaced.push(rest[0]);
                at += 1;
            }
        }
    }
    Some(replaced)
}

/// The line with its variables resolved; none where it gets too long. What has no known value stays as it
/// is written.
#[must_use]
pub fn resolve(line: &[u8], environment: &Environment) -> Option<(Vec<u8>, Unknown)> {
    let mut resolved = Vec::with_capacity(line.len());
    let mut unknown = Vec::new();
    let mut rest = line;
    // Once there is no closing brace there is none further on either.
    while let Some(at) = memchr::memmem::find(rest, b"${") {
        let Some(end) = memchr::memchr(b'}', &rest[at..]) else { break };
        let name = &rest[at + 2..at + end];
        resolved.extend_from_slice(&rest[..at]);
        if let Some(value) = environment.value(name) {
            resolved.extend_from_slice(value);
        } else {
            resolved.extend_from_slice(&rest[at..=at + end]);
            unknown.push(name.to_vec());
        }
        rest = &rest[at + end + 1..];
        if resolved.len() > LONGEST_LINE {
            return None;
        }
    }
    resolved.extend_from_slice(rest);
    Some((resolved, unknown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_parameters() {
        let mut environment = Environment::default();
        environment.define(b"Uf", Some(b"/a b".to_vec()), true);
        let (line, unknown) =
            resolve(b"AuthUserFile ${UF}/x ${NO} $Uf ${open", &environment).unwrap_or_default();
        assert_eq!(line, b"AuthUserFile /a b/x ${NO} $Uf ${open");
        assert_eq!(unknown, vec![b"NO".to_vec()]);
        let substitution = [(b"$name".to_vec(), b"long".to_vec()), (b"$n".to_vec(), b"short".to_vec())];
        assert_eq!(replace(b"a $name/$n", &substitution).as_deref(), Some(b"a long/short".as_slice()));
    }
}
