//! What a server of Apache serves where: document root, aliases, proxied paths, and its sections by
//! what they match (spec a45 to a56).

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::model::names::{Family, Name};
use crate::model::{Kind, Scope, ScopeRef, Site};

/// What one server, the main one or a virtual host, has in its own text.
#[derive(Debug, Default)]
pub struct Serving {
    pub root: Option<PathBuf>,
    /// URL prefix and directory, in the order of the text.
    pub aliases: Vec<(String, PathBuf)>,
    /// URL prefixes that are passed on, and where to; nowhere for `!`.
    pub proxied: Vec<(String, Option<String>)>,
    /// `<Proxy>` and `<ProxyMatch>`.
    pub proxies: Vec<ScopeRef>,
    /// `<Directory /literal>`, by the path.
    pub directories: HashMap<OsString, Vec<ScopeRef>>,
    /// `<Directory>` with wildcards.
    pub patterns: Vec<(PathBuf, ScopeRef)>,
    /// `<DirectoryMatch>`.
    pub expressions: Vec<ScopeRef>,
    /// `<Location /literal>`, by the path.
    pub locations: HashMap<String, Vec<ScopeRef>>,
    /// `<LocationMatch>` and `<Location>` with wildcards.
    pub other_locations: Vec<ScopeRef>,
    /// `<Files>` that stand in no other section.
    pub files: Vec<ScopeRef>,
}

/// What `ProxyPass` says of a URL.
pub enum Passed {
    /// It is passed on to this one.
    To(String),
    /// `!`: it is not.
    Not,
}

/// How a section says what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    /// A path or a name.
    Literal(String),
    /// With `*`, `?`, `[`.
    Pattern(String),
    /// A regular expression.
    Expression(String),
    /// It is not known, or nothing that could match.
    Unknown,
}

impl Site<'_> {
    pub(super) fn find_serving(&self, server: ScopeRef) -> Serving {
        let scope = self.scope(server);
        let path = |word: &str| self.absolute(Path::new(word)).map(|path| clean(&path));
        let mut serving = Serving::default();
        let root = scope.own(Family::Root).filter(|line| line.is_certain()).last();
        serving.root = root.and_then(|line| path(&line.literal(0)?));
        for line in scope.own(Family::Alias).filter(|line| line.name() == Name::Alias) {
            if let (Some(url), Some(target)) = (line.literal(0), line.literal(1).and_then(|word| path(&word)))
            {
                serving.aliases.push((url.into_owned(), target));
            }
        }
        for line in scope.own(Family::Handler).filter(|line| line.name() == Name::ProxyPass) {
            if let (Some(url), Some(target)) = (line.literal(0), line.argument(1)) {
                let target = Some(target.text().into_owned()).filter(|target| target != "!");
                serving.proxied.push((url.into_owned(), target));
            }
        }
        for section in scope.children() {
            let id = section.id;
            match (section.kind(), section.matching()) {
                (Kind::Directory, Matching::Literal(word)) => {
                    if let Some(path) = path(word) {
                        serving.directories.entry(path.into_os_string()).or_default().push(id);
                    }
                }
                (Kind::Directory, Matching::Pattern(word)) => {
                    serving.patterns.extend(path(word).map(|path| (path, id)));
                }
                (Kind::Directory, Matching::Expression(_)) => serving.expressions.push(id),
                (Kind::Proxy, _) => serving.proxies.push(id),
                (Kind::Location, Matching::Literal(word)) => {
                    serving.locations.entry(word.clone()).or_default().push(id);
                }
                (Kind::Location, Matching::Pattern(_) | Matching::Expression(_)) => {
                    serving.other_locations.push(id);
                }
                (Kind::Files, _) => serving.files.push(id),
                _ => {}
            }
        }
        serving
    }
}

impl Serving {
    /// The directory or file that a URL path leads to by an `Alias`.
    fn aliased(&self, url: &str) -> Option<PathBuf> {
        let mut found =
            self.aliases.iter().filter_map(|(prefix, target)| Some((below(prefix, url)?, target)));
        found.next().map(|(rest, target)| clean(&target.join(rest.trim_start_matches('/'))))
    }

    /// URL paths, with a final slash, by which an `Alias` leads to a directory.
    fn aliases_of(&self, directory: &Path) -> impl Iterator<Item = String> {
        self.aliases
            .iter()
            .filter_map(move |(prefix, target)| url(prefix, directory.strip_prefix(target).ok()?))
    }

    /// Where requests for a URL path are passed on to, as far as this server's own lines say.
    pub fn passed_to(&self, url: &str) -> Option<Passed> {
        let (prefix, target) = self.proxied.iter().find(|(prefix, _)| below(prefix, url).is_some())?;
        Some(match target {
            Some(target) => Passed::To(format!("{target}{}", &url[prefix.len()..])),
            None => Passed::Not,
        })
    }
}

