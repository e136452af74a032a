//! Which methods change something where `DAV` is on.

use super::names::Family;
use super::{Directive, Scope};

/// Methods of `WebDAV` by which something is made, changed or moved away. `UNLOCK` needs a token that only `LOCK` gives.
const WRITING: &[&str] = &["PUT", "DELETE", "MKCOL", "COPY", "MOVE", "PROPPATCH", "LOCK"];

/// Those of Subversion: `POST` begins a commit, and the others are the ways of its older clients.
const OF_SUBVERSION: &[&str] = &["POST", "MKACTIVITY", "CHECKOUT", "MERGE"];

/// Of servers with more sections than this none is looked at for each of its lists.
const MOST_SECTIONS: usize = 500;

impl<'s> Scope<'s> {
    /// The line that switches `WebDAV` on in this section of Apache, and the methods that write there and that the
    /// section's own lines let everybody use. None where another check says who may do what.
    #[must_use]
    pub fn writing_left_open(self) -> Option<(Directive<'s>, Vec<&'static str>)> {
        let around = self.scopes_around()?;
        let lines =
            around.iter().flat_map(|scope| scope.own(Family::Setting).map(move |line| (*scope, line)));
        let lines: Vec<_> = lines.filter(|(_, line)| line.is_named("dav")).collect();
        let own = lines.iter().rfind(|(scope, _)| *scope == self);
        let is_on =
            |line: &Directive<'_>| line.is_certain() && line.arity() > 0 && !line.is_ignoring_case(0, "off");
        let dav = match own {
            Some((_, line)) => is_on(line).then_some(*line)?,
            None => lines.iter().all(|(_, line)| is_on(line)).then_some(lines.last()?.1)?,
        };
        // Another check may well ask for what this list leaves out: `AuthzSVNAccessFile`, a certificate.
        if around.iter().any(|scope| scope.own(Family::OtherCheck).next().is_some()) {
            return None;
        }
        let of_subversion = if dav.is_ignoring_case(0, "svn") { OF_SUBVERSION } else { &[] };
        let writing = WRITING.iter().chain(of_subversion).copied();
        let open: Vec<_> = writing.filter(|method| self.opens_by_itself(method)).collect();
        (!open.is_empty()).then_some((dav, open))
    }

    /// This section, those of the paths around, and the servers; none where a server has too many to look at for each.
    fn scopes_around(self) -> Option<Vec<Scope<'s>>> {
        let is_around = |place: &Scope<'s>| {
            let outer = place.url().filter(|_| place.is_exact_place());
            let is_below = |outer: &str| super::below(outer.trim_end_matches('/'), self.url()?);
            outer.is_some_and(|outer| is_below(outer).is_some())
        };
        let server = self.server();
        let children = || server.into_iter().flat_map(Scope::children);
        if children().nth(MOST_SECTIONS).is_some() {
            return None;
        }
        let servers = [self.site.scope(0)].into_iter().chain(server);
        Some(servers.chain(children().filter(is_around)).chain([self]).collect())
    }
}
