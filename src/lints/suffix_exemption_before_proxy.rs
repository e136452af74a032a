//! Any path may end in `.css`: what is let off by its ending comes to the program without a password.

use super::Lint;
use crate::decide::{Channel, Decider, Outcome};
use crate::finding::{Finding, Level};
use crate::model::{Behind, Directive, Look, Site, SuffixExempt};

pub const LINT: Lint = Lint {
    id: "suffix-exemption-before-proxy",
    summary: "every path with this ending comes to the program without a password, not only its styles and scripts",
    level: Level::Error,
    page: include_str!("suffix_exemption_before_proxy.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let exempt = site.suffix_exemptions();
    let programs =
        exempt.iter().flat_map(|one| one.behind.iter().filter_map(|behind| behind.program.clone()));
    // `<Location>` of a virtual host comes behind all that may stand around it.
    let decider = Decider::new(site, Look::nothing()).assuming(programs).presuming_outside();
    exempt.iter().filter_map(|one| check_exempt(&decider, one)).collect()
}

fn check_exempt<'s>(decider: &Decider<'s>, exempt: &SuffixExempt<'s>) -> Option<Finding> {
    // A program in a directory is certainly run; what a backend makes of such a path is not known.
    let mut programs: Vec<&Behind> = exempt.behind.iter().collect();
    programs.sort_by_key(|behind| behind.program.is_none());
    let (behind, ending, asked) = programs.into_iter().find_map(|behind| {
        let mut endings = exempt.endings.iter();
        endings.find_map(|ending| Some((behind, *ending, escapes(decider, exempt, behind, ending)?)))
    })?;
    let is_certain = behind.program.is_some() || SuffixExempt::is_of_data(ending);
    let label = format!("`{}{ending}` comes to the program, and nobody is asked for a password", behind.path);
    let help = if decider.site.is_apache() {
        "let a directory off instead: `<Location /static>`, or files by `<FilesMatch>`"
    } else {
        "let a directory off instead: `location /static/`"
    };
    let finding =
        Finding::at(exempt.by.span(), label).level(if is_certain { LINT.level } else { Level::Warning });
    let finding = if exempt.place.holds(exempt.by) {
        finding.also(exempt.place.span(), "this looks at the end of the path only")
    } else {
        finding
    };
    Some(finding.also(asked.span(), format!("this asks for it at `{}`", behind.path)).help(help))
}

/// What asks for a path without the ending, if the path with it comes to the program and nobody is asked.
fn escapes<'s>(
    decider: &Decider<'s>,
    exempt: &SuffixExempt<'s>,
    behind: &Behind,
    ending: &str,
) -> Option<Directive<'s>> {
    let SuffixExempt { place, server, by, .. } = exempt;
    let path = format!("{}{ending}", behind.path);
    if !decider.site.is_apache() {
        let is_of_it = place.matches_path(&path) == Some(true);
        let protected = server.place_of(&behind.path).filter(|_| is_of_it)?;
        if !place.shares_backend_with(protected) {
            return None;
        }
    }
    let shown = decider.answer(*server, Channel::Encrypted, "GET", &path)?;
    let is_open = shown.outcome == Outcome::Open && shown.authorization.is_some();
    let is_here = shown.is_by(by.span()) || shown.is_by(place.span());
    // A file may be in the way, which nobody knows.
    let may_be_open = shown.outcome == Outcome::Undetermined && place.backend().is_none();
    if !(is_open && is_here || may_be_open && !decider.site.is_apache()) {
        return None;
    }
    decider.asks(*server, Channel::Encrypted, "GET", &behind.path)
}