/// What a server serves: each `Alias` of its own and of the main server comes before the document root,
/// of which there is but one (spec a56).
#[derive(Clone, Copy)]
pub struct Served<'a> {
    pub own: &'a Serving,
    pub main: &'a Serving,
}

impl Served<'_> {
    pub fn root(self) -> Option<PathBuf> {
        self.own.root.clone().or_else(|| self.main.root.clone())
    }

    /// The directory or file that a URL path leads to.
    pub fn path_of(self, url: &str) -> Option<PathBuf> {
        let aliased = self.own.aliased(url).or_else(|| self.main.aliased(url));
        aliased.or_else(|| Some(clean(&self.root()?.join(url.trim_start_matches('/')))))
    }

    /// A URL path, with a final slash, that leads to a directory.
    pub fn url_of(self, directory: &Path) -> Option<String> {
        let root = self.root();
        let below_root = root.and_then(|root| url("", directory.strip_prefix(root).ok()?));
        let aliases = self.own.aliases_of(directory).chain(self.main.aliases_of(directory));
        // One may hide another.
        below_root.into_iter().chain(aliases).find(|url| self.path_of(url).as_deref() == Some(directory))
    }
}

impl Scope<'_> {
    /// The file that this server makes of a path of the URL, as far as `Alias` lines of servers and `DocumentRoot` say it.
    pub(in crate::model) fn path_of_url(self, url: &str) -> Option<PathBuf> {
        let servers = &self.site.apache.as_ref()?.servers;
        Served { own: servers.get(&self.id)?, main: servers.get(&0)? }.path_of(url)
    }
}

/// The URL path of what lies below a directory that is served under a prefix.
fn url(prefix: &str, rest: &Path) -> Option<String> {
    let rest = rest.to_str()?;
    let url = format!("{}/{rest}", prefix.trim_end_matches('/'));
    Some(if url.ends_with('/') { url } else { url + "/" })
}

/// What follows a prefix in a path, if it ends where a segment does (spec a49).
pub fn below<'u>(prefix: &str, url: &'u str) -> Option<&'u str> {
    let rest = url.strip_prefix(prefix)?;
    (rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/')).then_some(rest)
}

/// The path without `.`, `..` and double slashes, as httpd takes it (spec a45).
pub fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::CurDir => {}
            part => cleaned.push(part),
        }
    }
    cleaned
}

/// The prefixes of a URL path that a `<Location>` could name to cover it.
pub fn prefixes(url: &str) -> impl Iterator<Item = &str> {
    let ends = url.match_indices('/').flat_map(|(at, _)| [at, at + 1]).filter(|&end| end > 0);
    let mut last = 0;
    ends.chain([url.len()]).filter(move |&end| std::mem::replace(&mut last, end) < end).map(|end| &url[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_paths() {
        let serving = |root: &str, alias: &str, target: &str| Serving {
            root: Some(root.into()),
            aliases: vec![(alias.into(), target.into())],
            ..Serving::default()
        };
        let main = serving("/var/www/html", "/x", "/srv/x");
        let served = Served { own: &main, main: &main };
        assert_eq!(served.path_of("/a/b"), Some("/var/www/html/a/b".into()));
        assert_eq!(served.path_of("/x/b"), Some("/srv/x/b".into()));
        assert_eq!(served.path_of("/xb"), Some("/var/www/html/xb".into()));
        assert_eq!(served.url_of(Path::new("/var/www/html")), Some("/".into()));
        assert_eq!(served.url_of(Path::new("/srv/x/y")), Some("/x/y/".into()));
        assert_eq!(served.url_of(Path::new("/var/www")), None);
        assert_eq!(served.url_of(Path::new("/var/www/html/x")), None, "the alias hides it");
        let host = serving("/srv/host", "/y", "/var/www/html/a");
        let served = Served { own: &host, main: &main };
        assert_eq!(served.path_of("/x/b"), Some("/srv/x/b".into()), "aliases of the main server hold");
        assert_eq!(served.path_of("/a/b"), Some("/srv/host/a/b".into()));
        assert_eq!(served.url_of(Path::new("/var/www/html/a")), Some("/y/".into()));
        assert_eq!(served.url_of(Path::new("/var/www/html/b")), None, "its document root is another");
        assert_eq!(prefixes("/a/b/").collect::<Vec<_>>(), ["/", "/a", "/a/", "/a/b", "/a/b/"]);
        assert_eq!(prefixes("/").collect::<Vec<_>>(), ["/"]);
        assert_eq!(prefixes("/admin").collect::<Vec<_>>(), ["/", "/admin"]);
    }
}
