//! The tests that nginx makes of the path of a request to a server (spec S8, P3, M5).

use std::collections::BTreeSet;

use super::expression::Expression;
use super::lines::{self, Line};
use super::pcre::Flags;
use super::variables::{Hangs, Variables};
use super::walk::{Search, Suffix, Test};
use super::{Tests, Unsure};
use crate::model::{Directive, Family, Scope, Site};
use crate::source::Span;

/// Gathers them, those of all locations at all depths.
pub fn tests(server: Scope<'_>) -> Tests {
    let inside = lines::of_server(server);
    let around = lines::around(server);
    let mut gathered = Tests { merges_slashes: true, ..Tests::default() };
    if !inside.is_whole || !around.is_whole {
        gathered
            .unsure
            .push(Unsure { span: server.span(), why: "not all lines of this server are at hand".into() });
    }
    let mut all = around.all;
    all.extend(inside.all);
    let variables = Variables::new(&all);
    let (index, behind_path) = (Vec::new(), Vec::new());
    let mut all_tests = Gatherer { variables, gathered, span: server.span(), index, behind_path };
    for line in all {
        all_tests.read(line);
    }
    all_tests.finish()
}

/// Whether all servers of a site merge slashes. That is done before a server is chosen by its name: one that
/// does not may speak for others.
pub fn merges_slashes(site: &Site<'_>) -> bool {
    let is_off = |line: Directive<'_>| line.is_ignoring_case(0, "off") || line.literal(0).is_none();
    !site.scopes().any(|scope| scope.own(Family::MergeSlashes).any(is_off))
}

struct Gatherer {
    variables: Variables,
    gathered: Tests,
    span: Span,
    /// Names of index files.
    index: Vec<Vec<u8>>,
    /// What `try_files` puts behind the path.
    behind_path: Vec<Vec<u8>>,
}

/// What may stand in an `if` without a say in who gets in.
fn is_harmless_in_if(name: &[u8]) -> bool {
    matches!(name, b"set" | b"add_header" | b"expires" | b"access_log" | b"limit_rate")
}

/// Whether a realm with variables may come out as `off`.
fn may_be_off(realm: &[u8]) -> bool {
    let mut fixed: Vec<u8> = Vec::new();
    for (n, part) in realm.split(|&byte| byte == b'$').enumerate() {
        let name = |byte: &u8| is_of_a_name(*byte) || matches!(byte, b'{' | b'}');
        let start = if n == 0 { 0 } else { part.iter().position(|byte| !name(byte)).unwrap_or(part.len()) };
        fixed.extend(&part[start..]);
    }
    let mut off = b"off".iter();
    fixed.iter().all(|byte| off.any(|letter| letter == byte))
}

fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Directives whose text only goes into a response, a log or a request to a backend.
fn is_for_show(name: &[u8]) -> bool {
    const FOR_SHOW: &[&[u8]] = &[
        b"return",
        b"add_header",
        b"log_format",
        b"access_log",
        b"server_name",
        b"proxy_redirect",
        b"sub_filter",
    ];
    FOR_SHOW.contains(&name)
        || [&b"proxy_"[..], b"fastcgi_", b"uwsgi_", b"scgi_", b"grpc_"]
            .iter()
            .any(|start| name.starts_with(start))
}

fn names_host(word: &[u8]) -> bool {
    super::variables::names(word)
        .iter()
        .any(|name| matches!(name.as_slice(), b"host" | b"http_host" | b"hostname"))
}

