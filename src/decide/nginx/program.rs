//! The lines of the rewrite module, in the order in which they are carried out.

use super::regex::Regex;
use super::sockets::Known;
use super::text::Text;
use crate::model::{Directive, Family, Kind, Name, Scope};

/// One step of a program.
#[derive(Debug)]
pub(super) enum Op<'s> {
    /// Where the condition does not hold, the program goes on at `otherwise`.
    If {
        by: Directive<'s>,
        condition: Condition,
        /// The block of an `if` in a location, whose settings hold from here on.
        block: Option<Scope<'s>>,
        otherwise: usize,
    },
    Set {
        name: String,
        value: Text,
    },
    Return {
        by: Directive<'s>,
        status: u16,
        text: Option<Text>,
    },
    Rewrite(Box<Rewrite<'s>>),
    Break,
}

#[derive(Debug)]
pub(super) struct Rewrite<'s> {
    pub(super) by: Directive<'s>,
    pub(super) regex: Regex,
    pub(super) target: Text,
    /// The old query is put behind the new one; not where the target ends in `?`.
    pub(super) adds_args: bool,
    /// The status of a redirect.
    pub(super) redirect: Option<u16>,
    /// `break`: no new location is searched.
    pub(super) stays: bool,
    /// Nothing more is carried out.
    pub(super) is_last: bool,
}

