//! Whether the server's user can read a file: modes, owners, links, and what else lies at a path (spec A8, A10, a80, a87).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, chown, symlink};
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use authlint::decide::{Decision, Outcome};
use authlint::source::{Access, Host};
use authlint::userfile::Reader;

use crate::chance::Chance;
use crate::rig::{Place, Server, Tree, WWW, Who, can_give_groups, number, readers, set_mode};

const USERS: &[u8] = b"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";

/// So many places are asked for together.
const PLACES: usize = 48;

/// The paths of the password files, below the directory of a place.
const PATHS: &[&str] = &[
    "users",
    "users",
    "a/users",
    "a/users",
    "a/b/users",
    "a/b/users",
    "a/../users",
    "./a//users",
    "a/b/../users",
    "users/",
    "users/.",
    "a/b/../../a/users",
    "users/x",
    "a/users/..",
    "b",
];

/// What links lead to; `HERE` is the directory of the place.
const TARGETS: &[&str] = &[
    "other",
    "a/other",
    "../other",
    "b",
    "a",
    "a/b",
    "nowhere",
    "users",
    "a/users",
    "HERE/other",
    "HERE/a",
    "HERE/a/b/users",
    "HERE/b/other",
    "HERE/nowhere",
    "a/../other",
    "../a/other",
    "..",
    ".",
    "other/",
    "other/.",
    "a/",
    "/dev/null",
    "../../",
    "",
];

const FILE_MODES: &[u32] = &[
    0o644, 0o644, 0o644, 0o644, 0o644, 0o640, 0o640, 0o600, 0o604, 0o400, 0o040, 0o004, 0o000, 0o440, 0o066,
    0o666, 0o755, 0o111,
];
/// Those of directories are usual in four of five cases.
const DIRECTORY_MODES: &[u32] = &[
    0o711, 0o750, 0o710, 0o700, 0o701, 0o070, 0o007, 0o001, 0o010, 0o100, 0o000, 0o744, 0o666, 0o2755, 0o1777,
];
const OWNERS: &[u32] = &[0, 0, 33, 33, 1, 65534, 12345];
const GROUPS: &[u32] = &[0, 0, 33, 33, 1, 100, 65534, 12345];

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Directory,
    Link(&'static str),
    Fifo,
    Socket,
}

/// Something on the disk, below the directory of a place.
#[derive(Clone, Debug)]
struct Node {
    path: &'static str,
    kind: Kind,
    mode: u32,
    owner: u32,
    group: u32,
    acl: Option<[u16; 5]>,
}

fn nodes(chance: &mut Chance) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for path in [
        "",
        "a",
        "b",
        "other",
        "users",
        "a/b",
        "a/other",
        "a/users",
        "b/other",
        "b/users",
        "a/b/users",
        "a/b/other",
    ] {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        let has_parent =
            path.is_empty() || nodes.iter().any(|node| node.path == parent && node.kind == Kind::Directory);
        if !has_parent || (!path.is_empty() && chance.percent(10)) {
            continue;
        }
        let is_usually_file = path.ends_with("users") || path.ends_with("other");
        let kind = match chance.below(100) {
            _ if path.is_empty() => Kind::Directory,
            0..75 if is_usually_file => Kind::File,
            0..65 => Kind::Directory,
            65..71 => Kind::File,
            71..73 => Kind::Fifo,
            73..74 => Kind::Socket,
            _ => Kind::Link(chance.pick(TARGETS)),
        };
        let modes = if kind == Kind::Directory { DIRECTORY_MODES } else { FILE_MODES };
        let mut one = |all: &[u32]| all[chance.below(all.len())];
        let (mut mode, owner, group) = (one(modes), one(OWNERS), one(GROUPS));
        if kind == Kind::Directory && chance.percent(80) {
            mode = 0o755;
        }
        let permissions = [0, 4, 5, 7];
        let acl = chance.percent(3).then(|| std::array::from_fn(|_| permissions[chance.below(4)]));
        nodes.push(Node { path, kind, mode, owner, group, acl });
    }
    nodes
}

