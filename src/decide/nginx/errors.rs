//! Errors, and the pages that dress them (`ngx_http_special_response_handler`, spec E1 to E11).

use super::phases::Phase;
use super::place::ErrorPage;
use super::sockets::Known;
use super::visit::{End, Origin, Run, Visit};

impl<'r, 's> Run<'r, 's> {
    /// A request ends in an error or a redirect.
    pub(super) fn finalize(&mut self, visit: &mut Visit<'r, 's>, code: u16, origin: Origin) -> Known<Phase> {
        let end = |status| Phase::End(End::of(status, origin));
        if matches!(code, 408 | 499) && visit.is_subrequest {
            // It hangs on `post_action`, which no manual describes.
            return Err(format!("what nginx makes of {code} in a subrequest is not judged"));
        }
        if matches!(code, 408 | 444 | 499) {
            // The connection is closed, without any answer.
            visit.forced_status = code;
            visit.origin = Origin::Configuration;
            return Ok(Phase::End(End::of(code, Origin::Configuration).closed()));
        }
        if code < 300 && !matches!(code, 201 | 204) {
            return Err(format!("what nginx sends for `={code}` is not judged"));
        }
        // The handler that cannot make the page says what was said already.
        let is_said = origin == Origin::Content && visit.forced_status == code;
        let origin = if is_said { visit.origin } else { origin };
        visit.forced_status = code;
        visit.is_overwritten = false;
        visit.origin = origin;
        if !visit.in_error_page && visit.changes_left != 0 {
            let place = visit.place;
            let pages = place.error_pages.as_ref().map_err(String::clone)?;
            if !pages.is_empty() {
                // One round only, unless `recursive_error_pages` (spec E5).
                visit.in_error_page = !place.recursive_error_pages;
            }
            if let Some(page) = pages.iter().find(|page| page.codes.contains(&code)) {
                return self.send_error_page(visit, page);
            }
        }
        // Codes of nginx's own for 400.
        if matches!(code, 494..=497) {
            visit.forced_status = 400;
        }
        Ok(end(visit.forced_status))
    }

    fn send_error_page(&mut self, visit: &mut Visit<'r, 's>, page: &'r ErrorPage<'s>) -> Known<Phase> {
        let code = visit.forced_status;
        self.story.tell(page.by.span(), format!("is for {code}"));
        match page.overwrite {
            Some(overwrite) => {
                visit.forced_status = overwrite;
                visit.is_overwritten = true;
            }
            None if matches!(code, 494..=497) => visit.forced_status = 400,
            None => {}
        }
        let target = self.fill(visit, &page.target).map_err(|unknown| unknown.why)?;
        if page.target.follows_the_path() {
            self.hang_on(|| "the part of the path that goes into the error page".into());
        }
        match target.first() {
            Some(b'/') => {
                // The method becomes GET (spec E9).
                if visit.method != "HEAD" {
                    visit.method = "GET".into();
                    if !visit.is_subrequest {
                        self.method = "GET".into();
                    }
                }
                self.redirect_to(visit, &target)
            }
            Some(b'@') => self.redirect_to(visit, &target),
            _ => {
                if !matches!(page.overwrite, Some(301..=303 | 307 | 308)) {
                    visit.forced_status = 302;
                }
                Ok(Phase::End(End::of(visit.forced_status, Origin::Configuration)))
            }
        }
    }
}
