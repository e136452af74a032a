//! Real nginx, and the files that it serves.

use std::fs::{self, Permissions};
use std::io::Read;
use std::net::{Ipv6Addr, TcpStream};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::nodes::FILE;
use crate::wire::free_port;

pub const NGINX: &str = "/usr/sbin/nginx";

/// What a static file answers with.
pub const CONTENT: &str = "CONTENT";

/// Below the document root `html`, and below `alt`. Those that end in `/` are empty directories.
pub const FILES: &[&str] = &[
    "index.html",
    "login.html",
    "50x.html",
    "x.php",
    "x.css",
    "unreadable.txt",
    "a b.txt",
    "a/index.html",
    "a/x.css",
    "a/x.php",
    "a/b/index.html",
    "a/b/x.css",
    "a/b/x.php",
    "secret/index.html",
    "secret/x.css",
    "secret/b/x.php",
    "secretary/x.css",
    "api/v1/x",
    "static/app.js",
    "static/index.htm",
    "A/X.CSS",
    "noindex/x.css",
    "closed/index.html",
    "empty/",
    ".htpasswd",
    ".git/config",
];

/// Password files: `alice` has the password `secret`, `bob` has `hidden`.
const USERS: &[(&str, &str)] = &[
    ("users", "# people\nalice:{PLAIN}secret\n"),
    ("users2", "bob:{SHA}mdcsf8Pi4UWHC+qzfAtw40PqnDs=:a comment\r\n"),
    ("both", "bob:{PLAIN}hidden\nalice:{PLAIN}secret\n"),
    ("empty", ""),
    ("unreadable", "alice:{PLAIN}secret\n"),
    ("closed/users", "alice:{PLAIN}secret\n"),
    ("apr1", "# made by htpasswd\n\nbob:{PLAIN}hidden\nalice:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/\n"),
    (
        "sha256",
        "alice:$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.\r\nbob:{SHA}mdcsf8Pi4UWHC+qzfAtw40PqnDs=\r\n",
    ),
    ("bcrypt", "alice:$2y$04$s2VNwz/OKPzVmyHbZg91r.dm0LbtjVIpVsBIXMHhnZMi03eT5kqNi"),
    ("des", "alice:E1Zt9yJrbotiM:with: more"),
    ("bom", "\u{feff}alice:{PLAIN}secret\nbob:{PLAIN}hidden\n"),
    ("swallow", "al\nalice:{PLAIN}secret\nbob:{PLAIN}hidden\n"),
    ("swallow-crlf", "al\r\nalice:{PLAIN}secret\r\n"),
    ("comment", "#alice:{PLAIN}secret\n #bob:{PLAIN}x\nbob:{PLAIN}hidden\n"),
    ("indented", "  alice:{PLAIN}secret\nbob :{PLAIN}hidden\n"),
    ("case", "Alice:{PLAIN}secret\nBOB:{PLAIN}hidden\n"),
    ("carriage", "bob:{PLAIN}hidden\ralice:{PLAIN}secret\r"),
    ("equal", "alice\nalice:{PLAIN}secret\nbob:{PLAIN}hidden\n"),
    ("plain", "alice:secret\nbob:hidden\n"),
    ("rubbish", "alice:!\nbob:*\n:{PLAIN}x\nalice\n"),
    ("argon", "alice:$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA\nbob:{PLAIN}hidden\n"),
    ("ssha", "alice:{SSHA}+RFhsab2AfzZ0VfEdyknXtUT06RhYmNk\n"),
    ("twice", "alice:{PLAIN}secret\nalice:{PLAIN}other\n"),
    ("prefix", "alicea:{PLAIN}x\nalice:{PLAIN}secret\n"),
];

/// True where the tests can run. Without nginx they are skipped, or fail where it is required.
pub fn is_here() -> bool {
    if Path::new(NGINX).exists() {
        return true;
    }
    let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
    assert!(!required, "{NGINX} is missing");
    eprintln!("SKIPPED: {NGINX} is missing");
    false
}

/// A directory that is gone when this is dropped.
pub struct Tree(pub PathBuf);

