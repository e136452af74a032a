//! Password files by chance: whom authlint finds in them, the servers let in.

use std::collections::BTreeMap;
use std::fmt::Write;

use authlint::decide::Outcome;
use authlint::userfile::{Library, Listed, Reader, UserFile, Works};

use crate::chance::Chance;
use crate::chance_file::{OTHERS, lines};
use crate::hashes::PASSWORDS;
use crate::rig::{Place, Server, Tree, WWW, number, readers};

/// So many files are asked for together.
const PLACES: usize = 50;

/// A login that was answered otherwise than authlint says.
struct Wrong {
    seed: usize,
    reader: Reader,
    user: String,
    lines: Vec<Vec<u8>>,
    what: String,
}

/// The passwords that let a user in, or what else was answered.
type Accepted = Result<Vec<String>, String>;

fn accepted(server: &Server, place: &str, user: &str) -> Accepted {
    let with_blanks = PASSWORDS.iter().map(|password| format!("{password} "));
    let mut accepted = Vec::new();
    for password in PASSWORDS.iter().map(|password| (*password).to_owned()).chain(with_blanks) {
        match server.login(place, user, &password) {
            200 => accepted.push(password),
            401 => {}
            status => return Err(format!("answered {status}")),
        }
    }
    Ok(accepted)
}

/// What is wrong with what authlint says of a user of a file.
fn judge(reader: Reader, bytes: &[u8], user: &str, accepted: &Accepted) -> Option<String> {
    let file = UserFile::read(reader, bytes);
    let library = Library::debian();
    let listed = file.basic(user, &library);
    let works = file.find(user).map(|entry| entry.hash().works(reader, &library));
    let is_open = |password: &&String| !password.ends_with(' ');
    let fits = match (listed, accepted) {
        (_, Err(_)) => false,
        // An unknown is no lie.
        (Listed::Yes, Ok(_)) if matches!(works, Some(Works::Unknown(_))) => true,
        (Listed::Yes, Ok(accepted)) => accepted.iter().any(|password| is_open(&password)),
        (Listed::WithBlank, Ok(accepted)) => {
            !accepted.is_empty() && !accepted.iter().any(|password| is_open(&password))
        }
        (Listed::Never | Listed::No, Ok(accepted)) => accepted.is_empty(),
    };
    (!fits).then(|| format!("{listed:?} ({works:?}), but accepted {accepted:?}"))
}

/// Whether the decider is right about alice.
fn is_decided(reader: Reader, bytes: &[u8], outcome: Outcome, accepted: &Accepted) -> bool {
    let Ok(accepted) = accepted else { return false };
    let unsure = || UserFile::read(reader, bytes).is_unsure("alice", &Library::debian()).is_some();
    match outcome {
        Outcome::Open => !accepted.is_empty(),
        Outcome::Challenge => accepted.is_empty(),
        // The password with a blank is as good as the one without, to who reads the file.
        Outcome::Undetermined => unsure() || accepted.iter().any(|password| password.ends_with(' ')),
        _ => false,
    }
}

/// Leaves out all lines that are not needed for it to be wrong.
fn smallest(server: &Server, tree: &Tree, wrong: &mut Wrong, read_as: ReadAs) {
    let mut at = 0;
    while at < wrong.lines.len() {
        let mut fewer = wrong.lines.clone();
        fewer.remove(at);
        let bytes = fewer.concat();
        tree.put("files/0", &bytes);
        match judge(read_as(wrong.reader), &bytes, &wrong.user, &accepted(server, "0", &wrong.user)) {
            Some(what) => (wrong.lines, wrong.what) = (fewer, what),
            None => at += 1,
        }
    }
}

fn told(wrong: &Wrong) -> String {
    let Wrong { seed, reader, user, lines, what } = wrong;
    let mut text = format!("=== seed {seed}, {}: {user:?} {what}\n", reader.server());
    for line in lines {
        let shown = line.escape_ascii().to_string();
        let _ = match shown.len() {
            0..300 => writeln!(text, "    {shown}"),
            length => writeln!(text, "    {} ... {} ({length})", &shown[..60], &shown[length - 60..]),
        };
    }
    text
}

