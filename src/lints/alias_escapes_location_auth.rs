//! A `<Location>` asks for one path of the URL; another path leads to the same files.

use super::Lint;
use crate::decide::{Witness, open_ways};
use crate::finding::{Finding, Level};
use crate::model::{Name, SecondWay, Site};

pub const LINT: Lint = Lint {
    id: "alias-escapes-location-auth",
    summary: "the login is for one path of the URL, and another path leads to the same files without it",
    level: Level::Error,
    page: include_str!("alias_escapes_location_auth.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    if !site.is_apache() {
        return Vec::new();
    }
    open_ways(site).iter().map(|(way, witness)| finding(way, witness.as_ref())).collect()
}

fn finding(way: &SecondWay<'_>, witness: Option<&Witness>) -> Finding {
    let folder = way.url.rsplit_once('/').map_or("", |(folder, _)| folder);
    let origin = witness.and_then(|witness| witness.request.origin()).unwrap_or_default();
    let label =
        format!("`{origin}{folder}/` leads to `{}` too, and nobody is asked there", way.directory.display());
    let finding = Finding::at(way.by.span(), label)
        .also(way.area.span(), "the login is for this path alone")
        .also(way.wanted.span(), "so this is not asked for on the other one");
    finding.help(match way.by.name() {
        Name::Root => format!(
            "write the login into `<Directory \"{}\">`, or move the files out of the document root",
            way.directory.display()
        ),
        _ => format!(
            "write the login into `<Directory \"{}\">`: it holds for every path that leads there",
            way.directory.display()
        ),
    })
}