/// Puts it on the disk; modes come last, for they may close directories.
fn put(here: &Path, nodes: &[Node]) {
    let _ = fs::remove_dir_all(here);
    for node in nodes {
        let path = here.join(node.path);
        if path.parent().is_none_or(|parent| !node.path.is_empty() && !parent.is_dir()) {
            continue;
        }
        match &node.kind {
            Kind::File => fs::write(&path, USERS).expect("a file"),
            Kind::Directory => fs::create_dir_all(&path).expect("a directory"),
            Kind::Link("") => symlink(here, &path).expect("a link"),
            Kind::Link(target) => {
                symlink(target.replace("HERE", &here.display().to_string()), &path).expect("a link");
            }
            Kind::Fifo => {
                let status = Command::new("mkfifo").arg(&path).status();
                assert!(status.is_ok_and(|status| status.success()), "mkfifo runs");
            }
            Kind::Socket => drop(std::os::unix::net::UnixListener::bind(&path).expect("a socket")),
        }
    }
    for node in nodes.iter().rev() {
        let path = here.join(node.path);
        if matches!(node.kind, Kind::Link(_)) || fs::symlink_metadata(&path).is_err() {
            continue;
        }
        chown(&path, Some(node.owner), Some(node.group)).expect("an owner");
        set_mode(&path, node.mode);
        if let Some(acl) = node.acl {
            set_acl(&path, acl);
        }
    }
}

/// An access control list with an entry for `www-data`, as the kernel takes it: version 2, then tag, permissions and number.
fn set_acl(path: &Path, [owner, www, group, mask, other]: [u16; 5]) {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in [
        (1, owner, u32::MAX),
        (2, www, 33),
        (4, group, u32::MAX),
        (16, mask, u32::MAX),
        (32, other, u32::MAX),
    ] {
        bytes.extend(u16::to_le_bytes(tag));
        bytes.extend(permissions.to_le_bytes());
        bytes.extend(id.to_le_bytes());
    }
    // Not every file system has them.
    let _ = rustix::fs::setxattr(path, "system.posix_acl_access", &bytes, rustix::fs::XattrFlags::empty());
}

/// Whether a server would wait at it for what never comes.
fn waits(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.file_type().is_fifo())
}

/// The path that is opened: httpd takes `..` out by name.
fn opened(reader: Reader, path: &Path) -> PathBuf {
    if reader == Reader::Nginx || !path.components().any(|part| part == Component::ParentDir) {
        return path.to_path_buf();
    }
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    if path.ends_with("..") {
        plain.push("");
    }
    plain
}

/// What the servers answer to a good login where authlint says this of the file; none where it does not know.
fn expected(access: &Access, reader: Reader) -> Option<&'static [u16]> {
    match (access, reader) {
        (Access::Readable, _) => Some(&[200]),
        (Access::Missing(_), Reader::Nginx) => Some(&[403]),
        (Access::Missing(_) | Access::Special(_), Reader::Apache)
        | (Access::Directory | Access::Unreadable(_), _) => Some(&[500]),
        // `/dev/null` by another name, a socket.
        (Access::Special(_), Reader::Nginx) => Some(&[401, 500]),
        (Access::Outside | Access::Unknown(_), _) => None,
    }
}

fn outcome(status: u16) -> Outcome {
    match status {
        200 => Outcome::Open,
        401 => Outcome::Challenge,
        403 => Outcome::Forbidden,
        _ => Outcome::Error,
    }
}

/// A reason without the file.
fn kind(why: Option<&str>) -> String {
    why.and_then(|why| why.rsplit(": ").next()).unwrap_or_default().to_owned()
}

/// What authlint says of a file and what the server answered, where they differ.
fn judge(
    server: &Server,
    who: Who,
    path: &Path,
    status: u16,
    unknown: &mut BTreeMap<String, usize>,
) -> Option<String> {
    let host = server.host();
    let identity = host.users().identity(who.user, who.group);
    let access = host.access(path, &identity);
    let has_acl = path
        .ancestors()
        .any(|path| rustix::fs::getxattr(path, "system.posix_acl_access", &mut [0_u8; 0]).is_ok());
    match expected(&access, server.reader) {
        // It is missing, and a list may keep the server from seeing that.
        _ if has_acl && matches!(access, Access::Missing(_)) => None,
        Some(statuses) if statuses.contains(&status) => None,
        None => {
            if let Access::Unknown(why) = &access {
                *unknown.entry(kind(Some(why))).or_default() += 1;
            }
            None
        }
        _ => Some(format!("{access:?}, but {status}")),
    }
}

/// What became of all states.
#[derive(Debug, Default)]
struct Tally {
    statuses: BTreeMap<u16, usize>,
    unknown: BTreeMap<String, usize>,
    undetermined: BTreeMap<String, usize>,
}

