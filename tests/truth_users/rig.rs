//! Both servers on loopback, with places that each have a password file of their own.

use std::fmt::Write;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use authlint::decide::{Credentials, Decider, Decision, Request};
use authlint::load;
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Host, Map};
use authlint::userfile::Reader;

use crate::wire::{Answer, Ask, basic, free_port};

const NGINX: &str = "/usr/sbin/nginx";
const HTTPD: &str = "/usr/sbin/apache2";
const MODULES: &str = "/usr/lib/apache2/modules";

/// True where a server is there. Without it its tests are skipped, or fail where it is required.
pub fn is_here(reader: Reader) -> bool {
    let program = if reader == Reader::Nginx { NGINX } else { HTTPD };
    if Path::new(program).exists() {
        return true;
    }
    let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
    assert!(!required, "{program} is missing");
    eprintln!("SKIPPED: {program} is missing");
    false
}

/// The servers that are here.
pub fn readers() -> Vec<Reader> {
    [Reader::Nginx, Reader::Apache].into_iter().filter(|reader| is_here(*reader)).collect()
}

pub fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// A directory that is gone when this is dropped.
pub struct Tree(pub PathBuf);

impl Tree {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("authlint-users-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("html")).expect("a directory");
        set_mode(&path, 0o755);
        set_mode(&path.join("html"), 0o755);
        Tree(path)
    }

    /// A file that everybody may read.
    pub fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(&path, bytes).expect("a file");
        set_mode(&path, 0o644);
        path
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

/// Whom the server's workers run as.
#[derive(Clone, Copy, Debug)]
pub struct Who {
    pub user: &'static str,
    pub group: Option<&'static str>,
}

pub const WWW: Who = Who { user: "www-data", group: None };

/// A place of a server: what is served under `/NAME`, and the lines that ask for a password there.
pub struct Place {
    pub name: String,
    pub lines: String,
}

impl Place {
    /// One that asks for any user of a file.
    pub fn of(reader: Reader, name: impl Into<String>, file: &Path) -> Self {
        let file = file.display();
        let lines = match reader {
            Reader::Nginx => format!("auth_basic R; auth_basic_user_file {file};"),
            Reader::Apache => {
                format!("AuthType Basic\nAuthName R\nAuthUserFile {file}\nRequire valid-user")
            }
        };
        Place { name: name.into(), lines }
    }
}

/// A running server, stopped when it is dropped.
pub struct Server {
    child: Child,
    pub reader: Reader,
    pub port: u16,
    pub conf: PathBuf,
    run: PathBuf,
    maps: Vec<Map>,
}

impl Server {
    /// Starts it; with `group`, in a world of its own in which that file is `/etc/group`.
    pub fn start(reader: Reader, tree: &Tree, who: Who, places: &[Place], group: Option<&Path>) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        for place in places {
            tree.put(&format!("html/{}", place.name), b"CONTENT\n");
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let run = tree.0.join(format!("run{number}"));
        fs::create_dir_all(&run).expect("a directory");
        for _ in 0..5 {
            let port = free_port();
            let text = match reader {
                Reader::Nginx => nginx(tree, &run, who, places, port),
                Reader::Apache => apache(tree, &run, who, places, port),
            };
            let conf = tree.put(&format!("conf{number}"), text.as_bytes());
            let child = command(reader, &conf, group).spawn().expect("it runs");
            let maps = group.map(|to| Map { from: "/etc/group".into(), to: to.to_path_buf() });
            let maps = maps.into_iter().collect();
            let mut server = Server { child, reader, port, conf, run: run.clone(), maps };
            if server.listens() {
                return server;
            }
        }
        panic!(
            "{} does not start: {}",
            reader.server(),
            fs::read_to_string(run.join("error")).unwrap_or_default()
        );
    }

    fn listens(&mut self) -> bool {
        for _ in 0..5000 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return false;
            }
            // Its number is written when it listens; somebody else may answer on the port.
            let pid = fs::read_to_string(self.run.join("pid")).unwrap_or_default();
            if pid.trim() == self.child.id().to_string()
                && std::net::TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        false
    }

    /// The answer to a request for a place, with a header `Authorization`.
    pub fn send(&self, place: &str, authorization: Option<&str>) -> Answer {
        let target = format!("/{place}");
        let ask = Ask { target: &target, host: Some("x"), authorization, ..Ask::get(self.port) };
        // A busy machine may not answer in time.
        let answer = (0..5).find_map(|_| ask.send().ok());
        answer.expect("an answer")
    }

