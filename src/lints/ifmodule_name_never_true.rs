//! An `<IfModule>` with a name that no module has: the rules in it are skipped without a word.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{IfModule, NeverTrue, Site};

pub const LINT: Lint = Lint {
    id: "ifmodule-name-never-true",
    summary: "the `<IfModule>` is never true: the access rules in it are not there",
    level: Level::Error,
    page: include_str!("ifmodule_name_never_true.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.module_tests().filter_map(check_test).collect()
}

fn check_test(test: IfModule<'_>) -> Option<Finding> {
    let line = test.access_line()?;
    let because = "skipped, like all in this section";
    match test.never_true()? {
        NeverTrue::Misnamed(names) => Some(
            Finding::at(test.span(), "no module has this name")
                .also(line, because)
                .help(format!("remove the `<IfModule>`, or write `{}`", names.source))
                .fix(Safety::Unsafe, vec![Edit { span: test.span(), text: names.source }]),
        ),
        // A file for old and new servers has a branch for each.
        NeverTrue::Old if test.has_company() => None,
        NeverTrue::Old => Some(
            Finding::at(test.span(), "2.4 has no module of this name any more")
                .also(line, because)
                .help("remove the `<IfModule>`, and write the rules as 2.4 has them"),
        ),
        NeverTrue::TooLate(loaded) => Some(
            Finding::at(test.span(), "the module is not loaded yet where this is read")
                .also(loaded, "it is loaded only here")
                .also(line, because)
                .help("move the `LoadModule` line above the `<IfModule>`"),
        ),
    }
}
