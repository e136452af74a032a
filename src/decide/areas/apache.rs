//! The tests that httpd makes of the path of a request to a server: sections of URLs, and sections of the
//! files that aliases lead to (spec a45 to a51, a115, a123 to a127).

use std::path::{Component, Path, PathBuf};

use super::httpd::{Entry, Place, entries};
use super::names_of_files::{glob, in_a_segment, segment_end, to_a_segment};
use super::pcre::{Flags, read};
use super::walk::{Search, Suffix, Test};
use super::{Expression, Tests, Unsure, conditions};
use crate::model::{Scope, Site};
use crate::source::Span;

/// More tests than this are not gathered.
const MOST_TESTS: usize = 5_000;

/// Gathers them.
pub fn tests(site: &Site<'_>, server: Scope<'_>) -> Tests {
    let entries = entries(site, server);
    let gathered = Tests { merges_slashes: true, ..Tests::default() };
    let mut all = Gatherer { site, ways: Vec::new(), passed: Vec::new(), gathered, sections: 0 };
    for entry in &entries {
        all.read_way(entry);
    }
    all.ways.sort();
    all.ways.dedup();
    all.find_indexes(&entries);
    all.find_passed_on(&entries);
    all.gathered.roots = all.ways.iter().map(|(_, to)| PathBuf::from(to)).collect();
    all.gathered.reads_overrides = reads_overrides(&entries);
    for entry in &entries {
        if all.gathered.all.len() > MOST_TESTS {
            all.unsure(entry.span, "there are more tests of the path than are followed");
            break;
        }
        all.read(entry);
    }
    all.gathered
}

pub(super) struct Gatherer<'s, 'f> {
    site: &'s Site<'f>,
    /// What the beginning of a URL's path becomes in the name of a file.
    pub(super) ways: Vec<(String, String)>,
    /// And in the URL that is asked of a backend.
    passed: Vec<(String, String)>,
    pub(super) gathered: Tests,
    /// How many sections have loose tests.
    sections: usize,
}

impl Gatherer<'_, '_> {
    fn read_way(&mut self, entry: &Entry) {
        let Some(first) = entry.words.first() else { return };
        match entry.name.as_str() {
            "documentroot" => {
                let root = self.path(first);
                self.ways.push((String::new(), root.trim_end_matches('/').to_owned()));
            }
            "alias" | "scriptalias" | "wsgiscriptalias" => {
                let (from, to) = match (&entry.place, entry.words.get(1)) {
                    (_, Some(to)) => (first.clone(), to),
                    (Place::Location(path), None) => (path.clone(), first),
                    _ => return,
                };
                let ends = if to.ends_with('/') { "/" } else { "" };
                let to = self.path(to);
                self.literal(&from);
                self.ways.push((from, format!("{}{ends}", to.trim_end_matches('/'))));
            }
            "proxypass" => {
                let (from, to) = match (&entry.place, entry.words.get(1)) {
                    (Place::Location(path), _) if !first.starts_with('/') => (path.clone(), first),
                    (_, Some(to)) => (first.clone(), to),
                    _ => return,
                };
                self.passed.push((from, to.clone()));
            }
            "mergeslashes" if first.eq_ignore_ascii_case("off") => self.gathered.merges_slashes = false,
            _ => {}
        }
    }

    /// The files that are asked for in the place of a directory (spec a117).
    fn find_indexes(&mut self, entries: &[Entry]) {
        let suffix = |name: &str| Suffix { text: name.as_bytes().to_vec(), behind_slash: true };
        self.gathered.suffixes.insert(suffix("index.html"));
        for entry in entries.iter().filter(|entry| entry.name == "directoryindex") {
            for name in &entry.words {
                if name.starts_with('/') {
                    self.unsure(entry.span, "the index of all directories is a file elsewhere");
                }
                self.gathered.suffixes.insert(suffix(name));
            }
        }
    }

