//! A server that nginx never chooses: its auth protects nothing.

use super::Lint;
use crate::finding::{Finding, Level};
use crate::model::{Directive, Hidden, Scope, Site, TakenName};

pub const LINT: Lint = Lint {
    id: "conflicting-server-name",
    summary: "this server is never chosen, so its auth protects nothing",
    level: Level::Error,
    page: include_str!("conflicting_server_name.md"),
    check,
};

fn check(site: &Site<'_>) -> Vec<Finding> {
    let taken = site.taken_names().into_iter().filter_map(|taken| check_name(&taken));
    let hidden = site.hidden_servers().into_iter().filter_map(|hidden| check_hidden(&hidden));
    taken.chain(hidden).collect()
}

/// The auth of the server that is not chosen is lost, or that of the other one comes instead.
fn check_name(taken: &TakenName<'_>) -> Option<Finding> {
    let asked = (asking(taken.holder), asking(taken.loser));
    let (level, message) = match asked {
        (None, Some(_)) if taken.is_dead => (LINT.level, LINT.summary),
        (Some(_), Some(_)) if taken.is_dead => {
            (Level::Warning, "this server is never chosen, and neither is its auth")
        }
        (Some(_), None) if taken.is_dead => {
            (Level::Warning, "this server is never chosen, and the one that is asks for credentials")
        }
        (None, Some(_)) if taken.holder.answer().is_none() => {
            (Level::Warning, "under this name an open server answers instead")
        }
        _ => return None,
    };
    let name = if taken.name.is_empty() { "no name".to_owned() } else { format!("`{}`", taken.name) };
    let place = taken.lost_by.map_or(taken.loser.span(), |by| by.span());
    let holder = taken.held_by.map_or(taken.holder.span(), |by| by.span());
    let finding = Finding::at(place, format!("{name} on {} is taken: nginx ignores it here", taken.listen))
        .level(level)
        .message(message)
        .also(holder, "by this server, which answers instead")
        .help("make one server of the two, or give them different names");
    Some(match asked.1 {
        Some(by) => finding.also(by.span(), "so this is never asked for"),
        None => finding,
    })
}

/// An open server on one address before a protected one on all. It is an opening where it serves the
/// very same. On an address of this machine alone it is how a status page is made.
fn check_hidden(hidden: &Hidden<'_>) -> Option<Finding> {
    let by = asking(hidden.server)?;
    if hidden.by.may_ask_anywhere() || hidden.by.answer().is_some() {
        return None;
    }
    let level = match (same_content(hidden.by, hidden.server), hidden.special.is_local()) {
        (true, _) => LINT.level,
        (false, false) => Level::Advice,
        (false, true) => return None,
    };
    let place = hidden.special.by.map_or(hidden.by.span(), |by| by.span());
    let wide = hidden.listen.by.map_or(hidden.server.span(), |by| by.span());
    Some(
        Finding::at(place, "connections to this address come to this server, whatever the name")
            .level(level)
            .message("a more specific `listen` hides the protected server")
            .also(wide, "although this server listens on every address")
            .also(by.span(), "and so its auth is passed by")
            .help(format!("add `listen {};` to the protected server as well", hidden.special)),
    )
}

/// A directive that asks for credentials somewhere in the server.
fn asking(server: Scope<'_>) -> Option<Directive<'_>> {
    std::iter::once(server).chain(server.descendants()).find_map(Scope::own_asking)
}

fn same_content(a: Scope<'_>, b: Scope<'_>) -> bool {
    let content = |scope: Scope<'_>| scope.content().map(|content| content.text());
    content(a).is_some() && content(a) == content(b)
}
