//! Files that `htpasswd` and `htdigest` make, in the stock configurations of Debian: nothing is said of a right one, and
//! what is wrong with a wrong one is said. Without the tools the test says so and passes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const LINTS: &[&str] = &[
    "auth-file-empty",
    "auth-file-in-docroot",
    "auth-file-is-directory",
    "auth-file-missing",
    "auth-file-relative-path",
    "auth-file-unreadable",
    "auth-file-writable-by-others",
    "digest-realm-mismatch",
    "group-file-missing",
    "required-user-not-in-file",
];

/// bcrypt, MD5, SHA-1, SHA-256, SHA-512, DES.
const SCHEMES: &[&str] = &["-B", "-m", "-s", "-2", "-5", "-d"];

/// A copy of the configurations of this machine, as the root of another one.
struct Root(PathBuf);

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Root {
    /// None where the tools or the stock configurations are missing.
    fn new(name: &str) -> Option<Root> {
        let is_there = |path: &str| Path::new(path).exists();
        let has_tools = ["/usr/bin/htpasswd", "/usr/bin/htdigest"].into_iter().all(is_there);
        if !has_tools || !is_there("/etc/nginx/nginx.conf") || !is_there("/etc/apache2/apache2.conf") {
            let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
            assert!(!required, "htpasswd, htdigest, nginx or apache2 is not installed");
            eprintln!("SKIPPED: htpasswd, htdigest, nginx or apache2 is not installed");
            return None;
        }
        let directory = std::env::temp_dir().join(format!("authlint-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        for part in ["etc", "var/www/html/staff", "srv/auth"] {
            fs::create_dir_all(directory.join(part)).expect("a directory");
        }
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).expect("a mode");
        for part in ["etc/nginx", "etc/apache2", "etc/passwd", "etc/group"] {
            let status = Command::new("cp")
                .args(["-r", "--no-preserve=ownership"])
                .arg(Path::new("/").join(part))
                .arg(directory.join(part))
                .status();
            assert!(status.is_ok_and(|status| status.success()), "{part} is copied");
        }
        // Debian's links to what is installed elsewhere lead nowhere here.
        let _ = fs::remove_dir_all(directory.join("etc/nginx/modules-enabled"));
        Some(Root(directory))
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.join(path), text).expect("a file is written");
    }

    fn mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(mode)).expect("a mode");
    }

    fn htpasswd(&self, path: &str, scheme: &str, user: &str) {
        let path = self.0.join(path);
        let create = if path.exists() { "-b" } else { "-bc" };
        let output = Command::new("htpasswd")
            .args([create, scheme])
            .arg(path)
            .args([user, "secret"])
            .output()
            .expect("htpasswd runs");
        assert!(output.status.success(), "htpasswd {scheme}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// `htdigest` asks for the password twice.
    fn htdigest(&self, path: &str, realm: &str, user: &str) {
        use std::io::Write;
        let path = self.0.join(path);
        let mut command = Command::new("htdigest");
        if !path.exists() {
            command.arg("-c");
        }
        command.arg(path).args([realm, user]).stdin(std::process::Stdio::piped());
        let mut child = command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("htdigest runs");
        child.stdin.take().expect("a pipe").write_all(b"secret\nsecret\n").expect("it reads");
        assert!(child.wait().is_ok_and(|status| status.success()), "htdigest {realm} {user}");
    }

    /// What is said of a configuration, as the ids of lints.
    fn said(&self, main: &str) -> Vec<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_authlint"));
        command.args(["check", "--format", "json", "--root"]).arg(&self.0).arg(self.0.join(main));
        for lint in LINTS {
            command.args(["--select", lint]);
        }
        let output = command.output().expect("authlint runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let code = output.status.code();
        assert!(
            code == Some(0) || code == Some(1),
            "{code:?}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let findings = report["findings"].as_array().expect("a list of findings");
        findings.iter().map(|finding| finding["lint"].as_str().unwrap_or_default().to_owned()).collect()
    }

    fn nginx(&self, file: &str) -> Vec<String> {
        let site = format!(
            "server {{\n    listen 80 default_server;\n    root /var/www/html;\n    location / {{ try_files $uri $uri/ =404; }}\n    \
             location /staff/ {{\n        auth_basic \"Staff\";\n        auth_basic_user_file {file};\n    }}\n}}\n"
        );
        let _ = fs::remove_file(self.0.join("etc/nginx/sites-enabled/default"));
        self.write("etc/nginx/sites-enabled/default", &site);
        self.said("etc/nginx/nginx.conf")
    }

    fn apache(&self, lines: &str) -> Vec<String> {
        let site = format!(
            "LoadModule auth_digest_module /usr/lib/apache2/modules/mod_auth_digest.so\n\
             LoadModule authz_groupfile_module /usr/lib/apache2/modules/mod_authz_groupfile.so\n\
             <VirtualHost *:80>\n    DocumentRoot /var/www/html\n    <Directory /var/www/html/staff>\n{lines}\n    \
             </Directory>\n</VirtualHost>\n"
        );
        let _ = fs::remove_file(self.0.join("etc/apache2/sites-enabled/000-default.conf"));
        self.write("etc/apache2/sites-enabled/000-default.conf", &site);
        self.said("etc/apache2/apache2.conf")
    }
}

fn basic(file: &str, more: &str) -> String {
    format!("AuthType Basic\nAuthName \"Staff\"\nAuthUserFile {file}\n{more}")
}

fn digest(realm: &str, more: &str) -> String {
    format!("AuthType Digest\nAuthName \"{realm}\"\nAuthUserFile /srv/auth/digest\n{more}")
}

#[test]
fn right_files_are_right() {
    let Some(root) = Root::new("right") else { return };
    let nothing: Vec<String> = Vec::new();
    for (number, scheme) in SCHEMES.iter().enumerate() {
        root.htpasswd("srv/auth/users", scheme, &format!("user{number}"));
        root.htpasswd(&format!("srv/auth/one{scheme}"), scheme, "alice");
        root.mode(&format!("srv/auth/one{scheme}"), 0o644);
    }
    root.htdigest("srv/auth/digest", "Staff", "alice");
    root.htdigest("srv/auth/digest", "Team of 2024", "bob");
    root.write("srv/auth/groups", "staff: alice user0\nnobody:\n");
    for file in ["users", "digest", "groups"] {
        root.mode(&format!("srv/auth/{file}"), 0o644);
    }
    assert_eq!(root.nginx("/srv/auth/users"), nothing);
    for scheme in SCHEMES {
        let file = format!("/srv/auth/one{scheme}");
        assert_eq!(root.nginx(&file), nothing, "{scheme}");
        assert_eq!(root.apache(&basic(&file, "Require valid-user")), nothing, "{scheme}");
        assert_eq!(root.apache(&basic(&file, "Require user alice")), nothing, "{scheme}");
    }
    let groups = "AuthGroupFile /srv/auth/groups\nRequire group staff";
    assert_eq!(root.apache(&basic("/srv/auth/users", groups)), nothing);
    assert_eq!(root.apache(&digest("Staff", "Require user alice")), nothing);
    assert_eq!(root.apache(&digest("Team of 2024", "Require valid-user")), nothing);
    assert_eq!(root.apache(&digest("Staff", groups)), nothing);
    let with_digest = basic("/srv/auth/digest", "AuthBasicUseDigestAlgorithm MD5\nRequire valid-user");
    assert_eq!(root.apache(&with_digest), nothing);
}

#[test]
fn wrong_files_are_told() {
    let Some(root) = Root::new("wrong") else { return };
    root.htpasswd("srv/auth/users", "-B", "alice");
    root.htpasswd("var/www/html/users.txt", "-B", "alice");
    root.htdigest("srv/auth/digest", "Staff", "alice");
    root.write("srv/auth/empty", "# nobody\n");
    root.write("srv/auth/groups", "staff: bob\n");
    let one = |lint: &str| vec![lint.to_owned()];
    assert_eq!(root.nginx("/srv/auth/empty"), one("auth-file-empty"));
    assert_eq!(root.nginx("/srv/auth/none"), one("auth-file-missing"));
    assert_eq!(root.nginx("/srv/auth"), one("auth-file-is-directory"));
    assert_eq!(root.nginx("/var/www/html/users.txt"), one("auth-file-in-docroot"));
    let valid = "Require valid-user";
    assert_eq!(root.apache(&basic("/srv/auth/empty", valid)), one("auth-file-empty"));
    assert_eq!(root.apache(&basic("/var/www/html/users.txt", valid)), one("auth-file-in-docroot"));
    assert_eq!(root.apache(&basic("/srv/auth/digest", valid)), one("digest-realm-mismatch"));
    assert_eq!(root.apache(&digest("staff", valid)), one("digest-realm-mismatch"));
    assert_eq!(root.apache(&basic("/srv/auth/users", "Require user bob")), one("required-user-not-in-file"));
    let groups = |file: &str| basic("/srv/auth/users", &format!("AuthGroupFile {file}\nRequire group staff"));
    assert_eq!(root.apache(&groups("/srv/auth/groups")), one("required-user-not-in-file"));
    assert_eq!(root.apache(&groups("/srv/auth/grupos")), one("group-file-missing"));
    assert_eq!(root.apache(&basic("/srv/auth/users", "Require group staff")), one("group-file-missing"));
    // Modes are judged where the copy is root's only.
    let is_root = fs::metadata(root.0.join("srv/auth/users")).is_ok_and(|data| {
        use std::os::unix::fs::MetadataExt;
        data.uid() == 0
    });
    if is_root {
        root.mode("srv/auth/users", 0o666);
        assert_eq!(root.nginx("/srv/auth/users"), one("auth-file-writable-by-others"));
    }
}
