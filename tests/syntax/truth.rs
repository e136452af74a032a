//! nginx itself, asked with `nginx -t`, and random texts to ask it about.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

use authlint::source::Source;
use authlint::syntax::Tree;

/// Where nginx reads a text, always as a whole included file (spec G14).
#[derive(Clone, Copy)]
pub enum Place {
    /// Twice in one `types` block: any words are accepted there, and at the second time nginx prints
    /// all of them, as each repeats one that it knows.
    Types,
    Http,
    Server,
}

pub struct Nginx {
    binary: PathBuf,
    directory: PathBuf,
    count: AtomicUsize,
}

/// What nginx says to a text.
pub struct Answer {
    pub accepts: bool,
    output: Vec<u8>,
    file: PathBuf,
}

impl Answer {
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// The tests of one process each have a directory.
static RUNS: AtomicUsize = AtomicUsize::new(0);

impl Nginx {
    /// nginx, if it is installed.
    pub fn find() -> Option<Self> {
        let places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/local/nginx/sbin/nginx"];
        let Some(binary) = places.iter().map(PathBuf::from).find(|path| path.exists()) else {
            let required = env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
            assert!(!required, "nginx is not installed");
            eprintln!("SKIPPED: nginx is not installed, so nothing was compared with it");
            return None;
        };
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("authlint-syntax-{}-{run}", process::id()));
        fs::create_dir_all(&directory).expect("a directory for temporary files");
        Some(Nginx { binary, directory, count: AtomicUsize::new(0) })
    }

    pub fn test(&self, place: Place, text: &[u8]) -> Answer {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let file = self.directory.join(format!("{number}.text"));
        let main = self.directory.join(format!("{number}.conf"));
        let include = format!("include {};", file.display());
        let inside = match place {
            Place::Types => format!("types {{ {include} {include} }}"),
            Place::Http => include,
            Place::Server => format!("server {{ {include} }}"),
        };
        // nginx makes these directories even for a test.
        let temporary = self.directory.join("tmp");
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {};\n", temporary.display()))
            .concat();
        let main_text = format!(
            "error_log /dev/null;\npid {}.pid;\nevents {{ }}\nhttp {{\naccess_log off;\n{temporary}\
             types_hash_bucket_size 65000;\n{inside}\n}}\n",
            main.display()
        );
        fs::write(&file, text).expect("a file");
        fs::write(&main, main_text).expect("a file");
        let output = Command::new(&self.binary)
            .args(["-t", "-q", "-c"])
            .arg(&main)
            .arg("-p")
            .arg(&self.directory)
            .output()
            .expect("nginx runs");
        Answer { accepts: output.status.success(), output: output.stderr, file }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Compares what nginx prints of a text in [`Place::Types`] with our words and lines.
pub fn assert_same_words(source: &Source, tree: &Tree, answer: &Answer) {
    let mut rest = answer.output.as_slice();
    for message in repetitions(source, tree, &answer.file) {
        let at = rest.windows(message.len().max(1)).position(|window| window == message);
        let shown = (source.bytes().escape_ascii(), message.escape_ascii());
        assert!(at.is_some(), "{}\nshould give {}\n{}", shown.0, shown.1, answer.said());
        rest = &rest[at.unwrap_or_default() + message.len()..];
    }
    assert!(!rest.windows(6).any(|window| window == b"[warn]"), "{}", answer.said());
}

/// The warnings of `ngx_http_core_type`: each word but the first of a line is a file name extension,
/// in small letters, and told when it is known already. Names are compared up to a NUL.
fn repetitions(source: &Source, tree: &Tree, file: &Path) -> Vec<Vec<u8>> {
    let mut known: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut messages = Vec::new();
    for id in tree.top().chain(tree.top()) {
        let word = |n| tree.value(source, id, n).unwrap_or_default().into_owned();
        let kind = word(0);
        let line = source.position(tree.range(id).end - 1).line;
        for extension in (1..tree.word_count(id)).map(|n| word(n).to_ascii_lowercase()) {
            let key = extension.split(|&byte| byte == 0).next().unwrap_or_default().to_vec();
            match known.iter_mut().find(|(name, _)| *name == key) {
                None => known.push((key, kind.clone())),
                Some((_, before)) => {
                    let before = std::mem::replace(before, kind.clone());
                    let end = format!("\" in {}:{line}\n", file.display());
                    messages.push(
                        [
                            b"duplicate extension \"",
                            &extension[..],
                            b"\", content type: \"",
                            &kind,
                            b"\", previous content type: \"",
                            &before,
                            end.as_bytes(),
                        ]
                        .concat(),
                    );
                }
            }
        }
    }
    messages
}

/// Random texts, the same for the same seed.
pub struct Soup(u64);

/// What is put together. Without capitals, which nginx does not print as they are.
#[rustfmt::skip]
const TOKENS: &[&[u8]] = &[
    b"\"", b"'", b"\"", b"'", b"\\", b"\\", b"${", b"$", b"#", b"}", b";", b";", b";", b" ", b" ", b" ",
    b"\n", b"\n", b"\t", b"\r", b"\r\n", b"\0", b"\x0b", b"\x0c", b"\xc2\xa0", b"\xe9", b"\xff",
    b"\xc3\xa4", b"a", b"b", b"foo", b"x/y", b")", b"(", b"\"a\"", b"'b c'", b"\\n", b"\\t", b"\\r",
    b"\\\"", b"\\\\", b"n", b"#c\n", b"# \"\n", b"${a}", b"$a", b"<", b"%", b"@", b"_", b"=", b"|", b"~",
    b"\x7f", b"\x1a", b"[", b"]", b"`", b"^", b"a#b", b"off}", b"a\"b",
];

/// Besides those: template marks, blocks and Lua.
#[rustfmt::skip]
const MORE: &[&[u8]] = &[
    b"{", b"{", b"}", b"}", b"{{ x }}", b"{% if a %}\n", b"{{", b"}}", b"{%", b"{#", b"#}", b"<%", b"%>",
    b"{A}", b"{2}", b"@A@", b"__A__", b"\xef\xbb\xbf", b"x_by_lua_block {", b"[[", b"]]", b"--",
    b"\nserver {", b"\n  location / {\n", b"\nmap a b {", b"if (\"$a\") {", b"http {\n",
    b"location /\n    x;", b"include x;", b"'it's'", b"\n    }\n", b"\n}\n",
];

impl Soup {
    pub fn new(seed: u64) -> Self {
        Soup(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `end`, by xorshift.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or_default()
    }

    fn some<'t>(&mut self, tokens: &[&'t [u8]]) -> &'t [u8] {
        tokens[self.below(tokens.len())]
    }

