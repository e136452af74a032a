//! What `AllowOverride` lets each line of a `.htaccess` do (spec a35 to a40).

use super::require::Logic;
use crate::load::Step;
use crate::model::names::{Family, INHERITED, known};
use crate::model::{Directive, Kind, Name, Scope, ScopeRef, Site};
use crate::source::{FileId, Span};

/// `AllowOverride` and `AllowOverrideList` as they are in force in a directory.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a word of the directive
pub struct OverrideRules<'s> {
    /// `AllowOverride`; none where nobody says it, and then files are read and nothing is permitted
    /// (spec a36).
    pub by: Option<Directive<'s>>,
    /// The first letters of the classes.
    classes: String,
    /// The names of `AllowOverrideList`, in small letters.
    list: Option<Vec<String>>,
    /// `Nonfatal=Override`
    skips_denied: bool,
    /// `Nonfatal=Unknown`
    skips_unknown: bool,
    /// Whether a word was not understood.
    is_unknown: bool,
}

/// What becomes of a `.htaccess`.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is in force.
    Read,
    /// Every request below ends in 500, because of this place.
    Broken(Span, String),
    /// Nobody knows.
    Unknown(String),
}

impl<'s> OverrideRules<'s> {
    /// What is in force in a policy.
    pub(super) fn of(site: &'s Site<'s>, row: &[ScopeRef; INHERITED]) -> Self {
        let mut rules = OverrideRules::default();
        if let Some(line) = site.provided(row, Family::Override) {
            rules.by = Some(line);
            for word in line.arguments() {
                let word = word.text().to_ascii_lowercase();
                match word.split('=').next().unwrap_or_default() {
                    "none" => rules.classes.clear(),
                    "all" => rules.classes.push_str("OFALI"),
                    "authconfig" => rules.classes.push('A'),
                    "fileinfo" => rules.classes.push('F'),
                    "indexes" => rules.classes.push('I'),
                    "limit" => rules.classes.push('L'),
                    "options" => rules.classes.push('O'),
                    "nonfatal" => {
                        rules.skips_denied |= word.ends_with("=override") || word.ends_with("=all");
                        rules.skips_unknown |= word.ends_with("=unknown") || word.ends_with("=all");
                    }
                    _ => rules.is_unknown = true,
                }
            }
        }
        if let Some(line) = site.provided(row, Family::OverrideList) {
            let words = line.arguments().map(|word| word.text().to_ascii_lowercase());
            rules.list = Some(words.filter(|word| word != "none").collect());
        }
        rules
    }

    /// Whether the file is opened at all.
    #[must_use]
    pub fn opens_files(&self) -> bool {
        self.by.is_none()
            || !self.classes.is_empty()
            || self.skips_denied
            || self.skips_unknown
            || self.list.as_ref().is_some_and(|list| !list.is_empty())
    }

