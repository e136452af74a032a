//! Which C library checks the hashes that a server does not check itself: `crypt(3)` differs by library.

use std::path::Path;

use crate::source::{Host, Node};

/// Who makes crypt(3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// libxcrypt: Debian since 11, Fedora since 28 and most others; it knows every scheme there is.
    Libxcrypt,
    /// glibc's own, until the library was split off: no bcrypt and no yescrypt; what it does not know it refuses
    /// with an error, which nginx turns into 500 (spec H7).
    Glibc,
    /// musl, as in Alpine: no yescrypt.
    Musl,
}

/// A library and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// Who makes it.
    pub maker: Maker,
    /// The file that says so; none where Debian's is assumed.
    pub evidence: Option<String>,
}

/// Where libraries lie.
const DIRECTORIES: &[&str] = &["/lib", "/usr/lib", "/lib64", "/usr/lib64"];

/// The names of machines in paths of libraries.
const MACHINES: &[&str] =
    &["x86_64-linux-gnu", "aarch64-linux-gnu", "arm-linux-gnueabihf", "i386-linux-gnu", "riscv64-linux-gnu"];

impl Library {
    /// Debian's.
    #[must_use]
    pub fn debian() -> Self {
        Library { maker: Maker::Libxcrypt, evidence: None }
    }

    /// What lies in the server's file system: the loader of musl, or the file of libcrypt. Where both lie beside
    /// glibc, musl is there to build programs with, as in Debian's package of that name.
    #[must_use]
    pub fn of(host: &Host) -> Self {
        let list = |directory: &str| host.list(Path::new(directory), 10_000);
        let machines = DIRECTORIES
            .iter()
            .flat_map(|directory| MACHINES.iter().map(move |name| format!("{directory}/{name}")));
        let directories = DIRECTORIES.iter().map(|name| (*name).to_owned()).chain(machines);
        let mut crypt = None;
        let mut has_glibc = false;
        for directory in directories {
            for name in list(&directory) {
                let path = format!("{directory}/{name}");
                let is_file = || matches!(host.node(Path::new(&path)), Node::File);
                match maker(&name) {
                    Some(maker) if crypt.is_none() && is_file() => crypt = Some((maker, path)),
                    None if name == "libc.so.6" => has_glibc |= is_file(),
                    _ => {}
                }
            }
        }
        let musl = list("/lib").into_iter().find(|name| name.starts_with("ld-musl-"));
        let musl = musl.map(|loader| (Maker::Musl, format!("/lib/{loader}")));
        let found = if has_glibc { crypt.or(musl) } else { musl.or(crypt) };
        found.map_or_else(Library::debian, |(maker, path)| Library { maker, evidence: Some(path) })
    }

    /// For people: whose check it is, and how that is known.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = match self.maker {
            Maker::Libxcrypt => "libxcrypt",
            Maker::Glibc => "glibc's own crypt(3)",
            Maker::Musl => "musl",
        };
        match &self.evidence {
            Some(path) => format!("{name} ({path})"),
            None => format!("{name}, as in Debian (assumed)"),
        }
    }
}

/// `libcrypt-2.17.so` is glibc's, `libcrypt.so.1.1.0` and `libcrypt.so.2.0.0` are libxcrypt's.
fn maker(name: &str) -> Option<Maker> {
    if name.strip_prefix("libcrypt-2.").is_some_and(|rest| rest.strip_suffix(".so").is_some()) {
        return Some(Maker::Glibc);
    }
    let version = name.strip_prefix("libcrypt.so.")?;
    (version.matches('.').count() == 2).then_some(Maker::Libxcrypt)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::source::Entry;

    fn of(files: &[&str]) -> Maker {
        Library::of(&Host::memory(files.iter().map(|path| (PathBuf::from(path), Entry::file(""))))).maker
    }

    #[test]
    fn musl_beside_glibc_is_for_building() {
        assert_eq!(of(&["/lib/ld-musl-x86_64.so.1"]), Maker::Musl);
        assert_eq!(of(&["/lib/ld-musl-x86_64.so.1", "/usr/lib/libcrypt.so.2.0.0"]), Maker::Musl);
        let debian = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/x86_64-linux-gnu/libcrypt.so.1.1.0"];
        assert_eq!(of(&debian), Maker::Libxcrypt);
        assert_eq!(of(&[debian[0], debian[1], "/lib/ld-musl-x86_64.so.1"]), Maker::Libxcrypt);
    }
}
