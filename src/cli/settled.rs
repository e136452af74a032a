//! The command line and `authlint.toml` put together: a key of the file is a long option of `authlint check`, and what
//! is typed takes the place of what is written. `trace`, `map` and `expect` heed what says where things are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use crate::settings::{self, Key, SettingsFile, Value};

/// Options that the file cannot have: they say which file it is, or are about one run.
const NOT_IN_FILE: &[&str] =
    &["config", "no-config", "help", "stdin-filename", "fix", "diff", "unsafe-fixes"];

/// The key for what is named without an option.
const PATHS: &str = "paths";

/// The key for main configurations.
const ENTRY: &str = "entry";

/// The keys that say where things are, which every command needs to know that reads a configuration.
const WHERE: &[&str] = &[PATHS, ENTRY, "root", "map", "define", "server", "files"];

/// What is in force, and where from.
#[derive(Debug)]
pub struct Settled {
    /// All of it, as if it had been typed.
    pub matches: ArgMatches,
    /// The file.
    pub file: Option<SettingsFile>,
    /// The paths of the file, for a command that takes none itself.
    pub paths: Vec<PathBuf>,
    /// The keys that are heeded: what is typed is taken out.
    heeded: Vec<Key>,
}

/// Takes over from the settings what is not typed. `arguments` are those of the program, its name among them, and
/// `typed` is what they come to.
///
/// # Errors
/// What is wrong with the file, for people.
pub fn settle(command: &Command, arguments: &[OsString], typed: ArgMatches) -> Result<Settled, String> {
    let Some((name, options)) = typed.subcommand() else {
        return Ok(Settled::typed(typed));
    };
    let Some(file) = read(name, options)? else {
        return Ok(Settled::typed(typed));
    };
    let subcommand = |name: &str| command.find_subcommand(name).ok_or("there is no such command");
    let (check, own) = (subcommand("check")?, subcommand(name)?);
    let base = base(&file.path);
    let (mut heeded, mut paths) = (Vec::new(), Vec::new());
    let mut added: Vec<OsString> = Vec::new();
    for key in &file.keys {
        let Some(option) = option(check, &key.name) else {
            let near = keys(check)
                .map(|(known, _)| (strsim::jaro_winkler(known, &key.name), known))
                .filter(|(likeness, _)| *likeness > 0.8)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let near = near.map(|(_, known)| format!(": is `{known}` meant?")).unwrap_or_default();
            return Err(file
                .refuse(key.bytes.clone(), format!("there is no key `{}`{near}", key.name))
                .to_string());
        };
        // All of the file has to be right, also what another command heeds.
        let checked = given(option, key, &base);
        let alone = [OsString::from("authlint"), "check".into()].into_iter().chain(checked);
        command
            .clone()
            .try_get_matches_from(alone)
            .map_err(|error| file.refuse(key.bytes.clone(), why(&error)).to_string())?;
        if key.name == PATHS && matches!(name, "trace" | "expect") {
            paths.extend(given(option, key, &base).into_iter().map(PathBuf::from));
        }
        let Some(option) = heeded_as(own, &key.name, &file) else { continue };
        if options.value_source(option.get_id().as_str()) == Some(ValueSource::CommandLine) {
            continue;
        }
        added.extend(given(option, key, &base));
        heeded.push(key.clone());
    }
    let (before, after) = arguments.split_at(arguments.len().min(2));
    let all = before.iter().chain(&added).chain(after);
    let matches = command.clone().try_get_matches_from(all).map_err(|error| error.to_string())?;
    Ok(Settled { matches, file: Some(file), paths, heeded })
}

/// What is wrong with a value, without the usage that clap adds.
fn why(error: &clap::Error) -> String {
    let words = error.to_string();
    let mut said = Vec::new();
    for (number, line) in words.lines().map(str::trim).enumerate() {
        match line.strip_prefix("[possible values: ").and_then(|line| line.strip_suffix(']')) {
            Some(values) => said.push(format!("one of {values}")),
            None if number == 0 => said.push(line.trim_start_matches("error: ").to_owned()),
            None => {}
        }
    }
    said.join(": ")
}

/// The option of this command that a key of the file is given as; none where the command does not heed it.
fn heeded_as<'c>(command: &'c Command, key: &str, file: &SettingsFile) -> Option<&'c Arg> {
    let named = |name: &str| command.get_arguments().find(|option| option.get_long() == Some(name));
    let has_entry = file.keys.iter().any(|key| key.name == ENTRY);
    match (command.get_name(), key) {
        ("check" | "baseline" | "config", _) => option(command, key),
        (_, key) if !WHERE.contains(&key) => None,
        // Who has said what the main configuration is wants to know about all of it.
        (_, PATHS) if has_entry => None,
        ("map", PATHS | ENTRY) => option(command, PATHS),
        (_, ENTRY) => named("config"),
        (_, key) => named(key),
    }
}