impl Tree {
    /// An empty one.
    pub fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("authlint-truth-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a directory");
        set_mode(&path, 0o755);
        Tree(path)
    }

    /// One with document roots and password files.
    pub fn new() -> Self {
        let tree = Tree::empty();
        for root in ["html", "alt"] {
            for name in FILES {
                tree.write(&format!("{root}/{name}"), &format!("{CONTENT} {root}/{name}\n"));
            }
            for (to, from) in
                [("x.css", "link.css"), ("a", "linked"), ("../users", "out"), ("none", "dangling.css")]
            {
                symlink(to, tree.0.join(root).join(from)).expect("a link");
            }
            set_mode(&tree.0.join(root).join("unreadable.txt"), 0);
            set_mode(&tree.0.join(root).join("closed"), 0o700);
        }
        for (name, text) in USERS {
            tree.write(name, text);
        }
        set_mode(&tree.0.join("unreadable"), 0o600);
        set_mode(&tree.0.join("closed"), 0o700);
        fs::create_dir(tree.0.join("directory")).expect("a directory");
        symlink("users", tree.0.join("link")).expect("a link");
        symlink("nowhere", tree.0.join("dangling")).expect("a link");
        tree
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        let directory = if name.ends_with('/') { path.as_path() } else { path.parent().expect("a parent") };
        fs::create_dir_all(directory).expect("a directory");
        if !name.ends_with('/') {
            fs::write(&path, text).expect("a file");
            set_mode(&path, 0o644);
        }
    }

    /// A place for what one server writes.
    fn run(&self) -> PathBuf {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let run = self.0.join(format!("run/{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&run).expect("a directory");
        run
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
}

/// A running nginx, stopped when it is dropped.
pub struct Nginx {
    child: Child,
    /// What stands for `PORT` and for `OTHER`.
    pub ports: [u16; 2],
    /// Its configuration, on the disk.
    pub path: PathBuf,
    run: PathBuf,
}

impl Nginx {
    /// Starts it with a text in which `TREE`, `RUN`, `PORT`, `OTHER` and `ECHO` stand for what is not known before.
    /// The text has to listen on one of the ports.
    ///
    /// # Errors
    /// What nginx says to a configuration that it does not take.
    pub fn start(tree: &Tree, text: &str, echo: u16) -> Result<Self, String> {
        if !text.contains("listen ") {
            return Err("it does not listen".into());
        }
        let mut said = String::new();
        for _ in 0..5 {
            match Self::try_start(tree, text, echo) {
                Err(words) if words.contains("Address already in use") => said = words,
                result => return result,
            }
        }
        Err(said)
    }

    fn try_start(tree: &Tree, text: &str, echo: u16) -> Result<Self, String> {
        let run = tree.run();
        let ports = [free_port(), free_port()];
        let path = tree.0.join(format!("{}.conf", run.file_name().unwrap_or_default().to_string_lossy()));
        let text = text
            .replace("TREE", &tree.0.display().to_string())
            .replace("RUN", &run.display().to_string())
            .replace("PORT", &ports[0].to_string())
            .replace("OTHER", &ports[1].to_string())
            .replace("ECHO", &echo.to_string());
        let mut files = text.split(FILE);
        fs::write(&path, files.next().unwrap_or_default()).expect("a file");
        for file in files {
            let (name, text) = file.split_once('\n').unwrap_or((file, ""));
            fs::write(name, text).expect("a file");
        }
        let globals = format!("pid {}/pid; daemon off; master_process on;", run.display());
        let mut child = Command::new(NGINX)
            .args(["-g", &globals, "-c"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("nginx runs");
        let errors = child.stderr.take();
        let mut nginx = Nginx { child, ports, path, run };
        for _ in 0..5000 {
            if !matches!(nginx.child.try_wait(), Ok(None)) {
                let mut words = String::new();
                let _ = errors.expect("a pipe").read_to_string(&mut words);
                return Err(words);
            }
            // Its number is written when it listens; somebody else may answer on the port.
            if nginx.run.join("pid").exists() && nginx.answers() {
                return Ok(nginx);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("it does not listen".into())
    }

    fn answers(&self) -> bool {
        self.ports.iter().any(|port| {
            TcpStream::connect(("127.0.0.1", *port)).is_ok()
                || TcpStream::connect((Ipv6Addr::LOCALHOST, *port)).is_ok()
        })
    }

    /// Its error log, where the configuration sends it to `RUN/error.log`.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.run.join("error.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Nginx {
    /// The master is asked, so that it ends its workers.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
            for _ in 0..5000 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_dir_all(&self.run);
    }
}
