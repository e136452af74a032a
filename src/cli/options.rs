//! What can be said on the command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum, ValueHint};

use super::pages::Page;
use super::values::{ignore_in, level, lint_id, map, page_id, report};
use crate::finding::Level;
use crate::lints::Lint;
use crate::source::Map as PathMap;

/// Says who can reach what on an nginx or Apache server, before it is reloaded.
///
/// authlint reads the configuration of a web server and finds mistakes in its authentication and
/// access rules, which `nginx -t` and `apachectl configtest` accept.
#[derive(Debug, Parser)]
#[command(name = "authlint", version = env!("AUTHLINT_VERSION"), max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 nothing found, 1 findings, 2 something could not be analysed.")]
pub struct Options {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find mistakes in a configuration.
    Check(Box<Check>),
    /// Write down what is found today, so that `check --baseline` tells what is new.
    Baseline(Box<Check>),
    /// Show the settings in force for `check`, and where each is from.
    Config(Box<Check>),
    /// Say what the server answers to a request, and which directives decide.
    Trace(Box<Trace>),
    /// Show what is in force in every server and place.
    Map(Map),
    /// Judge rules about who can reach what, such as `/admin/** -> never open`.
    Expect(Box<Expect>),
    /// Show who is in a password file, as the server reads it, and who can log in.
    Users(Users),
    /// List the lints.
    Lints,
    /// Show what a lint is about, with examples and the way out.
    Explain {
        /// The lint's id, as it stands in brackets behind the level.
        #[arg(value_name = "LINT", value_parser = page_id(), hide_possible_values = true)]
        page: Page,
    },
    /// Print the completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the page of the manual, as roff.
    Man {
        /// A command that has a page of its own.
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Check {
    /// Files and directories to check; `-` reads standard input, which may be what `nginx -T` prints.
    ///
    /// Without a path it is what --entry names, or else the installed configurations: /etc/nginx, /etc/apache2 and their
    /// like.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// A main configuration that includes the paths; findings are told for the paths only.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Where things are")]
    pub entry: Vec<PathBuf>,

    #[command(flatten)]
    pub places: Places,

    /// Whether to look at the password files on disk. `auto`: if the configuration is plainly the
    /// installed one, or --root or --map says where they are.
    #[arg(long, value_enum, default_value_t, help_heading = "Where things are")]
    pub files: Files,

    /// The name that standard input would have as a file.
    #[arg(long, value_name = "PATH", help_heading = "Where things are")]
    pub stdin_filename: Option<PathBuf>,

    /// Run these lints only, separated by commas.
    #[arg(long, value_name = "LINT", value_delimiter = ',', value_parser = lint_id(), hide_possible_values = true, help_heading = "What counts")]
    pub select: Vec<&'static Lint>,

    /// Do not run these lints, separated by commas.
    #[arg(long, value_name = "LINT", value_delimiter = ',', value_parser = lint_id(), hide_possible_values = true, help_heading = "What counts")]
    pub ignore: Vec<&'static Lint>,

    /// Give the findings of a lint another level, as in `weak-password-hash=error`. Repeatable.
    #[arg(long, value_name = "LINT=LEVEL", value_parser = level, help_heading = "What counts")]
    pub level: Vec<(&'static Lint, Level)>,

    /// Leave out lints in files whose path has this form, as in `legacy/**=weak-password-hash`. Repeatable.
    #[arg(long, value_name = "PATTERN=LINT,...", value_parser = ignore_in, help_heading = "What counts")]
    pub ignore_in: Vec<(String, Vec<&'static Lint>)>,

    /// Hosts that are closed as a whole on purpose, such as a staging site; `*` stands for anything. Repeatable.
    #[arg(long, value_name = "HOST", value_delimiter = ',', help_heading = "What counts")]
    pub meant_closed: Vec<String>,

    /// Do not tell the findings that are in this file, which `authlint baseline` has written.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "What counts")]
    pub baseline: Option<PathBuf>,

    /// What the team has settled; without it the nearest `authlint.toml`, in the working directory or above.
    #[arg(long, value_name = "FILE", help_heading = "What counts")]
    pub config: Option<PathBuf>,

    /// Heed no `authlint.toml`.
    #[arg(long, conflicts_with = "config", help_heading = "What counts")]
    pub no_config: bool,

    #[command(flatten)]
    pub fixing: Fixing,

    #[command(flatten)]
    pub output: Reporting,
}

/// What is done about it.
#[derive(Clone, Copy, Debug, Args)]
pub struct Fixing {
    /// Write the fixes that are safe: with them the server does what it did, or what was certainly meant.
    ///
    /// Only files at or below the given paths are written, and only if nothing is worse afterwards.
    #[arg(long, help_heading = "Fixes")]
    pub fix: bool,

    /// Show as a unified diff what --fix would do, and write nothing. The exit status is 1 if there is a diff.
    #[arg(long, conflicts_with = "fix", help_heading = "Fixes")]
    pub diff: bool,

    /// With --fix or --diff: also the fixes that are likely right, but for a person to decide.
    #[arg(long, help_heading = "Fixes")]
    pub unsafe_fixes: bool,
}

/// What is reported, and how.
#[derive(Debug, Args)]
pub struct Reporting {
    /// The lowest level that makes the exit status 1.
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL", help_heading = "What counts")]
    pub fail_on: FailOn,

    /// The form of the report; `human` unless said otherwise.
    #[arg(long, value_enum, help_heading = "Output")]
    pub format: Option<Format>,

    /// Write the report to this file instead of standard output.
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    pub output: Option<PathBuf>,

    /// A further report, as in `sarif=authlint.sarif`; `-` is standard output. Repeatable.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = report, help_heading = "Output")]
    pub report: Vec<(Format, PathBuf)>,

    /// When to use colours; `auto` heeds the terminal and `NO_COLOR`.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: ColorChoice,

    /// Say nothing when there is nothing to say.
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Expect {
    /// The rules, one a line, such as `/admin/** -> never open`.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub main: Main,

    #[command(flatten)]
    pub places: Places,

    /// Whether to look at the password files and at what is served.
    #[arg(long, value_enum, default_value_t = Files::Always, help_heading = "Where things are")]
    pub files: Files,

    #[command(flatten)]
    pub output: Reporting,
}

/// The configuration that a server runs with.
#[derive(Debug, Args)]
pub struct Main {
    /// The main configuration; without it the `entry` of `authlint.toml`, or the installed one.
    #[arg(long, visible_alias = "entry", value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Where things are")]
    pub config: Vec<PathBuf>,

    /// Heed no `authlint.toml`.
    #[arg(long, help_heading = "Where things are")]
    pub no_config: bool,
}

/// Where the server's files are, and whose they are.
#[derive(Debug, Args)]
pub struct Places {
    /// The server's file system lies under this directory, as of a container or a mounted image.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Where things are")]
    pub root: Option<PathBuf>,

    /// The server's FROM lies at TO here, as in `--map /etc/nginx=deploy/nginx`. Repeatable.
    #[arg(long, value_name = "FROM=TO", value_parser = map, help_heading = "Where things are")]
    pub map: Vec<PathMap>,

    /// What Apache is started with: `Define`s, and variables of its environment. Repeatable.
    #[arg(short = 'D', long, value_name = "NAME[=VALUE]", help_heading = "Where things are")]
    pub define: Vec<String>,

    /// The server the files are for; `auto` tells it by their names, places and contents.
    #[arg(long, value_enum, default_value_t, help_heading = "Where things are")]
    pub server: Server,
}

#[derive(Debug, Args)]
pub struct Trace {
    /// What is asked for: `http://host:port/path`, or a path where there is one server.
    #[arg(value_name = "URL", required_unless_present = "requests")]
    pub urls: Vec<String>,

    #[command(flatten)]
    pub main: Main,

    #[command(flatten)]
    pub places: Places,

    /// Whether to look at the password files and at what is served.
    #[arg(long, value_enum, default_value_t = Files::Always, help_heading = "Where things are")]
    pub files: Files,

    /// The method of the request.
    #[arg(long, short = 'X', default_value = "GET", help_heading = "The request")]
    pub method: String,

    /// The address that the client comes from.
    #[arg(long, value_name = "ADDRESS", help_heading = "The request")]
    pub from: Option<IpAddr>,

    /// Send the credentials of this user, with the right password.
    #[arg(long, short, value_name = "NAME", conflicts_with = "bad_password", help_heading = "The request")]
    pub user: Option<String>,

    /// Send credentials that are not right.
    #[arg(long, help_heading = "The request")]
    pub bad_password: bool,

    /// Take requests from this file, a JSON object each line; `-` is standard input. Answers come as
    /// lines of JSON, too, in the same order.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["urls", "method", "from", "user", "bad_password", "format"],
        help_heading = "The request"
    )]
    pub requests: Option<PathBuf>,

    /// The form of the answer.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: AnswerFormat,

    /// When to use colours; `auto` heeds the terminal and `NO_COLOR`.
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, value_name = "WHEN", help_heading = "Output")]
    pub color: ColorChoice,
}

#[derive(Debug, Args)]
pub struct Users {
    /// The password file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    #[command(flatten)]
    pub places: Places,

    /// The form of the list.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: AnswerFormat,
}

#[derive(Debug, Args)]
pub struct Map {
    /// Files and directories; without one what `authlint.toml` says, or the installed configurations.
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,

    /// Heed no `authlint.toml`.
    #[arg(long, help_heading = "Where things are")]
    pub no_config: bool,

    #[command(flatten)]
    pub places: Places,

    /// The form of the map.
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    pub format: AnswerFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AnswerFormat {
    /// For people.
    #[default]
    Human,
    /// JSON for programs.
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Files {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Server {
    #[default]
    Auto,
    Nginx,
    Apache,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: the lines, with carets and reasons.
    #[default]
    Human,
    /// One line a finding: path:line:column: level[lint] message.
    Concise,
    /// One document for programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub shows beside the lines.
    Github,
    /// A Code Quality report, for merge requests of GitLab.
    Gitlab,
    /// Tests in XML, which most CI servers show.
    Junit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    Error,
    #[default]
    Warning,
    Advice,
    Never,
}
