//! `authlint.toml`: what a team has settled for its configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

/// The name of the file, looked for from the working directory upwards.
const NAME: &str = "authlint.toml";

/// What the file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// `--root`: the directory that the server's file system lies under.
    pub root: Option<PathBuf>,
    /// `--map`: where the server's directories lie, by their paths on the server.
    #[serde(default)]
    pub map: BTreeMap<PathBuf, PathBuf>,
    /// `--files`: when password files are looked at.
    pub files: Option<Files>,
    /// What has to hold.
    #[serde(default)]
    pub expect: Vec<Expect>,
}

/// When password files are looked at.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Files {
    /// Where the configuration is plainly the installed one, or a root or a map says where they are.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
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

/// A file that was read.
#[derive(Debug)]
pub struct SettingsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What it says.
    pub settings: Settings,
}

impl SettingsFile {
    /// A path that the file names, which starts from where the file lies.
    #[must_use]
    pub fn path_of(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new(".")).join(path)
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
/// When it cannot be read, is not TOML, or has keys or values that it may not have.
pub fn read(path: &Path) -> Result<SettingsFile, Refused> {
    let refused = |text: &str, bytes, message: String| Refused {
        path: path.to_path_buf(),
        text: text.to_owned(),
        bytes,
        message,
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused("", None, error.to_string()))?;
    match toml::from_str(&text) {
        Ok(settings) => Ok(SettingsFile { path: path.to_path_buf(), text, settings }),
        Err(error) => Err(refused(&text, error.span(), error.message().to_owned())),
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
