//! The formats that other programs read: each is read back as its readers do, and compared with the JSON report, which
//! says the same.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What is checked: with findings, without, with problems, with rules, from a file of users, from a dump.
const RUNS: &[&[&str]] = &[
    &["check", "--root", "examples/bad"],
    &["check", "--root", "examples/good"],
    &["check", "tests/cmd/input/unclosed.conf", "tests/cmd/input/include.conf", "nowhere.conf"],
    &["check", "tests/cmd/input/escape.conf", "tests/cmd/input/latin1.conf", "tests/cmd/input/quote.conf"],
    &["check", "tests/cmd/input/dump.txt"],
    &["check", "tests/cmd/input/apache"],
    &[
        "expect",
        "--config",
        "tests/cmd/input/trace/nginx.conf",
        "--map",
        "/etc/nginx=tests/cmd/input/trace",
        "tests/cmd/input/trace/rules.txt",
    ],
];

fn authlint(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_authlint"));
    command
        .args(arguments)
        .current_dir(directory)
        .env_remove("GITHUB_WORKSPACE")
        .env_remove("CI_PROJECT_DIR");
    command
}

fn text_in(directory: &Path, arguments: &[&str], format: &str) -> String {
    let arguments = [arguments, &["--format", format]].concat();
    let output = authlint(directory, &arguments).output().expect("authlint runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn text(arguments: &[&str], format: &str) -> String {
    text_in(Path::new("."), arguments, format)
}

fn json(arguments: &[&str], format: &str) -> Value {
    serde_json::from_str(&text(arguments, format)).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A directory of its own for a test.
fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("authlint-formats-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a directory");
    path.canonicalize().expect("a directory")
}

/// What no file may put into an output: control characters, marks of direction, what XML does not allow.
fn assert_harmless(text: &str, of: &str) {
    let is_bad = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{fffe}' | '\u{feff}' | '\u{ffff}')
    };
    let found = text.find(is_bad).map(|at| text[at..].chars().take(20).collect::<String>());
    assert_eq!(found, None, "{of}");
}

#[test]
fn sarif_says_what_json_says() {
    for arguments in RUNS {
        let (ours, log) = (json(arguments, "json"), json(arguments, "sarif"));
        let run = &log["runs"][0];
        assert_eq!((&log["version"], list(&log["runs"]).len()), (&"2.1.0".into(), 1));
        assert_eq!(run["tool"]["driver"]["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let (findings, results) = (list(&ours["findings"]), list(&run["results"]));
        assert_eq!(findings.len(), results.len());
        for (finding, result) in findings.iter().zip(results) {
            assert_eq!(finding["lint"], result["ruleId"]);
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("an index");
            let rule = &run["tool"]["driver"]["rules"][index];
            assert_eq!(rule["id"], result["ruleId"]);
            assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.starts_with("# ")), "{rule}");
            let level =
                if finding["level"] == "advice" { "note" } else { finding["level"].as_str().unwrap() };
            assert_eq!(result["level"], level);
            let message = result["message"]["text"].as_str().expect("a message");
            assert!(message.starts_with(&*harmless(&finding["message"])), "{message}");
            assert_place(&result["locations"][0], finding);
            let because = list(&finding["labels"]);
            for (label, related) in because.iter().zip(list(&result["relatedLocations"])) {
                assert_place(related, label);
                assert_eq!(related["message"]["text"], *harmless(&label["message"]));
            }
            assert!(result["partialFingerprints"]["authlint/v1"].is_string());
            for change in list(&result["fixes"][0]["artifactChanges"]) {
                for replacement in list(&change["replacements"]) {
                    let edits = list(&finding["fix"]["edits"]).iter();
                    let is_it = |edit: &&Value| {
                        region(edit) == replacement["deletedRegion"]
                            && edit["text"] == replacement["insertedContent"]["text"]
                    };
                    assert_eq!(edits.filter(is_it).count(), 1, "{replacement}");
                }
            }
        }
        let invocation = &run["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], list(&ours["problems"]).is_empty());
        let notifications = list(&invocation["toolExecutionNotifications"]);
        let errors: Vec<&Value> = notifications.iter().filter(|one| one["level"] == "error").collect();
        assert_eq!(errors.len(), list(&ours["problems"]).len());
        for (problem, notification) in list(&ours["problems"]).iter().zip(errors) {
            assert_eq!(notification["descriptor"]["id"], problem["kind"]);
            if problem["start"].is_object() {
                assert_place(&notification["locations"][0], problem);
            }
        }
    }
}

fn harmless(text: &Value) -> String {
    authlint::report::harmless(text.as_str().expect("a text")).replace("](", "\\](")
}

/// A place of our JSON as a region.
fn region(place: &Value) -> Value {
    serde_json::json!({
        "startLine": place["start"]["line"], "startColumn": place["start"]["column"],
        "endLine": place["end"]["line"], "endColumn": place["end"]["column"],
    })
}

fn assert_place(location: &Value, ours: &Value) {
    let location = &location["physicalLocation"];
    assert_eq!(location["region"], region(ours));
    let artifact = &location["artifactLocation"];
    let uri = artifact["uri"].as_str().expect("a URI");
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic()), "{uri}");
    let path = ours["path"].as_str().expect("a path");
    if path.starts_with('/') {
        assert_eq!((uri, &artifact["uriBaseId"]), (&*format!("file://{path}"), &Value::Null));
    } else {
        assert_eq!((uri, &artifact["uriBaseId"]), (path, &"%SRCROOT%".into()));
    }
}