    /// The status of a login.
    pub fn login(&self, place: &str, user: &str, password: &str) -> u16 {
        self.send(place, Some(&basic(user, password))).status
    }

    /// The file system as authlint sees it.
    pub fn host(&self) -> Host {
        Host::new(None, self.maps.clone()).expect("a host")
    }

    /// What authlint says of logins with the right password, or with a wrong one where there is no user.
    pub fn decide(&self, logins: &[(&str, Option<&str>)]) -> Vec<Decision> {
        let mut host = self.host();
        let request = load::Request { paths: vec![self.conf.clone()], ..load::Request::default() };
        let loaded = load::load(&request, &mut host);
        let config = loaded.configs.first().expect("a configuration");
        let look = || Look { host: &host, mode: FilesMode::Always };
        let site = Site::build(&loaded.files, config, look());
        let decider = Decider::new(&site, look());
        let one = |(place, user): &(&str, Option<&str>)| {
            let mut request = Request::get(&format!("http://x:{}/{place}", self.port)).expect("a URL");
            request.from = "127.0.0.1".parse().ok();
            request.credentials = user.map_or(Credentials::Bad, |user| Credentials::User(user.to_owned()));
            decider.decide(&request)
        };
        logins.iter().map(one).collect()
    }
}

impl Drop for Server {
    /// It is asked first, so that it ends what it has started itself.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
            for _ in 0..5000 {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(reader: Reader, conf: &Path, group: Option<&Path>) -> Command {
    let (program, arguments): (&str, &[&str]) = match reader {
        Reader::Nginx => (NGINX, &["-c"]),
        // One process, which is not a daemon.
        Reader::Apache => (HTTPD, &["-X", "-f"]),
    };
    let mut command = match group {
        None => Command::new(program),
        Some(group) => {
            let mut command = Command::new("unshare");
            let script = "mount --bind \"$1\" /etc/group && shift && exec \"$@\"";
            command
                .args(["-m", "--propagation", "private", "sh", "-c", script, "sh"])
                .arg(group)
                .arg(program);
            command
        }
    };
    command.args(arguments).arg(conf);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Whether a server can be given groups of its own here.
pub fn can_give_groups() -> bool {
    let script = "mount --bind /etc/passwd /etc/group";
    let status = Command::new("unshare")
        .args(["-m", "--propagation", "private", "sh", "-c", script])
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn nginx(tree: &Tree, run: &Path, who: Who, places: &[Place], port: u16) -> String {
    let (root, run) = (tree.0.display(), run.display());
    let mut text = format!(
        "user {} {};\nworker_processes 1;\ndaemon off;\npid {run}/pid;\nerror_log {run}/error crit;\n\
         events {{ worker_connections 64; }}\nhttp {{\naccess_log off;\nlarge_client_header_buffers 4 16k;\n",
        who.user,
        who.group.unwrap_or_default(),
    );
    for name in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        let _ = writeln!(text, "{name}_temp_path {run}/{name};");
    }
    let _ = writeln!(text, "server {{\nlisten 127.0.0.1:{port};\nroot {root}/html;");
    for place in places {
        let _ = writeln!(text, "location = /{} {{ {} }}", place.name, place.lines);
    }
    text.push_str("}\n}\n");
    text
}

fn apache(tree: &Tree, run: &Path, who: Who, places: &[Place], port: u16) -> String {
    let (root, run) = (tree.0.display(), run.display());
    let mut text = format!(
        "ServerName x\nServerRoot {root}\nPidFile {run}/pid\nErrorLog {run}/error\nDefaultRuntimeDir {run}\n\
         LogLevel crit\nListen 127.0.0.1:{port}\nUser {}\nGroup {}\n",
        who.user,
        who.group.unwrap_or(who.user),
    );
    for name in [
        "mpm_event",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_user",
        "authz_groupfile",
        "auth_basic",
        "auth_digest",
    ] {
        let _ = writeln!(text, "LoadModule {name}_module {MODULES}/mod_{name}.so");
    }
    let _ = writeln!(text, "DocumentRoot {root}/html");
    for place in places {
        let _ = writeln!(text, "<Location /{}>\n{}\n</Location>", place.name, place.lines);
    }
    text
}
