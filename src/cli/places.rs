//! Where the server's files are, as the options say it.

use std::path::{Path, PathBuf};

use super::options::{Files, Places, Server};
use crate::load::{self, INSTALLED};
use crate::model::FilesMode;
use crate::source::Host;

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

/// The directories of the installed servers, or of the one that is asked for.
pub fn installed(host: &Host, server: Server) -> Vec<PathBuf> {
    let is_nginx = |path: &str| path.contains("nginx");
    INSTALLED
        .iter()
        .filter(|path| match server {
            Server::Auto => true,
            Server::Nginx => is_nginx(path),
            Server::Apache => !is_nginx(path),
        })
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
