//! `authlint lints` and `authlint explain`.

use super::{CLEAN, print};
use crate::lints::{ALL, Lint};

/// One line for each lint: level, id and summary.
pub fn lints() -> u8 {
    let width = ALL.iter().map(|lint| lint.id.len()).max().unwrap_or(0);
    let lines =
        ALL.iter().map(|lint| format!("{:<7}  {:<width$}  {}\n", lint.level.as_str(), lint.id, lint.summary));
    print(&lines.collect::<String>()).err().unwrap_or(CLEAN)
}

/// The page of one lint, as it is written.
pub fn explain(lint: &Lint) -> u8 {
    let text = format!("{}  (level {})\n\n{}\n\n{}", lint.id, lint.level.as_str(), lint.summary, lint.page);
    print(&text).err().unwrap_or(CLEAN)
}
