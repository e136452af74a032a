//! What the specification says of lines and hashes (spec H1 to H9, a72, a88 to a91), row by row.

use authlint::decide::Outcome;
use authlint::userfile::{Groups, Library, Listed, Reader, UserFile, Works};

use crate::hashes::{BROKEN, HASHES, PASSWORDS, Where};
use crate::md5::md5;
use crate::rig::{Place, Server, Tree, WWW, is_here, readers};
use crate::wire::basic;

/// What becomes of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    /// The password is right.
    Right,
    /// Another one may be.
    Wrong,
    /// No password is.
    Nobody,
    /// The password is right, with the blank behind it.
    Blank,
}

use Login::{Blank, Nobody, Right, Wrong};

const SHA: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

/// A file, in which `SHA` stands for a hash of `secret`; the user, the password, and what nginx and httpd say.
const ROWS: &[(&str, &str, &str, Login, Login)] = &[
    // The line.
    ("alice:SHA", "alice", "secret", Right, Right),
    ("alice:SHA\n", "alice", "secret", Right, Right),
    ("alice:SHA\r\n", "alice", "secret", Right, Right),
    ("alice:SHA\n", "alice", "Secret", Wrong, Wrong),
    ("alice:SHA\n", "Alice", "secret", Nobody, Nobody),
    ("alice:SHA\n", "bob", "secret", Nobody, Nobody),
    ("alice:SHA\n", "ali", "secret", Nobody, Nobody),
    ("ali:SHA\n", "alice", "secret", Nobody, Nobody),
    ("alice:SHA:a comment\n", "alice", "secret", Right, Right),
    ("alice:SHA:\n", "alice", "secret", Right, Right),
    ("alice:SHA:a:b\r\n", "alice", "secret", Right, Right),
    // Colons that follow each other are one for httpd.
    ("alice::SHA\n", "alice", "secret", Nobody, Right),
    ("alice:::SHA\n", "alice", "secret", Nobody, Right),
    ("", "alice", "secret", Nobody, Nobody),
    ("\n\n", "alice", "secret", Nobody, Nobody),
    ("alice\n", "alice", "secret", Nobody, Nobody),
    ("alice", "alice", "secret", Nobody, Nobody),
    ("alice:", "alice", "secret", Nobody, Nobody),
    ("alice:\n", "alice", "", Nobody, Nobody),
    // Nobody's name.
    (":SHA\n", "", "secret", Nobody, Right),
    ("::SHA\n", "", "secret", Nobody, Right),
    (":SHA\nalice:SHA\n", "alice", "secret", Right, Right),
    // The first line of a name decides.
    ("alice:{SHA}1eI8dDE/8WI/5NJXiA7zw4QC+6A=\nalice:SHA\n", "alice", "secret", Wrong, Wrong),
    ("alice:\nalice:SHA\n", "alice", "secret", Nobody, Nobody),
    ("alice:SHA\nalice:\n", "alice", "secret", Right, Right),
    ("Alice:\nalice:SHA\n", "alice", "secret", Right, Right),
    // Blanks.
    (" alice:SHA\n", "alice", "secret", Nobody, Right),
    (" alice:SHA\n", " alice", "secret", Right, Nobody),
    ("\talice:SHA\n", "alice", "secret", Nobody, Right),
    ("\x0balice:SHA\x0b\n", "alice", "secret", Nobody, Right),
    ("alice :SHA\n", "alice", "secret", Nobody, Nobody),
    ("alice :SHA\n", "alice ", "secret", Right, Right),
    ("alice: SHA\n", "alice", "secret", Nobody, Nobody),
    ("alice:SHA \n", "alice", "secret", Nobody, Right),
    ("alice:SHA \n", "alice", "secret ", Nobody, Wrong),
    ("alice:SHA\t\r\n", "alice", "secret", Nobody, Right),
    ("alice:SHA\x0c\n", "alice", "secret", Nobody, Right),
    ("alice:SHA :x\n", "alice", "secret", Nobody, Nobody),
    ("alice:SHA # comment\n", "alice", "secret", Nobody, Nobody),
    ("alice:{PLAIN}secret \n", "alice", "secret ", Blank, Nobody),
    ("alice:{PLAIN}secret \n", "alice", "secret", Wrong, Nobody),
    ("alice:{PLAIN}sec ret\n", "alice", "sec ret", Right, Nobody),
    ("\"alice\":SHA\n", "alice", "secret", Nobody, Nobody),
    ("\"alice\":SHA\n", "\"alice\"", "secret", Right, Right),
    // Comments.
    ("#alice:SHA\n", "alice", "secret", Nobody, Nobody),
    ("# x\nalice:SHA\n", "alice", "secret", Right, Right),
    ("  # x\nalice:SHA\n", "alice", "secret", Right, Right),
    ("; x\nalice:SHA\n", "alice", "secret", Right, Right),
    ("# x \\\nalice:SHA\n", "alice", "secret", Right, Nobody),
    ("# x \\ \nalice:SHA\n", "alice", "secret", Right, Right),
    ("# x \\\r\nalice:SHA\n", "alice", "secret", Right, Nobody),
    ("# x \\\n\nalice:SHA\n", "alice", "secret", Right, Right),
    // Lines that go on.
    ("alice:\\\nSHA\n", "alice", "secret", Nobody, Right),
    ("ali\\\r\nce:SHA\n", "alice", "secret", Nobody, Right),
    ("alice:SHA\\", "alice", "secret", Nobody, Nobody),
    ("alice:SHA\\\n", "alice", "secret", Nobody, Right),
    ("alice:SHA\\\n\n", "alice", "secret", Nobody, Right),
    ("alice:SHA:\\\nbob:SHA\n", "bob", "secret", Right, Nobody),
    ("\\\nalice:SHA\n", "alice", "secret", Right, Right),
    ("\\\\\n\nalice:SHA\n", "alice", "secret", Right, Right),
    ("x\\\\\n\nalice:SHA\n", "alice", "secret", Right, Nobody),
    // A line without a colon swallows the next one.
    ("al\nalice:SHA\n", "alice", "secret", Nobody, Right),
    ("alice\nalice:SHA\n", "alice", "secret", Nobody, Nobody),
    ("al\r\nalice:SHA\n", "alice", "secret", Right, Right),
    ("al\nali\nalice:SHA\n", "alice", "secret", Right, Right),
    ("al\nbob\nalice:SHA\n", "alice", "secret", Right, Right),
    ("bob\nal\nalice:SHA\n", "alice", "secret", Nobody, Right),
    ("al\n#\nalice:SHA\n", "alice", "secret", Right, Right),
    ("al\n\nalice:SHA\n", "alice", "secret", Right, Right),
    ("al\nalice:\nalice:SHA\n", "alice", "secret", Right, Nobody),
    ("al \nalice:SHA\n", "alice", "secret", Right, Right),
    ("alicex\nalice:SHA\n", "alice", "secret", Right, Right),
    ("al:\nalice:SHA\n", "alice", "secret", Right, Right),
    // Marks and ends.
    ("\u{feff}alice:SHA\n", "alice", "secret", Nobody, Nobody),
    ("\u{feff}alice:SHA\n", "\u{feff}alice", "secret", Right, Right),
    ("\u{feff}# x\nalice:SHA\n", "alice", "secret", Right, Right),
    ("\u{feff}\nalice:SHA\n", "alice", "secret", Right, Right),
    ("bob:SHA\ralice:SHA\r", "bob", "secret", Right, Nobody),
    ("bob:SHA\ralice:SHA\r", "alice", "secret", Nobody, Nobody),
    ("alice:SHA\r\r\n", "alice", "secret", Right, Right),
    ("\ralice:SHA\n", "alice", "secret", Nobody, Right),
    ("alice:SHA\0x\n", "alice", "secret", Right, Right),
    ("al\0\nalice:SHA\n", "alice", "secret", Right, Right),
    ("a\0l\0i\0c\0e\0:\0S\0\n\0", "alice", "secret", Nobody, Nobody),
    // Passwords.
    ("alice:{PLAIN}\n", "alice", "", Right, Nobody),
    ("alice:{PLAIN}pa:ss\n", "alice", "pa", Right, Nobody),
    ("alice:{PLAIN}pa:ss\n", "alice", "pa:ss", Wrong, Nobody),
    ("alice:$1$Zk3xQ9aB$Lo8iJmlYTs9BEu7iTTGx50\n", "alice", "co:lon", Wrong, Wrong),
    ("alice:{SHA}D/F39oOB4xCdqHwbLlAWq2Pck9U=\n", "alice", "co:lon", Right, Right),
    ("alice:RcE.M796VNqP.\n", "alice", "secret", Right, Right),
    ("alice:Z7x8piZf7oHuY\n", "alice", "hidden12", Right, Right),
    ("alice:Z7x8piZf7oHuY\n", "alice", "hidden12 and more", Right, Right),
];

