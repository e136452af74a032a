//! The reader of nginx.conf against nginx itself, against snapshots, and against laws that hold for
//! any bytes.
//!
//! The facts G1 to G17 are those of the specification of nginx's grammar. Each text is read by us
//! and, where nginx is installed, by `nginx -t`; `AUTHLINT_TRUTH=required` makes its absence a
//! failure.

use std::fs;

use authlint::source::Source;
use authlint::syntax::{MAX_SLIPS, parse_nginx};

#[path = "syntax/laws.rs"]
mod laws;
#[path = "syntax/show.rs"]
mod show;
#[path = "syntax/truth.rs"]
mod truth;

use truth::{Nginx, Place, Soup};

/// What becomes of a text.
enum Fate {
    /// It is read as these words: `name|argument{block}`.
    Read(&'static str),
    /// It is read as these words, but nginx refuses what it means, saying this.
    Meaningless(&'static str, &'static str),
    /// nginx refuses it, saying the first; we say the second.
    Refused(&'static str, &'static str),
}
use Fate::{Meaningless, Read, Refused};
use Place::{Http, Server, Types};

const FACTS: &[(&str, Place, &str, Fate)] = &[
    ("G1", Types, "a b\tc\rd\r\ne;", Read("a|b|c|d|e")),
    ("G1", Types, "a\u{b}b\u{c}c\u{a0}d e;", Read(r"a\x0bb\x0cc\xc2\xa0d|e")),
    ("G1", Types, "# up to the line feed\ra b;\nc d;", Read("c|d")),
    ("G1", Server, "auth_basic\u{a0}R;", Meaningless(r"auth_basic\xc2\xa0R", "unknown directive")),
    ("G2", Types, "x a}b a#b foo\"bar\"baz it's;", Read(r#"x|a}b|a#b|foo\"bar\"baz|it\'s"#)),
    ("G2", Types, "x a;y b;", Read("x|a;y|b")),
    ("G3", Server, "location / {deny all;}", Read("location|/{deny|all}")),
    ("G3", Server, "location / { auth_basic off};}", Read("location|/{auth_basic|off}}")),
    (
        "G3",
        Server,
        "location / { auth_basic off }",
        Refused("unexpected \"}\"", "`;` is missing before the `}`"),
    ),
    ("G3", Types, "a b; }", Refused("unexpected \"}\"", "`}` closes nothing")),
    ("G4", Server, r"location ~ ^/a\{2\}$ { }", Read(r"location|~|^/a\\{2\\}${}")),
    ("G4", Server, r#"location ~ "^/a{2}$" { }"#, Read("location|~|^/a{2}${}")),
    (
        "G4",
        Server,
        "location ~ ^/a{2}$ { }",
        Refused("unknown directive \"2}$\"", "`{` ends the word here and opens a block"),
    ),
    ("G4", Types, r"x ${a}b ${{c}$ \${ y;", Refused("unexpected \"{\"", "this block is never closed")),
    ("G4", Types, r"x ${a}b ${{c}$ $;", Read("x|${a}b|${{c}$|$")),
    (
        "G4",
        Server,
        "location ~ x${ deny all; }",
        Refused("has no opening \"{\"", "`${` begins a variable: this `{` opens no block"),
    ),
    ("G4", Server, "location /x${ { }", Read("location|/x${{}")),
    ("G5", Types, r#""x" 'y' "a b" "";"#, Read("x|y|a b|")),
    ("G5", Types, "\"two\nlines\" b;", Read(r"two\nlines|b")),
    ("G5", Server, r#""auth_basic" R;"#, Read("auth_basic|R")),
    ("G5", Types, r#"if ("a" = "b")c;"#, Read(r#"if|(\"a\"|=|b|)c"#)),
    ("G5", Types, r#""x"{"#, Refused("unexpected \"{\"", "this block is never closed")),
    (
        "G5",
        Types,
        r#"a "x"y;"#,
        Refused("unexpected \"y\"", "only a blank, `;`, `{` or `)` may follow a closing quote"),
    ),
    (
        "G5",
        Types,
        "a \"x\"# c",
        Refused("unexpected \"#\"", "only a blank, `;`, `{` or `)` may follow a closing quote"),
    ),
    ("G5", Types, "a 'x;", Refused("unexpected end of file", "this quote is never closed")),
    (
        "G6",
        Types,
        r#"x "a\tb\dc\\de\"f\'g\.h" a\ b\;c\{d\}e\#f;"#,
        Read(r#"x|a\tb\\dc\\de\"f\'g\\.h|a\\ b\\;c\\{d\\}e\\#f"#),
    ),
    ("G6", Types, "x \\\"a\\\" '\\n' \\$a \\\n;", Read("x|\\\"a\\\"|\\n|\\\\$a|\\\\\\n")),
    ("G6", Types, "x \\\\{2};", Refused("unexpected \"{\"", "`{` ends the word here and opens a block")),
    ("G7", Types, "x a#b #c;\n d;", Read("x|a#b|d")),
    ("G7", Server, "location / {#c {\n}#d\n", Read("location|/{}")),
    (
        "G7",
        Types,
        "x #c;",
        Refused("unexpected end of file", "the file ends before this directive does: `;` is missing"),
    ),
    ("G8", Types, "a b;;", Refused("unexpected \";\"", "`;` with no directive before it")),
    ("G8", Types, "a b; { }", Refused("unexpected \"{\"", "`{` with no directive before it")),
    ("G8", Types, "a b\nc d;", Read("a|b|c|d")),
    (
        "G10",
        Server,
        "\u{feff}deny all;",
        Refused("unknown directive", "a byte-order mark, which nginx takes for a part of the first word"),
    ),
    ("G10", Types, "a\0b c\0;", Read(r"a\x00b|c\x00")),
    ("G11", Server, "Deny all;", Meaningless("Deny|all", "unknown directive \"Deny\"")),
    ("G11", Server, "gzip { }", Meaningless("gzip{}", "is not terminated by \";\"")),
    ("G11", Server, "gzip;", Meaningless("gzip", "invalid number of arguments")),
    (
        "G11",
        Server,
        "location / { if ($uri); }",
        Refused("has no opening \"{\"", "`;` where the `{` of a block belongs"),
    ),
    (
        "G11",
        Server,
        "location /\n  deny all;\n}",
        Refused("has no opening \"{\"", "`{` is missing at the end of this line"),
    ),
    ("G12", Http, "map $uri $x { if 1; location 2; }", Read("map|$uri|$x{if|1;location|2}")),
    ("G12", Types, "location /; http x;", Read("location|/;http|x")),
    (
        "G12",
        Http,
        "map $uri $x { a { b c; } }",
        Refused("unexpected \"{\"", "`{` among lines that are data: no block can stand here"),
    ),
    ("G13", Http, "include no/such/*.conf;", Read("include|no/such/*.conf")),
    ("G13", Http, "include a b;", Meaningless("include|a|b", "invalid number of arguments")),
    (
        "G14",
        Server,
        "location / { deny all;",
        Refused("unexpected end of file", "this block is never closed"),
    ),
    ("G14", Server, "} location / {", Refused("unexpected \"}\"", "`}` closes nothing")),
    (
        "G14",
        Server,
        "deny all",
        Refused("unexpected end of file", "the file ends before this directive does: `;` is missing"),
    ),
    ("G14", Server, "", Read("")),
    // nginx without the Lua module knows no such directive.
    (
        "G16",
        Server,
        "set_by_lua_block $x { return \"}\" .. '\\'}' -- }\n --[==[ } ]] ]==] [[ } ]] } deny all;",
        Meaningless("set_by_lua_block|$x{};deny|all", "unknown directive"),
    ),
    (
        "G16",
        Server,
        "content_by_lua_block { x = \"not closed } deny all;",
        Meaningless("content_by_lua_block{};deny|all", "unknown directive"),
    ),
    (
        "G16",
        Server,
        "content_by_lua_block { x = [[ } deny all;",
        Refused("unknown directive", "this Lua block is never closed"),
    ),
    ("G17", Server, "location / { } auth_basic R;", Read("location|/{};auth_basic|R")),
];

#[test]
fn nginx_and_we_agree_on_each_fact() {
    let nginx = Nginx::find();
    for (fact, place, text, fate) in FACTS {
        let source = Source::new("text".into(), text.as_bytes().to_vec());
        let tree = parse_nginx(&source);
        let slip = tree.slips.first().map_or("", |slip| &slip.message);
        let (words, said, expected_slip) = match fate {
            Read(words) => (Some(words), "", ""),
            Meaningless(words, said) => (Some(words), *said, ""),
            Refused(said, slip) => (None, *said, *slip),
        };
        assert_eq!(slip, expected_slip, "{fact}: {text:?}");
        if let Some(words) = words {
            assert_eq!(show::compact(&source, &tree), **words, "{fact}: {text:?}");
        }
        let Some(nginx) = &nginx else { continue };
        let answer = nginx.test(*place, text.as_bytes());
        assert_eq!(answer.accepts, matches!(fate, Read(_)), "{fact}: {text:?}: {}", answer.said());
        assert!(answer.said().contains(said), "{fact}: {text:?}: {}", answer.said());
    }
}

/// G9: what nginx reads at once is 4,096 bytes from the first of a word (behind its quote) or of a
/// comment on, to the byte behind it, and if that is a blank to one more.
#[test]
fn nginx_and_we_agree_on_what_is_too_long() {
    let nginx = Nginx::find();
    let around = |before: &str, byte: &str, length: usize, behind: &str| {
        format!("{before}{}{behind}", byte.repeat(length))
    };
    for (before, behind, most) in [
        ("x ", ";", 4095),
        ("x ", " ;", 4094),
        ("x ", "\n;", 4094),
        ("", "\ty;", 4094),
        ("x y; z ", " # c\n;", 4094),
        ("x \"", "\";", 4094),
        ("x '", "' ;", 4093),
        ("x \"", "\")y;", 4094),
        ("x; #", "\n", 4094),
        ("x; #", "\r\n", 4093),
        ("x; #", "", 4095),
        ("x #", "\n;", 4094),
        ("x ", "y;", 4094),
        ("x; ", "# blanks have no end", 10_000),
    ] {
        let byte = if behind.starts_with("# blanks") { " " } else { "a" };
        for (length, accepts) in [(most, true), (most + 1, byte == " ")] {
            let text = around(before, byte, length, behind);
            let tree = parse_nginx(&Source::new("text".into(), text.clone().into_bytes()));
            assert_eq!(tree.slips.is_empty(), accepts, "{length} between {before:?} and {behind:?}");
            if let Some(nginx) = &nginx {
                let answer = nginx.test(Types, text.as_bytes());
                let said = answer.said();
                assert_eq!(answer.accepts, accepts, "{length} between {before:?} and {behind:?}: {said}");
                assert_eq!(said.contains("too long parameter"), !accepts, "{said}");
            }
        }
    }
}

/// Texts of random tokens among the lines of a `types` block, where nginx takes any words: it and we
/// accept the same, and it prints each word as we have it, on the line on which we have it.
#[test]
fn nginx_and_we_agree_on_random_texts() {
    let Some(nginx) = Nginx::find() else { return };
    let mut soup = Soup::new(7);
    let mut accepted = 0;
    for _ in 0..600 {
        let text = soup.types();
        let source = Source::new("text".into(), text.clone());
        let tree = parse_nginx(&source);
        let shown = text.escape_ascii();
        let answer = nginx.test(Types, &text);
        let has_block = tree.top().any(|id| tree.is_block(id));
        assert_eq!(answer.accepts, tree.slips.is_empty() && !has_block, "{shown}: {}", answer.said());
        if answer.accepts {
            accepted += 1;
            truth::assert_same_words(&source, &tree, &answer);
        }
    }
    assert!(accepted > 100, "only {accepted} texts had any words to compare");
}

/// How telling inputs are read. The broken ones are what people send who cannot find the mistake.
#[test]
fn trees() {
    for name in [
        "quoting.conf",
        "comments.conf",
        "data.conf",
        "lua.conf",
        "jinja.conf.j2",
        "puppet.conf.erb",
        "go.conf.tmpl",
        "broken-quote.conf",
        "broken-brace.conf",
        "broken-surplus.conf",
        "broken-semicolon.conf",
    ] {
        snapshot(name, input(name));
    }
    let windows = b"\xef\xbb\xbf# of an editor\r\nserver {\r\n\tlisten 80;\r\n\tset $a \"x\r\n y\";\r\n}\r\n";
    snapshot("windows", windows.to_vec());
    snapshot(
        "latin-1",
        b"# caf\xe9\nserver {\n    auth_basic \"Caf\xe9\"; # \xe9\n    \xe9t\xe9\n}\n".to_vec(),
    );
}

fn input(name: &str) -> Vec<u8> {
    fs::read(format!("tests/syntax/{name}")).expect("an input")
}

fn snapshot(name: &str, bytes: Vec<u8>) {
    let source = Source::new(name.into(), bytes);
    let shown = show::tree(&source, &parse_nginx(&source));
    insta::with_settings!({ snapshot_path => "syntax", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown);
    });
}

#[test]
fn laws_hold_for_any_bytes() {
    for entry in fs::read_dir("tests/syntax").expect("a directory").flatten() {
        laws::hold(&fs::read(entry.path()).expect("a file"));
    }
    for (_, _, text, _) in FACTS {
        laws::hold(text.as_bytes());
    }
    let mut soup = Soup::new(1);
    for _ in 0..3000 {
        laws::hold(&soup.any());
    }
    for _ in 0..1000 {
        laws::hold(&soup.bytes());
    }
}

#[test]
fn slips_beyond_a_number_are_counted() {
    let tree = parse_nginx(&Source::new("text".into(), b";".repeat(100)));
    assert_eq!(tree.slips.len(), MAX_SLIPS);
    assert_eq!(tree.slips[MAX_SLIPS - 1].message, "81 more places like these in the file");
}

/// What texts are made of that somebody wrote to keep us busy, behind a beginning.
#[rustfmt::skip]
const UNITS: &[(&str, &str)] = &[
    ("", ";"), ("", "a"), ("", "a;"), ("", "a{"), ("", "{{ {% <% "), ("", "${a"), ("", "\\"),
    ("", "ab c "), ("", "\""), ("", "\"'x"), ("", "\"a\"x"), ("", "\"a\n"), ("", "\"{{\"\n"), ("", "{"),
    ("", "}"), ("", "{A"), ("", "{{"), ("", "{%\n"), ("", "a {2} "), ("", "location\n"),
    ("", "a b\n if { "), ("", "server\n{\n"), ("", "a_by_lua_block {}\n"), ("", "a_by_lua_block { [[ \n"),
    ("a_by_lua_block {", "\"\\"), ("a_by_lua_block {", "'\"x"), ("a_by_lua_block {", "[=["),
    ("a_by_lua_block {", "{"), ("", "    \n"),
];

/// 32 times the text is at most 640 times the work: what is quadratic would be 1,024 times.
#[test]
fn time_grows_with_the_text() {
    for (before, unit) in UNITS {
        let [small, large] = [1 << 13, 1 << 18].map(|size| laws::time(before, unit, size));
        assert!(large < small * 640, "{unit:?}: {small:?} for 8 KiB, {large:?} for 256 KiB");
    }
}