    /// Lines for a `types` block, most of them right.
    pub fn types(&mut self) -> Vec<u8> {
        loop {
            let mut text = Vec::new();
            for _ in 0..=self.below(4) {
                for _ in 0..=self.below(4) {
                    match self.below(8) {
                        0 => text.extend((0..3).flat_map(|_| self.some(TOKENS))),
                        1 | 2 => {
                            let quote = self.some(&[b"\"", b"'"]);
                            let inside =
                                self.some(&[b"a b", b"", b"\\\"", b"\\'x", b"{a;b}", b"# \n", b"\\d\\n"]);
                            text.extend([quote, inside, quote].concat());
                        }
                        _ => text.extend(self.some(&[
                            b"a",
                            b"b",
                            b"a#b",
                            b"off}",
                            b"${a}b",
                            b"x\\;y",
                            b"\xc3\xa9",
                            b"\xe9",
                        ])),
                    }
                    text.extend(self.some(&[b" ", b" ", b"\n", b"\t", b"\r\n", b" #c;\n", b""]));
                }
                text.extend(self.some(&[b";", b";", b";", b";\n", b" ;", b"\n;", b""]));
            }
            // What only we read as template marks, and what nginx reads as an include.
            let is_mark = |pair: &[u8]| {
                pair == b"<%" || pair[0] == b'{' && (b"{%#".contains(&pair[1]) || pair[1].is_ascii_digit())
            };
            if !text.windows(2).any(is_mark) {
                return text;
            }
        }
    }

    /// Any tokens.
    pub fn any(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.below(60) {
            let tokens = if self.below(3) == 0 { MORE } else { TOKENS };
            text.extend(self.some(tokens));
        }
        text
    }

    /// Any bytes.
    pub fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(300);
        (0..length).map(|_| u8::try_from(self.below(256)).unwrap_or_default()).collect()
    }
}
