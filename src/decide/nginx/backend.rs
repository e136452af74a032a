//! What a backend gets of the `Authorization` header (spec U2 to U8).

use super::text::Text;
use super::visit::{Run, Visit};
use crate::decide::Authorization;
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
    let mut dropped = None;
    let mut sent = Vec::new();
    for line in scope.list(backend.list).filter(|line| backend.is_about(*line, "Authorization")) {
        let value = Text::new(&line.argument(1).map(|value| value.bytes()).unwrap_or_default(), false);
        if value.is_variable("http_authorization") {
            sent.push((Authorization::Forwarded, line));
            continue;
        }
        match run.fill(visit, &value) {
            Ok(value) if value.is_empty() => dropped = Some(line),
            Ok(_) => sent.push((Authorization::Replaced, line)),
            Err(_) => sent.push((Authorization::Unknown, line)),
        }
    }
    match sent.as_slice() {
        [(authorization, line)] => return (*authorization, Some(*line)),
        [_, (_, line), ..] => return (Authorization::Replaced, Some(*line)),
        [] => {}
    }
    let switch = backend.switch().and_then(|family: Family| scope.directive(family));
    match dropped.or(switch.filter(|switch| switch.is(0, "off"))) {
        Some(line) => (Authorization::Dropped, Some(line)),
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
        Authorization::Unknown => "sends a header that is not known",
    }
}