#[derive(Debug)]
pub(super) enum Condition {
    /// Neither empty nor `0`.
    IsSet(String),
    Equals {
        variable: String,
        value: Text,
        negated: bool,
    },
    Matches {
        variable: String,
        regex: Regex,
        negated: bool,
    },
    File {
        test: FileTest,
        path: Text,
        negated: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileTest {
    File,
    Directory,
    Exists,
    Executable,
}

/// The program of a server or location; that of an `if` stands in the program around it, and that of a
/// `limit_except` is empty (spec L5).
pub(super) fn compile(scope: Scope<'_>) -> Known<Vec<Op<'_>>> {
    if !matches!(scope.kind(), Kind::Server | Kind::Location) {
        return Ok(Vec::new());
    }
    let mut ops = Vec::new();
    add(scope, scope.kind() == Kind::Location, &mut ops)?;
    Ok(ops)
}

fn add<'s>(scope: Scope<'s>, is_location: bool, ops: &mut Vec<Op<'s>>) -> Known<()> {
    if !scope.is_wholly_known() {
        return Err("not all lines of the rewrite phase are at hand".into());
    }
    let mut blocks = scope.children().filter(|child| child.kind() == Kind::If);
    for by in scope.own(Family::Rewrite) {
        if by.is_template() {
            return Err(format!("`{}` has to be filled in", by.text()));
        }
        let word = |n: usize| by.argument(n).map(|value| value.bytes().into_owned());
        match by.name() {
            Name::If => {
                let Some(block) = blocks.next() else { continue };
                let at = ops.len();
                let condition = condition(by)?;
                ops.push(Op::If { by, condition, block: is_location.then_some(block), otherwise: 0 });
                // Blocks of `if` do not stand in each other.
                add(block, is_location, ops)?;
                let end = ops.len();
                if let Some(Op::If { otherwise, .. }) = ops.get_mut(at) {
                    *otherwise = end;
                }
            }
            Name::Set => ops.push(Op::Set {
                name: by.argument(0).map(|name| variable(&name.bytes())).unwrap_or_default(),
                value: Text::new(&word(1).unwrap_or_default(), false),
            }),
            Name::Return => ops.push(returned(by)?),
            Name::Rewrite => ops.push(Op::Rewrite(Box::new(rewrite(by)?))),
            Name::Break => ops.push(Op::Break),
            _ => {}
        }
    }
    Ok(())
}

/// The name of a variable in small letters, without its `$`.
fn variable(word: &[u8]) -> String {
    let name = word.strip_prefix(b"$").unwrap_or(word);
    String::from_utf8_lossy(name).to_ascii_lowercase()
}

fn returned(by: Directive<'_>) -> Known<Op<'_>> {
    let first = by.argument(0).map(|value| value.bytes()).unwrap_or_default();
    let status = std::str::from_utf8(&first).ok().and_then(|code| code.parse().ok());
    let second = by.argument(1).map(|value| Text::new(&value.bytes(), false));
    Ok(match (status, second) {
        (Some(status), text) => {
            // An empty text is none.
            let text = text.filter(|text| text.literal() != Some(b""));
            Op::Return { by, status, text }
        }
        // A URL alone is a 302.
        (None, None) => Op::Return { by, status: 302, text: Some(Text::new(&first, false)) },
        (None, Some(_)) => return Err(format!("`{}` is not understood", by.text())),
    })
}

fn rewrite(by: Directive<'_>) -> Known<Rewrite<'_>> {
    let pattern = by.argument(0).map(|value| value.bytes()).unwrap_or_default();
    let target = by.argument(1).map(|value| value.bytes()).unwrap_or_default();
    let (target, adds_args) = match target.strip_suffix(b"?") {
        Some(target) => (target.to_vec(), false),
        None => (target.into_owned(), true),
    };
    let begins = |start: &&[u8]| target.starts_with(start);
    let is_url = [&b"http://"[..], b"https://", b"$scheme"].iter().any(begins);
    let flag = by.argument(2).map(|flag| flag.text().into_owned());
    let redirect = match flag.as_deref() {
        Some("permanent") => Some(301),
        Some("redirect") => Some(302),
        _ => is_url.then_some(302),
    };
    Ok(Rewrite {
        by,
        regex: Regex::new(&pattern, false)?,
        target: Text::new(&target, redirect.is_none()),
        adds_args,
        redirect,
        stays: flag.as_deref() == Some("break"),
        is_last: flag.is_some() || is_url,
    })
}

/// What stands between the parentheses (`ngx_http_rewrite_if_condition`).
fn condition(by: Directive<'_>) -> Known<Condition> {
    let unknown = || format!("the condition of `{}` is not understood", by.text());
    let mut words: Vec<Vec<u8>> = by.arguments().map(|word| word.bytes().into_owned()).collect();
    let first = words.first_mut().ok_or_else(unknown)?;
    if !first.starts_with(b"(") {
        return Err(unknown());
    }
    first.remove(0);
    let last = words.last_mut().ok_or_else(unknown)?;
    if last.pop() != Some(b')') {
        return Err(unknown());
    }
    if words.first().is_some_and(Vec::is_empty) {
        words.remove(0);
    }
    // A quoted empty value keeps its place: its `)` is a word of its own.
    let closes_alone = by.arguments().last().is_some_and(|word| word.bytes().as_ref() == b")");
    if closes_alone && words.last().is_some_and(Vec::is_empty) {
        words.pop();
    }
    match words.as_slice() {
        [name] if name.starts_with(b"$") => Ok(Condition::IsSet(variable(name))),
        [name, operator, value] if name.starts_with(b"$") => {
            let variable = variable(name);
            let negated = operator.starts_with(b"!");
            match operator.strip_prefix(b"!").unwrap_or(operator) {
                b"=" => Ok(Condition::Equals { variable, value: Text::new(value, false), negated }),
                b"~" => Ok(Condition::Matches { variable, regex: Regex::new(value, false)?, negated }),
                b"~*" => Ok(Condition::Matches { variable, regex: Regex::new(value, true)?, negated }),
                _ => Err(unknown()),
            }
        }
        [operator, path] => {
            let negated = operator.starts_with(b"!");
            let test = match operator.strip_prefix(b"!").unwrap_or(operator) {
                b"-f" => FileTest::File,
                b"-d" => FileTest::Directory,
                b"-e" => FileTest::Exists,
                b"-x" => FileTest::Executable,
                _ => return Err(unknown()),
            };
            Ok(Condition::File { test, path: Text::new(path, false), negated })
        }
        _ => Err(unknown()),
    }
}
