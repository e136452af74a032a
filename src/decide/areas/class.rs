//! Classes of bytes in regular expressions: `[...]` and escapes that stand for one byte.

use super::bytes::Bytes;

const fn ranges(ranges: &[(u8, u8)]) -> [u64; 4] {
    let mut words = [0; 4];
    let mut n = 0;
    while n < ranges.len() {
        let mut byte = ranges[n].0;
        loop {
            words[(byte >> 6) as usize] |= 1 << (byte & 63);
            if byte == ranges[n].1 {
                break;
            }
            byte += 1;
        }
        n += 1;
    }
    words
}

/// `\d`
pub const DIGIT: Bytes = Bytes::from_words(ranges(&[(b'0', b'9')]));
/// `\w`
pub const WORD: Bytes = Bytes::from_words(ranges(&[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')]));
/// `\s`
pub const SPACE: Bytes = Bytes::from_words(ranges(&[(9, 13), (b' ', b' ')]));
/// `\h`
const HORIZONTAL: Bytes = Bytes::from_words(ranges(&[(9, 9), (b' ', b' '), (0xa0, 0xa0)]));
/// `\v`
const VERTICAL: Bytes = Bytes::from_words(ranges(&[(10, 13), (0x85, 0x85)]));

/// Reads the escape behind a `\`, where it stands for one byte.
pub fn escape(rest: &mut &[u8]) -> Result<Bytes, String> {
    let Some((&first, after)) = rest.split_first() else { return Err("a `\\` at the end".into()) };
    *rest = after;
    Ok(match first {
        b'd' => DIGIT,
        b'D' => DIGIT.inverse(),
        b'w' => WORD,
        b'W' => WORD.inverse(),
        b's' => SPACE,
        b'S' => SPACE.inverse(),
        b'h' => HORIZONTAL,
        b'H' => HORIZONTAL.inverse(),
        b'v' => VERTICAL,
        b'V' => VERTICAL.inverse(),
        b't' => Bytes::one(b'\t'),
        b'n' => Bytes::one(b'\n'),
        b'r' => Bytes::one(b'\r'),
        b'f' => Bytes::one(0x0c),
        b'e' => Bytes::one(0x1b),
        b'a' => Bytes::one(0x07),
        b'x' if rest.first() == Some(&b'{') => {
            let end = rest.iter().position(|&byte| byte == b'}').ok_or("`\\x{` without its `}`")?;
            let byte = number(&rest[1..end], 16).ok_or("a byte in `\\x{}`")?;
            *rest = &rest[end + 1..];
            Bytes::one(byte)
        }
        b'x' => {
            let digits = rest.iter().take(2).take_while(|byte| byte.is_ascii_hexdigit()).count();
            let byte = number(&rest[..digits], 16).unwrap_or(0);
            *rest = &rest[digits..];
            Bytes::one(byte)
        }
        b'0'..=b'7' => {
            let more = rest.iter().take(2).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            let digits: Vec<u8> = [&[first], &rest[..more]].concat();
            *rest = &rest[more..];
            Bytes::one(number(&digits, 8).ok_or("an octal number")?)
        }
        b'c' | b'o' | b'8' | b'9' => return Err(format!("`\\{}`", char::from(first))),
        // PCRE refuses letters that mean nothing.
        letter if letter.is_ascii_alphanumeric() => return Err(format!("`\\{}`", char::from(letter))),
        other => Bytes::one(other),
    })
}

fn number(digits: &[u8], base: u32) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, base).ok()
}

/// Reads a class, behind its `[`.
pub fn read(rest: &mut &[u8], is_caseless: bool) -> Result<Bytes, String> {
    let missing = || String::from("a `[` without its `]`");
    let mut set = Bytes::NONE;
    let is_negated = eat(rest, b"^");
    let mut is_first = true;
    loop {
        let Some(&byte) = rest.first() else { return Err(missing()) };
        if byte == b']' && !is_first {
            *rest = &rest[1..];
            let set = if is_caseless { set.caseless() } else { set };
            return Ok(if is_negated { set.inverse() } else { set });
        }
        is_first = false;
        if eat(rest, b"\\Q") {
            let end = rest.windows(2).position(|pair| pair == b"\\E").ok_or_else(missing)?;
            set = set.or(Bytes::of(&rest[..end]));
            *rest = &rest[end + 2..];
            if rest.first() == Some(&b'-') {
                return Err("a range behind `\\E`".into());
            }
            continue;
        }
        if eat(rest, b"\\E") {
            continue;
        }
        if let Some(named) = posix(rest, is_caseless)? {
            set = set.or(named);
            continue;
        }
        let low = member(rest)?;
        // A hyphen before the end, or beside a class such as `\d`, is a hyphen.
        let is_range = rest.first() == Some(&b'-') && rest.get(1).is_some_and(|&byte| byte != b']');
        let (Some(first), true) = (only(low), is_range) else {
            if is_range && only(low).is_none() {
                return Err("a range that begins with a class".into());
            }
            set = set.or(low);
            continue;
        };
        *rest = &rest[1..];
        if rest.starts_with(b"\\E") || rest.starts_with(b"\\Q") || rest.starts_with(b"[:") {
            return Err("a range that ends with a class".into());
        }
        let high = only(member(rest)?).ok_or("a range that ends with a class")?;
        if high < first {
            return Err("a range that goes backwards".into());
        }
        set = set.or(Bytes::range(first, high));
    }
}

/// One member of a class.
fn member(rest: &mut &[u8]) -> Result<Bytes, String> {
    if eat(rest, b"\\") {
        if eat(rest, b"b") {
            return Ok(Bytes::one(8));
        }
        if rest.first().is_some_and(|byte| b"BRXNpPgkKAzZGC".contains(byte)) {
            return Err("an escape in a class".into());
        }
        return escape(rest);
    }
    let (&byte, after) = rest.split_first().ok_or("a `[` without its `]`")?;
    *rest = after;
    Ok(Bytes::one(byte))
}

/// `[:alpha:]` and its like.
fn posix(rest: &mut &[u8], is_caseless: bool) -> Result<Option<Bytes>, String> {
    if rest.starts_with(b"[.") || rest.starts_with(b"[=") {
        return Err("a collating element".into());
    }
    if !rest.starts_with(b"[:") {
        return Ok(None);
    }
    let Some(end) = rest.windows(2).position(|pair| pair == b":]") else { return Ok(None) };
    let name = &rest[2..end];
    let (is_negated, name) = match name.strip_prefix(b"^") {
        Some(name) => (true, name),
        None => (false, name),
    };
    if !name.iter().all(u8::is_ascii_lowercase) {
        return Ok(None);
    }
    let of = |is: fn(&u8) -> bool| Bytes::of(&(0..=255).filter(is).collect::<Vec<u8>>());
    let set = match name {
        b"alnum" => of(u8::is_ascii_alphanumeric),
        b"alpha" => of(u8::is_ascii_alphabetic),
        b"ascii" => of(u8::is_ascii),
        b"blank" => Bytes::of(b" \t"),
        b"cntrl" => of(u8::is_ascii_control),
        b"digit" => DIGIT,
        b"graph" => of(u8::is_ascii_graphic),
        b"lower" => of(u8::is_ascii_lowercase),
        b"print" => of(u8::is_ascii_graphic).or(Bytes::one(b' ')),
        b"punct" => of(u8::is_ascii_punctuation),
        b"space" => SPACE,
        b"upper" => of(u8::is_ascii_uppercase),
        b"word" => WORD,
        b"xdigit" => of(u8::is_ascii_hexdigit),
        _ => return Err("a class of an unknown name".into()),
    };
    *rest = &rest[end + 2..];
    if rest.first() == Some(&b'-') && rest.get(1) != Some(&b']') {
        return Err("a range that begins with a class".into());
    }
    let set = if is_caseless { set.caseless() } else { set };
    Ok(Some(if is_negated { set.inverse() } else { set }))
}

/// The one byte of a set that has no other.
fn only(set: Bytes) -> Option<u8> {
    let mut bytes = (0..=255).filter(|&byte| set.contains(byte));
    bytes.next().filter(|_| bytes.next().is_none())
}

fn eat(rest: &mut &[u8], text: &[u8]) -> bool {
    match rest.strip_prefix(text) {
        Some(after) => {
            *rest = after;
            true
        }
        None => false,
    }
}
