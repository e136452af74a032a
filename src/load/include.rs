//! `include` as nginx follows it (spec G13, G14).

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Config, Files};
use crate::finding::{Problem, ProblemKind};
use crate::source::{FileId, Host};
use crate::syntax::StatementId;

/// How deep files may include each other. nginx has no bound but the number of open files.
const MAX_DEPTH: usize = 500;

/// What an include statement brings in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Included {
    /// The files, in their order.
    pub files: Vec<FileId>,
    /// Whether that is all. Otherwise a file is not there, or its name is not known.
    pub is_whole: bool,
}

/// An include statement and the paths it names.
pub struct Wanted {
    pub file: FileId,
    pub statement: StatementId,
    pub paths: Vec<PathBuf>,
    /// Whether these are all that it means.
    pub is_whole: bool,
}

/// Files of nginx, of Debian's package and of certbot, without any directive about access.
const STOCK: &[&str] = &[
    "mime.types",
    "fastcgi_params",
    "fastcgi.conf",
    "scgi_params",
    "uwsgi_params",
    "koi-utf",
    "koi-win",
    "win-utf",
    "proxy_params",
    "snippets/fastcgi-php.conf",
    "snippets/snakeoil.conf",
    "letsencrypt/options-ssl-nginx.conf",
];

/// What the include statements of `wave` name. Nothing is read yet, only directories are listed.
pub fn resolve(files: &Files, host: &Host, config: &Config, wave: &[FileId]) -> (Vec<Wanted>, Vec<Problem>) {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for &file in wave {
        for &statement in files.tree(file).includes() {
            let mut wanted = Wanted { file, statement, paths: Vec::new(), is_whole: false };
            match paths(files, host, config, file, statement) {
                Target::Paths(paths) => wanted = Wanted { paths, is_whole: true, ..wanted },
                // It has no access rules: nothing is missed.
                Target::Stock => wanted.is_whole = true,
                Target::Unknown => {}
                Target::Wrong(kind, message) => {
                    problems.push(Problem::at(kind, files.head(file, statement), message));
                }
                Target::Elsewhere(hint) => {
                    let message = "where this path of the server lies here is not known";
                    let problem = Problem::at(ProblemKind::Include, files.head(file, statement), message);
                    problems.push(problem.help(hint));
                }
            }
            all.push(wanted);
        }
    }
    (all, problems)
}

enum Target {
    Paths(Vec<PathBuf>),
    Stock,
    Unknown,
    Wrong(ProblemKind, String),
    /// It lies under another path here, and this says which.
    Elsewhere(String),
}

fn paths(files: &Files, host: &Host, config: &Config, file: FileId, statement: StatementId) -> Target {
    let tree = files.tree(file);
    if tree.word_count(statement) != 2 {
        return Target::Wrong(ProblemKind::Syntax, "`include` takes one argument; is a `;` missing?".into());
    }
    if tree.is_template_word(statement, 1) {
        return Target::Unknown;
    }
    let source = files.sources.get(file);
    let value = tree.value(source, statement, 1).unwrap_or_default();
    let name = Path::new(OsStr::from_bytes(&value));
    let path = match &config.prefix {
        Some(prefix) => prefix.join(name),
        None if name.is_absolute() => name.to_path_buf(),
        None if is_stock(name) => return Target::Stock,
        None => return Target::Unknown,
    };
    // The machine at hand is not the server: what lies under the same path here is not meant.
    if config.is_main
        && !config.installed
        && !host.places(&path)
        && let Some(hint) = map_hint(host, config, &path)
    {
        return Target::Elsewhere(hint);
    }
    if is_pattern(name.as_os_str()) {
        return match host.glob(&path) {
            Ok(found) if found.is_empty() && !config.is_main && !config.installed => Target::Unknown,
            Ok(found) => Target::Paths(found),
            Err(error) => Target::Wrong(ProblemKind::Io, error.to_string()),
        };
    }
    if !host.exists(&path) {
        if is_stock(name) && !config.installed {
            return Target::Stock;
        }
        if !config.is_main {
            return Target::Unknown;
        }
    }
    Target::Paths(vec![path])
}

fn is_stock(name: &Path) -> bool {
    STOCK.iter().any(|known| name.ends_with(known))
}

/// Takes out includes that lead back to a file on the way to them, or too deep.
pub fn cut_cycles(files: &Files, config: &mut Config) -> Vec<Problem> {
    let mut edges: HashMap<FileId, Vec<(StatementId, usize, FileId)>> = HashMap::new();
    for (&(file, statement), included) in &config.includes {
        let targets = included.files.iter().enumerate().map(|(n, &target)| (statement, n, target));
        edges.entry(file).or_default().extend(targets);
    }
    for targets in edges.values_mut() {
        targets.sort_unstable();
    }
    let mut problems = Vec::new();
    let mut cut = Vec::new();
    let mut done = HashMap::new();
    let mut path: Vec<(FileId, usize)> = vec![(config.entry, 0)];
    done.insert(config.entry, false);
    while let Some((file, next)) = path.last_mut() {
        let from = *file;
        let Some(&(statement, n, target)) = edges.get(&from).and_then(|edges| edges.get(*next)) else {
            done.insert(from, true);
            path.pop();
            continue;
        };
        *next += 1;
        let message = match done.get(&target) {
            Some(true) => continue,
            Some(false) => "the file is included again while it is being read: nginx never gets to the end",
            None if path.len() >= MAX_DEPTH => "files include each other more than 500 deep",
            None => {
                done.insert(target, false);
                path.push((target, 0));
                continue;
            }
        };
        let kind = if done.contains_key(&target) { ProblemKind::Include } else { ProblemKind::Limit };
        problems.push(Problem::at(kind, files.head(from, statement), message));
        cut.push((from, statement, n));
    }
    // From the last on, so that the places of the others stay.
    cut.sort_unstable_by(|a, b| b.cmp(a));
    for (file, statement, n) in cut {
        if let Some(included) = config.includes.get_mut(&(file, statement)) {
            included.files.remove(n);
            included.is_whole = false;
        }
    }
    problems
}

/// `--map /etc/nginx=deploy/nginx`, when what is meant is there under another directory.
pub fn map_hint(host: &Host, config: &Config, meant: &Path) -> Option<String> {
    let prefix = config.prefix.as_deref().filter(|prefix| !meant.starts_with(prefix))?;
    // The part of the path up to the first wildcard.
    let fixed: PathBuf = meant.components().take_while(|part| !is_pattern(part.as_os_str())).collect();
    fixed.ancestors().skip(1).filter(|above| above.parent().is_some()).find_map(|above| {
        let here = prefix.join(fixed.strip_prefix(above).ok()?);
        host.exists(&here).then(|| {
            let shown = host.shown(prefix);
            let shown = if shown.as_os_str().is_empty() { Path::new(".") } else { &shown };
            let (above, shown) = (above.display(), shown.display());
            format!(
                "it is in {shown}: give `--map {above}={shown}`\n\
                 in authlint.toml: map = {{ \"{above}\" = \"{shown}\" }}"
            )
        })
    })
}

pub fn is_pattern(part: &OsStr) -> bool {
    part.as_bytes().iter().any(|byte| b"*?[".contains(byte))
}
