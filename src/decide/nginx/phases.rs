//! The phases of a request (spec P1): from the server's rewrite phase to the content, and again from the
//! beginning after an internal redirect.

use super::access::Checked;
use super::files::location_of;
use super::place::passes_on;
use super::script::Ended;
use super::sockets::Known;
use super::uri::split_args;
use super::visit::{End, Origin, Run, Visit};
use crate::model::{Family, Kind, Scope};

/// Where a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    ServerRewrite,
    FindConfig,
    Rewrite,
    PostRewrite,
    Access,
    Precontent,
    Content,
    /// `ngx_http_finalize_request` with an error or a redirect.
    Finalize(u16, Origin),
    End(End),
}

impl<'r, 's> Run<'r, 's> {
    /// The way of a request from a phase to its end.
    pub(super) fn go(&mut self, visit: &mut Visit<'r, 's>, from: Phase) -> Known<End> {
        let mut phase = from;
        loop {
            if let Some(by) = visit.place.foreign.filter(|_| is_carried_out(phase)) {
                return Err(format!("what `{}` does is not known", by.name_text()));
            }
            phase = match phase {
                Phase::ServerRewrite => {
                    let program = self.place(self.server).program.as_ref().map_err(String::clone)?;
                    let ended = self.carry_out(visit, program)?;
                    after_program(visit, ended, Phase::FindConfig)
                }
                Phase::FindConfig => self.find_config(visit)?,
                Phase::Rewrite => match visit.place.scope.kind() {
                    // Its lines were carried out in the server's phase.
                    Kind::Server => Phase::PostRewrite,
                    _ => {
                        let program = visit.place.program.as_ref().map_err(String::clone)?;
                        let ended = self.carry_out(visit, program)?;
                        after_program(visit, ended, Phase::PostRewrite)
                    }
                },
                Phase::PostRewrite if visit.has_changed => match count_change(visit) {
                    Some(cycle) => cycle,
                    None => {
                        visit.place = self.place(self.server);
                        Phase::FindConfig
                    }
                },
                // `limit_req` and `limit_conn` come here: they depend on what others ask (spec P5).
                // Subrequests pass by the checks (spec P9).
                Phase::PostRewrite if visit.is_subrequest => Phase::Precontent,
                Phase::PostRewrite => Phase::Access,
                Phase::Access => match self.check_access(visit)? {
                    Checked::Passed => Phase::Precontent,
                    Checked::Refused(code) => Phase::Finalize(code, Origin::Access),
                    Checked::Closed(code) => Phase::End(End::of(code, Origin::Access).closed()),
                },
                Phase::Precontent => self.try_files(visit)?,
                Phase::Content => self.content(visit)?,
                Phase::Finalize(code, origin) => self.finalize(visit, code, origin)?,
                Phase::End(end) => return Ok(end),
            };
        }
    }

    fn find_config(&mut self, visit: &mut Visit<'r, 's>) -> Known<Phase> {
        visit.handler = None;
        visit.has_changed = false;
        let located = self.locate(visit)?;
        if let Some(found) = located.found {
            self.keep(visit, found);
        }
        let scope = located.scope;
        visit.place = self.place(scope);
        if scope.kind() == Kind::Location {
            let what = if visit.is_subrequest { "is for the subrequest" } else { "is for this path" };
            self.story.tell(scope.span(), what);
        }
        if !visit.is_internal && self.is_internal(scope)? {
            return Ok(Phase::Finalize(404, Origin::Configuration));
        }
        self.enter(visit, scope);
        if located.redirects {
            self.story.tell(scope.span(), "redirects to its name with the slash, before any check");
            return Ok(Phase::Finalize(301, Origin::Configuration));
        }
        Ok(Phase::Rewrite)
    }

    fn is_internal(&mut self, scope: Scope<'s>) -> Known<bool> {
        let by = super::place::in_force(scope, Family::Internal)?;
        if let Some(by) = by {
            self.story.tell(by.span(), "is for the server's own requests only");
        }
        Ok(by.is_some())
    }

