//! A real httpd on loopback, for the tests that let it judge.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

pub const HTTPD: &str = "/usr/sbin/apache2";

/// Where its modules lie.
pub const MODULES: &str = "/usr/lib/apache2/modules";

/// A running httpd, stopped when it is dropped.
pub struct Httpd(Child);

impl Httpd {
    /// None where this httpd does not take the configuration. `root` takes its log and its PID.
    pub fn start(root: &Path, main: &Path, port: u16) -> Option<Self> {
        let log = root.join("log");
        fs::create_dir_all(&log).expect("a directory");
        let shown = log.display();
        let mut command = Command::new(HTTPD);
        // One process, which is not a daemon.
        command.arg("-X").arg("-f").arg(main).current_dir(root).env("APACHE_LOG_DIR", &log);
        for line in [
            format!("PidFile {shown}/pid"),
            format!("ErrorLog {shown}/error"),
            format!("DefaultRuntimeDir {shown}"),
            "User www-data".to_owned(),
            "Group www-data".to_owned(),
        ] {
            command.arg("-c").arg(line);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("httpd runs");
        let mut httpd = Httpd(child);
        for _ in 0..2500 {
            if httpd.0.try_wait().ok()?.is_some() {
                return None;
            }
            // Its number is written when it listens; somebody else may answer on the port.
            let pid = fs::read_to_string(log.join("pid")).unwrap_or_default();
            if pid.trim() == httpd.0.id().to_string() && TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(httpd);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        None
    }
}

impl Drop for Httpd {
    /// It is asked first, so that it ends what it has started itself.
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(None)) {
            return;
        }
        let _ = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.0.id())).status();
        for _ in 0..2500 {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What httpd says to a configuration that it does not take.
pub fn refusal(root: &Path, main: &Path) -> String {
    let mut command = Command::new(HTTPD);
    command.args(["-t", "-f"]).arg(main).current_dir(root).env("APACHE_LOG_DIR", root.join("log"));
    let output = command.output().expect("httpd runs");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A port that nobody listens on. Ports that the system gives to clients are left alone, and no two
/// calls give the same.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 10_000;
    loop {
        let next = (first + u32::from(NEXT.fetch_add(1, Ordering::Relaxed))) % 10_000;
        let port = 20_000 + u16::try_from(next).expect("a small number");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The status of the answer to a request without credentials.
pub fn ask(port: u16, host: &str, method: &str, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).ok()?;
    std::str::from_utf8(&answer[9..]).ok()?.parse().ok()
}
