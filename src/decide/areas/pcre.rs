//! Reads regular expressions as PCRE does (pcre2pattern), byte by byte and without Unicode, as both
//! servers use it.
//!
//! What is not regular (backreferences, recursion, conditions) and what is not worked out here (atomic
//! groups, lookbehind of more than one byte) is replaced by something that matches more. Then
//! [`Pcre::unread`] names it: where the replacement does not match, the expression does not either.

use super::bytes::Bytes;
use super::class::{self, SPACE, WORD};
use super::expression::Expression;

/// How an expression is compiled.
#[allow(clippy::struct_excessive_bools)] // one for each of PCRE's options
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    /// Letters of both cases are the same: `location ~*`.
    pub is_caseless: bool,
    /// `.` matches a line feed, too.
    pub dot_all: bool,
    /// `$` does not match before a final line feed.
    pub dollar_end_only: bool,
    pub(super) is_multiline: bool,
    pub(super) is_extended: bool,
}

impl Flags {
    /// As nginx compiles expressions.
    #[must_use]
    pub fn nginx(is_caseless: bool) -> Self {
        Flags { is_caseless, ..Flags::default() }
    }

    /// As httpd compiles them since 2.4.30: `RegexDefaultOptions DOTALL DOLLAR_ENDONLY`.
    #[must_use]
    pub fn apache(is_caseless: bool) -> Self {
        Flags { is_caseless, dot_all: true, dollar_end_only: true, ..Flags::default() }
    }
}

/// An expression as it was read.
#[derive(Clone, Debug)]
pub struct Pcre {
    /// What it means, or what matches at least as much.
    pub expression: Expression,
    /// What of it was not understood.
    pub unread: Option<String>,
}

/// More quantifiers in a row than this are not read.
const MOST_QUANTIFIERS: usize = 5;

/// Reads an expression.
#[must_use]
pub fn read(pattern: &[u8], flags: Flags) -> Pcre {
    let mut reader = Reader { rest: pattern, flags, unread: None, depth: 0, in_negation: 0 };
    let expression = match reader.alternatives() {
        Ok(expression) if reader.rest.is_empty() => expression,
        Ok(_) => reader.give_up("a `)` without its `(`"),
        Err(what) => reader.give_up(&what),
    };
    Pcre { expression, unread: reader.unread }
}

pub(super) struct Reader<'p> {
    pub(super) rest: &'p [u8],
    pub(super) flags: Flags,
    unread: Option<String>,
    pub(super) depth: usize,
    /// How many negated lookaheads are around: matching more inside of one is matching less outside.
    pub(super) in_negation: usize,
}

