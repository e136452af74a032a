//! An `AuthType` that no module answers to: every request ends in 500.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::words::{AUTH_TYPES, FOREIGN, Foreign, STORES, meant};
use crate::model::{Directive, Family, Outcomes, Scope, Site, Viewpoint};

pub const LINT: Lint = Lint {
    id: "unknown-auth-type",
    summary: "the `AuthType` does not exist: every request ends in 500 Internal Server Error",
    level: Level::Error,
    page: include_str!("unknown_auth_type.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    site.sections().filter(|scope| may_ask(*scope)).flat_map(check_scope).collect()
}

fn check_scope(scope: Scope<'_>) -> impl Iterator<Item = Finding> {
    let conditional = scope.own(Family::Scheme).filter(|line| !line.is_certain());
    let lines = scope.directive(Family::Scheme).into_iter().chain(conditional);
    lines.filter_map(move |line| check_line(scope, line))
}

/// Where no user is asked for, nobody looks at the word.
fn may_ask(scope: Scope<'_>) -> bool {
    let asks = |method| scope.outcome(method, Viewpoint::Anyone).may_be(Outcomes::USER);
    scope.site().is_apache() && (asks("GET") || asks("POST"))
}

fn check_line(scope: Scope<'_>, line: Directive<'_>) -> Option<Finding> {
    let value = line.argument(0).filter(|value| line.arity() == 1 && !value.is_template())?;
    let word = value.literal().filter(|word| !word.is_empty() && !word.contains("%{"))?;
    let small = word.to_ascii_lowercase();
    let is_known = AUTH_TYPES.iter().any(|known| known.eq_ignore_ascii_case(&word));
    if is_known || !scope.site().may_be_read(line.span()) {
        return None;
    }
    let finding = |label: &str, help: &str| Some(Finding::at(value.span(), label).help(help));
    if let Some(foreign) = FOREIGN.iter().find(|foreign| foreign.word == small) {
        return check_foreign(scope, line, foreign);
    }
    if let Some(known) = meant(&word, AUTH_TYPES) {
        let finding = Finding::at(value.span(), "no module has this word").help(format!("write `{known}`"));
        let fix = |span| vec![Edit { span, text: known.to_owned() }];
        return Some(match value.written_span() {
            Some(span) => finding.fix(Safety::Safe, fix(span)),
            None => finding,
        });
    }
    if ["basic", "digest"].iter().any(|known| small.contains(known)) {
        return finding("no module has this word", "write `Basic` or `Digest`, and nothing else");
    }
    if STORES.contains(&small.as_str()) {
        let help = "write `AuthType Basic`; where the passwords lie is said with `AuthBasicProvider`";
        return finding("this is a place for passwords, and not a way to ask for them", help);
    }
    let help = "write `Basic`, `Digest` or `Form`, or load the module that has the word";
    let is_own = scope.site().has_only_own_modules();
    is_own.then(|| finding("no module that is loaded has this word", help)).flatten()
}

/// The word belongs to another maker's module, of which there is no sign.
fn check_foreign(scope: Scope<'_>, line: Directive<'_>, foreign: &Foreign) -> Option<Finding> {
    let site = scope.site();
    if site.has_module_like(foreign.modules) || site.has_line_beginning(foreign.beginnings) {
        return None;
    }
    let help = "load the module that has the word, or write `Basic`";
    let finding = |label: &str| Finding::at(line.span(), label).help(help);
    if site.lacks_modules_like(foreign.modules) {
        return Some(finding("no module that is loaded has this word"));
    }
    // A `.htaccess` seldom holds more of such a module than this line.
    let is_alone = site.htaccess_of(line.span().file).is_none() && site.is_for_new(scope, line);
    is_alone.then(|| {
        finding("nothing else of the module for this word is to be seen")
            .message("the `AuthType` needs a module of which there is no other sign: without it every request ends in 500")
            .level(Level::Warning)
    })
}