/// A file made by chance: its lines, and whom it is asked for.
struct Made {
    seed: usize,
    lines: Vec<Vec<u8>>,
    users: [&'static str; 3],
}

impl Made {
    fn new(seed: usize) -> Self {
        let mut chance = Chance::new(seed as u64);
        let lines = lines(&mut chance);
        Made { seed, lines, users: ["alice", chance.pick(OTHERS), chance.pick(OTHERS)] }
    }
}

/// What became of all files.
#[derive(Default)]
struct Tally {
    users: usize,
    let_in: usize,
    decided: BTreeMap<String, usize>,
    wrongs: Vec<Wrong>,
}

impl Tally {
    /// Asks a server and authlint for all users of some files.
    fn take(&mut self, server: &Server, made: &[Made], seen: Vec<[Accepted; 3]>, read_as: ReadAs) {
        let names: Vec<String> = (0..made.len()).map(|n| n.to_string()).collect();
        let with = |user| names.iter().map(move |name| (name.as_str(), user)).collect::<Vec<_>>();
        let (right, bad) = (server.decide(&with(Some("alice"))), server.decide(&with(None)));
        for (n, (made, of_file)) in made.iter().zip(seen).enumerate() {
            let bytes = made.lines.concat();
            for (user, accepted) in made.users.iter().zip(of_file) {
                self.users += 1;
                self.let_in += usize::from(accepted.as_ref().is_ok_and(|accepted| !accepted.is_empty()));
                let mut what = judge(read_as(server.reader), &bytes, user, &accepted);
                if *user == "alice" {
                    let (outcome, of_bad) = (right[n].outcome, bad[n].outcome);
                    let why = right[n].why.clone().unwrap_or_default();
                    let is_right = is_decided(server.reader, &bytes, outcome, &accepted);
                    if what.is_none() && !(is_right && of_bad == Outcome::Challenge) {
                        what =
                            Some(format!("decided {outcome:?} ({why}), {of_bad:?}, accepted {accepted:?}"));
                    }
                    *self.decided.entry(format!("{} {why}", outcome.as_str())).or_default() += 1;
                }
                self.wrongs.extend(what.map(|what| Wrong {
                    seed: made.seed,
                    reader: server.reader,
                    user: (*user).to_owned(),
                    lines: made.lines.clone(),
                    what,
                }));
            }
        }
    }
}

/// Which server's way to read is compared with a server.
type ReadAs = fn(Reader) -> Reader;

/// Asks for so many files, and tells what is wrong, made small.
fn run(first: usize, count: usize, read_as: ReadAs) -> (Tally, String) {
    let tree = Tree::new();
    let start = |reader: Reader| {
        let place = |n: usize| Place::of(reader, n.to_string(), &tree.0.join(format!("files/{n}")));
        Server::start(reader, &tree, WWW, &(0..PLACES).map(place).collect::<Vec<_>>(), None)
    };
    let servers: Vec<Server> = readers().into_iter().map(start).collect();
    let mut tally = Tally::default();
    for seeds in (first..first + count).collect::<Vec<_>>().chunks(PLACES) {
        let made: Vec<Made> = seeds.iter().map(|seed| Made::new(*seed)).collect();
        for (n, made) in made.iter().enumerate() {
            tree.put(&format!("files/{n}"), &made.lines.concat());
        }
        let seen: Vec<Vec<[Accepted; 3]>> = std::thread::scope(|scope| {
            let ask = |server| {
                let one = move |(n, made): (usize, &Made)| {
                    made.users.map(|user| accepted(server, &n.to_string(), user))
                };
                let made = &made;
                scope.spawn(move || made.iter().enumerate().map(one).collect())
            };
            let asked: Vec<_> = servers.iter().map(ask).collect();
            asked.into_iter().map(|asked| asked.join().expect("no panic")).collect()
        });
        for (server, seen) in servers.iter().zip(seen) {
            tally.take(server, &made, seen, read_as);
        }
    }
    let mut report = String::new();
    for wrong in tally.wrongs.iter_mut().take(number("AUTHLINT_TRUTH_SHOW", 8)) {
        let server = servers.iter().find(|server| server.reader == wrong.reader).expect("it was asked");
        smallest(server, &tree, wrong, read_as);
        report.push_str(&told(wrong));
    }
    (tally, report)
}

pub fn truth() {
    let (first, count) = (number("AUTHLINT_TRUTH_SEED", 1), number("AUTHLINT_TRUTH_COUNT", 300));
    let (Tally { users, let_in, decided, wrongs }, report) = run(first, count, |reader| reader);
    eprintln!("{count} files, {users} users, {let_in} let in, {} wrong; {decided:?}", wrongs.len());
    assert!(wrongs.is_empty(), "{} users are judged wrongly:\n{report}", wrongs.len());
}

/// Who reads a file as the other server does is caught, and the file made small.
pub fn a_lie() {
    if readers().len() < 2 {
        return;
    }
    let other: ReadAs = |reader| if reader == Reader::Nginx { Reader::Apache } else { Reader::Nginx };
    let (tally, report) = run(1, 50, other);
    assert!(!tally.wrongs.is_empty(), "the lie is not found");
    let first: Vec<&str> = report.lines().skip(1).take_while(|line| !line.starts_with("===")).collect();
    assert!((1..=2).contains(&first.len()), "{report}");
}