impl Reader<'_> {
    fn give_up(&mut self, what: &str) -> Expression {
        self.unread = Some(what.to_owned());
        Expression::Empty
    }

    pub(super) fn eat(&mut self, text: &[u8]) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    pub(super) fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// What stands before `end`, which is passed over.
    pub(super) fn until(&mut self, end: u8) -> Result<Vec<u8>, String> {
        let at = self.rest.iter().position(|&byte| byte == end);
        let at = at.ok_or_else(|| format!("a missing `{}`", char::from(end)))?;
        let text = self.rest[..at].to_vec();
        self.rest = &self.rest[at + 1..];
        Ok(text)
    }

    pub(super) fn alternatives(&mut self) -> Result<Expression, String> {
        let mut ways = vec![self.sequence()?];
        while self.eat(b"|") {
            ways.push(self.sequence()?);
        }
        Ok(match ways.pop() {
            Some(only) if ways.is_empty() => only,
            last => {
                ways.extend(last);
                Expression::Either(ways)
            }
        })
    }

    fn sequence(&mut self) -> Result<Expression, String> {
        let mut parts = Vec::new();
        loop {
            if self.flags.is_extended {
                self.skip_blanks();
            }
            match self.rest.first() {
                None | Some(b'|' | b')') => break,
                Some(_) => {
                    let part = self.item()?;
                    parts.extend(self.quantified(part)?);
                }
            }
        }
        Ok(Expression::Concat(parts))
    }

    /// Blanks and comments, with the flag `x`.
    fn skip_blanks(&mut self) {
        while let Some(&byte) = self.rest.first() {
            if byte == b'#' {
                let end = self.rest.iter().position(|&byte| byte == b'\n').unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
            } else if SPACE.contains(byte) {
                self.rest = &self.rest[1..];
            } else {
                return;
            }
        }
    }

    /// The parts that one element of the text stands for; the last is what a quantifier is about.
    fn item(&mut self) -> Result<Vec<Expression>, String> {
        let Some(byte) = self.next() else { return Ok(Vec::new()) };
        let flags = self.flags;
        Ok(vec![match byte {
            b'(' => return self.group(),
            b'[' => Expression::One(class::read(&mut self.rest, flags.is_caseless)?),
            b'.' if flags.dot_all => Expression::One(Bytes::ALL),
            b'.' => Expression::One(Bytes::one(b'\n').inverse()),
            b'^' if flags.is_multiline => Expression::Either(vec![
                Expression::start(),
                Expression::Concat(vec![
                    Expression::Behind { set: Bytes::one(b'\n'), at_start: false },
                    Expression::before(Expression::One(Bytes::ALL)),
                ]),
            ]),
            b'^' => Expression::start(),
            b'$' if flags.is_multiline => {
                Expression::Either(vec![Expression::before(Expression::text(b"\n")), Expression::end()])
            }
            b'$' if flags.dollar_end_only => Expression::end(),
            b'$' => before_last_line_feed(),
            b'\\' => return self.escape(),
            b'*' | b'+' | b'?' => return Err("a quantifier behind nothing".into()),
            byte => self.set(Bytes::one(byte)),
        }])
    }

    fn set(&self, set: Bytes) -> Expression {
        Expression::One(if self.flags.is_caseless { set.caseless() } else { set })
    }

    fn escape(&mut self) -> Result<Vec<Expression>, String> {
        if self.eat(b"Q") {
            let end = self.rest.windows(2).position(|pair| pair == b"\\E");
            let (text, rest) = match end {
                Some(end) => (&self.rest[..end], &self.rest[end + 2..]),
                None => (self.rest, &b""[..]),
            };
            self.rest = rest;
            return Ok(text.iter().map(|&byte| self.set(Bytes::one(byte))).collect());
        }
        let Some(&byte) = self.rest.first() else { return Err("a `\\` at the end".into()) };
        let at = |set: Bytes, at_start| Expression::Behind { set, at_start };
        let word_follows = || Expression::before(Expression::One(WORD));
        let no_word_follows = || Expression::not_before(Expression::One(WORD));
        let both = |a, b| Expression::Concat(vec![a, b]);
        let found = match byte {
            b'E' | b'K' => Expression::Empty,
            b'A' | b'G' => Expression::start(),
            b'z' => Expression::end(),
            b'Z' => before_last_line_feed(),
            b'b' => Expression::Either(vec![
                both(at(WORD, false), no_word_follows()),
                both(at(WORD.inverse(), true), word_follows()),
            ]),
            b'B' => Expression::Either(vec![
                both(at(WORD, false), word_follows()),
                both(at(WORD.inverse(), true), no_word_follows()),
            ]),
            b'N' if !self.rest.starts_with(b"N{") => Expression::One(Bytes::one(b'\n').inverse()),
            b'C' => Expression::One(Bytes::ALL),
            // PCRE makes `\R?` possessive before `\N`, so that it matches less than it says.
            b'R' => {
                self.matches_more("`\\R`")?;
                line_end()
            }
            b'1'..=b'9' if !is_octal(self.rest) => {
                return self.not_regular("a backreference", |reader| {
                    while reader.rest.first().is_some_and(u8::is_ascii_digit) {
                        reader.next();
                    }
                    Ok(())
                });
            }
            b'g' | b'k' => return self.not_regular("a backreference", Reader::reference),
            b'p' | b'P' | b'X' => return Err(format!("`\\{}`", char::from(byte))),
            _ => {
                let set = class::escape(&mut self.rest)?;
                self.set(set)
            }
        };
        if matches!(byte, b'E' | b'K' | b'A' | b'G' | b'z' | b'Z' | b'b' | b'B' | b'N' | b'C' | b'R') {
            self.next();
        }
        // A quantifier behind `\E` is about what stands before it; that is not followed up.
        if matches!(byte, b'E') && self.rest.first().is_some_and(|byte| b"*+?{".contains(byte)) {
            return Err("a quantifier behind `\\E`".into());
        }
        Ok(vec![found])
    }

    /// What follows `\g` or `\k`.
    fn reference(&mut self) -> Result<(), String> {
        self.next();
        match self.next() {
            Some(b'{') => self.until(b'}').map(|_| ()),
            Some(b'<') => self.until(b'>').map(|_| ()),
            Some(b'\'') => self.until(b'\'').map(|_| ()),
            Some(_) => {
                while self.rest.first().is_some_and(u8::is_ascii_digit) {
                    self.next();
                }
                Ok(())
            }
            None => Err("a backreference".into()),
        }
    }

    /// Passes over something that is not regular, and takes any text for it.
    fn not_regular(
        &mut self,
        what: &str,
        pass: impl Fn(&mut Self) -> Result<(), String>,
    ) -> Result<Vec<Expression>, String> {
        pass(self)?;
        self.matches_more(what)?;
        Ok(vec![Expression::anything()])
    }

    /// Notes that what was read matches more than PCRE would. Inside of a negation that helps nobody.
    pub(super) fn matches_more(&mut self, what: &str) -> Result<(), String> {
        if self.in_negation > 0 {
            return Err(what.to_owned());
        }
        self.unread.get_or_insert_with(|| what.to_owned());
        Ok(())
    }

    fn quantified(&mut self, mut parts: Vec<Expression>) -> Result<Vec<Expression>, String> {
        // `a{2}{3}` repeats what is repeated.
        for _ in 0..MOST_QUANTIFIERS {
            if self.flags.is_extended {
                self.skip_blanks();
            }
            let Some((least, most)) = self.quantifier()? else { return Ok(parts) };
            let Some(of) = parts.pop() else { return Err("a quantifier behind nothing".into()) };
            parts.push(self.repeated(of, least, most)?);
        }
        Err("too many quantifiers in a row".into())
    }

    fn repeated(&mut self, of: Expression, least: u32, most: Option<u32>) -> Result<Expression, String> {
        let is_possessive = self.eat(b"+");
        if !is_possessive {
            self.eat(b"?");
        }
        Ok(match single(&of) {
            // It takes all it can: no further one follows, unless it has its most.
            Some(_) if is_possessive => {
                let no_more = Expression::not_before(of.clone());
                let fewer = |most| {
                    let some = Expression::repeat(of.clone(), least, most);
                    Expression::Concat(vec![some, no_more.clone()])
                };
                match most {
                    None => fewer(None),
                    Some(most) if most > least => Expression::Either(vec![
                        Expression::repeat(of.clone(), most, Some(most)),
                        fewer(Some(most - 1)),
                    ]),
                    Some(_) => Expression::repeat(of, least, most),
                }
            }
            _ => {
                if is_possessive {
                    self.matches_more("a possessive quantifier")?;
                }
                Expression::repeat(of, least, most)
            }
        })
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, String> {
        Ok(match self.rest.first() {
            Some(b'*') => self.next().map(|_| (0, None)),
            Some(b'+') => self.next().map(|_| (1, None)),
            Some(b'?') => self.next().map(|_| (0, Some(1))),
            Some(b'{') => {
                let Some(end) = self.rest.iter().position(|&byte| byte == b'}') else { return Ok(None) };
                let Some(counts) = counts(&self.rest[1..end]) else { return Ok(None) };
                if counts.0 > 2000 || counts.1.is_some_and(|most| most > 2000 || most < counts.0) {
                    return Err("a quantifier of large numbers".into());
                }
                self.rest = &self.rest[end + 1..];
                Some(counts)
            }
            _ => None,
        })
    }
}

