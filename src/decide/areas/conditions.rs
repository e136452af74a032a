//! What the expressions of httpd (`<If>`, `Require expr`) ask about the path of a request.

use super::names_of_files::glob;
use super::pcre::Flags;
use super::walk::{Search, Test};
use super::{Expression, Unsure};
use crate::source::Span;

/// The tests of the path in an expression, and the variables in it that hang on the request line in another
/// way.
pub fn read(text: &str, span: Span, tests: &mut Vec<Test>, unsure: &mut Vec<Unsure>) {
    let mut rest = text;
    while let Some(at) = rest.find("%{") {
        let (before, variable) = (&rest[..at], &rest[at + 2..]);
        let Some(end) = variable.find('}') else { return };
        let name = variable[..end].to_ascii_uppercase();
        rest = &variable[end + 1..];
        if !hangs_on_request(&name) {
            continue;
        }
        let is_alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || "/.-_".contains(c));
        let found = if name == "REQUEST_URI" && is_alone { comparison(rest) } else { None };
        match found {
            Some(found) => tests.extend(found),
            None => unsure
                .push(Unsure { span, why: format!("`%{{{name}}}` is tested in a way that is not followed") }),
        }
    }
}

/// Whether a variable hangs on the path or the query.
pub fn hangs_on_request(name: &str) -> bool {
    const OF_THE_REQUEST: &[&str] = &[
        "REQUEST_URI",
        "THE_REQUEST",
        "QUERY_STRING",
        "REQUEST_FILENAME",
        "SCRIPT_FILENAME",
        "SCRIPT_NAME",
        "PATH_INFO",
        "PATH_TRANSLATED",
        "DOCUMENT_URI",
        "DOCUMENT_ARGS",
        "UNIQUE_ID",
        "HANDLER",
        "LAST_MODIFIED",
        "CONTEXT_PREFIX",
        "CONTEXT_DOCUMENT_ROOT",
    ];
    OF_THE_REQUEST.contains(&name) || name.starts_with("LA-U") || name.starts_with("LA-F")
}

/// The tests of `=~ m#^/x#`, `== '/x'` and their like behind a variable.
fn comparison(rest: &str) -> Option<Vec<Test>> {
    let rest = rest.trim_start_matches(['"', '\'', '\\']).trim_start();
    let operator = rest.find(|c: char| !"=!~".contains(c)).unwrap_or(rest.len());
    let (operator, value) = rest.split_at(operator);
    let value = value.trim_start();
    match operator {
        "=~" | "!~" => {
            let value = value.strip_prefix('m').unwrap_or(value);
            let delimiter = value.chars().next().filter(|c| !c.is_ascii_alphanumeric() && *c != '"')?;
            let value = &value[delimiter.len_utf8()..];
            let end = value.find(delimiter)?;
            let is_caseless = value[end + delimiter.len_utf8()..].starts_with('i');
            let pattern = &value[..end];
            if pattern.ends_with('\\') || pattern.contains("%{") {
                return None;
            }
            Some(vec![Test::Search(Search::read(pattern.as_bytes(), Flags::apache(is_caseless)))])
        }
        "==" | "=" | "!=" => {
            let value = quoted(value)?;
            Some(vec![Test::Exact(value.as_bytes().to_vec())])
        }
        "" => {
            let (is_caseless, value) = match value.strip_prefix("-strmatch") {
                Some(value) => (false, value),
                None => (true, value.strip_prefix("-strcmatch")?),
            };
            let value = quoted(value.trim_start())?;
            // `*` may stand for slashes here; both readings are tests.
            let narrow = Expression::start().then(glob(value.as_bytes())?).then(Expression::end());
            let pattern: String = value
                .chars()
                .map(|c| match c {
                    '*' => ".*".to_owned(),
                    '?' => ".".to_owned(),
                    other => format!("\\Q{other}\\E"),
                })
                .collect();
            if is_caseless || value.contains(['[', '\\']) {
                return None;
            }
            let wide = Search::read(format!("^{pattern}$").as_bytes(), Flags::apache(false));
            Some(vec![Test::Search(Search::new(narrow, None)), Test::Search(wide)])
        }
        _ => None,
    }
}

/// A text in quotes without anything in it that stands for something else.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let end = text[1..].find(quote)? + 1;
    Some(&text[1..end]).filter(|text| !text.contains(['\\', '%', '$']))
}
