//! The mistakes of `examples/nginx` and `examples/apache` are such that the servers' own tests accept them.
//! What authlint says of them is in `tests/cmd/examples.trycmd`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn nginx_accepts_its_examples() {
    let Some(copy) = copy("nginx", "nginx") else { return };
    let prefix = copy.join("etc/nginx");
    let mut test = Command::new("nginx");
    test.arg("-t").arg("-p").arg(&prefix).arg("-c").arg(prefix.join("nginx.conf"));
    accepts(test, &copy);
}

#[test]
fn apache_accepts_its_examples() {
    let Some(copy) = copy("apache", "apache2") else { return };
    let main = copy.join("etc/apache2/apache2.conf");
    let config = fs::read_to_string(&main).expect("the main configuration");
    let here = copy.join("etc/apache2").display().to_string();
    let config = config.replace("\"/etc/apache2\"", &here).replace("/var/log/apache2", &here);
    fs::write(&main, config).expect("the copy is writable");
    let mut test = Command::new("apache2");
    test.arg("-t")
        .arg("-f")
        .arg(&main)
        .env("APACHE_RUN_USER", "www-data")
        .env("APACHE_RUN_GROUP", "www-data");
    accepts(test, &copy);
}

fn accepts(mut test: Command, copy: &Path) {
    let output = test.output().expect("the server runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let _ = fs::remove_dir_all(copy);
    assert!(output.status.success(), "{said}");
}

/// A copy of a tree of examples, for the files that the server writes; none where the server is missing.
fn copy(name: &str, server: &str) -> Option<PathBuf> {
    if Command::new(server).arg("-v").output().is_err() {
        let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
        assert!(!required, "{server} is not installed");
        eprintln!("SKIPPED: {server} is not installed");
        return None;
    }
    let target = std::env::temp_dir().join(format!("authlint-examples-{name}-{}", std::process::id()));
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let status = Command::new("cp").arg("-r").arg(from).arg(&target).status().expect("cp runs");
    assert!(status.success());
    Some(target)
}
