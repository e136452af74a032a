//! The one site that a request is asked of.

use std::path::PathBuf;

use super::options::{Main, Places};
use super::places;
use crate::load::{self, Config, Loaded};
use crate::report;
use crate::source::Host;

/// Loads the main configuration, or those in the paths of `authlint.toml`, or the installed ones.
pub fn load(main: &Main, settled: &[PathBuf], places: &Places, host: &mut Host) -> Result<Loaded, String> {
    let paths = match (&main.config[..], settled) {
        ([], []) => places::installed(host, places.server),
        ([], paths) | (paths, _) => paths.to_vec(),
    };
    if paths.is_empty() {
        return Err("no configuration is installed here: --config names one".into());
    }
    // What a person names is the main configuration, whatever it looks like.
    let request = load::Request {
        entries: main.config.clone(),
        paths,
        server: places.server.into(),
        defines: places.define.clone(),
        ..load::Request::default()
    };
    Ok(load::load(&request, host))
}

/// The one configuration that a server runs with.
pub fn main_configuration(loaded: &Loaded) -> Result<&Config, String> {
    let path = |config: &Config| loaded.files.sources.get(config.entry).path().display().to_string();
    let mut main = loaded.configs.iter().filter(|config| config.is_main);
    match (main.next(), main.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => {
            Err(format!("there are {} and {}: --config or --server says which", path(one), path(other)))
        }
        (None, _) => loaded.configs.first().ok_or_else(|| match loaded.problems.first() {
            Some(problem) => report::problem_line(problem, &loaded.files.sources),
            None => "there is no configuration to read".into(),
        }),
    }
}
