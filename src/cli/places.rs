//! Where the server's files are, as the options say it.

use std::path::{Path, PathBuf};

use super::options::{Files, Places, Server};
use crate::load::{self, INSTALLED};
use crate::model::FilesMode;
use crate::settings::{self, SettingsFile};
use crate::source::{Host, Map};

/// The file system of the server. `given` are the paths on the command line: where all of them are
/// relative, paths are shown as relative ones.
pub fn host(places: &Places, given: &[&Path]) -> Result<Host, String> {
    if let Some(root) = places.root.as_ref().filter(|root| !root.is_dir()) {
        return Err(format!("--root {}: no such directory", root.display()));
    }
    if let Some(map) = places.map.iter().find(|map| !map.to.exists()) {
        return Err(format!(
            "--map {}={}: there is no {}",
            map.from.display(),
            map.to.display(),
            map.to.display()
        ));
    }
    let host = Host::new(places.root.clone(), places.map.clone()).map_err(|error| error.to_string())?;
    let is_relative = !given.is_empty() && given.iter().all(|path| path.is_relative());
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    Ok(if is_relative { host.shown_from(here) } else { host })
}

/// Takes over what the settings say where the command line says nothing; its maps come before theirs.
pub fn settle(places: &mut Places, file: &SettingsFile) {
    let settings = &file.settings;
    places.root = places.root.take().or_else(|| settings.root.as_ref().map(|root| file.path_of(root)));
    let is_given = |from: &Path| places.map.iter().any(|map| map.from == from);
    let maps = settings.map.iter().filter(|(from, _)| !is_given(from));
    let maps: Vec<Map> = maps.map(|(from, to)| Map { from: from.clone(), to: file.path_of(to) }).collect();
    places.map.extend(maps);
}

impl From<settings::Files> for Files {
    fn from(files: settings::Files) -> Self {
        match files {
            settings::Files::Auto => Files::Auto,
            settings::Files::Always => Files::Always,
            settings::Files::Never => Files::Never,
        }
    }
}

/// The directories of the installed servers.
pub fn installed(host: &Host) -> Vec<PathBuf> {
    INSTALLED
        .iter()
        .map(PathBuf::from)
        .filter(|path| host.is_directory(path))
        .map(|path| host.disk_path(&path))
        .collect()
}

impl From<Server> for load::Server {
    fn from(server: Server) -> Self {
        match server {
            Server::Auto => load::Server::Auto,
            Server::Nginx => load::Server::Nginx,
            Server::Apache => load::Server::Apache,
        }
    }
}

impl From<Files> for FilesMode {
    fn from(files: Files) -> Self {
        match files {
            Files::Auto => FilesMode::Auto,
            Files::Always => FilesMode::Always,
            Files::Never => FilesMode::Never,
        }
    }
}
