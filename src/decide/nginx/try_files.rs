//! `try_files` (`ngx_http_try_files_handler`, spec P7).

use super::files::{Alias, Mapping};
use super::phases::Phase;
use super::sockets::Known;
use super::text::Text;
use super::visit::{Origin, Run, Visit};
use crate::model::{Directive, Family};
use crate::source::Seen;

impl<'r, 's> Run<'r, 's> {
    /// The precontent phase. Only lines of the very scope count (spec M5): an `if` or `limit_except` in
    /// force has none.
    pub(super) fn try_files(&mut self, visit: &mut Visit<'r, 's>) -> Known<Phase> {
        let scope = visit.place.scope;
        if !scope.is_wholly_known() {
            return Err("not all lines of this place are at hand".into());
        }
        let Some(by) = scope.own(Family::TryFiles).last() else { return Ok(Phase::Content) };
        if by.is_template() {
            return Err(format!("`{}` has to be filled in", by.text()));
        }
        let mapping = Mapping::of(scope).map_err(|unknown| unknown.why)?;
        if mapping.alias != Alias::None && !visit.fits_location {
            return Ok(Phase::Finalize(500, Origin::Configuration));
        }
        let names: Vec<_> = by.arguments().map(|value| value.bytes()).collect();
        let Some((last, names)) = names.split_last() else { return Ok(Phase::Content) };
        for name in names {
            let (name, wants_directory) = match name.strip_suffix(b"/") {
                Some(name) => (name, true),
                None => (name.as_ref(), false),
            };
            let value = self.value(visit, &mapping, name)?;
            let path = self.root(visit, &mapping).map(|root| [root.as_slice(), &value].concat());
            let seen = match path {
                Ok(path) => self.see(visit, &path),
                // Wherever a relative root starts from.
                Err(_) if self.tables.assumes_what_is_served && !wants_directory => {
                    Seen::File { is_readable: Some(true), is_executable: false }
                }
                Err(unknown) => Seen::Unknown(unknown.why),
            };
            let is_hit = match seen {
                Seen::Directory { .. } => wants_directory,
                Seen::File { .. } | Seen::Special => !wants_directory,
                Seen::Missing | Seen::NotADirectory | Seen::Barred => false,
                Seen::Unknown(why) => {
                    let key = format!("try {:?} {}", by.span(), String::from_utf8_lossy(&value));
                    self.choices.ask(&key, 2, &format!("whether there is a file: {why}")) == 0
                }
            };
            if !is_hit {
                continue;
            }
            self.story.tell(by.span(), "finds what is served, in this very place");
            match mapping.alias {
                Alias::None => visit.uri = value,
                Alias::Whole if wants_directory => {}
                Alias::Whole => {
                    visit.uri = value;
                    visit.adds_uri_to_alias = true;
                }
                Alias::Prefix(length) => {
                    visit.uri.truncate(length);
                    visit.uri.extend(value);
                }
            }
            return Ok(Phase::Content);
        }
        self.fall_back(visit, by, &mapping, last)
    }

    /// The last word: a status, a named location, or a path that is searched anew.
    fn fall_back(
        &mut self,
        visit: &mut Visit<'r, 's>,
        by: Directive<'s>,
        mapping: &Mapping<'s>,
        last: &[u8],
    ) -> Known<Phase> {
        self.story.tell(by.span(), "finds nothing and takes its last word");
        if let Some(code) = last.strip_prefix(b"=") {
            let code = std::str::from_utf8(code).ok().and_then(|code| code.parse().ok());
            let code = code.ok_or_else(|| format!("`{}` is not understood", by.text()))?;
            return Ok(Phase::Finalize(code, Origin::Configuration));
        }
        let target = self.value(visit, mapping, last)?;
        if target.is_empty() {
            // Whether it ends in a slash is read off the byte before it.
            return Err("what nginx makes of an empty path is not known".into());
        }
        self.redirect_to(visit, &target)
    }

    /// A name with its variables filled in. Below an `alias` the location's own name is taken off again.
    fn value(&mut self, visit: &mut Visit<'r, 's>, mapping: &Mapping<'s>, name: &[u8]) -> Known<Vec<u8>> {
        let text = Text::new(name, false);
        let value = self.fill(visit, &text).map_err(|unknown| unknown.why)?;
        if let (Alias::Prefix(length), None) = (mapping.alias, text.literal()) {
            let own = visit.uri.get(..length).unwrap_or_default();
            if let Some(rest) = value.strip_prefix(own) {
                return Ok(rest.to_vec());
            }
        }
        Ok(value)
    }
}
