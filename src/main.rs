//! The `authlint` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    authlint::cli::run()
}
