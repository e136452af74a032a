//! Text of a stranger's configuration on the user's terminal.

use std::borrow::Cow;

/// The text without control characters, marks that turn the direction of writing, and what is no character;
/// each is replaced by as many bytes as it had, so that offsets stay. Tabs and line feeds are kept.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    // Bytes first, which is fast: almost every configuration is plain ASCII.
    let is_plain = |byte: u8| (0x20..0x7f).contains(&byte) || byte == b'\t' || byte == b'\n';
    if text.bytes().all(is_plain) || !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .map(|c| match (is_harmful(c), c.len_utf8()) {
            (false, _) => c,
            (true, _) if c == '\r' => ' ',
            (true, 1) => '?',
            (true, 2) => '\u{bf}',
            (true, _) => '\u{fffd}',
        })
        .collect::<String>()
        .into()
}

fn is_harmful(c: char) -> bool {
    let direction = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}');
    // XML has no way to write these two.
    let is_none = matches!(c, '\u{fffe}' | '\u{ffff}');
    (c.is_control() && !matches!(c, '\t' | '\n')) || direction || is_none
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn offsets_stay() {
        let text = "a\x1b[31m\u{9b}\u{202e}\u{e4}\tb";
        let shown = harmless(text);
        assert_eq!(shown, "a?[31m\u{bf}\u{fffd}\u{e4}\tb");
        assert_eq!(shown.len(), text.len());
    }
}