impl Tally {
    /// Asks a server for a place and compares the answer with all that authlint says; none where it fits.
    fn check(
        &mut self,
        server: &Server,
        who: Who,
        place: &str,
        path: &Path,
        decision: &Decision,
    ) -> Option<String> {
        let host = server.host();
        let path = opened(server.reader, path);
        let access = host.access(&path, &host.users().identity(who.user, who.group));
        if waits(&path) {
            let is_seen = matches!(access, Access::Special(_) | Access::Unreadable(_) | Access::Unknown(_));
            return (!is_seen).then(|| format!("a FIFO is {access:?}"));
        }
        let status = server.login(place, "alice", "secret");
        *self.statuses.entry(status).or_default() += 1;
        if let Some(what) = judge(server, who, &path, status, &mut self.unknown) {
            return Some(what);
        }
        if decision.outcome != Outcome::Undetermined {
            let is_wrong = decision.outcome != outcome(status);
            return is_wrong
                .then(|| format!("decided {:?}, but {status}: {:?}", decision.outcome, decision.why));
        }
        *self.undetermined.entry(kind(decision.why.as_deref())).or_default() += 1;
        // It has to have a reason.
        let has_list = decision.why.as_ref().is_some_and(|why| why.contains("access control list"));
        let is_unknown = has_list || matches!(access, Access::Unknown(_) | Access::Special(_));
        (!is_unknown).then(|| format!("{access:?}, but undetermined: {:?}", decision.why))
    }
}

/// A state of the disk, and the server that answered otherwise than authlint says.
struct Wrong {
    seed: usize,
    place: usize,
    server: usize,
    nodes: Vec<Node>,
    what: String,
}

/// Only root may give files away, and start servers as somebody else.
fn is_root() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0);
    let is_required = std::env::var("AUTHLINT_TRUTH").is_ok_and(|value| value == "required");
    assert!(is_root || !is_required, "only root can start servers as somebody else");
    if !is_root {
        eprintln!("SKIPPED: only root can start servers as somebody else");
    }
    is_root
}

pub fn truth() {
    if !is_root() {
        return;
    }
    let tree = Tree::new();
    let group = tree.put(
        "group",
        b"root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nusers:x:100:alice,www-data\nnogroup:x:65534:\n",
    );
    let here = |n: usize| tree.0.join(format!("s/{n}"));
    let path = |n: usize| PathBuf::from(format!("{}/{}", here(n).display(), PATHS[n % PATHS.len()]));
    let mut servers: Vec<(Who, Server)> = Vec::new();
    for reader in readers() {
        let places: Vec<Place> = (0..PLACES).map(|n| Place::of(reader, n.to_string(), &path(n))).collect();
        let mut identities = vec![(WWW, None), (Who { user: "daemon", group: Some("www-data") }, None)];
        if can_give_groups() {
            identities.push((WWW, Some(group.as_path())));
        }
        if reader == Reader::Nginx {
            identities.push((Who { user: "root", group: None }, None));
            identities.push((Who { user: "www-data", group: Some("nogroup") }, None));
        } else {
            identities.push((Who { user: "#33", group: Some("#100") }, None));
        }
        for (who, group) in identities {
            servers.push((who, Server::start(reader, &tree, who, &places, group)));
        }
    }
    let (first, count) = (number("AUTHLINT_TRUTH_SEED", 1), number("AUTHLINT_TRUTH_COUNT", 300));
    let mut tally = Tally::default();
    let mut wrongs: Vec<Wrong> = Vec::new();
    let names: Vec<String> = (0..PLACES).map(|n| n.to_string()).collect();
    let mut seed = first;
    while seed < first + count {
        let batch = PLACES.min(first + count - seed);
        let made: Vec<Vec<Node>> =
            (seed..seed + batch).map(|seed| nodes(&mut Chance::new(seed as u64))).collect();
        for (n, nodes) in made.iter().enumerate() {
            put(&here(n), nodes);
        }
        let asked: Vec<(&str, Option<&str>)> =
            names[..batch].iter().map(|name| (name.as_str(), Some("alice"))).collect();
        for (at, (who, server)) in servers.iter().enumerate() {
            let decisions = server.decide(&asked);
            for (n, decision) in decisions.iter().enumerate() {
                if let Some(what) = tally.check(server, *who, &names[n], &path(n), decision) {
                    wrongs.push(Wrong { seed: seed + n, place: n, server: at, nodes: made[n].clone(), what });
                }
            }
        }
        seed += batch;
    }
    eprintln!("{count} states, {tally:?}, {} wrong", wrongs.len());
    let mut report = String::new();
    for wrong in wrongs.iter_mut().take(number("AUTHLINT_TRUTH_SHOW", 8)) {
        let (who, server) = &servers[wrong.server];
        let path = path(wrong.place);
        let ask = |nodes: &[Node]| {
            put(&here(wrong.place), nodes);
            let status =
                if waits(&path) { return None } else { server.login(&names[wrong.place], "alice", "secret") };
            judge(server, *who, &opened(server.reader, &path), status, &mut BTreeMap::new())
        };
        smallest(&mut wrong.nodes, &mut wrong.what, ask);
        let _ = writeln!(
            report,
            "=== seed {}, {} as {who:?}: {} {}",
            wrong.seed,
            server.reader.server(),
            PATHS[wrong.place % PATHS.len()],
            wrong.what
        );
        for Node { path, kind, mode, owner, group, acl } in &wrong.nodes {
            let _ = writeln!(report, "    {path:10} {kind:?} {mode:o} {owner}:{group} {acl:?}");
        }
    }
    for n in 0..PLACES {
        let _ = fs::remove_dir_all(here(n));
    }
    assert!(wrongs.is_empty(), "{} answers are judged wrongly:\n{report}", wrongs.len());
}

