//! What is likely of a password file among the files of a site, where only a part of the configuration is at hand:
//! a virtual host, a `server` block, a `.htaccess`. There `decide` can prove nothing.

use std::path::Path;

use super::apache::{Matching, Outcomes, Viewpoint, below};
use super::names::{Family, Name};
use super::{Directive, Kind, Located, Scope, ServedFile, Site};

/// To whom a file is likely sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likely {
    /// To everybody.
    ToEverybody,
    /// To those who have logged in.
    ToUsers,
    /// To nobody, because of a rule about its name: one at hand, or the one that stock configurations have.
    ButForItsName,
}

/// A name that no rule about names can mean.
pub(super) const INNOCENT: &str = "authlint-0.html";

impl Site<'_> {
    /// Whether this is only a part of a configuration.
    #[must_use]
    pub fn is_part(&self) -> bool {
        !self.config.is_main || self.reading().is_some_and(|reading| reading.environment.lacks_parts)
    }

    /// Whether this is a part of a configuration of Apache with virtual hosts in it, none of whose own parts is
    /// missing.
    #[must_use]
    pub fn is_of_lone_hosts(&self) -> bool {
        let is_whole_in_itself = self.reading().is_some_and(|reading| !reading.environment.lacks_parts);
        !self.config.is_main && is_whole_in_itself && self.virtual_hosts().next().is_some()
    }
}

impl ServedFile<'_> {
    /// What is likely, if nothing at hand speaks against it.
    #[must_use]
    pub fn likely(&self) -> Option<Likely> {
        self.server.likely_sends(&self.url, &self.path)
    }
}

/// Whether Debian's own main file lets everybody in to a directory.
pub(super) fn is_open_in_stock(directory: &Path) -> bool {
    ["/var/www", "/usr/share"].iter().any(|start| directory.starts_with(start))
}