impl Gatherer {
    fn read(&mut self, line: Line<'_>) {
        let arguments = line.arguments();
        let words: Vec<&[u8]> = arguments.iter().map(AsRef::as_ref).collect();
        let is_url = |word: &&&[u8]| [&b"http"[..], b"$scheme"].iter().any(|start| word.starts_with(start));
        let has_host = words.iter().filter(|word| !is_url(word)).any(|word| names_host(word));
        if has_host && !is_for_show(&line.name()) {
            self.gathered.of_host.get_or_insert(line.span());
        }
        match line.name().as_ref() {
            b"location" => self.location(&words, line),
            b"rewrite" => self.rewrite(&words, line.span()),
            b"index" => self.index.extend(words.iter().map(|name| name.to_vec())),
            b"try_files" => self.try_files(&words),
            b"if" => {
                // What is only set is looked at where it is used.
                // In a location, though, a block alone makes a difference: it has no `try_files` (spec M5).
                let only_sets = line.depth == 0 && line.inner().all(|line| is_harmless_in_if(&line.name()));
                self.condition(&words, line.span(), only_sets);
            }
            b"map" => self.map(&words, line),
            b"limit_except" => {
                let names = words.iter().map(|name| String::from_utf8_lossy(name).to_ascii_uppercase());
                self.gathered.methods.extend(names);
            }
            // A realm that certainly is not `off` is one like any other.
            b"auth_basic" if words.first().is_some_and(|realm| !may_be_off(realm)) => {}
            // Whether a check is made, and by which file.
            b"auth_basic"
            | b"auth_basic_user_file"
            | b"auth_jwt"
            | b"auth_digest"
            | b"limit_req_zone"
            | b"limit_conn_zone" => self.value(&words, line.span()),
            b"error_page" => {
                let target = words.last().copied().unwrap_or_default();
                let path = target.split(|&byte| byte == b'?').next().unwrap_or_default();
                if path.starts_with(b"/") || path.starts_with(b"$") {
                    self.value(&[path], line.span());
                }
            }
            _ => {}
        }
    }

    fn location(&mut self, words: &[&[u8]], line: Line<'_>) {
        if line.is_template() {
            self.unsure(line.span(), "a template fills in this location");
            return;
        }
        let (modifier, path): (&[u8], &[u8]) = match words {
            [modifier, path] => (modifier, path),
            [word] => [&b"^~"[..], b"~*", b"~", b"="]
                .iter()
                .find_map(|modifier| Some((*modifier, word.strip_prefix(*modifier)?)))
                .unwrap_or((b"", word)),
            _ => return,
        };
        match modifier {
            b"=" => self.exact(path),
            b"~" => self.search(path, false),
            b"~*" => self.search(path, true),
            _ if path.starts_with(b"@") => {}
            _ => {
                self.gathered.all.push(Test::Prefix(path.to_vec()));
                self.exact(path);
            }
        }
    }

    /// The name, and what lacks only its final slash, which is redirected (spec S14).
    fn exact(&mut self, path: &[u8]) {
        self.gathered.all.push(Test::Exact(path.to_vec()));
        if let Some(path) = path.strip_suffix(b"/") {
            self.gathered.all.push(Test::Exact(path.to_vec()));
        }
    }

    fn rewrite(&mut self, words: &[&[u8]], at: Span) {
        let (Some(pattern), Some(target)) = (words.first(), words.get(1)) else { return };
        self.search(pattern, false);
        let path = target.split(|&byte| byte == b'?').next().unwrap_or_default();
        let is_redirect = words.get(2).is_some_and(|flag| matches!(*flag, b"redirect" | b"permanent"))
            || [&b"http://"[..], b"https://", b"$scheme"].iter().any(|start| target.starts_with(start));
        if is_redirect {
            return;
        }
        for name in super::variables::names(path) {
            if self.variables.hangs(&[b"$", name.as_slice()].concat()) == Hangs::Not {
                continue;
            }
            self.gathered.copies = true;
            // Of these it is told with the answer.
            let is_told = name.iter().all(u8::is_ascii_digit) || name == b"uri" || name == b"document_uri";
            if !is_told {
                self.unsure(at, "a part of the request line goes into another path");
            }
        }
    }

    /// `$uri/x` is the path with something behind it; other texts with variables are other paths.
    fn try_files(&mut self, words: &[&[u8]]) {
        for word in words {
            let path = word.split(|&byte| byte == b'?').next().unwrap_or_default();
            match path.strip_prefix(b"$uri") {
                Some(rest) if !rest.contains(&b'$') && !rest.first().is_some_and(|c| is_of_a_name(*c)) => {
                    self.behind_path.push(rest.to_vec());
                }
                _ => self.gathered.copies |= !super::variables::names(path).is_empty(),
            }
        }
    }

    /// What may come behind a path: an index file's name, and what `try_files` adds.
    fn finish(mut self) -> Tests {
        // Where nothing is said, it is this one.
        self.index.push(b"index.html".to_vec());
        for name in &self.index {
            if name.contains(&b'$') || name.ends_with(b"/") {
                self.gathered.copies = true;
                let why = "the name of the index file is no plain one".into();
                self.gathered.unsure.push(Unsure { span: self.span, why });
            } else if !name.starts_with(b"/") {
                self.gathered.suffixes.insert(Suffix { text: name.clone(), behind_slash: true });
            }
        }
        for rest in &self.behind_path {
            let names: &[Vec<u8>] = if rest.ends_with(b"/") { &self.index } else { &[] };
            let texts = std::iter::once(rest.clone())
                .chain(names.iter().map(|name| [rest.as_slice(), name].concat()));
            let texts = texts.filter(|text| !text.is_empty());
            self.gathered.suffixes.extend(texts.map(|text| Suffix { text, behind_slash: false }));
        }
        self.gathered
    }