    /// The settings of a scope hold from here on (`ngx_http_update_location_config`): for the methods that
    /// a `limit_except` does not list, those of its block.
    pub(super) fn enter(&mut self, visit: &mut Visit<'r, 's>, scope: Scope<'s>) {
        let limited = scope.children().find(|child| child.kind() == Kind::LimitExcept);
        let limited = limited.filter(|block| !is_listed(*block, &visit.method));
        if let Some(block) = limited {
            self.story.tell(block.span(), "is for this method");
        }
        visit.place = self.place(limited.unwrap_or(scope));
        let own = visit.place.scope;
        if has_handler(own) {
            visit.handler = Some(self.place(own));
        } else if limited.is_some() && passes_on(scope) {
            // A `limit_except` passes requests on like the location around it (spec L5).
            visit.handler = Some(self.place(scope));
        }
    }

    /// `ngx_http_internal_redirect` to a path, without its query.
    pub(super) fn redirect(&mut self, visit: &mut Visit<'r, 's>, uri: Vec<u8>, args: Vec<u8>) -> Phase {
        if let Some(cycle) = count_change(visit) {
            return cycle;
        }
        visit.uri = uri;
        visit.args = args;
        visit.place = self.place(self.server);
        visit.is_internal = true;
        visit.adds_uri_to_alias = false;
        visit.fits_location = true;
        Phase::ServerRewrite
    }

    /// An internal redirect to a path with its query, or to a named location.
    pub(super) fn redirect_to(&mut self, visit: &mut Visit<'r, 's>, target: &[u8]) -> Known<Phase> {
        if target.starts_with(b"@") {
            return self.redirect_to_name(visit, target);
        }
        let (uri, args) = split_args(target);
        Ok(self.redirect(visit, uri, args))
    }

    /// `ngx_http_named_location`.
    fn redirect_to_name(&mut self, visit: &mut Visit<'r, 's>, name: &[u8]) -> Known<Phase> {
        if let Some(cycle) = count_change(visit) {
            return Ok(cycle);
        }
        if visit.uri.is_empty() {
            return Ok(Phase::Finalize(500, Origin::Configuration));
        }
        let level = self.place(self.server).level.as_ref().map_err(String::clone)?;
        let Some(scope) = level.named.get(name) else {
            return Ok(Phase::Finalize(500, Origin::Configuration));
        };
        visit.is_internal = true;
        visit.handler = None;
        visit.has_changed = false;
        self.story.tell(scope.span(), "takes over");
        self.enter(visit, *scope);
        Ok(Phase::Rewrite)
    }

    /// The location that the request came to, or its server.
    pub(super) fn here(&self, visit: &Visit<'r, 's>) -> Scope<'s> {
        location_of(visit.place.scope).unwrap_or(self.server)
    }
}

/// Whether foreign lines of the present place can have a say in this phase.
fn is_carried_out(phase: Phase) -> bool {
    matches!(phase, Phase::Rewrite | Phase::ServerRewrite | Phase::Access | Phase::Content)
}

/// A path was changed; where that happened too often the request ends (spec P3).
fn count_change(visit: &mut Visit<'_, '_>) -> Option<Phase> {
    visit.changes_left = visit.changes_left.saturating_sub(1);
    (visit.changes_left == 0).then_some(Phase::Finalize(500, Origin::Configuration))
}

fn after_program(visit: &Visit<'_, '_>, ended: Ended, through: Phase) -> Phase {
    match ended {
        Ended::Through => through,
        Ended::With(code) => Phase::Finalize(code, Origin::Configuration),
        Ended::Sent(code) => {
            let status = if visit.forced_status == 0 { code } else { visit.forced_status };
            Phase::End(End::of(status, Origin::Configuration))
        }
    }
}

/// Whether the very scope has a content handler of its own.
pub(super) fn has_handler(scope: Scope<'_>) -> bool {
    scope.own(Family::Handler).chain(scope.own(Family::OtherHandler)).next().is_some()
}

/// Whether a `limit_except` lets the method pass by: GET includes HEAD (spec L1).
fn is_listed(block: Scope<'_>, method: &str) -> bool {
    let Some(by) = block.opening() else { return false };
    by.arguments().any(|word| {
        let listed = word.text().to_ascii_uppercase();
        listed == method || (listed == "GET" && method == "HEAD")
    })
}
