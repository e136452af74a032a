//! Requests as they go over the wire on loopback, and a backend that tells what it was asked.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket};

const PATIENCE: Duration = Duration::from_secs(10);

/// A request. Nothing in it is checked or encoded.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    pub to: SocketAddr,
    /// The address of the client, which the system has.
    pub from: IpAddr,
    pub method: &'a str,
    /// The path and the query, as they stand in the request line.
    pub target: &'a str,
    /// The whole `Host` header, with the port where one is sent.
    pub host: Option<&'a str>,
    pub authorization: Option<&'a str>,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 0 where the connection was closed without an answer.
    pub status: u16,
    /// In their order, the names in lower case.
    pub headers: Vec<(String, String)>,
    /// As it came: chunks are not put together.
    pub body: String,
}

impl Ask<'_> {
    /// A GET request from 127.0.0.1 to 127.0.0.1.
    pub fn get(port: u16) -> Self {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ask {
            to: SocketAddr::new(local, port),
            from: local,
            method: "GET",
            target: "/",
            host: None,
            authorization: None,
        }
    }

    /// Sends it on a connection of its own, and reads until the server closes.
    pub fn send(&self) -> io::Result<Answer> {
        let family = if self.to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
        let socket = socket(family, SocketType::STREAM, None)?;
        bind(&socket, &SocketAddr::new(self.from, 0))?;
        connect(&socket, &self.to)?;
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        let headers = [("Host", self.host), ("Authorization", self.authorization)];
        for (name, value) in headers.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        text.push_str("Content-Length: 0\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes())?;
        let mut bytes = Vec::new();
        // A reset after the answer is no matter.
        if let Err(error) = stream.read_to_end(&mut bytes)
            && bytes.is_empty()
            && error.kind() != io::ErrorKind::ConnectionReset
        {
            return Err(error);
        }
        Ok(Answer::of(&bytes))
    }
}

impl Answer {
    fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).unwrap_or_default();
        let headers = lines.filter_map(|line| line.split_once(':'));
        Answer {
            status: status.parse().unwrap_or(0),
            headers: headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().into())).collect(),
            body: body.to_owned(),
        }
    }

    /// The values of the headers of this name, which is in lower case.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// All challenges.
    pub fn challenges(&self) -> Vec<&str> {
        self.header("www-authenticate").collect()
    }

    /// Whether the backend of [`Echo`] has answered.
    pub fn is_echo(&self) -> bool {
        self.header("x-echo").next().is_some()
    }

    /// The `Authorization` headers that the backend got, where it has answered.
    pub fn echoed(&self) -> Option<Vec<&str>> {
        self.is_echo().then(|| self.header("x-echo-authorization").collect())
    }
}

/// A backend, of HTTP, `FastCGI`, SCGI and uwsgi, that answers every request with `X-Echo: 1` and with the `Authorization` headers that
/// it got: in the body as lines `authorization=VALUE` (`authorization=-` where there was none), and in the
/// answer's headers `X-Echo-Authorization`, for requests with HEAD. The status is 200, or NNN where the
/// path contains `code-NNN`, for HTTP; a 401 brings the challenge `Basic realm="up"`.
pub struct Echo {
    pub port: u16,
    ends: Arc<AtomicBool>,
}

impl Echo {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let ends = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&ends);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if seen.load(Ordering::Relaxed) {
                    break;
                }
                std::thread::spawn(move || drop(echo(stream)));
            }
        });
        Echo { port, ends }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// It speaks HTTP, `FastCGI`, SCGI and uwsgi: the first byte tells which.
fn echo(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let answer = match bytes.first() {
            None => None,
            Some(0) => uwsgi(&bytes).map(|got| of_program(&got)),
            Some(1) => fastcgi(&bytes).map(|got| records(&of_program(&got))),
            Some(b'0'..=b'9') => scgi(&bytes).map(|got| of_program(&got)),
            Some(_) => http(&bytes),
        };
        if let Some(answer) = answer {
            return stream.write_all(&answer);
        }
        let count = stream.read(&mut piece)?;
        if count == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&piece[..count]);
    }
}

fn http(bytes: &[u8]) -> Option<Vec<u8>> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.split("\r\n");
    let first = lines.next().unwrap_or_default();
    let got: Vec<&str> = lines
        .filter_map(|line| line.split_once(':'))
        .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        .map(|(_, value)| value.trim())
        .collect();
    Some(told(first, &got, "HTTP/1.1 ").into_bytes())
}

