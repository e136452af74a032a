//! The command line: the only place that prints, and where exit statuses are made.

mod baseline;
mod check;
mod expect;
mod fix;
mod map;
mod notes;
mod options;
mod output;
mod pages;
mod places;
mod progress;
mod schema;
mod settled;
mod shell;
mod site;
mod trace;
mod users;
mod values;

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches};

use crate::report::{self, Style};
use options::{Command, Options};
pub use schema::schema;
use settled::Settled;

/// Nothing at or above the level that fails.
const CLEAN: u8 = 0;
/// There are findings.
const FINDINGS: u8 = 1;
/// Something could not be analysed, or the command line is wrong.
const TROUBLE: u8 = 2;

/// Runs the program with the arguments it was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let command = Options::command();
    let matches = match command.clone().try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return ExitCode::from(refused(&error)),
    };
    let settled = match matches.subcommand_name() {
        Some("check" | "baseline" | "config" | "trace" | "map" | "expect") => {
            settled::settle(&command, &arguments, matches)
        }
        _ => Ok(Settled::typed(matches)),
    };
    let settled = match settled {
        Ok(settled) => settled,
        Err(problem) => {
            complain(&problem);
            return ExitCode::from(TROUBLE);
        }
    };
    let options = match Options::from_arg_matches(&settled.matches) {
        Ok(options) => options,
        Err(error) => return ExitCode::from(refused(&error)),
    };
    ExitCode::from(match options.command {
        Command::Check(check) => check::run(&check, settled.file.as_ref()),
        Command::Baseline(check) => baseline::run(&check, settled.file.as_ref()),
        Command::Config(_) => print(&settled.describe(&command)).err().unwrap_or(CLEAN),
        Command::Trace(trace) => trace::run(&trace, &settled.paths),
        Command::Map(map) => map::run(&map),
        Command::Expect(expect) => expect::run(&expect, &settled.paths),
        Command::Users(users) => users::run(&users),
        Command::Lints => pages::lints(),
        Command::Explain { page } => pages::explain(page),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::man(command.as_deref()),
    })
}

/// Says what is wrong with the command line, or helps.
fn refused(error: &clap::Error) -> u8 {
    let _ = error.print();
    if let Some(path) = std::env::args_os().nth(1).filter(|_| error.kind() == ErrorKind::InvalidSubcommand)
        && std::path::Path::new(&path).exists()
    {
        complain(&format!("did you mean `authlint check {}`?", path.display()));
    }
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if is_help { CLEAN } else { TROUBLE }
}

/// How a report for people looks.
fn style(color: ColorChoice, is_on_stdout: bool) -> Style {
    let is_terminal = is_on_stdout && std::io::stdout().is_terminal();
    let color = match color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            is_terminal && !no_color && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    };
    Style {
        color,
        unicode: !is_terminal || supports_unicode::on(supports_unicode::Stream::Stdout),
        width: report::terminal_width().unwrap_or(100).clamp(40, 160),
        is_terminal,
    }
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
