//! Programs that Apache runs or asks, and whether they get to see `Authorization` (spec a112 to a114).

use super::proxy::target;
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, OwnLogin, Scope, Site};

/// A program that likely wants the header, and certainly does not get it.
#[derive(Clone, Copy, Debug)]
pub struct DeafProgram<'s> {
    /// The place.
    pub scope: Scope<'s>,
    /// What has the program run or asked.
    pub by: Directive<'s>,
    /// What says that it wants the header.
    pub wants: OwnLogin,
    /// The section for the place, where `CGIPassAuth` belongs.
    pub section: Option<Scope<'s>>,
}

/// Handlers that run a program and keep the header from it.
const HANDLERS: &[&str] = &["cgi-script", "fcgid-script", "fastcgi-script"];

/// Words in the names of interfaces for programs, which log in by the header.
const INTERFACES: &[&str] = &[
    "api", "apis", "caldav", "carddav", "dav", "graphql", "jsonrpc", "jwt", "oauth", "oauth2", "rest",
    "restapi", "token", "tokens", "webdav",
];

impl Site<'_> {
    /// The programs that are not told of credentials, although their names or their neighbours say that
    /// they look for them.
    #[must_use]
    pub fn deaf_programs(&self) -> Vec<DeafProgram<'_>> {
        self.scopes().filter_map(Scope::deaf_program).collect()
    }

    /// For each server: the first line that has an application run by `mod_wsgi`, where nothing says
    /// whether it gets the header, and the server itself asks for nothing.
    #[must_use]
    pub fn deaf_applications(&self) -> Vec<Directive<'_>> {
        let servers = self.scopes().filter(|scope| scope.is_apache_server());
        servers.filter_map(Scope::deaf_application).collect()
    }
}

