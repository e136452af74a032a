//! Apache httpd itself, asked with `apache2 -t`, and random texts to ask it about.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, fs, process};

pub struct Apache {
    binary: PathBuf,
    modules: PathBuf,
    directory: PathBuf,
}

/// What httpd says to a text.
pub struct Answer {
    pub accepts: bool,
    output: Vec<u8>,
}

impl Answer {
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// Whether httpd read `Define name value` of these words.
    pub fn defined(&self, words: &[Vec<u8>]) -> bool {
        let shown = [b"Define: ".to_vec(), words.join(&b'=')].concat();
        // A value without a byte is not shown.
        let shown = shown.strip_suffix(b"=").filter(|_| words.len() == 2).unwrap_or(&shown);
        self.output.split(|&byte| byte == b'\n').any(|line| line == shown)
    }
}

/// The tests of one process each have a directory.
static RUNS: AtomicUsize = AtomicUsize::new(0);

impl Apache {
    /// httpd, if it is installed.
    pub fn find() -> Option<Self> {
        let binaries = ["/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/local/apache2/bin/httpd"];
        let modules = [
            "/usr/lib/apache2/modules",
            "/usr/lib64/httpd/modules",
            "/usr/local/apache2/modules",
            "/usr/lib/apache2",
        ];
        let binary = binaries.iter().map(PathBuf::from).find(|path| path.exists());
        let modules = modules.iter().map(PathBuf::from).find(|path| path.join("mod_mpm_event.so").exists());
        let (Some(binary), Some(modules)) = (binary, modules) else {
            let required = env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
            assert!(!required, "Apache httpd is not installed");
            eprintln!("SKIPPED: Apache httpd is not installed, so nothing was compared with it");
            return None;
        };
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("authlint-apache-syntax-{}-{run}", process::id()));
        fs::create_dir_all(&directory).expect("a directory for temporary files");
        Some(Apache { binary, modules, directory })
    }

    /// Has httpd read the text as a whole included file. `YES` is defined in it.
    pub fn test(&self, text: &[u8]) -> Answer {
        let (main, file) = (self.directory.join("main.conf"), self.directory.join("text.conf"));
        let modules = ["mpm_event", "authz_core", "authz_user", "authn_core", "authn_file", "lua"]
            .map(|name| (name, self.modules.join(format!("mod_{name}.so"))))
            .map(|(name, path)| format!("LoadModule {name}_module {}\n", path.display()))
            .concat();
        let directory = self.directory.display();
        let main_text = format!(
            "ServerRoot {directory}\n{modules}ServerName x\nListen 127.0.0.1:18099\nErrorLog /dev/null\n\
             PidFile {directory}/pid\nDefine YES\nInclude {}\n",
            file.display()
        );
        fs::write(&file, text).expect("a file");
        fs::write(&main, main_text).expect("a file");
        self.ask(&main)
    }

    fn ask(&self, main: &Path) -> Answer {
        let output = Command::new(&self.binary)
            .args(["-t", "-D", "DUMP_RUN_CFG", "-f"])
            .arg(main)
            .output()
            .expect("httpd runs");
        Answer { accepts: output.status.success(), output: [output.stderr, output.stdout].concat() }
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Random texts, the same for the same seed.
pub struct Soup(u64);

/// What words are made of.
#[rustfmt::skip]
const TOKENS: &[&[u8]] = &[
    b"\"", b"'", b"\"", b"'", b"\\", b"\\", b"\\\n", b"\\\r\n", b"\\\\\n", b"\\\n\n", b"\r", b"\t", b" ",
    b" ", b" ", b" ", b"\x0b", b"\x0c", b"\0", b"\xc2\xa0", b"\xe9", b"\xc3\xa4", b"\x01", b"a", b"b", b"foo",
    b"x/y", b"#", b"# c", b">", b"<", b"{", b"}", b"%", b"@", b"_", b"\\\"", b"\\'", b"\\\\", b"\"a b\"",
    b"'c'", b"\x7f",
];

/// Opening tags that are accepted where they are closed, and what closes them.
#[rustfmt::skip]
const OPENING: &[(&[u8], &str)] = &[
    (b"<If \"true\">", "If"), (b"<If \"true\"> # c", "iF"), (b"  <IF \"'a' > 'b'\">\r", "If"),
    (b"<If \\\n \"true\">", "I\\\nf"), (b"\"<If\" \"true\">", "If"), (b"<IfDefine YES>", "IfDefine"),
    (b"<IfDefine NO>", "IFDEFINE"), (b"<IfModule nope>", "IfModule"), (b"<ifmodule mod_so.c> # c", "IfModule"),
];

/// The same where httpd skips what it reads.
#[rustfmt::skip]
const SKIPPED_OPENING: &[(&[u8], &str)] = &[
    (b"<A x>", "A"), (b"<a>", "a"), (b"<A \"x > y\">", "A"), (b"<B>", "b"), (b"<IfModule x>", "IfModule"),
    (b"\"<B\" >", "B"), (b"<B \"x>", "B"), (b"<B\\\n>", "B"), (b"<Bb x>", "B\\\nb"), (b"<A > # x > y", "A"),
];

/// Closing tags of the sections above, right and wrong.
const CLOSING: &[&str] = &[
    "</@>",
    "</@>",
    "</@>",
    "</@>",
    "</@>",
    "</@>",
    "\t</@>\r",
    "</@> # c",
    "\"</@>\"",
    "'</@>' x",
    "</@> \\\n</A>",
    "</@\\\n>",
    "</@>\\\n",
    "</@ >",
    "</@>x",
    "</@",
    "'</@ >'",
    "\"</@> x",
    "\0</@>",
    "</@>\0 \\",
];

/// Lines among them that open and close nothing, although they look like it.
#[rustfmt::skip]
const LINES: &[&[u8]] = &[
    b"# <If \"true\">", b"# c \\\n<If \"true\">", b"#\\\n</A>", b"\0<If \"true\">", b"Define A b", b"Define A \\\n</If>",
    b"Define A </If>", b"\\\n", b"\\\\\n\n", b"\\\\\\\n\n\n# </A>", b"", b"Define A 'b\\\n\\\n <If", b" \\\n#\\\n</If>",
    b"Define A b\0</If>\\", b"\"\" </If>", b"\\\n\\\n#</A>", b"Define A '</A>'", b"\x0c# c\\\r\n<A x>",
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

    fn tokens(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).flat_map(|_| self.some(TOKENS).to_vec()).collect()
    }

    /// A `Define` with a name and a value, or something like it.
    pub fn define(&mut self) -> Vec<u8> {
        let (name, value, more) = (self.tokens(1), self.tokens(4), self.below(6) == 0);
        let more = if more { self.tokens(2) } else { Vec::new() };
        [b"Define N", &name[..], self.some(&[b" ", b" ", b"\\\n "]), &value[..], &more[..]].concat()
    }

    /// A section with an argument, or something like it.
    pub fn files(&mut self) -> Vec<u8> {
        let (argument, behind) = (self.tokens(4), self.tokens(2));
        [b"<Files N", &argument[..], self.some(&[b">", b">", b" >", b"\\\n>"]), &behind[..], b"\n</Files>\n"]
            .concat()
    }

    /// Lines with sections that are read.
    pub fn sections(&mut self) -> Vec<u8> {
        self.lines(OPENING)
    }

    /// Lines with sections that are skipped.
    pub fn skipped(&mut self) -> Vec<u8> {
        [b"<IfModule nope>\n".to_vec(), self.lines(SKIPPED_OPENING), b"\n</IfModule>\n".to_vec()].concat()
    }

    /// Sections that mostly pair.
    fn lines(&mut self, openings: &[(&[u8], &str)]) -> Vec<u8> {
        let mut text = Vec::new();
        let mut open = Vec::new();
        for left in (0..self.below(12)).rev() {
            match self.below(4) {
                0 => text.extend(self.some(LINES)),
                1 if open.len() <= left => {
                    let (opening, name) = openings[self.below(openings.len())];
                    text.extend(opening);
                    open.push(name);
                }
                _ => {
                    let at = if self.below(12) == 0 { self.below(open.len() + 1) } else { open.len() };
                    let name = if at > 0 { open.remove(at - 1) } else { continue };
                    text.extend(CLOSING[self.below(CLOSING.len())].replace('@', name).into_bytes());
                }
            }
            text.extend(self.some(&[b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b" \n"]));
        }
        if self.below(8) != 0 {
            text.extend(open.iter().rev().flat_map(|name| format!("</{name}>\n").into_bytes()));
        }
        if self.below(4) == 0 {
            text.pop();
        }
        text
    }

    /// Any tokens.
    pub fn any(&mut self) -> Vec<u8> {
        let mut text = Vec::new();
        for _ in 0..self.below(40) {
            match self.below(5) {
                0 => text.extend(OPENING[self.below(OPENING.len())].0),
                1 => text.extend(CLOSING[self.below(CLOSING.len())].replace('@', "If").into_bytes()),
                other => text.extend(self.some([TOKENS, LINES, MORE][other - 2])),
            }
            text.extend(self.some(&[b"", b"\n"]));
        }
        text
    }

    /// Any bytes.
    pub fn bytes(&mut self) -> Vec<u8> {
        let length = self.below(300);
        (0..length).map(|_| u8::try_from(self.below(256)).unwrap_or_default()).collect()
    }
}

/// Template marks and programs, which httpd has no opinion on.
#[rustfmt::skip]
const MORE: &[&[u8]] = &[
    b"{{ x }}", b"{% if a %}", b"{{", b"}}", b"{%", b"%}", b"{#", b"#}", b"<%", b"%>", b"<%= x %>", b"@A@",
    b"__A__", b"%{%Y}t", b"${A}", b"\xef\xbb\xbf", b"<Perl>\n", b"\n</Perl>", b"<LuaHookFixups x>\n",
    b"</luahookfixups>\n", b"<TMPL_IF x>", b"</TMPL_IF>", b"Include x", b"\"{{ a b\"", b"<", b"<>", b"<A", b"</",
];
