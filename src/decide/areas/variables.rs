//! What the variables of nginx hang on, as far as the path is concerned.

use std::collections::{HashMap, HashSet};

use super::lines::Line;

/// How a value hangs on the path of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hangs {
    /// Not, or only on tests that are gathered.
    Not,
    /// It is the normalised path.
    IsPath,
    /// In another way: on parts of it, on the path as it was sent, on the query.
    Otherwise,
}

/// The variables that a configuration makes.
#[derive(Debug, Default)]
pub struct Variables {
    /// For each name: the texts that it is made of, and what their joining comes to.
    made_of: HashMap<Vec<u8>, Vec<Made>>,
    /// Names of groups in expressions.
    groups: HashSet<Vec<u8>>,
    /// Whether they hang on each other in too long a row.
    gave_up: bool,
}

#[derive(Debug)]
enum Made {
    /// The value of this text.
    Text(Vec<u8>),
    /// One of the others, by a comparison of this text.
    By(Vec<u8>),
    /// By a program.
    Unknown,
}

/// Variables made of variables deeper than this.
const MOST_DEPTH: usize = 20;
/// Conditions on variables that were set under conditions, in a row.
const MOST_ROUNDS: usize = 10;

impl Variables {
    /// Of the lines of a server and of those around it.
    pub fn new(lines: &[Line<'_>]) -> Self {
        let mut variables = Variables::default();
        for line in lines {
            variables.read(*line);
        }
        // Variables that are set where a condition holds hang on what it hangs on.
        for _ in 0..MOST_ROUNDS {
            let doubtful = lines.iter().filter(|line| variables.is_doubtful(**line));
            let set: Vec<Vec<u8>> = doubtful.flat_map(|line| line.inner()).filter_map(Line::sets).collect();
            let mut is_new = false;
            for name in set {
                let made = variables.made_of.entry(name).or_default();
                let is_known = made.iter().any(|made| matches!(made, Made::Unknown));
                if !is_known {
                    made.push(Made::Unknown);
                    is_new = true;
                }
            }
            if !is_new {
                return variables;
            }
        }
        variables.gave_up = true;
        variables
    }

    /// Whether a line is an `if` that hangs on something else than the tests of the path.
    fn is_doubtful(&self, line: Line<'_>) -> bool {
        line.name().as_ref() == b"if"
            && line.arguments().iter().any(|word| self.hangs(word) == Hangs::Otherwise)
    }

    fn read(&mut self, line: Line<'_>) {
        let arguments = line.arguments();
        let name = |n: usize| arguments.get(n).and_then(|word| word.strip_prefix(b"$")).map(<[u8]>::to_vec);
        let mut make = |name: Option<Vec<u8>>, made| {
            self.made_of.entry(name.unwrap_or_default().to_ascii_lowercase()).or_default().push(made);
        };
        let text = |n: usize| arguments.get(n).map(|word| word.to_vec()).unwrap_or_default();
        match line.name().as_ref() {
            b"set" => make(name(0), Made::Text(text(1))),
            b"map" | b"split_clients" => {
                make(name(1), Made::By(text(0)));
                match line.entries() {
                    // `hostnames` and `volatile` have no value.
                    Some(entries) => entries.iter().filter_map(|entry| entry.word(1)).for_each(|value| {
                        make(name(1), Made::Text(value.to_vec()));
                    }),
                    None => make(name(1), Made::Unknown),
                }
            }
            b"geo" if arguments.len() > 1 => make(name(1), Made::By(text(0))),
            b"js_set" | b"perl_set" | b"set_by_lua" | b"set_by_lua_block" | b"set_by_lua_file" => {
                make(name(0), Made::Unknown);
            }
            _ => {}
        }
        for word in &arguments {
            self.groups.extend(named_groups(word));
        }
    }

    /// How the value of a text hangs on the path.
    pub fn hangs(&self, text: &[u8]) -> Hangs {
        self.text(text, 0)
    }

    fn text(&self, text: &[u8], depth: usize) -> Hangs {
        let names = names(text);
        let worst = names.iter().map(|name| self.variable(name, depth)).max().unwrap_or(Hangs::Not);
        let is_alone = names.len() == 1 && text.len() <= names[0].len() + 3 && text.starts_with(b"$");
        if worst == Hangs::IsPath && !is_alone { Hangs::Otherwise } else { worst }
    }

    fn variable(&self, name: &[u8], depth: usize) -> Hangs {
        let name = name.to_ascii_lowercase();
        if depth > MOST_DEPTH || self.gave_up || self.groups.contains(&name) {
            return Hangs::Otherwise;
        }
        let Some(made) = self.made_of.get(&name) else { return built_in(&name) };
        let of = |made: &Made| match made {
            Made::Text(text) => self.text(text, depth + 1),
            // Its comparisons are tests.
            Made::By(text) => match self.text(text, depth + 1) {
                Hangs::Otherwise => Hangs::Otherwise,
                Hangs::Not | Hangs::IsPath => Hangs::Not,
            },
            Made::Unknown => Hangs::Otherwise,
        };
        made.iter().map(of).max().unwrap_or(Hangs::Not)
    }
}

impl Line<'_> {
    /// The variable that this line sets, in small letters, if it is a `set`.
    fn sets(self) -> Option<Vec<u8>> {
        let name = self.word(1).filter(|_| self.name().as_ref() == b"set")?;
        Some(name.strip_prefix(b"$").unwrap_or(&name).to_ascii_lowercase())
    }
}

/// What nginx itself makes of a request (`ngx_http_core_module`, "Embedded Variables").
fn built_in(name: &[u8]) -> Hangs {
    const OF_THE_PATH: &[&[u8]] = &[
        b"request_uri",
        b"request",
        b"request_filename",
        b"document_root",
        b"realpath_root",
        b"fastcgi_script_name",
        b"fastcgi_path_info",
        b"args",
        b"query_string",
        b"is_args",
        b"secure_link",
        b"secure_link_expires",
        b"request_length",
        b"request_id",
        b"msec",
    ];
    if matches!(name, b"uri" | b"document_uri") {
        Hangs::IsPath
    } else if OF_THE_PATH.contains(&name) || name.starts_with(b"arg_") || name.iter().all(u8::is_ascii_digit)
    {
        Hangs::Otherwise
    } else {
        Hangs::Not
    }
}

/// The names of the variables in a text.
pub fn names(text: &[u8]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut parts = text.split(|&byte| byte == b'$');
    parts.next();
    for part in parts {
        let part = part.strip_prefix(b"{").unwrap_or(part);
        let end =
            part.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(part.len());
        let end = if part.first().is_some_and(u8::is_ascii_digit) { 1 } else { end };
        if end > 0 {
            names.push(part[..end].to_vec());
        }
    }
    names
}

/// The names of the groups of an expression: `(?<name>...)`.
fn named_groups(word: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let starts = (0..word.len()).filter(|&at| word[at..].starts_with(b"(?"));
    starts.filter_map(|at| {
        let rest = &word[at + 2..];
        let rest = rest.strip_prefix(b"P").unwrap_or(rest);
        let rest = rest.strip_prefix(b"<").or_else(|| rest.strip_prefix(b"'"))?;
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')?;
        (end > 0).then(|| rest[..end].to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        let found: Vec<String> = names(b"a$b/${c}d$1x$$")
            .into_iter()
            .map(|name| String::from_utf8_lossy(&name).into_owned())
            .collect();
        assert_eq!(found, ["b", "c", "1"]);
        assert_eq!(named_groups(b"^/(?<a>x)(?:y)(?P<b_c>z)(?<!q)").count(), 2);
    }
}