impl<'s> Scope<'s> {
    /// The line of this very scope that has a program run or asked.
    pub(super) fn program_line(self) -> Option<Directive<'s>> {
        let is_mapping = self.kind() == Kind::Mapping;
        let is_script =
            |line: &Directive<'_>| line.is_named("ScriptAlias") || line.is_named("ScriptAliasMatch");
        let aliases = self.own(Family::Alias).filter(|line| is_mapping && is_script(line));
        let handlers = self.own(Family::Handler).filter(|line| {
            line.name() == Name::SetHandler
                && line.literal(0).is_some_and(|word| is_program(&word) || asks_a_program(&word))
        });
        let asked = self.backend_line().filter(|line| target(*line).is_some_and(|url| asks_a_program(&url)));
        let by_name = self.own(Family::Setting).filter(|line| {
            line.is_named("AddHandler") && line.literal(0).is_some_and(|word| is_program(&word))
        });
        aliases.chain(handlers).chain(asked).chain(by_name).find(|line| line.is_certain())
    }

    fn deaf_program(self) -> Option<DeafProgram<'s>> {
        let by = self.program_line().filter(|_| self.is_certainly_there())?;
        // What Apache checks itself it tells by `REMOTE_USER`.
        if !self.asks().nothing() && self.asks().by().is_some() || self.is_closed_to_strangers() {
            return None;
        }
        let wants = self.wants_the_header(by)?;
        if self.gets_the_header() || self.may_be_told_otherwise(by) {
            return None;
        }
        let is_here = |scope: &Scope<'s>| {
            scope.kind() == Kind::Directory && scope.is_exact_place() && scope.directory() == self.directory()
        };
        let section = self.applying().filter(is_here).last();
        Some(DeafProgram { scope: self, by, wants, section })
    }

    fn is_closed_to_strangers(self) -> bool {
        // Where the outside is not at hand nobody knows, and the line that opens is at hand mostly.
        self.keeps_strangers_out() && self.provider(Family::Require).is_some()
    }

    /// What says that the program looks at `Authorization`.
    fn wants_the_header(self, by: Directive<'s>) -> Option<OwnLogin> {
        let why = "an interface for programs, which log in by this header";
        if by.arguments().any(|word| is_interface(&word.text())) {
            return Some(OwnLogin { by: by.span(), why });
        }
        let around = std::iter::once(self)
            .chain(self.ancestors())
            .filter(|scope| matches!(scope.kind(), Kind::Location | Kind::Directory | Kind::Files));
        if let Some(scope) = { around }.find(|scope| is_interface(&scope.title())) {
            return Some(OwnLogin { by: scope.span(), why });
        }
        let names = self.server().into_iter().flat_map(|server| server.own(Family::ServerName));
        let is_host =
            |line: &Directive<'_>| line.arguments().any(|name| is_host_of_an_interface(&name.text()));
        if let Some(line) = { names }.find(is_host) {
            return Some(OwnLogin { by: line.span(), why });
        }
        if let Some(line) = self.allowed_by_cors() {
            return Some(OwnLogin { by: line.span(), why: "scripts send `Authorization` here" });
        }
        if let Some(line) = self.interface_beside() {
            return Some(OwnLogin { by: line.span(), why: "scripts send `Authorization` here" });
        }
        let mut rules = self.applying().flat_map(|scope| scope.own(Family::Rewrite));
        let leads = |line: &Directive<'_>| {
            let from = line.argument(0).map(|word| word.text().into_owned()).unwrap_or_default();
            let first = from.trim_start_matches(['^', '/', '?', '(']);
            let word = first.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
            line.name() == Name::RewriteRule && INTERFACES.contains(&word.to_ascii_lowercase().as_str())
                || leads_to_dav(*line)
        };
        rules.find(leads).map(|line| OwnLogin { by: line.span(), why })
    }

    /// The line of CORS about `Authorization` in a section beside a program for all scripts of the server: what is
    /// no file there is the program's, as no other backend has it.
    fn interface_beside(self) -> Option<Directive<'s>> {
        let server = self.server()?;
        let is_for_scripts = self.kind() == Kind::Files && self.matches("index.php") == Some(true);
        let is_interface = |section: &Scope<'s>| {
            section.kind() == Kind::Location
                && section.backend_line().is_none()
                && is_interface(&section.title())
        };
        let has_another = |section: &Scope<'s>| {
            let url = section.url();
            server.descendants().any(|other| {
                let is_around = url.zip(other.url()).is_some_and(|(url, other)| {
                    crate::model::below(other.trim_end_matches('/'), url).is_some()
                });
                other.kind() == Kind::Mapping && is_around
            })
        };
        let mut sections = server.descendants().filter(|_| is_for_scripts);
        let says = |line: &Directive<'_>| {
            let text = line.text().to_ascii_lowercase();
            let headers = text.split_once("access-control-allow-headers").map(|(_, headers)| headers);
            line.is_named("Header") && headers.is_some_and(|headers| headers.contains("authorization"))
        };
        let section = sections.find(|section| is_interface(section) && !has_another(section))?;
        section.own(Family::Setting).chain(section.own(Family::Foreign)).find(says)
    }

    /// Whether some line hands the header on, or may do so: `CGIPassAuth`, a variable, a module's own line.
    fn gets_the_header(self) -> bool {
        let last = self.applying().flat_map(|scope| scope.own(Family::CgiPassAuth)).last();
        if last.is_some_and(|line| !line.is_ignoring_case(0, "off")) {
            return true;
        }
        let server = self.server().into_iter();
        let all = self.applying().chain(server.flat_map(|server| server.descendants().chain([server])));
        { all }.any(|scope| scope.mentions_authorization())
    }

    /// Whether a line here makes something of `Authorization` that a program could see.
    fn mentions_authorization(self) -> bool {
        // The rules of a virtual host are run by its own engine, or by that of the main server.
        let is_off = |server: Scope<'s>| {
            let lines = server.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteEngine);
            server.is_wholly_known() && { lines }.all(|line| line.is_ignoring_case(0, "off"))
        };
        let is_stopped = self.kind() == Kind::Server && is_off(self) && is_off(self.site.scope(0));
        let may_count = |line: &Directive<'_>| match line.name().family() {
            Family::Rewrite => !is_stopped,
            // What is set to a word says no more than that there is a header (spec a113).
            Family::EnvIf => line.arguments().skip(2).any(|word| word.text().contains('$')),
            _ => !line.is_named("Header"),
        };
        [Family::Rewrite, Family::EnvIf, Family::Setting, Family::Foreign]
            .into_iter()
            .flat_map(|family| self.own(family))
            .filter(may_count)
            .any(|line| line.text().to_ascii_lowercase().contains("authorization"))
    }

    /// Whether something that is not at hand may say otherwise: a part of the server, or a `.htaccess`
    /// that is permitted and was not found.
    fn may_be_told_otherwise(self, by: Directive<'s>) -> bool {
        if self.applying().any(|scope| !scope.is_wholly_known() && scope.kind() != Kind::Snippet) {
            return true;
        }
        let is_none =
            |line: Directive<'_>| line.arguments().all(|word| word.text().eq_ignore_ascii_case("none"));
        let overrides = self.applying().flat_map(|scope| scope.own(Family::Override)).last();
        let has_htaccess = self.applying().any(|scope| scope.kind() == Kind::Htaccess);
        let is_script = by.is_named("ScriptAlias") || by.is_named("ScriptAliasMatch");
        !is_script && !has_htaccess && overrides.is_some_and(|line| !is_none(line))
    }

    fn is_apache_server(self) -> bool {
        self.site.is_apache() && matches!(self.kind(), Kind::Server | Kind::Main | Kind::Snippet)
    }

    /// Whether this is the place of a `WSGIScriptAlias`.
    pub(super) fn is_of_wsgi(self) -> bool {
        self.kind() == Kind::Mapping && self.own(Family::Alias).any(|line| line.is_named("WSGIScriptAlias"))
    }

    /// Whether a section for the place names addresses, perhaps under some condition.
    fn is_for_addresses(self) -> bool {
        let names_some =
            |line: Directive<'_>| ["ip", "local", "host"].iter().any(|word| line.is_ignoring_case(0, word));
        self.applying().flat_map(|scope| scope.own(Family::Require)).any(names_some)
    }

    fn deaf_application(self) -> Option<Directive<'s>> {
        let inside: Vec<Scope<'s>> = std::iter::once(self)
            .chain(
                self.descendants().filter(|scope| scope.server() == Some(self) || scope.server().is_none()),
            )
            .collect();
        let lines = |scope: &Scope<'s>| {
            let all = [Family::Alias, Family::Handler, Family::Setting, Family::Foreign];
            let scope = *scope;
            all.into_iter().flat_map(move |family| scope.own(family))
        };
        let says = |line: Directive<'_>| line.is_named("WSGIPassAuthorization");
        let main = self.site.scope(0);
        if inside.iter().flat_map(lines).chain(lines(&main)).any(says) || !self.is_all_there() {
            return None;
        }
        inside.iter().find_map(|scope| {
            let is_open = scope.asks().by().is_none() && !scope.is_for_addresses();
            lines(scope).find(|line| is_open && runs_wsgi(*line, scope.kind()))
        })
    }

    /// Whether the server's own text is all at hand.
    fn is_all_there(self) -> bool {
        self.kind() == Kind::Snippet || self.is_wholly_known()
    }
}

