//! `authlint check --fix` and `--diff` on a disk: what is written, what is left, and what stays of a file besides
//! its text.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A configuration of Apache with one mistake that has a safe fix.
const BAD: &str = "<Directory /srv/a>\n    AuthType Basci\n    AuthName \"A\"\n    AuthUserFile /etc/users\n    Require valid-user\n</Directory>\n";
const MAIN: &str = "ServerRoot /etc/apache2\nInclude sites/*.conf\n";

/// A directory that is removed in the end.
struct Sandbox(PathBuf);

struct Ran {
    status: i32,
    out: String,
    err: String,
}

impl Sandbox {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("authlint-fix-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a directory");
        Sandbox(path.canonicalize().expect("a path"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(&path, text).expect("a file");
        path
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a file")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authlint"));
        command.args(["check", "--no-config"]).args(arguments).current_dir(&self.0);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments))
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("authlint runs");
        child.stdin.take().expect("standard input").write_all(input).expect("it reads");
        told(&child.wait_with_output().expect("it ends"))
    }

    /// Names that should not be there.
    fn leftovers(&self) -> Vec<PathBuf> {
        let mut todo = vec![self.0.clone()];
        let mut found = Vec::new();
        while let Some(directory) = todo.pop() {
            for entry in fs::read_dir(directory).expect("a directory").flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    todo.push(entry.path());
                } else if entry.file_name().to_string_lossy().contains("authlint-") {
                    found.push(entry.path());
                }
            }
        }
        found
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = Command::new("chmod").arg("-R").arg("u+rwX").arg(&self.0).status();
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ran(mut command: Command) -> Ran {
    told(&command.output().expect("authlint runs"))
}

