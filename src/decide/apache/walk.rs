//! The sections that apply: down the file system, then by the name of the file, by the URL, by
//! conditions (spec a32 to a56).

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::parse;
use super::stop::Stop;
use super::visit::{Asking, Round, Visit};
use crate::model::{Directive, EMPTY, Family, Ground, Matching, Name, Scope, Sections, Verdict};
use crate::source::{Access, Node, Span};

/// What holds in a directory on the way.
#[derive(Clone, Debug)]
pub struct Level {
    /// The sections so far.
    sections: Vec<u32>,
    /// What they merge to, for `AllowOverride`.
    policy: u32,
    links: Links,
    /// Whether the server's user may not search it.
    is_closed: bool,
    /// Why the way ends here, with the place that says so.
    halt: Option<(Stop, Option<(Span, String)>)>,
}

/// Whether symbolic links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Links {
    Yes,
    IfOwnerMatches,
    No,
}

/// How many rounds of nested `<If>` there may be.
const MOST_IFS: usize = 30;

impl<'s> Visit<'_, 's> {
    /// The sections for a file, which `round` names; finds out what of the path is there.
    pub fn walk_directories(&self, round: &mut Round) -> Result<Sections, Stop> {
        let name = round.filename.clone().unwrap_or_default();
        let ready = self.ready;
        let seen = match ready.disk.behind(Path::new(name.trim_end_matches('/'))) {
            // A file is none with a slash behind it.
            Node::File if name.ends_with('/') => Node::Missing,
            seen => seen,
        };
        let is_there = matches!(seen, Node::File | Node::Directory | Node::Unknown);
        if seen == Node::Special {
            return Err(Stop::unknown(format!("{name} is neither a file nor a directory")));
        }
        let mut at = PathBuf::from("/");
        let mut level = self.level(None, &at);
        let mut is_file = false;
        let mut rest = name.trim_start_matches('/');
        let mut last = Node::Directory;
        loop {
            if let Some((stop, told)) = &level.halt {
                if let Some((span, note)) = told {
                    self.story.borrow_mut().tell(*span, note.clone());
                }
                return Err(stop.clone());
            }
            if rest.is_empty() || is_file {
                break;
            }
            if level.is_closed {
                return Err(Stop::refused(403));
            }
            let (part, behind) = rest.find('/').map_or((rest, ""), |end| rest.split_at(end));
            let next = at.join(part);
            // What is wholly there is not looked at once more, unless links matter.
            if !(is_there && level.links == Links::Yes) {
                let there = ready.disk.at(&next);
                last = if there == Node::Link { ready.disk.behind(&next) } else { there };
                if there == Node::Link && last != Node::Missing {
                    self.check_link(level.links, &next)?;
                }
                match last {
                    Node::Missing => {
                        if there == Node::Link {
                            return Err(Stop::refused(403));
                        }
                        self.end_walk(round, &next, behind, Node::Missing);
                        return Ok(self.directories(level.sections.clone(), round));
                    }
                    Node::File => {
                        self.end_walk(round, &next, behind, Node::File);
                        return Ok(self.directories(level.sections.clone(), round));
                    }
                    Node::Special => return Err(Stop::refused(403)),
                    Node::Unknown => {
                        return Err(match ready.disk.access(&next) {
                            Access::Unknown(why) => Stop::Unknown(why),
                            _ => Stop::refused(403),
                        });
                    }
                    Node::Directory | Node::Link => {}
                }
            }
            at = next;
            rest = behind.trim_start_matches('/');
            level = self.level(Some(&level), &at);
            is_file = rest.is_empty() && seen == Node::File;
        }
        round.seen = if is_there { seen } else { last };
        round.path_info.clear();
        Ok(self.directories(level.sections.clone(), round))
    }

    fn end_walk(&self, round: &mut Round, at: &Path, behind: &str, seen: Node) {
        if !behind.is_empty() {
            self.hangs(format!("what lies at {}", at.display()));
        }
        round.filename = Some(at.display().to_string());
        behind.clone_into(&mut round.path_info);
        round.seen = seen;
    }

    fn directories(&self, sections: Vec<u32>, round: &Round) -> Sections {
        let mut sections = Sections { server: self.server, directories: sections, ..Sections::default() };
        // Names of files have no double slashes, whatever `MergeSlashes` says of the path.
        let name = merged(round.filename.as_deref().unwrap_or_default());
        let lookup = self.ready.grounds.lookup();
        sections.directories.extend(lookup.expressions(self.server, &name));
        let base = name.rsplit('/').next().unwrap_or_default();
        sections.files = lookup.files(self.server, &sections.directories, base);
        sections
    }

    fn check_link(&self, links: Links, path: &Path) -> Result<(), Stop> {
        self.hangs(format!("the link at {}", path.display()));
        match links {
            Links::Yes => Ok(()),
            Links::No => Err(Stop::refused(403)),
            Links::IfOwnerMatches => Err(Stop::unknown("it hangs on the owner of a symbolic link")),
        }
    }

    /// What holds in a directory, by what holds in the one above.
    fn level(&self, above: Option<&Level>, at: &Path) -> Arc<Level> {
        let key = (self.server, at.to_path_buf());
        let levels = &self.ready.levels;
        if let Some(known) = levels.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let made = Arc::new(self.find_level(above, at));
        levels.write().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        made
    }

    fn find_level(&self, above: Option<&Level>, at: &Path) -> Level {
        let grounds = &self.ready.grounds;
        let mut level = above.cloned().unwrap_or_else(|| {
            let links = fold_links(Links::Yes, self.settings.scopes.iter().copied());
            Level { sections: Vec::new(), policy: EMPTY, links, is_closed: false, halt: None }
        });
        let first = level.sections.len();
        grounds.lookup().at_level(self.server, at, &mut level.sections);
        for &id in &level.sections[first..] {
            level.policy = grounds.apply(level.policy, id);
            level.links = fold_links(level.links, [grounds.scope(id)].into_iter());
        }
        level.is_closed = self.ready.disk.behind(at) == Node::Directory && self.ready.disk.is_closed(at);
        let rules = grounds.overrides(level.policy);
        if !rules.opens_files() {
            return level;
        }
        if level.is_closed {
            level.halt = Some((Stop::refused(403), None));
            return level;
        }
        let Some(file) = grounds.htaccess_of(at) else {
            level.halt = self.unread_htaccess(at);
            return level;
        };
        if let Some(path) = self.htaccess_path(file)
            && let Access::Unreadable(_) = self.ready.disk.access(&path)
        {
            level.halt = Some((Stop::refused(403), Some((file.span(), "cannot be read: 403".into()))));
            return level;
        }
        match rules.verdict(file) {
            Verdict::Read => {
                level.sections.push(file.number());
                level.policy = grounds.apply(level.policy, file.number());
                level.links = fold_links(level.links, [file].into_iter());
            }
            Verdict::Broken(span, why) => level.halt = Some((Stop::refused(500), Some((span, why)))),
            Verdict::Unknown(why) => level.halt = Some((Stop::Unknown(why), None)),
        }
        level
    }

    fn htaccess_path(&self, file: Scope<'s>) -> Option<PathBuf> {
        let name = self.ready.site.files().sources.get(file.span().file).path().file_name()?;
        Some(file.directory()?.join(name))
    }

    /// A `.htaccess` that is there and was not loaded: one that cannot be opened, or nobody knows.
    fn unread_htaccess(&self, at: &Path) -> Option<(Stop, Option<(Span, String)>)> {
        let names = self.settings.last("AccessFileName");
        let names: Vec<String> = match names {
            Some(line) => line.arguments().map(|word| word.text().into_owned()).collect(),
            None => vec![".htaccess".into()],
        };
        let found = names.iter().map(|name| at.join(name)).find_map(|path| {
            let seen = self.ready.disk.behind(&path);
            (!matches!(seen, Node::Missing | Node::Unknown)).then_some((path, seen))
        });
        let (path, seen) = found?;
        match seen {
            Node::Directory | Node::Special => Some((Stop::refused(403), None)),
            _ => self.unread_text(&path).map(|stop| (stop, None)),
        }
    }

    /// A text that is no configuration was not loaded: httpd finds a word that it does not know.
    fn unread_text(&self, path: &Path) -> Option<Stop> {
        let lost = Stop::unknown(format!("{} was not read", path.display()));
        if let Access::Unreadable(_) = self.ready.disk.access(path) {
            return Some(Stop::refused(403));
        }
        let Some(bytes) = self.ready.disk.read(path) else { return Some(lost) };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let first = lines.next()?.split_ascii_whitespace().next().unwrap_or_default();
        let is_plain = first.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_unknown = is_plain && crate::model::known(first.as_bytes()).is_none();
        Some(if is_unknown && self.ready.site.has_only_own_modules() { Stop::refused(500) } else { lost })
    }

    /// `<Location>` for the path.
    pub fn walk_locations(&self, sections: &mut Sections, uri: &str) {
        let lookup = self.ready.grounds.lookup();
        sections.locations = lookup.locations(self.server, uri, None);
        if uri.contains("//") {
            // Only expressions see double slashes (spec a50).
            let is_expression =
                |id: &u32| matches!(self.ready.grounds.scope(*id).matching(), Matching::Expression(_));
            let others = lookup.locations(self.server, &merged(uri), None).into_iter();
            sections.locations.retain(is_expression);
            sections.locations.extend(others.filter(|id| !is_expression(id)));
            sections.locations.sort_unstable();
        }
    }

    /// `<If>` and its like, those in no other one first (spec a52).
    pub fn walk_conditions(&self, sections: &mut Sections, round: &Round) -> Result<(), Stop> {
        sections.ifs.clear();
        let grounds = &self.ready.grounds;
        let servers = self.settings.scopes.clone().into_iter();
        let all = [&sections.directories, &sections.files, &sections.locations].into_iter().flatten();
        let mut holders: Vec<Scope<'s>> = servers.chain(all.map(|&id| grounds.scope(id))).collect();
        for _ in 0..MOST_IFS {
            let mut group = Vec::new();
            for holder in &holders {
                self.find_ifs(*holder, round, &mut group)?;
            }
            if group.is_empty() {
                return Ok(());
            }
            holders = group.iter().map(|&id| grounds.scope(id)).collect();
            sections.ifs.push(group);
        }
        Err(Stop::unknown("`<If>` stands in `<If>` too often"))
    }

    fn find_ifs(&self, holder: Scope<'s>, round: &Round, group: &mut Vec<u32>) -> Result<(), Stop> {
        let mut was_true = false;
        for section in holder.conditionals() {
            let Some(opening) = section.opening() else { continue };
            let name = opening.name_word().to_ascii_lowercase();
            if name != "if" && was_true {
                continue;
            }
            let holds = name == "else" || self.condition(opening, round)?;
            was_true = holds;
            if holds {
                group.push(section.number());
            }
        }
        Ok(())
    }

    fn condition(&self, opening: Directive<'s>, round: &Round) -> Result<bool, Stop> {
        let text = opening.literal(0).unwrap_or_default();
        let asking = Asking { visit: self, round };
        let holds = parse::parse(&text).and_then(|expr| expr.holds(&asking, &self.ready.regexes));
        if let Some(known) = holds {
            self.tell_condition(opening, known);
        }
        holds.ok_or_else(|| Stop::unknown(format!("`<If {text}>` hangs on what is not known")))
    }

    fn tell_condition(&self, opening: Directive<'s>, holds: bool) {
        if holds {
            self.tell(opening, "holds for the request");
        }
    }

    /// Whether links are followed where the request ends.
    pub fn links(ground: &Ground<'s>) -> Links {
        fold_links(Links::Yes, ground.scopes.iter().copied())
    }
}

