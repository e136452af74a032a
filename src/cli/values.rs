//! What stands behind an option, read from text. Each error is a clause.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, ValueEnum};

use super::options::Format;
use super::pages::Page;
use crate::finding::Level;
use crate::lints::{self, Lint};
use crate::source::Map as PathMap;

/// Takes one of many names. Whoever mistypes it hears which one is near, and not all of them; a shell can
/// complete it all the same.
#[derive(Clone)]
struct Named<T: 'static> {
    names: Vec<&'static str>,
    find: fn(&str) -> Result<T, String>,
}

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Named<T> {
    type Value = T;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        self.find.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.iter().map(PossibleValue::new)))
    }
}

pub(super) fn lint_id() -> impl TypedValueParser<Value = &'static Lint> {
    Named { names: lints::ALL.iter().map(|lint| lint.id).collect(), find: lint }
}

pub(super) fn level(text: &str) -> Result<(&'static Lint, Level), String> {
    let (id, level) = text.split_once('=').ok_or("write LINT=LEVEL, as in weak-password-hash=error")?;
    let level =
        [Level::Error, Level::Warning, Level::Advice].into_iter().find(|known| known.as_str() == level);
    Ok((lint(id)?, level.ok_or("the levels are `error`, `warning` and `advice`")?))
}

pub(super) fn ignore_in(text: &str) -> Result<(String, Vec<&'static Lint>), String> {
    let (pattern, ids) =
        text.rsplit_once('=').ok_or("write PATTERN=LINT, as in legacy/**=weak-password-hash")?;
    Ok((pattern.to_owned(), ids.split(',').map(lint).collect::<Result<_, _>>()?))
}

fn lint(id: &str) -> Result<&'static Lint, String> {
    lints::find(id).ok_or_else(|| unknown(id, lints::nearest(id)))
}

pub(super) fn page_id() -> impl TypedValueParser<Value = Page> {
    let find = |id: &str| Page::find(id).ok_or_else(|| unknown(id, Page::nearest(id)));
    Named { names: Page::ids().collect(), find }
}

fn unknown(id: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("no lint is called `{id}`: is `{near}` meant?"),
        None => format!("no lint is called `{id}` (`authlint lints` shows all)"),
    }
}

pub(super) fn report(text: &str) -> Result<(Format, PathBuf), String> {
    let formats = || {
        let names = Format::value_variants().iter().filter_map(Format::to_possible_value);
        names.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
    };
    match text.split_once('=') {
        Some((format, file)) if !file.is_empty() => match Format::from_str(format, false) {
            Ok(format) => Ok((format, file.into())),
            Err(_) => Err(format!("FORMAT is one of {}", formats())),
        },
        _ => Err("write FORMAT=FILE, as in sarif=authlint.sarif".into()),
    }
}

pub(super) fn map(text: &str) -> Result<PathMap, String> {
    match text.split_once('=') {
        Some((from, to)) if from.starts_with('/') && !to.is_empty() => {
            Ok(PathMap { from: from.into(), to: to.into() })
        }
        Some((from, _)) if !from.starts_with('/') => {
            Err("FROM is a path of the server and begins with `/`".into())
        }
        _ => Err("write FROM=TO, as in /etc/nginx=deploy/nginx".into()),
    }
}
