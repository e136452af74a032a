//! A program that reads `Authorization` is run by Apache, which keeps the header to itself.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{DeafProgram, Site};

pub const LINT: Lint = Lint {
    id: "cgi-authorization-not-passed",
    summary: "the program never sees the client's `Authorization`: Apache does not hand it to programs by itself",
    level: Level::Warning,
    page: include_str!("cgi_authorization_not_passed.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.deaf_programs().into_iter().map(finding).collect()
}

fn finding(program: DeafProgram<'_>) -> Finding {
    let DeafProgram { by, wants, section, .. } = program;
    let finding = match section {
        Some(section) => Finding::at(section.span(), "programs here are run without the header")
            .also(by.span(), "by this line")
            .help("add `CGIPassAuth On` to this section"),
        None => Finding::at(by.span(), "has a program run without the header")
            .help("add `CGIPassAuth On` to a `<Directory>` or `<Location>` section for this place"),
    };
    let finding = finding.also(wants.by, wants.why);
    match section.and_then(crate::model::Scope::inside) {
        Some(span) => finding.fix(Safety::Unsafe, vec![Edit { span, text: "    CGIPassAuth On\n".into() }]),
        None => finding,
    }
}
