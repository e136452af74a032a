//! Values with variables in them (`ngx_http_script_compile`).

/// A value as it is compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) parts: Vec<Part>,
    /// Whether there is a `?` in it.
    pub(super) has_args: bool,
}

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Bytes as they are.
    Literal(Vec<u8>),
    /// `$name`, in small letters.
    Variable(String),
    /// `$1`.
    Capture(usize),
    /// The `?` at which a query begins; only where queries are split off.
    Args,
}

impl Text {
    /// Reads a value. `splits_args`: the first `?` begins a query of its own.
    pub(super) fn new(bytes: &[u8], splits_args: bool) -> Text {
        let mut text = Text::default();
        let mut literal = Vec::new();
        let mut rest = bytes;
        let mut splits_args = splits_args;
        while let Some((&byte, behind)) = rest.split_first() {
            if byte == b'$' {
                if let Some((part, behind)) = variable(behind) {
                    text.push(&mut literal);
                    text.parts.push(part);
                    rest = behind;
                    continue;
                }
            } else if byte == b'?' {
                text.has_args = true;
                if std::mem::take(&mut splits_args) {
                    text.push(&mut literal);
                    text.parts.push(Part::Args);
                    rest = behind;
                    continue;
                }
            }
            literal.push(byte);
            rest = behind;
        }
        text.push(&mut literal);
        text
    }

    fn push(&mut self, literal: &mut Vec<u8>) {
        if !literal.is_empty() {
            self.parts.push(Part::Literal(std::mem::take(literal)));
        }
    }

    /// The value where it has no variables.
    pub(super) fn literal(&self) -> Option<&[u8]> {
        match self.parts.as_slice() {
            [] => Some(b""),
            [Part::Literal(bytes)] => Some(bytes),
            _ => None,
        }
    }

    /// Whether there is more than this variable in it.
    pub(super) fn adds_to(&self, name: &str) -> bool {
        let is_it = |part: &Part| matches!(part, Part::Variable(variable) if variable == name);
        self.parts.iter().any(is_it) && self.parts.iter().any(|part| matches!(part, Part::Literal(_)))
    }

    /// Whether it is this one variable.
    pub(super) fn is_variable(&self, name: &str) -> bool {
        matches!(self.parts.as_slice(), [Part::Variable(variable)] if variable == name)
    }

    /// Whether its variables hang on the path.
    pub(super) fn follows_the_path(&self) -> bool {
        const OF_THE_PATH: &[&str] = &["uri", "document_uri", "request_uri", "request", "request_filename"];
        self.parts.iter().any(|part| match part {
            Part::Capture(_) => true,
            Part::Variable(name) => OF_THE_PATH.contains(&name.as_str()),
            Part::Literal(_) | Part::Args => false,
        })
    }
}

/// What follows a `$`, and the rest.
fn variable(bytes: &[u8]) -> Option<(Part, &[u8])> {
    let (&first, behind) = bytes.split_first()?;
    if (b'1'..=b'9').contains(&first) {
        return Some((Part::Capture(usize::from(first - b'0')), behind));
    }
    let (inner, is_braced) = if first == b'{' { (behind, true) } else { (bytes, false) };
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let length = inner.iter().position(|byte| !is_name(byte)).unwrap_or(inner.len());
    let (name, rest) = inner.split_at(length);
    let rest = if is_braced { rest.strip_prefix(b"}")? } else { rest };
    let name = String::from_utf8(name.to_ascii_lowercase()).ok().filter(|name| !name.is_empty())?;
    Some((Part::Variable(name), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found() {
        let text = Text::new(b"/a$1${Uri}b?x=$args", true);
        let literal = |bytes: &[u8]| Part::Literal(bytes.to_vec());
        let variable = |name: &str| Part::Variable(name.into());
        assert_eq!(
            text.parts,
            [
                literal(b"/a"),
                Part::Capture(1),
                variable("uri"),
                literal(b"b"),
                Part::Args,
                literal(b"x="),
                variable("args")
            ]
        );
        assert_eq!(Text::new(b"", false).literal(), Some(b"".as_slice()));
        assert!(Text::new(b"$http_authorization", false).is_variable("http_authorization"));
    }
}