type Params = Vec<(Vec<u8>, Vec<u8>)>;

/// A program cannot tell an empty header from none.
fn of_program(params: &Params) -> Vec<u8> {
    let all = |name: &[u8]| -> Vec<String> {
        let found = params.iter().filter(|(other, value)| other == name && !value.is_empty());
        found.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
    };
    let got = all(b"HTTP_AUTHORIZATION");
    told("", &got.iter().map(String::as_str).collect::<Vec<_>>(), "Status: ").into_bytes()
}

fn scgi(bytes: &[u8]) -> Option<Params> {
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let words: Vec<&[u8]> = bytes.get(colon + 1..colon + 1 + length)?.split(|byte| *byte == 0).collect();
    Some(words.chunks_exact(2).map(|pair| (pair[0].to_vec(), pair[1].to_vec())).collect())
}

fn uwsgi(bytes: &[u8]) -> Option<Params> {
    let size = |at: usize| Some(usize::from(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    let end = 4 + size(1)?;
    bytes.get(..end)?;
    let (mut at, mut params) = (4, Params::new());
    while at < end {
        let name = bytes.get(at + 2..at + 2 + size(at)?)?;
        at += 2 + name.len();
        let value = bytes.get(at + 2..at + 2 + size(at)?)?;
        at += 2 + value.len();
        params.push((name.to_vec(), value.to_vec()));
    }
    Some(params)
}

/// The parameters, once the records of the request are complete.
fn fastcgi(bytes: &[u8]) -> Option<Params> {
    let (mut at, mut stream) = (0, Vec::new());
    loop {
        let head = bytes.get(at..at + 8)?;
        let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
        let content = bytes.get(at + 8..at + 8 + length)?;
        match head[1] {
            4 => stream.extend_from_slice(content),
            // The end of what would be the body.
            5 if length == 0 => break,
            _ => {}
        }
        at += 8 + length + usize::from(head[6]);
    }
    let size = |at: &mut usize| -> Option<usize> {
        let first = *stream.get(*at)?;
        *at += if first < 128 { 1 } else { 4 };
        let long = |bytes: [u8; 4]| u32::from_be_bytes(bytes) & 0x7FFF_FFFF;
        Some(if first < 128 {
            usize::from(first)
        } else {
            usize::try_from(long(stream.get(*at - 4..*at)?.try_into().ok()?)).ok()?
        })
    };
    let (mut at, mut params) = (0, Params::new());
    while at < stream.len() {
        let (name, value) = (size(&mut at)?, size(&mut at)?);
        params
            .push((stream.get(at..at + name)?.to_vec(), stream.get(at + name..at + name + value)?.to_vec()));
        at += name + value;
    }
    Some(params)
}

/// An answer of `FastCGI`.
fn records(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(0).to_be_bytes();
    let mut all = vec![1, 6, 0, 1, length[0], length[1], 0, 0];
    all.extend_from_slice(content);
    all.extend_from_slice(&[1, 6, 0, 1, 0, 0, 0, 0]);
    all.extend_from_slice(&[1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    all
}

/// The answer to a request with this request line.
fn told(first: &str, got: &[&str], before_status: &str) -> String {
    let code = first.split_once("code-").and_then(|(_, rest)| rest.get(..3)).unwrap_or("200");
    let mut body = String::from("echo\n");
    let mut headers = String::new();
    for value in got {
        let _ = writeln!(body, "authorization={value}");
        let _ = write!(headers, "X-Echo-Authorization: {value}\r\n");
    }
    if got.is_empty() {
        body.push_str("authorization=-\n");
    }
    if code == "401" {
        headers.push_str("WWW-Authenticate: Basic realm=\"up\"\r\n");
    }
    let length = body.len();
    if first.starts_with("HEAD ") {
        body.clear();
    }
    format!(
        "{before_status}{code} Echo\r\nX-Echo: 1\r\n{headers}Content-Type: text/plain\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// The value of an `Authorization` header.
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", base64(format!("{user}:{password}").as_bytes()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = usize::try_from(bits >> (18 - 6 * at) & 63).expect("a small number");
            text.push(if at <= chunk.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    text
}

/// A port that nobody listens on. Ports that the system gives to clients are left alone, and no two
/// calls in one process give the same.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() % 10_000;
    loop {
        let next = (first + u32::from(NEXT.fetch_add(1, Ordering::Relaxed))) % 10_000;
        let port = 20_000 + u16::try_from(next).expect("a small number");
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
}
