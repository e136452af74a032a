//! Conditions of nginx that stand in for a login: they refuse who brings no password (spec C9, E7).

use super::rivals::{Around, is_of_another_scheme};
use super::{Directive, Kind, Reply, Scope};

/// What a condition in front of a refusal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// A password: the user's name, or credentials of the scheme Basic.
    Password,
    /// Something in `Authorization`; whether a password or a token is not said.
    Credentials,
    /// Something else, or it is not known.
    Other,
}

/// A condition: what is compared, how, and with what.
struct Condition {
    variable: String,
    operator: String,
    pattern: String,
}

impl<'s> Scope<'s> {
    /// The `return 401` of this `if`, or of this place for every request.
    pub(super) fn refusal(self) -> Option<Directive<'s>> {
        let answer = self.answer()?;
        matches!(answer.reply, Reply::Content { status: 401, .. }).then_some(answer.by)
    }

    /// Whether this `if` is true for a request without `Authorization`, and what it wants then.
    pub(super) fn wants_of_a_stranger(self, around: &Around<'s>) -> Option<Wants> {
        let Condition { variable, operator, pattern } = self.condition()?;
        let wants = match variable.as_str() {
            "$remote_user" => Wants::Password,
            "$http_authorization" if is_of_another_scheme(&pattern) => Wants::Other,
            "$http_authorization" if is_basic(&pattern) => Wants::Password,
            "$http_authorization" => Wants::Credentials,
            _ => {
                let value = around.of_passwords.get(&variable)?;
                return is_true_of(value, &operator, &pattern).then_some(Wants::Password);
            }
        };
        is_true_of("", &operator, &pattern).then_some(wants)
    }

    /// Whether this `if` lets in who brings the right password, and nobody else.
    pub(super) fn lets_a_password_in(self, around: &Around<'s>) -> bool {
        let Some(Condition { variable, operator, pattern }) = self.condition() else { return false };
        let is_about_it = match variable.as_str() {
            "$remote_user" => true,
            "$http_authorization" => is_basic(&pattern),
            _ => around.of_passwords.contains_key(&variable),
        };
        is_about_it && matches!(operator.as_str(), "=" | "~" | "~*" | "")
    }

    fn condition(self) -> Option<Condition> {
        let title = self.title();
        let text = title.strip_prefix("if").filter(|_| self.kind() == Kind::If)?.trim();
        let inner = text.strip_prefix('(')?.strip_suffix(')')?.trim();
        let mut words = inner.splitn(3, ' ');
        let plain = |word: Option<&str>| {
            word.unwrap_or_default().trim_matches(|c| matches!(c, '"' | '\'')).to_owned()
        };
        Some(Condition {
            variable: plain(words.next()).to_ascii_lowercase(),
            operator: plain(words.next()),
            pattern: plain(words.next()),
        })
    }
}

/// The variable that a `map` of `Authorization` makes of passwords, in small letters, and its value for a request
/// without; none where something else than passwords is looked for.
pub(super) fn value_for_a_stranger(map: Directive<'_>) -> Option<(String, String)> {
    let variable = map.argument(1)?.text().to_ascii_lowercase();
    let (mut value, mut of_nothing, mut is_of_passwords) = (String::new(), None, false);
    for line in map.lines()? {
        let key = line.head_word().text().into_owned();
        match key.as_str() {
            "default" => value = line.literal(0)?.into_owned(),
            "" => of_nothing = Some(line.literal(0)?.into_owned()),
            key if is_basic(key) => is_of_passwords = true,
            _ => return None,
        }
    }
    is_of_passwords.then(|| (variable, of_nothing.unwrap_or(value)))
}

fn is_basic(pattern: &str) -> bool {
    pattern.to_ascii_lowercase().contains("basic")
}

/// Whether a condition holds of a value; of expressions only whether they want something in it.
fn is_true_of(value: &str, operator: &str, pattern: &str) -> bool {
    let matches_nothing = matches!(pattern, "" | "^$" | ".*" | "^.*$" | "^" | "$");
    match operator {
        "" => !matches!(value, "" | "0"),
        "=" => value == pattern,
        "!=" => value != pattern,
        "~" | "~*" => value.is_empty() && matches!(pattern, "" | "^$"),
        "!~" | "!~*" => value.is_empty() && !matches_nothing,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_true_of;

    #[test]
    fn conditions_of_a_stranger() {
        for (value, operator, pattern, expected) in [
            ("", "=", "", true),
            ("", "!=", "Basic YTpi", true),
            ("", "!~", "^Basic", true),
            ("", "!~*", ".*", false),
            ("", "~*", "^Basic", false),
            ("", "~", "^$", true),
            ("", "=", "bob", false),
            ("", "", "", false),
            ("0", "", "", false),
            ("1", "", "", true),
            ("0", "=", "0", true),
        ] {
            assert_eq!(is_true_of(value, operator, pattern), expected, "{value} {operator} {pattern}");
        }
    }
}
