//! `authlint lints` and `authlint explain`.

use super::{CLEAN, print};
use crate::lints::{self, ALL, Lint};
use crate::report::OTHERS;

/// One line for each lint: level, id and summary.
pub fn lints() -> u8 {
    let width = ALL.iter().map(|lint| lint.id.len()).max().unwrap_or(0);
    let lines =
        ALL.iter().map(|lint| format!("{:<7}  {:<width$}  {}\n", lint.level.as_str(), lint.id, lint.summary));
    print(&lines.collect::<String>()).err().unwrap_or(CLEAN)
}

/// What has a page.
#[derive(Clone, Copy, Debug)]
pub enum Page {
    /// A lint.
    Lint(&'static Lint),
    /// Another kind of finding: its page.
    Other(&'static str),
}

impl Page {
    /// The ids of all pages.
    pub fn ids() -> impl Iterator<Item = &'static str> {
        ALL.iter().map(|lint| lint.id).chain(OTHERS.iter().map(|(id, _)| *id))
    }

    /// The page with this id.
    pub fn find(id: &str) -> Option<Page> {
        let other = || OTHERS.iter().find(|(other, _)| *other == id).map(|(_, page)| Page::Other(page));
        lints::find(id).map(Page::Lint).or_else(other)
    }

    /// The id that is most like a word; none where none is.
    pub fn nearest(word: &str) -> Option<&'static str> {
        let other = || OTHERS.iter().map(|(id, _)| *id).find(|id| strsim::jaro_winkler(id, word) > 0.85);
        lints::nearest(word).or_else(other)
    }
}

/// A page, as it is written.
pub fn explain(page: Page) -> u8 {
    let text = match page {
        Page::Lint(lint) => {
            format!("{}  (level {})\n\n{}\n\n{}", lint.id, lint.level.as_str(), lint.summary, lint.page)
        }
        Page::Other(page) => page.to_owned(),
    };
    print(&text).err().unwrap_or(CLEAN)
}