    /// What becomes of a `.htaccess` here.
    #[must_use]
    pub fn verdict(&self, htaccess: Scope<'s>) -> Verdict {
        let Some((file, lines)) = htaccess.site.htaccess_lines(htaccess) else {
            return Verdict::Unknown("the `.htaccess` was not read".into());
        };
        if self.is_unknown {
            return Verdict::Unknown("`AllowOverride` is not understood".into());
        }
        let site = htaccess.site;
        let tree = site.files.tree(file);
        if let Some(slip) = tree.slips.first() {
            let span = Span::new(file, slip.at.start, slip.at.end);
            return Verdict::Broken(span, "is an error, so that every request ends in 500".into());
        }
        if site.has_long_line(file) {
            let span = Span::new(file, 0, 0);
            return Verdict::Broken(
                span,
                "has a line that is too long, so that every request ends in 500".into(),
            );
        }
        if self.list.is_some() && self.classes.is_empty() && self.by.is_none_or(|_| true) {
            let opens = |id| tree.raw(site.files.sources.get(file), id, 0).map(<[u8]>::to_ascii_lowercase);
            let names =
                (0..crate::source::offset(tree.len())).filter(|&id| tree.is_block(id)).filter_map(opens);
            for name in names {
                let name = format!("<{}", String::from_utf8_lossy(&name));
                if !self.is_listed(&name) {
                    let span = Span::new(file, 0, 0);
                    return Verdict::Broken(span, format!("has a `{name}>` that is not permitted"));
                }
            }
        }
        for line in lines {
            let name = line.name.to_ascii_lowercase();
            let of_foreign_module = site.may_have_foreign_modules();
            let Some(known) = known(name.as_bytes()) else {
                if of_foreign_module {
                    return Verdict::Unknown(format!("`{}` is of a module that is not known", line.name));
                }
                if self.skips_unknown {
                    return Verdict::Unknown(format!(
                        "what is left without `{}` is not worked out",
                        line.name
                    ));
                }
                return Verdict::Broken(line.span, "is not known, so that every request ends in 500".into());
            };
            match site.has_module(known.module) {
                Some(true) => {}
                Some(false) if self.skips_unknown => {
                    return Verdict::Unknown(format!(
                        "what is left without `{}` is not worked out",
                        line.name
                    ));
                }
                Some(false) => {
                    let why = "is of a module that is not loaded, so that every request ends in 500";
                    return Verdict::Broken(line.span, why.into());
                }
                None => return Verdict::Unknown(format!("whether `{}` is known is not known", line.name)),
            }
            if !known.is_for_htaccess {
                return Verdict::Broken(
                    line.span,
                    "may not stand here, so that every request ends in 500".into(),
                );
            }
            let is_permitted = match known.classes {
                "*" => !self.classes.is_empty(),
                classes => classes.chars().any(|class| self.classes.contains(class)),
            };
            if is_permitted || self.is_listed(&name) {
                continue;
            }
            if self.skips_denied {
                return Verdict::Unknown(format!("what is left without `{}` is not worked out", line.name));
            }
            let why = "is not permitted by `AllowOverride`, so that every request ends in 500";
            return Verdict::Broken(line.span, why.into());
        }
        // httpd refuses those that do not narrow what is around them.
        let is_nested = |scope: Scope<'_>| {
            scope.kind() == Kind::Limit && scope.ancestors().any(|outer| outer.kind() == Kind::Limit)
        };
        if htaccess.descendants().any(is_nested) {
            return Verdict::Unknown("whether one `<Limit>` may stand in the other is not worked out".into());
        }
        if let Some(line) = htaccess.refused_line() {
            return Verdict::Broken(line.span(), "is refused, so that every request ends in 500".into());
        }
        Verdict::Read
    }

    fn is_listed(&self, name: &str) -> bool {
        self.list.as_ref().is_some_and(|list| list.iter().any(|listed| listed == name))
    }
}

/// A line of a `.htaccess`; the name of a section begins with `<`.
struct HtaccessLine {
    name: String,
    span: Span,
}

impl Site<'_> {
    /// The file and the lines of a `.htaccess`.
    fn htaccess_lines(&self, scope: Scope<'_>) -> Option<(FileId, Vec<HtaccessLine>)> {
        let reading = self.reading()?;
        let number = self.apache.as_ref()?.htaccess.get(&scope.id)?.number;
        let file = reading.htaccess.get(number as usize)?.file?;
        let mut all = reading.lines.iter();
        all.find(|line| line.step == Step::Htaccess && line.statement == number)?;
        let mut depth = 0_usize;
        let mut lines = Vec::new();
        for line in all {
            let name = || {
                let written = self.files.tree(file).raw(self.files.sources.get(file), line.statement, 0);
                let expanded = line.expanded.and_then(|id| reading.expanded(id)?.words.first().cloned());
                let name = expanded.unwrap_or_else(|| written.unwrap_or_default().to_vec());
                String::from_utf8_lossy(&name).into_owned()
            };
            match line.step {
                Step::Close if depth == 0 => break,
                Step::Close => depth -= 1,
                Step::Htaccess => break,
                Step::Unknown => return None,
                Step::Open => {
                    depth += 1;
                    let span = self.files.head(file, line.statement);
                    lines.push(HtaccessLine { name: format!("<{}", name()), span });
                }
                Step::Directive => {
                    let span = self.files.head(file, line.statement);
                    lines.push(HtaccessLine { name: name(), span });
                }
            }
        }
        Some((file, lines))
    }

    /// Whether a line of a `.htaccess` is longer than httpd's buffer (spec a8).
    fn has_long_line(&self, file: FileId) -> bool {
        const BUFFER: usize = 8192;
        self.files.sources.get(file).bytes().split(|&byte| byte == b'\n').any(|line| line.len() >= BUFFER)
    }

    /// Whether a module of httpd is loaded.
    pub(super) fn has_module(&self, module: &str) -> Option<bool> {
        let Some(name) = module.strip_prefix("mod_") else { return Some(true) };
        let environment = &self.reading()?.environment;
        match environment.has_module(format!("{name}_module").as_bytes()) {
            crate::load::Truth::Yes => Some(true),
            crate::load::Truth::No => Some(false),
            crate::load::Truth::Maybe => None,
        }
    }

    /// Whether a module that is none of httpd's own is loaded, or may be.
    fn may_have_foreign_modules(&self) -> bool {
        self.reading().is_none_or(|reading| {
            !reading.environment.knows_all_modules()
                || reading.environment.modules().any(|name| {
                    let name = String::from_utf8_lossy(name);
                    name.ends_with("_module") && super::words::module_meant(&name).is_none()
                })
        })
    }
}