fn told(output: &std::process::Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        status: output.status.code().expect("a status"),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

fn mended(text: &str) -> String {
    text.replace("Basci", "Basic")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("a file").mode() & 0o7777
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Files with their safe fixes applied, and what is said in the end.
#[test]
fn safe_fixes_are_written_and_counted() {
    let here = Sandbox::new("counted");
    here.put("a.conf", BAD);
    let before = here.run(&["a.conf"]);
    assert_eq!(before.status, 1);
    assert!(before.out.ends_with("\n1 can be fixed with --fix\n"), "{}", before.out);
    let fixed = here.run(&["--fix", "a.conf"]);
    assert_eq!(here.text("a.conf"), mended(BAD));
    assert_eq!(fixed.status, 0, "{}", fixed.out);
    assert!(fixed.out.ends_with("\n1 fixed\n"), "{}", fixed.out);
    let again = here.run(&["--fix", "a.conf"]);
    assert!(again.out.ends_with("\n0 fixed\n") && again.status == 0, "{}", again.out);
    here.put("a.conf", BAD);
    let json = here.run(&["--fix", "--format", "json", "a.conf"]);
    assert!(json.out.contains("\"fixed\": 1"), "{}", json.out);
    assert_eq!(here.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn unsafe_fixes_have_to_be_asked_for() {
    let here = Sandbox::new("unsafe");
    let text = "<IfModule mod_auth_basic>\n<Directory /srv/a>\nAuthType Basic\nAuthName A\nAuthUserFile /etc/users\nRequire valid-user\n</Directory>\n</IfModule>\n";
    here.put("a.conf", text);
    let safe = here.run(&["--fix", "a.conf"]);
    assert!(safe.out.ends_with("\n0 fixed; 1 more with --unsafe-fixes\n"), "{}", safe.out);
    assert_eq!((safe.status, here.text("a.conf")), (1, text.to_owned()));
    let none = here.run(&["a.conf"]);
    assert!(none.out.ends_with("\n1 can be fixed with --fix --unsafe-fixes\n"), "{}", none.out);
    assert_eq!(here.run(&["--unsafe-fixes", "a.conf"]).status, 2);
    let all = here.run(&["--fix", "--unsafe-fixes", "a.conf"]);
    assert!(all.out.ends_with("\n1 fixed\n") && all.status == 0, "{}", all.out);
    assert_eq!(here.text("a.conf"), text.replace("mod_auth_basic>", "mod_auth_basic.c>"));
}

#[test]
fn lines_that_are_put_in_stand_as_the_others_do() {
    let here = Sandbox::new("lines");
    let text = "events {}\r\nhttp {\r\n  server {\r\n    location / {\r\n      auth_basic A;\r\n      auth_basic_user_file /etc/users;\r\n      proxy_pass http://127.0.0.1:8080;\r\n      location = /site.webmanifest {\r\n\texpires 1d;\r\n      }\r\n    }\r\n  }\r\n}\r\n";
    here.put("nginx.conf", text);
    let ran = here.run(&["--fix", "--unsafe-fixes", "nginx.conf", "--select", "static-asset-behind-auth"]);
    let put = "{\r\n\tauth_basic off;\r\n\texpires";
    assert_eq!(here.text("nginx.conf"), text.replace("{\r\n\texpires", put), "{}", ran.out);
}

#[test]
fn only_what_was_asked_about_is_fixed() {
    let here = Sandbox::new("asked");
    here.put("a.conf", BAD);
    here.run(&["--fix", "--ignore", "unknown-auth-type", "a.conf"]);
    here.run(&["--fix", "--select", "auth-name-missing", "a.conf"]);
    assert_eq!(here.text("a.conf"), BAD);
    here.put("etc/apache2/apache2.conf", MAIN);
    here.put("etc/apache2/sites/a.conf", BAD);
    here.put("etc/apache2/sites/b.conf", BAD.replace("/srv/a", "/srv/b"));
    let entry = ["--root", ".", "--entry", "etc/apache2/apache2.conf", "--files", "never"];
    here.run(&[&entry[..], &["--fix", "etc/apache2/sites/a.conf"]].concat());
    assert_eq!(here.text("etc/apache2/sites/a.conf"), mended(BAD));
    assert!(here.text("etc/apache2/sites/b.conf").contains("Basci"));
}

#[test]
fn every_other_byte_stays() {
    let here = Sandbox::new("bytes");
    let text = "<Directory /srv/a>\r\n# \u{e9}\r\n    AuthType Basci\r\n    AuthName A\r\n    AuthUserFile /etc/users # all of us\r\n\tRequire valid-user\r\n</Directory>";
    let text: Vec<u8> = text.replace('\u{e9}', "?").into_bytes();
    let text: Vec<u8> = text.into_iter().map(|byte| if byte == b'?' { 0xe9 } else { byte }).collect();
    let path = here.put("a.conf", &text);
    let ran = here.run(&["--fix", "a.conf"]);
    let expected = String::from_utf8_lossy(&text)
        .replace("Basci", "Basic")
        .replace("    AuthUserFile /etc/users # all of us", "    # all of us\r\n    AuthUserFile /etc/users");
    let now = fs::read(path).expect("a file");
    assert_eq!(String::from_utf8_lossy(&now), expected, "{}", ran.out);
    assert!(now.contains(&0xe9) && now.ends_with(b"</Directory>"));
}

#[test]
fn mode_owner_and_attributes_stay() {
    let here = Sandbox::new("modes");
    let path = here.put("a.conf", BAD);
    let attribute = rustix::fs::setxattr(&path, "user.note", b"kept", rustix::fs::XattrFlags::empty());
    // A directory whose files get a list of their own, which the old file does not have.
    let list: &[u8] = b"\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x07\0\x01\0\0\0\x04\0\x05\0\xff\xff\xff\xff\x10\0\x07\0\xff\xff\xff\xff\x20\0\x05\0\xff\xff\xff\xff";
    let inherited =
        rustix::fs::setxattr(&here.0, "system.posix_acl_default", list, rustix::fs::XattrFlags::empty());
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("a mode");
    if is_root() {
        std::os::unix::fs::chown(&path, Some(12345), Some(54321)).expect("an owner");
    }
    let old = fs::metadata(&path).expect("a file");
    let ran = here.run(&["--fix", "a.conf"]);
    assert_eq!(here.text("a.conf"), mended(BAD), "{}", ran.out);
    let new = fs::metadata(&path).expect("a file");
    assert_ne!(new.ino(), old.ino(), "it is a new file that took the old one's place");
    assert_eq!((new.mode(), new.uid(), new.gid()), (old.mode(), old.uid(), old.gid()));
    let mut value = [0; 8];
    if attribute.is_ok() {
        assert_eq!(rustix::fs::getxattr(&path, "user.note", &mut value[..]), Ok(4));
    } else {
        eprintln!("SKIPPED: no attributes on this file system");
    }
    if inherited.is_ok() {
        let has = rustix::fs::getxattr(&path, "system.posix_acl_access", &mut [0_u8; 0]);
        assert_eq!(has, Err(rustix::io::Errno::NODATA));
    } else {
        eprintln!("SKIPPED: no access control lists on this file system");
    }
}

/// As somebody who may not do everything.
#[test]
fn what_may_not_be_written_is_left_and_told() {
    let here = Sandbox::new("readonly");
    let command = |arguments: &[&str]| {
        let mut command = here.command(arguments);
        if is_root() {
            command.uid(65534).gid(65534);
        }
        command
    };
    let own = |path: &Path| {
        if is_root() {
            std::os::unix::fs::chown(path, Some(65534), Some(65534)).expect("an owner");
        }
    };
    let closed = here.put("closed/a.conf", BAD);
    let only_read = here.put("open/a.conf", BAD);
    for path in [&closed, &only_read, &here.path("open"), &here.path("closed")] {
        own(path);
    }
    fs::set_permissions(&only_read, Permissions::from_mode(0o444)).expect("a mode");
    fs::set_permissions(here.path("closed"), Permissions::from_mode(0o555)).expect("a mode");
    for (name, path) in [("closed/a.conf", &closed), ("open/a.conf", &only_read)] {
        let ran = ran(command(&["--fix", name]));
        assert_eq!((ran.status, here.text(name)), (1, BAD.to_owned()), "{} {}", ran.out, ran.err);
        let words = format!("{} cannot be written: Permission denied", path.display());
        assert!(ran.out.contains(&words) && ran.out.ends_with("\n0 fixed\n"), "{}", ran.out);
        assert!(ran.out.contains("unknown-auth-type"), "the finding is still told: {}", ran.out);
        assert_eq!(told(&command(&["--diff", name]).output().expect("authlint runs")).status, 1);
    }
    if is_root() {
        // Whose file it is cannot be kept by anybody but root.
        let other = here.put("open/b.conf", BAD);
        fs::set_permissions(&other, Permissions::from_mode(0o666)).expect("a mode");
        let ran = ran(command(&["--fix", "open/b.conf"]));
        assert!(ran.out.contains("owner and group cannot be kept"), "{}", ran.out);
        assert_eq!(here.text("open/b.conf"), BAD);
    }
    assert_eq!(here.leftovers(), Vec::<PathBuf>::new());
}

#[test]
fn links_are_followed_within_the_paths_only() {
    let here = Sandbox::new("links");
    here.put("conf/available/a.conf", BAD);
    here.put("elsewhere/b.conf", BAD.replace("/srv/a", "/srv/b"));
    fs::create_dir_all(here.path("conf/enabled")).expect("a directory");
    symlink("../available/a.conf", here.path("conf/enabled/a.conf")).expect("a link");
    symlink(here.path("elsewhere/b.conf"), here.path("conf/enabled/b.conf")).expect("a link");
    symlink(here.path("elsewhere"), here.path("conf/all")).expect("a link");
    let ran = here.run(&["--fix", "conf/enabled", "conf/available"]);
    assert_eq!(here.text("conf/available/a.conf"), mended(BAD), "{}", ran.out);
    assert!(here.path("conf/enabled/a.conf").is_symlink() && here.path("conf/enabled/b.conf").is_symlink());
    assert!(here.text("elsewhere/b.conf").contains("Basci"));
    assert!(ran.out.contains("conf/enabled/b.conf is left as it is: a link to"), "{}", ran.out);
    assert_eq!(ran.status, 1);
    // The whole directory, through a directory that is a link; and the link itself.
    here.run(&["--fix", "conf"]);
    let ran = here.run(&["--fix", "conf/enabled/b.conf"]);
    assert!(here.text("elsewhere/b.conf").contains("Basci"), "{}", ran.out);
    assert!(!here.run(&["--diff", "conf/enabled/b.conf"]).out.contains("+++"));
    let ran = here.run(&["--fix", "conf", "elsewhere"]);
    assert!(here.text("elsewhere/b.conf").contains("Basic"), "{}", ran.out);
}

#[test]
fn a_file_with_another_name_is_left() {
    let here = Sandbox::new("hard");
    fs::hard_link(here.put("a.conf", BAD), here.path("b.txt")).expect("a link");
    let ran = here.run(&["--fix", "a.conf"]);
    assert!(ran.out.contains("a.conf is left as it is: it has 2 names (hard links)"), "{}", ran.out);
    assert_eq!((here.text("a.conf"), ran.status), (BAD.to_owned(), 1));
}

#[test]
fn what_is_included_from_elsewhere_is_left() {
    let here = Sandbox::new("included");
    let auth = "    auth_basic A;\n    auth_basic_user_file /etc/users;\n";
    here.put("snippets/a.conf", format!("location /a/ {{\n{auth}    root /srv;\n}}\n"));
    let site = here.path("snippets/a.conf");
    let main = format!(
        "events {{}}\nhttp {{\nserver {{\n{auth}    location / {{\n{auth}    }}\n    include {};\n}}\n}}\n",
        site.display()
    );
    here.put("conf/nginx.conf", main);
    let ran = here.run(&["--fix", "conf/nginx.conf"]);
    assert!(ran.out.contains("snippets/a.conf is left as it is: not below a PATH"), "{}", ran.out);
    assert!(here.text("snippets/a.conf").contains("auth_basic A"));
    assert_eq!(here.text("conf/nginx.conf").matches("auth_basic A").count(), 1);
    assert!(here.text("conf/nginx.conf").contains("location / {\n    }"));
    let ran = here.run(&["--fix", "conf/nginx.conf", "snippets"]);
    assert_eq!(here.text("snippets/a.conf"), "location /a/ {\n    root /srv;\n}\n", "{}", ran.out);
}

#[test]
fn nothing_gets_worse() {
    let here = Sandbox::new("worse");
    // The missing file comes to light with the fix.
    let worse = "<Directory /srv/a>\n    AuthType Basci\n    AuthName A\n    AuthUserFile /etc/nosuch # all\n    Require valid-user\n</Directory>\n";
    here.put("one/etc/apache2/apache2.conf", MAIN);
    here.put("one/etc/apache2/sites/a.conf", worse);
    here.put("one/etc/apache2/sites/b.conf", BAD.replace("/srv/a", "/srv/b").replace("/etc/users", "/etc/u"));
    here.put("one/etc/u", "alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    here.put("one/opt/apache/httpd.conf", BAD.replace("/etc/users", "/etc/u"));
    let ran = here.run(&["--fix", "--root", "one", "one"]);
    assert!(
        ran.out.contains(
            "one/etc/apache2/sites/a.conf:2: the fix of unknown-auth-type is not made: then there would be \
             error[auth-file-missing] at one/etc/apache2/sites/a.conf:4"
        ),
        "{}",
        ran.out
    );
    // What does no harm in the same file is made, and so it is in the others.
    let moved =
        worse.replace("    AuthUserFile /etc/nosuch # all", "    # all\n    AuthUserFile /etc/nosuch");
    assert_eq!(here.text("one/etc/apache2/sites/a.conf"), moved);
    assert!(here.text("one/etc/apache2/sites/b.conf").contains("Basic"), "{}", ran.out);
    assert!(here.text("one/opt/apache/httpd.conf").contains("Basic"), "{}", ran.out);
    assert!(ran.out.ends_with("\n3 fixed\n") && ran.status == 1, "{}", ran.out);
    let again = here.run(&["--fix", "--root", "one", "one"]);
    assert!(again.out.ends_with("\n0 fixed\n"), "{}", again.out);
    // Without the lint that would complain, it is no better.
    let ran = here.run(&[
        "--fix",
        "--root",
        "one",
        "--select",
        "inline-comment-as-argument,unknown-auth-type",
        "one",
    ]);
    assert_eq!(here.text("one/etc/apache2/sites/a.conf"), moved, "{}", ran.out);
}

#[test]
fn rounds_go_on_until_nothing_is_left() {
    let here = Sandbox::new("rounds");
    // The comment and the type are on one line: two fixes that touch the same text, one after the other.
    let text = BAD.replace("Basci", "Basci # as ever");
    here.put("a.conf", &text);
    let ran = here.run(&["--fix", "a.conf"]);
    assert!(here.text("a.conf").contains("    # as ever\n    AuthType Basic\n"), "{}", ran.out);
    assert_eq!(ran.status, 0, "{}", ran.out);
}

#[test]
fn standard_input_is_shown_and_not_written() {
    let here = Sandbox::new("stdin");
    let refused = here.run_with_input(&["--fix", "-"], b"");
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("--fix cannot write to standard input"), "{}", refused.err);
    let shown = here.run_with_input(&["--diff", "-"], BAD.as_bytes());
    assert!(shown.out.starts_with("--- <stdin>\n+++ <stdin>\n@@ -1,5 +1,5 @@\n"), "{}", shown.out);
    assert_eq!((shown.status, shown.err.as_str()), (1, "authlint: 1 would be fixed\n"));
    let named = here.run_with_input(&["--diff", "-", "--stdin-filename", "x/a.conf"], BAD.as_bytes());
    assert!(named.out.starts_with("--- x/a.conf\n"), "{}", named.out);
    let clean = here.run_with_input(&["--diff", "-"], mended(BAD).as_bytes());
    assert_eq!((clean.status, clean.out.as_str()), (0, ""));
    // What `nginx -T` printed: no file of this machine is meant, whatever its name is.
    let auth = "auth_basic A; auth_basic_user_file /etc/users;";
    let main = here.put(
        "nginx.conf",
        format!("events {{}}\nhttp {{ server {{\n{auth}\nlocation / {{\n{auth}\n}}\n}} }}\n"),
    );
    let text = fs::read_to_string(&main).expect("a file");
    let dump = format!("# configuration file {}:\n{text}\n", main.display());
    let shown = here.run_with_input(&["--diff", "-"], dump.as_bytes());
    assert!(shown.out.contains(&format!("\n-{auth}\n")) && shown.status == 1, "{} {}", shown.out, shown.err);
    here.put("dump.txt", &dump);
    let ran = here.run(&["--fix", "dump.txt"]);
    assert_eq!(here.text("nginx.conf"), text, "{}", ran.out);
    assert!(ran.out.contains("is left as it is: not a file, but a copy of one"), "{}", ran.out);
    assert_eq!(here.text("dump.txt"), dump);
}

#[test]
fn the_diff_is_what_would_be_written() {
    let here = Sandbox::new("diff");
    for (directory, text) in [("a", BAD.to_owned()), ("b", BAD.trim_end().replace('\n', "\r\n"))] {
        here.put(&format!("{directory}/x.conf"), &text);
        let shown = here.run(&["--diff", directory]);
        assert_eq!((shown.status, here.text(&format!("{directory}/x.conf"))), (1, text.clone()));
        let file = here.path("changes");
        let status = here.run(&["--diff", directory, "-o", "changes"]).status;
        assert_eq!((status, fs::read_to_string(&file).expect("a file")), (1, shown.out.clone()));
        let copy = here.put("copy.conf", &text);
        let patched = Command::new("patch").args(["-s", "--binary"]).arg(&copy).arg(&file).status();
        here.run(&["--fix", directory]);
        match patched {
            Ok(status) => {
                assert!(status.success());
                assert_eq!(here.text("copy.conf"), here.text(&format!("{directory}/x.conf")));
            }
            Err(_) => eprintln!("SKIPPED: there is no `patch`"),
        }
        let clean = here.run(&["--diff", directory]);
        assert_eq!((clean.status, clean.out.as_str()), (0, ""));
    }
    assert_eq!(here.run(&["--diff", "--fix", "a"]).status, 2);
    // What cannot be read makes the status 2, as ever.
    assert_eq!(here.run(&["--diff", "nosuch.conf"]).status, 2);
}

#[test]
fn a_file_that_cannot_be_understood_is_no_reason_not_to_fix_the_others() {
    let here = Sandbox::new("broken");
    here.put("a/a.conf", BAD);
    here.put("b/nginx.conf", "http {\n");
    let ran = here.run(&["--fix", "."]);
    assert_eq!((ran.status, here.text("a/a.conf")), (2, mended(BAD)), "{}", ran.out);
    assert_eq!(mode(&here.path("a/a.conf")), mode(&here.path("b/nginx.conf")));
}
