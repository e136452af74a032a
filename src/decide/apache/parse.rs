//! Reads expressions as httpd's own parser does.

use super::expr::{Expr, Word};

/// How deep brackets and `!` may stand in each other.
const MAX_DEPTH: usize = 60;

/// Reads an expression; none where it is not understood.
pub fn parse(text: &str) -> Option<Expr> {
    let mut parser = Parser { rest: text, depth: 0 };
    let expr = parser.or()?;
    parser.blanks();
    parser.rest.is_empty().then_some(expr)
}

/// A text with `%{...}` in it, as in `AuthName` and `Require user`.
pub fn parse_text(text: &str) -> Option<Word> {
    Parser { rest: text, depth: 0 }.text(None)
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, token: &str) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// A word made of letters, such as `true` and `-eq`.
    fn takes_name(&mut self, name: &str) -> bool {
        self.blanks();
        let rest = self.rest.strip_prefix(name);
        let ends =
            rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        if ends {
            self.rest = rest.unwrap_or_default();
        }
        ends
    }

    fn or(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut parts = vec![self.and()?];
        while self.takes("||") || self.takes_name("or") {
            parts.push(self.and()?);
        }
        self.depth -= 1;
        Some(if parts.len() == 1 { parts.remove(0) } else { Expr::Or(parts) })
    }

    fn and(&mut self) -> Option<Expr> {
        let mut parts = vec![self.not()?];
        while self.takes("&&") || self.takes_name("and") {
            parts.push(self.not()?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Expr::And(parts) })
    }

    fn not(&mut self) -> Option<Expr> {
        let mut is_negated = false;
        loop {
            self.blanks();
            let is_other = self.rest.starts_with("!=") || self.rest.starts_with("!~");
            if is_other || !(self.takes("!") || self.takes_name("not")) {
                break;
            }
            is_negated = !is_negated;
        }
        let expr = self.single()?;
        Some(if is_negated { Expr::Not(Box::new(expr)) } else { expr })
    }

    fn single(&mut self) -> Option<Expr> {
        if self.takes("(") {
            let inner = self.or()?;
            return self.takes(")").then_some(inner);
        }
        if self.takes_name("true") {
            return Some(Expr::Known(true));
        }
        if self.takes_name("false") {
            return Some(Expr::Known(false));
        }
        self.blanks();
        if let Some(rest) = self.rest.strip_prefix('-') {
            let test = rest.chars().next()?;
            let is_single = rest[test.len_utf8()..].starts_with([' ', '\t', '\'', '"', '%']);
            if test.is_ascii_alphabetic() && is_single {
                self.rest = &rest[test.len_utf8()..];
                let word = self.word()?;
                return Some(match test {
                    'R' => Expr::Network(word),
                    test => Expr::Unary(test, word),
                });
            }
        }
        let left = self.word()?;
        self.comparison(left)
    }

    fn comparison(&mut self, left: Word) -> Option<Expr> {
        for operator in ["=~", "!~"] {
            if self.takes(operator) {
                let (pattern, ignores_case) = self.regex()?;
                let matched = Expr::Match(left, pattern, ignores_case);
                return Some(if operator == "!~" { Expr::Not(Box::new(matched)) } else { matched });
            }
        }
        for operator in ["==", "!=", "<=", ">=", "<", ">", "="] {
            if self.takes(operator) {
                return Some(Expr::Compare(left, operator.to_owned(), self.word()?));
            }
        }
        if self.takes_name("in") {
            if !self.takes("{") {
                return Some(Expr::Unknown).filter(|_| self.skip_all());
            }
            let mut words = vec![self.word()?];
            while self.takes(",") {
                words.push(self.word()?);
            }
            return self.takes("}").then_some(Expr::In(left, words));
        }
        for operator in ["-eq", "-ne", "-lt", "-le", "-gt", "-ge", "eq", "ne", "lt", "le", "gt", "ge"] {
            if self.takes_name(operator) {
                return Some(Expr::Compare(left, operator.trim_start_matches('-').to_owned(), self.word()?));
            }
        }
        for operator in ["-ipmatch", "-strmatch", "-strcmatch", "-fnmatch"] {
            if self.takes_name(operator) {
                return Some(Expr::Compare(left, operator.to_owned(), self.word()?));
            }
        }
        None
    }

    fn skip_all(&mut self) -> bool {
        self.rest = "";
        true
    }

    fn regex(&mut self) -> Option<(String, bool)> {
        self.blanks();
        let (mark, rest) = match self.rest.strip_prefix('m') {
            Some(rest) => (rest.chars().next()?, rest),
            None => ('/', self.rest),
        };
        let rest = rest.strip_prefix(mark)?;
        let mut pattern = String::new();
        let mut chars = rest.char_indices();
        loop {
            let (at, c) = chars.next()?;
            if c == mark {
                let flags: String =
                    rest[at + c.len_utf8()..].chars().take_while(char::is_ascii_alphabetic).collect();
                self.rest = &rest[at + c.len_utf8() + flags.len()..];
                return Some((pattern, flags.contains('i')));
            }
            if c == '\\' && rest[at + 1..].starts_with(mark) {
                chars.next();
                pattern.push(mark);
            } else {
                pattern.push(c);
            }
        }
    }

    /// Words may be put together with `.`.
    fn word(&mut self) -> Option<Word> {
        let mut parts = vec![self.part()?];
        while self.takes(".") {
            parts.push(self.part()?);
        }
        Some(if parts.len() == 1 { parts.remove(0) } else { Word::Joined(parts) })
    }

    fn part(&mut self) -> Option<Word> {
        self.blanks();
        let first = self.rest.chars().next()?;
        match first {
            '\'' | '"' => {
                self.rest = &self.rest[1..];
                self.text(Some(first))
            }
            '%' => self.variable(),
            '$' => {
                self.rest.get(1..2).filter(|digit| digit.bytes().all(|byte| byte.is_ascii_digit()))?;
                self.rest = &self.rest[2..];
                Some(Word::Group)
            }
            c if c.is_ascii_digit() => {
                let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
                let (digits, rest) = self.rest.split_at(end);
                self.rest = rest;
                Some(Word::Text(digits.to_owned()))
            }
            c if c.is_ascii_alphabetic() => {
                let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '_';
                let end = self.rest.find(is_end).unwrap_or(self.rest.len());
                let (name, rest) = self.rest.split_at(end);
                self.rest = rest;
                if !self.takes("(") {
                    return None;
                }
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return None;
                }
                let argument = self.word()?;
                self.depth -= 1;
                self.takes(")").then(|| Word::Call(name.to_ascii_lowercase(), Box::new(argument)))
            }
            _ => None,
        }
    }

    fn variable(&mut self) -> Option<Word> {
        let inner = self.rest.strip_prefix("%{")?;
        let end = inner.find('}')?;
        let (name, rest) = inner.split_at(end);
        self.rest = &rest[1..];
        Some(match name.split_once(':') {
            Some((function, argument)) => {
                Word::Call(function.to_ascii_lowercase(), Box::new(Word::Text(argument.to_owned())))
            }
            None => Word::Variable(name.to_ascii_uppercase()),
        })
    }

    /// A text up to a quote, or to the end.
    fn text(&mut self, quote: Option<char>) -> Option<Word> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        loop {
            let Some(c) = self.rest.chars().next() else {
                if quote.is_some() {
                    return None;
                }
                break;
            };
            if Some(c) == quote {
                self.rest = &self.rest[1..];
                break;
            }
            if self.rest.starts_with("%{") {
                parts.push(Word::Text(std::mem::take(&mut plain)));
                parts.push(self.variable()?);
                continue;
            }
            if c == '$' && quote.is_some() && self.rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
                parts.push(Word::Text(std::mem::take(&mut plain)));
                parts.push(Word::Group);
                self.rest = &self.rest[2..];
                continue;
            }
            self.rest = &self.rest[c.len_utf8()..];
            if c == '\\' {
                let escaped = self.rest.chars().next()?;
                self.rest = &self.rest[escaped.len_utf8()..];
                plain.push(match escaped {
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    other => other,
                });
            } else {
                plain.push(c);
            }
        }
        parts.push(Word::Text(plain));
        Some(if parts.len() == 1 { parts.remove(0) } else { Word::Joined(parts) })
    }
}
