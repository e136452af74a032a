//! Password files that lie under a document root or an alias, and the paths of URLs that lead to them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::names::{Family, Name};
use super::{DirectiveData, Kind, Modifier, PasswordFile, PathValue, Scope, Site};
use crate::source::Access;

/// A path by which a password file may be fetched, if nothing keeps it back.
#[derive(Clone, Debug)]
pub struct ServedFile<'s> {
    /// The file.
    pub file: PasswordFile<'s>,
    /// The server.
    pub server: Scope<'s>,
    /// The path of the URL, not encoded.
    pub url: String,
    /// The path that the server makes of it.
    pub path: PathBuf,
}

/// A directory that is served.
#[derive(Debug)]
pub(super) struct Mount {
    /// The server.
    pub(super) server: u32,
    /// The path of the URL that leads to it.
    pub(super) url: String,
    /// As it is written, in full.
    pub(super) directory: PathBuf,
    /// The line that says so; of Apache it is looked up where it is needed.
    pub(super) by: Option<DirectiveData>,
}

/// More paths than these are not made for one file.
const MOST_PATHS: usize = 20;

impl Site<'_> {
    /// The password files and files of groups under document roots and aliases, by all paths that are plain to see.
    /// What is not there, or what the server may not read, is left out.
    #[must_use]
    pub fn served_files(&self) -> Vec<ServedFile<'_>> {
        let files = self.password_files().into_iter().chain(self.group_files());
        let files: Vec<(PasswordFile<'_>, PathBuf)> = files
            .filter(|file| matches!(file.access(), None | Some(Access::Readable)))
            .filter_map(|file| match file.path() {
                PathValue::Absolute(path) => Some((file, path)),
                _ => None,
            })
            .collect();
        if files.is_empty() {
            return Vec::new();
        }
        let mounts = self.mounts();
        let mut by_directory: HashMap<&Path, Vec<&Mount>> = HashMap::new();
        for mount in &mounts {
            let real = self.looked.real(&mount.directory);
            by_directory.entry(real).or_default().push(mount);
            if real != mount.directory {
                by_directory.entry(&mount.directory).or_default().push(mount);
            }
        }
        let mut found = Vec::new();
        for (file, path) in &files {
            let real = self.looked.real(path);
            let mut ways = [real, path.as_path()];
            let count = 1 + usize::from(real != path);
            ways[..count].reverse();
            let all = ways[..count].iter().flat_map(|way| {
                let mounts = way.ancestors().filter_map(|above| Some((above, by_directory.get(above)?)));
                mounts.flat_map(move |(above, mounts)| mounts.iter().map(move |mount| (*way, above, *mount)))
            });
            let served = all.filter_map(|(way, above, mount)| self.served(*file, way, above, mount));
            let count = found.len();
            found.extend(served.take(MOST_PATHS));
            if found.len() == count {
                found.extend(self.served_beside_htaccess(*file, path));
            }
        }
        found
    }

    fn served<'s>(
        &'s self,
        file: PasswordFile<'s>,
        way: &Path,
        above: &Path,
        mount: &Mount,
    ) -> Option<ServedFile<'s>> {
        let rest = way.strip_prefix(above).ok()?.to_str()?;
        let is_whole = rest.is_empty();
        let url =
            if is_whole { mount.url.clone() } else { format!("{}/{rest}", mount.url.trim_end_matches('/')) };
        let path = if is_whole { mount.directory.clone() } else { mount.directory.join(rest) };
        let is_file = !is_whole || !mount.url.is_empty() && !mount.url.ends_with('/');
        is_file.then(|| ServedFile { file, server: self.scope(mount.server), url, path })
    }

    /// A `.htaccess` that is looked at alone lies in what is served, and so does what lies beside it.
    fn served_beside_htaccess<'s>(&'s self, file: PasswordFile<'s>, path: &Path) -> Option<ServedFile<'s>> {
        if !self.is_part() || !file.is_in_htaccess() {
            return None;
        }
        let mut all = self.scopes_of(Kind::Htaccess);
        let is_above =
            |scope: &Scope<'_>| scope.directory().is_some_and(|directory| path.starts_with(directory));
        let server = all.find(is_above)?;
        Some(ServedFile { file, server, url: String::new(), path: path.to_path_buf() })
    }

    /// The directories that are served, as far as they are written out.
    pub(super) fn mounts(&self) -> Vec<Mount> {
        if let Some(apache) = &self.apache {
            return apache.mounts();
        }
        let mut mounts = Vec::new();
        for scope in self.scopes() {
            for by in scope.own(Family::Root).chain(scope.own(Family::Alias)) {
                let Some(directory) = by.literal(0).map(|path| PathBuf::from(path.as_ref())) else {
                    continue;
                };
                if !directory.is_absolute() {
                    continue;
                }
                let is_alias = by.name() == Name::Alias;
                let url = if is_alias {
                    scope.aliased_url(&by.literal(0).unwrap_or_default())
                } else {
                    Some(String::new())
                };
                let servers: Vec<Scope<'_>> = match scope.server() {
                    Some(server) => vec![server],
                    None => self
                        .scopes_of(Kind::Server)
                        .filter(|it| it.provider(Family::Root) == Some(scope))
                        .collect(),
                };
                let Some(url) = url else { continue };
                mounts.extend(servers.into_iter().map(|server| Mount {
                    server: server.id,
                    url: url.clone(),
                    directory: directory.clone(),
                    by: Some(by.data),
                }));
            }
        }
        mounts
    }
}

impl Scope<'_> {
    /// The path of the URL that an `alias` of nginx in this location is for: a slash at the end of one of them alone
    /// makes other names.
    fn aliased_url(self, alias: &str) -> Option<String> {
        let location = self.location()?;
        let is_plain = location.is_prefix() || location.modifier == Modifier::Exact;
        let fits = alias.ends_with('/') || !location.path.ends_with('/');
        (is_plain && fits).then(|| location.path.into_owned())
    }
}
