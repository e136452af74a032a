//! What a backend gets of the `Authorization` header (spec U2 to U8).

use super::text::Text;
use super::visit::{Run, Visit};
use crate::decide::{Authorization, Credentials};
use crate::model::{Backend, Directive, Family};

/// What goes out, and the line that says so.
pub(super) fn authorization<'r, 's>(
    run: &mut Run<'r, 's>,
    visit: &mut Visit<'r, 's>,
    backend: Backend<'s>,
) -> (Authorization, Option<Directive<'s>>) {
    let scope = visit.place.scope;
    let is_known = match scope.provider(backend.list) {
        Some(provider) => provider.is_wholly_known(),
        None => scope.lacks(backend.list),
    };
    if !is_known {
        return (Authorization::Unknown, None);
    }
    // What is stored is given to others, and then nobody is asked (spec U11).
    let cache = scope.setting(&format!("{}_cache", backend.protocol()));
    if !cache.is_unset() && !cache.is("off") {
        return (Authorization::Unknown, cache.lines().last().copied());
    }
    let mut dropped = None;
    let mut sent = Vec::new();
    // Of parameters only those in capitals stand for headers (`ngx_http_fastcgi_init_params`).
    let is_header = |line: &Directive<'_>| {
        let is_cgi = !matches!(backend.list, Family::ProxyHeaders | Family::GrpcHeaders);
        backend.is_about(*line, "Authorization")
            && (!is_cgi || line.argument(0).is_some_and(|name| name.bytes().starts_with(b"HTTP_")))
    };
    for line in scope.list(backend.list).filter(is_header) {
        let value = Text::new(&line.argument(1).map(|value| value.bytes()).unwrap_or_default(), false);
        if value.is_variable("http_authorization") && run.has_header {
            sent.push((Authorization::Forwarded, line));
            continue;
        }
        match run.fill(visit, &value) {
            Ok(value) if value.is_empty() => dropped = Some(line),
            Ok(_) => sent.push((Authorization::Replaced, line)),
            // The client's header and more is something else.
            Err(_) if value.adds_to("http_authorization") && run.has_header => {
                sent.push((Authorization::Replaced, line));
            }
            Err(_) => sent.push((Authorization::Unknown, line)),
        }
    }
    // Without credentials the lines that send them send nothing.
    let sends_none = run.request.credentials == Credentials::None;
    if sends_none && sent.len() > 1 {
        sent.retain(|(authorization, _)| *authorization != Authorization::Forwarded);
        if sent.is_empty() {
            return (Authorization::Forwarded, None);
        }
    }
    match sent.as_slice() {
        [(authorization, line)] => return (*authorization, Some(*line)),
        [_, (_, line), ..] => {
            let is_known = sent.iter().all(|(authorization, _)| *authorization != Authorization::Unknown);
            let several = if is_known { Authorization::Replaced } else { Authorization::Unknown };
            return (several, Some(*line));
        }
        [] => {}
    }
    let switch = backend.switch().and_then(|family: Family| scope.directive(family));
    match dropped.or(switch.filter(|switch| switch.is(0, "off"))) {
        Some(line) => (Authorization::Dropped, Some(line)),
        // Where the request line is refused, the header was never read.
        None if !run.has_header => (Authorization::Dropped, None),
        None if backend.switch().is_none_or(|family| scope.lacks(family) || switch.is_some()) => {
            (Authorization::Forwarded, None)
        }
        None => (Authorization::Unknown, None),
    }
}

/// What the line does, for people.
pub(super) fn note(authorization: Authorization) -> &'static str {
    match authorization {
        Authorization::Forwarded => "hands on the client's header",
        Authorization::Dropped => "keeps the client's header from the backend",
        Authorization::Replaced => "replaces the client's header",
        Authorization::Unknown => "leaves it open whether the backend is asked, or with what header",
    }
}