/// Rows with lines so long that they are made, not written.
fn long_rows() -> Vec<(String, String, Login, Login)> {
    let x = |count: usize| "x".repeat(count);
    let alice = |before: String| format!("{before}\nalice:SHA\n");
    let secret = || "secret".to_owned();
    vec![
        (alice(format!("#{}", x(8189))), secret(), Right, Right),
        (alice(format!("#{}", x(8190))), secret(), Right, Nobody),
        (alice(format!("#{}\r", x(8188))), secret(), Right, Right),
        (alice(format!("#{}\r", x(8189))), secret(), Right, Nobody),
        (alice(format!("#{}", x(9000))), secret(), Right, Nobody),
        (alice(format!("bob:{}", x(9000))), secret(), Right, Nobody),
        (format!("alice:SHA:{}", x(8190 - 6 - SHA.len() - 1)), secret(), Right, Right),
        (format!("alice:SHA:{}", x(8190 - 6 - SHA.len())), secret(), Right, Nobody),
        (format!("alice:SHA:{}\n", x(8190 - 6 - SHA.len() - 1)), secret(), Right, Right),
        (format!("#{}\\\n{}\nalice:SHA\n", x(5000), x(3188)), secret(), Right, Right),
        (format!("#{}\\\n{}\nalice:SHA\n", x(5000), x(3190)), secret(), Right, Nobody),
        (alice(x(2040)), secret(), Right, Right),
        (alice(format!("bob:{}", x(2030))), secret(), Right, Right),
        (format!("alice:{{PLAIN}}{}\n", x(2041)), x(2041), Right, Nobody),
        // The buffer of nginx cuts it.
        (format!("alice:{{PLAIN}}{}\n", x(2042)), x(2042), Wrong, Nobody),
        (format!("alice:{{PLAIN}}{}\n", x(2042)), x(2041), Right, Nobody),
        (format!("alice:{{PLAIN}}{}\n", x(3000)), x(2041), Right, Nobody),
        (format!("#{}\nalice:{{PLAIN}}{}\n", x(2000), x(2041)), x(2041), Right, Nobody),
        (format!("#{}\nalice:{{PLAIN}}{}\n", x(2000), x(2043)), x(2041), Right, Nobody),
        (format!("alice:{{SSHA}}{}\n", "A".repeat(2060)), secret(), Nobody, Nobody),
    ]
}

