//! All directives of httpd 2.4: which module has them, where they may stand, what permits them in a
//! `.htaccess` (spec a20, a37).

use std::collections::HashMap;
use std::sync::OnceLock;

const TABLE: &str = include_str!("directives.txt");

/// What is known of a directive of httpd.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The module, such as `mod_alias`.
    pub module: &'static str,
    /// Whether it may stand in a `.htaccess`.
    pub is_for_htaccess: bool,
    /// The first letters of the classes of `AllowOverride` that permit it there; `*` for any.
    pub classes: &'static str,
    /// Whether it may change an answer in a way that nobody follows here.
    pub is_not_followed: bool,
}

/// The directive of this name, or the section with its `<`; case does not count.
#[must_use]
pub fn known(name: &[u8]) -> Option<Known> {
    static ALL: OnceLock<HashMap<&'static [u8], Known>> = OnceLock::new();
    let all = ALL.get_or_init(|| TABLE.lines().filter_map(row).collect());
    let mut small = [0; 48];
    let small = small.get_mut(..name.len())?;
    small.copy_from_slice(name);
    small.make_ascii_lowercase();
    all.get(&*small).copied()
}

fn row(line: &'static str) -> Option<(&'static [u8], Known)> {
    let mut words = line.split(' ');
    let module = words.next().filter(|word| *word != "#")?;
    let name = words.next()?.as_bytes();
    let is_for_htaccess = words.next()?.ends_with('h');
    let classes = words.next()?;
    Some((name, Known { module, is_for_htaccess, classes, is_not_followed: words.next().is_some() }))
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn directives() {
        assert!(known(b"Require").is_some_and(|known| known.is_for_htaccess && known.classes == "A"));
        assert!(known(b"<Limit").is_some_and(|known| known.classes == "AL"));
        assert!(known(b"<Directory").is_some_and(|known| !known.is_for_htaccess));
        assert!(known(b"SecRule").is_none());
        assert!(known(b"SSLRequireSSL").is_some_and(|known| known.is_not_followed));
    }
}