/// A file with an unusual name and unusual letters, which is wrong behind them.
const ODD_NAME: &str = "s\u{f6}r, 100%: #1.conf";
const ODD: &str = "events {}\nhttp { server {\n    location /a { add_header X \"\u{e4}\u{1f600}\"; auth_basic \"S\u{f6}r\"; }\n} }\n";

#[test]
fn columns_are_characters_and_names_are_encoded() {
    let directory = directory("odd");
    fs::write(directory.join(ODD_NAME), ODD).expect("a file");
    let run = ["check", "--select", "auth-basic-without-user-file", ODD_NAME];
    let log: Value = serde_json::from_str(&text_in(&directory, &run, "sarif")).expect("JSON");
    let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "s%C3%B6r%2C%20100%25%3A%20%231.conf");
    let line: Vec<char> = ODD.lines().nth(2).expect("a line").chars().collect();
    let at = |name: &str| usize::try_from(location["region"][name].as_u64().expect("a number")).unwrap() - 1;
    let marked: String = line[at("startColumn")..at("endColumn")].iter().collect();
    assert_eq!(marked, "auth_basic \"S\u{f6}r\"");

    let command = &commands(&text_in(&directory, &run, "github"))[0];
    assert_eq!(command.property("file"), Some(ODD_NAME));
    let xml = text_in(&directory, &run, "junit");
    let xml = roxmltree::Document::parse(&xml).expect("XML");
    let case = xml.descendants().find(|node| node.has_tag_name("testcase")).expect("a test");
    assert_eq!(case.attribute("file"), Some(ODD_NAME));
    let _ = fs::remove_dir_all(directory);
}

/// A workflow command as the runner reads it, by the rules of `actions/runner` and `actions/toolkit`.
struct WorkflowCommand {
    name: String,
    properties: Vec<(String, String)>,
    message: String,
}

