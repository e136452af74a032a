//! A configuration on a real httpd, and the decider beside it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};

use authlint::decide::{Credentials, Decider, Decision, Outcome, Request};
use authlint::load::{self, Server};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::Host;

use super::asks::Question;
use super::judge::{Misfit, Seen, judge};
use super::node::Files;
use super::tree::{PASSWORDS, Tree};
use crate::httpd::{self, Httpd};
use crate::wire::{Ask, Echo, basic};

/// What takes the place of the decider: answers for the requests, in their order.
pub type Decide<'d> = &'d dyn Fn(&Path, &[Request]) -> Vec<Decision>;

pub struct Rig {
    pub tree: Tree,
    pub ports: [u16; 2],
    pub echo: Echo,
}

/// A wrong answer.
#[derive(Clone, Debug)]
pub struct Wrong {
    pub question: Question,
    pub decision: Decision,
    pub seen: Seen,
    pub misfit: Misfit,
}

/// The figures of many configurations.
#[derive(Debug, Default)]
pub struct Tally {
    pub started: usize,
    /// What httpd says to those that it does not take.
    pub refused: Vec<String>,
    pub answers: usize,
    /// How often, by reason.
    pub undetermined: BTreeMap<String, usize>,
    pub statuses: BTreeMap<u16, usize>,
    /// The decided outcomes.
    pub outcomes: BTreeMap<&'static str, usize>,
    pub wrong: Vec<Wrong>,
    /// Where it matters what was asked before.
    pub unsteady: Vec<String>,
    /// The status is right, but not who gave it.
    pub soft: Vec<Wrong>,
}

/// What the decider says.
pub fn decided(main: &Path, requests: &[Request]) -> Vec<Decision> {
    let mut host = Host::new(None, Vec::new()).expect("a host");
    let wanted =
        load::Request { paths: vec![main.to_path_buf()], server: Server::Apache, ..load::Request::default() };
    let loaded = load::load(&wanted, &mut host);
    let look = Look { host: &host, mode: FilesMode::Always };
    let site = Site::build(&loaded.files, &loaded.configs[0], look);
    let decider = Decider::new(&site, look);
    let one = |request| {
        let decision = catch_unwind(AssertUnwindSafe(|| decider.decide(request)));
        decision.unwrap_or_else(|_| Decision { why: Some("it panics".into()), ..Decision::of(Outcome::Open) })
    };
    requests.iter().map(one).collect()
}

impl Question {
    pub fn port(&self, ports: [u16; 2]) -> u16 {
        ports[usize::from(self.is_other)]
    }

    pub fn request(&self, ports: [u16; 2]) -> Request {
        Request {
            method: self.method.clone(),
            is_tls: false,
            host: Some(self.host.clone()),
            port: Some(self.port(ports)),
            target: self.target.clone(),
            from: Some(self.from),
            credentials: self.credentials.clone(),
        }
    }

    /// The headers that stand for the credentials.
    pub fn headers(&self) -> Vec<Option<String>> {
        let header = |user: &str, password: &str| Some(basic(user, password));
        match &self.credentials {
            Credentials::None => vec![None],
            Credentials::Bad => {
                vec![header("alice", "wrong"), header("carol", "wrong"), header("nobody", "x")]
            }
            Credentials::User(name) => {
                let password = PASSWORDS.iter().find(|(other, _)| other == name).map_or("", |(_, word)| word);
                vec![header(name, password)]
            }
        }
    }

    pub fn told(&self) -> String {
        let port = if self.is_other { "OTHER" } else { "PORT" };
        let Question { method, target, host, from, credentials, .. } = self;
        format!("{method} {target} at {host}:{port} from {from} with {credentials:?}")
    }
}

/// Two ports that nobody listens on, and that no other run of this test takes: they are free for a moment
/// whenever httpd is restarted.
fn free_ports() -> [u16; 2] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 500 * 20;
    loop {
        let next = (first + u32::from(NEXT.fetch_add(2, Ordering::Relaxed))) % 10_000;
        let port = 10_000 + u16::try_from(next).expect("a small number");
        let ports = [port, port + 1];
        if ports.iter().all(|port| TcpListener::bind(("0.0.0.0", *port)).is_ok()) {
            return ports;
        }
    }
}

impl Rig {
    pub fn new(name: &str) -> Self {
        Rig { tree: Tree::new(name), ports: free_ports(), echo: Echo::start() }
    }

    /// Asks httpd and compares. False where httpd does not take the configuration.
    pub fn compare(
        &self,
        files: &Files,
        questions: &[Question],
        decide: Decide<'_>,
        tally: &mut Tally,
    ) -> bool {
        self.tree.put(files, self.ports, self.echo.port);
        let Some(_running) = Httpd::start(&self.tree.root, &self.tree.main(), self.ports[0]) else {
            tally.refused.push(httpd::refusal(&self.tree.root, &self.tree.main()));
            return false;
        };
        tally.started += 1;
        self.judge(&self.tree.main(), questions, decide, tally);
        true
    }

    /// Compares what is decided with what the running httpd answers.
    pub fn judge(&self, main: &Path, questions: &[Question], decide: Decide<'_>, tally: &mut Tally) {
        let requests: Vec<Request> = questions.iter().map(|question| question.request(self.ports)).collect();
        let decisions = decide(main, &requests);
        let backwards: Vec<Request> = requests.iter().rev().cloned().collect();
        let again = decide(main, &backwards).into_iter().rev();
        for ((question, decision), again) in questions.iter().zip(decisions).zip(again) {
            let gist = |one: &Decision| {
                let Decision { outcome, status, realm, user_file, authorization, why, .. } = one.clone();
                (outcome, status, realm, user_file, authorization, why)
            };
            let (one, other) = (gist(&decision), gist(&again));
            if one != other {
                tally.unsteady.push(format!("{}: {one:?}, in another order {other:?}", question.told()));
            }
            tally.answers += 1;
            *tally.outcomes.entry(decision.outcome.as_str()).or_default() += 1;
            if decision.outcome == Outcome::Undetermined {
                let why = decision.why.clone().unwrap_or_else(|| "no reason is told".into());
                *tally.undetermined.entry(why).or_default() += 1;
            }
            for sent in question.headers() {
                let seen = self.ask(question, sent);
                *tally.statuses.entry(seen.answer.status).or_default() += 1;
                if let Some(misfit) = judge(&decision, &seen) {
                    let wrong =
                        Wrong { question: question.clone(), decision: decision.clone(), seen, misfit };
                    if wrong.misfit.is_soft {
                        tally.soft.push(wrong);
                    } else {
                        tally.wrong.push(wrong);
                    }
                    break;
                }
            }
        }
    }

    /// Sends one request.
    pub fn ask(&self, question: &Question, sent: Option<String>) -> Seen {
        let port = question.port(self.ports);
        let ask = Ask {
            to: SocketAddr::new(IpAddr::from([127, 0, 0, 1]), port),
            from: question.from,
            method: &question.method,
            target: &question.target,
            host: Some(&format!("{}:{port}", question.host)),
            authorization: sent.as_deref(),
        };
        // httpd always answers; on a busy machine a connection may be lost.
        let mut times = 0;
        let (answer, from) = loop {
            let from = self.tree.log_length();
            let answer = ask.send().unwrap_or_default();
            times += 1;
            if answer.status != 0 || times == 3 {
                break (answer, from);
            }
        };
        let log = self.tree.logged(from);
        Seen { method: question.method.clone(), sent, answer, log }
    }
}
