//! Where password files lie, and what is not opened: roots, links, patterns, files that are none.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A root directory with a configuration of nginx, which is gone when the test is.
struct Root(PathBuf);

const GOOD: &str = "alice:$apr1$Zk3u1mVx$MJ46kRhRiaW9vEExeCuH20\n";

impl Root {
    fn new(name: &str, user_file: &str) -> Self {
        let root = std::env::temp_dir().join(format!("authlint-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let this = Root(root);
        this.write(
            "etc/nginx/nginx.conf",
            &format!(
                "events {{ }}\nhttp {{ server {{ listen 80; location /a/ {{\n\
                 auth_basic a; auth_basic_user_file {user_file};\n}} }} }}\n"
            ),
        );
        this
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory is made");
        fs::write(&path, text).expect("a file is written");
        path
    }

    fn check(&self) -> (Option<i32>, String) {
        self.run(&["check", "--no-config", "--format", "concise", "--root"])
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output: Output = Command::new(env!("CARGO_BIN_EXE_authlint"))
            .args(arguments)
            .args([&self.0, &self.0.join("etc/nginx/nginx.conf")])
            .output()
            .expect("authlint runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn links_stay_in_the_root() {
    let root = Root::new("links", "/etc/nginx/users");
    root.write("srv/secret/users", GOOD);
    symlink("/srv/secret/users", root.0.join("etc/nginx/users")).expect("a link");
    assert_eq!(root.check().0, Some(0), "an absolute link begins at the root: {}", root.check().1);
    fs::remove_file(root.0.join("srv/secret/users")).expect("a file is removed");
    let (status, said) = root.check();
    assert!(status == Some(1) && said.contains("auth-file-missing"), "{said}");
}

#[test]
fn nothing_outside_of_the_root_is_read() {
    let root = Root::new("outside", "/etc/nginx/users");
    let beside = root.0.with_extension("beside");
    fs::write(&beside, "alice:plain\n").expect("a file is written");
    let above = Path::new("../../..").join(beside.file_name().expect("a name"));
    symlink(above, root.0.join("etc/nginx/users")).expect("a link");
    let (status, said) = root.check();
    fs::remove_file(&beside).expect("a file is removed");
    assert!(status == Some(2) && said.contains("leads out of the root"), "{said}");
    assert!(!said.contains("hash-unsupported"), "{said}");
}

#[test]
fn what_is_no_file_is_never_opened() {
    let root = Root::new("special", "/etc/nginx/users");
    let path = root.0.join("etc/nginx/users");
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
    assert!(made.success());
    let (status, said) = root.check();
    assert!(status == Some(2) && said.contains("this is a FIFO"), "{said}");
    fs::remove_file(&path).expect("the FIFO is removed");
    // Four gigabytes, none of which is on the disk.
    fs::File::create(&path).and_then(|file| file.set_len(4 << 30)).expect("a large file");
    let (status, said) = root.check();
    assert!(status == Some(2) && said.contains("larger than 64 MiB"), "{said}");
}

#[test]
fn paths_with_variables_lead_to_what_is_there() {
    let root = Root::new("variables", "/etc/nginx/users/$host");
    root.write("etc/nginx/users/a.example", GOOD);
    assert_eq!(root.check().0, Some(0), "{}", root.check().1);
    root.write("etc/nginx/users/b.example", "alice:plain\n");
    let (status, said) = root.check();
    assert!(status == Some(1) && said.contains("hash-unsupported-by-server"), "{said}");
}

#[test]
fn files_may_be_left_alone() {
    let root = Root::new("never", "/etc/nginx/users");
    assert_eq!(root.check().0, Some(1));
    let (status, said) =
        root.run(&["check", "--no-config", "--files", "never", "--format", "concise", "--root"]);
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn the_users_of_the_root_count() {
    let root = Root::new("users", "/etc/nginx/users");
    // `user` names somebody whom only the root knows.
    let text = fs::read_to_string(root.0.join("etc/nginx/nginx.conf")).expect("the configuration");
    root.write("etc/nginx/nginx.conf", &format!("user web;\n{text}"));
    root.write("etc/passwd", "web:x:4711:4711::/:/bin/false\n");
    root.write("etc/group", "web:x:4711:\n");
    let users = root.write("etc/nginx/users", GOOD);
    let set = |mode: &str| {
        let set = Command::new("chmod").arg(mode).arg(&users).status().expect("chmod runs");
        assert!(set.success());
    };
    set("644");
    assert_eq!(root.check().0, Some(0), "{}", root.check().1);
    // Modes of who made the copy are not judged: only root can make a root's file.
    if is_root() {
        let chown = Command::new("chown").args(["0:4711"]).arg(&users).status().expect("chown runs");
        assert!(chown.success());
        set("640");
        assert_eq!(root.check().0, Some(0), "{}", root.check().1);
        set("600");
        let (status, said) = root.check();
        assert!(status == Some(1) && said.contains("auth-file-unreadable"), "{said}");
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.trim_ascii() == b"0"
}
