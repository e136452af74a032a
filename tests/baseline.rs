//! A baseline keeps old findings quiet when lines move, tells new ones, and says which are gone.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn run(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
        .args(arguments)
        .current_dir(directory)
        .env_remove("GITHUB_WORKSPACE")
        .env_remove("CI_PROJECT_DIR")
        .output()
        .expect("authlint runs");
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said)
}

/// A configuration with one finding in each of its servers.
fn configuration(servers: std::ops::Range<usize>) -> String {
    let mut text = "events { }\nhttp {\n".to_owned();
    for number in servers {
        let _ = write!(
            text,
            "    server {{\n        listen 80;\n        server_name s{number}.example.org;\n\
             \x20       location /a/ {{\n            auth_basic a;\n        }}\n    }}\n"
        );
    }
    text + "}\n"
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("authlint-baseline-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory");
    path
}

#[test]
fn what_is_old_is_quiet_and_what_is_new_fails() {
    let directory = directory("old");
    let write = |text: &str| fs::write(directory.join("nginx.conf"), text).expect("a file");
    let check = || {
        run(
            &directory,
            &["check", "--no-config", "--baseline", "old.json", "--format", "human", "nginx.conf"],
        )
    };
    write(&configuration(0..500));
    assert_eq!(run(&directory, &["check", "--no-config", "nginx.conf"]).0, Some(1));
    let (status, said) = run(&directory, &["baseline", "--no-config", "--output", "old.json", "nginx.conf"]);
    assert!(status == Some(0) && said.contains("500 findings"), "{said}");
    let (status, said) = check();
    assert!(status == Some(0) && said.contains("500 findings of old.json not told"), "{said}");
    // Lines move, and other servers come first.
    write(&configuration(0..500).replace("http {\n", "http {\n    # a line\n    sendfile on;\n\n"));
    assert_eq!(check().0, Some(0), "{}", check().1);
    write(&configuration(0..501));
    let (status, said) = check();
    assert!(status == Some(1) && said.contains("1 error"), "{said}");
    write(&configuration(3..500));
    let (status, said) = check();
    assert!(status == Some(0) && said.contains("3 findings of old.json are gone"), "{said}");
    let _ = fs::remove_dir_all(directory);
}

#[test]
fn what_nobody_sees_because_of_a_broken_file_is_not_gone() {
    let directory = directory("broken");
    let write = |text: &str| fs::write(directory.join("nginx.conf"), text).expect("a file");
    let baseline = || run(&directory, &["baseline", "--no-config", "--output", "old.json", "nginx.conf"]);
    let check = || run(&directory, &["check", "--no-config", "--baseline", "old.json", "nginx.conf"]);
    write(&configuration(0..20));
    assert_eq!(baseline().0, Some(0));
    write(&configuration(0..20).replace("http {\n", "http {\n    }\n"));
    let (status, said) = check();
    assert!(status == Some(2) && !said.contains("gone"), "{said}");
    let (status, said) = baseline();
    assert!(status == Some(2) && said.contains("20 of before kept"), "{said}");
    write(&configuration(0..20));
    let (status, said) = check();
    assert!(status == Some(0) && said.contains("20 findings of old.json not told"), "{said}");
    let _ = fs::remove_dir_all(directory);
}
