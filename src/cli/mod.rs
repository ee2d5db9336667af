//! The command line: arguments in, exit code out.
//!
//! Invariant: only this folder sees files, the environment and the terminal.

mod args;
mod check;
mod compile;
mod explain;
mod files;
mod session;
mod terminal;
mod test;
mod why;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;

/// Nothing to complain about.
const EXIT_FINE: u8 = 0;
/// Errors or findings in the input.
const EXIT_FINDINGS: u8 = 1;
/// The command line can't be understood.
const EXIT_USAGE: u8 = 64;
/// segc itself failed.
pub const EXIT_INTERNAL: u8 = 70;

/// Runs a command line, the program's name first, and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is the reader's choice.
            let _ = error.print();
            return if error.use_stderr() { EXIT_USAGE } else { EXIT_FINE };
        }
    };
    match cli.command {
        Command::Compile(arguments) => compile::run(&arguments, &cli.global),
        Command::Check(arguments) => check::run(&arguments, &cli.global),
        Command::Test(arguments) => test::run(&arguments, &cli.global),
        Command::Why(arguments) => why::run(&arguments, &cli.global),
        Command::Explain(arguments) => explain::run(&arguments, &cli.global),
        Command::Completions(arguments) => completions(&arguments, &cli.global),
    }
}

fn completions(arguments: &args::Completions, global: &args::Global) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "segc", &mut script);
    terminal::Terminal::new(global.clone()).print(&String::from_utf8_lossy(&script));
    EXIT_FINE
}
