//! The server is the judge: what the model and the decider say, real nginx does.
//!
//! Without nginx the tests say that they were skipped; with `AUTHLINT_TRUTH=required` they fail.
//!
//! What the random configurations put to the test, by the numbers of the specification:
//!
//! | covered | where |
//! |---|---|
//! | S1-S6 server, S8-S12 location, S15 | listens, names and nested locations of `generate`; odd hosts of `requests` |
//! | S7, S13, S14, W16, W17, W19 | changed paths of `requests`, `merge_slashes`, expressions without anchors |
//! | P2-P4, P6-P10 | methods, rewriting, `index`, `try_files`, `internal`, `mirror`, subrequests of `tools` |
//! | M1-M5 | every directive on every level, includes |
//! | A1-A9 | realms and password files of `lines`, wrong and unlisted users; A8 whole in `tables` |
//! | H1-H9 | password files of `server` |
//! | X1-X8 | `satisfy` on every level; X5 whole in `tables` |
//! | R1-R6, R8, R9 | `auth_request` and its targets in `tools` |
//! | L1-L7 | `limit_except` with rules of its own, all methods |
//! | U1-U5, U7, U9 | header lists of three levels, `FastCGI`, SCGI and uwsgi |
//! | E1-E11 | `error_page` with all kinds of targets, also for redirects |
//! | G13, G14 | includes with and without patterns |
//! | T1-T17, T19, T20 | follow from the above |
//!
//! Not covered: `limit_req` and `realip` (P5), Lua (X9, P3), SSI (P9), caches (U11, R7), gRPC (U8), TLS, HTTP/2, bodies
//! (413), two `Authorization` headers (U1), credentials that are not Basic (A6), CONNECT on newer versions.

#[path = "truth/command.rs"]
mod command;
#[path = "truth/compare.rs"]
mod compare;
#[path = "truth/configs.rs"]
mod configs;
#[path = "common/fixture.rs"]
mod fixture;
#[path = "truth/fixtures.rs"]
mod fixtures;
#[path = "truth/generate.rs"]
mod generate;
#[path = "truth/lines.rs"]
mod lines;
#[path = "truth/nodes.rs"]
mod nodes;
#[path = "truth/pages.rs"]
mod pages;
#[path = "truth/random.rs"]
mod random;
#[path = "truth/requests.rs"]
mod requests;
#[path = "truth/server.rs"]
mod server;
#[path = "truth/tables.rs"]
mod tables;
#[path = "truth/tools.rs"]
mod tools;
#[path = "common/wire.rs"]
mod wire;

#[test]
fn nginx_asks_where_the_model_says_so() {
    configs::truth();
}

#[test]
fn random_configurations() {
    random::truth();
}

#[test]
fn what_is_expected_of_the_decider() {
    fixtures::truth();
}

#[test]
fn a_lie_is_found_and_made_small() {
    random::a_lie();
}

#[test]
fn the_table_of_satisfy_holds() {
    tables::satisfy();
}

#[test]
fn the_table_of_password_files_holds() {
    tables::user_files();
}

#[test]
fn the_pages_of_the_lints_hold() {
    pages::truth();
}

#[test]
fn the_command_says_what_the_decider_says() {
    command::truth();
}
