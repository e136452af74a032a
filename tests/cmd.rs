//! The command line as its users see it: exit statuses, formats, and what wrong input gets. The
//! sessions are in `tests/cmd`.

#[test]
fn sessions() {
    trycmd::TestCases::new().case("tests/cmd/*.trycmd").env("NO_COLOR", "1");
}
