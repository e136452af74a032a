//! The command line as its users see it: exit statuses, formats, and what wrong input gets. The
//! sessions are in `tests/cmd`.

#[test]
fn sessions() {
    let cases = trycmd::TestCases::new();
    // What a CI server says of its checkout is about another directory.
    cases.env("NO_COLOR", "1").env("GITHUB_WORKSPACE", "").env("CI_PROJECT_DIR", "");
    let _ = cases.insert_var("[VERSION]", env!("CARGO_PKG_VERSION"));
    cases.case("tests/cmd/*.trycmd");
}
