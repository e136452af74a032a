//! What is said of a rule that does not hold.

use super::{Expectation, Expected, Verdict};
use crate::decide::{Credentials, Decision, Outcome, Request};
use crate::finding::{Finding, Label, Level, Problem, ProblemKind};

/// The id of findings about rules; they come from a person's own words, not from a lint.
pub const ID: &str = "broken-expectation";

/// What is to be said of a verdict.
#[derive(Clone, Debug)]
pub enum Told {
    /// The rule holds.
    Nothing,
    /// It does not.
    Finding(Box<Finding>),
    /// It is not known whether it does.
    Problem(Box<Problem>),
}

/// Puts a verdict into words.
#[must_use]
pub fn tell(rule: &Expectation, verdict: Verdict) -> Told {
    match verdict {
        Verdict::Holds { .. } => Told::Nothing,
        Verdict::Broken { request, decision } => {
            let message = format!("`{}` {}", asked(&request), answered(&decision));
            let mut finding =
                Finding::at(rule.span, "this does not hold").level(Level::Error).message(message);
            finding.lint = ID;
            let is_answered =
                decision.outcome == Outcome::Responds && rule.expected == Expected::Is(Outcome::Open);
            let status = decision.status.map(|status| format!(" {status}")).unwrap_or_default();
            let other = (is_answered && !rule.is_never)
                .then(|| format!("write `-> responds{status}` if this is meant: `open` is what is served"));
            let because = rule.because.as_ref().map(|because| format!("it has to hold because {because}"));
            finding.help = because.or(other);
            finding.because = decision
                .because
                .into_iter()
                .map(|because| Label { span: because.span, message: because.note })
                .collect();
            Told::Finding(Box::new(finding))
        }
        Verdict::Undetermined { why, request, at } => {
            let of = request.map(|request| format!(" of `{}`", asked(&request))).unwrap_or_default();
            let message = format!("it is not known whether this holds{of}: {why}");
            let problem = Problem::at(ProblemKind::Unsupported, rule.span, message);
            Told::Problem(Box::new(match at {
                Some(at) => problem.also(at, "because of this line"),
                None => problem,
            }))
        }
    }
}

/// The request, for people.
fn asked(request: &Request) -> String {
    let origin = request.origin().unwrap_or_default();
    let who = match &request.credentials {
        Credentials::None => String::new(),
        Credentials::Bad => " as bad".to_owned(),
        Credentials::User(user) => format!(" as {user}"),
    };
    let from = request.from.map(|from| format!(" from {from}")).unwrap_or_default();
    format!("{} {origin}{}{who}{from}", request.method, request.target)
}

/// What becomes of it, as the end of a sentence.
fn answered(decision: &Decision) -> String {
    let status = decision.status.map(|status| format!(" ({status})")).unwrap_or_default();
    match decision.outcome {
        Outcome::Open => "is open".to_owned(),
        Outcome::Challenge => format!("asks for credentials{status}"),
        Outcome::Forbidden => format!("is refused{status}"),
        Outcome::Error => format!("makes the server fail{status}"),
        Outcome::Responds => format!("is answered by the configuration itself{status}"),
        Outcome::Undetermined => "is undetermined".to_owned(),
    }
}
