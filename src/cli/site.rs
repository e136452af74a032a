//! The one site that a request is asked of.

use std::path::Path;

use super::options::Places;
use super::places;
use crate::load::{self, Config, Loaded};
use crate::report;
use crate::source::Host;

/// Loads a main configuration, or the installed ones.
pub fn load(config: Option<&Path>, places: &Places, host: &mut Host) -> Result<Loaded, String> {
    let paths = match config {
        Some(config) => vec![config.to_path_buf()],
        None => places::installed(host),
    };
    if paths.is_empty() {
        return Err("no configuration is installed here: --config names one".into());
    }
    // What a person names is the main configuration, whatever it looks like.
    let request = load::Request {
        entries: config.into_iter().map(Path::to_path_buf).collect(),
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
            Err(format!("--config says which: there are {} and {}", path(one), path(other)))
        }
        (None, _) => loaded.configs.first().ok_or_else(|| match loaded.problems.first() {
            Some(problem) => report::problem_line(problem, &loaded.files.sources),
            None => "there is no configuration to read".into(),
        }),
    }
}