/// `$`: the end, or before a line feed there.
fn before_last_line_feed() -> Expression {
    let line_feed = Expression::repeat(Expression::text(b"\n"), 0, Some(1));
    Expression::before(Expression::Concat(vec![line_feed, Expression::end()]))
}

/// `\R`
fn line_end() -> Expression {
    Expression::Either(vec![Expression::text(b"\r\n"), Expression::One(Bytes::of(b"\r\n\x0b\x0c\x85"))])
}

/// The set where the expression is one byte.
pub(super) fn single(of: &Expression) -> Option<Bytes> {
    match of {
        Expression::One(set) => Some(*set),
        Expression::Concat(parts) | Expression::Either(parts) if parts.len() == 1 => single(&parts[0]),
        Expression::Either(ways) => ways.iter().try_fold(Bytes::NONE, |all, way| Some(all.or(single(way)?))),
        _ => None,
    }
}

/// Whether the digits behind a `\` are those of a byte: `\012`, `\177`, but not `\1`.
fn is_octal(rest: &[u8]) -> bool {
    // Two digits may be either, depending on how many groups there are: three octal ones are a byte
    // unless there are as many groups.
    rest.len() >= 3 && rest[..3].iter().all(|digit| (b'0'..=b'7').contains(digit))
}

/// `2`, `2,` or `2,5`; anything else in braces is plain text.
fn counts(text: &[u8]) -> Option<(u32, Option<u32>)> {
    let text = std::str::from_utf8(text).ok()?;
    let number = |digits: &str| -> Option<u32> {
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
    };
    match text.split_once(',') {
        None => number(text).map(|count| (count, Some(count))),
        Some((least, "")) => Some((number(least)?, None)),
        Some((least, most)) => Some((number(least)?, Some(number(most)?))),
    }
}
