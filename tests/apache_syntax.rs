//! The reader of Apache's configuration against httpd itself, against snapshots, and against laws that
//! hold for any bytes.
//!
//! The facts are those of the specification of httpd's rules. Each text is read by us and, where httpd
//! is installed, by `apache2 -t`; `AUTHLINT_TRUTH=required` makes its absence a failure.

use std::fs;

use authlint::source::Source;
use authlint::syntax::{MAX_SLIPS, StatementId, Tree, apache_words, parse_apache};

#[path = "syntax/apache_laws.rs"]
mod laws;
#[path = "syntax/show.rs"]
mod show;
#[path = "syntax/apache_truth.rs"]
mod truth;

use truth::{Apache, Soup};

/// What becomes of a text.
enum Fate {
    /// It is read as these words: `name|argument{section}`.
    Read(&'static str),
    /// It is read as these words, but httpd refuses what it means, saying this.
    Meaningless(&'static str, &'static str),
    /// httpd refuses it, saying the first; we say the second.
    Refused(&'static str, &'static str),
}
use Fate::{Meaningless, Read, Refused};

#[rustfmt::skip]
const FACTS: &[(u32, &str, Fate)] = &[
    (1, "Define A b\r\nDefine C d\r\n", Read("Define|A|b;Define|C|d")),
    (1, "Define A b\rDefine", Meaningless("Define|A|b|Define", "Define takes 1-2 arguments")),
    (1, "<If \"true\">\r</If>\r", Refused("was not closed", "`<If>` is never closed")),
    (2, "Define A \\\n b", Read("Define|A|b")),
    (2, "Define A b\\\nc\\\r\nd", Read("Define|A|bcd")),
    (2, "Define A b\\\\\nc", Read(r"Define|A|b\\c")),
    (2, "Define A b \\ \nDefine C", Meaningless(r"Define|A|b|\\;Define|C", "Define takes 1-2 arguments")),
    (2, "Define A b\\", Read(r"Define|A|b\\")),
    (2, "Def\\\nine A b", Read("Define|A|b")),
    (2, "<I\\\nf \"tr\\\nue\">\n</I\\\nf>", Read("If|true{}")),
    (2, "Define A b\\\\\n\nc", Read("Define|A|bc")),
    (2, "Define A b\\\\\\\n\n\n c", Meaningless("Define|A|b|c", "Define takes 1-2 arguments")),
    (3, "# staff only \\\nNonsense\nDefine A b", Read("Define|A|b")),
    (3, "# </If> \\\r\n<If \"true\">", Read("")),
    (4, "\x0c\x0b\t Define A b \x0c\x0b\r\n", Read("Define|A|b")),
    (4, "Define\x0bA\x0cb", Read("Define|A|b")),
    (4, "\u{a0}Define A b", Meaningless(r"\xc2\xa0Define|A|b", "Invalid command")),
    (5, " \t# Define A\nDefine A #b", Read("Define|A|#b")),
    (5, "Define A b # c", Meaningless("Define|A|b|#|c", "Define takes 1-2 arguments")),
    (6, "Define A b\0c \\\nDefine C d\n\0Nonsense\n", Read("Define|A|b;Define|C|d")),
    (6, "<If \"true\">\0\n</If>\0x", Read("If|true{}")),
    (6, "<If \"true\"\0>\n</If>", Refused("missing closing '>'", "the `>` of `<If` is missing")),
    (7, "\u{feff}# x", Refused("Invalid command", "a byte-order mark, which httpd takes for a part of the first word")),
    (10, r#"Define A "b c""#, Read("Define|A|b c")),
    (10, r#"Define A 'b "c'"#, Read(r#"Define|A|b \"c"#)),
    (10, r#"Define A My"Realm""#, Read(r#"Define|A|My\"Realm\""#)),
    (10, r#"Define A "b\"c\\d\'e\n""#, Read(r#"Define|A|b\"c\\d\\\'e\\n"#)),
    (10, r#"Define A 'b\'c\\d\"e'"#, Read(r#"Define|A|b\'c\\d\\\"e"#)),
    (10, r#"Define A b\\c\"d\e\'"#, Read(r#"Define|A|b\\c\\\"d\\e\\\'"#)),
    (10, "Define A \"b c  \t\r\nDefine C d", Read("Define|A|b c;Define|C|d")),
    (10, r#"Define A "b\"#, Read(r"Define|A|b\\")),
    (10, r#"Define A "b\""#, Read(r#"Define|A|b\""#)),
    (10, "Define \"A\"b", Read("Define|A|b")),
    (10, "Define \"A\"'b'", Read("Define|A|b")),
    (10, "Define A \"b\"c", Meaningless("Define|A|b|c", "Define takes 1-2 arguments")),
    (10, "Define A \"", Read("Define|A|")),
    (10, "Define A “b c”", Meaningless(r"Define|A|\xe2\x80\x9cb|c\xe2\x80\x9d", "Define takes 1-2 arguments")),
    (10, "\"\" Nonsense\n'' x\n\"", Read("")),
    (11, "<If \"true\">\nRequire all \"granted\"\n</If>", Meaningless("If|true{Require|all|granted}", "must be 'granted' or 'denied'")),
    (12, "dEFINE A b\n\"Define\" C d", Read("dEFINE|A|b;Define|C|d")),
    (12, "\"<If\" \"true\">\n'</IF>'", Read("If|true{}")),
    (12, "\"<If \"true\">\n</If>", Refused("Expected </If >", "`</If>` where `</If >` belongs")),
    (15, "<If \"true\"> # note\n</If>", Read("If|true{}")),
    (15, "<Directory /x> # a>b\n</Directory>", Meaningless("Directory|/x>|#|a{}", "Multiple <Directory> arguments")),
    (15, "<Directory /a /b>\n</Directory>", Meaningless("Directory|/a|/b{}", "Multiple <Directory> arguments")),
    (15, "<Directory /x\n</Directory>", Refused("missing closing '>'", "the `>` of `<Directory` is missing")),
    (15, "<Directory \"/x>\n</Directory>", Read("Directory|/x{}")),
    (15, "<Directory \"/x y \" >\n</Directory>", Read("Directory|/x y {}")),
    (15, "<Directory \"/x\\\"y>\n</Directory>", Read(r#"Directory|/x\"y{}"#)),
    (15, "<If \"'a>b' == 'c'\">\n</If>", Read(r"If|\'a>b\' == \'c\'{}")),
    (15, "<Directory> /x>\n</Directory>", Read("Directory|/x{}")),
    (15, "<If \"true\">\n<RequireAll>\nRequire all granted\n</RequireAll>\n</If>", Read("If|true{RequireAll{Require|all|granted}}")),
    (15, "<If \"true\">\n<RequireAll> # x\n</RequireAll>\n</If>", Refused("missing closing '>'", "nothing may follow `<RequireAll>` on its line")),
    (15, "<If \"true\">\n</If>\n<Else> # x\n</Else>", Refused("missing closing '>'", "nothing may follow `<Else>` on its line")),
    (15, "<If \"true\">\n</If>\n<Else > # x\n</Else>", Read("If|true{};Else{}")),
    (15, "<>\n", Refused("was not closed", "`<` with no name behind it")),
    (15, "<\n", Refused("was not closed", "`<` with no name behind it")),
    (15, "Define> A b", Read("Define|A|b")),
    (16, "<If \"true\">\n</iF> # end", Read("If|true{}")),
    (16, "<If \"true\">\n</If >", Refused("missing closing '>'", "`</If` is not `</If>`")),
    (16, "<If \"true\">\n</If>x", Refused("missing closing '>'", "`</If>x` is not `</If>`")),
    (16, "<If \"true\">\n</If", Refused("missing closing '>'", "`</If` is not `</If>`")),
    (16, "</If>", Refused("without matching", "`</If>` closes nothing")),
    (16, "<If \"true\">\n</Directory>\n</If>", Refused("Expected </If>", "`</Directory>` closes nothing")),
    (16, "<DirectoryMatch x>\n</Directory>", Refused("Expected </DirectoryMatch>", "`</Directory>` where `</DirectoryMatch>` belongs")),
    (16, "<Directory /x>\n<If \"true\">\n</Directory>\n</If>", Refused("Expected </If>", "`<If>` is not closed before `</Directory>`")),
    (17, "<IfDefine YES>\nDefine A b\n</IfDefine>", Read("IfDefine|YES{Define|A|b}")),
    (17, "<IfDefine YES>\nNonsense\n", Meaningless("IfDefine|YES{Nonsense}", "Invalid command")),
    (17, "<IfDefine YES>\nDefine A b\n", Read("IfDefine|YES{Define|A|b}")),
    (17, "<IfDefine NO>\nNonsense\n", Meaningless("IfDefine|NO{Nonsense}", "before end of configuration")),
    (17, "<IfDefine YES>\n</IfDefine> # x", Meaningless("IfDefine|YES{}", "without matching")),
    (17, "<IfDefine NO>\n</IfDefine> # x", Read("IfDefine|NO{}")),
    (17, "<IfDefine NO>\nNonsense \"\n# </IfDefine>\n<Nonsense>\n</Nonsense>\n</ifdefine>", Read("IfDefine|NO{Nonsense|;Nonsense{}}")),
    (17, "<IfDefine NO>\n<If \"true\">\n</IfDefine>\n</If>", Refused("Expected </If>", "`<If>` is not closed before `</IfDefine>`")),
    (17, "<IfDefine YES>\n<If \"true\">\n</IfDefine>\n</If>", Refused("Expected </If>", "`<If>` is not closed before `</IfDefine>`")),
    (18, "<Directory /x>\nOptions None\n", Refused("was not closed", "`<Directory>` is never closed")),
    (18, "Options None\n</Directory>\n", Refused("without matching", "`</Directory>` closes nothing")),
    (19, "<Directory x>Require all granted</Directory>", Refused("was not closed", "`<Directory>` is never closed")),
];

#[test]
fn httpd_and_we_agree_on_each_fact() {
    let apache = Apache::find();
    for (fact, text, fate) in FACTS {
        let source = Source::new("text".into(), text.as_bytes().to_vec());
        let tree = parse_apache(&source);
        let slips: Vec<_> = tree.slips.iter().map(|slip| slip.message.as_ref()).collect();
        let (words, said, slip) = match fate {
            Read(words) => (Some(words), "", None),
            Meaningless(words, said) => (Some(words), *said, None),
            Refused(said, slip) => (None, *said, Some(*slip)),
        };
        assert_eq!(slips, Vec::from_iter(slip), "{fact}: {text:?}");
        if let Some(words) = words {
            assert_eq!(show::compact(&source, &tree), **words, "{fact}: {text:?}");
        }
        let Some(apache) = &apache else { continue };
        let answer = apache.test(text.as_bytes());
        assert_eq!(answer.accepts, matches!(fate, Read(_)), "{fact}: {text:?}: {}", answer.said());
        assert!(answer.said().contains(said), "{fact}: {text:?}: {}", answer.said());
    }
}

/// httpd tells the words of each `Define` that it accepts.
#[test]
fn httpd_and_we_agree_on_random_words() {
    let Some(apache) = Apache::find() else { return };
    let (mut soup, mut accepted) = (Soup::new(13), 0);
    for _ in 0..rounds() {
        accepted += usize::from(compare_words(&apache, &soup.define()));
    }
    assert!(accepted * 4 > rounds(), "only {accepted} texts had words to compare");
}

/// How many random texts a test compares.
fn rounds() -> usize {
    std::env::var("AUTHLINT_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(250)
}

fn compare_words(apache: &Apache, text: &[u8]) -> bool {
    let source = Source::new("text".into(), text.to_vec());
    let tree = parse_apache(&source);
    let shown = text.escape_ascii();
    let lines: Vec<Vec<Vec<u8>>> = tree.top().map(|id| words(&source, &tree, id)).collect();
    let is_fine = |line: &Vec<Vec<u8>>| {
        line[0].eq_ignore_ascii_case(b"define") && matches!(line.len(), 2 | 3) && !line[1].contains(&b':')
    };
    let answer = apache.test(text);
    assert_eq!(
        answer.accepts,
        tree.slips.is_empty() && lines.iter().all(is_fine),
        "{shown}: {}",
        answer.said()
    );
    for (id, line) in tree.top().zip(&lines) {
        assert_eq!(apache_words(&tree.line(&source, id)), *line, "{shown}");
        let is_told = !answer.accepts || answer.defined(&line[1..]);
        assert!(is_told, "{shown}: {} in {}", line[1..].join(&b'=').escape_ascii(), answer.said());
    }
    answer.accepts
}

fn words(source: &Source, tree: &Tree, id: StatementId) -> Vec<Vec<u8>> {
    (0..tree.word_count(id)).filter_map(|n| Some(tree.value(source, id, n)?.into_owned())).collect()
}

/// `<Files>` takes one argument, which ends where we say it does.
#[test]
fn httpd_and_we_agree_on_random_arguments() {
    let Some(apache) = Apache::find() else { return };
    let (mut soup, mut accepted) = (Soup::new(9), 0);
    for _ in 0..rounds() {
        let text = soup.files();
        let source = Source::new("text".into(), text.clone());
        let tree = parse_apache(&source);
        let is_fine = tree.slips.is_empty() && tree.len() == 1 && tree.word_count(0) == 2;
        let answer = apache.test(&text);
        assert_eq!(answer.accepts, is_fine, "{}: {}", text.escape_ascii(), answer.said());
        accepted += usize::from(is_fine);
    }
    assert!(accepted * 6 > rounds(), "only {accepted} texts are accepted");
}

/// Which sections pair, among those that are read and those that are skipped.
#[test]
fn httpd_and_we_agree_on_random_sections() {
    let Some(apache) = Apache::find() else { return };
    let (mut soup, mut accepted, mut refused) = (Soup::new(15), 0, 0);
    for round in 0..rounds() {
        let text = if round % 2 == 0 { soup.sections() } else { soup.skipped() };
        let source = Source::new("text".into(), text.clone());
        let tree = parse_apache(&source);
        let Some(expected) = accepts(&source, &tree) else { continue };
        let answer = apache.test(&text);
        assert_eq!(answer.accepts, expected, "{}: {}", text.escape_ascii(), answer.said());
        *if expected { &mut accepted } else { &mut refused } += 1;
    }
    let least = rounds() / 8;
    assert!(accepted > least && refused > least, "{accepted} accepted, {refused} refused");
}

/// Whether httpd accepts how the sections of a text pair. `None` where that depends on more than the
/// text says.
fn accepts(source: &Source, tree: &Tree) -> Option<bool> {
    let mut states = vec![(tree.top().collect::<Vec<_>>(), true)];
    let mut accepts = true;
    while let Some((ids, is_read)) = states.pop() {
        for id in ids {
            let words = words(source, tree, id);
            let holds = !matches!(words.get(1).map(Vec::as_slice), Some(b"NO" | b"nope" | b"x"));
            if is_read {
                accepts &= holds || !tree.unclosed().contains(&id);
                accepts &= !holds || !tree.trailing().contains(&id);
                // What is open in a section that may end with the file is not missed either.
                let is_lost = holds && tree.unclosed().contains(&id) && !tree.slips.is_empty();
                if is_lost {
                    return None;
                }
            }
            states.push((tree.children(id).collect(), is_read && holds));
        }
    }
    Some(accepts && tree.slips.is_empty())
}

/// How telling inputs are read. The broken ones are what people send who cannot find the mistake.
#[test]
fn trees() {
    for name in ["apache-words.conf", "apache-sections.conf", "apache-broken.conf", "apache-template.conf.j2"]
    {
        snapshot(name, fs::read(format!("tests/syntax/{name}")).expect("an input"));
    }
    let windows =
        b"\xef\xbb\xbf# of an editor\r\n<Directory /x>\r\n\tRequire user \\\r\n\t\tbob\r\n</Directory>\r\n";
    snapshot("apache-windows", windows.to_vec());
    snapshot("apache-latin-1", b"# caf\xe9\n<Files \"\xe9 \xe9\">\n    AuthName Caf\xe9 \xe9\n".to_vec());
}

fn snapshot(name: &str, bytes: Vec<u8>) {
    let source = Source::new(name.into(), bytes);
    let shown = show::tree(&source, &parse_apache(&source));
    insta::with_settings!({ snapshot_path => "syntax", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown);
    });
}

#[test]
fn what_stands_where() {
    let text =
        b"<If a\\\n  \"b c > d\" >  # e\nRequire user  \"a\" b\\\nc \n <IfModule x>\n</IfModule> f\n</if> g";
    let source = Source::new("text".into(), text.to_vec());
    let tree = parse_apache(&source);
    let at = |range: authlint::syntax::Range| {
        String::from_utf8_lossy(&text[range.start as usize..range.end as usize]).into_owned()
    };
    assert_eq!(tree.rest(&source, 0, 1), b"a  \"b c > d\"".as_slice());
    assert_eq!(tree.line(&source, 0), b"<If a  \"b c > d\" >  # e".as_slice());
    assert_eq!(at(tree.head(0)), "<If a\\\n  \"b c > d\" >");
    assert_eq!(at(tree.closing(0)), "</if>");
    assert!(at(tree.range(0)).ends_with("</if>"));
    assert!(text[tree.inside(0).expect("a section") as usize..].starts_with(b"Require"));
    assert_eq!(tree.rest(&source, 1, 0), b"Require user  \"a\" bc".as_slice());
    assert_eq!(tree.rest(&source, 1, 2), b"\"a\" bc".as_slice());
    assert_eq!(tree.rest(&source, 1, 4), b"".as_slice());
    assert_eq!(tree.line(&source, 1), tree.rest(&source, 1, 0));
    assert_eq!((tree.trailing(), tree.unclosed()), ([2].as_slice(), [].as_slice()));
    assert_eq!(apache_words(b" <If a \"b c > d\" >  # e"), [b"If".as_slice(), b"a", b"b c > d"]);
    assert_eq!(apache_words(b"A ${x} \xe9\\\\\n'b"), [b"A".as_slice(), b"${x}", b"\xe9\\", b"b"]);
    assert!(apache_words(b"# a").is_empty() && apache_words(b"</a>").is_empty());
}

#[test]
fn programs_are_skipped() {
    for (text, shown) in [
        ("<Perl>\n<If x>\nmy $a = \"\n </perl> # x\nA b", "Perl{};A|b"),
        ("<LuaHookFixups x>\nif a <\n</LuaHookFixups>\nA b", "LuaHookFixups|x{};A|b"),
        ("<Perl>\nx\n<Perl>\n</Perl>\nA b", "Perl{};A|b"),
    ] {
        let source = Source::new("text".into(), text.as_bytes().to_vec());
        let tree = parse_apache(&source);
        assert_eq!(show::compact(&source, &tree), shown);
        assert_eq!(tree.slips, []);
    }
    let tree = parse_apache(&Source::new("text".into(), b"<Perl>\nA\n<Perl>\nB\n".to_vec()));
    assert_eq!((tree.len(), tree.slips.len()), (4, 2));
}

/// What looks like a template mark or a variable, and what is one to httpd.
#[test]
fn marks_and_variables() {
    for (text, marks) in [
        (
            "LogFormat \"%{%Y}t {%h} %>s\" ${A} {{ b c }} $1 %{REQUEST_URI} %1 $HOME [0-9]{2,3} {A} %a%",
            "..$%.......",
        ),
        ("A a{{ b }}c \"{% if 'x' %}\" <%= @x %> @@X@@ @X@ __X__ <your-domain> '{{ a['b'] }}'", ".%%%%%%%%"),
        ("A {WWW_DIR}/x %{WWW_DIR} ${WWW_DIR} {www_dir}", ".%.$."),
        ("A ^(?<a_b>.*)$ {{ a@b.c %<s user@X <html> {# }} x", ".........."),
    ] {
        let source = Source::new("text".into(), text.as_bytes().to_vec());
        let tree = parse_apache(&source);
        let mark = |n| match (tree.is_template_word(0, n), tree.is_literal(0, n)) {
            (true, _) => '%',
            (false, false) => '$',
            (false, true) => '.',
        };
        assert_eq!((0..tree.word_count(0)).map(mark).collect::<String>(), marks, "{text}");
    }
}

#[test]
fn laws_hold_for_any_bytes() {
    for entry in fs::read_dir("tests/syntax").expect("a directory").flatten() {
        laws::hold(&fs::read(entry.path()).expect("a file"));
    }
    for (_, text, _) in FACTS {
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

/// What Debian's packages have in their configurations is all right.
#[test]
fn files_from_the_field_have_no_slips() {
    let Ok(list) = fs::read_to_string("../shared/corpus/debian.tsv") else {
        eprintln!("SKIPPED: no collection of configurations lies beside the project");
        return;
    };
    let mut count = 0;
    for line in list.lines() {
        let mut fields = line.split('\t');
        let (Some("apache" | "htaccess"), Some(name)) = (fields.next(), fields.next()) else { continue };
        let bytes = fs::read(format!("../shared/corpus/debian/{name}")).expect("a file");
        let tree = parse_apache(&Source::new(name.into(), bytes));
        assert!(tree.slips.is_empty() && tree.unclosed().is_empty() && tree.trailing().is_empty(), "{name}");
        count += 1;
    }
    assert!(count > 200, "only {count} files");
}

#[test]
fn slips_beyond_a_number_are_counted() {
    let tree = parse_apache(&Source::new("text".into(), b"</a>\n".repeat(100)));
    assert_eq!(tree.slips.len(), MAX_SLIPS);
    assert_eq!(tree.slips[MAX_SLIPS - 1].message, "81 more places like these in the file");
}

/// What texts are made of that somebody wrote to keep us busy, behind a beginning.
#[rustfmt::skip]
const UNITS: &[(&str, &str)] = &[
    ("", "a "), ("", "a\n"), ("", "\""), ("", "\"'x "), ("", "'\n"), ("", "\\"), ("", "\\\n"), ("", "a\\\n"),
    ("", "\\\\\n\n"), ("", "<a>\n"), ("", "<a\n"), ("", "</a>\n"), ("<a", ">"), ("<a ", "> \""), ("<a ", "\">"),
    ("<a ", "<"), ("", "<a \\\n>\n"), ("", "#\\\n"), ("", "\0"), ("", "\0\n"), ("", "{{"), ("", "{{ "), ("", "{{ \n"),
    ("", "{% a %}"), ("", "{% a %} "), ("", "{%\n%}"), ("", "{{ a }} b "), ("", "<%"), ("", "<% a %>x\n"), ("", "{#\n#} a\n"),
    ("", "<Perl>\n"), ("", "<Perl>\n</Perl>\n"), ("", "<Lua>\n</"), ("<Perl>\n", "</"), ("<Perl>\n", " \n </x"),
    ("", "<a>\n</b>\n"), ("", "<a>\n<b>\n</a>\n"), ("", "    \n"), ("", "<If>\n<IfModule>\n"), ("a ", "\r"), ("<a ", "{{ > "),
    ("", "\u{feff}"), ("", "@A"), ("", "<TMPL_IF>\n"), ("", "\"<a\n"), ("", "__"), ("", "<b-"),
];

/// 32 times the text is at most 640 times the work: what is quadratic would be 1,024 times.
#[test]
fn time_grows_with_the_text() {
    for (before, unit) in UNITS {
        let [small, large] = [1 << 13, 1 << 18].map(|size| laws::time(before, unit, size));
        assert!(large < small * 640, "{unit:?}: {small:?} for 8 KiB, {large:?} for 256 KiB");
    }
}
