//! From findings to new texts: which fixes are made, what becomes of the files, and whether that is better.
//!
//! Fixes are made in rounds, because one may uncover the next, or stand in its way. In between the configuration is
//! read and judged again as if the files had been written. Nothing is written before the last word is said.

mod choose;
mod compare;
mod diff;
mod groups;
mod patch;
mod reach;
mod work;
mod write;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

pub use diff::unified;
pub use reach::Reach;
pub use work::Text;
pub use write::{Change, write};

use crate::finding::{Finding, Fix};
use crate::load::Loaded;
use crate::report::{Report, plural};
use crate::source::{FileId, FileKey, Host};
use compare::Objection;
use groups::Groups;
use work::Work;

/// How often fixes are made and the result is looked at again.
const ROUNDS: usize = 10;

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
    let mut work = Work::default();
    let mut last: Option<Examined> = None;
    let mut left = BTreeMap::new();
    for _ in 0..ROUNDS {
        let Examined { loaded, report } = last.as_ref().unwrap_or(&first);
        let with_fix = report.findings.iter().filter_map(|finding| Some((finding, finding.fix.as_ref()?)));
        let wanted: Vec<(&Finding, &Fix)> =
            with_fix.filter(|(finding, fix)| is_wanted(finding, fix, loaded)).collect();
        let files = wanted.iter().flat_map(|(_, fix)| fix.edits.iter().map(|edit| edit.span.file));
        let within = within(files, loaded, host, reach, &work, &mut left);
        let is_within = |fix: &Fix| fix.edits.iter().all(|edit| within.contains_key(&edit.span.file));
        let wanted = wanted.into_iter().filter(|(_, fix)| is_within(fix));
        let chosen = choose::choose(wanted, &loaded.files);
        if chosen.findings.is_empty() {
            break;
        }
        work.take(chosen, &loaded.files, &within);
        host.read_instead(work.texts_now());
        last = Some(examine(host));
    }
    let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (path, why) in &left {
        refused.entry(why).or_default().push(path.display().to_string());
    }
    let mut left = sentences(refused);
    let Some(now) = last else {
        return Outcome { groups: Vec::new(), left };
    };
    let groups = Groups::of(&[&first.loaded, &now.loaded]);
    let both = |now: &Examined, work: &Work| {
        compare::objections((&first.loaded, &first.report), (&now.loaded, &now.report), work)
    };
    let objections = both(&now, &work);
    if !objections.is_empty() {
        left.extend(give_up(&objections, &groups, &mut work));
        host.read_instead(work.texts_now());
        let now = examine(host);
        // What belongs to another group is not touched by this one; should it be so all the same, nothing is done.
        let objections = both(&now, &work);
        if let Some(objection) = objections.first().filter(|_| !work.texts.is_empty()) {
            left.push(format!("the other files are left as they are: {}", objection.why));
            work.undo(|_| true);
            host.read_instead(HashMap::new());
        }
    }
    Outcome { groups: grouped(work, &groups), left }
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

/// Takes back what was done to the groups that there are objections to; gives a sentence for each.
fn give_up(objections: &[Objection], groups: &Groups, work: &mut Work) -> Vec<String> {
    let mut reasons: BTreeMap<Option<usize>, &str> = BTreeMap::new();
    for objection in objections {
        reasons.entry(groups.find(&objection.file)).or_insert(&objection.why);
    }
    // What is of no group may be due to any.
    let of_all = reasons.get(&None).copied();
    let reason = |key: &FileKey| of_all.or_else(|| reasons.get(&groups.find(key)).copied());
    let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (key, text) in &work.texts {
        if let Some(why) = reason(key) {
            refused.entry(why).or_default().push(text.shown.display().to_string());
        }
    }
    let sentences = sentences(refused);
    work.undo(|key| reason(key).is_some());
    sentences
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
