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
fn accepted(server: &Server, place: &str, user: &str) -> Result<Vec<String>, String> {
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
fn judge(reader: Reader, bytes: &[u8], user: &str, accepted: &Result<Vec<String>, String>) -> Option<String> {
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
fn is_decided(
    reader: Reader,
    bytes: &[u8],
    outcome: Outcome,
    accepted: &Result<Vec<String>, String>,
) -> bool {
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
fn smallest(server: &Server, tree: &Tree, wrong: &mut Wrong) {
    let mut at = 0;
    while at < wrong.lines.len() {
        let mut fewer = wrong.lines.clone();
        fewer.remove(at);
        let bytes = fewer.concat();
        tree.put("files/0", &bytes);
        match judge(wrong.reader, &bytes, &wrong.user, &accepted(server, "0", &wrong.user)) {
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

pub fn truth() {
    let readers = readers();
    let tree = Tree::new();
    let servers: Vec<Server> = readers
        .iter()
        .map(|reader| {
            let place = |n: usize| Place::of(*reader, n.to_string(), &tree.0.join(format!("files/{n}")));
            Server::start(*reader, &tree, WWW, &(0..PLACES).map(place).collect::<Vec<_>>(), None)
        })
        .collect();
    let (first, count) = (number("AUTHLINT_TRUTH_SEED", 1), number("AUTHLINT_TRUTH_COUNT", 300));
    let mut wrongs: Vec<Wrong> = Vec::new();
    let (mut logins, mut let_in, mut decided) = (0, 0, BTreeMap::new());
    let mut seed = first;
    while seed < first + count {
        let batch = PLACES.min(first + count - seed);
        let made: Vec<(Vec<Vec<u8>>, Vec<&str>)> = (seed..seed + batch)
            .map(|seed| {
                let mut chance = Chance::new(seed as u64);
                let lines = lines(&mut chance);
                (lines, vec!["alice", chance.pick(OTHERS), chance.pick(OTHERS)])
            })
            .collect();
        for (n, (lines, _)) in made.iter().enumerate() {
            tree.put(&format!("files/{n}"), &lines.concat());
        }
        let (made, names) = (&made, (0..batch).map(|n| n.to_string()).collect::<Vec<_>>());
        let seen: Vec<Vec<Vec<Result<Vec<String>, String>>>> = std::thread::scope(|scope| {
            let ask = |server| {
                let names = &names;
                scope.spawn(move || {
                    let of_file =
                        |n: usize| made[n].1.iter().map(|user| accepted(server, &names[n], user)).collect();
                    (0..batch).map(of_file).collect::<Vec<_>>()
                })
            };
            let asked: Vec<_> = servers.iter().map(ask).collect();
            asked.into_iter().map(|asked| asked.join().expect("no panic")).collect()
        });
        for (server, seen) in servers.iter().zip(seen) {
            // The decider has the same file system before it.
            let asked: Vec<(&str, Option<&str>)> = names
                .iter()
                .flat_map(|name| [(name.as_str(), Some("alice")), (name.as_str(), None)])
                .collect();
            let decisions = server.decide(&asked);
            for (n, of_file) in seen.iter().enumerate() {
                let bytes = made[n].0.concat();
                for (user, accepted) in made[n].1.iter().zip(of_file) {
                    logins += 1;
                    let_in += usize::from(accepted.as_ref().is_ok_and(|accepted| !accepted.is_empty()));
                    let mut what = judge(server.reader, &bytes, user, accepted);
                    if *user == "alice" {
                        let outcome = decisions[2 * n].outcome;
                        let why = decisions[2 * n].why.clone().unwrap_or_default();
                        *decided.entry(format!("{} {why}", outcome.as_str())).or_insert(0) += 1;
                        let is_right = is_decided(server.reader, &bytes, outcome, accepted);
                        let is_right = is_right && decisions[2 * n + 1].outcome == Outcome::Challenge;
                        if !is_right && what.is_none() {
                            let (right, other) = (&decisions[2 * n], &decisions[2 * n + 1]);
                            what = Some(format!(
                                "decided {outcome:?} ({:?}), {:?}: {accepted:?}",
                                right.why, other.outcome
                            ));
                        }
                    }
                    if let Some(what) = what {
                        let lines = made[n].0.clone();
                        wrongs.push(Wrong {
                            seed: seed + n,
                            reader: server.reader,
                            user: (*user).to_owned(),
                            lines,
                            what,
                        });
                    }
                }
            }
        }
        seed += batch;
    }
    eprintln!("{count} files, {logins} users, {let_in} let in, {} wrong; {decided:?}", wrongs.len());
    let mut report = String::new();
    for wrong in wrongs.iter_mut().take(number("AUTHLINT_TRUTH_SHOW", 8)) {
        let server = servers.iter().find(|server| server.reader == wrong.reader).expect("it was asked");
        smallest(server, &tree, wrong);
        report.push_str(&told(wrong));
    }
    assert!(wrongs.is_empty(), "{} users are judged wrongly:\n{report}", wrongs.len());
}
