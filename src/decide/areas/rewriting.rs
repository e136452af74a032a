//! The tests of httpd's `RewriteRule`, `RewriteCond` and `SetEnvIf` (spec a123, a127).

use super::apache::Gatherer;
use super::httpd::{Entry, Place};
use super::pcre::Flags;
use super::walk::{Search, Test};
use super::{Bytes, Expression, conditions};
use crate::source::Span;

impl Gatherer<'_, '_> {
    /// In a directory the path is looked at without the way to it.
    pub(super) fn rewrite_rule(&mut self, pattern: &str, place: &Place) {
        let pattern = pattern.strip_prefix('!').unwrap_or(pattern);
        for is_caseless in [false, true] {
            let search = Search::read(pattern.as_bytes(), Flags::apache(is_caseless));
            self.test(search.clone());
            match place {
                Place::Server => {}
                Place::Location(path) => {
                    let from = format!("{}/", path.trim_end_matches('/'));
                    self.test(search.clone().moved(from.as_bytes(), b""));
                }
                Place::Directory(directory) => {
                    let directory = self.path(&directory.to_string_lossy());
                    for (from, to) in self.ways.clone() {
                        if let Some(rest) = directory.strip_prefix(to.as_str()) {
                            let from = format!("{from}{}/", rest.trim_end_matches('/'));
                            self.test(search.clone().moved(from.as_bytes(), b""));
                        } else if let Some(rest) = to.strip_prefix(directory.as_str()) {
                            let rest = rest.trim_start_matches('/');
                            self.test(search.clone().moved(from.as_bytes(), rest.as_bytes()));
                        }
                    }
                }
                Place::Pattern => {
                    // The way to the directory may be any part of the path.
                    let cut = Expression::Behind { set: Bytes::one(b'/'), at_start: true };
                    let anywhere = without_start(&search.expression, &cut);
                    self.test(Search { expression: anywhere, ..search.clone() });
                }
            }
        }
    }

    /// `RewriteCond`
    pub(super) fn rewrite_condition(&mut self, words: &[&str], at: Span) {
        let [subject, pattern, ..] = words else { return };
        self.methods_in(pattern);
        let text = pattern.strip_prefix('!').unwrap_or(pattern);
        // That the answer hangs on a file is told with it.
        let is_of_files = ["-f", "-d", "-s", "-l", "-L", "-h", "-x", "-F", "-U"].contains(&text);
        let names = subject.split("%{").skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name);
        let hangs = names.clone().any(|name| conditions::hangs_on_request(&name.to_ascii_uppercase()));
        let is_captured = subject.contains('$')
            || subject.split('%').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit()));
        if is_of_files || !(hangs || is_captured) {
            if *subject == "expr" {
                conditions::read(&words.join(" "), at, &mut self.gathered.all, &mut self.gathered.unsure);
            }
            return;
        }
        match text.as_bytes().first() {
            _ if !subject.eq_ignore_ascii_case("%{REQUEST_URI}") => {
                self.unsure(at, "this tests something else of the request line than the path");
            }
            Some(b'=') => self.gathered.all.push(Test::Exact(text.as_bytes()[1..].to_vec())),
            Some(b'<' | b'>' | b'-') => self.unsure(at, "this comparison is not followed"),
            _ => {
                for is_caseless in [false, true] {
                    self.test(Search::read(text.as_bytes(), Flags::apache(is_caseless)));
                }
            }
        }
    }

    /// `SetEnvIf`
    pub(super) fn set_env_if(&mut self, entry: &Entry, words: &[&str]) {
        let [attribute, pattern, ..] = words else { return };
        match attribute.to_ascii_lowercase().as_str() {
            "request_uri" => {
                for is_caseless in [false, true] {
                    self.test(Search::read(pattern.as_bytes(), Flags::apache(is_caseless)));
                }
                if entry.place == Place::Server {
                    self.unsure(entry.span, "here this sees the path as the client sends it");
                }
            }
            "request_method" => self.methods_in(pattern),
            "host" => drop(self.gathered.of_host.get_or_insert(entry.span)),
            _ => {}
        }
    }
}

/// The same with another meaning of its beginning.
fn without_start(expression: &Expression, start: &Expression) -> Expression {
    let all = |parts: &[Expression]| parts.iter().map(|part| without_start(part, start)).collect();
    match expression {
        Expression::Concat(parts) => Expression::Concat(all(parts)),
        Expression::Either(ways) => Expression::Either(all(ways)),
        Expression::Repeat { of, least, most } => Expression::repeat(without_start(of, start), *least, *most),
        other if *other == Expression::start() => start.clone(),
        other => other.clone(),
    }
}
