//! What a URL path leads to: rewriting of the server, `ProxyPass`, `Redirect`, `Alias`, the document root
//! (spec a115, a123 to a126).

use super::rewrite::Rewritten;
use super::rules::{self, target};
use super::stop::Stop;
use super::visit::{Round, Visit};
use crate::model::{Directive, Family, Ground, Kind, Name, clean};

/// Where a request goes.
#[derive(Debug)]
pub enum Target<'s> {
    /// To a file, whose name is in the round now.
    File,
    /// To a backend, by this line.
    Backend(Directive<'s>, String),
}

/// What `ProxyPass` of a section says.
enum Passed<'s> {
    No,
    /// `!`: no other line is asked.
    Kept,
    On(Target<'s>),
}

impl<'s> Visit<'_, 's> {
    /// Finds out; `ground` is that of the URL alone.
    pub fn map(&self, round: &mut Round, ground: &Ground<'s>) -> Result<Target<'s>, Stop> {
        match self.rewrite_in_server(round)? {
            Rewritten::No | Rewritten::PassedThrough => {}
            Rewritten::File => return Ok(Target::File),
            Rewritten::Backend(line, url) => return Ok(Target::Backend(line, url)),
        }
        match self.passed_in_section(round, ground)? {
            Passed::On(found) => return Ok(found),
            Passed::Kept => {}
            Passed::No => {
                if let Some(found) = self.passed_by_server(round)? {
                    return Ok(found);
                }
            }
        }
        self.redirect_in_section(ground)?;
        if let Some((line, status)) = self.redirected(self.settings.own_first(Family::Rewrite), &round.uri)? {
            self.tell(line, "answers before any check");
            return Err(Stop::responds(status));
        }
        let name = self.file(round, ground)?;
        round.filename = Some(name);
        Ok(Target::File)
    }

    /// `ProxyPass` in a `<Location>`: the path of the section counts as it is written, as a regular
    /// expression where a wildcard stands in it (seen on 2.4.71).
    fn passed_in_section(&self, round: &Round, ground: &Ground<'s>) -> Result<Passed<'s>, Stop> {
        let is_pass = |line: &Directive<'_>| matches!(line.name(), Name::ProxyPass | Name::ProxyPassMatch);
        let sections = ground.scopes.iter().rev().filter(|scope| scope.kind() == Kind::Location);
        let mut lines = sections.filter_map(|scope| {
            let line = scope.own(Family::Handler).filter(|line| is_pass(line)).last()?;
            Some((*scope, line))
        });
        let Some((scope, line)) = lines.next() else { return Ok(Passed::No) };
        let lost = || Stop::unknown(format!("where `{}` is meant for is not known", line.text()));
        let path = scope.opening().and_then(|opening| opening.argument(opening.arity().checked_sub(1)?));
        let path = path.ok_or_else(lost)?.text().into_owned();
        let is_expression = line.name() == Name::ProxyPassMatch || path.contains(['*', '?', '[']);
        let Some(matched) = self.matched(&path, is_expression, &round.uri)? else { return Ok(Passed::No) };
        let url = line.literal(0).unwrap_or_default();
        if url == "!" {
            self.tell(line, "keeps the request here");
            return Ok(Passed::Kept);
        }
        let mut filled = target(&url, &matched);
        if is_expression && filled == url {
            filled += &round.uri;
        }
        Ok(Passed::On(Target::Backend(line, filled)))
    }

    /// Lines of the main server come first (seen on 2.4.71).
    fn passed_by_server(&self, round: &Round) -> Result<Option<Target<'s>>, Stop> {
        let is_kept = |line: &Directive<'_>| line.is(1, "!");
        for line in self.settings.scopes.iter().flat_map(|scope| scope.own(Family::Handler)) {
            let is_expression = match line.name() {
                Name::ProxyPass => false,
                Name::ProxyPassMatch => true,
                _ => continue,
            };
            let word = line.literal(0).unwrap_or_default();
            let Some(matched) = self.matched(&word, is_expression, &round.uri)? else { continue };
            if is_kept(&line) {
                self.tell(line, "keeps the request here");
                return Ok(None);
            }
            let url = target(&line.literal(1).unwrap_or_default(), &matched);
            return Ok(Some(Target::Backend(line, url)));
        }
        Ok(None)
    }

    /// `Redirect` without a path in a `<Location>` (spec a124).
    fn redirect_in_section(&self, ground: &Ground<'s>) -> Result<(), Stop> {
        let sections = ground.scopes.iter().rev().filter(|scope| scope.kind() == Kind::Location);
        let lines =
            sections.flat_map(|scope| scope.own(Family::Rewrite).filter(|it| it.name() == Name::Redirect));
        for line in lines {
            if let Some(rules::Redirect { path: None, status }) = rules::redirect(line) {
                self.tell(line, "answers before any check");
                return Err(Stop::responds(status));
            }
        }
        Ok(())
    }

    /// The file that `Alias` or the document root has for a path.
    fn file(&self, round: &mut Round, ground: &Ground<'s>) -> Result<String, Stop> {
        let absolute = |path: &str| {
            let path = self.ready.site.absolute(std::path::Path::new(path));
            path.and_then(|path| path.to_str().map(str::to_owned))
        };
        let lost = || Stop::unknown("where the files lie is not known");
        let sections = ground.scopes.iter().rev().filter(|scope| scope.kind() == Kind::Location);
        for scope in sections {
            let alias = scope.own(Family::Alias).filter(|line| line.name() == Name::Alias).last();
            let Some(line) = alias else { continue };
            let word = line.literal(0).unwrap_or_default();
            let (crate::model::Matching::Literal(path), false) = (scope.matching(), word.contains("%{"))
            else {
                return Err(Stop::unknown(format!("where `{}` leads to is not followed", line.text())));
            };
            // What stands behind the place of the section is not put behind the word (seen on 2.4.71), so a directory is
            // looked for in itself.
            let rest = crate::model::below(path, &round.uri).unwrap_or_default();
            if rest.ends_with('/') {
                return Err(Stop::unknown(format!(
                    "what `{}` makes of a slash is not followed",
                    line.text()
                )));
            }
            return absolute(&word).ok_or_else(lost);
        }
        for line in self.settings.own_first(Family::Alias) {
            if line.is_named("wsgiscriptalias") {
                return Err(Stop::unknown(format!("what `{}` does is not followed", line.text())));
            }
            let is_expression = line.name() == Name::AliasMatch;
            let word = line.literal(0).unwrap_or_default();
            if let Some(matched) = self.matched(&word, is_expression, &round.uri)? {
                round.is_script = line.name_word().to_ascii_lowercase().starts_with("scriptalias");
                return absolute(&target(&line.literal(1).unwrap_or_default(), &matched)).ok_or_else(lost);
            }
        }
        let root = self.document_root().ok_or_else(lost)?;
        Ok(format!("{}{}", root.trim_end_matches('/'), round.uri))
    }

    /// `DocumentRoot`
    pub fn document_root(&self) -> Option<String> {
        let root = self.ready.grounds.served(self.server)?.root();
        let root = root.or_else(|| self.ready.site.built_in_root())?;
        clean(&root).to_str().map(str::to_owned)
    }
}
