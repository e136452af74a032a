//! What was found at the paths of password files, each looked at once when the site is built.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{Directive, FilesMode, Look, Name, PasswordFile, PathValue, Site};
use crate::finding::{Problem, ProblemKind};
use crate::parallel;
use crate::source::{Access, FileId, Host, Source, Span, Writable, offset};
use crate::syntax::StatementId;
use crate::userfile::{Groups, Library, MAX_USER_FILE, Reader, UserFile, masked};

/// No more files than this are taken for what a path with variables may lead to.
const MOST_CANDIDATES: usize = 1_000;

/// What was found.
#[derive(Debug)]
pub(super) struct Looked {
    /// By the path on the server, and whether it was read as a file of groups; `None` was not looked at.
    files: HashMap<(PathBuf, bool), Option<Found>>,
    /// The files that a path with variables may lead to, by its directive.
    candidates: HashMap<(FileId, StatementId), Vec<PathBuf>>,
    library: Library,
    /// Where links lead from the paths of password files and of document roots; none where there are none.
    real: HashMap<PathBuf, PathBuf>,
}

/// What lies at a path.
#[derive(Debug)]
struct Found {
    access: Access,
    content: Content,
    /// The text that may be shown.
    shown: Option<FileId>,
    /// Who else may change it.
    writable: Option<Writable>,
}

#[derive(Debug)]
enum Content {
    Users(UserFile),
    Groups(Groups),
    /// It is not there, or it is not known.
    Nothing,
    /// The server's user may read it, and whoever runs authlint may not; the path for people.
    Kept(PathBuf),
    /// Why it was not read although it is there.
    Unread(Problem),
}

impl Default for Looked {
    fn default() -> Self {
        Looked {
            files: HashMap::new(),
            candidates: HashMap::new(),
            library: Library::debian(),
            real: HashMap::new(),
        }
    }
}

impl Looked {
    /// Where a path leads in the end.
    pub fn real<'p>(&'p self, path: &'p Path) -> &'p Path {
        self.real.get(path).map_or(path, PathBuf::as_path)
    }

    pub fn candidates(&self, directive: Directive<'_>) -> &[PathBuf] {
        self.candidates.get(&(directive.data.file, directive.data.statement)).map_or(&[], Vec::as_slice)
    }
}

impl<'s> PasswordFile<'s> {
    fn found(self) -> Option<&'s Found> {
        match self.path() {
            PathValue::Absolute(path) => {
                let is_of_groups = self.directive.name() == Name::AuthGroupFile;
                self.directive.site.looked.files.get(&(path, is_of_groups))?.as_ref()
            }
            _ => None,
        }
    }

    /// Whether the server's user can read it; none where it was not looked at.
    #[must_use]
    pub fn access(self) -> Option<&'s Access> {
        self.found().map(|found| &found.access)
    }

    /// Who is in it; none where it was not read.
    #[must_use]
    pub fn users(self) -> Option<&'s UserFile> {
        match &self.found()?.content {
            Content::Users(users) => Some(users),
            _ => None,
        }
    }

    /// The groups in it; none where it is no file of groups or was not read.
    #[must_use]
    pub fn groups(self) -> Option<&'s Groups> {
        match &self.found()?.content {
            Content::Groups(groups) => Some(groups),
            _ => None,
        }
    }

    /// Who else than its owner and the server may change it; none where nobody may, or where it is not known.
    #[must_use]
    pub fn writable(self) -> Option<&'s Writable> {
        self.found()?.writable.as_ref()
    }

    /// A line of the file, by its number from 0, as a place to point at; what is shown there has no hashes in it.
    #[must_use]
    pub fn span(self, line: u32) -> Option<Span> {
        let file = self.found()?.shown?;
        let shown = self.directive.site.files.sources.get(file);
        let start = *shown.lines().get(line as usize)?;
        let length = shown.text().get(start as usize..)?.lines().next().unwrap_or_default().len();
        Some(Span::new(file, start, start + offset(length)))
    }

    /// What to call it in a label: where the path has variables, the file has to be named.
    #[must_use]
    pub fn title(self) -> String {
        self.candidate.map_or_else(|| "it".to_owned(), |path| format!("`{}`", path.display()))
    }
}

