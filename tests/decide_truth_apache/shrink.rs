//! Makes a failure small, so that a person can read it.

use std::fmt::Write;
use std::net::IpAddr;

use authlint::decide::Credentials;

use super::asks::Question;
use super::node::{self, Files};
use super::rig::{Decide, Rig, Tally, Wrong};

/// A small configuration that fails in the same way.
pub struct Small {
    pub files: Files,
    pub wrong: Wrong,
}

/// Drops what can be dropped while decider and httpd still disagree.
pub fn shrink(rig: &Rig, files: &Files, wrong: Wrong, decide: Decide<'_>) -> Small {
    let mut small = Small { files: files.clone(), wrong };
    small.plain(rig, decide);
    for _ in 0..6 {
        let before = small.size();
        small.halves(rig, decide);
        for only_brackets in [false, true] {
            for file in (0..small.files.len()).rev() {
                let mut at = 0;
                while at < node::count(&small.files[file].1) {
                    let mut fewer = small.files.clone();
                    fewer[file].1 = node::without(&fewer[file].1, at, only_brackets);
                    let is_less = node::count(&fewer[file].1) < node::count(&small.files[file].1);
                    if !is_less || !small.take(rig, fewer, &small.wrong.question.clone(), decide) {
                        at += 1;
                    }
                }
            }
        }
        let kept = |(path, nodes): &(String, Vec<node::Node>)| path == "main.conf" || !nodes.is_empty();
        small.files.retain(kept);
        if small.size() == before {
            break;
        }
    }
    small.plain(rig, decide);
    small
}

impl Small {
    fn size(&self) -> usize {
        self.files.iter().map(|(_, nodes)| 1 + node::count(nodes)).sum()
    }

    /// Keeps them where they fail in the same way.
    fn take(&mut self, rig: &Rig, files: Files, question: &Question, decide: Decide<'_>) -> bool {
        let mut tally = Tally::default();
        rig.compare(&files, std::slice::from_ref(question), decide, &mut tally);
        let Some(wrong) = tally.wrong.pop().or_else(|| tally.soft.pop()) else { return false };
        let is_same = wrong.misfit.complaint == self.wrong.misfit.complaint
            && wrong.decision.outcome == self.wrong.decision.outcome
            && wrong.seen.answer.status == self.wrong.seen.answer.status;
        if is_same {
            (self.files, self.wrong) = (files, wrong);
        }
        is_same
    }

    /// Whole runs of what stands at the top, before single lines.
    fn halves(&mut self, rig: &Rig, decide: Decide<'_>) {
        for file in (0..self.files.len()).rev() {
            let mut length = self.files[file].1.len() / 2;
            while length > 1 {
                let mut at = 0;
                while at < self.files[file].1.len() {
                    let mut fewer = self.files.clone();
                    let end = (at + length).min(fewer[file].1.len());
                    fewer[file].1.drain(at..end);
                    if !self.take(rig, fewer, &self.wrong.question.clone(), decide) {
                        at = end;
                    }
                }
                length /= 2;
            }
        }
    }

    /// A plainer request.
    fn plain(&mut self, rig: &Rig, decide: Decide<'_>) {
        let changes: &[&dyn Fn(&mut Question)] = &[
            &|question| question.credentials = Credentials::None,
            &|question| question.method = "GET".into(),
            &|question| question.from = IpAddr::from([127, 0, 0, 1]),
            &|question| question.host = "main.example".into(),
            &|question| question.is_other = false,
            &|question| question.target.truncate(question.target.find('?').unwrap_or(usize::MAX)),
        ];
        for change in changes {
            let mut question = self.wrong.question.clone();
            change(&mut question);
            self.take(rig, self.files.clone(), &question, decide);
        }
    }

    /// The configuration, the request and both answers.
    pub fn told(&self) -> String {
        let mut told = String::new();
        for (path, nodes) in &self.files {
            let _ = writeln!(told, "#### {path}");
            told.push_str(&node::text(nodes));
        }
        told + &self.wrong.told()
    }
}

impl Wrong {
    pub fn told(&self) -> String {
        let decision = &self.decision;
        let said = [
            ("status", decision.status.map(|status| status.to_string())),
            ("scheme", decision.scheme.map(str::to_owned)),
            ("realm", decision.realm.clone()),
            ("file", decision.user_file.clone()),
            ("authorization", decision.authorization.map(|word| word.as_str().to_owned())),
            ("place", decision.place.clone()),
            ("why", decision.why.clone()),
        ];
        let mut told = format!("==> {}\n", self.question.told());
        let _ = write!(told, "    decided: {}", decision.outcome.as_str());
        for (name, value) in said {
            if let Some(value) = value {
                let _ = write!(told, " {name}={value}");
            }
        }
        for because in &decision.because {
            let _ = write!(told, "; {}", because.note);
        }
        let _ = writeln!(told, "\n    httpd:   {}", self.seen.told());
        let _ = writeln!(told, "    {}", self.misfit.complaint);
        told
    }
}
