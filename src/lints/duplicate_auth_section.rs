//! Auth that is written again where it is in force already, or for a place that has been dealt with.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, Family, Kind, Repeat, Scope, Site, Twins};

pub const LINT: Lint = Lint {
    id: "duplicate-auth-section",
    summary: "the same auth is written twice",
    level: Level::Advice,
    page: include_str!("duplicate_auth_section.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let twins: Vec<Finding> = if site.is_apache() {
        site.twin_sections().into_iter().map(section).collect()
    } else {
        site.scopes().flat_map(check_twins).collect()
    };
    let plain = site.scopes().filter(|scope| !scope.is_conditional());
    plain.filter_map(|scope| Some(repeated(scope, &scope.repeated_auth()?))).chain(twins).collect()
}

/// An inner block that repeats all that is in force around it.
fn repeated(scope: Scope<'_>, repeat: &Repeat<'_>) -> Finding {
    let (first, outer) = (repeat.own[0], repeat.outer[0]);
    if let Some(include) = repeat.include {
        return Finding::at(include, "brings in what is in force here already")
            .also(outer.span(), "this, which the block around has from the same file")
            .help(format!("leave the `include` out of `{}`", scope.title()));
    }
    let finding = Finding::at(first.span(), "this is in force here already")
        .also(outer.span(), "from here")
        .help(format!("leave it out of `{}`, so that it is changed in one place", scope.title()));
    if scope.site().is_apache() {
        return finding;
    }
    let edit = |line: &Directive<'_>| Edit { span: line.statement_span(), text: String::new() };
    finding.fix(Safety::Safe, repeat.own.iter().map(edit).collect())
}

/// Two sections of Apache for one place: the later one takes all.
fn section(Twins { loser, winner }: Twins<'_>) -> Finding {
    let same = [Family::Require, Family::Realm, Family::UserFile].into_iter().all(|family| {
        let (a, b) = (loser.own(family).last(), winner.own(family).last());
        a.zip(b).is_some_and(|(a, b)| a.same_as(b)) || a.is_none() && b.is_none()
    });
    let (level, message) = if same {
        (Level::Advice, "the same auth is written twice for one place")
    } else {
        (Level::Warning, "two sections ask for credentials at one place: only the later one counts")
    };
    let lines = [Family::Realm, Family::UserFile].map(|family| winner.directive(family));
    let counts = lines.into_iter().flatten().map(|line| format!("`{}`", line.text())).collect::<Vec<_>>();
    let counts =
        if counts.is_empty() || same { String::new() } else { format!(": {}", counts.join(" and ")) };
    let is_line = winner.kind() == Kind::Htaccess;
    let at = winner.requires().next().filter(|_| is_line).map_or(winner.span(), Directive::span);
    Finding::at(at, format!("this one counts{counts}"))
        .level(level)
        .message(message)
        .also(loser.span(), "what this one requires is never asked for")
        .help("make one section of the two")
}

/// Two locations for one place, at least one of them with auth.
fn check_twins(scope: Scope<'_>) -> Vec<Finding> {
    let twins = scope.twin_locations().into_iter().filter(|(first, second)| {
        !scope.is_conditional() && (first.own_asking().is_some() || second.own_asking().is_some())
    });
    twins.map(|(first, second)| twin(first, second)).collect()
}

fn twin(first: Scope<'_>, second: Scope<'_>) -> Finding {
    let (level, label) = if second.location().is_some_and(|location| location.is_regex()) {
        (Level::Warning, "never reached: the same expression stands before it")
    } else {
        (Level::Error, "nginx refuses a second location for the same place")
    };
    Finding::at(second.span(), label)
        .level(level)
        .message("two locations for one place, with auth in it")
        .also(first.span(), "this is the first")
        .help("make one location of the two")
}
