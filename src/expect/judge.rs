//! Whether a rule holds.

use std::collections::BTreeSet;

use super::doors::{Door, door, doors};
use super::{Ask, Expectation, Pattern, Verdict};
use crate::decide::areas::{Area, Tests, areas, encode, normalised, tests};
use crate::decide::{Decider, Decision, Request};
use crate::model::Site;

/// Whether a rule holds for every path that it covers.
#[must_use]
pub fn judge(decider: &Decider<'_>, rule: &Expectation) -> Verdict {
    judge_by(decider.site, rule, &|request| decider.decide(request))
}

/// The same, by answers from elsewhere.
#[must_use]
pub fn judge_by<'s>(site: &'s Site<'s>, rule: &Expectation, ask: Ask<'_>) -> Verdict {
    let request = Request {
        method: rule.method.clone().unwrap_or_else(|| "GET".into()),
        is_tls: false,
        host: None,
        port: None,
        target: "/".into(),
        from: rule.from,
        credentials: rule.credentials.clone(),
    };
    let doors = match &rule.origin {
        Some(origin) => {
            let host = Some(origin.host.clone());
            let request = Request { is_tls: origin.is_tls, host, port: Some(origin.port), ..request };
            vec![door(site, request, ask)]
        }
        None => doors(site, &request, |server| tests(site, server).of_host.is_some(), ask),
    };
    let mut held = 0;
    let mut doubt = None;
    for door in &doors {
        match (Judge { rule, tests: tests_of(site, door), door, ask }).judge() {
            Verdict::Holds { areas } => held += areas,
            broken @ Verdict::Broken { .. } => return broken,
            undetermined @ Verdict::Undetermined { .. } => {
                doubt.get_or_insert(undetermined);
            }
        }
    }
    doubt.unwrap_or_else(|| match doors.len() {
        0 => undetermined("no server is known that could be asked"),
        _ => Verdict::Holds { areas: held },
    })
}

/// What the servers behind a door test.
fn tests_of(site: &Site<'_>, door: &Door<'_>) -> Tests {
    let mut all = Tests { merges_slashes: true, ..Tests::default() };
    for &server in &door.servers {
        let one = tests(site, server);
        all.all.extend(one.all);
        all.unsure.extend(one.unsure);
        all.methods.extend(one.methods);
        all.of_host = all.of_host.or(one.of_host);
        all.merges_slashes &= one.merges_slashes;
    }
    all
}

fn undetermined(why: impl Into<String>) -> Verdict {
    Verdict::Undetermined { why: why.into(), request: None, at: None }
}

struct Judge<'a, 's> {
    rule: &'a Expectation,
    door: &'a Door<'s>,
    tests: Tests,
    ask: Ask<'a>,
}

/// What one answer says of the rule.
enum Finding {
    Fits,
    Breaks(Request, Decision),
    Unknown(Request, String),
}

impl Judge<'_, '_> {
    fn judge(&self) -> Verdict {
        match &self.rule.pattern {
            Pattern::One(target) => self.judge_one(target),
            Pattern::Many { covers, text } => {
                let paths = normalised(self.tests.merges_slashes);
                match areas(&self.tests.all, covers, &paths) {
                    Ok(areas) if areas.is_empty() => undetermined(format!("no path looks like `{text}`")),
                    Ok(areas) => self.judge_all(&areas),
                    Err(_) => undetermined("this server tells too many kinds of paths apart"),
                }
            }
        }
    }

    /// One request, as it is written.
    fn judge_one(&self, target: &str) -> Verdict {
        let mut doubt = None;
        for method in self.methods() {
            match self.find(target, &method, false) {
                Finding::Fits => {}
                Finding::Breaks(request, decision) => return broken(request, decision),
                Finding::Unknown(request, why) => {
                    doubt.get_or_insert(Verdict::Undetermined {
                        why,
                        request: Some(Box::new(request)),
                        at: None,
                    });
                }
            }
        }
        doubt.or_else(|| self.doubt_of_host()).unwrap_or(Verdict::Holds { areas: 1 })
    }

    fn judge_all(&self, areas: &[Area]) -> Verdict {
        let methods = self.methods();
        let mut doubt = None;
        for area in areas {
            let target = encode(&area.path);
            for method in &methods {
                let (request, why) = match self.find(&target, method, true) {
                    Finding::Breaks(request, decision) => return broken(request, decision),
                    Finding::Unknown(request, why) => (request, why),
                    Finding::Fits => match &area.unread {
                        Some(why) => (self.request(&target, method), why.clone()),
                        None => continue,
                    },
                };
                doubt.get_or_insert(Verdict::Undetermined {
                    why,
                    request: Some(Box::new(request)),
                    at: None,
                });
            }
        }
        let unsure = self.tests.unsure.first();
        let unsure = unsure.map(|unsure| Verdict::Undetermined {
            why: unsure.why.clone(),
            request: None,
            at: Some(unsure.span),
        });
        let doubt = doubt.or(unsure).or_else(|| self.doubt_of_host());
        doubt.unwrap_or(Verdict::Holds { areas: areas.len() })
    }

    /// A path was asked of one host where others may be answered otherwise.
    fn doubt_of_host(&self) -> Option<Verdict> {
        let at = self.tests.of_host.filter(|_| self.door.is_one_of_many)?;
        let why = "the answer may hang on the host: a URL says which".into();
        Some(Verdict::Undetermined { why, request: None, at: Some(at) })
    }

    fn request(&self, target: &str, method: &str) -> Request {
        Request { target: target.to_owned(), method: method.to_owned(), ..self.door.request.clone() }
    }

    fn find(&self, target: &str, method: &str, speaks_for_others: bool) -> Finding {
        let request = self.request(target, method);
        let decision = (self.ask)(&request);
        match self.rule.expected.is_met(&decision) {
            Some(is_met) if is_met == self.rule.is_never => Finding::Breaks(request, decision),
            Some(_) => match decision.hangs_on.filter(|_| speaks_for_others) {
                Some(what) => {
                    Finding::Unknown(request, format!("for other paths the answer hangs on {what}"))
                }
                None => Finding::Fits,
            },
            None => {
                Finding::Unknown(request, decision.why.unwrap_or_else(|| "the status is not known".into()))
            }
        }
    }

    /// The methods that the rule is about.
    fn methods(&self) -> BTreeSet<String> {
        /// Methods that servers themselves treat in different ways.
        const USUAL: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
        /// Methods that nobody names.
        const UNNAMED: &[&str] = &["QUUX", "QUUZ"];
        if let Some(method) = &self.rule.method {
            return BTreeSet::from([method.clone()]);
        }
        if !self.rule.is_never {
            return BTreeSet::from(["GET".to_owned()]);
        }
        let mut methods = self.tests.methods.clone();
        methods.extend(USUAL.iter().map(|name| (*name).to_owned()));
        let unnamed = UNNAMED.iter().find(|name| !methods.contains(**name));
        methods.extend(unnamed.map(|name| (*name).to_owned()));
        methods
    }
}

fn broken(request: Request, decision: Decision) -> Verdict {
    Verdict::Broken { request: Box::new(request), decision: Box::new(decision) }
}
