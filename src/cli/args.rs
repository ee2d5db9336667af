//! What may be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use time::Date;

/// Compiles .seg sites into cloud firewall artefacts and proves each compile.
///
/// A site declares the roles of a Citrix deployment and who may talk to whom. segc turns it into Azure, AWS and Nutanix
/// artefacts, reads them back, and compares what they permit with what the file says.
#[derive(Debug, Parser)]
#[command(name = "segc", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Start with:  segc check site.seg\n             segc compile site.seg -o out")]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) global: Global,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// Form of the output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// The day for which to answer; the site's `effective` when left out.
    #[arg(long, global = true, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    pub(super) as_of: Option<Date>,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Print errors only.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(super) quiet: bool,
    /// Print more: notes, and every rule of the summary.
    #[arg(short, long, global = true)]
    pub(super) verbose: bool,
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For pages and pull requests.
    Markdown,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write the artefacts of a site, proved against the file.
    Compile(Compile),
    /// Report everything that is wrong with a site.
    Check(SiteArg),
    /// Ask a table of questions and compare the answers.
    Test(Test),
    /// Say which line lets a role reach another, or what is nearest to it.
    Why(Why),
    /// Say what another catalogue release would change for a site.
    Diff(Diff),
    /// Explain a code of a message.
    Explain(Explain),
    /// Print completions for a shell.
    Completions(Completions),
}

/// A site.
#[derive(Debug, Args)]
pub(super) struct SiteArg {
    /// The site's file, or `-` for standard input.
    pub(super) site: PathBuf,
    /// File with Prism's categories, for ids in Nutanix artefacts.
    #[arg(long, value_name = "FILE")]
    pub(super) categories: Option<PathBuf>,
    /// The lock file; `SITE.lock` beside the site when left out.
    #[arg(long, value_name = "FILE")]
    pub(super) lock: Option<PathBuf>,
}

/// `segc compile`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc compile examples/daas-aws/site.seg -o out --target aws-sg")]
pub(super) struct Compile {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The folder to write to; made when it doesn't exist.
    #[arg(short, long, value_name = "FOLDER")]
    pub(super) output: PathBuf,
    /// Write these targets only: azure-nsg, aws-sg, nutanix-flow, firewall.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) target: Vec<String>,
    /// Write these spellings only: cloudformation, api, arm, v4, v3, csv.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) spelling: Vec<String>,
    /// Write these platforms of the site only.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) platform: Vec<String>,
}

/// `segc test`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc test examples/daas-aws/site.seg --cases examples/daas-aws/cases.yaml")]
pub(super) struct Test {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The table: YAML with `cases`, each with src, dst, port, expect, and level, as-of, why if wanted.
    #[arg(long, value_name = "FILE")]
    pub(super) cases: PathBuf,
}

/// `segc why`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc why site.seg storefront sql tcp/1433")]
pub(super) struct Why {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The role that starts.
    pub(super) from: String,
    /// The role that answers.
    pub(super) to: String,
    /// The port: tcp/443, udp/1024-2048, icmp/8.
    pub(super) port: String,
    /// What the file says, or what the artefacts permit.
    #[arg(long, value_enum, default_value_t = LevelArg::Intent)]
    pub(super) level: LevelArg,
}

/// `segc diff`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc diff --catalogue paper-2020..paper-2021 site.seg\n\n\
    Exit code: 2 when something opens, 1 when access narrows or a text changes, 0 when nothing does.")]
pub(super) struct Diff {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The two releases, from and to; `segc catalogue list releases` lists them.
    #[arg(long, value_name = "A..B")]
    pub(super) catalogue: String,
}

/// The two levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LevelArg {
    /// What the file says.
    Intent,
    /// What the artefacts permit.
    Artefact,
}

/// `segc explain`
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The code, for example SEG5001; all codes when left out.
    pub(super) code: Option<String>,
}

/// `segc completions`
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    pub(super) shell: clap_complete::Shell,
}

fn parse_day(text: &str) -> Result<Date, String> {
    crate::check::cases::parse_day(text).ok_or_else(|| "a day is written as 2026-01-31".to_owned())
}
