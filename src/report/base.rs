//! The paths of a report as a machine wants them: from one directory on, and as URIs.

use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::harmless;

/// What the paths of a report start from.
#[derive(Clone, Debug, Default)]
pub struct Base {
    here: PathBuf,
    root: PathBuf,
}

/// A file as seen from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// Below the root, with its path from there.
    Inside(PathBuf),
    /// Anywhere else, with its whole path.
    Outside(PathBuf),
}

impl Base {
    /// Paths that the user gave start `here`, the working directory. They are told from the `root` of the
    /// checkout on, which is where those who read the report start.
    #[must_use]
    pub fn new(here: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        Base { here: here.into(), root: root.into() }
    }

    /// Where a file is. `.` and `..` are carried out on the names alone: the path that goes through a symbolic link
    /// and back out of it is taken for the one that a reader of the report would make of it.
    pub(super) fn locate(&self, path: &Path) -> Whereabouts {
        let mut whole = PathBuf::new();
        for part in self.here.join(path).components() {
            match part {
                Component::CurDir => {}
                Component::ParentDir if whole.file_name().is_some() => drop(whole.pop()),
                Component::ParentDir if whole.has_root() => {}
                part => whole.push(part),
            }
        }
        match whole.strip_prefix(&self.root) {
            Ok(inside) if !inside.is_absolute() => Whereabouts::Inside(inside.to_path_buf()),
            _ => Whereabouts::Outside(whole),
        }
    }

    /// The path from the root on, or the whole path, on one line.
    pub(super) fn shown(&self, path: &Path) -> String {
        let (Whereabouts::Inside(path) | Whereabouts::Outside(path)) = self.locate(path);
        let shown = path.to_string_lossy();
        let shown = if shown.is_empty() { ".".into() } else { shown };
        harmless(&shown.replace(['\n', '\t'], "?")).into_owned()
    }

    /// A URI (RFC 3986), and whether it is to be read from the root on.
    pub(super) fn uri(&self, path: &Path) -> (String, bool) {
        match self.locate(path) {
            Whereabouts::Inside(path) if path.as_os_str().is_empty() => (".".into(), true),
            Whereabouts::Inside(path) => (percent_encoded(&path), true),
            Whereabouts::Outside(path) => (format!("file://{}", percent_encoded(&path)), false),
        }
    }
}

/// All bytes but the unreserved ones and the slash.
fn percent_encoded(path: &Path) -> String {
    let mut out = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte.into());
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Base, Whereabouts};
    use std::path::Path;

    #[test]
    fn paths_start_at_the_root() {
        let base = Base::new("/repo/deploy", "/repo");
        let inside = |path: &str| Whereabouts::Inside(path.into());
        assert_eq!(base.locate(Path::new("./nginx//a.conf")), inside("deploy/nginx/a.conf"));
        assert_eq!(base.locate(Path::new("x/../../a.conf")), inside("a.conf"));
        assert_eq!(base.locate(Path::new("/repo/a.conf")), inside("a.conf"));
        assert_eq!(base.locate(Path::new("../../a.conf")), Whereabouts::Outside("/a.conf".into()));
        assert_eq!(base.locate(Path::new("/repository/a")), Whereabouts::Outside("/repository/a".into()));
        assert_eq!(base.shown(Path::new("..")), ".");
        // Without a working directory paths stay what they are.
        let nowhere = Base::default();
        assert_eq!(nowhere.locate(Path::new("../a.conf")), inside("../a.conf"));
        assert_eq!(nowhere.locate(Path::new("/a.conf")), Whereabouts::Outside("/a.conf".into()));
    }

    #[test]
    fn uris_are_ascii() {
        let base = Base::new("/repo", "/repo");
        assert_eq!(base.uri(Path::new("a b#1%?.conf")), ("a%20b%231%25%3F.conf".into(), true));
        assert_eq!(base.uri(Path::new("s\u{f6}r:[x].conf")), ("s%C3%B6r%3A%5Bx%5D.conf".into(), true));
        assert_eq!(base.uri(Path::new("/etc/nginx/a.conf")), ("file:///etc/nginx/a.conf".into(), false));
        assert_eq!(base.uri(Path::new("<stdin>")), ("%3Cstdin%3E".into(), true));
    }
}
