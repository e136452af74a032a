//! Writes the same lines in other ways: containers, variables, macros, included files, spellings.

use super::chance::Chance;
use super::node::{Files, Node, line, section};

/// Containers that are read, and some that are not.
const CONTAINERS: &[&str] = &[
    "IfModule mod_auth_basic.c",
    "IfModule auth_basic_module",
    "IfModule !mod_php.c",
    "IfModule mod_rewrite.c",
    "IfVersion >= 2.4",
    "IfVersion > 2.2",
    "IfDefine HERE",
    "IfDefine !GONE",
    "IfFile conf/users",
    "IfModule mod_nope.c",
    "IfModule mod_auth_basic",
    "IfModule MOD_AUTH_BASIC.C",
    "IfVersion < 2.4",
    "IfVersion 2.4",
    "IfVersion ~ ^2\\.4",
    "IfDefine GONE",
    "IfDefine here",
    "IfFile conf/nope",
    "IfModule !mod_auth_basic.c",
];

/// Dresses every file of a configuration. What is included comes to them.
pub fn dress(chance: &mut Chance, files: &mut Files) {
    let mut included = Files::new();
    for (path, nodes) in files.iter_mut() {
        let is_main = path == "main.conf";
        let taken = std::mem::take(nodes);
        *nodes = dressed(chance, taken, is_main, is_main.then_some(&mut included));
        if is_main {
            let first =
                ["Define HERE", "Define base @TREE/www", "Define Who \"user alice bob\"", "Define nothing 0"];
            nodes.splice(0..0, first.map(line));
            nodes.insert(0, line("LoadModule macro_module /usr/lib/apache2/modules/mod_macro.so"));
            if chance.percent(40) {
                macros(chance, nodes);
            }
        }
    }
    files.extend(included);
}

fn dressed(
    chance: &mut Chance,
    nodes: Vec<Node>,
    is_main: bool,
    mut included: Option<&mut Files>,
) -> Vec<Node> {
    let mut result: Vec<Node> = Vec::new();
    for node in nodes {
        // An `Else` stays behind its `If`.
        let is_chained = matches!(&node, Node::Section(opening, _) if opening.starts_with("Else"));
        let node = match node {
            Node::Line(text) => line(spelled(chance, text, is_main)),
            Node::Section(opening, inner) => {
                let inner = dressed(chance, inner, is_main, None);
                section(opening_spelled(chance, opening), inner)
            }
        };
        match chance.below(100) {
            _ if is_chained => result.push(node),
            0..7 => result.push(section(chance.pick(CONTAINERS), vec![node])),
            7..9 if matches!(node, Node::Line(_)) => result.extend([line("# a note \\"), node]),
            9..13 => match &mut included {
                Some(included) => {
                    let path = format!("conf/part-{}.conf", included.len());
                    included.push((path.clone(), vec![node]));
                    result.push(line(format!(
                        "{} {path}",
                        chance.pick(&[
                            "Include",
                            "IncludeOptional",
                            "IncludeOptional @TREE/nope/*.conf\nInclude"
                        ])
                    )));
                }
                None => result.push(node),
            },
            _ => result.push(node),
        }
    }
    result
}

/// A line in one of its spellings.
fn spelled(chance: &mut Chance, text: String, is_main: bool) -> String {
    // Some are several lines.
    if text.contains('\n') {
        return text;
    }
    let (name, rest) = text.split_once(' ').unwrap_or((&text, ""));
    match chance.below(30) {
        0 => format!("{} {rest}", name.to_ascii_uppercase()),
        1 => format!("{}\t {rest}  ", name.to_ascii_lowercase()),
        2 => format!("{name} \\\n    {rest}"),
        3 if !rest.is_empty() => format!("\"{name}\" {rest}"),
        4 | 5 if is_main && name != "Define" => text.replace("@TREE/www", "${base}"),
        6 if is_main && rest == "user alice bob" => format!("{name} ${{who}}"),
        7 => format!("{text}\r"),
        8 if name == "Require" && rest.starts_with("valid-user") => format!("{text} # everybody"),
        9 => format!("# {text}\n{text}\n#"),
        _ => text,
    }
}

fn opening_spelled(chance: &mut Chance, opening: String) -> String {
    if chance.percent(6) && !opening.contains("${") {
        opening.replace("@TREE/www", "${BASE}")
    } else {
        opening
    }
}

/// A section that is used with several paths.
fn macros(chance: &mut Chance, nodes: &mut Vec<Node>) {
    let inner = vec![
        line("AuthType Basic"),
        line("AuthName \"For $who\""),
        line("AuthUserFile @TREE/conf/users"),
        line("Require user $who"),
    ];
    let opening = chance.pick(&["Directory @TREE/www$path", "Location \"$path\""]);
    let at = chance.below(nodes.len() + 1);
    let used = [("/s", "bob"), ("/pub", "alice"), ("/s/t", "\"alice bob\"")];
    let (path, who) = used[chance.below(used.len())];
    nodes.insert(at, line(format!("Use {} {path} {who}", chance.pick(&["Area", "area"]))));
    nodes.insert(0, section("Macro Area $path $who", vec![section(opening, inner)]));
    // The module stands before its first use.
    nodes.insert(0, line("LoadModule macro_module /usr/lib/apache2/modules/mod_macro.so"));
}
