//! The configurations of `tests/apache`: several files in one.

use std::path::PathBuf;

use crate::common::APACHE_MAIN;

/// The files of a case, each with the number of lines before it.
pub fn parts(text: &str) -> Vec<(PathBuf, usize, String)> {
    let main = PathBuf::from("/etc/apache2/apache2.conf");
    let is_whole = text.lines().any(|line| line.trim_start().starts_with("LoadModule "));
    let first = if is_whole { main.clone() } else { "/etc/apache2/sites-enabled/site.conf".into() };
    let mut parts = vec![(first, 0, String::new())];
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(path) = line.strip_prefix("#### ") {
            parts.push((path.trim().into(), number + 1, String::new()));
        } else if let Some((_, _, text)) = parts.last_mut() {
            text.push_str(line);
        }
    }
    // A lone `.htaccess`: nothing but the expectation stands before it.
    if parts[0].2.lines().count() <= 1 {
        parts.remove(0);
    } else if !is_whole {
        parts.push((main, 0, APACHE_MAIN.to_owned()));
    }
    parts
}
