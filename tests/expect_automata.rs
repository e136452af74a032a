//! The automata against PCRE itself: random expressions on random texts, and the areas that they make.

use authlint::decide::areas::{Automaton, Expression, Flags, Search, Test, areas, encode, normalised, read};
use pcre2::bytes::RegexBuilder;

/// A generator of numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("a number") % bound
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const ATOMS: &[&str] = &[
    "a",
    "b",
    "/",
    "A",
    ".",
    "\\.",
    "\\d",
    "\\w",
    "\\s",
    "[ab]",
    "[^a]",
    "[a-c/]",
    "[^/]",
    "^",
    "$",
    "\\b",
    "\\B",
    "\\z",
    "\\Z",
    "\\A",
    "\\n",
    "[[:alpha:]]",
    "[[:^digit:]]",
    "\\x61",
    "\\Qa.\\E",
    "\\R",
    "\\h",
    "\\N",
    "a-",
    "[a-]",
    "[]a]",
    "[^]a]",
    "(?i)",
    "(?-i)",
    "(?s)",
    "(?m)",
    "\\W",
    "\\D",
    "1",
    "php",
    "\n",
    "_",
    "[\\w-]",
    "[\\d.]",
    "\\v",
    "(?<=a)",
    "(?<!/)",
    "(?<![ab])",
    "\\/",
    "-",
    "\\101",
    "[\\n/]",
    "[[:upper:]]",
    "[^[:lower:]]",
    "(?#x)",
];
const QUANTIFIERS: &[&str] = &[
    "", "", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?", "+?", "??", "*+", "++", "?+",
    "{1,2}+",
];
const GROUPS: &[&str] = &["(", "(?:", "(?i:", "(?=", "(?!", "(?<n>", "(?P<n>", "(?s-i:", "(?|"];

fn expression(random: &mut Random, depth: usize) -> String {
    let mut text = String::new();
    for _ in 0..=random.below(4) {
        if depth > 0 && random.below(4) == 0 {
            let group = random.pick(GROUPS);
            text += group;
            text += &expression(random, depth - 1);
            text.push(')');
            let is_look = matches!(group, "(?=" | "(?!");
            let quantifier = random.pick(QUANTIFIERS);
            text += if is_look || quantifier.contains("++") || quantifier.ends_with('+') {
                ""
            } else {
                quantifier
            };
        } else {
            let atom = random.pick(ATOMS);
            text += atom;
            let is_one = !(atom.starts_with("(?")
                || matches!(atom, "^" | "$" | "\\b" | "\\B" | "\\z" | "\\Z" | "\\A"));
            if is_one {
                text += random.pick(QUANTIFIERS);
            }
        }
        if random.below(6) == 0 {
            text.push('|');
        }
    }
    text
}

fn text(random: &mut Random) -> Vec<u8> {
    let parts: &[&[u8]] = &[
        b"a", b"b", b"/", b"A", b".", b"1", b"-", b"_", b"\n", b"\r\n", b" ", b"php", b"ab", b"c", b"\xff",
        b"\x85",
    ];
    (0..random.below(8)).flat_map(|_| parts[random.below(parts.len())].to_vec()).collect()
}

#[test]
fn an_automaton_matches_what_pcre_matches() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let rounds: usize =
        std::env::var("AUTHLINT_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4000);
    let (mut compared, mut read_wholly, mut valid) = (0, 0, 0);
    let mut reasons = std::collections::BTreeMap::new();
    for _ in 0..rounds {
        let pattern = expression(&mut random, 2);
        let flags = [Flags::nginx(false), Flags::nginx(true), Flags::apache(false)][random.below(3)];
        // The crate has no option for `$`, so that the letters of an expression say it.
        let mut builder = RegexBuilder::new();
        builder.caseless(flags.is_caseless).dotall(flags.dot_all);
        if flags.dollar_end_only && pattern.contains('$') {
            continue;
        }
        let Ok(regex) = builder.build(&pattern) else { continue };
        valid += 1;
        let meaning = read(pattern.as_bytes(), flags);
        if let Some(reason) = &meaning.unread {
            *reasons.entry(reason.clone()).or_insert(0) += 1;
        } else {
            read_wholly += 1;
        }
        let mut automaton = Automaton::search(&meaning.expression).expect("a small expression");
        for _ in 0..40 {
            let text = text(&mut random);
            let Ok(expected) = regex.is_match(&text) else { continue };
            let found = automaton.matches(&text).expect("a small automaton");
            compared += 1;
            let is_right = if meaning.unread.is_some() { found || !expected } else { found == expected };
            assert!(
                is_right,
                "{pattern:?} {flags:?} on {:?}: {found}, {meaning:?}",
                String::from_utf8_lossy(&text)
            );
        }
    }
    eprintln!("{compared} texts, {valid} expressions, {read_wholly} wholly read; not: {reasons:?}");
    assert!(read_wholly * 10 > valid * 8);
}