    /// `ProxyPass` is certain where nothing comes before it and nothing is taken out.
    fn find_passed_on(&mut self, entries: &[Entry]) {
        let is_in_the_way = |entry: &Entry| {
            let is_kept = entry.name == "proxypass" && entry.words.iter().any(|word| word == "!");
            let is_rewritten = entry.name == "rewriterule" && entry.place == Place::Server;
            is_kept || is_rewritten || entry.name == "proxypassmatch"
        };
        if !entries.iter().any(is_in_the_way) {
            self.gathered.passed_on = self.passed.iter().map(|(from, _)| from.clone()).collect();
        }
    }

    fn read(&mut self, entry: &Entry) {
        let words: Vec<&str> = entry.words.iter().map(String::as_str).collect();
        let first = words.first().copied().unwrap_or_default();
        if !matches!(
            entry.name.as_str(),
            "servername" | "serveralias" | "header" | "requestheader" | "logformat"
        ) && ["HTTP_HOST", "SERVER_NAME", "HTTP:Host"].iter().any(|name| entry.text.contains(name))
        {
            self.gathered.of_host.get_or_insert(entry.span);
        }
        let copies = |word: &&str| word.contains(['$', '%']);
        match entry.name.as_str() {
            "rewriterule" => self.gathered.copies |= words.get(1).is_some_and(copies),
            "aliasmatch"
            | "scriptaliasmatch"
            | "proxypassmatch"
            | "rewritemap"
            | "virtualdocumentroot"
            | "userdir"
            | "action"
            | "rewriteoptions" => self.gathered.copies = true,
            "rewritecond" | "if" | "elseif" | "require" | "setenvifexpr" => {
                self.gathered.asks_for_files |= asks_for_files(&entry.text);
            }
            _ => {}
        }
        match entry.name.as_str() {
            "location" if first == "~" => self.search(words.get(1).copied().unwrap_or_default()),
            "location" if is_glob(first) => self.glob(first, "", "", true, entry.span),
            "location" => self.literal(first),
            "locationmatch" | "proxypassmatch" | "aliasmatch" | "scriptaliasmatch" => self.search(first),
            "directory" if first == "~" => self.directory_match(words.get(1).copied().unwrap_or_default()),
            "directory" if is_glob(first) => {
                for (from, to) in self.ways.clone() {
                    self.glob(first, &from, &to, false, entry.span);
                }
            }
            "directory" => self.directory(first),
            "directorymatch" => self.directory_match(first),
            "files" if first == "~" => self.files_match(words.get(1).copied().unwrap_or_default()),
            "filesmatch" => self.files_match(first),
            "files" => match glob(first.as_bytes()) {
                Some(name) => {
                    let name = Expression::start().then(name).then(Expression::end());
                    self.name(&in_a_segment(&name), None);
                }
                None => self.unsure(entry.span, "this pattern is not followed"),
            },
            "proxypass" => {
                let path = words.iter().find(|word| word.starts_with('/'));
                if let Some(path) = path {
                    self.literal(path);
                    self.prefix(path);
                }
                if entry.text.contains("mapping=") {
                    self.unsure(entry.span, "this takes parameters out of the path before it is tested");
                }
            }
            "proxy" | "proxymatch" => self.proxy(entry, first),
            "redirect" | "redirectpermanent" | "redirecttemp" => {
                let path = words.iter().take(2).find(|word| word.starts_with('/'));
                if let Some(path) = path {
                    self.literal(path);
                }
            }
            "redirectmatch" => {
                for word in words.iter().take(2) {
                    self.search(word);
                }
            }
            "rewriterule" => self.rewrite_rule(first, &entry.place),
            "rewritecond" => self.rewrite_condition(&words, entry.span),
            "setenvif" | "setenvifnocase" => self.set_env_if(entry, &words),
            "require" if first.eq_ignore_ascii_case("expr") => self.condition(entry),
            "require" if first.eq_ignore_ascii_case("method") => self.methods(&words[1..]),
            "limit" | "limitexcept" | "allowmethods" => self.methods(&words),
            "if" | "elseif" | "setenvifexpr" | "authname" | "authtype" | "authuserfile" | "require" => {
                self.condition(entry);
            }
            _ => {}
        }
    }

