//! The page of a lint is its test.
//!
//! A fence with `nginx bad` or `nginx good`, `apache bad` or `apache good` opens a case. The fences behind it that have a `title` are more
//! files of the case; the word `directory` makes a directory of one, `mode=` and `owner=uid:gid` say who may
//! read it. A first fence without an `http` block is what `nginx.conf` includes from `conf.d`; one of Apache's
//! is a file of `sites-enabled`, unless its title says otherwise. The lint runs alone: a bad case has to give a finding, a good one none, and each safe fix has to take its finding away.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use authlint::finding::{Edit, Finding, Safety};
use authlint::lints::{self, Lint};
use authlint::load::{self, Loaded};
use authlint::model::{FilesMode, Look, Site};
use authlint::source::{Entry, Host};

const MAIN: &str = "/etc/nginx/nginx.conf";
const PART: &str = "/etc/nginx/conf.d/site.conf";
const AROUND_A_PART: &str = "user www-data;\nevents {}\nhttp { include /etc/nginx/conf.d/*.conf; }\n";
const APACHE_MAIN: &str = "/etc/apache2/apache2.conf";
const APACHE_PART: &str = "/etc/apache2/sites-enabled/site.conf";
const PASSWD: &str = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n";
const GROUP: &str = "root:x:0:\nwww-data:x:33:\n";

type Files = BTreeMap<PathBuf, Entry>;

/// A fenced block of a page.
struct Fence<'p> {
    number: usize,
    info: &'p str,
    text: &'p str,
}

/// A configuration on a page, and whether the lint has to find something in it.
struct Case<'p> {
    bad: bool,
    main: Fence<'p>,
    others: Vec<Fence<'p>>,
}

#[test]
fn every_page_holds() {
    let mut report = String::new();
    for lint in lints::ALL {
        let cases = cases(lint.page).unwrap_or_else(|complaint| panic!("{}: {complaint}", lint.id));
        for (bad, word) in [(true, "bad"), (false, "good")] {
            assert!(cases.iter().any(|case| case.bad == bad), "{}: no fence is {word}", lint.id);
        }
        for case in cases {
            if let Err(complaint) = hold(lint, &case) {
                let Fence { number, info, text } = case.main;
                let _ = writeln!(report, "\n{}, fence {number} ({info}): {complaint}\n{text}", lint.id);
            }
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn names_correspond() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lints");
    assert!(lints::ALL.is_sorted_by(|a, b| a.id < b.id), "the ids are not sorted, or not unique");
    for lint in lints::ALL {
        let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.';
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(is_letter);
        assert!(lint.id.split('-').all(is_word), "{} is not kebab-case", lint.id);
        assert_eq!(
            lint.page.lines().next(),
            Some(format!("# {}", lint.id).as_str()),
            "the first line of the page"
        );
        for ending in ["rs", "md"] {
            let file = directory.join(format!("{}.{ending}", lint.id.replace(['-', '.'], "_")));
            assert!(file.is_file(), "{} is missing", file.display());
        }
    }
}

fn hold(lint: &'static Lint, case: &Case<'_>) -> Result<(), String> {
    let files = case.files()?;
    let (loaded, findings) = run(lint, &files, case.entry())?;
    if case.bad == findings.is_empty() {
        return Err(format!("it gives {} findings: {:?}", findings.len(), findings.first()));
    }
    let is_safe = |finding: &Finding| finding.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe);
    let (safe, others): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_safe);
    let edits = safe.into_iter().filter_map(|finding| finding.fix).flat_map(|fix| fix.edits).collect();
    let (_, left) = run(lint, &fixed(files, &loaded, edits), case.entry())
        .map_err(|complaint| format!("after the fix: {complaint}"))?;
    if left.len() == others.len() { Ok(()) } else { Err(format!("after the fix: {left:?}")) }
}