/// Leaves out what is not needed for it to be wrong, and makes the rest usual.
fn smallest(nodes: &mut Vec<Node>, what: &mut String, mut ask: impl FnMut(&[Node]) -> Option<String>) {
    let mut take = |nodes: &mut Vec<Node>, fewer: Vec<Node>| {
        let found = ask(&fewer);
        let is_wrong = found.is_some();
        if let Some(words) = found {
            (*nodes, *what) = (fewer, words);
        }
        is_wrong
    };
    let mut at = 1;
    while at < nodes.len() {
        let mut fewer = nodes.clone();
        fewer.remove(at);
        at += usize::from(!take(nodes, fewer));
    }
    for at in 0..nodes.len() {
        let usual = if nodes[at].kind == Kind::Directory { 0o755 } else { 0o644 };
        let changes: [fn(&mut Node, u32); 4] = [
            |node, _| node.acl = None,
            |node, usual| node.mode = usual,
            |node, _| node.owner = 0,
            |node, _| node.group = 0,
        ];
        for change in changes {
            let mut plain = nodes.clone();
            change(&mut plain[at], usual);
            take(nodes, plain);
        }
    }
}

/// The table of spec A8 and the rows of a80 that are about files: the state, and the status of a good login and of a wrong one.
const TABLE: &[(&str, [u16; 2], [u16; 2])] = &[
    ("users", [200, 401], [200, 401]),
    ("link", [200, 401], [200, 401]),
    ("absolute", [200, 401], [200, 401]),
    ("chain/40", [200, 401], [200, 401]),
    ("chain/41", [500, 500], [500, 500]),
    ("loop", [500, 500], [500, 500]),
    ("linked/users", [200, 401], [200, 401]),
    ("others", [401, 401], [401, 401]),
    ("empty", [401, 401], [401, 401]),
    ("/dev/null", [401, 401], [401, 401]),
    ("missing", [403, 403], [500, 500]),
    ("missing/users", [403, 403], [500, 500]),
    ("dangling", [403, 403], [500, 500]),
    ("unreadable", [500, 500], [500, 500]),
    ("closed/users", [500, 500], [500, 500]),
    ("closed/missing", [500, 500], [500, 500]),
    ("searched/users", [200, 401], [200, 401]),
    ("of-the-group", [200, 401], [200, 401]),
    ("not-of-the-group", [500, 500], [500, 500]),
    ("directory", [500, 500], [500, 500]),
    ("users/below", [500, 500], [500, 500]),
    ("users/", [500, 500], [500, 500]),
    ("users/.", [500, 500], [500, 500]),
    ("to-directory", [500, 500], [500, 500]),
];