    /// A path and all below it.
    fn literal(&mut self, path: &str) {
        let below = format!("{}/", path.trim_end_matches('/'));
        self.gathered.all.push(Test::Exact(path.as_bytes().to_vec()));
        self.gathered.all.push(Test::Exact(below.trim_end_matches('/').as_bytes().to_vec()));
        self.prefix(&below);
    }

    fn prefix(&mut self, path: &str) {
        self.gathered.all.push(Test::Prefix(path.as_bytes().to_vec()));
        if !self.gathered.merges_slashes {
            // It is looked for in the path with its slashes merged (spec a50).
            let slash = || Expression::repeat(Expression::text(b"/"), 1, None);
            let part = |byte: u8| if byte == b'/' { slash() } else { Expression::text(&[byte]) };
            let parts = Expression::Concat(path.bytes().map(part).collect());
            self.test(Search::new(Expression::start().then(parts), None));
        }
    }

    /// A number for a section whose tests are loose.
    fn section(&mut self) -> usize {
        self.sections += 1;
        self.sections
    }

    pub(super) fn test(&mut self, search: Search) {
        self.gathered.all.push(Test::Search(search));
    }

    fn search(&mut self, pattern: &str) {
        self.test(Search::read(pattern.as_bytes(), Flags::apache(false)));
    }

    fn glob(&mut self, pattern: &str, from: &str, to: &str, is_whole: bool, at: Span) {
        // Of directories only those that are there count.
        let section = (!is_whole).then(|| self.section());
        let test = |search: Search| match section {
            Some(section) => search.loose(section, true),
            None => search,
        };
        match glob(pattern.trim_end_matches('/').as_bytes()) {
            Some(meaning) => {
                let meaning = Expression::start().then(meaning);
                let end = if is_whole { Expression::end() } else { segment_end() };
                self.test(test(
                    Search::new(meaning.clone().then(end), None).moved(from.as_bytes(), to.as_bytes()),
                ));
                if pattern.ends_with('/') {
                    let slash = meaning.then(Expression::text(b"/"));
                    let slash = if is_whole { slash.then(Expression::end()) } else { slash };
                    self.test(test(Search::new(slash, None).moved(from.as_bytes(), to.as_bytes())));
                }
            }
            None => self.unsure(at, "this pattern is not followed"),
        }
    }

    fn directory(&mut self, word: &str) {
        let directory = self.path(word);
        for (from, to) in self.ways.clone() {
            if let Some(rest) = directory.strip_prefix(to.as_str()) {
                self.literal(&format!("{from}{rest}"));
            }
        }
    }

    /// Expressions of directories are looked for in the whole name of the file (spec a47).
    fn directory_match(&mut self, pattern: &str) {
        let whole = Search::read(pattern.as_bytes(), Flags::apache(false));
        let cut = to_a_segment(&whole.expression);
        for (from, to) in self.ways.clone() {
            let section = self.section();
            if cut != whole.expression {
                let cut = Search { expression: cut.clone(), ..whole.clone() };
                self.test(cut.moved(from.as_bytes(), to.as_bytes()).loose(section, false));
            }
            self.test(whole.clone().moved(from.as_bytes(), to.as_bytes()).loose(section, true));
        }
    }

    fn files_match(&mut self, pattern: &str) {
        let meaning = read(pattern.as_bytes(), Flags::apache(false));
        let unread = meaning.unread.map(|what| format!("`{pattern}` is not followed: {what}"));
        self.name(&in_a_segment(&meaning.expression), unread);
    }

    /// The name of a file is that of the last segment, or, where a part of the path is not there, of one
    /// before it (spec a48).
    fn name(&mut self, name: &Expression, unread: Option<String>) {
        let rest = || {
            let segment = read(b"[^/]*", Flags::default()).expression;
            name.clone().then(segment)
        };
        let section = self.section();
        self.test(Search::new(name.clone(), unread.clone()).loose(section, false));
        self.test(Search::new(rest().then(Expression::end()), unread.clone()).loose(section, true));
        self.test(
            Search::new(rest().then(read(b"/\\z", Flags::default()).expression), unread)
                .loose(section, false),
        );
    }

