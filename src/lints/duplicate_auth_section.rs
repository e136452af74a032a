//! Auth that is written again where it is in force already, or for a place that has been dealt with.

use super::Lint;
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::Family;
use crate::model::{Directive, Kind, Scope, Site, Twins};

pub const LINT: Lint = Lint {
    id: "duplicate-auth-section",
    summary: "the same auth is written twice",
    level: Level::Advice,
    page: include_str!("duplicate_auth_section.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    if site.is_apache() {
        return site.twin_sections().into_iter().map(section).collect();
    }
    let repeated = site.scopes().filter(|scope| !scope.is_conditional()).filter_map(check_scope);
    let twins = site.scopes().flat_map(check_twins);
    repeated.chain(twins).collect()
}

/// An inner block that repeats all that is in force around it.
fn check_scope(scope: Scope<'_>) -> Option<Finding> {
    let outer = scope.parent()?;
    let own: Vec<Directive<'_>> = [Family::Realm, Family::UserFile, Family::Subrequest]
        .into_iter()
        .flat_map(|family| scope.own(family))
        .collect();
    let first = *own.first()?;
    scope.asks().by()?;
    let inherited: Vec<Directive<'_>> = own
        .iter()
        .map(|line| {
            outer.directive(line.name().family()).filter(|outer| outer.same_as(*line) && *outer != *line)
        })
        .collect::<Option<_>>()?;
    // Lines of a file that is included elsewhere, too, may be needed there; not where that file brings both.
    let may_be_needed = |(own, outer): (&Directive<'_>, &Directive<'_>)| {
        own.span().file != outer.span().file && scope.site().included_from(own.span().file).times > 1
    };
    if own.iter().zip(&inherited).any(may_be_needed) {
        return None;
    }

    let edits = own.iter().map(|line| Edit { span: line.statement_span(), text: String::new() }).collect();
    Some(
        Finding::at(first.span(), "this is in force here already")
            .also(inherited[0].span(), "from here")
            .help(format!("leave it out of `{}`, so that it is changed in one place", scope.title()))
            .fix(Safety::Safe, edits),
    )
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
    let at =
        if winner.kind() == Kind::Htaccess { winner.requires().next().map(Directive::span) } else { None };
    Finding::at(at.unwrap_or_else(|| winner.span()), "this one counts")
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
