//! Expressions of `<If>` and `Require expr`, and what they come to for a request (spec a52, a76).

use super::regexes::Regexes;
use crate::source::matches_any;

/// What an expression asks of a request. None: it is not known.
pub trait Asked {
    /// `%{NAME}`.
    fn variable(&self, name: &str) -> Option<String>;
    /// `req('Host')`, `%{HTTP:Host}`.
    fn header(&self, name: &str) -> Option<String>;
    /// `reqenv('name')`, `%{ENV:name}`.
    fn environment(&self, name: &str) -> Option<String>;
    /// `-f`, `-d` and their like.
    fn is_file(&self, test: char, path: &str) -> Option<bool>;
    /// `-R`, `-ipmatch`.
    fn is_from(&self, network: &str) -> Option<bool>;
}

/// An expression in pieces.
#[derive(Clone, Debug)]
pub enum Expr {
    Known(bool),
    Not(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Word, String, Word),
    Match(Word, String, bool),
    In(Word, Vec<Word>),
    Unary(char, Word),
    Network(Word),
    /// What is not followed.
    Unknown,
}

/// A value in pieces.
#[derive(Clone, Debug)]
pub enum Word {
    Text(String),
    Variable(String),
    Call(String, Box<Word>),
    Joined(Vec<Word>),
    /// A group of an expression; which one is not followed.
    Group,
}

impl Word {
    /// Its value for a request.
    pub fn value(&self, asked: &dyn Asked) -> Option<String> {
        match self {
            Word::Text(text) => Some(text.clone()),
            Word::Variable(name) => asked.variable(name),
            Word::Joined(parts) => parts.iter().map(|part| part.value(asked)).collect(),
            Word::Group => None,
            Word::Call(name, argument) => {
                let value = argument.value(asked)?;
                match name.as_str() {
                    "req" | "http" | "req_novary" => asked.header(&value),
                    "reqenv" | "env" => asked.environment(&value),
                    "tolower" => Some(value.to_ascii_lowercase()),
                    "toupper" => Some(value.to_ascii_uppercase()),
                    _ => None,
                }
            }
        }
    }
}

impl Expr {
    /// Whether it holds for a request.
    pub fn holds(&self, asked: &dyn Asked, regexes: &Regexes) -> Option<bool> {
        match self {
            Expr::Known(known) => Some(*known),
            Expr::Unknown => None,
            Expr::Not(inner) => inner.holds(asked, regexes).map(|holds| !holds),
            Expr::And(parts) => all(parts.iter().map(|part| part.holds(asked, regexes))),
            Expr::Or(parts) => any(parts.iter().map(|part| part.holds(asked, regexes))),
            Expr::Match(word, pattern, ignores_case) => {
                regexes.matches(pattern, *ignores_case, &word.value(asked)?)
            }
            Expr::In(word, words) => {
                let value = word.value(asked)?;
                any(words.iter().map(|word| word.value(asked).map(|other| other == value)))
            }
            Expr::Network(word) => asked.is_from(&word.value(asked)?),
            Expr::Unary(test, word) => {
                let value = word.value(asked)?;
                match test {
                    'n' => Some(!value.is_empty()),
                    'z' => Some(value.is_empty()),
                    'T' => {
                        let word = value.to_ascii_lowercase();
                        Some(!matches!(word.as_str(), "" | "0" | "off" | "false" | "no"))
                    }
                    test => asked.is_file(*test, &value),
                }
            }
            Expr::Compare(left, operator, right) => {
                compare(&left.value(asked)?, operator, &right.value(asked)?)
            }
        }
    }
}

fn compare(left: &str, operator: &str, right: &str) -> Option<bool> {
    let patterned = |left: &str, right: &str| matches_any(right.as_bytes(), left.as_bytes());
    match operator {
        "-ipmatch" => return super::requirement::is_in(right, left.parse().ok()?),
        "-strmatch" => return Some(super::hosts::wildcard(right.as_bytes(), left.as_bytes())),
        "-strcmatch" => {
            let (left, right) = (left.to_ascii_lowercase(), right.to_ascii_lowercase());
            return Some(super::hosts::wildcard(right.as_bytes(), left.as_bytes()));
        }
        // Here a star stops at a slash.
        "-fnmatch" => {
            let (left, right) = (left.split('/'), right.split('/'));
            let is_same = left.clone().count() == right.clone().count();
            return Some(is_same && left.zip(right).all(|(left, right)| patterned(left, right)));
        }
        _ => {}
    }
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let ordering = match operator {
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => number(left)?.cmp(&number(right)?),
        _ => left.cmp(right),
    };
    Some(match operator {
        "==" | "=" | "eq" => ordering.is_eq(),
        "!=" | "ne" => ordering.is_ne(),
        "<" | "lt" => ordering.is_lt(),
        "<=" | "le" => ordering.is_le(),
        ">" | "gt" => ordering.is_gt(),
        _ => ordering.is_ge(),
    })
}

fn all(mut parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let folded = parts.try_fold(Some(true), |so_far, part| match part {
        Some(false) => Err(()),
        Some(true) => Ok(so_far),
        None => Ok(None),
    });
    folded.unwrap_or(Some(false))
}

/// Whether one of several holds.
pub fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(parts.map(|part| part.map(|holds| !holds))).map(|holds| !holds)
}
