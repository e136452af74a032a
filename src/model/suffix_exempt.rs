//! Parts that are let off a password by the ending of the path, in front of a program or a backend that takes any
//! path (spec W18, a128, aH15).

use super::names::{Family, Name};
use super::{Directive, Kind, Matching, Scope, Site};
use std::path::PathBuf;

/// A part that is let off by endings of paths.
#[derive(Clone, Debug)]
pub struct SuffixExempt<'s> {
    /// The location, section or condition.
    pub place: Scope<'s>,
    /// The server.
    pub server: Scope<'s>,
    /// The line that lets it off.
    pub by: Directive<'s>,
    /// Endings that it names, with their dots.
    pub endings: Vec<&'static str>,
    /// The protected places that may be behind it.
    pub behind: Vec<Behind>,
}

/// A protected place where a backend or a program answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// A path of it that the program takes, without an ending.
    pub path: String,
    /// The file of the program, where it is one of a directory.
    pub program: Option<PathBuf>,
}

/// Endings, those first that programs have data for.
const ENDINGS: &[&str] = &[
    ".json", ".xml", ".csv", ".pdf", ".txt", ".html", ".php", ".css", ".js", ".png", ".jpg", ".jpeg", ".gif",
    ".svg", ".ico", ".webp", ".woff", ".woff2", ".ttf", ".map",
];
/// How many of [`ENDINGS`] are of data.
const OF_DATA: usize = 7;
/// So many are tried.
const MOST_ENDINGS: usize = 3;
/// So many lines of a section are looked at.
const MOST_LINES: usize = 20;
/// So many protected places are looked at for one exemption.
const MOST_BEHIND: usize = 20;
/// What no page is likely to be called by itself, below any place.
const INSIDE: &str = "users/1";

impl SuffixExempt<'_> {
    /// Whether an ending is one of data, and not of what belongs to pages.
    #[must_use]
    pub fn is_of_data(ending: &str) -> bool {
        ENDINGS[..OF_DATA].contains(&ending)
    }
}

impl Site<'_> {
    /// The parts that are let off by an ending.
    #[must_use]
    pub fn suffix_exemptions(&self) -> Vec<SuffixExempt<'_>> {
        if self.is_apache() {
            return self.sections().flat_map(Scope::exempt_by_ending_in_apache).collect();
        }
        self.scopes_of(Kind::Location).filter_map(Scope::exempt_by_ending).collect()
    }
}

