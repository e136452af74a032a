//! A server that nginx never chooses: its auth protects nothing.

use super::Lint;
use crate::decide::{Decider, Outcome, Request};
use crate::finding::{Finding, Level};
use crate::model::{Defaulted, Directive, Hidden, Look, Scope, Site, TakenName};

pub const LINT: Lint = Lint {
    id: "conflicting-server-name",
    summary: "this server is never chosen, so its auth protects nothing",
    level: Level::Error,
    page: include_str!("conflicting_server_name.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let decider = Decider::new(site, Look::nothing());
    let taken = site.taken_names().into_iter().filter_map(|taken| check_name(&taken));
    let hidden = site.hidden_servers().into_iter().filter_map(|hidden| check_hidden(&hidden));
    let strays = site.defaulted_servers().into_iter().filter_map(|pair| check_default(&decider, &pair));
    taken.chain(hidden).chain(strays).collect()
}

/// The auth of the server that is not chosen is lost, or that of the other one comes instead.
fn check_name(taken: &TakenName<'_>) -> Option<Finding> {
    let asked = (asking(taken.holder), asking(taken.loser));
    let (level, message) = match asked {
        (_, Some(_)) if taken.is_dead && (asked.0.is_some() || taken.holder.asks().by().is_some()) => {
            (Level::Warning, "this server is never chosen, and neither is its auth")
        }
        (None, Some(_)) if taken.is_dead => (LINT.level, LINT.summary),
        (Some(_), None) if taken.is_dead => {
            (Level::Warning, "this server is never chosen, and the one that is asks for credentials")
        }
        (None, Some(_)) if !taken.holder.may_answer_itself() => {
            (Level::Warning, "under this name an open server answers instead")
        }
        _ => return None,
    };
    let name = if taken.name.is_empty() { "no name".to_owned() } else { format!("`{}`", taken.name) };
    let place = taken.lost_by.map_or(taken.loser.span(), |by| by.span());
    let holder = taken.held_by.map_or(taken.holder.span(), |by| by.span());
    let server = taken.loser.site().server_name();
    let finding =
        Finding::at(place, format!("{name} on {} is taken: {server} ignores it here", taken.listen))
            .level(level)
            .message(message)
            .also(holder, "by this server, which answers instead")
            .help("make one server of the two, or give them different names");
    Some(asked.1.into_iter().fold(finding, |told, by| told.also(by.span(), "so this is never asked for")))
}

/// An open server on one address before a protected one on all. It is an opening where it serves the
/// very same. On an address of this machine alone it is how a status page is made.
fn check_hidden(hidden: &Hidden<'_>) -> Option<Finding> {
    let by = asking(hidden.server)?;
    if hidden.by.may_ask_anywhere() || hidden.by.may_answer_itself() {
        return None;
    }
    let level = match (hidden.by.serves_the_same(hidden.server), hidden.special.is_local()) {
        (true, _) => LINT.level,
        (false, true) if !hidden.by.is_named_for_visitors() => return None,
        (false, _) => Level::Advice,
    };
    let place = hidden.special.by.map_or(hidden.by.span(), |by| by.span());
    let wide = hidden.listen.by.map_or(hidden.server.span(), |by| by.span());
    Some(
        Finding::at(place, "connections to this address come to this server, whatever the name")
            .level(level)
            .message("a more specific `listen` hides the protected server")
            .also(wide, "although this server listens on every address")
            .also(by.span(), "and so its auth is passed by")
            .help(format!("let the protected server listen on {} as well", hidden.special)),
    )
}

/// A server for names that nobody has, with the very same content: who asks for an address or another name
/// gets it without the password.
fn check_default(decider: &Decider<'_>, pair: &Defaulted<'_>) -> Option<Finding> {
    let (host, port) = (Some("unknown.invalid".to_owned()), Some(pair.listen.port));
    let request = Request { host, port, is_tls: pair.listen.is_tls(), ..Request::get(&pair.path).ok()? };
    let label = format!("answers to every unknown name: `{}` is served without a password", pair.path);
    let place = pair.listen.by.map_or(pair.default.span(), |by| by.span());
    (decider.decide(&request).outcome == Outcome::Open).then(|| {
        Finding::at(place, label)
            .message("the default server gives away what another server asks a password for")
            .also(pair.by.span(), "this is asked for under the server's own name only")
            .help("refuse unknown names in the default server, or ask for the password there, too")
    })
}

/// A directive that asks for credentials somewhere in the server.
fn asking(server: Scope<'_>) -> Option<Directive<'_>> {
    server.asking_place().map(|(_, by)| by)
}
