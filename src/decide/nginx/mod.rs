//! The way of a request through nginx.
//!
//! It is gone as the server goes it, phase by phase ([`phases`]). What is not known is tried in all its ways
//! ([`choices`]).

mod access;
mod answer;
mod backend;
mod choices;
mod content;
mod errors;
mod files;
mod locate;
mod maps;
mod phases;
mod place;
mod program;
mod regex;
mod script;
mod sockets;
mod tables;
mod text;
mod try_files;
mod uri;
mod users;
mod variables;
mod visit;

use std::collections::HashMap;

use choices::Choices;
use phases::Phase;
use sockets::{Known, valid_host};
use tables::Tables;
use visit::{Origin, Run, Visit};

use super::{Decider, Decision, Outcome, Request, Story};
use crate::model::{Directive, Family, Scope};

pub use tables::Prepared;

/// So many ways are tried before it counts as not known.
const MAX_WAYS: usize = 200;

/// What nginx answers.
pub fn decide(decider: &Decider<'_>, request: &Request) -> Decision {
    let tables = decider.nginx.tables(decider);
    let mut choices = Choices::default();
    let mut agreed: Option<Decision> = None;
    for _ in 0..MAX_WAYS {
        let decision = match go(tables, request, &mut choices) {
            Ok(decision) => decision,
            Err(why) => return Decision::undetermined(why),
        };
        agreed = Some(match agreed {
            None => decision,
            Some(first) => match answer::agree(first, decision) {
                Some(both) => both,
                None => return Decision::undetermined(choices.why),
            },
        });
        if !choices.advance() {
            break;
        }
    }
    match agreed {
        Some(decision) if !choices.advance() => decision,
        _ => Decision::undetermined("too much of what it hangs on is not known"),
    }
}

/// The answers of all ways that there may be; none where one of them ends in something that is not known.
pub fn ways(decider: &Decider<'_>, request: &Request) -> Vec<Decision> {
    let tables = decider.nginx.tables(decider);
    let mut choices = Choices::default();
    let mut all = Vec::new();
    for _ in 0..MAX_WAYS {
        let Ok(decision) = go(tables, request, &mut choices) else { return Vec::new() };
        all.push(decision);
        if !choices.advance() {
            return all;
        }
    }
    Vec::new()
}

/// One way of the request.
fn go(tables: &Tables<'_>, request: &Request, choices: &mut Choices) -> Known<Decision> {
    let sockets = tables.sockets.as_ref().map_err(String::clone)?;
    let candidates = sockets.candidates(request)?;
    let why = "at which address the server is asked is not known";
    let taken = if candidates.len() > 1 { choices.ask("socket", candidates.len(), why) } else { 0 };
    let socket = candidates.get(taken).ok_or("no server listens there")?;
    let is_named = request.port.is_some();
    if request.is_tls && !socket.is_tls && is_named {
        return Err("the port is not encrypted: no request comes through".into());
    }
    let mut run = Run {
        tables,
        request,
        choices,
        story: Story::default(),
        variables: HashMap::new(),
        hangs_on: None,
        server: socket.default,
        port: request.port,
        method: request.method.clone(),
        is_mapped: request.from.is_some_and(|from| from.is_ipv4() && socket.is_ipv6()),
        host: None,
        target: "",
        has_header: false,
        authorization: None,
        file: None,
    };
    let mut visit = Visit::new(tables.place(socket.default));
    visit.method.clone_from(&request.method);
    let first = begin(&mut run, &mut visit, socket)?;
    let end = run.go(&mut visit, first)?;
    let decision = answer::decision(&mut run, &mut visit, end);
    debug_assert!(decision.outcome != Outcome::Undetermined);
    Ok(decision)
}

