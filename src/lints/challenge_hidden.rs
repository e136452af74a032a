//! A login that no browser offers: the 401 with `WWW-Authenticate` that it waits for never comes.

use super::Lint;
use crate::decide::{Channel, Decider, Outcome};
use crate::finding::{Edit, Finding, Level, Safety};
use crate::model::{Directive, HiddenChallenge, Hiding, Look, Scope, Site};
use crate::source::Span;

pub const LINT: Lint = Lint {
    id: "challenge-hidden",
    summary: "no browser asks for the password: what it waits for, a 401 with `WWW-Authenticate`, never comes",
    level: Level::Warning,
    page: include_str!("challenge_hidden.md"),
    check,
};

const ADD: &str =
    "add `add_header WWW-Authenticate 'Basic realm=\"Restricted\"' always;` beside the `return`";

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    site.hidden_challenges().into_iter().filter_map(|hidden| finding(&decider, hidden)).collect()
}

fn finding<'s>(
    decider: &Decider<'s>,
    HiddenChallenge { by, how, place }: HiddenChallenge<'s>,
) -> Option<Finding> {
    let at = |label: &str| Finding::at(by.span(), label);
    let pass = "this backend is asked";
    Some(match how {
        Hiding::Turned { status, password, is_login } => {
            if is_challenged(decider, place) {
                return None;
            }
            let is_redirect = (300..400).contains(&status);
            let label = if is_redirect {
                "the 401 becomes a redirect: browsers follow it and open no login window".to_owned()
            } else {
                format!("the 401 is sent as {status}: browsers show a page and no login window")
            };
            // Another error may be meant to hide that there is something.
            let level = if is_login || status >= 400 { Level::Advice } else { LINT.level };
            let help = match is_redirect {
                _ if is_login => {
                    "see that the page asks for the password by a script, or leave the status as it is"
                }
                true => "take 401 out of this line, or the password out if a page of the site asks for it",
                false => "leave the status out: `error_page 401 /page.html;` keeps it",
            };
            at(&label).level(level).also(password.span(), "a password is asked for here").help(help)
        }
        Hiding::BeforePassword(password) => at("answers all who bring no password, and names no scheme")
            .also(password.span(), "so this never comes to ask for one")
            .help("take the condition away: `auth_basic` asks by itself"),
        Hiding::ByHand => at("answers all who bring no password, and names no scheme").help(ADD),
        Hiding::Lost(line, other) => at("answers all who bring no password, and names no scheme")
            .also(line.span(), "this would, and is not in force there")
            .also(other.span(), "because of this further in")
            .help("repeat the outer line beside the inner one"),
        Hiding::NotWith401 { is_missed } => at("without `always` this is not sent with a 401")
            .level(if is_missed { LINT.level } else { Level::Advice })
            .help("add `always`")
            .fix(Safety::Unsafe, vec![Edit { span: end_of(by)?, text: " always".into() }]),
        Hiding::OfServer(password) => at("takes the challenge out of the answer")
            .also(password.span(), "which is made by this, in the server behind")
            .help("remove this line"),
        Hiding::OfClients(backend) => at("takes the challenge out of the answer")
            .message("clients that send a password only when they are challenged cannot log in")
            .also(backend.pass.span(), pass)
            .help("remove this line"),
        Hiding::OfHanded(line) => at("takes the challenge out of the answer: no login window comes up")
            .level(Level::Advice)
            .also(line.span(), "although the backend is handed what is typed into one")
            .help("remove this line, unless pages of the backend ask for the password themselves"),
        Hiding::OfBackend(backend) => at("takes the challenge out of the answer: no login window comes up")
            .level(Level::Advice)
            .also(backend.pass.span(), pass)
            .help("remove this line, unless pages of the backend ask for the password themselves")
            .pedantic(),
    })
}

/// Whether it is certain that a stranger is challenged after all.
fn is_challenged<'s>(decider: &Decider<'s>, place: Scope<'s>) -> bool {
    let Some(server) = place.server() else { return false };
    let path = if place == server { Some("/".to_owned()) } else { place.sample_path("x") };
    let answer = path.and_then(|path| decider.answer(server, Channel::Encrypted, "GET", &path));
    answer.is_some_and(|answer| answer.outcome == Outcome::Challenge)
}

fn end_of(line: Directive<'_>) -> Option<Span> {
    let arguments = line.arguments_span()?;
    Some(Span::new(arguments.file, arguments.end, arguments.end))
}