impl<'s> Scope<'s> {
    fn exempt_by_ending(self) -> Option<SuffixExempt<'s>> {
        let location =
            self.location().filter(|location| location.is_regex() && location.path.contains("\\."))?;
        let by = self.exemptions().next().filter(|_| self.asks().nothing())?;
        self.hands_on_to()?;
        let server = self.server().filter(|_| self.is_reached_from_outside())?;
        let outer = self.parent().and_then(Scope::location).filter(|outer| outer.is_prefix());
        let outer = outer.map(|outer| outer.path.into_owned());
        let areas = self.protected_areas().map(|area| area.prefix.to_owned()).collect::<Vec<_>>();
        // What the expression itself begins with: `^/app/.*\.css$`.
        let start = location.path.strip_prefix('^').map(|path| {
            let end = path.find(|c: char| !c.is_ascii_alphanumeric() && !"/_-".contains(c)).unwrap_or(0);
            path[..end].rsplit_once('/').map_or(String::new(), |(start, _)| format!("{start}/"))
        });
        let own = outer.into_iter().chain(start).chain(["/".to_owned()]);
        let mut prefixes: Vec<String> = own.chain(areas).collect();
        prefixes.retain(|prefix| prefix.starts_with('/'));
        prefixes.truncate(MOST_BEHIND);
        let behind = prefixes.iter().map(|prefix| Behind::below(prefix)).collect();
        Some(SuffixExempt { place: self, server, by, endings: endings_in(&location.path), behind })
    }

    /// The backend of this place of nginx, or of the place that `try_files` goes on to.
    fn hands_on_to(self) -> Option<String> {
        let address = |scope: Scope<'s>| {
            let text = scope.backend()?.pass.argument(0)?.text().into_owned();
            let (scheme, rest) = text.split_once("://").unwrap_or(("", &text));
            let end = rest.find(['/', '$']).filter(|end| *end > 0).unwrap_or(rest.len());
            Some(format!("{scheme}://{}", &rest[..end]))
        };
        let fallback = || {
            let line = self.own(Family::TryFiles).last()?;
            let last = line.literal(line.arity().checked_sub(1)?)?;
            self.server()?.place_of(&last).filter(|there| last.starts_with('@') && there.asks().nothing())
        };
        address(self).or_else(|| address(fallback()?))
    }

    /// Whether the program or backend behind this part of nginx is the one of the protected place.
    #[must_use]
    pub fn shares_backend_with(self, protected: Scope<'s>) -> bool {
        let backend = || self.hands_on_to();
        backend().is_some() && backend() == protected.address_behind()
    }

    /// The backend of a protected place, or of what it goes on to by `try_files`.
    fn address_behind(self) -> Option<String> {
        let line = self.own(Family::TryFiles).last();
        let last = line.and_then(|line| line.literal(line.arity().checked_sub(1)?));
        let named = last.and_then(|last| self.server()?.place_of(&last).filter(|_| last.starts_with('@')));
        self.hands_on_to().or_else(|| named?.hands_on_to())
    }

    fn exempt_by_ending_in_apache(self) -> Vec<SuffixExempt<'s>> {
        let Some(server) = self.server().or_else(|| self.site.scopes().next()) else { return Vec::new() };
        let granted = || self.requires().find(|line| line.is_certain() && line.grants_everybody());
        let found: Vec<(Directive<'s>, String)> = match (self.kind(), self.matching()) {
            (Kind::Location, Matching::Expression(text)) => {
                granted().into_iter().map(|by| (by, text.clone())).collect()
            }
            (Kind::If, _) => granted().into_iter().map(|by| (by, self.title())).collect(),
            _ => {
                let is_meant = |line: &Directive<'_>| {
                    line.provider().is_some_and(|(word, _)| word == "expr" || word == "env")
                };
                let lines = self.requires().filter(is_meant).take(MOST_LINES);
                lines.filter_map(|line| Some((line, self.path_asked_by(line)?))).collect()
            }
        };
        let found = found.into_iter().filter(|(_, text)| text.contains("\\.") && self.is_certainly_there());
        let found =
            found.map(|(by, text)| (by, endings_in(&text))).filter(|(_, endings)| !endings.is_empty());
        let exempt = |(by, endings)| SuffixExempt {
            place: self,
            server,
            by,
            endings,
            behind: server.programs_behind(),
        };
        found.map(exempt).collect()
    }

    /// What a `Require expr` or `Require env` wants of the path.
    fn path_asked_by(self, line: Directive<'s>) -> Option<String> {
        match line.provider()? {
            (word, false) if word == "expr" => {
                Some(line.rest(1).into_owned()).filter(|text| text.contains("REQUEST_URI"))
            }
            (word, false) if word == "env" => {
                let name = line.literal(1)?.into_owned();
                let scopes = [Some(self), self.server(), self.site.scopes().next()];
                let mut lines = scopes.into_iter().flatten().flat_map(|scope| scope.own(Family::EnvIf));
                let sets = |line: &Directive<'s>| {
                    line.is_ignoring_case(0, "Request_URI")
                        && line.arguments().skip(2).any(|word| word.text().split('=').next() == Some(&name))
                };
                Some(lines.find(sets)?.literal(1)?.into_owned())
            }
            _ => None,
        }
    }

    /// The protected places of this server of Apache where programs or backends answer.
    fn programs_behind(self) -> Vec<Behind> {
        let main = self.site.main_sections().filter(|_| self.index() != 0);
        let places = self.descendants().chain(main).filter(|place| place.is_a_place());
        let mut behind = Vec::new();
        for place in places.filter(|place| place.is_exact_place() && place.asks().by().is_some()) {
            let Some(url) = place.url() else { continue };
            let mut found = vec![Behind::below(url)];
            let directory = place.directory().filter(|_| place.kind() != Kind::Mapping);
            let program = |name: &str, directory: PathBuf| Behind {
                path: format!("{}/{name}/{INSIDE}", url.trim_end_matches('/')),
                program: Some(directory.join(name)),
            };
            found.extend(directory.map(|directory| program("index.php", directory.to_path_buf())));
            found.extend(place.script_directory().map(|directory| program("app.cgi", directory)));
            found.retain(|one| !behind.contains(one));
            behind.extend(found);
            if behind.len() >= MOST_BEHIND {
                break;
            }
        }
        behind
    }

    /// The directory of programs that a `ScriptAlias` leads this path to.
    fn script_directory(self) -> Option<PathBuf> {
        let url = self.url()?.trim_end_matches('/').to_owned();
        let server = self.server()?;
        let mut lines =
            [server, self.site.scopes().next()?].into_iter().flat_map(|scope| scope.own(Family::Alias));
        let line = lines.find(|line| {
            line.name() == Name::Alias
                && line.is_named("ScriptAlias")
                && line.literal(0).is_some_and(|path| path.trim_end_matches('/') == url)
        })?;
        let target = line.literal(1).filter(|target| target.ends_with('/'))?;
        Some(PathBuf::from(target.trim_end_matches('/')))
    }
}

impl Behind {
    fn below(prefix: &str) -> Self {
        Behind { path: format!("{}/{INSIDE}", prefix.trim_end_matches('/')), program: None }
    }
}

/// The endings that an expression names.
fn endings_in(text: &str) -> Vec<&'static str> {
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let is_there = |ending: &&&str| words.iter().any(|word| word.eq_ignore_ascii_case(&ending[1..]));
    ENDINGS.iter().filter(is_there).take(MOST_ENDINGS).copied().collect()
}
