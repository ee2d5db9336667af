//! The command line: arguments in, exit code out.
//!
//! Invariant: only this folder sees files, the environment and the terminal.

mod args;
mod catalogue;
mod check;
mod compile;
mod diff;
mod drift;
mod explain;
mod exports;
mod files;
mod fleet;
mod git;
mod import;
mod init;
mod matrix;
mod prereq;
mod profiles;
mod questions;
mod reach;
mod release;
mod search;
mod session;
mod sides;
mod terminal;
mod test;
mod visible;
mod why;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::ffi::OsString;

/// Nothing to complain about.
const EXIT_FINE: u8 = 0;
/// Errors or findings in the input.
const EXIT_FINDINGS: u8 = 1;
/// A diff in which something opens.
const EXIT_OPENED: u8 = 2;
/// The command line can't be understood.
const EXIT_USAGE: u8 = 64;
/// segc itself failed.
pub const EXIT_INTERNAL: u8 = 70;

/// Runs a command line, the program's name first, and gives the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let code = run_command(arguments);
    if code == EXIT_FINE && terminal::output_is_cut() { EXIT_FINDINGS } else { code }
}

fn run_command(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            // There is nowhere else to complain to.
            let _ = error.print();
            return EXIT_USAGE;
        }
        Err(help) => {
            terminal::print_bytes(help.render().to_string().as_bytes());
            return EXIT_FINE;
        }
    };
    if let Some(complaint) = wrong_format(&cli) {
        terminal::Terminal::new(cli.global).complain(&complaint);
        return EXIT_USAGE;
    }
    match cli.command {
        Command::Init(arguments) => init::run(&arguments, &cli.global),
        Command::Compile(arguments) => compile::run(&arguments, &cli.global),
        Command::Prereq(arguments) => prereq::run(&arguments, &cli.global),
        Command::Check(arguments) => check::run(&arguments, &cli.global),
        Command::Test(arguments) => test::run(&arguments, &cli.global),
        Command::Why(arguments) => why::run(&arguments, &cli.global),
        Command::Reach(arguments) => reach::run(&arguments, &cli.global),
        Command::Matrix(arguments) => matrix::run(&arguments, &cli.global),
        Command::Search(arguments) => search::run(&arguments, &cli.global),
        Command::Diff(arguments) => diff::run(&arguments, &cli.global),
        Command::Drift(arguments) => drift::run(&arguments, &cli.global),
        Command::Import(arguments) => import::run(&arguments, &cli.global),
        Command::Catalogue(arguments) => catalogue::run(&arguments, &cli.global),
        Command::Explain(arguments) => explain::run(&arguments, &cli.global),
        Command::Completions(arguments) => completions(&arguments, &cli.global),
    }
}

/// What to tell the user when the command has no output in the wanted form.
fn wrong_format(cli: &Cli) -> Option<String> {
    let (command, formats) = cli.command.formats();
    let given = &cli.global.formats;
    let words: Vec<&str> = formats.iter().map(|format| format.word()).collect();
    let help = format!("`--format` takes here: {}", words.join(", "));
    if let Some(format) = given.iter().find(|format| !formats.contains(format)) {
        return Some(format!("error: `segc {command}` does not write {}\n\nhelp: {help}\n", format.word()));
    }
    let takes_several = matches!(cli.command, Command::Prereq(_));
    (given.len() > 1 && !takes_several)
        .then(|| format!("error: `segc {command}` writes one form of output at a time\n\nhelp: {help}\n"))
}

fn completions(arguments: &args::Completions, global: &args::Global) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "segc", &mut script);
    terminal::Terminal::new(global.clone()).print(&String::from_utf8_lossy(&script));
    EXIT_FINE
}
