//! What is known of modules, and of the containers that ask for them (spec a23).

use std::borrow::Cow;
use std::collections::HashSet;

use super::words::{self, ModuleNames};
use crate::load::{ModuleTest, Truth};
use crate::model::{Directive, HtaccessState, Kind, Name, Scope, Site};
use crate::source::{FileId, Source, Span};
use crate::syntax::{Range, StatementId, Tree};

/// A `<IfModule>` that was come by.
#[derive(Clone, Copy, Debug)]
pub struct IfModule<'s> {
    site: &'s Site<'s>,
    file: FileId,
    statement: StatementId,
    result: Truth,
}

/// Why a `<IfModule>` is never true.
#[derive(Clone, Debug)]
pub enum NeverTrue {
    /// The module is known by these two names only.
    Misnamed(ModuleNames),
    /// 2.4 has no such module any more.
    Old,
    /// The module is loaded further down, by this line.
    TooLate(Span),
}

impl<'s> IfModule<'s> {
    /// The argument.
    #[must_use]
    pub fn name(self) -> Option<Cow<'s, str>> {
        argument(self.tree(), self.source(), self.statement)
    }

    /// Where the argument stands.
    #[must_use]
    pub fn span(self) -> Span {
        span(self.file, self.tree().word_range(self.statement, 1))
    }

    /// Why it is never true, if that is certain, in a file that may be read.
    #[must_use]
    pub fn never_true(self) -> Option<NeverTrue> {
        self.find_never_true().filter(|_| self.site.may_be_read(self.span()))
    }

    fn find_never_true(self) -> Option<NeverTrue> {
        let name = self.name().filter(|name| !name.starts_with('!'))?;
        if let Some(names) = words::module_meant(&name) {
            if names.source != name && names.identifier != name {
                return Some(NeverTrue::Misnamed(names));
            }
            let is_loaded = self.site.reading()?.environment.has_module(name.as_bytes()) == Truth::Yes;
            let is_late = self.result == Truth::No && is_loaded;
            return is_late.then(|| self.site.load_line(&name).map(NeverTrue::TooLate)).flatten();
        }
        words::is_old_module(&name).then_some(NeverTrue::Old)
    }

    /// The first line about access in it.
    #[must_use]
    pub fn access_line(self) -> Option<Span> {
        access_line(self.tree(), self.source(), self.statement).map(|range| span(self.file, range))
    }

    /// Whether lines about access stand beside it, that are not for old modules either.
    #[must_use]
    pub fn has_company(self) -> bool {
        let (tree, source) = (self.tree(), self.source());
        let around = tree.around(self.span().start);
        let outer = around.iter().rev().find(|&&outer| outer != self.statement);
        let beside: Vec<StatementId> =
            outer.map_or_else(|| tree.top().collect(), |&outer| tree.children(outer).collect());
        let is_old = |id| {
            name_is(tree, source, id, "ifmodule")
                && argument(tree, source, id).is_some_and(|name| words::is_old_module(&name))
        };
        beside.into_iter().filter(|&id| !is_old(id)).any(|id| access_line(tree, source, id).is_some())
    }

    fn tree(self) -> &'s Tree {
        self.site.files.tree(self.file)
    }

    fn source(self) -> &'s Source {
        self.site.files.sources.get(self.file)
    }
}

