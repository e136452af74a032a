//! Redirects to HTTPS that come after the login (spec a123, a124).

use super::names::{Family, Name};
use super::{Directive, Kind, Reply, Scope};

impl<'s> Scope<'s> {
    /// The line of this very place that sends to HTTPS, but only those who were let in: rules of a directory, an
    /// `.htaccess`, a section by condition or by path; a location of nginx that `try_files` leads to.
    #[must_use]
    pub fn late_redirect_to_https(self) -> Option<Directive<'s>> {
        if !self.site.is_apache() {
            return self.named_redirect();
        }
        let is_late =
            matches!(self.kind(), Kind::Directory | Kind::Htaccess | Kind::Files | Kind::If | Kind::Location)
                && self
                    .server()
                    .is_none_or(|server| server.may_be_asked_plainly() && !server.sends_to_https());
        // Of a `<Location>` only a redirect without a path comes first (spec a124).
        let is_early = |line: &Directive<'_>| {
            self.kind() == Kind::Location
                && line.name() == Name::Redirect
                && !line.arguments().any(|word| word.text().starts_with('/'))
        };
        let mut lines = self.own(Family::Rewrite).filter(|line| is_late && !is_early(line));
        // Without encryption only: else the redirect would never end, or leads to another server.
        lines.find(|line| {
            matches!(line.name(), Name::Redirect | Name::RewriteRule)
                && line.arguments().any(|word| word.text().to_ascii_lowercase().starts_with("https://"))
                && (self.is_for_plain_requests(*line) || self.server().is_some_and(Scope::is_only_plain))
        })
    }

    /// The line that asks a stranger before a late redirect: in this very place, or in those below it.
    #[must_use]
    pub fn asks_before_late_redirect(self, redirect: Directive<'s>) -> Option<Directive<'s>> {
        // Refused without encryption, before anybody is asked.
        let refuses = |scope: Scope<'_>| {
            let mut lines = scope.own(Family::Foreign).chain(scope.own(Family::Setting));
            lines.any(|line| line.is_named("SSLRequireSSL"))
        };
        let is_shielded = |scope: Scope<'s>| refuses(scope) || scope.applying().any(refuses);
        if is_shielded(self) || self.asks_by_encryption() {
            return None;
        }
        let mut outer =
            std::iter::once(self).chain(self.ancestors().take(1).filter(|_| self.kind() == Kind::If));
        if let Some(by) = outer.find_map(|scope| scope.asks_a_stranger("GET")) {
            return Some(by);
        }
        // Sections of files and of directories below inherit the rules, unless they have their own.
        let server = self.server()?;
        let htaccess = server.htaccess_files();
        let places: Vec<Scope<'s>> = server.descendants().chain(htaccess).collect();
        let is_below = |place: &Scope<'s>| {
            let is_inner = place.ancestors().any(|outer| outer == self);
            let is_deeper =
                place.directory().zip(self.directory()).is_some_and(|(it, own)| it.starts_with(own));
            *place != self && (is_inner || is_deeper && self.kind() != Kind::Files && self.kind() != Kind::If)
        };
        let is_place = |place: &Scope<'s>| {
            matches!(place.kind(), Kind::Files | Kind::If | Kind::Directory | Kind::Location | Kind::Htaccess)
        };
        let mut below =
            places.into_iter().filter(|place| is_place(place) && is_below(place) && !is_shielded(*place));
        let has_rules = |place: &Scope<'s>| place.own(Family::Rewrite).next().is_some();
        below.find_map(|place| {
            let by = place.own_asking().filter(|_| !has_rules(&place))?;
            (redirect.is_certain() && place.asks_a_stranger("GET").is_some()).then_some(by)
        })
    }

    /// Whether sections on a condition say who gets in with encryption, or without: `<If "%{HTTPS} == 'on'">`.
    fn asks_by_encryption(self) -> bool {
        let around = self.parent().filter(|_| self.kind() == Kind::If).unwrap_or(self);
        let mut ifs = around.children().filter(|child| child.kind() == Kind::If).peekable();
        let is_about =
            around.children().any(|child| child.kind() == Kind::If && speaks_of_encryption(&child.title()));
        is_about && ifs.any(|child| child.requires().next().is_some())
    }

    /// Whether a condition before a rule, or the section around a line, is for requests without encryption.
    fn is_for_plain_requests(self, redirect: Directive<'s>) -> bool {
        if self.kind() == Kind::If && speaks_of_encryption(&self.title()) {
            return true;
        }
        let conditions = self.own(Family::Rewrite).filter(|line| line.name() == Name::RewriteCond);
        let mut before = conditions.filter(|line| line.span() < redirect.span());
        before.any(|line| line.argument(0).is_some_and(|word| speaks_of_encryption(&word.text())))
    }

    /// Whether a server of Apache may take requests without encryption, as far as its text says.
    fn may_be_asked_plainly(self) -> bool {
        if self.kind() != Kind::Server {
            // What stands outside of the virtual hosts is for all of them.
            return !self.site.virtual_hosts().any(Scope::sends_to_https);
        }
        self.ports().is_empty() || self.listens_plainly()
    }

    fn is_only_plain(self) -> bool {
        self.kind() == Kind::Server
            && !self.ports().is_empty()
            && self.ports().iter().all(|(port, is_tls)| !is_tls && *port != 443)
    }

    /// `try_files /none @https;` under a password.
    fn named_redirect(self) -> Option<Directive<'s>> {
        let by = self.own(Family::TryFiles).last().filter(|_| self.is_reached_from_outside())?;
        let name = by.literal(by.arity().checked_sub(1)?).filter(|name| name.starts_with('@'))?;
        let server = self.server().filter(|server| server.listens_plainly())?;
        let there =
            server.children().find(|child| child.location().is_some_and(|location| location.path == name))?;
        let is_plain = |block: &Scope<'_>| block.kind() == Kind::If && is_of_plain_requests(&block.title());
        let answer = there.answer().or_else(|| there.children().find(is_plain)?.answer())?;
        let is_https = matches!(&answer.reply, Reply::Redirect(target)
            if target.starts_with("https://") && server.own_path(target).is_some());
        (is_https && !self.goes_elsewhere() && !server.goes_elsewhere()).then_some(answer.by)
    }
}

/// Whether a condition of Apache's is about encryption.
fn speaks_of_encryption(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let names = ["https", "server_port", "forwarded-proto", "request_scheme", "forwarded-ssl"];
    names.iter().any(|name| text.contains(name))
}

/// Whether an `if` of nginx is for requests without encryption.
fn is_of_plain_requests(title: &str) -> bool {
    let text: String =
        title.to_ascii_lowercase().chars().filter(|c| !c.is_whitespace() && !"'\"".contains(*c)).collect();
    let conditions = [
        "($scheme=http)",
        "($scheme!=https)",
        "($https=)",
        "($https!=on)",
        "($server_port=80)",
        "($server_port!=443)",
    ];
    conditions.iter().any(|condition| text.contains(condition))
        || text.contains("($scheme~^http$)")
        || text.contains("($http_x_forwarded_proto=http)")
}