fn read(command: &str, options: &ArgMatches) -> Result<Option<SettingsFile>, String> {
    // `trace` and `expect` have a `--config` that names the server's.
    let named = match command {
        "check" | "baseline" | "config" => options.get_one::<PathBuf>("config").cloned(),
        _ => None,
    };
    let nearest = || std::env::current_dir().ok().and_then(|here| settings::find(&here));
    let path = if options.get_flag("no_config") { None } else { named.or_else(nearest) };
    path.map(|path| settings::read(&path).map_err(|refused| refused.to_string())).transpose()
}

/// The keys that the file may have, with their options.
pub fn keys(check: &Command) -> impl Iterator<Item = (&str, &Arg)> {
    check.get_arguments().filter_map(|option| {
        let name = if option.is_positional() { PATHS } else { option.get_long()? };
        (!NOT_IN_FILE.contains(&name)).then_some((name, option))
    })
}

fn option<'c>(check: &'c Command, key: &str) -> Option<&'c Arg> {
    keys(check).find(|(name, _)| *name == key).map(|(_, option)| option)
}

/// How the key would be typed. Paths in the file start from where it lies.
fn given(option: &Arg, key: &Key, base: &Path) -> Vec<OsString> {
    let place = |text: &str| match (option.get_value_hint(), text.split_once('=')) {
        (ValueHint::FilePath | ValueHint::DirPath | ValueHint::AnyPath, _) => {
            base.join(text).into_os_string()
        }
        (_, Some((_, "-"))) if key.name == "report" => text.into(),
        _ if !matches!(&*key.name, "map" | "report") => text.into(),
        (_, Some((from, to))) => {
            [from.as_ref(), "=".as_ref(), base.join(to).as_os_str()].into_iter().collect()
        }
        (_, None) => text.into(),
    };
    let name = option.get_long().unwrap_or(&key.name);
    match &key.value {
        Value::Flag(true) if matches!(option.get_action(), ArgAction::SetTrue) => {
            vec![format!("--{name}").into()]
        }
        Value::Flag(false) if matches!(option.get_action(), ArgAction::SetTrue) => Vec::new(),
        Value::Flag(flag) => vec![format!("--{name}={flag}").into()],
        Value::Texts(texts) => {
            let dashes = if option.is_positional() { String::new() } else { format!("--{name}=") };
            let typed = |text: &String| [OsString::from(&dashes), place(text)].into_iter().collect();
            texts.iter().map(typed).collect()
        }
    }
}

/// Where paths of the file start from, seen from the working directory.
fn base(file: &Path) -> PathBuf {
    let directory = file.parent().unwrap_or(Path::new(""));
    if directory.is_relative() {
        return directory.to_path_buf();
    }
    let Ok(here) = std::env::current_dir() else { return directory.to_path_buf() };
    match here.strip_prefix(directory) {
        Ok(below) => below.iter().map(|_| "..").collect(),
        Err(_) => directory.to_path_buf(),
    }
}

impl Settled {
    /// What is typed alone.
    #[must_use]
    pub fn typed(matches: ArgMatches) -> Self {
        Settled { matches, file: None, paths: Vec::new(), heeded: Vec::new() }
    }

    /// Every key with its value and where that is from, as TOML.
    #[must_use]
    pub fn describe(&self, command: &Command) -> String {
        let Some((name, options)) = self.matches.subcommand() else { return String::new() };
        let Some(check) = command.find_subcommand(name) else { return String::new() };
        let mut lines = Vec::new();
        for (name, option) in keys(check) {
            let id = option.get_id().as_str();
            let raw = options.get_raw(id).into_iter().flatten();
            let values: Vec<String> = raw.map(|value| value.to_string_lossy().into_owned()).collect();
            let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
            let value = match values.as_slice() {
                _ if is_flag => options.get_flag(id).to_string(),
                // Without one it is said by where the reports go.
                [] if name == "format" && !reports_to_stdout(options) => r#""human""#.to_owned(),
                [] => String::new(),
                [one] if !matches!(option.get_action(), ArgAction::Append) => format!("{one:?}"),
                many => format!("{many:?}"),
            };
            let key = self.heeded.iter().find(|key| key.name == name);
            let from = match (key, &self.file, options.value_source(id)) {
                (Some(key), Some(file), _) => {
                    format!("{}:{}", file.path.display(), file.line(key.bytes.start))
                }
                (_, _, Some(ValueSource::CommandLine)) => "command line".to_owned(),
                _ if !value.is_empty() => "default".to_owned(),
                _ => "not set".to_owned(),
            };
            let line = if value.is_empty() { format!("# {name}") } else { format!("{name} = {value}") };
            lines.push((line, from));
        }
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0).min(60);
        let lines = lines.into_iter().map(|(line, from)| format!("{line:width$}  # {from}\n"));
        match &self.file {
            Some(file) => lines.collect::<String>() + &format!("# [[expect]]: {}\n", file.expect.len()),
            None => format!("# no {} is in force\n{}", settings::NAME, lines.collect::<String>()),
        }
    }
}

fn reports_to_stdout(options: &ArgMatches) -> bool {
    let mut reports = options.get_raw("report").into_iter().flatten();
    reports.any(|report| report.to_string_lossy().ends_with("=-"))
}
