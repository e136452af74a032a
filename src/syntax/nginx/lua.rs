//! The blocks of the Lua module, whose inside is not in nginx's language.

use super::Reader;
use crate::source::offset;
use crate::syntax::StatementId;

impl Reader<'_> {
    /// Reads a Lua block from its `{` on; gives the offset behind its `}`.
    pub(super) fn lua(&mut self, statement: StatementId, start: u32) -> u32 {
        let code = &self.text.as_bytes()[start as usize..];
        let length = if self.lua_is_broken { None } else { lua_block(code) };
        let end = start + offset(length.unwrap_or_else(|| self.broken_lua(statement, code)));
        self.tree.statements[statement as usize].end = end;
        end
    }

    /// What follows is still worth reading: it is taken to begin behind the next line that has
    /// nothing but a `}` as far in as the directive.
    fn broken_lua(&mut self, statement: StatementId, code: &[u8]) -> usize {
        if !std::mem::replace(&mut self.lua_is_broken, true) {
            let head = self.head(statement);
            self.slip(head, "this Lua block is never closed");
        }
        let closing = format!("\n{}}}", self.indent_of(statement).unwrap_or_default());
        memchr::memmem::find(code, closing.as_bytes()).map_or(code.len(), |at| at + closing.len())
    }
}

/// The length of the Lua block that begins with the first byte, a `{`, as the lexer of
/// `ngx_http_lua_conf_read_lua_token` finds it (spec G16): braces count outside of comments, long
/// brackets and strings. A string ends on its line, and a backslash shields any byte but the line
/// feed; a quote that is not closed like this is a byte like any other.
///
/// This is not in the grammar because it has a memory, which makes it linear: `unclosed_until`.
fn lua_block(code: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    // Behind a quote that its line does not close, the line closes no other of the kind.
    let mut unclosed_until = [0; 2];
    let mut at = 0;
    while let Some(&byte) = code.get(at) {
        at += 1;
        let rest = &code[at..];
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at),
            b'}' => depth -= 1,
            b'"' | b'\'' if at >= unclosed_until[usize::from(byte == b'"')] => match lua_string(rest, byte) {
                Ok(length) => at += length,
                Err(length) => unclosed_until[usize::from(byte == b'"')] = at + length,
            },
            b'-' if rest.starts_with(b"-") => {
                let line = || memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                at += long_bracket(&rest[1..]).map_or_else(line, |length| 1 + length);
            }
            b'[' => at += long_bracket(&code[at - 1..]).map_or(0, |length| length - 1),
            _ => {}
        }
    }
    None
}

/// The length of a string behind its first quote, or else that of its line.
fn lua_string(code: &[u8], quote: u8) -> Result<usize, usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr3(quote, b'\\', b'\n', &code[at..]).ok_or(code.len())? + 1;
        match code[at - 1] {
            b'\n' => return Err(at),
            b'\\' if code.get(at).is_some_and(|&byte| byte != b'\n') => at += 1,
            b'\\' => {}
            _ => return Ok(at),
        }
    }
}

/// The length of `[==[ … ]==]` if the code begins with one. One that is never closed takes the rest.
fn long_bracket(code: &[u8]) -> Option<usize> {
    let inside = code.strip_prefix(b"[")?;
    let level = inside.iter().take_while(|&&byte| byte == b'=').count();
    let inside = inside[level..].strip_prefix(b"[")?;
    let closing = [b"]", &code[1..=level], b"]"].concat();
    Some(memchr::memmem::find(inside, &closing).map_or(code.len(), |at| at + 2 * closing.len()))
}