#[test]
fn expressions_from_the_field_are_read() {
    for pattern in [
        "^~ /x",
        "\\.php$",
        "\\.(?:css|js|png|jpe?g)$",
        "^/(?!admin|login)",
        "^/admin(/|$)",
        "/\\.(?!well-known)",
        "^/(.+\\.php)(/.*)?$",
        "[^/]\\.ph(p\\d*|tml)(/|$)",
        "^/api/v[0-9]+/(?<name>[^/]++)/?$",
        "(?i)\\.(git|svn|env)",
        "^/((?!(admin|api)).)*$",
        "^(?:.*/)?(?:wp-config|readme)\\.(?:php|html)$",
        "/(?<!\\w)x",
        "^/[a-z]{2}(-[A-Z]{2})?/",
    ] {
        assert_eq!(read(pattern.as_bytes(), Flags::nginx(false)).unread, None, "{pattern}");
    }
    for pattern in ["^/(.)\\1$", "(?>a|b)", "(?<=ab)c", "(?R)", "(?(1)a)", "(ab)++"] {
        assert!(read(pattern.as_bytes(), Flags::nginx(false)).unread.is_some(), "{pattern}");
    }
}

fn search(pattern: &str) -> Test {
    Test::Search(Search::read(pattern.as_bytes(), Flags::nginx(false)))
}

#[test]
fn areas_have_short_witnesses() {
    let tests = [
        Test::Exact(b"/admin/x".to_vec()),
        Test::Prefix(b"/admin/".to_vec()),
        Test::Prefix(b"/".to_vec()),
        search("\\.php$"),
        search("^/admin/.*\\.css$"),
    ];
    let all = areas(&tests, &Expression::anything(), &normalised(true)).expect("few");
    let mut paths: Vec<String> = all.iter().map(|area| encode(&area.path)).collect();
    paths.sort();
    let expected =
        ["/", "/.php", "/.php%0a", "/admin/", "/admin/.css", "/admin/.php", "/admin/.php%0a", "/admin/x"];
    let expected: Vec<&str> = expected.into_iter().filter(|path| !path.ends_with("%0a")).collect();
    assert_eq!(paths, expected);
    // `.` does not match a line feed, `$` matches before one.
    let tests = [search("^/x.*$"), search("^/x/a$")];
    let covered = read(b"/x/.*", Flags::apache(false)).expression;
    let all = areas(&tests, &covered, &normalised(true)).expect("few");
    let mut paths: Vec<String> = all.iter().map(|area| encode(&area.path)).collect();
    paths.sort();
    assert_eq!(paths, ["/x/", "/x/%0ax", "/x/a"]);
}

#[test]
fn paths_are_normalised() {
    let mut merged = Automaton::whole(&normalised(true)).expect("small");
    let mut kept = Automaton::whole(&normalised(false)).expect("small");
    for (path, in_merged, in_kept) in [
        ("/", true, true),
        ("/a/b/", true, true),
        ("", false, false),
        ("a", false, false),
        ("//", false, true),
        ("/a//b", false, true),
        ("/.", false, false),
        ("/..", false, false),
        ("/a/./b", false, false),
        ("/a/../b", false, false),
        ("/a/..", false, false),
        ("/.a", true, true),
        ("/...", true, true),
        ("/a..", true, true),
        ("/a\0", false, false),
    ] {
        assert_eq!(merged.matches(path.as_bytes()), Ok(in_merged), "{path:?}");
        assert_eq!(kept.matches(path.as_bytes()), Ok(in_kept), "{path:?}");
    }
}

#[test]
fn bounds_hold() {
    for pattern in [
        "(((((((a{99}){99}){99}){99}))))",
        "(?:a|b){1500}x",
        "(((((){999}){999}){999}){999})",
        "(?=(?:(?=a)?b)*)",
    ] {
        let meaning = read(pattern.as_bytes(), Flags::default());
        if let Ok(mut automaton) = Automaton::search(&meaning.expression) {
            let _ = automaton.matches(&b"ab".repeat(200));
        }
    }
    // 2 to the 30 states.
    let tests = [search("a[ab]{30}$")];
    assert!(areas(&tests, &Expression::anything(), &normalised(true)).is_err());
}

#[test]
fn an_expression_is_looked_for_in_another_path() {
    let meaning = read(b"^/srv/www/(a|b/).*c$", Flags::apache(false));
    let mut automaton = Automaton::moved(&meaning.expression, b"/files/", b"/srv/www/").expect("small");
    for (path, expected) in [
        ("/files/axc", true),
        ("/files/b/c", true),
        ("/files/bc", false),
        ("/fil", false),
        ("/srv/www/axc", false),
    ] {
        assert_eq!(automaton.matches(path.as_bytes()), Ok(expected), "{path}");
    }
    let mut automaton = Automaton::moved(&meaning.expression, b"", b"/srv/www").expect("small");
    assert_eq!(automaton.matches(b"/axc"), Ok(true));
}
