//! Where the files of a path lie (`ngx_http_map_uri_to_path`), and what is there.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::place::in_force;
use super::text::Text;
use super::variables::{Unknown, Value};
use super::visit::{Run, Visit};
use crate::model::{Directive, Family, Kind, Scope};
use crate::source::Seen;

/// How paths become file names.
pub(super) struct Mapping<'s> {
    /// `root` or `alias`; none where nginx takes its own directory `html`.
    pub(super) by: Option<Directive<'s>>,
    pub(super) root: Text,
    pub(super) alias: Alias,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alias {
    /// `root`.
    None,
    /// So many bytes of the path are replaced.
    Prefix(usize),
    /// In the location of an expression the whole path is.
    Whole,
}

impl<'s> Mapping<'s> {
    /// `alias` is inherited like `root`, with the length of the location it stands in.
    pub(super) fn of(scope: Scope<'s>) -> Result<Mapping<'s>, Unknown> {
        for at in std::iter::once(scope).chain(scope.ancestors()) {
            if let Some(by) = at.own(Family::Alias).last() {
                let location = at.location();
                let alias = match &location {
                    Some(location) if location.is_regex() => Alias::Whole,
                    Some(location) => Alias::Prefix(location.path.len()),
                    None => Alias::Prefix(0),
                };
                let root = by.argument(0).map(|value| value.bytes().into_owned()).unwrap_or_default();
                return Ok(Mapping { by: Some(by), root: Text::new(&root, false), alias });
            }
            if at.own(Family::Root).next().is_some() {
                break;
            }
        }
        let by = in_force(scope, Family::Root).map_err(|why| Unknown::new(why, true))?;
        let mut root =
            by.and_then(|by| by.argument(0)).map_or(b"html".to_vec(), |value| value.bytes().into_owned());
        if root.len() > 1 && root.ends_with(b"/") {
            root.pop();
        } else if root == b"/" {
            root.clear();
        }
        Ok(Mapping { by, root: Text::new(&root, false), alias: Alias::None })
    }
}

impl<'r, 's> Run<'r, 's> {
    /// The file name of the present path; an inner none where nginx fails with 500.
    pub(super) fn file_path(&mut self, visit: &mut Visit<'r, 's>) -> Result<Option<Vec<u8>>, Unknown> {
        let mapping = Mapping::of(visit.place.scope)?;
        if mapping.alias != Alias::None && !visit.fits_location {
            return Ok(None);
        }
        let mut path = self.root(visit, &mapping)?;
        match mapping.alias {
            Alias::None => path.extend(&visit.uri),
            Alias::Prefix(length) => path.extend(visit.uri.get(length..).unwrap_or_default()),
            Alias::Whole if visit.adds_uri_to_alias => path.extend(&visit.uri),
            Alias::Whole => {}
        }
        Ok(Some(path))
    }

    /// The root as a full name. What relative ones start from is given when nginx is started or built.
    pub(super) fn root(&mut self, visit: &mut Visit<'r, 's>, mapping: &Mapping<'s>) -> Value {
        let path = self.fill(visit, &mapping.root)?;
        let is_top = path.is_empty() && mapping.by.is_some_and(|by| by.is(0, "/"));
        if path.starts_with(b"/") || is_top {
            return Ok(path);
        }
        Err(Unknown::new("what the relative document root starts from is not known", true))
    }

    pub(super) fn document_root(&mut self, visit: &mut Visit<'r, 's>) -> Value {
        let mapping = Mapping::of(visit.place.scope)?;
        self.root(visit, &mapping)
    }

    pub(super) fn file_name(&mut self, visit: &mut Visit<'r, 's>) -> Value {
        Ok(self.file_path(visit)?.unwrap_or_default())
    }

    /// What is at a path of the server's disk.
    pub(super) fn see(&mut self, visit: &Visit<'r, 's>, path: &[u8]) -> Seen {
        if self.tables.assumes_what_is_served && !path.ends_with(b"/") {
            return Seen::File { is_readable: Some(true), is_executable: false };
        }
        let shown = || format!("what lies at {}", String::from_utf8_lossy(path));
        self.hang_on(shown);
        let scope = visit.place.scope;
        let follows = scope.lacks(Family::Symlinks)
            || scope.directive(Family::Symlinks).is_some_and(|by| by.is(0, "off"));
        if !follows {
            return Seen::Unknown("whether there is a symbolic link on the way is not looked at".into());
        }
        if path.contains(&0) {
            return Seen::Unknown("there is a NUL in the file name".into());
        }
        self.tables.see(PathBuf::from(OsString::from_vec(path.to_vec())))
    }
}

/// The file name of the present path, where `root` or `alias` is written without variables.
pub(super) fn plain_path(visit: &Visit<'_, '_>) -> Option<PathBuf> {
    let mapping = Mapping::of(visit.place.scope).ok()?;
    let start = mapping.by?.literal(0)?;
    let uri = std::str::from_utf8(&visit.uri).ok()?;
    let rest = match mapping.alias {
        _ if !visit.fits_location && mapping.alias != Alias::None => return None,
        Alias::None => uri,
        Alias::Prefix(length) => uri.get(length..)?,
        Alias::Whole => "",
    };
    let path = PathBuf::from(format!("{start}{rest}"));
    path.is_absolute().then_some(path)
}

/// The location that a scope is, or is in.
pub(super) fn location_of(scope: Scope<'_>) -> Option<Scope<'_>> {
    let mut all = std::iter::once(scope).chain(scope.ancestors());
    all.find(|scope| scope.kind() == Kind::Location)
}