impl WorkflowCommand {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn commands(text: &str) -> Vec<WorkflowCommand> {
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let property = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let command = |line: &str| {
        let (head, message) =
            line.strip_prefix("::").and_then(|rest| rest.split_once("::")).expect("a command");
        let (name, properties) = head.split_once(' ').expect("properties");
        let properties = properties.split(',').map(|one| one.split_once('=').expect("a value"));
        WorkflowCommand {
            name: name.into(),
            properties: properties.map(|(key, value)| (key.into(), property(value))).collect(),
            message: data(message),
        }
    };
    text.lines().map(command).collect()
}

#[test]
fn github_shows_what_json_says() {
    for arguments in RUNS {
        let ours = json(arguments, "json");
        let commands = commands(&text(arguments, "github"));
        let (findings, problems) = (list(&ours["findings"]), list(&ours["problems"]));
        assert_eq!(findings.len() + problems.len(), commands.len());
        for (finding, command) in findings.iter().zip(&commands) {
            let name =
                if finding["level"] == "advice" { "notice" } else { finding["level"].as_str().unwrap() };
            assert_eq!(command.name, name);
            assert_eq!(command.property("file"), finding["path"].as_str());
            assert_eq!(command.property("line"), Some(&*finding["start"]["line"].to_string()));
            assert_eq!(
                command.property("title"),
                Some(&*format!("authlint {}", finding["lint"].as_str().unwrap()))
            );
            assert!(command.message.starts_with(&authlint_text(&finding["message"])), "{}", command.message);
            // The runner drops columns of what spans lines.
            let is_one_line = command.property("line") == command.property("endLine");
            assert_eq!(command.property("col").is_some(), is_one_line);
            if is_one_line && finding["end"]["line"] == finding["start"]["line"] {
                assert_eq!(command.property("endColumn"), Some(&*finding["end"]["column"].to_string()));
            }
        }
        assert!(commands[findings.len()..].iter().all(|command| command.name == "error"));
    }
}

fn authlint_text(text: &Value) -> String {
    authlint::report::harmless(text.as_str().expect("a text")).into_owned()
}

#[test]
fn gitlab_shows_what_json_says() {
    for arguments in RUNS {
        let ours = json(arguments, "json");
        let entries = json(arguments, "gitlab");
        let (entries, findings) = (list(&entries), list(&ours["findings"]));
        assert_eq!(entries.len(), findings.len() + list(&ours["problems"]).len());
        let prints: HashSet<&str> =
            entries.iter().filter_map(|entry| entry["fingerprint"].as_str()).collect();
        assert_eq!(prints.len(), entries.len(), "fingerprints differ");
        for (finding, entry) in findings.iter().zip(entries) {
            let severity = match finding["level"].as_str() {
                Some("error") => "critical",
                Some("warning") => "major",
                _ => "info",
            };
            assert_eq!(entry["severity"], severity);
            assert_eq!(entry["check_name"], finding["lint"]);
            assert_eq!(entry["location"]["path"], finding["path"]);
            assert_eq!(entry["location"]["lines"]["begin"], finding["start"]["line"]);
        }
        for entry in &entries[findings.len()..] {
            assert!(entry["location"]["lines"]["begin"].is_u64() && entry["location"]["path"].is_string());
        }
    }
}

#[test]
fn junit_shows_what_json_says() {
    for arguments in RUNS {
        let ours = json(arguments, "json");
        let xml = text(arguments, "junit");
        let xml = roxmltree::Document::parse(&xml).expect("XML");
        let root = xml.root_element();
        let count = |name: &str| root.descendants().filter(|node| node.has_tag_name(name)).count();
        let findings = list(&ours["findings"]);
        let advice = findings.iter().filter(|finding| finding["level"] == "advice").count();
        let problems = list(&ours["problems"]).len();
        assert_eq!(count("failure"), findings.len() - advice);
        assert_eq!(count("system-out"), advice);
        assert_eq!(count("error"), problems);
        assert_eq!(count("testcase"), (findings.len() + problems).max(1));
        for suite in root.descendants().filter(|node| node.has_tag_name("testsuite") || *node == root) {
            for (attribute, name) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
                let inside = suite.descendants().filter(|node| node.has_tag_name(name)).count();
                assert_eq!(suite.attribute(attribute), Some(&*inside.to_string()), "{attribute}");
            }
        }
        let messages: HashSet<&str> =
            root.descendants().filter_map(|node| node.attribute("message")).collect();
        for finding in findings.iter().filter(|finding| finding["level"] != "advice") {
            let message = authlint_text(&finding["message"]);
            assert!(messages.iter().any(|one| one.starts_with(&message)), "{message}");
        }
    }
}

