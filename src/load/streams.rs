//! What does not come from files: standard input, and what `nginx -T` prints.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::loader::{Known, Language, Loader, parse};
use super::{Kind, Origin, Server, dump};
use crate::finding::{Problem, ProblemKind};
use crate::source::{FileKey, MAX_FILE, ReadError, Source};

/// All of standard input, if it is not larger than a file may be; then one byte more.
///
/// # Errors
/// The system's.
pub fn read_input() -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Loader<'_> {
    pub(super) fn standard_input(&mut self, name: Option<&Path>) {
        let shown = name.map_or_else(|| PathBuf::from("<stdin>"), Path::to_path_buf);
        let read = self.input.take().map_or_else(read_input, Ok);
        match read {
            Err(error) => {
                let problem = Problem::with_path(ProblemKind::Io, shown, format!("standard input: {error}"));
                self.loaded.problems.push(problem);
            }
            Ok(bytes) if bytes.len() as u64 > MAX_FILE => {
                self.read_problem(&shown, &ReadError::TooLarge(MAX_FILE));
            }
            Ok(bytes) if dump::is_dump(&bytes) => self.dump(&bytes),
            Ok(bytes) if bytes.trim_ascii().is_empty() => {
                let problem = Problem::with_path(ProblemKind::Io, shown, "standard input is empty");
                self.loaded.problems.push(problem.help("if it comes from `nginx -T`: see what that says"));
            }
            Ok(bytes) if bytes.starts_with(b"nginx: [emerg]") => {
                let message = "`nginx -T` refused the configuration and printed none of it";
                let problem = Problem::with_path(ProblemKind::Io, shown, message);
                self.loaded
                    .problems
                    .push(problem.help("check the files themselves: `authlint check /etc/nginx`"));
            }
            Ok(bytes) => {
                let path = self.host.server_path(name.unwrap_or(Path::new("stdin.conf")));
                let key = FileKey::Path(shown.clone());
                let bytes = self.host.instead_of(&key).map_or(bytes, <[u8]>::to_vec);
                let source = Source::new(shown, bytes);
                let is_apache = self.server == Server::Apache;
                let language = if is_apache { Language::Apache } else { Language::Either };
                let tree = parse(&path, &source, language);
                let file = self.loaded.files.add_from(source, tree, Origin::Elsewhere(key));
                match self.kind(&path, file, true) {
                    Kind::NginxMain => self.config(file, &path, true),
                    Kind::NginxFragment => self.config(file, &path, false),
                    Kind::ApacheMain => self.apache_config(file, &path, true),
                    Kind::ApacheFragment => self.apache_config(file, &path, false),
                    Kind::Htaccess => self.standard_htaccess(file, &path),
                    Kind::Neither => self.foreign(file),
                }
            }
        }
    }

    /// Loads the configuration that `nginx -T` printed. Its files are those of the dump and no
    /// others; that of the machine is the same if its main file is.
    pub(super) fn dump(&mut self, bytes: &[u8]) {
        let mut files = dump::split(bytes);
        let Some((main, text)) = files.first().cloned() else { return };
        for (path, text) in &mut files {
            if let Some(instead) = self.host.instead_of(&FileKey::Path(path.clone())) {
                *text = instead.to_vec();
            }
        }
        let installed = self.host.read(&main).is_ok_and(|here| here == text);
        let mut memory = dump::host(files);
        let mut inner = Loader {
            host: &mut memory,
            server: Server::Nginx,
            defines: Vec::new(),
            leaves_served: self.leaves_served,
            input: None,
            entries: self.entries.clone(),
            loaded: std::mem::take(&mut self.loaded),
            told: HashSet::new(),
            known: HashMap::new(),
        };
        let main = std::slice::from_ref(&main);
        if let Some((path, Ok(Known { file, .. }))) = inner.read(main, Language::Nginx).pop() {
            inner.config(file, &path, true);
        }
        self.loaded = inner.loaded;
        if let Some(config) = self.loaded.configs.last_mut() {
            config.installed = installed || self.host.has_root();
        }
    }
}