/// Whether a line has an application run by `mod_wsgi`. An alias counts in the place that it makes, where
/// it is known what is asked for.
fn runs_wsgi(line: Directive<'_>, kind: Kind) -> bool {
    let is_handler = line.is_named("SetHandler") || line.is_named("AddHandler");
    (line.is_named("WSGIScriptAlias") && kind == Kind::Mapping)
        || line.is_named("WSGIScriptAliasMatch")
        || is_handler && line.is_ignoring_case(0, "wsgi-script")
}

fn is_program(handler: &str) -> bool {
    HANDLERS.iter().any(|known| handler.eq_ignore_ascii_case(known))
}

fn asks_a_program(url: &str) -> bool {
    url.contains("fcgi://") || url.contains("scgi://")
}

fn is_interface(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| INTERFACES.contains(&word))
}

/// Whether a redirect is what tells clients of calendars and address books where the program is (RFC 6764).
fn leads_to_dav(line: Directive<'_>) -> bool {
    let words: Vec<String> = line.arguments().map(|word| word.text().to_ascii_lowercase()).collect();
    let is_here = |word: &str| {
        !word.contains("://") || word.contains("://%{http_host}") || word.contains("://%{server_name}")
    };
    let is_program = |word: &str| word.contains(".php") && is_here(word);
    let is_asked = |word: &str| {
        let word = word.replace('\\', "");
        word.contains("well-known/caldav")
            || word.contains("well-known/carddav")
            || word.contains("caldav|carddav")
    };
    words.iter().any(|word| is_asked(word)) && words.iter().any(|word| is_program(word))
}

/// `api.example.org`, `v2-api.example.org`.
fn is_host_of_an_interface(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let first = name.split('.').next().filter(|first| first.len() < name.len());
    first.is_some_and(|first| first == "api" || first.starts_with("api-") || first.ends_with("-api"))
}
