//! `RewriteRule`: before any check in the text of a server, after all checks in a section (spec a123, a125).

use super::engine::{Change, rules_of};
use super::stop::Stop;
use super::visit::{Round, Visit};
use crate::model::{Directive, Family, Ground, Kind, Name, Scope};
use crate::source::Node;

/// Directories at the root of a file system. A path that begins with another one is most likely none of the file
/// system, where that cannot be looked at.
const USUAL_AT_THE_ROOT: &[&str] = &[
    "bin", "dev", "etc", "home", "lib", "mnt", "opt", "proc", "root", "run", "sbin", "srv", "sys", "tmp",
    "usr", "var",
];

/// What a set of rules makes of a request.
pub enum Rewritten<'s> {
    /// Nothing.
    No,
    /// Another path, for those that come behind (`[PT]`).
    PassedThrough,
    /// A file, whose name is in the round.
    File,
    /// A backend, by this line.
    Backend(Directive<'s>, String),
}

fn has_rules(scope: &Scope<'_>) -> bool {
    scope.own(Family::Rewrite).any(|line| line.name() != Name::Redirect)
}

/// `RewriteEngine` in scopes, the last first.
fn is_on<'s>(mut scopes: impl Iterator<Item = Scope<'s>>) -> bool {
    let engine = |scope: Scope<'s>| {
        scope.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteEngine).last()
    };
    scopes.find_map(engine).is_some_and(|line| line.is_ignoring_case(0, "on"))
}

fn options(scope: Scope<'_>, word: &str) -> bool {
    let mut lines = scope.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteOptions);
    lines.any(|line| line.arguments().any(|option| option.text().to_ascii_lowercase().starts_with(word)))
}

impl<'s> Visit<'_, 's> {
    /// The rules of the server that answers.
    pub fn rewrite_in_server(&self, round: &mut Round) -> Result<Rewritten<'s>, Stop> {
        let scopes = &self.settings.scopes;
        let Some(own) = scopes.last().copied() else { return Ok(Rewritten::No) };
        if scopes.iter().any(|scope| options(*scope, "inherit")) {
            return Err(Stop::unknown("rewriting rules that are inherited are not followed"));
        }
        if !has_rules(&own) || !is_on(scopes.iter().rev().copied()) || self.is_rewritten_for_good.get() {
            return Ok(Rewritten::No);
        }
        let rules = rules_of(own);
        let mut path = round.uri.clone();
        let uri = round.uri.clone();
        match self.rewrite(&rules, None, &mut path, round)? {
            Change::None => Ok(Rewritten::No),
            Change::Backend(line) => Ok(Rewritten::Backend(line, path)),
            Change::PassThrough => {
                round.uri = path;
                Ok(Rewritten::PassedThrough)
            }
            Change::Path => {
                round.uri = uri;
                if !path.starts_with('/') {
                    return Err(Stop::responds(400));
                }
                let first = path[1..].split('/').next().unwrap_or_default();
                let prefix = format!("/{first}");
                let is_file_path = !first.is_empty()
                    && match self.ready.disk.behind(std::path::Path::new(&prefix)) {
                        Node::Missing => false,
                        Node::Unknown => {
                            self.hangs(format!("what lies at {prefix}"));
                            USUAL_AT_THE_ROOT.contains(&first)
                        }
                        _ => true,
                    };
                let root = self.document_root().unwrap_or_default();
                let root = root.trim_end_matches('/');
                round.filename = Some(if is_file_path { path } else { format!("{root}{path}") });
                Ok(Rewritten::File)
            }
        }
    }

    /// The rules of the last section that has any; where another round is asked for, its URL.
    pub fn rewrite_in_section(
        &self,
        round: &mut Round,
        ground: &Ground<'s>,
    ) -> Result<Option<Section<'s>>, Stop> {
        let sections = || {
            let servers = self.settings.scopes.len();
            ground.scopes.iter().skip(servers).rev().copied().filter(has_rules)
        };
        let Some(own) = sections().next() else { return Ok(None) };
        if !is_on(sections()) || self.is_rewritten_for_good.get() {
            return Ok(None);
        }
        if sections().any(|scope| options(scope, "inherit")) {
            return Err(Stop::unknown("rewriting rules that are inherited are not followed"));
        }
        let directory = match own.kind() {
            Kind::Directory | Kind::Htaccess => own.directory().and_then(|path| path.to_str()),
            Kind::Location => None,
            _ => return Err(Stop::unknown("rewriting rules in such a section are not followed")),
        };
        let is_exact = own.kind() == Kind::Location || own.is_exact_place();
        if !is_exact {
            return Err(Stop::unknown("rewriting rules of a section with a pattern are not followed"));
        }
        let directory = match (directory, own.matching()) {
            (Some(path), _) => format!("{}/", path.trim_end_matches('/')),
            (None, crate::model::Matching::Literal(path)) => path.clone(),
            (None, _) => String::new(),
        };
        let name = round.filename.clone().unwrap_or_default();
        // The way to a directory without its slash is left to mod_dir.
        if name == directory.trim_end_matches('/') && own.kind() != Kind::Location {
            return Ok(None);
        }
        if Self::links(ground) == super::walk::Links::No {
            return Err(Stop::refused(403));
        }
        let mut path = name.clone();
        match self.rewrite(&rules_of(own), Some(&directory), &mut path, round)? {
            Change::None => Ok(None),
            Change::Backend(line) => Ok(Some(Section::Backend(line, path))),
            Change::Path | Change::PassThrough => {
                if !path.starts_with('/') {
                    return Err(Stop::responds(400));
                }
                if path == name {
                    return Ok(None);
                }
                let base = own.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteBase).last();
                let base = base.and_then(|line| line.literal(0)).map(|base| base.into_owned());
                let url = match (base, path.strip_prefix(&directory)) {
                    (Some(base), Some(rest)) => format!("{}/{rest}", base.trim_end_matches('/')),
                    _ => self.url_of(&path),
                };
                Ok(Some(Section::Again(url)))
            }
        }
    }

    /// A file below the document root or an alias, as a URL path.
    fn url_of(&self, path: &str) -> String {
        let root = self.document_root().unwrap_or_default();
        let root = root.trim_end_matches('/');
        if let Some(rest) = path.strip_prefix(root).filter(|rest| rest.starts_with('/')) {
            return rest.to_owned();
        }
        for line in self.settings.own_first(Family::Alias).filter(|line| line.name() == Name::Alias) {
            let (Some(url), Some(target)) = (line.literal(0), line.literal(1)) else { continue };
            if let Some(rest) = path.strip_prefix(&*target) {
                return format!("{url}{rest}");
            }
        }
        path.to_owned()
    }
}

/// What rules of a section lead to.
pub enum Section<'s> {
    /// Another round for this path.
    Again(String),
    /// A backend.
    Backend(Directive<'s>, String),
}
