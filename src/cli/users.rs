//! `authlint users`.

use std::path::Path;

use super::options::{AnswerFormat, Server, Users};
use super::{CLEAN, FINDINGS, TROUBLE, complain, places, print};
use crate::report;
use crate::source::Host;
use crate::userfile::{Library, MAX_USER_FILE, Reader};

/// Shows who is in a file of users.
pub fn run(options: &Users) -> u8 {
    show(options).unwrap_or_else(|problem| {
        complain(&problem);
        TROUBLE
    })
}

fn show(options: &Users) -> Result<u8, String> {
    let mut host = places::host(&options.places, &[&options.file])?;
    let path = host.server_path(&options.file);
    let shown = host.shown(&path).display().to_string();
    let bytes = host.read_at_most(&path, MAX_USER_FILE).map_err(|error| format!("{shown}: {error}"))?;
    let library = library(&host);
    let lines = report::user_lines(&readers(options.places.server, &path), &bytes, &library);
    let text = match options.format {
        AnswerFormat::Json => report::users_json(&shown, &lines, &library),
        AnswerFormat::Human => report::users_human(&lines, &library),
    };
    let is_sound = lines.iter().all(report::UserLine::works);
    print(&text).map_or_else(Ok, |()| Ok(if is_sound { CLEAN } else { FINDINGS }))
}

/// The server whose file it is; both where its path does not tell.
fn readers(server: Server, path: &Path) -> Vec<Reader> {
    let is_below = |names: &[&str]| path.iter().any(|part| names.iter().any(|name| part == *name));
    match server {
        Server::Nginx => vec![Reader::Nginx],
        Server::Apache => vec![Reader::Apache],
        Server::Auto if is_below(&["nginx"]) => vec![Reader::Nginx],
        Server::Auto if is_below(&["apache2", "httpd", "apache"]) => vec![Reader::Apache],
        Server::Auto => vec![Reader::Nginx, Reader::Apache],
    }
}

/// The server's C library. With `--map` alone the rest of this machine is another one's.
fn library(host: &Host) -> Library {
    if host.has_root() || !host.has_maps() { Library::of(host) } else { Library::debian() }
}