impl Site<'_> {
    /// Whether there is a password file that was left alone, because it is not known that the
    /// configuration is this machine's.
    #[must_use]
    pub fn left_files_alone(&self) -> bool {
        self.looked.files.values().any(Option::is_none)
    }

    /// The password files that the server may read, and whoever runs authlint may not, for people.
    #[must_use]
    pub fn kept_files(&self) -> Vec<&Path> {
        let found = self.looked.files.values().flatten();
        let mut kept: Vec<&Path> = found
            .filter_map(|found| match &found.content {
                Content::Kept(path) => Some(path.as_path()),
                _ => None,
            })
            .collect();
        kept.sort_unstable();
        kept
    }

    /// Why it is not known of some password files whether the server may read them, for people.
    #[must_use]
    pub fn unsure_files(&self) -> BTreeSet<String> {
        let found = self.looked.files.values().flatten();
        let why = found.filter_map(|found| match &found.access {
            Access::Unknown(why) => Some(why.clone()),
            _ => None,
        });
        why.collect()
    }

    /// Which C library checks the hashes that the server does not check itself.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.looked.library
    }

    /// How this server reads a file of users.
    #[must_use]
    pub fn reader(&self) -> Reader {
        if self.is_apache() { Reader::Apache } else { Reader::Nginx }
    }

    pub(super) fn look_at_files(&mut self, look: Look<'_>) {
        let may_look = |path: &Path| match look.mode {
            // What is in it is known without looking.
            _ if path == Path::new("/dev/null") => true,
            FilesMode::Always => true,
            FilesMode::Never => false,
            FilesMode::Auto => self.config.installed || look.host.places(path),
        };
        self.looked.candidates = self.find_candidates(look.host, may_look);
        let users = self.password_files();
        let groups = self.group_files();
        let is_of_groups = std::iter::repeat_n(false, users.len()).chain(std::iter::repeat(true));
        let mut seen = HashSet::new();
        let todo: Vec<(PathBuf, PasswordFile<'_>, bool)> = users
            .into_iter()
            .chain(groups)
            .zip(is_of_groups)
            .filter_map(|(file, is_of_groups)| match file.path() {
                PathValue::Absolute(path) => Some((path, file, is_of_groups)),
                _ => None,
            })
            .filter(|(path, _, is_of_groups)| seen.insert((path.clone(), *is_of_groups)))
            .collect();
        let found = parallel::map(&todo, todo.len() > 100, |(path, file, is_of_groups)| {
            may_look(path).then(|| self.look_at(look.host, path, *file, *is_of_groups))
        });
        let problems: Vec<Problem> = found
            .iter()
            .flatten()
            .filter_map(|found| match &found.content {
                Content::Unread(problem) => Some(problem.clone()),
                _ => None,
            })
            .collect();
        let files = todo.into_iter().map(|(path, _, is_of_groups)| (path, is_of_groups)).zip(found).collect();
        let library = if look.mode != FilesMode::Never
            && (self.config.installed || look.host.has_root() || look.host.is_memory())
        {
            Library::of(look.host)
        } else {
            Library::debian()
        };
        let mut real = HashMap::new();
        if found_any(&files) {
            let roots: HashSet<PathBuf> = self.mounts().into_iter().map(|mount| mount.directory).collect();
            let paths = files.keys().map(|(path, _)| path).chain(&roots);
            for path in paths.filter(|path| may_look(path)) {
                if let Some(end) = look.host.real_path(path).filter(|end| end != path) {
                    real.insert(path.clone(), end);
                }
            }
        }
        let neighbours = self.find_neighbours(look.host, may_look);
        self.looked.files = files;
        self.looked.real = real;
        self.looked.library = library;
        self.neighbours = neighbours;
        self.unread = problems;
    }

    fn look_at(&self, host: &Host, path: &Path, file: PasswordFile<'_>, is_of_groups: bool) -> Found {
        let access = host.access(path, &self.identity);
        let unread = |kind, why: String| {
            let problem =
                Problem::at(kind, file.directive.span(), format!("{}: {why}", host.shown(path).display()));
            Content::Unread(problem.help("who can log in is not known"))
        };
        let mut shown = None;
        let content = match &access {
            Access::Readable if path == Path::new("/dev/null") && is_of_groups => {
                Content::Groups(Groups::default())
            }
            Access::Readable if path == Path::new("/dev/null") => {
                Content::Users(UserFile::read(self.reader(), b""))
            }
            Access::Special(what) => unread(ProblemKind::Io, format!("this is {what}, and not opened")),
            Access::Outside => unread(ProblemKind::Io, "this leads out of the root".into()),
            // The server's user may read it; whether ours may is another question.
            Access::Readable => match host.read_at_most(path, MAX_USER_FILE) {
                Ok(bytes) if is_of_groups => Content::Groups(Groups::read(&bytes)),
                Ok(bytes) => {
                    let source = Source::new(host.shown(path), masked(&bytes));
                    shown = Some(self.files.sources.add_beside(source));
                    Content::Users(UserFile::read(self.reader(), &bytes))
                }
                Err(error @ crate::source::ReadError::TooLarge(_)) => {
                    unread(ProblemKind::Limit, error.to_string())
                }
                Err(_) => Content::Kept(host.shown(path)),
            },
            _ => Content::Nothing,
        };
        let writable = host.writable_by_others(path, &self.identity);
        Found { access, content, shown, writable }
    }

    /// The files that paths with variables may lead to, with any text in the place of each variable.
    fn find_candidates(
        &self,
        host: &Host,
        may_look: impl Fn(&Path) -> bool,
    ) -> HashMap<(FileId, StatementId), Vec<PathBuf>> {
        let mut candidates = HashMap::new();
        if self.is_apache() {
            return candidates;
        }
        for file in self.password_files() {
            let Some(pattern) = file.directive.argument(0).and_then(|value| pattern(&value.text())) else {
                continue;
            };
            let Some(pattern) = self.absolute(Path::new(&pattern)).filter(|path| may_look(path)) else {
                continue;
            };
            let mut paths = host.glob(&pattern).unwrap_or_default();
            paths.truncate(MOST_CANDIDATES);
            candidates.insert((file.directive.data.file, file.directive.data.statement), paths);
        }
        candidates
    }
}

fn found_any(files: &HashMap<(PathBuf, bool), Option<Found>>) -> bool {
    files.values().flatten().any(|found| found.access == Access::Readable)
}

/// `/etc/nginx/users/$host` as a pattern of glob(3): `/etc/nginx/users/*`. None where there is no variable, where a
/// variable comes first, or where a part of the path is a pattern already.
fn pattern(text: &str) -> Option<String> {
    if text.starts_with('$') || !text.contains('$') || text.contains(['*', '?', '[']) {
        return None;
    }
    let mut pieces = text.split('$');
    let mut pattern = pieces.next()?.to_owned();
    for piece in pieces {
        let rest = match piece.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?.1,
            None => piece.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
        pattern.push('*');
        pattern.push_str(rest);
    }
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn variables_stand_for_anything() {
        assert_eq!(pattern("/etc/users/$host").as_deref(), Some("/etc/users/*"));
        assert_eq!(pattern("users/${host}.$http_x/y").as_deref(), Some("users/*.*/y"));
        assert_eq!(pattern("/etc/users"), None);
        assert_eq!(pattern("$document_root/users"), None);
        assert_eq!(pattern("/etc/${x"), None);
    }
}
