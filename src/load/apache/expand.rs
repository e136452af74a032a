//! `${NAME}` and the parameters of macros, which are replaced in the whole line before it is cut into
//! words (spec a26, a31).

use super::environment::Environment;

/// What a macro's parameters stand for, the longest name first.
pub type Substitution = [(Vec<u8>, Vec<u8>)];

/// The names in a line that have no known value.
pub type Unknown = Vec<Vec<u8>>;

/// The line with the parameters of a macro replaced.
#[must_use]
pub fn replace(line: &[u8], substitution: &Substitution) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
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
    replaced
}

/// The line with its variables resolved. What has no known value stays as it is written.
#[must_use]
pub fn resolve(line: &[u8], environment: &Environment) -> (Vec<u8>, Unknown) {
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
    }
    resolved.extend_from_slice(rest);
    (resolved, unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_parameters() {
        let mut environment = Environment::default();
        environment.define(b"Uf", Some(b"/a b".to_vec()), true);
        let (line, unknown) = resolve(b"AuthUserFile ${UF}/x ${NO} $Uf ${open", &environment);
        assert_eq!(line, b"AuthUserFile /a b/x ${NO} $Uf ${open");
        assert_eq!(unknown, vec![b"NO".to_vec()]);
        let substitution = [(b"$name".to_vec(), b"long".to_vec()), (b"$n".to_vec(), b"short".to_vec())];
        assert_eq!(replace(b"a $name/$n", &substitution), b"a long/short");
    }
}