/// What the lint finds, if the configuration is one that the server reads, all of it is read, and all spans are sound.
fn run(lint: &'static Lint, files: &Files, entry: &str) -> Result<(Loaded, Vec<Finding>), String> {
    let mut host = Host::memory(files.clone());
    let loaded = load::load_one(Path::new(entry), &mut host);
    let config = loaded.configs.first().ok_or("no configuration is found")?;
    let site = Site::build(&loaded.files, config, Look { host: &host, mode: FilesMode::Auto });
    if let Some(problem) = loaded.problems.iter().chain(&site.problems).next() {
        return Err(format!("{problem:?}"));
    }
    let is_read =
        |path: &Path| config.files().iter().any(|file| loaded.files.sources.get(*file).path() == path);
    if let Some(path) =
        files.keys().find(|path| path.extension().is_some_and(|end| end == "conf") && !is_read(path))
    {
        return Err(format!("{} is not included", path.display()));
    }
    let findings = lints::check(&site, &[lint]);
    for finding in &findings {
        let labels = std::iter::once(&finding.primary).chain(&finding.because).map(|label| label.span);
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in labels.chain(edits) {
            let text = loaded.files.sources.get(span.file).text();
            if text.get(span.start as usize..span.end as usize).is_none() {
                return Err(format!("{span:?} is not in the file, or not between characters"));
            }
        }
    }
    Ok((loaded, findings))
}

fn fixed(mut files: Files, loaded: &Loaded, mut edits: Vec<Edit>) -> Files {
    // From the end of a file on, so that the places of the other edits stay.
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    for Edit { span, text } in edits {
        if let Some(entry) = files.get_mut(loaded.files.sources.get(span.file).path()) {
            entry.bytes.splice(span.start as usize..span.end as usize, text.bytes());
        }
    }
    files
}

fn cases(page: &str) -> Result<Vec<Case<'_>>, String> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    // Every second piece between the marks is a fence.
    for (piece, number) in page.split("```").skip(1).step_by(2).zip(1..) {
        let (info, text) = piece.split_once('\n').unwrap_or((piece, ""));
        let fence = Fence { number, info, text };
        match (fence.has("bad"), fence.has("good"), cases.last_mut()) {
            (true, false, _) | (false, true, _) if fence.has("nginx") || fence.has("apache") => {
                cases.push(Case { bad: fence.has("bad"), main: fence, others: Vec::new() });
            }
            (false, false, Some(case)) if fence.value("title").is_some() => case.others.push(fence),
            (false, false, _)
                if !fence.has("nginx") && !fence.has("apache") && fence.value("title").is_none() => {}
            _ => return Err(format!("fence {number} has no place in a case: {info}")),
        }
    }
    Ok(cases)
}

impl<'p> Fence<'p> {
    fn has(&self, word: &str) -> bool {
        self.info.split_whitespace().any(|other| other == word)
    }

    fn value(&self, name: &str) -> Option<&'p str> {
        let value = self.info.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        value.map(|value| value.trim_matches('"'))
    }

    fn entry(&self) -> Result<Entry, String> {
        let wrong = |_| format!("fence {} is not understood: {}", self.number, self.info);
        let mut entry = if self.has("directory") { Entry::directory() } else { Entry::file(self.text) };
        if let Some(mode) = self.value("mode") {
            entry.mode = u32::from_str_radix(mode, 8).map_err(wrong)?;
        }
        if let Some((uid, gid)) = self.value("owner").and_then(|owner| owner.split_once(':')) {
            (entry.uid, entry.gid) = (uid.parse().map_err(wrong)?, gid.parse().map_err(wrong)?);
        }
        Ok(entry)
    }
}

impl Case<'_> {
    /// The main configuration.
    fn entry(&self) -> &'static str {
        if self.main.has("apache") { APACHE_MAIN } else { MAIN }
    }

    fn files(&self) -> Result<Files, String> {
        let is_apache = self.main.has("apache");
        let is_whole = self.main.text.lines().any(|line| line.trim_start().starts_with("http {"));
        let usual = match (is_apache, is_whole) {
            (true, _) => APACHE_PART,
            (false, true) => MAIN,
            (false, false) => PART,
        };
        let path = self.main.value("title").unwrap_or(usual);
        let around = if is_apache { common::APACHE_MAIN } else { AROUND_A_PART };
        let mut files = Files::from([
            ("/etc/passwd".into(), Entry::file(PASSWD)),
            ("/etc/group".into(), Entry::file(GROUP)),
            (self.entry().into(), Entry::file(around)),
            (path.into(), self.main.entry()?),
        ]);
        for fence in &self.others {
            files.insert(fence.value("title").unwrap_or_default().into(), fence.entry()?);
        }
        Ok(files)
    }
}
