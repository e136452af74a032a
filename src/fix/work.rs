//! What has been changed so far, file by file and round by round.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::choose::Fixable;
use super::named::Named;
use super::patch::Patch;
use crate::finding::{Edit, Finding};
use crate::load::Files;
use crate::source::{FileId, FileKey};

/// The changes of a run.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// The files that are changed.
    pub texts: BTreeMap<FileKey, Text>,
    /// The findings that a fix was made for.
    pub applied: Vec<Named>,
}

/// A file that is changed.
#[derive(Clone, Debug)]
pub struct Text {
    /// Where the file lies; empty where there is none.
    pub path: PathBuf,
    /// The path as the user knows it.
    pub shown: PathBuf,
    /// The bytes as they were read.
    pub before: Vec<u8>,
    /// The bytes as they are to be.
    pub now: Vec<u8>,
    /// What was done, in order.
    patches: Vec<Patch>,
}

impl Work {
    /// Makes fixes that are all of the texts as they are now; `paths` say where the files lie.
    pub fn take(&mut self, chosen: &[Fixable<'_>], files: &Files, paths: &HashMap<FileId, PathBuf>) {
        let mut edits: HashMap<FileKey, Vec<Edit>> = HashMap::new();
        for (finding, fix) in chosen {
            self.applied.push(self.name(finding, files));
            for edit in &fix.edits {
                edits.entry(files.key(edit.span.file)).or_default().push(edit.clone());
            }
        }
        for (key, edits) in edits {
            let Some(file) = edits.first().map(|edit| edit.span.file) else { continue };
            let source = files.sources.get(file);
            let text = self.texts.entry(key).or_insert_with(|| Text {
                path: paths.get(&file).cloned().unwrap_or_default(),
                shown: source.path().to_path_buf(),
                before: source.bytes().to_vec(),
                now: source.bytes().to_vec(),
                patches: Vec::new(),
            });
            let patch = Patch::of(&text.now, edits);
            text.now = patch.apply(&text.now);
            text.patches.push(patch);
        }
    }

    /// What tells a finding of the texts as they are now from others, whatever changes around it.
    pub fn name(&self, finding: &Finding, files: &Files) -> Named {
        let span = finding.primary.span;
        let file = files.key(span.file);
        let patches = self.texts.get(&file).map_or(0, |text| text.patches.len());
        Named { lint: finding.lint, file, span, label: finding.primary.message.clone(), patches }
    }

    /// The texts as they are to be.
    pub fn texts_now(&self) -> HashMap<FileKey, Vec<u8>> {
        self.texts.iter().map(|(key, text)| (key.clone(), text.now.clone())).collect()
    }

    /// Where a place of a file was when so many changes had been made.
    pub fn back(&self, file: &FileKey, at: u32, patches: usize) -> u32 {
        let made = self.texts.get(file).map_or(&[][..], |text| &text.patches);
        made.iter().skip(patches).rev().fold(at, |at, patch| patch.back(at))
    }
}