impl Site<'_> {
    /// The `<IfModule>` sections that were come by.
    pub fn module_tests(&self) -> impl Iterator<Item = IfModule<'_>> {
        let reading = self.reading();
        let tests = reading.into_iter().flat_map(|reading| &reading.module_tests);
        tests.map(|&ModuleTest { instance, statement, result }| IfModule {
            site: self,
            file: self.instances[instance as usize].file,
            statement,
            result,
        })
    }

    /// Whether a server of today may read what stands there. It reads neither a `.htaccess` that is
    /// ignored nor what is for versions before 2.4.
    #[must_use]
    pub fn may_be_read(&self, at: Span) -> bool {
        let state = self.htaccess_of(at.file).and_then(Scope::htaccess_state);
        let is_passed_over = matches!(state, Some(HtaccessState::Ignored(_) | HtaccessState::Skipped { .. }));
        !is_passed_over && !self.conditions_around(at).any(|name| is_for_old(&name))
    }

    /// The arguments of the `<IfModule>` sections around a place, in its own file.
    fn conditions_around(&self, at: Span) -> impl Iterator<Item = Cow<'_, str>> {
        let (tree, source) = (self.files.tree(at.file), self.files.sources.get(at.file));
        let around = tree.around(at.start).into_iter().filter(move |&id| {
            name_is(tree, source, id, "ifmodule") && tree.word_range(id, 1).start != at.start
        });
        around.filter_map(move |id| argument(tree, source, id))
    }

    /// Whether a line of a scope is read by every server of version 2.4, as far as conditions go.
    #[must_use]
    pub fn is_for_new(&self, scope: Scope<'_>, line: Directive<'_>) -> bool {
        let Some(apache) = &self.apache else { return false };
        let scopes = std::iter::once(scope).chain(scope.ancestors());
        let is_certain = line.is_certain()
            && !scopes
                .into_iter()
                .any(|scope| apache.conditions.get(scope.id as usize).is_some_and(|&id| id != 0));
        if is_certain {
            return true;
        }
        let (tree, source) = (self.files.tree(line.span().file), self.files.sources.get(line.span().file));
        let around = tree.around(line.span().start);
        let mut conditions = around.into_iter().filter(|&id| {
            ["ifmodule", "ifdefine", "ifversion", "iffile", "ifdirective", "ifsection"]
                .iter()
                .any(|name| name_is(tree, source, id, name))
        });
        let is_new = |id| argument(tree, source, id).is_some_and(|name| words::is_new_module(&name));
        // Where none is seen it is the file that was included in one.
        conditions.next().is_some_and(|first| is_new(first) && conditions.all(is_new))
    }

    /// The scope of the `.htaccess` that a file is.
    #[must_use]
    pub fn htaccess_of(&self, file: FileId) -> Option<Scope<'_>> {
        let (apache, reading) = (self.apache.as_ref()?, self.reading()?);
        let is_it =
            |number: u32| reading.htaccess.get(number as usize).is_some_and(|it| it.file == Some(file));
        apache.htaccess.iter().find(|(_, htaccess)| is_it(htaccess.number)).map(|(&id, _)| self.scope(id))
    }

    /// Whether it is certain that no module has a part in access but those of httpd itself.
    #[must_use]
    pub fn has_only_own_modules(&self) -> bool {
        self.reading().is_some_and(|reading| {
            let name = |name| String::from_utf8_lossy(name).into_owned();
            reading.environment.knows_all_modules()
                && reading.environment.modules().map(name).all(|name| words::is_no_asking_module(&name))
        })
    }

    /// Whether all `LoadModule` lines are at hand and none loads a module with one of these in its name.
    #[must_use]
    pub fn lacks_modules_like(&self, parts: &[&str]) -> bool {
        self.reading().is_some_and(|reading| reading.environment.knows_all_modules())
            && !self.has_module_like(parts)
    }

    /// Whether a module with one of these in its name is loaded.
    #[must_use]
    pub fn has_module_like(&self, parts: &[&str]) -> bool {
        let has = |name: &[u8]| {
            let name = String::from_utf8_lossy(name);
            parts.iter().any(|part| name.contains(part))
        };
        self.reading().is_some_and(|reading| reading.environment.modules().any(has))
    }

    /// Whether a line that is read begins with one of these, in small letters; of `Require` the first
    /// argument counts as well.
    #[must_use]
    pub fn has_line_beginning(&self, beginnings: &[&str]) -> bool {
        let names = self.line_names.get_or_init(|| self.find_line_names());
        names.iter().any(|name| beginnings.iter().any(|beginning| name.starts_with(beginning.as_bytes())))
    }

    fn find_line_names(&self) -> HashSet<Vec<u8>> {
        let mut names: HashSet<Vec<u8>> = HashSet::new();
        let Some(reading) = self.reading() else { return names };
        for line in reading.lines.iter().filter(|line| line.step == crate::load::Step::Directive) {
            let file = reading.file(*line);
            let (tree, source) = (self.files.tree(file), self.files.sources.get(file));
            let word = |n| tree.raw(source, line.statement, n).unwrap_or_default().to_ascii_lowercase();
            let name = word(0);
            if name == b"require" {
                names.insert(word(1));
            }
            names.insert(name);
        }
        names
    }

    /// The names that `<AuthnProviderAlias>` or `<AuthzProviderAlias>` make.
    pub fn provider_aliases(&self, section: &'static str) -> impl Iterator<Item = Cow<'_, str>> {
        let openings = self.scopes_of(Kind::Other).filter_map(Scope::opening);
        openings.filter(move |it| it.name_text().eq_ignore_ascii_case(section)).filter_map(|it| it.literal(1))
    }

    /// The document root that httpd was built with, where it is known: Debian's.
    #[must_use]
    pub fn built_in_root(&self) -> Option<std::path::PathBuf> {
        let is_debian = self.config.files().into_iter().any(|file| {
            let (tree, source) = (self.files.tree(file), self.files.sources.get(file));
            let word = |id, n| tree.raw(source, id, n).unwrap_or_default();
            (0..).take(tree.len()).any(|id| {
                name_is(tree, source, id, "loadmodule")
                    && word(id, 2).starts_with(b"/usr/lib/apache2/modules/")
            })
        });
        is_debian.then(|| "/var/www/html".into())
    }

    /// The line that loads a module, wherever it stands.
    fn load_line(&self, name: &str) -> Option<Span> {
        let wanted = words::module_meant(name)?;
        self.find_line("loadmodule", |argument| argument == wanted.identifier)
    }

    /// The line with this directive, in small letters, and a first argument like this, wherever it
    /// stands.
    pub(super) fn find_line(&self, directive: &str, is_it: impl Fn(&str) -> bool) -> Option<Span> {
        let mut files: Vec<FileId> = self.config.files().into_iter().collect();
        files.sort_unstable();
        files.into_iter().find_map(|file| {
            let (tree, source) = (self.files.tree(file), self.files.sources.get(file));
            let all = (0..).take(tree.len()).filter(|&id| name_is(tree, source, id, directive));
            let mut fitting = all.filter(|&id| argument(tree, source, id).is_some_and(|word| is_it(&word)));
            fitting.next().map(|id| self.files.head(file, id))
        })
    }
}

