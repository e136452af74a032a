//! Whether a rule holds.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::doors::{Door, door, doors};
use super::{Ask, Expectation, Pattern, Verdict};
use crate::decide::areas::{Area, Expression, Key, Suffix, Tests, areas, decode, encode, normalised, tests};
use crate::decide::{Decider, Decision, Outcome, Request};
use crate::model::{FilesMode, Look, Site};

/// Whether a rule holds for every path that it covers.
#[must_use]
pub fn judge(decider: &Decider<'_>, rule: &Expectation) -> Verdict {
    judge_all(decider, std::slice::from_ref(rule)).pop().unwrap_or_else(|| undetermined("nothing was asked"))
}

/// Whether rules hold, in their order.
#[must_use]
pub fn judge_all(decider: &Decider<'_>, rules: &[Expectation]) -> Vec<Verdict> {
    let (site, look) = (decider.site, decider.look);
    // One that looks at no file answers only what is so whatever lies where.
    let blind = Decider::new(site, Look { mode: FilesMode::Never, ..look });
    let answers = Answers {
        ask: &|request| decider.decide(request),
        ask_blindly: &|request| blind.decide(request),
        is_at_hand: &|directory| match look.mode {
            FilesMode::Always => true,
            FilesMode::Never => false,
            FilesMode::Auto => site.config().installed || look.host.places(directory),
        },
    };
    rules.iter().map(|rule| judge_by(site, rule, &answers)).collect()
}

/// Where answers come from.
pub struct Answers<'a> {
    /// What the server answers.
    pub ask: Ask<'a>,
    /// What it answers whatever files there are.
    pub ask_blindly: Ask<'a>,
    /// Whether the files below a directory are looked at.
    pub is_at_hand: &'a dyn Fn(&Path) -> bool,
}