    fn proxy(&mut self, entry: &Entry, first: &str) {
        for (from, to) in self.passed.clone() {
            let is_match = entry.name == "proxymatch" || first == "~";
            if is_match {
                let pattern =
                    if first == "~" { entry.words.get(1).map_or("", String::as_str) } else { first };
                for to in [to.clone(), format!("proxy:{to}")] {
                    let search = Search::read(pattern.as_bytes(), Flags::apache(false));
                    self.test(search.moved(from.as_bytes(), to.as_bytes()));
                }
            } else if let Some(rest) = first.strip_prefix(to.as_str()).filter(|_| !is_glob(first)) {
                self.literal(&format!("{from}{rest}"));
                self.prefix(&format!("{from}{rest}"));
            } else if is_glob(first) && first != "*" {
                self.unsure(entry.span, "this pattern is not followed");
            }
        }
    }

    fn condition(&mut self, entry: &Entry) {
        conditions::read(&entry.text, entry.span, &mut self.gathered.all, &mut self.gathered.unsure);
        if matches!(entry.name.as_str(), "if" | "elseif" | "require" | "setenvifexpr") {
            let plain: String = entry
                .text
                .split("%{")
                .map(|part| part.split_once('}').map_or(part, |(_, rest)| rest))
                .collect();
            self.methods_in(&plain);
        }
    }

    fn methods(&mut self, names: &[&str]) {
        self.gathered.methods.extend(names.iter().map(|name| (*name).to_owned()));
    }

    pub(super) fn methods_in(&mut self, text: &str) {
        let names = text.split(|c: char| !c.is_ascii_uppercase()).filter(|name| name.len() > 2);
        self.gathered.methods.extend(names.map(str::to_owned));
    }

    pub(super) fn unsure(&mut self, span: Span, why: &str) {
        self.gathered.unsure.push(Unsure { span, why: why.into() });
    }

    /// A path of a directive, absolute and without dots and a slash at the end.
    pub(super) fn path(&self, word: &str) -> String {
        let path = self.site.absolute(Path::new(word)).unwrap_or_else(|| PathBuf::from(word));
        let mut clean = PathBuf::new();
        for part in path.components() {
            match part {
                Component::ParentDir => drop(clean.pop()),
                Component::CurDir => {}
                part => clean.push(part),
            }
        }
        let text = clean.to_string_lossy().into_owned();
        if text == "/" { String::new() } else { text }
    }
}

/// Whether there is `-f` or its like in a text.
fn asks_for_files(text: &str) -> bool {
    let is_test = |word: &str| {
        let word = word.trim_start_matches(['!', '(', '"', '\'', '{']);
        let word = word.trim_end_matches([')', '"', '\'']);
        matches!(word, "-f" | "-d" | "-e" | "-s" | "-l" | "-L" | "-h" | "-x" | "-F" | "-U" | "-A")
    };
    text.split_ascii_whitespace().any(is_test) || text.contains("FILENAME") || text.contains("file(")
}

/// Whether `.htaccess` may be read: not where `None` stands at the root and nothing else anywhere (spec a36).
fn reads_overrides(entries: &[Entry]) -> bool {
    let lines = || entries.iter().filter(|entry| entry.name == "allowoverride");
    let is_none = |entry: &Entry| entry.words.iter().all(|word| word.eq_ignore_ascii_case("none"));
    let is_at_root = |entry: &Entry| entry.place == Place::Directory(PathBuf::from("/"));
    let has_list = entries.iter().any(|entry| entry.name == "allowoverridelist");
    has_list || !lines().any(is_at_root) || !lines().all(is_none)
}

fn is_glob(word: &str) -> bool {
    word.contains(['*', '?', '['])
}
