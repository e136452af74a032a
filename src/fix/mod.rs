//! From findings to new texts: which fixes are made, what becomes of the files, and whether that is better.
//!
//! Fixes are made in rounds, because one may uncover the next, or stand in its way. In between the configuration is
//! read and judged again as if the files had been written. Nothing is written before the last word is said.

mod choose;
mod compare;
mod diff;
mod groups;
mod named;
mod patch;
mod reach;
mod work;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

pub use diff::unified;
pub use reach::Reach;
pub use work::Text;
pub use write::{Change, write};

use crate::finding::{Finding, Fix};
use crate::load::Loaded;
use crate::report::{Report, plural};
use crate::source::{FileId, Host};
use choose::Fixable;
use groups::Groups;
use named::{Named, Register};
use work::Work;

/// How often fixes are made and the result is looked at again.
const ROUNDS: usize = 10;

/// How often fixes are tried, when not all of them can be made together.
const TRIALS: usize = 64;

/// A configuration that was read, and what is said of it.
pub struct Examined {
    /// The files.
    pub loaded: Loaded,
    /// All that is wrong, not only what was asked for.
    pub report: Report,
}

/// Files that are written together, or not at all.
#[derive(Debug, Default)]
pub struct Group {
    /// The files that are changed.
    pub texts: Vec<Text>,
    /// How many findings are fixed by that.
    pub fixed: usize,
}

/// What was made of a configuration.
pub struct Outcome {
    /// The files to be written.
    pub groups: Vec<Group>,
    /// Files that are left as they are, and why: a sentence each.
    pub left: Vec<String>,
}

/// Makes the fixes of the findings that `is_wanted`, in files that are within reach. `examine` reads and judges the
/// configuration. `host` keeps reading the new texts.
pub fn run(
    host: &mut Host,
    reach: &Reach,
    is_wanted: impl Fn(&Finding, &Fix, &Loaded) -> bool,
    examine: impl Fn(&mut Host) -> Examined,
) -> Outcome {
    let first = examine(host);
    let mut maker = Maker { host, reach, is_wanted, examine, first: &first, left: BTreeMap::new() };
    let (made, mut left) = maker.make_what_does_no_harm();
    maker.host.read_instead(made.work.texts_now());
    let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, why) in &maker.left {
        refused.entry(why).or_default().push(path.display().to_string());
    }
    left.extend(sentences(refused));
    let now = made.now.as_ref().unwrap_or(&first);
    Outcome { groups: grouped(made.work, &Groups::of(&[&first.loaded, &now.loaded])), left }
}

/// Fixes that were made, and what is said after them; nothing where none were made.
#[derive(Default)]
struct Made {
    work: Work,
    now: Option<Examined>,
}

/// Makes fixes, and looks at what comes of them.
struct Maker<'m, W, E> {
    host: &'m mut Host,
    reach: &'m Reach,
    is_wanted: W,
    examine: E,
    first: &'m Examined,
    /// Files that are not to be written, and why.
    left: BTreeMap<PathBuf, String>,
}

