//! `${NAME}` without a value stays in the text: the path or the section is not the one that was meant.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Site, Unset, UnsetVariable};

pub const LINT: Lint = Lint {
    id: "undefined-variable",
    summary: "the variable has no value: its name stays in the text",
    level: Level::Warning,
    page: include_str!("undefined_variable.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.unset_variables().into_iter().map(finding).collect()
}

fn finding(variable: UnsetVariable<'_>) -> Finding {
    let UnsetVariable { span, name, why, is_about_access } = variable;
    match why {
        Unset::TooLate(defined) => Finding::at(span, "not defined yet where this is read")
            .also(defined, "it is defined only here")
            .help("move the `Define` above the first use"),
        Unset::Empty(defined) => {
            let finding = Finding::at(span, "an empty value is none")
                .help(format!("write the value behind `Define {name}`"));
            match defined {
                Some(defined) => finding.also(defined, "it is defined here"),
                None => finding,
            }
        }
        Unset::Misspelt(similar) => Finding::at(span, format!("there is only a `{similar}`"))
            .help(format!("write `${{{similar}}}`, if that is meant"))
            .fix(Safety::Unsafe, vec![Edit { span, text: format!("${{{similar}}}") }]),
        Unset::Nowhere => {
            let finding = Finding::at(span, "neither a `Define` nor `envvars` gives it a value").help(
                format!("write `Define {name} VALUE` above the first use, or say `-D {name}=VALUE` here"),
            );
            if is_about_access { finding } else { finding.level(Level::Advice) }
        }
    }
}
