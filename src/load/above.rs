//! The main configuration that parts belong to, where only the parts were named: what lies above them and includes them.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::{Config, Loaded, Origin, Request, loader};
use crate::source::{FileId, FileKey, Host};

/// What was loaded, with the main configurations above its parts where these include them, and nothing of them is
/// missing: a part that is known to stand in a whole is judged as it will be served.
pub fn with_mains_above(request: &Request, host: &mut Host, parts_only: Loaded) -> Loaded {
    let has_main = parts_only.configs.iter().any(|config| config.is_main);
    if has_main || !request.entries.is_empty() || request.paths.iter().any(|path| path == Path::new("-")) {
        return parts_only;
    }
    let mains: BTreeSet<PathBuf> =
        parts_only.configs.iter().filter_map(|config| main_above(&parts_only, config, host)).collect();
    if mains.is_empty() {
        return parts_only;
    }
    let entries: Vec<PathBuf> = mains.into_iter().collect();
    let mut whole = loader::run(&Request { entries: entries.clone(), ..request.clone() }, host);
    let parts = keys(&parts_only, parts_only.configs.iter().map(|config| config.entry));
    let includes_some = |config: &Config| !keys(&whole, config.files()).is_disjoint(&parts);
    let mut mains = whole.configs.iter().filter(|config| config.is_main);
    if !mains.all(includes_some) || whole.problems.len() > parts_only.problems.len() {
        return parts_only;
    }
    whole.found_above = entries.iter().map(|path| host.shown(path)).collect();
    whole
}

/// The nearest file above a part that is called like a main configuration of its server.
fn main_above(loaded: &Loaded, config: &Config, host: &Host) -> Option<PathBuf> {
    let Some(Origin::Disk(path, _)) = loaded.files.origin(config.entry) else { return None };
    let names: &[&str] = match config.reading() {
        None => &["nginx.conf"],
        Some(_) => &["apache2.conf", "httpd.conf"],
    };
    let mut all =
        path.ancestors().skip(1).flat_map(|directory| names.iter().map(|name| directory.join(name)));
    all.find(|main| host.exists(main))
}

fn keys(loaded: &Loaded, files: impl IntoIterator<Item = FileId>) -> HashSet<FileKey> {
    files.into_iter().map(|file| loaded.files.key(file)).collect()
}
