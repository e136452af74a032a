//! Carries out the rewrite module's lines (`ngx_http_rewrite_handler`, spec P3).

use super::program::{Condition, FileTest, Op, Rewrite};
use super::sockets::Known;
use super::text::{Part, Text};
use super::variables::{Unknown, Value};
use super::visit::{Run, Visit};
use crate::source::Seen;

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The request goes on.
    Through,
    /// It is ended with this status.
    With(u16),
    /// A response was sent.
    Sent(u16),
}

impl<'r, 's> Run<'r, 's> {
    /// Carries out a program.
    pub(super) fn carry_out(&mut self, visit: &mut Visit<'r, 's>, program: &'r [Op<'s>]) -> Known<Ended> {
        let mut at = 0;
        // Groups are escaped until the first rewrite has ended.
        let mut quotes = true;
        let mut status = None;
        while let Some(op) = program.get(at) {
            at += 1;
            match op {
                Op::If { by, condition, block, otherwise } => {
                    let key = format!("if {:?}", by.span());
                    if !self.holds(visit, condition, quotes, &key)? {
                        at = *otherwise;
                        continue;
                    }
                    self.story.tell(by.span(), "its condition holds");
                    if let Some(block) = block {
                        self.enter(visit, *block);
                    }
                }
                Op::Set { name, value } => {
                    let value = self.fill_quoted(visit, value, quotes);
                    if name == "args" {
                        visit.args = value.map_err(|unknown| unknown.why)?;
                    } else {
                        self.variables.insert(name.clone(), value);
                    }
                }
                Op::Break => {
                    if visit.has_changed {
                        visit.fits_location = false;
                        visit.has_changed = false;
                    }
                    break;
                }
                Op::Return { by, status, text } => {
                    let what = if visit.is_subrequest {
                        "answers the subrequest"
                    } else {
                        "answers before any check"
                    };
                    self.story.tell(by.span(), what);
                    if *status < 400 || text.is_some() {
                        // A redirect is no response yet: it goes through `error_page`.
                        let is_redirect = matches!(status, 301..=303 | 307 | 308);
                        return Ok(if is_redirect { Ended::With(*status) } else { Ended::Sent(*status) });
                    }
                    return Ok(Ended::With(*status));
                }
                Op::Rewrite(rewrite) => {
                    let Some(found) = rewrite.regex.find(&visit.uri)? else {
                        visit.groups = Ok(Vec::new());
                        continue;
                    };
                    self.keep(visit, found);
                    if let Some(code) = self.rewrite(visit, rewrite)? {
                        status = Some(code);
                    }
                    quotes = false;
                    if rewrite.is_last || status.is_some() {
                        break;
                    }
                }
            }
        }
        Ok(status.map_or(Ended::Through, Ended::With))
    }

    /// A rewrite whose expression matches; the status where it redirects or fails.
    fn rewrite(&mut self, visit: &mut Visit<'r, 's>, rewrite: &'r Rewrite<'s>) -> Known<Option<u16>> {
        if let Some(status) = rewrite.redirect {
            self.story.tell(rewrite.by.span(), "redirects before any check");
            return Ok(Some(status));
        }
        self.story.tell(rewrite.by.span(), "leads to another path");
        visit.is_internal = true;
        if rewrite.stays {
            visit.fits_location = false;
            visit.has_changed = false;
        } else {
            visit.has_changed = true;
        }
        if rewrite.target.follows_the_path() {
            self.hang_on(|| "the part of the path that goes into another one".into());
        }
        let (uri, args) = self.new_uri(visit, &rewrite.target);
        let uri = uri.map_err(|unknown| unknown.why)?;
        match args {
            Some(args) => {
                let mut args = args.map_err(|unknown| unknown.why)?;
                if rewrite.adds_args && !visit.args.is_empty() {
                    args.push(b'&');
                    args.extend(&visit.args);
                }
                visit.args = args;
            }
            None if !rewrite.adds_args => visit.args.clear(),
            None => {}
        }
        visit.uri = uri;
        // nginx fails on an empty path.
        Ok(visit.uri.is_empty().then_some(500))
    }

    /// The path and the query of a rewrite's target. In the query, groups are escaped where the
    /// path was sent escaped.
    fn new_uri(&mut self, visit: &mut Visit<'r, 's>, target: &Text) -> (Value, Option<Value>) {
        let split = target.parts.iter().position(|part| *part == Part::Args);
        let (path, query) = target.parts.split_at(split.unwrap_or(target.parts.len()));
        let text = |parts: &[Part]| Text { parts: parts.to_vec(), has_args: false };
        let uri = self.fill(visit, &text(path));
        let args = query.get(1..).map(|query| self.fill_quoted(visit, &text(query), true));
        (uri, args)
    }

    fn holds(
        &mut self,
        visit: &mut Visit<'r, 's>,
        condition: &'r Condition,
        quotes: bool,
        key: &str,
    ) -> Known<bool> {
        let holds = match condition {
            Condition::IsSet(variable) => match self.variable(visit, variable) {
                Ok(value) => !value.is_empty() && value != b"0",
                Err(unknown) if unknown.is_filled => true,
                Err(unknown) => self.choices.ask(key, 2, &unknown.why) == 0,
            },
            Condition::Equals { variable, value, negated } => {
                let left = self.variable(visit, variable);
                let right = self.fill_quoted(visit, value, quotes);
                let is_equal = match (left, right) {
                    (Ok(left), Ok(right)) => left == right,
                    (Err(unknown), Ok(known)) | (Ok(known), Err(unknown)) => {
                        let cannot = unknown.is_filled && known.is_empty();
                        !cannot && self.choices.ask(key, 2, &unknown.why) == 0
                    }
                    (Err(unknown), Err(_)) => self.choices.ask(key, 2, &unknown.why) == 0,
                };
                is_equal != *negated
            }
            Condition::Matches { variable, regex, negated } => {
                let matches = match self.variable(visit, variable) {
                    Ok(value) => match regex.find(&value)? {
                        Some(found) => {
                            // A negated test does not keep the groups apart: nginx keeps them as well.
                            self.keep(visit, found);
                            true
                        }
                        None => {
                            visit.groups = Ok(Vec::new());
                            false
                        }
                    },
                    Err(unknown) => {
                        let matches = self.choices.ask(key, 2, &unknown.why) == 0;
                        visit.groups = if matches { Err(unknown) } else { Ok(Vec::new()) };
                        matches
                    }
                };
                matches != *negated
            }
            Condition::File { test, path, negated } => {
                let found =
                    self.fill_quoted(visit, path, quotes).and_then(|path| self.test(visit, *test, &path));
                let is_so = match found {
                    Ok(is_so) => is_so,
                    Err(unknown) => self.choices.ask(key, 2, &unknown.why) == 0,
                };
                is_so != *negated
            }
        };
        Ok(holds)
    }

    /// `-f`, `-d`, `-e` and `-x`; what cannot be looked at is not there.
    fn test(&mut self, visit: &Visit<'r, 's>, test: FileTest, path: &[u8]) -> Result<bool, Unknown> {
        Ok(match (self.see(visit, path), test) {
            (Seen::Unknown(why), _) => return Err(Unknown::new(why, false)),
            (Seen::File { .. }, FileTest::File | FileTest::Exists)
            | (Seen::Directory { .. }, FileTest::Directory | FileTest::Exists) => true,
            (
                Seen::File { is_executable, .. } | Seen::Directory { is_executable, .. },
                FileTest::Executable,
            ) => is_executable,
            _ => false,
        })
    }
}