fn fits(status: u16, listed: Listed, login: Login) -> bool {
    match login {
        Right => status == 200 && listed == Listed::Yes,
        Wrong => status == 401 && matches!(listed, Listed::Yes | Listed::WithBlank),
        Nobody => status == 401 && matches!(listed, Listed::Never | Listed::No),
        Blank => status == 200 && listed == Listed::WithBlank,
    }
}

/// Starts a server with one place for each file.
fn start(reader: Reader, tree: &Tree, files: &[Vec<u8>]) -> Server {
    let place = |(n, bytes): (usize, &Vec<u8>)| {
        Place::of(reader, n.to_string(), &tree.put(&format!("files/{n}"), bytes))
    };
    Server::start(reader, tree, WWW, &files.iter().enumerate().map(place).collect::<Vec<_>>(), None)
}

pub fn lines() {
    let short = ROWS.iter().map(|(file, user, password, nginx, apache)| {
        ((*file).to_owned(), (*user).to_owned(), (*password).to_owned(), [*nginx, *apache])
    });
    let long = long_rows().into_iter();
    let long =
        long.map(|(file, password, nginx, apache)| (file, "alice".to_owned(), password, [nginx, apache]));
    let rows: Vec<_> = short.chain(long).collect();
    let files: Vec<Vec<u8>> =
        rows.iter().map(|(file, ..)| file.replace("SHA\\", "\u{1}\\").into_bytes()).collect();
    let files: Vec<Vec<u8>> = files.into_iter().map(|file| with_hash(&file)).collect();
    let mut wrong = Vec::new();
    for reader in readers() {
        let tree = Tree::new();
        let server = start(reader, &tree, &files);
        for (n, (file, user, password, logins)) in rows.iter().enumerate() {
            let login = logins[usize::from(reader == Reader::Apache)];
            let status = server.login(&n.to_string(), user, password);
            let listed = UserFile::read(reader, &files[n]).basic(user, &Library::debian());
            if !fits(status, listed, login) {
                let shown: String = file.chars().take(80).collect();
                wrong.push(format!(
                    "{}: {shown:?} {user:?}: {status}, {listed:?}, expected {login:?}",
                    reader.server()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `SHA` where it is not a part of a tag.
fn with_hash(file: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(file).replace('\u{1}', "SHA");
    let text = text.replace("{SHA}", "\u{1}").replace("{SSHA}", "\u{2}").replace("SHA", SHA);
    text.replace('\u{1}', "{SHA}").replace('\u{2}', "{SSHA}").into_bytes()
}

pub fn hashes() {
    let good = HASHES.iter().map(|(_, hash, _)| *hash);
    let files: Vec<Vec<u8>> =
        good.chain(BROKEN.iter().copied()).map(|hash| format!("alice:{hash}\n").into_bytes()).collect();
    let mut wrong = Vec::new();
    for reader in readers() {
        let tree = Tree::new();
        let server = start(reader, &tree, &files);
        for (n, file) in files.iter().enumerate() {
            let users = UserFile::read(reader, file);
            let works = users.find("alice").map(|entry| entry.hash().works(reader, &Library::debian()));
            let accepted: Vec<_> = PASSWORDS
                .iter()
                .filter(|password| server.login(&n.to_string(), "alice", password) == 200)
                .collect();
            let is_right = match (HASHES.get(n), &works) {
                (Some((password, _, Where::Rare)), Some(Works::Unknown(_))) => {
                    accepted.is_empty() || accepted == [password]
                }
                (Some((_, _, Where::Nginx)), Some(Works::No(_))) => {
                    reader == Reader::Apache && accepted.is_empty()
                }
                (Some((password, ..)), Some(Works::Yes)) => accepted == [password],
                (None, Some(Works::No(_))) => accepted.is_empty(),
                _ => false,
            };
            if !is_right {
                wrong.push(format!(
                    "{}: {:?} accepted {accepted:?}, {works:?}",
                    reader.server(),
                    String::from_utf8_lossy(file)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A file in which `MD5` stands for a digest of alice, the realm `R` and `secret`; whether she can log in.
const DIGESTS: &[(&str, bool)] = &[
    ("alice:R:MD5\n", true),
    ("alice:R:MD5\r\n", true),
    ("alice:R:MD5:more\n", true),
    (" alice:R:MD5 \n", true),
    ("alice::R::MD5\n", true),
    ("alice:R :MD5\n", false),
    ("alice:r:MD5\n", false),
    ("alice:Other:MD5\n", false),
    ("alice:Other:x\nalice:R:MD5\n", true),
    ("alice:R:x\nalice:R:MD5\n", false),
    ("alice:Other\nalice:R:MD5\n", true),
    ("alice\nalice:R:MD5\n", true),
    ("alice:R: MD5\n", false),
    ("alice:R:\n", false),
    ("alice:R:MD5x\n", false),
    ("alice:MD5\n", false),
    ("alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", false),
    ("bob:R:MD5\n", false),
    ("alice:R:UPPER\n", false),
    ("alice:R:\\\nMD5\n", true),
    ("#alice:R:MD5\n", false),
    ("", false),
];

pub fn digests() {
    if !is_here(Reader::Apache) {
        return;
    }
    let tree = Tree::new();
    let digest = md5("alice:R:secret");
    let files =
        DIGESTS.iter().map(|(file, _)| file.replace("MD5", &digest).replace("UPPER", &digest.to_uppercase()));
    let files: Vec<String> = files.collect();
    let mut places = Vec::new();
    for (n, file) in files.iter().enumerate() {
        let path = tree.put(&format!("files/{n}"), file.as_bytes());
        let lines = format!("AuthName R\nAuthUserFile {}\nRequire valid-user", path.display());
        let fake = format!("AuthType Basic\nAuthBasicUseDigestAlgorithm MD5\n{lines}");
        places.push(Place { name: format!("b{n}"), lines: fake });
        places.push(Place { name: format!("d{n}"), lines: format!("AuthType Digest\n{lines}") });
        places.push(Place::of(Reader::Apache, format!("p{n}"), &path));
    }
    let server = Server::start(Reader::Apache, &tree, WWW, &places, None);
    let mut wrong = Vec::new();
    for (n, (file, (shown, is_open))) in files.iter().zip(DIGESTS).enumerate() {
        let listed = UserFile::read(Reader::Apache, file.as_bytes()).digest("alice", "R") == Listed::Yes;
        let with_basic = server.login(&format!("b{n}"), "alice", "secret") == 200;
        let with_digest = digest_login(&server, &format!("d{n}"), "alice", "secret") == 200;
        let (basic_name, digest_name) = (format!("b{n}"), format!("d{n}"));
        let decided = server.decide(&[
            (&basic_name, Some("alice")),
            (&basic_name, None),
            (&digest_name, Some("alice")),
        ]);
        let expected = if *is_open { Outcome::Open } else { Outcome::Challenge };
        let outcomes: Vec<_> = decided.iter().map(|decision| decision.outcome).collect();
        // Basic credentials are none for Digest.
        let is_decided = outcomes == [expected, Outcome::Challenge, Outcome::Challenge];
        let basic_for_digest = server.send(&digest_name, Some(&basic("alice", "secret"))).status;
        // Such a file does not serve Basic without the directive.
        let is_plain = file.contains("{SHA}");
        let as_hash = (server.login(&format!("p{n}"), "alice", "secret") == 200) == is_plain;
        let of_hash =
            UserFile::read(Reader::Apache, file.as_bytes()).basic("alice", &Library::debian()) == Listed::Yes;
        if [listed, with_basic, with_digest] != [*is_open; 3]
            || !is_decided
            || basic_for_digest != 401
            || !as_hash
            || of_hash != is_plain
        {
            wrong.push(format!(
                "{shown:?}: listed {listed}, Basic {with_basic}, Digest {with_digest}, expected {is_open}; decided {outcomes:?}; \
                 as a hash {as_hash} {of_hash}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Logs in as a browser does, with what the challenge brought.
fn digest_login(server: &Server, place: &str, user: &str, password: &str) -> u16 {
    let answer = server.send(place, None);
    let challenge = answer.challenges().join(" ");
    let value = |name: &str| {
        let rest = challenge.split(&format!("{name}=\"")).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let (realm, nonce) = (value("realm"), value("nonce"));
    let uri = format!("/{place}");
    let (first, second) = (md5(&format!("{user}:{realm}:{password}")), md5(&format!("GET:{uri}")));
    let response = md5(&format!("{first}:{nonce}:00000001:abc:auth:{second}"));
    let header = format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", algorithm=MD5, \
         response=\"{response}\", qop=auth, nc=00000001, cnonce=\"abc\""
    );
    server.send(place, Some(&header)).status
}

/// A file of groups, the words behind `Require group`, and whether alice is let in.
const GROUPS: &[(&str, &str, bool)] = &[
    ("staff: alice\n", "staff", true),
    ("staff: bob alice carol\r\n", "staff", true),
    ("staff:alice\n", "staff", true),
    ("staff : alice\n", "staff", true),
    ("  staff: alice\n", "staff", true),
    ("staff: bob\n", "staff", false),
    ("staff: bob\nstaff: alice\n", "staff", true),
    ("other: alice\n", "staff", false),
    ("other: alice\n", "staff other", true),
    ("staff: alice,bob\n", "staff", false),
    ("staff: bob, alice\n", "staff", true),
    ("staff: \"alice\" bob\n", "staff", true),
    ("staff: 'alice'\n", "staff", true),
    ("staff: \"bob alice\"\n", "staff", false),
    ("staff: \"bob\"alice\n", "staff", true),
    ("staff: \"alice\n", "staff", true),
    ("staff: bob\"alice\n", "staff", false),
    ("staff: alic\\\ne\n", "staff", true),
    ("staff: bob \\\nalice\n", "staff", true),
    ("staff: al\\ice\n", "staff", false),
    ("staff: Alice\n", "staff", false),
    ("Staff: alice\n", "staff", true),
    ("staff: alice\n", "STAFF", true),
    ("STAFF: bob\nstaff: alice\n", "Staff", true),
    ("staff: bob: alice\n", "staff", true),
    ("staff:: alice\n", "staff", true),
    ("#staff: alice\n", "staff", false),
    ("staff: bob # alice\n", "staff", true),
    ("staff\n", "staff", false),
    ("staff alice\n", "staff", false),
    ("staff: al\\\\ice alice\n", "staff", true),
    ("staff: \"al\\\"ice\" alice\n", "staff", true),
    ("staff: bob\x0balice\n", "staff", true),
    ("staff: bob\0alice\n", "staff", false),
    ("two words: alice\n", "\"two words\"", true),
    ("\u{feff}staff: alice\n", "staff", false),
    ("", "staff", false),
];

pub fn groups() {
    if !is_here(Reader::Apache) {
        return;
    }
    let tree = Tree::new();
    let users = tree.put("users", b"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    let place = |(n, (file, words, _)): (usize, &(&str, &str, bool))| {
        let path = tree.put(&format!("files/{n}"), file.as_bytes());
        let (users, path) = (users.display(), path.display());
        let lines = format!(
            "AuthType Basic\nAuthName R\nAuthUserFile {users}\nAuthGroupFile {path}\nRequire group {words}"
        );
        Place { name: n.to_string(), lines }
    };
    let mut places: Vec<Place> = GROUPS.iter().enumerate().map(place).collect();
    // No file, a missing one, a directory: nobody is in any group, and that is no error.
    for (name, line) in
        [("none", ""), ("missing", "AuthGroupFile nowhere"), ("directory", "AuthGroupFile html")]
    {
        let users = users.display();
        let lines = format!("AuthType Basic\nAuthName R\nAuthUserFile {users}\n{line}\nRequire group staff");
        places.push(Place { name: name.to_owned(), lines });
    }
    let server = Server::start(Reader::Apache, &tree, WWW, &places, None);
    let asked: Vec<(&str, Option<&str>)> =
        places.iter().map(|place| (place.name.as_str(), Some("alice"))).collect();
    let mut wrong = Vec::new();
    for (n, decision) in server.decide(&asked).iter().enumerate() {
        let (file, words, is_open) = GROUPS.get(n).unwrap_or(&("", "staff", false));
        let status = server.login(&places[n].name, "alice", "secret");
        let groups = Groups::read(file.as_bytes());
        let words: Vec<&str> =
            if words.contains('"') { vec![words.trim_matches('"')] } else { words.split(' ').collect() };
        let is_member = words.iter().any(|group| groups.is_member("alice", group));
        let expected = if *is_open { (200, Outcome::Open) } else { (401, Outcome::Challenge) };
        if (status, decision.outcome) != expected || is_member != *is_open {
            wrong.push(format!(
                "{}: {file:?} {words:?}: {status}, {:?} {:?}, {is_member}",
                places[n].name, decision.outcome, decision.why
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
