//! What has been changed so far, file by file and round by round.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::choose::Chosen;
use super::patch::Patch;
use crate::load::Files;
use crate::source::{FileId, FileKey, Span};

/// The changes of a run.
#[derive(Debug, Default)]
pub struct Work {
    /// The files that are changed.
    pub texts: BTreeMap<FileKey, Text>,
    /// The findings that a fix was made for.
    pub applied: Vec<Applied>,
}

/// A file that is changed.
#[derive(Debug)]
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

/// A finding that a fix was made for.
#[derive(Debug)]
pub struct Applied {
    /// The lint.
    pub lint: &'static str,
    /// The file of the finding.
    pub file: FileKey,
    /// The place to look at first, in the text of its round.
    pub span: Span,
    /// What was said of it.
    pub label: String,
    /// How many changes of the file there had been in that round.
    pub patches: usize,
}

impl Work {
    /// Makes the edits of a round; `paths` say where the files lie.
    pub fn take(&mut self, chosen: Chosen<'_>, files: &Files, paths: &HashMap<FileId, PathBuf>) {
        for finding in chosen.findings {
            let span = finding.primary.span;
            let file = files.key(span.file);
            let patches = self.texts.get(&file).map_or(0, |text| text.patches.len());
            let label = finding.primary.message.clone();
            self.applied.push(Applied { lint: finding.lint, file, span, label, patches });
        }
        for (key, edits) in chosen.edits {
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

    /// The texts as they are to be.
    pub fn texts_now(&self) -> HashMap<FileKey, Vec<u8>> {
        self.texts.iter().map(|(key, text)| (key.clone(), text.now.clone())).collect()
    }

    /// Where a place of a file was when so many changes had been made.
    pub fn back(&self, file: &FileKey, at: u32, patches: usize) -> u32 {
        let made = self.texts.get(file).map_or(&[][..], |text| &text.patches);
        made.iter().skip(patches).rev().fold(at, |at, patch| patch.back(at))
    }

    /// Takes back what was done to some files. The findings whose fixes that were are not fixed.
    pub fn undo(&mut self, is_undone: impl Fn(&FileKey) -> bool) {
        self.texts.retain(|key, _| !is_undone(key));
        self.applied.retain(|applied| !is_undone(&applied.file));
    }
}
