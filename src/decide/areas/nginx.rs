//! The tests that nginx makes of the path of a request to a server (spec S8, P3, M5).

use std::collections::BTreeSet;

use super::expression::Expression;
use super::lines::{self, Line};
use super::pcre::Flags;
use super::variables::{Hangs, Variables};
use super::walk::{Search, Test};
use super::{Tests, Unsure};
use crate::model::{Kind, Scope, Site};
use crate::source::Span;

/// Gathers them, those of all locations at all depths.
pub fn tests(site: &Site<'_>, server: Scope<'_>) -> Tests {
    let inside = lines::of_server(server);
    let around = lines::around(server);
    let mut gathered = Tests { merges_slashes: merges_slashes(site), ..Tests::default() };
    if !inside.is_whole || !around.is_whole {
        gathered
            .unsure
            .push(Unsure { span: server.span(), why: "not all lines of this server are at hand".into() });
    }
    let mut all = around.all;
    all.extend(inside.all);
    let variables = Variables::new(&all);
    let mut gatherer = Gatherer { variables, gathered };
    for line in all {
        gatherer.read(line);
    }
    gatherer.gathered
}

/// Slashes are merged before a server is chosen by its name: one that does not merge them may speak for others.
fn merges_slashes(site: &Site<'_>) -> bool {
    let is_off = |line: &Line<'_>| {
        line.name().as_ref() == b"merge_slashes"
            && line.arguments().iter().any(|word| word.eq_ignore_ascii_case(b"off"))
    };
    let servers = site.scopes_of(Kind::Server).flat_map(|server| lines::of_server(server).all);
    let around = site.scopes_of(Kind::Server).take(1).flat_map(|server| lines::around(server).all);
    !servers.chain(around).any(|line| is_off(&line))
}

struct Gatherer {
    variables: Variables,
    gathered: Tests,
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
        if !is_for_show(&line.name()) && words.iter().any(|word| names_host(word)) {
            self.gathered.of_host.get_or_insert(line.span());
        }
        match line.name().as_ref() {
            b"location" => self.location(&words, line),
            b"rewrite" => {
                if let Some(pattern) = words.first() {
                    self.search(pattern, false);
                }
            }
            b"if" => self.condition(&words, line.span()),
            b"map" => self.map(&words, line),
            b"limit_except" => {
                let names = words.iter().map(|name| String::from_utf8_lossy(name).to_ascii_uppercase());
                self.gathered.methods.extend(names);
            }
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

    fn search(&mut self, pattern: &[u8], is_caseless: bool) {
        self.gathered.all.push(Test::Search(Search::read(pattern, Flags::nginx(is_caseless))));
    }

    /// `($uri ~ "^/x")`
    fn condition(&mut self, words: &[&[u8]], at: Span) {
        let mut words: Vec<&[u8]> = words.to_vec();
        if let Some(first) = words.first_mut() {
            *first = first.strip_prefix(b"(").unwrap_or(first);
        }
        if let Some(last) = words.last_mut() {
            *last = last.strip_suffix(b")").unwrap_or(last);
        }
        words.retain(|word| !word.is_empty());
        words.iter().for_each(|word| self.methods(word));
        let Some((&subject, rest)) = words.split_first() else { return };
        // `-f $request_filename` and its like: that the answer hangs on a file is told with it.
        if subject.starts_with(b"-") || subject.starts_with(b"!-") {
            return;
        }
        match (self.variables.hangs(subject), rest) {
            (Hangs::Not, _) => {}
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
            (Hangs::IsPath, []) => {}
            _ => self.unsure(at, "this tests something else of the request line than the normalised path"),
        }
        // `if ($host = $1)`
        let others = rest.iter().skip(1).filter(|_| rest.first().is_some_and(|word| !word.contains(&b'~')));
        let worst = others.map(|word| self.variables.hangs(word)).max();
        if worst.is_some_and(|worst| worst != Hangs::Not) {
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