    fn search(&mut self, pattern: &[u8], is_caseless: bool) {
        self.gathered.all.push(Test::Search(Search::read(pattern, Flags::nginx(is_caseless))));
    }

    /// `($uri ~ "^/x")`
    fn condition(&mut self, words: &[&[u8]], at: Span, only_sets: bool) {
        let mut words: Vec<&[u8]> = words.to_vec();
        if let Some(first) = words.first_mut() {
            *first = first.strip_prefix(b"(").unwrap_or(first);
        }
        if let Some(last) = words.last_mut() {
            *last = last.strip_suffix(b")").unwrap_or(last);
        }
        words.retain(|word| !word.is_empty());
        for word in &words {
            self.methods(word);
        }
        let Some((&subject, rest)) = words.split_first() else { return };
        // `-f $request_filename` and its like: that the answer hangs on a file is told with it.
        if subject.starts_with(b"-") || subject.starts_with(b"!-") {
            return;
        }
        match (self.variables.hangs(subject), rest) {
            (Hangs::IsPath, [operator, pattern]) => match *operator {
                b"~" | b"!~" => self.search(pattern, false),
                b"~*" | b"!~*" => self.search(pattern, true),
                _ if self.variables.hangs(pattern) == Hangs::Not
                    && super::variables::names(pattern).is_empty() =>
                {
                    self.exact(pattern);
                }
                _ => self.unsure(at, "this compares the path with a variable"),
            },
            // A path is never empty.
            (Hangs::Not, _) | (Hangs::IsPath, []) => {}
            _ if only_sets => {}
            _ => self.unsure(at, "this tests something else of the request line than the normalised path"),
        }
        // `if ($host = $1)`
        let others = rest.iter().skip(1).filter(|_| rest.first().is_some_and(|word| !word.contains(&b'~')));
        let worst = others.map(|word| self.variables.hangs(word)).max();
        if !only_sets && worst.is_some_and(|worst| worst != Hangs::Not) {
            self.unsure(at, "this compares with a part of the request line");
        }
    }

    fn map(&mut self, words: &[&[u8]], line: Line<'_>) {
        let Some(source) = words.first() else { return };
        let Some(entries) = line.entries() else {
            self.unsure(line.span(), "not all lines of this are at hand");
            return;
        };
        let is_path = self.variables.hangs(source) == Hangs::IsPath;
        for entry in entries {
            let key = entry.name();
            self.methods(&key);
            match (key.strip_prefix(b"~*"), key.strip_prefix(b"~")) {
                _ if !is_path => {}
                (Some(pattern), _) => self.search(pattern, true),
                (None, Some(pattern)) => self.search(pattern, false),
                (None, None) => {
                    // Plain values are compared in small letters, and `\` takes their meaning from words.
                    let key = key.strip_prefix(b"\\").unwrap_or(&key);
                    let letters = key.iter().map(|&byte| Expression::One(super::Bytes::one(byte).caseless()));
                    let mut parts = vec![Expression::start()];
                    parts.extend(letters);
                    parts.push(Expression::end());
                    self.gathered.all.push(Test::Search(Search::new(Expression::Concat(parts), None)));
                }
            }
        }
    }

    /// A value that decides by itself must not hang on the path in a way that is no test.
    fn value(&mut self, words: &[&[u8]], at: Span) {
        let worst = words.iter().map(|word| self.variables.hangs(word)).max();
        if worst.is_some_and(|worst| worst != Hangs::Not) {
            self.unsure(at, "this hangs on the path or the query of the request");
        }
    }

    fn methods(&mut self, word: &[u8]) {
        let names = word.split(|byte| !byte.is_ascii_uppercase()).filter(|name| name.len() > 2);
        let names: BTreeSet<String> = names.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        self.gathered.methods.extend(names);
    }

    fn unsure(&mut self, span: Span, why: &str) {
        self.gathered.unsure.push(Unsure { span, why: why.into() });
    }
}