#[test]
fn nothing_of_a_file_reaches_an_output_raw() {
    let directory = directory("harmful");
    let odd = "\u{1b}[31m\u{7}\u{9b}31m\u{202e}\u{fffe}\u{ffff}\u{b}]]>&<x>\"'::error::%0A\u{2028}";
    let text = format!(
        "server {{\n    server_name \"{odd}\";\n    location \"/{odd}\" {{\n        auth_basic \"{odd}\";\n    }}\n    \
         include \"{odd}.conf\";\n}}\n"
    );
    fs::write(directory.join("a\u{1b}[31m\u{9b}\u{202e}.conf"), &text).expect("a file");
    fs::write(directory.join("b.conf"), text.replace(';', " ")).expect("a file");
    for format in ["concise", "sarif", "github", "gitlab", "junit"] {
        let text = text_in(&directory, &["check", "a\u{1b}[31m\u{9b}\u{202e}.conf", "b.conf"], format);
        assert!(!text.is_empty());
        assert_harmless(&text, format);
        match format {
            "sarif" | "gitlab" => drop(serde_json::from_str::<Value>(&text).expect("JSON")),
            "junit" => drop(roxmltree::Document::parse(&text).expect("XML")),
            "github" => drop(commands(&text)),
            _ => {}
        }
    }
    let _ = fs::remove_dir_all(directory);
}

/// The fingerprints of a configuration's findings.
fn prints(directory: &Path, text: &str) -> Vec<String> {
    fs::write(directory.join("nginx.conf"), text).expect("a file");
    let entries: Value =
        serde_json::from_str(&text_in(directory, &["check", "nginx.conf"], "gitlab")).expect("JSON");
    let mut prints: Vec<String> = list(&entries)
        .iter()
        .map(|entry| entry["fingerprint"].as_str().expect("a text").to_owned())
        .collect();
    prints.sort();
    prints
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let directory = directory("prints");
    let server = |name: &str, inside: &str| {
        format!("    server {{\n        listen 80;\n        server_name {name};\n{inside}    }}\n")
    };
    let open = "        location /admin/ {\n            auth_basic \"Staff\";\n        }\n";
    let whole = |servers: &str| format!("events {{}}\nhttp {{\n{servers}}}\n");
    let text = whole(&(server("a.example", open) + &server("b.example", open)));
    let before = prints(&directory, &text);
    assert!(before.len() >= 2 && before.iter().collect::<HashSet<_>>().len() == before.len(), "{before:?}");
    let same = [
        format!("# a comment\n\n\n{text}"),
        text.replace("listen 80;", "listen 80; # http\n        index index.html;"),
        text.replace("    ", "\t"),
        text.replace('\n', "\r\n"),
        text.replace("\"Staff\"", "Staff"),
        text.replace("auth_basic \"Staff\"", "auth_basic   \"Staff\""),
        text.replace("a.example;", "a.example alias.example;"),
        whole(&(server("b.example", open) + &server("a.example", open))),
        text.replace("auth_basic", "root /srv;\n            auth_basic"),
    ];
    for text in same {
        assert_eq!(prints(&directory, &text), before, "{text}");
    }
    // What is added is new, and nothing else is.
    let more = prints(
        &directory,
        &whole(&["c.example", "a.example", "b.example"].map(|name| server(name, open)).concat()),
    );
    assert!(more.len() > before.len() && before.iter().all(|one| more.contains(one)));
    // Another realm, another place, another name are other findings.
    for (from, to) in [("\"Staff\"", "\"Guests\""), ("/admin/", "/office/"), ("a.example", "d.example")] {
        assert_ne!(prints(&directory, &text.replace(from, to)), before);
    }
    // Equal ones are counted.
    let twice = prints(
        &directory,
        &whole(&server("a.example", &(open.to_owned() + &open.replace("/admin/", "/b/")))),
    );
    assert!(twice.iter().all(|print| print.ends_with(":1")), "{twice:?}");
    let equal = prints(&directory, &whole(&server("a.example", &(open.to_owned() + open))));
    let (first, second): (Vec<&String>, Vec<&String>) = equal.iter().partition(|print| print.ends_with(":1"));
    assert!(second.iter().any(|print| first.contains(&&print.replace(":2", ":1"))), "{equal:?}");
    let _ = fs::remove_dir_all(directory);
}

