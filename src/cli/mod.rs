//! The command line: the only place that prints, and where exit statuses are made.

mod check;
mod options;
mod pages;
mod progress;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use options::{Command, Options};

/// Nothing at or above the level that fails.
const CLEAN: u8 = 0;
/// There are findings.
const FINDINGS: u8 = 1;
/// Something could not be analysed, or the command line is wrong.
const TROUBLE: u8 = 2;

/// Runs the program with the arguments it was started with.
#[must_use]
pub fn run() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => {
            let _ = error.print();
            if let Some(path) =
                std::env::args_os().nth(1).filter(|_| error.kind() == ErrorKind::InvalidSubcommand)
                && std::path::Path::new(&path).exists()
            {
                complain(&format!("did you mean `authlint check {}`?", path.display()));
            }
            let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            return ExitCode::from(if is_help { CLEAN } else { TROUBLE });
        }
    };
    ExitCode::from(match options.command {
        Command::Check(check) => check::run(&check),
        Command::Lints => pages::lints(),
        Command::Explain { lint } => pages::explain(lint),
    })
}

/// Writes to standard output. Whoever closed it has seen enough: that is no error.
fn print(text: &str) -> Result<(), u8> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("cannot write: {error}"));
            Err(TROUBLE)
        }
        _ => Ok(()),
    }
}

/// Says on standard error what keeps the program from its work.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "authlint: {message}");
}
