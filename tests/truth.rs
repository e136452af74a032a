//! The server is the judge: what the model and the decider say, real nginx does.
//!
//! Without nginx the tests say that they were skipped; with `AUTHLINT_TRUTH=required` they fail.

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
