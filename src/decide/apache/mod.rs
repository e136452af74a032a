//! The way of a request through httpd, step by step (spec a, the ten-line model).
//!
//! `hosts` chooses the server, `url` mends the path, `map` finds what it leads to, `walk` the sections
//! on the way there, `access` and `login` judge, `fixups` may send the request elsewhere: then it all
//! begins again. What is needed often is worked out once and kept in [`Prepared`].

mod access;
mod after;
mod backend;
mod disk;
mod engine;
mod environment;
mod expr;
mod hosts;
mod login;
mod map;
mod pages;
mod parse;
mod passwords;
mod regexes;
mod requirement;
mod rewrite;
mod rules;
mod settings;
mod stop;
mod url;
mod visit;
mod walk;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, RwLock};

use super::{Decider, Decision, Outcome, Request};
use crate::model::{Grounds, Site};
use disk::Disk;
use hosts::Hosts;
use passwords::UserFiles;
use regexes::Regexes;
use settings::ServerSettings;
use stop::{Answer, Stop};
use visit::Visit;
use walk::Level;

/// What is worked out once and asked often.
#[derive(Debug, Default)]
pub struct Prepared<'s>(OnceLock<Option<Ready<'s>>>);

/// The server, ready for requests.
#[derive(Debug)]
struct Ready<'s> {
    site: &'s Site<'s>,
    grounds: Grounds<'s>,
    disk: Disk<'s>,
    hosts: Hosts,
    regexes: Regexes,
    user_files: UserFiles,
    servers: RwLock<HashMap<u32, Arc<ServerSettings<'s>>>>,
    levels: RwLock<HashMap<(u32, PathBuf), Arc<Level>>>,
    /// Why nothing is known of the whole server.
    doubt: Option<String>,
    presumes_outside: bool,
}

impl<'s> Ready<'s> {
    fn new(decider: &Decider<'s>) -> Option<Self> {
        let site = decider.site;
        Some(Ready {
            site,
            grounds: Grounds::new(site)?.presuming_outside(decider.presumes_outside),
            disk: Disk::new(decider),
            hosts: Hosts::new(site),
            regexes: Regexes::default(),
            user_files: UserFiles::default(),
            servers: RwLock::default(),
            levels: RwLock::default(),
            doubt: settings::doubt(site, decider.presumes_outside),
            presumes_outside: decider.presumes_outside,
        })
    }

    /// Whether a module with one of these in its name is loaded; what surrounds a part loads what that needs.
    fn has_module(&self, parts: &[&str]) -> bool {
        self.presumes_outside || self.site.has_module_like(parts)
    }
}

/// What apache answers.
pub fn decide(decider: &Decider<'_>, request: &Request) -> Decision {
    let ready = decider.apache.0.get_or_init(|| Ready::new(decider));
    let Some(ready) = ready else { return Decision::undetermined("this is no configuration of Apache") };
    if let Some(doubt) = &ready.doubt {
        return Decision::undetermined(doubt.clone());
    }
    let server = match ready.hosts.choose(request) {
        Ok(server) => server,
        Err(Stop::Unknown(why)) => return Decision::undetermined(why),
        Err(Stop::Answer(answer)) => return told(answer),
    };
    let visit = Visit::new(ready, request, server);
    let result = visit.answer();
    let mut decision = match result {
        Ok(authorization) => Decision { authorization, ..Decision::of(Outcome::Open) },
        Err(Stop::Unknown(why)) => Decision::undetermined(why),
        Err(Stop::Answer(answer)) => told(answer),
    };
    decision.server = settings::name(ready.site, server);
    decision.hangs_on = visit.hangs_on.take();
    decision.place = visit.place.take();
    decision.file = visit.file.take().filter(|_| decision.outcome == Outcome::Open);
    if decision.user_file.is_none() {
        decision.user_file = visit.user_file.take();
    }
    decision.because = visit.story.take().into_because();
    decision
}

fn told(answer: Answer) -> Decision {
    let Answer { outcome, status, scheme, realm, user_file } = answer;
    Decision { status: Some(status), scheme, realm, user_file, ..Decision::of(outcome) }
}