/// Apache's way of writing the same.
#[test]
fn fingerprints_of_apache_stay_too() {
    let directory = directory("apache-prints");
    let host = |name: &str| {
        format!(
            "<VirtualHost *:80>\n    ServerName {name}\n    <Location /admin>\n        AuthType Basik\n        \
             Require valid-user\n    </Location>\n</VirtualHost>\n"
        )
    };
    let print = |text: &str| {
        fs::write(directory.join("site.conf"), text).expect("a file");
        let run = ["check", "--server", "apache", "--select", "unknown-auth-type", "site.conf"];
        let entries: Value = serde_json::from_str(&text_in(&directory, &run, "gitlab")).expect("JSON");
        let prints =
            list(&entries).iter().map(|entry| entry["fingerprint"].as_str().expect("a text").to_owned());
        prints.collect::<HashSet<String>>()
    };
    let before = print(&host("a.example"));
    assert_eq!(before.len(), 1);
    assert_eq!(print(&host("a.example").replace("AuthType", "# x\n\n   authtype")), before);
    let both = print(&(host("b.example") + &host("a.example")));
    assert!(both.len() == 2 && both.is_superset(&before));
    let _ = fs::remove_dir_all(directory);
}

const SMALL: &str = "events {}\nhttp { server { listen 80; location /a { auth_basic \"A\"; } } }\n";

#[test]
fn one_run_writes_several_reports() {
    let directory = directory("several");
    fs::write(directory.join("a.conf"), SMALL).expect("a file");
    let run =
        ["check", "a.conf", "--format", "concise", "--report", "sarif=a.sarif", "--report", "junit=a.xml"];
    let output = authlint(&directory, &run).output().expect("authlint runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("a.conf:2:"));
    let read = |name: &str| fs::read_to_string(directory.join(name)).expect("a report");
    assert_eq!(read("a.sarif"), text_in(&directory, &["check", "a.conf"], "sarif"));
    assert_eq!(read("a.xml"), text_in(&directory, &["check", "a.conf"], "junit"));
    // A report that cannot be written does not keep the others from being written.
    let run =
        ["check", "a.conf", "--report", "json=no/such/a.json", "--report", "json=b.json", "-o", "human.txt"];
    let output = authlint(&directory, &run).output().expect("authlint runs");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no/such/a.json"));
    assert!(read("b.json").contains("authlint-check/1") && read("human.txt").contains("a.conf"));
    let _ = fs::remove_dir_all(directory);
}

/// In `authlint.toml` a file starts where that lies, as every path there does.
#[test]
fn reports_can_be_settled() {
    let directory = directory("settled");
    fs::create_dir(directory.join("deploy")).expect("a directory");
    fs::write(directory.join("deploy/a.conf"), SMALL).expect("a file");
    let settings = "report = [\"sarif=a.sarif\", \"concise=-\"]\n";
    fs::write(directory.join("authlint.toml"), settings).expect("a file");
    let output = authlint(&directory.join("deploy"), &["check", "a.conf"]).output().expect("authlint runs");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("a.conf:2:"));
    assert!(directory.join("a.sarif").exists());
    // What is typed takes the place of it.
    let run = ["check", "a.conf", "--report", "github=-"];
    let output = authlint(&directory.join("deploy"), &run).output().expect("authlint runs");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("::error "));
    let _ = fs::remove_dir_all(directory);
}

#[test]
fn paths_start_at_the_root_of_the_checkout() {
    let directory = directory("checkout");
    fs::create_dir(directory.join("deploy")).expect("a directory");
    fs::write(directory.join("deploy/a.conf"), SMALL).expect("a file");
    let here = directory.join("deploy");
    let file = |command: &mut Command| {
        let output = command.output().expect("authlint runs");
        let commands = commands(&String::from_utf8(output.stdout).expect("text"));
        commands[0].property("file").expect("a file").to_owned()
    };
    let run = ["check", "--format", "github", "a.conf"];
    assert_eq!(file(&mut authlint(&here, &run)), "a.conf");
    assert_eq!(file(authlint(&here, &run).env("GITHUB_WORKSPACE", &directory)), "deploy/a.conf");
    assert_eq!(file(authlint(&here, &run).env("CI_PROJECT_DIR", &directory)), "deploy/a.conf");
    // That of another checkout says nothing.
    assert_eq!(file(authlint(&here, &run).env("GITHUB_WORKSPACE", "/usr")), "a.conf");
    let _ = fs::remove_dir_all(directory);
}
