//! Sections for directories that nothing is served from (spec a45).

use std::path::Path;

use super::Matching;
use crate::model::names::{Family, Name};
use crate::model::{Directive, Kind, Scope};

impl<'s> Scope<'s> {
    /// Whether this is a `<Directory>` of a virtual host for a directory that no URL of the host leads to, by all that
    /// is written: neither its document root nor an `Alias` is in it or around it, and no other line names it.
    #[must_use]
    pub fn is_reached_by_no_url(self) -> bool {
        let (Some(server), Some(apache)) = (self.server(), &self.site.apache) else { return false };
        let is_literal = matches!(self.matching(), Matching::Literal(_)) && self.is_exact_place();
        let Some(directory) = self.directory().filter(|_| is_literal && self.kind() == Kind::Directory)
        else {
            return false;
        };
        let main = self.site.scope(0);
        let (Some(own), Some(of_main)) = (apache.servers.get(&server.id), apache.servers.get(&0)) else {
            return false;
        };
        let knows_all_modules = self.site.lacks_modules_like(&["userdir", "vhost_alias"]);
        if server.id == 0 || !knows_all_modules || !server.is_wholly_known() || !main.is_wholly_known() {
            return false;
        }
        let Some(root) = own.root.as_ref().or(of_main.root.as_ref()) else { return false };
        let touches = |other: &Path| other.starts_with(directory) || directory.starts_with(other);
        let aliases = own.aliases.iter().chain(&of_main.aliases);
        if touches(root) || aliases.map(|(_, target)| target.as_path()).any(touches) {
            return false;
        }
        let lines = |scope: Scope<'s>| scope.own_all();
        let mut others = lines(main).chain(lines(server)).chain(server.descendants().flat_map(lines));
        let may_lead_there = |line: Directive<'_>| {
            let is_way = matches!(line.name().family(), Family::Alias | Family::Root);
            let is_unclear =
                line.name() == Name::AliasMatch || line.arguments().any(|word| word.literal().is_none());
            let names_it = |text: &str| directory.to_str().is_none_or(|path| text.contains(path));
            is_way && is_unclear || line.arguments().any(|word| names_it(&word.text()))
        };
        !others.any(may_lead_there)
    }
}