impl Scope<'_> {
    /// Whether the files of this server are likely open where no section at hand says who gets in, and no `.htaccess` is
    /// expected to.
    #[must_use]
    pub fn is_open_in_stock(self) -> bool {
        self.directory().is_some_and(is_open_in_stock)
    }

    /// Whether somebody writes logins into `.htaccess` files there.
    #[must_use]
    pub fn expects_logins_in_htaccess(self) -> bool {
        let is_said =
            |line: Directive<'_>| line.arguments().any(|w| w.text().eq_ignore_ascii_case("AuthConfig"));
        self.own(Family::Override).any(is_said)
    }

    /// To whom this server likely sends the file that it makes of a path of the URL, if nothing at hand speaks against it.
    #[must_use]
    pub fn likely_sends(self, url: &str, path: &Path) -> Option<Likely> {
        if !self.site.is_part() {
            return None;
        }
        if self.site.is_apache() {
            return self.likely_by_sections(url, path);
        }
        let directory = url.rsplit_once('/')?.0;
        self.likely_by_locations(url, path).or_else(|| {
            let sibling = format!("{directory}/{INNOCENT}");
            let is_refused = matches!(self.locate(url), Located::At(place) if place.refuses_by_name());
            let other = self.likely_by_locations(&sibling, &path.with_file_name(INNOCENT));
            other.filter(|_| is_refused).map(|_| Likely::ButForItsName)
        })
    }

    /// nginx: the location sends files of that directory, and nothing in it or around it refuses anybody.
    fn likely_by_locations(self, url: &str, path: &Path) -> Option<Likely> {
        const CHECKS: [Family; 9] = [
            Family::Rules,
            Family::Rewrite,
            Family::Internal,
            Family::OtherCheck,
            Family::OtherHandler,
            Family::ContentModule,
            Family::Foreign,
            Family::Subrequest,
            Family::OtherAuth,
        ];
        let Located::At(place) = self.locate(url) else { return None };
        let own = std::iter::once(place).chain(place.ancestors()).filter(|scope| scope.id != 0);
        let is_plain = |scope: Scope<'_>| {
            scope.is_wholly_known() && CHECKS.iter().all(|check| scope.own(*check).next().is_none())
        };
        let mut own = own.into_iter();
        let tries = place.own(Family::TryFiles).last();
        let finds = tries.is_none_or(|by| by.argument(0).is_some_and(|first| first.text() == "$uri"));
        if !own.all(is_plain) || place.backend().is_some() || !finds {
            return None;
        }
        let sent = match place.own(Family::Alias).last() {
            Some(alias) => {
                let location = place.location()?.path.into_owned();
                format!("{}{}", alias.literal(0)?, url.get(location.len()..)?)
            }
            None => format!("{}{url}", place.directive(Family::Root)?.literal(0)?),
        };
        if Path::new(&sent) != path {
            return None;
        }
        let is_off = place.directive(Family::Realm).is_some_and(|realm| realm.is(0, "off"));
        match place.asks().by() {
            Some(_) => Some(Likely::ToUsers),
            None => (is_off || place.sees_no(Family::Realm)).then_some(Likely::ToEverybody),
        }
    }

    /// Apache: what the sections of the virtual host, or the `.htaccess`, say of the file.
    fn likely_by_sections(self, url: &str, path: &Path) -> Option<Likely> {
        let name = path.file_name()?.to_str()?;
        let mut is_refused_by_name = name.to_ascii_lowercase().starts_with(".ht");
        let mut deepest: Option<(usize, Scope<'_>)> = None;
        let mut is_for_users = false;
        if self.may_refuse_by_rules() || !self.is_wholly_known() {
            return None;
        }
        for section in std::iter::once(self).chain(self.descendants()) {
            let covers = match section.kind() {
                Kind::Directory | Kind::Htaccess => {
                    let directory = section.directory().filter(|directory| path.starts_with(directory));
                    if let (true, Some(directory)) = (section.is_exact_place(), directory) {
                        let depth = directory.components().count();
                        if section.has_rules() && deepest.is_none_or(|(known, _)| depth >= known) {
                            deepest = Some((depth, section));
                        }
                        Some(true)
                    } else if section.is_exact_place() {
                        Some(false)
                    } else {
                        None
                    }
                }
                Kind::Files => section.matches(name),
                Kind::Location | Kind::Mapping => match section.matching() {
                    Matching::Literal(prefix) => Some(below(prefix, url).is_some()),
                    _ => section.matches(url),
                },
                _ => Some(false),
            };
            let has_a_say =
                section.has_rules() || section.backend().is_some() || section.may_refuse_by_rules();
            match (covers, section.kind()) {
                (Some(false), _) => {}
                _ if !has_a_say => {}
                (None, _) => return None,
                (_, Kind::Directory | Kind::Htaccess) => {
                    if section.may_refuse_by_rules() {
                        return None;
                    }
                }
                (_, Kind::Files) => is_refused_by_name = true,
                (_, _) if section.backend().is_some() => return None,
                (_, _) => is_for_users |= section.answers_strangers()? == Likely::ToUsers,
            }
        }
        let found = match deepest {
            Some((_, section)) => section.answers_strangers()?,
            // Of the whole disk as document root hardly all is granted by lines that are not at hand.
            None if self.directive(Family::Root).is_some_and(|root| root.is(0, "/")) => return None,
            None => Likely::ToEverybody,
        };
        Some(match found {
            _ if is_refused_by_name => Likely::ButForItsName,
            Likely::ToEverybody if !is_for_users => Likely::ToEverybody,
            _ => Likely::ToUsers,
        })
    }
}

impl Scope<'_> {
    /// nginx: whether the location is for names, by an expression, and refuses everybody.
    fn refuses_by_name(self) -> bool {
        let is_refusal = |by: Directive<'_>| by.is(0, "403") || by.is(0, "404") || by.is(0, "444");
        let is_for_names = self.location().is_some_and(|location| location.is_regex());
        is_for_names
            && (self.own(Family::Rules).any(|by| by.name() == Name::Deny && by.is(0, "all"))
                || self.own(Family::Rewrite).any(|by| by.name() == Name::Return && is_refusal(by)))
    }

    pub(super) fn has_rules(self) -> bool {
        self.requires().next().is_some() || self.own(Family::Rules).next().is_some()
    }

    /// Whether the lines of this very scope send somebody away by rewriting, or may do so.
    pub(super) fn may_refuse_by_rules(self) -> bool {
        self.own(Family::Rewrite).any(|line| match line.name() {
            Name::Redirect => true,
            Name::RewriteRule => {
                let flags = line.arguments().nth(2).map(|word| word.text().to_ascii_uppercase());
                flags.is_some_and(|flags| flags.contains('F') || flags.contains("R=4"))
            }
            _ => false,
        })
    }

    /// What a stranger gets in a section: what everybody does, or a login; none where it is refused or not known.
    fn answers_strangers(self) -> Option<Likely> {
        if self.own(Family::Rules).any(|line| line.name() == Name::Deny)
            || self.own(Family::OtherCheck).next().is_some()
        {
            return None;
        }
        if self.asks().by().is_some() {
            return Some(Likely::ToUsers);
        }
        self.outcome("GET", Viewpoint::Stranger).must_be(Outcomes::GRANTED).then_some(Likely::ToEverybody)
    }
}