impl<'s> Scope<'s> {
    /// A line in it that httpd refuses for its arguments.
    fn refused_line(self) -> Option<Directive<'s>> {
        let scopes = std::iter::once(self).chain(self.descendants());
        let orphan = std::iter::once(self).chain(self.descendants()).find_map(Scope::orphan);
        let idle = std::iter::once(self).chain(self.descendants()).find_map(Scope::idle_requirement);
        if orphan.or(idle).is_some() {
            return orphan.or(idle);
        }
        let mut lines = scopes.flat_map(|scope| scope.own_all().chain(scope.opening()));
        lines.find(|line| line.is_refused())
    }
}

impl<'s> Scope<'s> {
    /// A container without a requirement, or a negative one where only positive ones count (spec a78).
    fn idle_requirement(self) -> Option<Directive<'s>> {
        if self.kind() == Kind::Requirement && self.requires().next().is_none() {
            return self.opening();
        }
        let outer = std::iter::once(self).chain(self.ancestors()).find(|scope| scope.kind() != Kind::Limit);
        if outer.is_some_and(|outer| outer.kind() == Kind::Requirement && outer.logic() != Logic::Any) {
            return None;
        }
        let mut negative = self.own(Family::Require).filter(|line| line.is_ignoring_case(0, "not"));
        let mut none = self
            .rule_containers()
            .filter(|inner| inner.kind() == Kind::Requirement && inner.logic() == Logic::None);
        negative.next().or_else(|| none.next()?.opening())
    }

    /// An `<Else>` or `<ElseIf>` in it that stands behind no `<If>` (spec a22).
    fn orphan(self) -> Option<Directive<'s>> {
        let mut is_open = false;
        for opening in self.conditionals().filter_map(Scope::opening) {
            let name = opening.name_word().to_ascii_lowercase();
            if name != "if" && !is_open {
                return Some(opening);
            }
            is_open = name != "else";
        }
        None
    }
}

impl Directive<'_> {
    /// Whether httpd refuses the line in a `.htaccess` for its arguments.
    fn is_refused(self) -> bool {
        let word = self.literal(0).unwrap_or_default().to_ascii_lowercase();
        let by_value = match self.name() {
            Name::Order => !matches!(word.as_str(), "allow,deny" | "deny,allow" | "mutual-failure"),
            Name::Satisfy => !matches!(word.as_str(), "all" | "any"),
            Name::AuthMerging => !matches!(word.as_str(), "off" | "and" | "or"),
            Name::Allow | Name::Deny => word != "from",
            Name::Require => self.has_unknown_provider(),
            Name::Section if self.name_word().to_ascii_lowercase().starts_with("limit") => {
                let mut methods = self.arguments().map(crate::model::Value::text);
                methods.any(|method| method == "TRACE" || !super::methods::is_known(&method))
            }
            _ => false,
        };
        by_value || self.refused_arguments()
    }

    fn has_unknown_provider(self) -> bool {
        let Some((provider, _)) = self.provider() else { return true };
        let is_alias = || self.site.provider_aliases("AuthzProviderAlias").any(|alias| alias == provider);
        let needs = match provider.as_str() {
            "all" | "env" | "method" | "expr" => return self.has_wrong_value(&provider),
            "ip" | "host" | "forward-dns" | "local" => "mod_authz_host",
            "valid-user" | "user" => "mod_authz_user",
            "group" => "mod_authz_groupfile",
            "file-owner" | "file-group" => "mod_authz_owner",
            _ => return !is_alias() && !super::words::AUTHZ_PROVIDERS.contains(&provider.as_str()),
        };
        self.site.has_module(needs) == Some(false)
    }

    fn has_wrong_value(self, provider: &str) -> bool {
        let at = 1 + usize::from(self.is_ignoring_case(0, "not"));
        let word = self.literal(at).unwrap_or_default();
        match provider {
            // Quotes are not taken off here.
            "all" => {
                self.rest(0).ends_with(['"', '\''])
                    || !word.eq_ignore_ascii_case("granted") && !word.eq_ignore_ascii_case("denied")
                    || self.arity() > at + 1
            }
            "method" => self.arguments().skip(at).any(|word| !super::methods::is_known(&word.text())),
            _ => false,
        }
    }
}
