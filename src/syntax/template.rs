//! Marks of template languages in a configuration that is not yet filled in.
//!
//! A word with a mark has no known value. Marks are recognised only in forms that no server gives a
//! meaning of its own.

/// Whether the word holds a mark: `{{ x }}`, `{% x %}`, `<%= x %>`, `{NAME}`, `${NAME}`, `%name%`,
/// `@@NAME@@`, `@NAME@`, `__NAME__`, `<placeholder>`.
pub fn marked(word: &[u8]) -> bool {
    word.iter().enumerate().any(|(at, byte)| match byte {
        b'{' => brace(&word[at..]),
        b'$' => word[at + 1..].starts_with(b"{") && closed(&word[at + 2..], b"}", constant),
        b'%' => closed(&word[at + 1..], b"%", |name| !name.is_empty() && identifier(name) && !encoded(name)),
        b'<' if word[at + 1..].starts_with(b"%") => true,
        _ => named(word, at),
    })
}

/// The same for Apache, to which `${NAME}`, `%{NAME}` and `%1` mean something; `{A}` may be of any format there, and
/// `{THE_NAME}` is a mark.
pub fn marked_in_apache(word: &[u8]) -> bool {
    word.iter().enumerate().any(|(at, byte)| match byte {
        b'{' => {
            let is_name = |name: &[u8]| constant(name) && name.contains(&b'_');
            let is_mark = |rest: &[u8]| leading_mark(rest).is_some() || closed(&rest[1..], b"}", is_name);
            (at == 0 || !matches!(word[at - 1], b'%' | b'$')) && is_mark(&word[at..])
        }
        b'<' if word[at + 1..].starts_with(b"%") => leading_mark(&word[at..]).is_some(),
        _ => named(word, at),
    })
}

/// Whether a mark that means the same everywhere begins at this byte.
fn named(word: &[u8], at: usize) -> bool {
    let rest = &word[at + 1..];
    match word[at] {
        b'@' if rest.starts_with(b"@") => closed(&rest[1..], b"@@", constant),
        b'@' => closed(rest, b"@", constant),
        b'_' if rest.starts_with(b"_") => closed(&rest[1..], b"__", constant),
        b'<' if at == 0 || !matches!(word[at - 1], b'?' | b'P' | b'(') => placeholder(&word[at..]),
        _ => false,
    }
}

/// Whether a word is one mark from end to end and stands for whole lines, not for a value: control
/// words of any of the languages, and comments.
pub fn is_control(word: &[u8]) -> bool {
    if word.starts_with(b"{%") || word.starts_with(b"{#") {
        return true;
    }
    if let Some(code) = word.strip_prefix(b"<%") {
        return !code.starts_with(b"=");
    }
    let Some(code) = word.strip_prefix(b"{{") else { return false };
    let code = code.trim_ascii_start();
    let code = code.strip_prefix(b"-").unwrap_or(code).trim_ascii_start();
    let end = code.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(code.len());
    matches!(&code[..end], b"if" | b"else" | b"end" | b"range" | b"with" | b"define" | b"block")
        || code.starts_with(b"/*")
        || code.starts_with(b"#")
        || code.starts_with(b"/")
}

/// Whether a mark that is a control word may choose between lines, or repeat them.
pub fn is_condition(mark: &[u8]) -> bool {
    let is_comment =
        mark.starts_with(b"{#") || mark.starts_with(b"<%#") || mark.windows(2).any(|pair| pair == b"/*");
    is_control(mark) && !is_comment
}

/// The mark in brackets that the text begins with, which may go on over several lines.
pub fn leading_mark(text: &[u8]) -> Option<&[u8]> {
    let open = text.get(..2)?;
    let close = match open {
        b"{{" => b"}}",
        b"{%" => b"%}",
        b"{#" => b"#}",
        b"<%" => b"%>",
        _ => return None,
    };
    let end = 2 + text[2..].windows(2).position(|pair| pair == close || pair == open)?;
    (&text[end..end + 2] == close).then(|| &text[..end + 2])
}

/// Whether the text holds a mark in brackets.
pub fn has_brackets(text: &[u8]) -> bool {
    text.windows(2).any(|pair| matches!(pair, b"{{" | b"{%" | b"<%"))
}

fn brace(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'{' | b'%' | b'#') => true,
        Some(_) => closed(&rest[1..], b"}", constant),
        None => false,
    }
}

/// Whether `rest` is a name up to the closing mark. Names are at most 64 bytes, so that a long word
/// of openings costs no more than its length.
fn closed(rest: &[u8], close: &[u8], is_name: impl Fn(&[u8]) -> bool) -> bool {
    let window = &rest[..rest.len().min(64)];
    window.windows(close.len()).position(|bytes| bytes == close).is_some_and(|at| is_name(&window[..at]))
}

fn constant(name: &[u8]) -> bool {
    name.iter().any(u8::is_ascii_uppercase)
        && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

fn identifier(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// `%E4b%20` is an encoded byte, not a mark.
fn encoded(name: &[u8]) -> bool {
    name.len() >= 2 && name[..2].iter().all(u8::is_ascii_hexdigit)
}

/// `<your-domain>` but not `<html>`, and nothing that a regular expression could mean.
fn placeholder(rest: &[u8]) -> bool {
    closed(&rest[1..], b">", |name| {
        name.first().is_some_and(u8::is_ascii_alphabetic)
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_- ".contains(byte))
            && name.iter().any(|byte| byte.is_ascii_uppercase() || b"_-".contains(byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_what_only_looks_like_them() {
        for word in [
            "{{ port }}",
            "a{{x}}b",
            "{% if x %}",
            "<%= @port %>",
            "{ROOT}/UI",
            "${NGINX_PORT}",
            "%domain%",
            "@@HOST@@",
            "@prefix@/x".to_uppercase().as_str(),
            "__PATH__/",
            "<YOUR_DOMAIN>",
            "<your-domain>",
        ] {
            assert!(marked(word.as_bytes()), "{word}");
        }
        for word in [
            "$uri",
            "${name}",
            "%20foo%20",
            "@fallback",
            "^/(?<sc>/.*)$",
            "(?<!x)",
            "<h1>",
            "a@b.example",
            "^/a{2}$",
            "__init__",
            "%E4b%20",
            "[A-Z]{2,3}",
        ] {
            assert!(!marked(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn control_marks_stand_for_lines() {
        for word in
            ["{% if a %}", "{{- if .TLS }}", "{{ end }}", "<% if x %>", "{# note #}", "{{/* note */}}"]
        {
            assert!(is_control(word.as_bytes()), "{word}");
        }
        for word in ["{{ port }}", "<%= port %>", "{{ ending }}"] {
            assert!(!is_control(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn marks_in_brackets_at_the_start() {
        for (text, mark) in [
            ("{{ a }} b", Some("{{ a }}")),
            ("{#\n{ ; }\n#} b", Some("{#\n{ ; }\n#}")),
            ("<%= a %>b", Some("<%= a %>")),
            ("{{ {{ a }}", None),
            ("{ a }", None),
            ("{{ a", None),
        ] {
            assert_eq!(leading_mark(text.as_bytes()), mark.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn conditions_choose_between_lines() {
        for mark in ["{% if a %}", "{{ else }}", "<% end %>"] {
            assert!(is_condition(mark.as_bytes()), "{mark}");
        }
        for mark in ["{# a #}", "{{/* a */}}", "<%# a %>", "{{ a }}", "<%= a %>"] {
            assert!(!is_condition(mark.as_bytes()), "{mark}");
        }
    }
}
