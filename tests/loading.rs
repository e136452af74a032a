//! What is loaded only in part is not taken for the whole, and what is told at one place hides
//! nothing else there.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use authlint::finding::{Level, ProblemKind};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, Host};
use authlint::{lints, load};

const MAIN: &str = "/srv/nginx.conf";

/// Lint and level of each finding, and how many problems there are.
fn check(files: &[(&str, Entry)]) -> (Vec<(&'static str, Option<Level>)>, usize) {
    let mut host = Host::memory(files.iter().map(|(path, entry)| (path.into(), entry.clone())));
    let loaded = load::load_one(Path::new(MAIN), &mut host);
    let look = Look { host: &host, mode: FilesMode::Never };
    let site = Site::build(&loaded.files, &loaded.configs[0], look);
    let all: Vec<_> = lints::ALL.iter().collect();
    let found = lints::check(&site, &all);
    (found.iter().map(|finding| (finding.lint, finding.level)).collect(), loaded.problems.len())
}

#[test]
fn an_include_that_fails_in_part_leaves_its_scope_unknown() {
    let main = "http { include part/*; server { listen 80; location / {
        proxy_set_header Authorization \"\"; proxy_pass http://127.0.0.1:9000; } } }";
    let part = ("/srv/part/a.conf", Entry::file("keepalive_timeout 5;"));
    let (found, problems) = check(&[(MAIN, Entry::file(main)), part.clone()]);
    assert_eq!((found.len(), problems), (1, 0), "{found:?}");
    // nginx refuses a directory here; what was meant may well have been an `auth_basic`.
    let (found, problems) = check(&[(MAIN, Entry::file(main)), part, ("/srv/part/b", Entry::directory())]);
    assert_eq!((found.len(), problems), (0, 1), "{found:?}");
}

#[test]
fn two_things_said_of_one_line_are_both_told() {
    let main = "http { auth_basic \"R\"; auth_basic_user_file /x; server { listen 80; root /srv;
        location /webhook/ { proxy_pass http://127.0.0.1:9000; } } }";
    let (found, _) = check(&[(MAIN, Entry::file(main))]);
    assert!(found.contains(&("auth-scope-too-broad", Some(Level::Advice))), "{found:?}");
    assert!(found.contains(&("auth-scope-too-broad", Some(Level::Warning))), "{found:?}");
}

/// What is no configuration is not read as one: not a word of it comes up in a message.
#[test]
fn foreign_files_are_named_and_not_shown() {
    let main = Path::new("/etc/apache2/apache2.conf");
    let mut host = Host::memory([
        (
            main.to_path_buf(),
            Entry::file("ServerRoot /etc/apache2\nInclude /etc/shadow\nDocumentRoot /srv/w\n"),
        ),
        ("/etc/shadow".into(), Entry::file("root:$y$j9T$secret:19000:0:99999:7:::\n")),
        ("/srv/w/.htaccess".into(), Entry::file("-----BEGIN PRIVATE KEY-----\nMIIE+secret/\n")),
    ]);
    let loaded = load::load_one(main, &mut host);
    assert_eq!(loaded.problems.len(), 2, "{:?}", loaded.problems);
    assert!(!format!("{:?}", loaded.problems).contains("secret"));
    let read: Vec<_> = loaded.configs[0].files().into_iter().collect();
    assert_eq!(read.len(), 1, "only the main configuration is a part of it");
}

/// Macros that use each other twice over, and a variable that is used over and over, end with a problem.
#[test]
fn what_multiplies_has_an_end() {
    let mut text = String::from("ServerRoot /etc/apache2\n<Macro m0>\nAuthName x\n</Macro>\n");
    for n in 1..60 {
        let _ = write!(text, "<Macro m{n}>\nUse m{0}\nUse m{0}\n</Macro>\n", n - 1);
    }
    text += "Use m59\n";
    let main = Path::new("/etc/apache2/apache2.conf");
    let mut host = Host::memory([(main.to_path_buf(), Entry::file(text))]);
    let loaded = load::load_one(main, &mut host);
    assert!(
        loaded.problems.iter().any(|problem| problem.kind == ProblemKind::Limit),
        "{:?}",
        loaded.problems
    );
}

/// Of a part that is named alone the whole is found, if it includes the part and nothing else is amiss with it.
#[test]
fn the_main_configuration_above_a_part_is_found() {
    let part = "server { listen 80; server_name a.example; root /srv; location /admin/ { auth_basic A;
        auth_basic_user_file /x; } location ~ \\.php$ { fastcgi_pass 127.0.0.1:9000; } }";
    let here = std::env::temp_dir().join(format!("authlint-loading-{}", std::process::id()));
    fs::create_dir_all(here.join("sites")).expect("a directory");
    fs::write(here.join("sites/a.conf"), part).expect("a file");
    let look_at = |main: &str| {
        fs::write(here.join("nginx.conf"), main).expect("a file");
        let loaded =
            load::load_one(&here.join("sites/a.conf"), &mut Host::new(None, Vec::new()).expect("a host"));
        let mains = loaded.configs.iter().filter(|config| config.is_main).count();
        assert_eq!((loaded.found_above.len(), loaded.asked_for.is_some()), (mains, mains == 1), "{main}");
        (mains, loaded.problems.len())
    };
    assert_eq!(look_at("events { } http { include sites/*.conf; }"), (1, 0));
    assert_eq!(look_at("events { } http { include other/*.conf; }"), (0, 0), "it is no part of that");
    assert_eq!(
        look_at("events { } http { include sites/*.conf; include mine.conf; }"),
        (0, 0),
        "one is missing"
    );
    let _ = fs::remove_dir_all(here);
}
