//! A location asks for one path of the URL; another location sends the same files.

use super::Lint;
use crate::decide::{Witness, open_ways};
use crate::finding::{Finding, Level};
use crate::model::{Name, SecondWay, Site};

pub const LINT: Lint = Lint {
    id: "second-way-to-protected-files",
    summary: "another location sends the files of the protected one to everybody",
    level: Level::Error,
    page: include_str!("second_way_to_protected_files.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    if site.is_apache() {
        return Vec::new();
    }
    open_ways(site).iter().map(|(way, witness)| finding(way, witness.as_ref())).collect()
}

fn finding(way: &SecondWay<'_>, witness: Option<&Witness>) -> Finding {
    let folder = way.url.rsplit_once('/').map_or("", |(folder, _)| folder);
    let origin = witness.and_then(|witness| witness.request.origin()).unwrap_or_default();
    let what = if way.is_traversal { "leads out of the directory that is meant, to" } else { "leads to" };
    let label =
        format!("`{origin}{folder}/` {what} `{}`, and nobody is asked there", way.directory.display());
    let finding = Finding::at(way.by.span(), label)
        .also(way.wanted.span(), format!("this asks for the same files in `{}` alone", way.area.title()));
    if way.is_traversal {
        return finding
            .message("a slash is missing at the end of the location: its alias leads to the protected files beside it")
            .help("write a `/` at the end of the location's path");
    }
    if way.by.name() == Name::Root {
        return finding.help(format!(
            "write `location {folder}/` with `deny all;`, or move the files out of this directory"
        ));
    }
    finding.help(format!("ask for the password here, too: `{};`", way.wanted.text()))
}
