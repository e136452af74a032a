//! The content phase: handlers, and the files of the disk.

use super::backend;
use super::files::{location_of, plain_path};
use super::phases::{Phase, has_handler};
use super::place::{in_force, is_on};
use super::sockets::Known;
use super::text::Text;
use super::variables::Unknown;
use super::visit::{End, Origin, Run, Visit};
use crate::model::{Directive, Family, Scope};
use crate::source::Seen;

/// What the handlers of files make of a request.
enum Served {
    /// The file, or a list of the directory.
    Sent,
    Fails(u16),
}

impl<'r, 's> Run<'r, 's> {
    /// `ngx_http_core_content_phase`.
    pub(super) fn content(&mut self, visit: &mut Visit<'r, 's>) -> Known<Phase> {
        if let Some(handler) = visit.handler {
            // A later `if` brings settings of its own: those of the location, without the backend of the
            // `if` that chose the handler.
            let scope = visit.place.scope;
            let of_settings = [Some(scope), location_of(scope)];
            let Some(own) = of_settings.into_iter().flatten().find(|scope| has_handler(*scope)) else {
                return Ok(Phase::Finalize(500, Origin::Content));
            };
            let name = |scope: Scope<'s>| scope.backend().map(|backend| backend.pass.name());
            if name(own) != name(handler.scope) {
                return Err("two handlers are mixed by `if`".into());
            }
            return self.handle(visit, own);
        }
        if let Some(phase) = self.index(visit)? {
            return Ok(phase);
        }
        let is_looked_at = status_matters(visit)? || !visit.fits_location;
        let served = if is_looked_at { self.serve(visit)? } else { Served::Sent };
        if !visit.is_subrequest && !visit.is_directory() {
            self.file = plain_path(visit);
        }
        Ok(match served {
            Served::Sent => Phase::End(sent(visit, visit.is_subrequest.then_some(200))),
            Served::Fails(code) => Phase::Finalize(code, Origin::Content),
        })
    }

    /// A handler other than that of files.
    fn handle(&mut self, visit: &mut Visit<'r, 's>, scope: Scope<'s>) -> Known<Phase> {
        if let Some(backend) = scope.backend() {
            if !visit.is_subrequest {
                let (authorization, by) = backend::authorization(self, visit, backend);
                self.authorization = Some(authorization);
                self.story.tell(backend.pass.span(), "passes the request on");
                if let Some(by) = by {
                    self.story.tell(by.span(), backend::note(authorization));
                }
            }
            return Ok(Phase::End(End { is_passed_on: true, ..sent(visit, None) }));
        }
        let Some(by) = scope.own(Family::OtherHandler).last() else {
            return Err("what answers here is not known".into());
        };
        self.story.tell(by.span(), "answers the request");
        let is_simple = matches!(by.name_text(), "stub_status" | "empty_gif");
        let is_read = visit.has_method(&["GET", "HEAD"]);
        if is_simple && !is_read {
            return Ok(Phase::Finalize(405, Origin::Content));
        }
        if !is_simple && status_matters(visit)? {
            return Err(format!("what `{}` answers is not known", by.name_text()));
        }
        Ok(Phase::End(sent(visit, (is_simple && visit.is_subrequest).then_some(200))))
    }

    /// `ngx_http_index_handler`: the first name that is there is gone to by an internal redirect (spec P6).
    fn index(&mut self, visit: &mut Visit<'r, 's>) -> Known<Option<Phase>> {
        if !visit.is_directory() || !visit.has_method(&["GET", "HEAD", "POST"]) {
            return Ok(None);
        }
        let scope = visit.place.scope;
        let by = in_force(scope, Family::Index)?;
        let given: Vec<Text> = scope
            .list(Family::Index)
            .flat_map(Directive::arguments)
            .map(|name| Text::new(&name.bytes(), false))
            .collect();
        let usual = Text::new(b"index.html", false);
        let names = if by.is_some() { given } else { vec![usual] };
        let mut is_tested = false;
        for name in names {
            let name = self.fill(visit, &name).map_err(|unknown| unknown.why)?;
            if name.starts_with(b"/") {
                self.tell_index(by);
                let args = visit.args.clone();
                return Ok(Some(self.redirect(visit, name, args)));
            }
            let base = match self.file_path(visit) {
                Ok(Some(base)) => Ok(base),
                Ok(None) => return Err("nginx closes the connection: `alias` and a rewritten path".into()),
                Err(unknown) => Err(unknown),
            };
            let seen = match &base {
                Ok(base) => self.see(visit, &[base, name.as_slice()].concat()),
                Err(Unknown { why, .. }) => Seen::Unknown(why.clone()),
            };
            let is_there = match seen {
                Seen::File { .. } | Seen::Directory { .. } | Seen::Special => true,
                Seen::NotADirectory => return Ok(Some(Phase::Finalize(404, Origin::Content))),
                Seen::Barred => return Ok(Some(Phase::Finalize(403, Origin::Content))),
                Seen::Missing => {
                    let directory = base.as_ref().map(|base| base.strip_suffix(b"/").unwrap_or(base));
                    if let (Ok(directory), false) = (directory, std::mem::replace(&mut is_tested, true)) {
                        match self.see(visit, directory) {
                            Seen::Missing => return Ok(Some(Phase::Finalize(404, Origin::Content))),
                            Seen::Directory { .. } | Seen::Barred | Seen::Unknown(_) => {}
                            _ => return Ok(Some(Phase::Finalize(500, Origin::Content))),
                        }
                    }
                    false
                }
                Seen::Unknown(why) => {
                    let key = format!("index {} {}", shown(&visit.uri), shown(&name));
                    // There may be no directory at all, or one that is closed.
                    match self.choices.ask(&key, 4, &format!("whether there is an index file: {why}")) {
                        2 => return Ok(Some(Phase::Finalize(404, Origin::Content))),
                        3 => return Ok(Some(Phase::Finalize(403, Origin::Content))),
                        taken => taken == 0,
                    }
                }
            };
            if is_there {
                self.tell_index(by);
                let (uri, args) = ([visit.uri.as_slice(), &name].concat(), visit.args.clone());
                return Ok(Some(self.redirect(visit, uri, args)));
            }
        }
        Ok(None)
    }

