//! The files on disk that the configurations are about.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::maker;
use super::node::{self, Files};

/// Files with a body that tells their path.
const FILES: &[&str] = &[
    "www/index.html",
    "www/x.html",
    "www/y.css",
    "www/plain",
    "www/pub/index.html",
    "www/pub/x.html",
    "www/s/index.html",
    "www/s/a.html",
    "www/s/b.css",
    "www/s/.htsecret",
    "www/s/t/index.html",
    "www/s/t/c.html",
    "www/s/t/u/d.html",
    "www/sx/a.html",
    "www/n/a.html",
    "www/n/closed.html",
    "www/n/m/a.html",
    "www/Up/a.html",
    "www/sp ace/a b.html",
    "www/err/e.html",
    "www/locked/a.html",
    "two/index.html",
    "two/pub/x.html",
    "two/s/index.html",
    "two/s/a.html",
    "two/admin/index.html",
    "two/admin/a.html",
    "ext/index.html",
    "ext/a.html",
    "ext/sub/b.html",
    "cgi/note.txt",
];

/// Directories that sections, files of rules and requests are about.
pub const DIRECTORIES: &[&str] = &[
    "www",
    "www/pub",
    "www/s",
    "www/s/t",
    "www/s/t/u",
    "www/n",
    "two",
    "two/s",
    "two/admin",
    "ext",
    "ext/sub",
];

/// What comes from a client: who has which password.
pub const PASSWORDS: &[(&str, &str)] =
    &[("alice", "a"), ("bob", "b"), ("carol", "c"), ("dave", "d"), ("erin", "e")];

const ALICE: &str = "alice:{SHA}hvfkN/qlp/zhXR3cuerq6jd2Z7g=\n";
const BOB: &str = "bob:$apr1$OhHDbF42$H.1AckDEapLRlkZvND/o50\n";
const CAROL: &str = "carol:$2y$04$qAgrYfHjVV/csraJR3n1p.TTimqa4X.GhVaruQp8jCZ.DeER9sYrm\n";
const DAVE: &str = "dave:{SHA}PDY4Ns9OFmZmaaJdooChhlwtKHQ=\n";
const ERIN: &str = "erin:{SHA}WOazpBSh4JDfxgKa3Q81Vcy6En8=\n";

/// A program that answers like the backend of `wire`.
const PROGRAM: &str = "#!/bin/sh\necho 'X-Echo: 1'\n\
    [ -z \"${HTTP_AUTHORIZATION+is}\" ] || echo \"X-Echo-Authorization: $HTTP_AUTHORIZATION\"\n\
    echo 'Content-Type: text/plain'\necho\necho \"program\"\n";

/// What stands in a file of this path.
pub fn body(path: &str) -> String {
    format!("file {path}\n")
}

/// A tree below a directory of its own, which goes with it.
pub struct Tree {
    pub root: PathBuf,
}

impl Tree {
    pub fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("authlint-decide-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let tree = Tree { root };
        for path in FILES {
            tree.write(path, &body(path));
        }
        tree.write("cgi/app.cgi", PROGRAM);
        tree.write("www/s/run.cgi", PROGRAM);
        tree.write("conf/users", &format!("# staff\n\n{ALICE}{BOB}"));
        tree.write("conf/users2", &format!("{CAROL}{ALICE}{ERIN}"));
        // A blank behind the name is a part of it, one before it is not; the first of two lines counts.
        let late = ALICE.replace("alice:", "alice :");
        let dead = "erin:{SHA}hvfkN/qlp/zhXR3cuerq6jd2Z7g=\n";
        let odd = format!("  {}\r\n{late}{ERIN}{dead}# gone \\\n{CAROL}{DAVE}", BOB.trim_end());
        tree.write("conf/odd", &odd);
        tree.write("conf/empty", "");
        tree.write("conf/priv", ALICE);
        tree.write("conf/shut/users", ALICE);
        tree.write("conf/groups", "staff: alice bob\nops : carol\nstaff: erin\n");
        tree.write("conf/groups2", "staff: carol\nmany: alice,bob\n");
        let mode = |path: &str, mode: u32| {
            fs::set_permissions(tree.root.join(path), Permissions::from_mode(mode)).expect("a mode");
        };
        for program in ["cgi/app.cgi", "www/s/run.cgi"] {
            mode(program, 0o755);
        }
        for shut in ["www/n/closed.html", "conf/priv"] {
            mode(shut, 0o600);
        }
        for shut in ["www/locked", "conf/shut"] {
            mode(shut, 0o700);
        }
        for (target, link) in [("s", "www/link"), ("s/a.html", "www/flink.html"), ("../../ext", "www/s/out")]
        {
            symlink(target, tree.root.join(link)).expect("a link");
        }
        tree
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }

    /// Writes a configuration, and takes the `.htaccess` files of the one before away.
    pub fn put(&self, files: &Files, ports: [u16; 2], echo: u16) {
        for directory in DIRECTORIES {
            let _ = fs::remove_file(self.root.join(directory).join(".htaccess"));
        }
        for (path, nodes) in files {
            let header = if path == "main.conf" { maker::header(nodes) } else { String::new() };
            self.write(path, &self.filled(&(header + &node::text(nodes)), ports, echo));
        }
    }

    /// A text with the places and ports of this run.
    pub fn filled(&self, text: &str, ports: [u16; 2], echo: u16) -> String {
        text.replace("@TREE", &self.root.display().to_string())
            .replace("@PORT", &ports[0].to_string())
            .replace("@OTHER", &ports[1].to_string())
            .replace("@ECHO", &echo.to_string())
    }

    pub fn main(&self) -> PathBuf {
        self.root.join("main.conf")
    }

    /// What httpd has logged from a byte on.
    pub fn logged(&self, from: usize) -> String {
        let log = fs::read(log_file(&self.root)).unwrap_or_default();
        String::from_utf8_lossy(log.get(from..).unwrap_or_default()).into_owned()
    }

    pub fn log_length(&self) -> usize {
        let length = fs::metadata(log_file(&self.root)).map_or(0, |metadata| metadata.len());
        usize::try_from(length).unwrap_or(0)
    }
}

fn log_file(root: &Path) -> PathBuf {
    root.join("log/error")
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}