pub fn table() {
    if !is_root() {
        return;
    }
    let tree = Tree::new();
    let at = |name: &str| tree.0.join("t").join(name);
    for (name, mode) in [
        ("users", 0o644),
        ("unreadable", 0o600),
        ("closed/users", 0o644),
        ("searched/users", 0o644),
        ("of-the-group", 0o640),
        ("not-of-the-group", 0o604),
        ("directory/x", 0o644),
    ] {
        tree.put(&format!("t/{name}"), USERS);
        set_mode(&at(name), mode);
    }
    tree.put("t/others", b"bob:x\n");
    tree.put("t/empty", b"");
    for name in ["of-the-group", "not-of-the-group"] {
        chown(at(name), None, Some(33)).expect("a group");
    }
    set_mode(&at("closed"), 0o700);
    set_mode(&at("searched"), 0o711);
    let users = at("users").display().to_string();
    fs::create_dir(at("chain")).expect("a directory");
    let links = [
        ("users", "link"),
        (&users, "absolute"),
        ("loop", "loop"),
        (".", "linked"),
        ("nowhere", "dangling"),
        ("directory", "to-directory"),
        ("../users", "chain/1"),
    ];
    for (to, from) in links {
        symlink(to, at(from)).expect("a link");
    }
    for number in 2..=41 {
        symlink((number - 1).to_string(), at(&format!("chain/{number}"))).expect("a link");
    }
    let path = |name: &str| {
        if name.starts_with('/') {
            PathBuf::from(name)
        } else {
            PathBuf::from(format!("{}/{name}", at("").display().to_string().trim_end_matches('/')))
        }
    };
    let mut wrong = Vec::new();
    for reader in readers() {
        for user in ["www-data", "root"] {
            if reader == Reader::Apache && user == "root" {
                continue;
            }
            let who = Who { user, group: None };
            let place = |(n, (name, ..)): (usize, &(&str, [u16; 2], [u16; 2]))| {
                Place::of(reader, n.to_string(), &path(name))
            };
            let server = Server::start(
                reader,
                &tree,
                who,
                &TABLE.iter().enumerate().map(place).collect::<Vec<_>>(),
                None,
            );
            for (n, (name, nginx, apache)) in TABLE.iter().enumerate() {
                // Nothing is closed to root.
                let of_root = match *name {
                    "unreadable" | "closed/users" | "not-of-the-group" => [200, 401],
                    "closed/missing" => [403, 403],
                    _ => *nginx,
                };
                let expected = match (reader, user) {
                    (Reader::Apache, _) => *apache,
                    (Reader::Nginx, "root") => of_root,
                    (Reader::Nginx, _) => *nginx,
                };
                let place = n.to_string();
                let statuses =
                    [server.login(&place, "alice", "secret"), server.login(&place, "alice", "wrong")];
                let nobody = server.send(&place, None).status;
                let decided = server.decide(&[(&place, Some("alice")), (&place, None)]);
                let is_decided = decided.iter().zip(statuses).all(|(decision, status)| {
                    decision.outcome == outcome(status)
                        || decision.outcome == Outcome::Undetermined && ["loop", "chain/41"].contains(name)
                });
                let said = judge(&server, who, &path(name), statuses[0], &mut BTreeMap::new());
                // Of who is in it, the state of the file does not tell.
                let said = said.filter(|_| statuses[0] != 401);
                if statuses != expected || nobody != 401 || !is_decided || said.is_some() {
                    let outcomes: Vec<_> = decided.iter().map(|decision| decision.outcome).collect();
                    wrong.push(format!(
                        "{} as {user}, {name}: {statuses:?} {nobody}, decided {outcomes:?}, {said:?}",
                        reader.server()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// authlint says that something is wrong with a FIFO, and does not wait for what never comes out of it.
pub fn fifo() {
    let tree = Tree::new();
    let path = tree.0.join("fifo");
    let status = Command::new("mkfifo").arg(&path).status();
    assert!(status.is_ok_and(|status| status.success()), "mkfifo runs");
    set_mode(&path, 0o644);
    let host = Host::new(None, Vec::new()).expect("a host");
    assert!(matches!(host.access(&path, &host.users().identity("www-data", None)), Access::Special(_)));
    for reader in [Reader::Nginx, Reader::Apache] {
        let shown = path.display();
        let text = match reader {
            Reader::Nginx => format!(
                "user www-data; events {{}} http {{ server {{ listen 80; location / {{ auth_basic R; auth_basic_user_file {shown}; }} }} }}"
            ),
            Reader::Apache => format!(
                "User www-data\nGroup www-data\n<Location />\nAuthType Basic\nAuthName R\nAuthUserFile {shown}\nRequire valid-user\n</Location>\n"
            ),
        };
        let name = if reader == Reader::Nginx { "nginx.conf" } else { "apache2.conf" };
        let conf = tree.put(name, text.as_bytes());
        let begin = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_authlint"))
            .args(["check", "--files", "always"])
            .arg(&conf)
            .output()
            .expect("authlint runs");
        let said =
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("this is a FIFO, and not opened"), "{}: {said}", reader.server());
        assert!(begin.elapsed() < Duration::from_secs(20), "it waits");
    }
}