/// The same, by answers from elsewhere.
#[must_use]
pub fn judge_by<'s>(site: &'s Site<'s>, rule: &Expectation, answers: &Answers<'_>) -> Verdict {
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
            vec![door(site, request, answers.ask)]
        }
        None => doors(site, &request, |server| tests(site, server).of_host.is_some(), answers.ask),
    };
    let mut held = 0;
    let mut doubt = None;
    for door in &doors {
        let tests = Tests::of_all(site, &door.servers);
        match (Judge { rule, tests, door, answers, is_apache: site.is_apache() }).judge() {
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

fn undetermined(why: impl Into<String>) -> Verdict {
    Verdict::Undetermined { why: why.into(), request: None, at: None }
}

struct Judge<'a, 's> {
    rule: &'a Expectation,
    door: &'a Door<'s>,
    tests: Tests,
    answers: &'a Answers<'a>,
    is_apache: bool,
}

/// What an answer has to speak for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    /// The one request.
    Itself,
    /// All paths of the area.
    Area,
    /// A path that names a file, to its end.
    File,
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
            Pattern::Many { covers, text } => match self.areas(covers) {
                None => undetermined("this server tells too many kinds of paths apart"),
                Some(areas) if areas.is_empty() => undetermined(format!("no path looks like `{text}`")),
                Some(areas) => self.judge_all(&areas),
            },
        }
    }

    fn areas(&self, covers: &Expression) -> Option<Vec<Area>> {
        let suffixes: Vec<Suffix> = self.tests.suffixes.iter().cloned().collect();
        areas(&self.tests.all, &suffixes, covers, &normalised(self.tests.merges_slashes)).ok()
    }

    /// One request, as it is written.
    fn judge_one(&self, target: &str) -> Verdict {
        let mut doubt = None;
        for method in self.methods() {
            match self.find(target, &method, Speaks::Itself) {
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
        let cuts = areas.iter().any(|area| !area.loose.is_empty()).then(|| self.cuts());
        let mut doubt = None;
        for area in areas {
            for method in &methods {
                let (request, why) = match self.find_area(area, method, Speaks::Area) {
                    Finding::Breaks(request, decision) => return broken(request, decision),
                    Finding::Unknown(request, why) => (request, why),
                    Finding::Fits => match self.doubt_of_cuts(area, method, cuts.as_ref()) {
                        Some(why) => (self.request(&encode(&area.path), method), why),
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
        let doubt = doubt.or_else(|| self.doubt_of_lines()).or_else(|| self.doubt_of_host());
        doubt.unwrap_or(Verdict::Holds { areas: areas.len() })
    }

    /// What one path says of all paths of its area.
    fn find_area(&self, area: &Area, method: &str, speaks: Speaks) -> Finding {
        let target = encode(&area.path);
        // The index of a directory is checked once more, where it is another place (spec a117).
        let has_index = self.is_apache && !area.is_like_its_index && !self.tests.is_passed_on(&area.path);
        match self.find(&target, method, speaks) {
            Finding::Fits if has_index => {
                let why = "what is asked of the index of a directory is something else";
                Finding::Unknown(self.request(&target, method), why.into())
            }
            Finding::Fits => match &area.unread {
                Some(why) => Finding::Unknown(self.request(&target, method), why.clone()),
                None => Finding::Fits,
            },
            other => other,
        }
    }

    /// The areas of all paths, by what they have in common besides loose tests.
    fn cuts(&self) -> HashMap<Key, Vec<Area>> {
        let mut cuts: HashMap<Key, Vec<Area>> = HashMap::new();
        for area in self.areas(&Expression::anything()).unwrap_or_default() {
            cuts.entry(area.key.clone()).or_default().push(area);
        }
        cuts
    }

    /// Where httpd may take a part of the path for the name of the file, the rule has to fit in each way: with
    /// none of the sections of files that match, with each of them, and with all that are told apart.
    fn doubt_of_cuts(
        &self,
        area: &Area,
        method: &str,
        cuts: Option<&HashMap<Key, Vec<Area>>>,
    ) -> Option<String> {
        if area.loose.is_empty() {
            return None;
        }
        let why = || Some("which part of the path names the file hangs on what lies there".to_owned());
        let Some(all) = cuts.and_then(|cuts| cuts.get(&area.key)) else { return why() };
        let parts: Vec<&Area> = all.iter().filter(|other| other.loose.is_subset(&area.loose)).collect();
        let fits_as = |part: &Area, speaks| matches!(self.find_area(part, method, speaks), Finding::Fits);
        // A section certainly counts only where the whole path is the name of the file.
        let is_there = |section: &usize| {
            let single = BTreeSet::from([*section]);
            let mut parts = parts.iter().filter(|part| part.loose == single && part.firm == single);
            parts.any(|part| fits_as(part, Speaks::File))
        };
        let has_none = parts.iter().any(|part| part.loose.is_empty());
        let are_there = has_none && area.loose.iter().all(is_there);
        let fits = |part: &&Area| fits_as(part, Speaks::Area);
        if are_there && parts.iter().all(fits) { None } else { why() }
    }

    /// Lines that are not followed, and files that are not looked at.
    fn doubt_of_lines(&self) -> Option<Verdict> {
        if let Some(unsure) = self.tests.unsure.first() {
            return Some(Verdict::Undetermined {
                why: unsure.why.clone(),
                request: None,
                at: Some(unsure.span),
            });
        }
        let far = self.tests.roots.iter().find(|root| !(self.answers.is_at_hand)(root));
        let far = far.filter(|_| self.tests.reads_overrides)?;
        Some(undetermined(format!("which `.htaccess` files there are in {} is not known", far.display())))
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

    fn find(&self, target: &str, method: &str, speaks: Speaks) -> Finding {
        let request = self.request(target, method);
        let decision = (self.answers.ask)(&request);
        let is_met = match self.rule.expected.is_met(&decision) {
            Some(is_met) => is_met != self.rule.is_never,
            None => {
                let why = decision.why.unwrap_or_else(|| "the status is not known".into());
                return Finding::Unknown(request, why);
            }
        };
        if !is_met {
            return Finding::Breaks(request, decision);
        }
        if speaks == Speaks::Itself {
            return Finding::Fits;
        }
        if let Some(what) = decision.hangs_on.clone().filter(|_| !self.is_told_apart(&request, speaks)) {
            return Finding::Unknown(request, format!("for other paths the answer hangs on {what}"));
        }
        match self.may_be_otherwise(&decision, target) {
            Some(why) => Finding::Unknown(request, why.into()),
            None => Finding::Fits,
        }
    }

    /// Whether what an answer hangs on is told apart all the same: no part of the path goes into another one, but
    /// for what [`Tests::suffixes`] tells; of nginx, the answer is right whatever files there are; of httpd,
    /// nothing asks for files, and the ways in which names are cut off are judged by themselves.
    fn is_told_apart(&self, request: &Request, speaks: Speaks) -> bool {
        let fits = |decision: &Decision| self.rule.expected.is_met(decision) == Some(!self.rule.is_never);
        let is_independent = || {
            if self.is_apache {
                !self.tests.asks_for_files && speaks == Speaks::Area
            } else {
                fits(&(self.answers.ask_blindly)(request))
            }
        };
        !self.tests.copies && is_independent()
    }

    /// Why another path may be answered otherwise where httpd looks for the file, and the rule does not allow
    /// for that: directories and links may be refused before anything is checked, and the index of a directory
    /// is checked once more (spec a117).
    fn may_be_otherwise(&self, decision: &Decision, target: &str) -> Option<&'static str> {
        let is_of_files = match decision.outcome {
            Outcome::Open => decision.authorization.is_none(),
            Outcome::Challenge | Outcome::Error => true,
            // A redirect of the server comes before the files, one of a directory behind them.
            Outcome::Responds => !decision.because.iter().any(|by| by.note.contains("before any check")),
            Outcome::Forbidden | Outcome::Undetermined => false,
        };
        let is_passed_on = || decode(target).is_some_and(|path| self.tests.is_passed_on(&path));
        if !self.is_apache || !is_of_files || is_passed_on() {
            return None;
        }
        let allows = |outcome| self.rule.expected.is_met(&Decision::of(outcome)) == Some(!self.rule.is_never);
        if !allows(Outcome::Forbidden) {
            return Some("below a directory that httpd may not enter the answer is 403");
        }
        let has_index = decision.outcome == Outcome::Open && target.ends_with('/');
        let allows_all = || [Outcome::Challenge, Outcome::Responds].into_iter().all(allows);
        (has_index && !allows_all()).then_some("the answer for a directory hangs on that for its index")
    }

    /// The methods that the rule is about.
    fn methods(&self) -> Vec<String> {
        /// Methods that servers themselves treat in different ways.
        const USUAL: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
        /// Methods that nobody names.
        const UNNAMED: &[&str] = &["QUUX", "QUUZ"];
        if let Some(method) = &self.rule.method {
            return vec![method.clone()];
        }
        if !self.rule.is_never {
            return vec!["GET".to_owned()];
        }
        let mut methods = self.tests.methods.clone();
        methods.extend(USUAL.iter().map(|name| (*name).to_owned()));
        let unnamed = UNNAMED.iter().find(|name| !methods.contains(**name));
        methods.extend(unnamed.map(|name| (*name).to_owned()));
        // What breaks a rule is best shown with GET, where GET breaks it.
        let (mut first, others): (Vec<String>, Vec<String>) =
            methods.into_iter().partition(|method| method == "GET");
        first.extend(others);
        first
    }
}

fn broken(request: Request, decision: Decision) -> Verdict {
    Verdict::Broken { request: Box::new(request), decision: Box::new(decision) }
}