impl<W, E> Maker<'_, W, E>
where
    W: Fn(&Finding, &Fix, &Loaded) -> bool,
    E: Fn(&mut Host) -> Examined,
{
    /// Makes all fixes, and where that does harm as many of them as do none; says of the others why not.
    fn make_what_does_no_harm(&mut self) -> (Made, Vec<String>) {
        let first = self.first;
        let with_fix = first.report.findings.iter().filter_map(|one| Some((one, one.fix.as_ref()?)));
        let all: Vec<Fixable<'_>> =
            with_fix.filter(|(finding, fix)| (self.is_wanted)(finding, fix, &first.loaded)).collect();
        let names: Vec<Named> =
            all.iter().map(|(finding, _)| Work::default().name(finding, &first.loaded.files)).collect();
        let mut best = Made::default();
        let mut taken: BTreeSet<usize> = BTreeSet::new();
        let mut left = Vec::new();
        let mut parts: Vec<Vec<usize>> = vec![(0..all.len()).collect()];
        for _ in 0..TRIALS {
            let Some(part) = parts.pop() else { break };
            let is_out = |number: &usize| !taken.contains(number) && part.binary_search(number).is_err();
            let out = Register::of((0..all.len()).filter(is_out).map(|number| &names[number]));
            let made = self.make(&out);
            let Some(now) = &made.now else { continue };
            let states = ((&first.loaded, &first.report), (&now.loaded, &now.report));
            let objections = compare::objections(states.0, states.1, &made.work);
            let Some(objection) = objections.first() else {
                taken.extend(part);
                best = made;
                continue;
            };
            if let [number] = part[..] {
                let place = compare::line(all[number].0.primary.span, &first.loaded.files);
                let lint = all[number].0.lint;
                left.push(format!("{place}: the fix of {lint} is not made: {}", objection.why));
                continue;
            }
            let groups = Groups::of(&[&first.loaded, &now.loaded]);
            let blamed: HashSet<_> = objections.iter().map(|one| groups.find(&one.file)).collect();
            let is_blamed = |number: &usize| blamed.contains(&groups.find(&names[*number].file));
            let (mut bad, mut good): (Vec<_>, Vec<_>) = part.iter().copied().partition(is_blamed);
            if bad.is_empty() || good.is_empty() {
                let (one, other) = part.split_at(part.len() / 2);
                (bad, good) = (other.to_vec(), one.to_vec());
            }
            parts.extend([bad, good]);
        }
        let untried = parts.concat().len();
        if untried > 0 {
            left.push(format!("{untried} of the fixes are not tried, because too many others do harm"));
        }
        (best, left)
    }

    /// Makes all fixes but those of some findings, until nothing is left to be fixed.
    fn make(&mut self, out: &Register<'_>) -> Made {
        self.host.read_instead(HashMap::new());
        let mut made = Made::default();
        for _ in 0..ROUNDS {
            let Examined { loaded, report } = made.now.as_ref().unwrap_or(self.first);
            let with_fix = report.findings.iter().filter_map(|one| Some((one, one.fix.as_ref()?)));
            let is_wanted = |&(finding, fix): &Fixable<'_>| {
                (self.is_wanted)(finding, fix, loaded) && !out.has(finding, &loaded.files, &made.work)
            };
            let wanted: Vec<Fixable<'_>> = with_fix.filter(is_wanted).collect();
            let files = wanted.iter().flat_map(|(_, fix)| fix.edits.iter().map(|edit| edit.span.file));
            let within = within(files, loaded, self.host, self.reach, &made.work, &mut self.left);
            let is_within = |fix: &Fix| fix.edits.iter().all(|edit| within.contains_key(&edit.span.file));
            let wanted = wanted.into_iter().filter(|(_, fix)| is_within(fix));
            let chosen = choose::choose(wanted, &loaded.files);
            if chosen.is_empty() {
                break;
            }
            made.work.take(&chosen, &loaded.files, &within);
            self.host.read_instead(made.work.texts_now());
            made.now = Some((self.examine)(self.host));
        }
        made
    }
}

/// Where the files lie that may be written; says of the others why not.
fn within(
    files: impl Iterator<Item = FileId>,
    now: &Loaded,
    host: &Host,
    reach: &Reach,
    work: &Work,
    left: &mut BTreeMap<PathBuf, String>,
) -> HashMap<FileId, PathBuf> {
    let files: HashSet<FileId> = files.collect();
    let judge = |file: FileId| {
        let source = now.files.sources.get(file);
        let origin = now.files.origin(file)?;
        // A file that changes while it is looked at is somebody else's work.
        let is_as_it_was = work.texts.get(origin.key()).is_none_or(|text| text.now == source.bytes());
        let judged = if is_as_it_was {
            reach.judge(host, origin)
        } else {
            Err("it is read in two ways, or it has changed meanwhile".to_owned())
        };
        match judged {
            Ok(path) => Some((file, path)),
            Err(why) => {
                left.insert(source.path().to_path_buf(), why);
                None
            }
        }
    };
    files.into_iter().filter_map(judge).collect()
}

/// A sentence for each reason not to write, and the files that it is about.
fn sentences(refused: BTreeMap<&str, Vec<String>>) -> Vec<String> {
    let sentence = |(why, mut files): (&str, Vec<String>)| {
        files.sort_unstable();
        match files.as_slice() {
            [one] => format!("{one} is left as it is: {why}"),
            [one, rest @ ..] => {
                format!("{one} and {} are left as they are: {why}", plural(rest.len(), "more file"))
            }
            [] => why.to_owned(),
        }
    };
    refused.into_iter().map(sentence).collect()
}

fn grouped(work: Work, groups: &Groups) -> Vec<Group> {
    let mut grouped: BTreeMap<Option<usize>, Group> = BTreeMap::new();
    for (key, text) in work.texts {
        if text.before != text.now {
            grouped.entry(groups.find(&key)).or_default().texts.push(text);
        }
    }
    for applied in work.applied {
        grouped.entry(groups.find(&applied.file)).or_default().fixed += 1;
    }
    grouped.into_values().collect()
}