/// Reads the request line and the header, and chooses the server. Gives the phase to begin with.
fn begin<'r, 's>(
    run: &mut Run<'r, 's>,
    visit: &mut Visit<'r, 's>,
    socket: &'r sockets::Socket<'s>,
) -> Known<Phase> {
    let request = run.request;
    let refused = |run: &mut Run<'r, 's>, code, note: &str| {
        run.story.tell(run.server.span(), note);
        Ok(Phase::Finalize(code, Origin::Configuration))
    };
    // The request line has to fit into one buffer, with its end.
    let length = request.method.len() + request.target.len() + " ".len() + " HTTP/1.1\r\n".len();
    if length > buffer_size(socket.default)? && uri::is_method(&request.method) {
        return refused(run, 414, "the request line is longer than its buffer");
    }
    let target = uri::cut_target(request.target.as_bytes());
    let no_line = "nginx refuses this request line";
    let Some(target) = target.filter(|_| uri::is_method(&request.method)) else {
        return refused(run, 400, no_line);
    };
    let header = request.host_header();
    let host = header.as_deref().map(valid_host);
    // Slashes are merged before the header is read. With encryption the name is known earlier.
    let early = match host.as_ref().and_then(Option::as_deref) {
        Some(host) if request.is_tls && host.parse::<std::net::IpAddr>().is_err() => {
            socket.server(host.as_bytes())?.server
        }
        _ => socket.default,
    };
    let merges = place::in_force(early, Family::MergeSlashes)?.is_none_or(|by| !by.is(0, "off"));
    let Some(uri) = uri::normalise(target, merges) else { return refused(run, 400, no_line) };
    // A blank at the end is none of it.
    run.target = request.target.trim_end_matches(' ');
    visit.uri = uri.path;
    visit.args = uri.args;
    visit.has_percent = uri.has_percent;
    visit.has_plus = uri.has_plus;
    match host {
        Some(None) => return refused(run, 400, "nginx refuses this host"),
        Some(Some(host)) => {
            let chosen = socket.server(host.as_bytes())?;
            if let Some(found) = chosen.by.map(|by| by.find(host.as_bytes())).transpose()?.flatten() {
                run.keep(visit, found);
            }
            run.server = chosen.server;
            if socket.is_shared {
                let note =
                    if chosen.is_named { "is for this host" } else { "takes hosts that no server names" };
                run.story.tell(run.server.span(), note);
            }
            run.host = Some(host);
        }
        None => {}
    }
    run.has_header = true;
    visit.place = run.place(run.server);
    if matches!(request.method.as_str(), "TRACE" | "CONNECT") {
        return refused(run, 405, "nginx refuses this method before any check");
    }
    if socket.is_tls && !request.is_tls && request.port.is_some() {
        return refused(run, 497, "plain HTTP comes to an encrypted port");
    }
    if request.is_tls
        && let Some(by) = client_certificate(run.server)
    {
        return Err(format!("the client's certificate for `{}` is not known", by.text()));
    }
    Ok(Phase::ServerRewrite)
}

/// The size of one buffer for the request line (`large_client_header_buffers`).
fn buffer_size(server: Scope<'_>) -> Known<usize> {
    let Some(by) = place::in_force(server, Family::LargeBuffers)? else { return Ok(8 << 10) };
    let size = by.literal(1).unwrap_or_default().to_ascii_lowercase();
    let (digits, shift) = match (size.strip_suffix('k'), size.strip_suffix('m')) {
        (Some(digits), _) => (digits, 10),
        (None, Some(digits)) => (digits, 20),
        (None, None) => (size.as_str(), 0),
    };
    let count = digits.parse::<usize>().map_err(|_| format!("the size in `{}` is not known", by.text()))?;
    Ok(count.saturating_mul(1 << shift))
}

fn client_certificate(server: Scope<'_>) -> Option<Directive<'_>> {
    let all = std::iter::once(server).chain(server.ancestors());
    let mut lines = all.flat_map(|scope| scope.own(Family::OtherCheck));
    lines.find(|by| by.name_text() == "ssl_verify_client" && !by.is(0, "off"))
}