    fn tell_index(&mut self, by: Option<Directive<'s>>) {
        if let Some(by) = by {
            self.story.tell(by.span(), "leads to the index file");
        }
    }

    /// The handlers behind the index: `autoindex`, and files.
    fn serve(&mut self, visit: &mut Visit<'r, 's>) -> Known<Served> {
        let scope = visit.place.scope;
        if let Some(by) = in_force(scope, Family::ContentModule)?.filter(|by| !by.is(0, "off")) {
            // A packed copy is sent in the place of a file; without the file it may be sent all the same.
            let path = self.file_path(visit).ok().flatten().filter(|_| by.name_text() == "gzip_static");
            let is_there = path.is_some_and(|path| matches!(self.see(visit, &path), Seen::File { .. }));
            if !is_there {
                return Err(format!("what `{}` makes of the file is not known", by.text()));
            }
        }
        let lists = visit.is_directory()
            && visit.has_method(&["GET", "HEAD"])
            && is_on(location_of(scope).unwrap_or(scope), Family::Autoindex)?;
        if !lists && !visit.has_method(&["GET", "HEAD", "POST"]) {
            return Ok(Served::Fails(405));
        }
        if !lists && visit.is_directory() {
            return Ok(Served::Fails(403));
        }
        let path = match self.file_path(visit) {
            Ok(Some(path)) => Ok(path),
            Ok(None) => return Ok(Served::Fails(500)),
            Err(unknown) => Err(unknown.why),
        };
        let seen = path.map_or_else(Seen::Unknown, |path| self.see(visit, &path));
        Ok(match seen {
            Seen::Directory { is_readable: Some(true), .. } if lists => Served::Sent,
            Seen::Directory { is_readable: Some(true), .. } => Served::Fails(301),
            Seen::File { is_readable: Some(true), .. } if lists => Served::Fails(404),
            Seen::File { is_readable: Some(true), .. } if visit.method == "POST" => Served::Fails(405),
            Seen::File { is_readable: Some(true), .. } => Served::Sent,
            Seen::File { is_readable: Some(false), .. }
            | Seen::Directory { is_readable: Some(false), .. }
            | Seen::Barred => Served::Fails(403),
            Seen::Missing | Seen::NotADirectory | Seen::Special => Served::Fails(404),
            Seen::File { is_readable: None, .. } | Seen::Directory { is_readable: None, .. } => {
                self.any_status(visit, "whether the server may read the file is not known")
            }
            Seen::Unknown(why) => self.any_status(visit, &format!("what lies there: {why}")),
        })
    }

    fn any_status(&mut self, visit: &Visit<'r, 's>, why: &str) -> Served {
        let taken = self.choices.ask(&format!("file {}", shown(&visit.uri)), 4, why);
        let there = if visit.method == "POST" { Served::Fails(405) } else { Served::Sent };
        [404, 301, 403].get(taken.wrapping_sub(1)).map_or(there, |code| Served::Fails(*code))
    }
}

/// Whether it makes a difference which status a handler gives: a page may dress it, or the
/// status of an error page is at stake.
fn status_matters(visit: &Visit<'_, '_>) -> Known<bool> {
    let is_dressed = !visit.in_error_page
        && visit.changes_left != 0
        && !visit.place.error_pages.as_ref().map_err(String::clone)?.is_empty();
    Ok(visit.is_subrequest || visit.forced_status != 0 || is_dressed)
}

/// A response of the content handler.
fn sent(visit: &Visit<'_, '_>, status: Option<u16>) -> End {
    let forced = (visit.forced_status != 0).then_some(visit.forced_status);
    End { status: forced.or(status), by: Origin::Content, is_passed_on: false, is_closed: false }
}

fn shown(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
