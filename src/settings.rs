//! `authlint.toml`: what a team has settled for its configuration. Its keys are the long options of `authlint check`, and
//! `[[expect]]`.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The name of the file, looked for from the working directory upwards.
pub const NAME: &str = "authlint.toml";

/// What is said with tables.
#[derive(Debug, Default, Deserialize)]
struct Tables {
    #[serde(default)]
    expect: Vec<Expect>,
}

/// `[[expect]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// A line such as `/admin/** -> never open`.
    pub rule: Spanned<String>,
    /// The main configuration that it is about, relative to the file; needed where there are several.
    pub entry: Option<PathBuf>,
    /// Why it has to hold, in a person's words.
    pub because: Option<String>,
}

/// A key, as an option would be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, without dashes before it.
    pub name: String,
    /// The bytes of the name.
    pub bytes: Range<usize>,
    /// What it is set to.
    pub value: Value,
}

/// What a key is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `true` or `false`.
    Flag(bool),
    /// A text, the texts of a list, or `NAME=VALUE` for each line of a table.
    Texts(Vec<String>),
}

/// A file that was read.
#[derive(Debug)]
pub struct SettingsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The options, in the order of the text.
    pub keys: Vec<Key>,
    /// What has to hold.
    pub expect: Vec<Expect>,
}

impl SettingsFile {
    /// A path that the file names, which starts from where the file lies.
    #[must_use]
    pub fn path_of(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(path)
    }

    /// That something in it is wrong.
    #[must_use]
    pub fn refuse(&self, bytes: Range<usize>, message: String) -> Refused {
        Refused { path: self.path.clone(), text: self.text.clone(), bytes: Some(bytes), message }
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.text.get(..at).map_or(1, |before| before.matches('\n').count() + 1)
    }
}

/// Why the settings cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// Its text, as far as it could be read.
    pub text: String,
    /// The bytes that are wrong, where it is about some.
    pub bytes: Option<Range<usize>>,
    /// What is the matter, as one clause.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        // Lines and columns count from 1, columns in characters.
        let before = self.bytes.as_ref().and_then(|bytes| self.text.get(..bytes.start));
        match before {
            Some(before) => {
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                write!(f, "{path}:{line}:{column}: {}", self.message)
            }
            None => write!(f, "{path}: {}", self.message),
        }
    }
}

/// The nearest `authlint.toml`, in this directory or above it.
#[must_use]
pub fn find(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().map(|directory| directory.join(NAME)).find(|path| path.is_file())
}

/// Reads a file.
///
/// # Errors
/// When it cannot be read, is not TOML, or has values that no key may have.
pub fn read(path: &Path) -> Result<SettingsFile, Refused> {
    let refused = |text: &str, bytes, message: String| Refused {
        path: path.to_path_buf(),
        text: text.to_owned(),
        bytes,
        message,
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused("", None, error.to_string()))?;
    let wrong = |error: toml::de::Error| refused(&text, error.span(), error.message().to_owned());
    let tables: Tables = toml::from_str(&text).map_err(wrong)?;
    let document = DeTable::parse(&text).map_err(wrong)?;
    let mut keys = Vec::new();
    for (name, value) in document.get_ref().iter().filter(|(name, _)| name.get_ref() != "expect") {
        let value = texts(value.get_ref()).ok_or_else(|| {
            refused(&text, Some(value.span()), format!("`{}` cannot be set to this", name.get_ref()))
        })?;
        keys.push(Key { name: name.get_ref().clone().into_owned(), bytes: name.span(), value });
    }
    keys.sort_by_key(|key| key.bytes.start);
    Ok(SettingsFile { path: path.to_path_buf(), expect: tables.expect, keys, text: text.clone() })
}

/// A value as an option would be given it; none where it is nested more deeply than options are.
fn texts(value: &DeValue<'_>) -> Option<Value> {
    Some(Value::Texts(match value {
        DeValue::Boolean(flag) => return Some(Value::Flag(*flag)),
        DeValue::Array(list) => list.iter().map(|one| text(one.get_ref())).collect::<Option<_>>()?,
        DeValue::Table(table) => {
            let line = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                let name: &std::borrow::Cow<'_, str> = name.get_ref();
                match texts(value.get_ref())? {
                    Value::Texts(values) => Some(format!("{name}={}", values.join(","))),
                    Value::Flag(_) => None,
                }
            };
            table.iter().map(line).collect::<Option<_>>()?
        }
        single => vec![text(single)?],
    }))
}

fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.clone().into_owned()),
        DeValue::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The bytes between the quotes of a value, where it is written on one line and without escapes:
/// then a place in the value is a place in the file.
#[must_use]
pub fn inside(text: &str, value: &Spanned<String>) -> Range<usize> {
    let range = value.span();
    let written = text.get(range.clone()).unwrap_or_default();
    let quoted = written.len() == value.get_ref().len() + 2;
    if quoted { range.start + 1..range.end - 1 } else { range }
}