impl Directive<'_> {
    /// What becomes of a line that the server refuses, as a clause.
    #[must_use]
    pub fn refusal(self) -> &'static str {
        match self.site.htaccess_of(self.span().file) {
            Some(_) => "every request here ends in 500 Internal Server Error",
            None if self.site.is_apache() => "Apache does not start",
            None => "nginx does not take the configuration",
        }
    }
}

/// Whether a container of this argument is not for 2.4.
fn is_for_old(name: &str) -> bool {
    name.strip_prefix('!').is_some_and(words::is_new_module) || words::is_old_module(name)
}

/// The first line about access in a section, or the line itself.
fn access_line(tree: &Tree, source: &Source, statement: StatementId) -> Option<Range> {
    let mut todo = vec![statement];
    while let Some(id) = todo.pop() {
        if tree.is_block(id) {
            let inner: Vec<StatementId> = tree.children(id).collect();
            todo.extend(inner.into_iter().rev());
        } else if tree.raw(source, id, 0).and_then(Name::of_apache).is_some_and(is_about_access) {
            return Some(tree.head(id));
        }
    }
    None
}

fn is_about_access(name: Name) -> bool {
    matches!(
        name,
        Name::AuthType
            | Name::AuthName
            | Name::AuthUserFile
            | Name::AuthGroupFile
            | Name::AuthProvider
            | Name::Require
            | Name::AuthMerging
            | Name::Satisfy
            | Name::Order
            | Name::Allow
            | Name::Deny
    )
}

fn name_is(tree: &Tree, source: &Source, id: StatementId, name: &str) -> bool {
    tree.raw(source, id, 0).is_some_and(|word| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// The first argument, where it is known from the text.
fn argument<'s>(tree: &Tree, source: &'s Source, id: StatementId) -> Option<Cow<'s, str>> {
    let value = tree.value(source, id, 1).filter(|_| tree.is_literal(id, 1))?;
    Some(match value {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    })
}

fn span(file: FileId, range: Range) -> Span {
    Span::new(file, range.start, range.end)
}
