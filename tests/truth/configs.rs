//! The configurations of `tests/configs`: where the model says that a password is asked for, nginx asks.
//!
//! Every one is started on loopback and asked for the paths of its locations, without credentials.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use authlint::load;
use authlint::model::Family;
use authlint::model::{Asks, FilesMode, Kind, Located, Look, Scope, Site};
use authlint::source::{Entry, Host};

use crate::server::{NGINX, is_here};

pub fn truth() {
    if !is_here() {
        return;
    }
    let required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
    let directory = std::env::temp_dir().join(format!("authlint-truth-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let mut compared = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir("tests/configs").expect("a directory").flatten() {
        let text = fs::read_to_string(entry.path()).expect("a text");
        compare(&directory, &text, &entry.path(), &mut compared, &mut wrong);
    }
    let _ = fs::remove_dir_all(&directory);
    assert!(wrong.is_empty(), "of {compared} answers these are not as the model says: {wrong:#?}");
    assert!(!required || compared > 200, "only {compared} answers were compared");
    eprintln!("{compared} answers of nginx are as the model says");
}

fn compare(directory: &Path, text: &str, name: &Path, compared: &mut usize, wrong: &mut Vec<String>) {
    let (port, other) = (free_port(), free_port());
    let text = text.replace("8080", &port.to_string()).replace("8081", &other.to_string());
    let path = PathBuf::from("/srv/site/nginx.conf");
    let mut host = Host::memory([(path.clone(), Entry::file(text.clone()))]);
    let loaded = load::load_one(&path, &mut host);
    let look = Look { host: &host, mode: FilesMode::Never };
    let site = Site::build(&loaded.files, &loaded.configs[0], look);
    // Which server answers is a question of its own.
    if !site.taken_names().is_empty() || !site.hidden_servers().is_empty() {
        return;
    }
    let Some(_running) = Nginx::start(directory, &text, port) else { return };
    for server in site.servers() {
        let is_here = server
            .listens
            .iter()
            .any(|listen| listen.port == port && matches!(listen.address.as_str(), "*" | "127.0.0.1"));
        let Some((host, _)) =
            server.names.first().filter(|(name, _)| is_here && !name.starts_with(['*', '~']))
        else {
            continue;
        };
        if server.scope.answer().is_some() || has_conditions(server.scope) {
            continue;
        }
        for path in paths(server.scope) {
            let Located::At(scope) = server.scope.locate(&path) else { continue };
            let Some(expected) = expected(scope) else { continue };
            let Some(status) = ask(port, host, &path) else { continue };
            *compared += 1;
            if (status == 401) != expected {
                wrong.push(format!(
                    "{}: {host}{path}: {status}, a password is expected: {expected}",
                    name.display()
                ));
            }
        }
    }
}

/// Whether a visitor without credentials gets a 401, where that hangs on the password alone.
fn expected(scope: Scope<'_>) -> Option<bool> {
    let hangs_on_more = !scope.lacks(Family::Rules)
        || !scope.lacks(Family::Satisfy)
        || !scope.lacks(Family::Subrequest)
        || !scope.lacks(Family::ErrorPage)
        || !scope.is_reached_from_outside()
        || scope.answer().is_some()
        || scope.own(Family::Rewrite).next().is_some()
        || scope.own(Family::TryFiles).next().is_some()
        || has_conditions(scope);
    match scope.asks() {
        _ if hangs_on_more => None,
        Asks::Password(_) => Some(true),
        Asks::Nothing => Some(false),
        _ => None,
    }
}

fn has_conditions(scope: Scope<'_>) -> bool {
    scope.children().any(|child| matches!(child.kind(), Kind::If | Kind::LimitExcept))
}

/// The paths of the locations, and one below each, which nginx does not redirect.
fn paths(server: Scope<'_>) -> Vec<String> {
    let literal = server.descendants().filter_map(Scope::location).filter(|location| !location.is_regex());
    let named = literal.map(|location| location.path.into_owned());
    let named: Vec<String> =
        named.filter(|path| path.starts_with('/') && !path.contains([' ', '%'])).collect();
    let below = named.iter().map(|path| format!("{}/x.css", path.trim_end_matches('/')));
    below.chain(named.iter().cloned()).chain(["/nowhere".to_owned()]).collect()
}

/// A running nginx, stopped when it is dropped.
struct Nginx(Child);

impl Nginx {
    /// None where this nginx does not take the configuration: a module or a certificate is missing.
    fn start(directory: &Path, text: &str, port: u16) -> Option<Self> {
        let file = directory.join("nginx.conf");
        fs::write(&file, text).expect("a file");
        let shown = directory.display();
        let globals =
            format!("pid {shown}/pid; error_log {shown}/error.log crit; daemon off; master_process off;");
        let child = Command::new(NGINX)
            .args(["-g", &globals, "-p", &shown.to_string(), "-c", &file.display().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx runs");
        let mut nginx = Nginx(child);
        for _ in 0..100 {
            if nginx.0.try_wait().ok()?.is_some() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(nginx);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// The status of the answer; none where nginx gives none, as with `return 444`.
fn ask(port: u16, host: &str, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer[9..]).ok()?.parse().ok()
}