/// A path with one slash where there are several.
fn merged(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !merged.ends_with('/') {
            merged.push(c);
        }
    }
    merged
}

/// What `Options` lines come to, as far as links go.
fn fold_links<'s>(before: Links, scopes: impl Iterator<Item = Scope<'s>>) -> Links {
    let (mut follows, mut owner) = (before == Links::Yes, before == Links::IfOwnerMatches);
    for line in scopes.flat_map(|scope| scope.own(Family::Options)).filter(|it| it.name() == Name::Options) {
        let words: Vec<String> = line.arguments().map(|word| word.text().to_ascii_lowercase()).collect();
        if words.iter().any(|word| !word.starts_with(['+', '-'])) {
            (follows, owner) = (false, false);
        }
        for word in &words {
            let (is_on, word) = match word.strip_prefix('-') {
                Some(word) => (false, word),
                None => (true, word.strip_prefix('+').unwrap_or(word)),
            };
            match word {
                "followsymlinks" | "all" => follows = is_on,
                "symlinksifownermatch" => owner = is_on,
                _ => {}
            }
        }
    }
    // With both on the stricter one counts.
    match (follows, owner) {
        (_, true) => Links::IfOwnerMatches,
        (true, false) => Links::Yes,
        (false, false) => Links::No,
    }
}
