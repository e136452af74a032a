//! `authlint completions` and `authlint man`: what a package puts beside the program.

use clap::CommandFactory;
use clap_complete::Shell;

use super::options::Options;
use super::{CLEAN, TROUBLE, complain, print};

/// The completions for a shell.
pub fn completions(shell: Shell) -> u8 {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Options::command(), "authlint", &mut text);
    print(&String::from_utf8_lossy(&text)).err().unwrap_or(CLEAN)
}

/// The page of the manual on the program, or on one of its commands.
pub fn man(name: Option<&str>) -> u8 {
    let mut command = Options::command();
    // Gives the commands the names that they are called by.
    command.build();
    let page = match name {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => found.clone().version(env!("AUTHLINT_VERSION")),
            None => {
                complain(&format!("there is no command `{name}`"));
                return TROUBLE;
            }
        },
    };
    let mut text = Vec::new();
    if let Err(error) = clap_mangen::Man::new(page).render(&mut text) {
        complain(&format!("cannot write the page: {error}"));
        return TROUBLE;
    }
    print(&String::from_utf8_lossy(&text)).err().unwrap_or(CLEAN)
}
