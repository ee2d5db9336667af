//! What may be typed.

use crate::check::verdict::Level;
use crate::diagnostic::Code;
use crate::document::team::Team;
use crate::driver::Selection;
use crate::reference::Section;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use time::Date;

/// Compiles .seg sites into cloud firewall artefacts and proves each compile.
///
/// A site declares the roles of a Citrix deployment and who may talk to whom. segc turns it into Azure, AWS and Nutanix
/// artefacts, reads them back, and compares what they permit with what the file says.
#[derive(Debug, Parser)]
#[command(name = "segc", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Start with:  segc init --profile daas-aws\n             segc check site.seg\n             segc compile site.seg -o out"
)]
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
    /// Form of the output; `prereq` takes several, with commas between.
    #[arg(
        long = "format",
        value_name = "FORMAT",
        global = true,
        value_enum,
        value_delimiter = ',',
        default_values_t = [Format::Text]
    )]
    pub(super) formats: Vec<Format>,
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

impl Global {
    /// The form of the output of a command that has one.
    pub(super) fn format(&self) -> Format {
        self.formats.first().copied().unwrap_or(Format::Text)
    }
}

/// Forms of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// For pages and pull requests.
    #[value(alias = "md")]
    Markdown,
    /// For spreadsheets.
    Csv,
    /// For browsers, printers and auditors.
    Html,
    /// For test reports of CI.
    Junit,
    /// For code scanning.
    Sarif,
    /// For word processors.
    Docx,
    /// For printers and archives.
    Pdf,
    /// For spreadsheets with a sheet a table.
    Xlsx,
}

impl Format {
    /// The word that is typed for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Docx => "docx",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
        }
    }
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
    /// Write a commented first site, or list the profiles that there are.
    Init(Init),
    /// Write the artefacts of a site, proved against the file.
    Compile(Compile),
    /// Write the document that a customer signs before the build.
    Prereq(Prereq),
    /// Report everything that is wrong with a site.
    Check(Check),
    /// Prove the promises of a site, and compare its answers with its own tests and tables of questions.
    Test(Test),
    /// Say which line lets a role reach another, or what is nearest to it.
    Why(Why),
    /// Say what a role can reach and who can reach it, hop by hop.
    Reach(Reach),
    /// Show role by role what passes.
    Matrix(Matrix),
    /// Look for packets with a property.
    Search(Search),
    /// Say what opens and closes between two releases of a site, or with another catalogue release.
    Diff(Diff),
    /// Say how what is deployed differs from what the site compiles to.
    Drift(Drift),
    /// Say what an export of a platform has and lets through, and write a first site for it.
    Import(Import),
    /// Look things up in the catalogue: roles, flows, intents, names, permissions, rules.
    Catalogue(Catalogue),
    /// Explain a code of a message.
    Explain(Explain),
    /// Print completions for a shell.
    Completions(Completions),
}

impl Command {
    /// Its word, and the forms of output that it has.
    pub(super) fn formats(&self) -> (&'static str, &'static [Format]) {
        const PLAIN: &[Format] = &[Format::Text, Format::Json];
        const SCANNED: &[Format] = &[Format::Text, Format::Json, Format::Sarif];
        const REPORTED: &[Format] = &[Format::Text, Format::Json, Format::Junit, Format::Html];
        const DOCUMENTS: &[Format] = &[
            Format::Text,
            Format::Json,
            Format::Html,
            Format::Docx,
            Format::Pdf,
            Format::Xlsx,
            Format::Csv,
            Format::Markdown,
        ];
        const WITH_PAGES: &[Format] = &[Format::Text, Format::Json, Format::Markdown];
        const WITH_TABLES: &[Format] = &[Format::Text, Format::Json, Format::Csv, Format::Html];
        const ALL: &[Format] = &[Format::Text, Format::Json, Format::Markdown, Format::Csv, Format::Html];
        match self {
            Self::Init(_) => ("init", PLAIN),
            Self::Compile(_) => ("compile", PLAIN),
            Self::Prereq(_) => ("prereq", DOCUMENTS),
            Self::Check(_) => ("check", SCANNED),
            Self::Test(_) => ("test", REPORTED),
            Self::Why(_) => ("why", PLAIN),
            Self::Reach(_) => ("reach", PLAIN),
            Self::Matrix(_) => ("matrix", WITH_TABLES),
            Self::Search(_) => ("search", PLAIN),
            Self::Diff(_) => ("diff", ALL),
            Self::Drift(_) => ("drift", WITH_PAGES),
            Self::Import(_) => ("import", PLAIN),
            Self::Catalogue(_) => ("catalogue", WITH_PAGES),
            Self::Explain(_) => ("explain", PLAIN),
            Self::Completions(_) => ("completions", PLAIN),
        }
    }
}

/// `segc init`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc init --profile daas-aws --name \"Contoso, Dublin\" -o dublin.seg")]
pub(super) struct Init {
    /// The deployment to start from; without it the profiles are listed.
    #[arg(long, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// List the profiles.
    #[arg(long, conflicts_with = "profile")]
    pub(super) list: bool,
    /// The file to write, or `-` for standard output; `site.seg` when left out.
    #[arg(short, long, value_name = "FILE", requires = "profile")]
    pub(super) output: Option<PathBuf>,
    /// The name of the site; the profile's when left out.
    #[arg(long, value_name = "TEXT", requires = "profile")]
    pub(super) name: Option<String>,
    /// Replace the file when it exists.
    #[arg(long, requires = "profile")]
    pub(super) force: bool,
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

/// `segc check`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:  segc check site.seg --deny warnings --allow FC-08\n\nA site itself says what it lives with, and why:  accept FC-08 on vda because \"...\""
)]
pub(super) struct Check {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// Findings that are errors, whatever the site says: FC-08, SEG4008, or `warnings` for all of them.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_denied)]
    pub(super) deny: Vec<Denied>,
    /// Findings that are accepted in this run: FC-08 or SEG4008.
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = parse_finding)]
    pub(super) allow: Vec<Code>,
}

/// What `--deny` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// Every warning.
    Warnings,
    /// One finding.
    Finding(Code),
}

/// `segc compile`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:  segc compile examples/daas-aws/site.seg -o out --target aws-sg\n           segc compile sites/*/site.seg -o out --jobs 4"
)]
pub(super) struct Compile {
    /// The site's file, or `-` for standard input. Several sites are a fleet: each is written to a folder of its name.
    #[arg(value_name = "SITE", num_args = 1.., required = true)]
    pub(super) sites: Vec<PathBuf>,
    /// File with Prism's categories, for ids in Nutanix artefacts.
    #[arg(long, value_name = "FILE")]
    pub(super) categories: Option<PathBuf>,
    /// The lock file; `SITE.lock` beside the site when left out.
    #[arg(long, value_name = "FILE")]
    pub(super) lock: Option<PathBuf>,
    /// Treat one site as a fleet too: write it to a folder of its name, and only if it has changed.
    #[arg(long)]
    pub(super) fleet: bool,
    /// Most sites of a fleet that are compiled at the same time; as many as there are processors when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Compile sites of a fleet that have not changed too.
    #[arg(long)]
    pub(super) force: bool,
    /// The folder to write to; made when it doesn't exist.
    #[arg(short, long, value_name = "FOLDER")]
    pub(super) output: PathBuf,
    /// Write these targets only: azure-nsg, aws-sg, nutanix-flow, firewall.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) target: Vec<String>,
    /// Write these spellings only: cloudformation, api, arm, v4, v3, terraform, csv.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) spelling: Vec<String>,
    /// Write these platforms of the site only.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) platform: Vec<String>,
    /// Print how to apply, check and roll back what was written: the commands, with the names and paths of this compile.
    #[arg(long)]
    pub(super) next_steps: bool,
}

impl Compile {
    /// The only site. `None` for a fleet.
    pub(super) fn only_site(&self) -> Option<SiteArg> {
        match self.sites.as_slice() {
            [site] if !self.fleet => Some(self.site(site)),
            _ => None,
        }
    }

    /// One of the sites with what goes with it.
    pub(super) fn site(&self, site: &Path) -> SiteArg {
        SiteArg { site: site.to_owned(), categories: self.categories.clone(), lock: self.lock.clone() }
    }

    /// What is written of a site.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            targets: self.target.clone(),
            spellings: self.spelling.clone(),
            platforms: self.platform.clone(),
        }
    }
}

/// `segc prereq`
#[derive(Debug, Args)]
#[command(after_help = "Examples:  segc prereq site.seg -o prereq --format html,csv\n           \
    segc prereq site.seg -o firewall --for firewall --format csv\n           \
    segc prereq site.seg -o prereq --since HEAD~1")]
pub(super) struct Prereq {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The folder to write to; made when it doesn't exist.
    #[arg(short, long, value_name = "FOLDER")]
    pub(super) output: PathBuf,
    /// The extract for one team, with its rows, needs and tasks only.
    #[arg(long = "for", value_name = "TEAM", value_parser = teams())]
    pub(super) team: Option<String>,
    /// The earlier release: a file, a manifest, REVISION:PATH, or a git revision of the site's file. Rows are then marked
    /// as new, changed or removed, and the document says what has changed.
    #[arg(long, value_name = "OLD")]
    pub(super) since: Option<OsString>,
}

/// `segc test`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:  segc test examples/daas-aws/site.seg --cases examples/daas-aws/cases.yaml\n           \
    segc test examples/daas-aws/site.seg --format html > proof.html"
)]
pub(super) struct Test {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// A table: YAML with `cases`, each with src, dst, port, expect, and level, as-of, why if wanted; may be given
    /// several times. The site's own `expect` lines are asked in any case.
    #[arg(long, value_name = "FILE")]
    pub(super) cases: Vec<PathBuf>,
}

/// `segc why`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc why site.seg storefront sql tcp/1433")]
pub(super) struct Why {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The role that starts, or an address.
    pub(super) from: String,
    /// The role that answers, or an address.
    pub(super) to: String,
    /// The port: tcp/443, udp/1024-2048, icmp/8.
    pub(super) port: String,
    /// What the file says, or what the artefacts permit.
    #[arg(long, value_enum, default_value_t = LevelArg::Intent)]
    pub(super) level: LevelArg,
}

/// `segc reach`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc reach site.seg vda --hops 2 --level artefact")]
pub(super) struct Reach {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The role.
    pub(super) role: String,
    /// Most hops; until nothing is new when left out.
    #[arg(long, value_name = "N")]
    pub(super) hops: Option<usize>,
    /// Only connections on this port: tcp/443, udp/1024-2048, icmp/8.
    #[arg(long, value_name = "PORT")]
    pub(super) service: Option<String>,
    /// What the file says, or what the artefacts permit.
    #[arg(long, value_enum, default_value_t = LevelArg::Intent)]
    pub(super) level: LevelArg,
}

/// `segc matrix`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc matrix site.seg --level artefact --format html > matrix.html")]
pub(super) struct Matrix {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// What the file says, or what the artefacts permit.
    #[arg(long, value_enum, default_value_t = LevelArg::Intent)]
    pub(super) level: LevelArg,
    /// List what passes instead of drawing a grid, as is done for many roles.
    #[arg(long)]
    pub(super) list: bool,
}

/// `segc search`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc search site.seg --from users --encryption clear")]
pub(super) struct Search {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// The role that starts, or `any`.
    #[arg(long, value_name = "ROLE", default_value = "any")]
    pub(super) from: String,
    /// The role that answers, or `any`.
    #[arg(long, value_name = "ROLE", default_value = "any")]
    pub(super) to: String,
    /// The port: tcp/443, udp/1024-2048, icmp/8, any.
    #[arg(long, value_name = "PORT", default_value = "any")]
    pub(super) service: String,
    /// A platform of the site on which an end sits.
    #[arg(long, value_name = "NAME")]
    pub(super) platform: Option<String>,
    /// What protects the content, as the catalogue says. Ports of your own say nothing.
    #[arg(long, value_enum)]
    pub(super) encryption: Option<EncryptionArg>,
    /// What happens to the packets.
    #[arg(long, value_enum, default_value_t = VerdictArg::Allow)]
    pub(super) verdict: VerdictArg,
    /// What the file says, or what the artefacts permit; `widened` and `lost` compare the two.
    #[arg(long, value_enum, default_value_t = LevelArg::Intent)]
    pub(super) level: LevelArg,
    /// Most classes of packets to show.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(super) limit: usize,
    /// Put what is found into as few lines as say it exactly, without examples.
    #[arg(long)]
    pub(super) brief: bool,
}

/// What protects the content of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EncryptionArg {
    /// Nothing: who listens, reads.
    Clear,
    /// Messages are signed or encrypted inside an unencrypted connection.
    MessageProtected,
    /// TLS where the administrator has switched it on.
    OptionalTls,
    /// TLS or DTLS always.
    Tls,
}

/// What happens to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum VerdictArg {
    /// They pass.
    Allow,
    /// They don't pass.
    Deny,
    /// The artefacts permit them, and the file does not say so.
    Widened,
    /// The file permits them, and an artefact drops them.
    Lost,
    /// A forbid excludes them.
    Forbidden,
}

/// `segc diff`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:  segc diff old.seg new.seg\n           segc diff HEAD~1 HEAD site.seg\n           \
    segc diff origin/main...HEAD site.seg --format markdown\n           segc diff HEAD site.seg\n           \
    segc diff old/manifest.json new/manifest.json\n           \
    segc diff --catalogue paper-2020..paper-2021 site.seg\n\n\
    Exit code: 2 when something opens or is not enforced any more, 1 when access narrows or a text changes, 0 when nothing does."
)]
pub(super) struct Diff {
    /// Two files, sites or manifests; two git revisions and the site's file; a revision, or A..B or A...B, and the
    /// file; or REVISION:PATH instead of a file. `-` is standard input.
    #[arg(value_name = "RELEASE", num_args = 1..=3, required = true)]
    pub(super) releases: Vec<OsString>,
    /// Two releases of the catalogue instead, from and to, for one site; `segc catalogue list releases` lists them.
    #[arg(long, value_name = "A..B")]
    pub(super) catalogue: Option<String>,
    /// The way back: from the new release to the old one.
    #[arg(long)]
    pub(super) reverse: bool,
    /// File with Prism's categories, for ids in Nutanix artefacts.
    #[arg(long, value_name = "FILE")]
    pub(super) categories: Option<PathBuf>,
    /// The lock file, of both releases; `SITE.lock` beside each site when left out.
    #[arg(long, value_name = "FILE")]
    pub(super) lock: Option<PathBuf>,
    /// With `--format csv`: only rows of which this platform enforces an end.
    #[arg(long, value_name = "PLATFORM")]
    pub(super) enforced_at: Option<String>,
}

/// `segc drift`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:  aws ec2 describe-security-groups --output json > groups.json\n           \
    segc drift site.seg --export groups.json\n           \
    segc drift site.seg --export exports/ --bind seg-acme-web=sg-0123456789abcdef0\n\n\
    Exit code: 2 when something extra or wider is deployed, 1 when something is missing or narrower, 0 when nothing differs."
)]
pub(super) struct Drift {
    #[command(flatten)]
    pub(super) site: SiteArg,
    /// What a platform's own tool says is deployed: a file, a folder with JSON files, or `-` for standard input; may be
    /// given several times.
    #[arg(long, value_name = "FILE", required = true)]
    pub(super) export: Vec<PathBuf>,
    /// Which deployed thing a compiled name is, where names don't say: a group, a list of addresses, a category.
    #[arg(long, value_name = "NAME=ID", value_parser = parse_bind)]
    pub(super) bind: Vec<(String, String)>,
    /// Compare these targets only: azure-nsg, aws-sg, nutanix-flow.
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub(super) target: Vec<String>,
    /// Compare these platforms of the site only.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) platform: Vec<String>,
}

/// `segc import`
#[derive(Debug, Args)]
#[command(after_help = "Examples:  segc import aws groups.json\n           \
    segc import aws groups.json lists.json --write site.seg --as-of 2026-01-31\n           \
    segc import azure nsgs.json vnets.json --write site.seg --as-of 2026-01-31")]
pub(super) struct Import {
    /// The platform that the export is of: aws, azure, nutanix.
    #[arg(value_name = "PLATFORM")]
    pub(super) kind: String,
    /// What the platform's own tool says is deployed: files, folders with JSON files, or `-` for standard input.
    #[arg(value_name = "EXPORT", required = true)]
    pub(super) exports: Vec<PathBuf>,
    /// Write a first site to this file, or to standard output for `-`; what it can't say is listed. Where groups stand
    /// before subnets, give the list of networks as well: a role needs the addresses behind a group.
    #[arg(long, value_name = "FILE")]
    pub(super) write: Option<PathBuf>,
    /// The name of the site that is written.
    #[arg(long, value_name = "TEXT", default_value = "imported")]
    pub(super) name: String,
    /// Replace the file when it exists.
    #[arg(long, requires = "write")]
    pub(super) force: bool,
}

/// `segc catalogue`
#[derive(Debug, Args)]
pub(super) struct Catalogue {
    #[command(subcommand)]
    pub(super) command: CatalogueCommand,
}

/// What to do with the catalogue.
#[derive(Debug, Subcommand)]
pub(super) enum CatalogueCommand {
    /// List its entries.
    List(CatalogueList),
    /// Say everything about one entry.
    Show(CatalogueShow),
    /// Say in which flows two releases differ.
    Diff(CatalogueDiff),
    /// Print the JSON Schema of catalogue files, for your editor.
    Schema,
}

/// Which catalogue is meant.
#[derive(Debug, Args)]
pub(super) struct CatalogueArg {
    /// The release; the newest when left out. `segc catalogue list releases` lists them.
    #[arg(long, value_name = "LABEL")]
    pub(super) release: Option<String>,
    /// A catalogue file of your own, put on top; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(super) extra: Vec<PathBuf>,
}

/// `segc catalogue list`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc catalogue list flows --release paper-2021")]
pub(super) struct CatalogueList {
    /// The section; all when left out.
    #[arg(value_parser = sections())]
    pub(super) section: Option<Section>,
    #[command(flatten)]
    pub(super) catalogue: CatalogueArg,
    /// List flows too that the release doesn't have or that are only history. JSON always has them.
    #[arg(long)]
    pub(super) all: bool,
}

/// `segc catalogue show`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc catalogue show mcs-aws")]
pub(super) struct CatalogueShow {
    /// The id or name of an entry: a role kind by any of its names, a flow, an intent, a condition, a release.
    pub(super) id: String,
    #[command(flatten)]
    pub(super) catalogue: CatalogueArg,
}

/// `segc catalogue diff`
#[derive(Debug, Args)]
#[command(after_help = "Example:  segc catalogue diff paper-2020 paper-2021")]
pub(super) struct CatalogueDiff {
    /// The release to start from.
    pub(super) from: String,
    /// The release to go to.
    pub(super) to: String,
}

/// The two levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LevelArg {
    /// What the file says.
    Intent,
    /// What the artefacts permit.
    Artefact,
}

impl LevelArg {
    /// The level that is meant.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Intent => Level::Intent,
            Self::Artefact => Level::Artefact,
        }
    }
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

fn sections() -> impl TypedValueParser<Value = Section> {
    PossibleValuesParser::new(Section::ALL.map(Section::word))
        .try_map(|word| Section::parse(&word).ok_or("there is no such section"))
}

fn teams() -> PossibleValuesParser {
    PossibleValuesParser::new(Team::ALL.map(Team::word))
}

fn parse_denied(text: &str) -> Result<Denied, String> {
    if text == "warnings" { Ok(Denied::Warnings) } else { parse_finding(text).map(Denied::Finding) }
}

fn parse_finding(text: &str) -> Result<Code, String> {
    let code =
        Code::parse(text).ok_or_else(|| format!("there is no finding `{text}`: write FC-08 or SEG4008"))?;
    if code.is_acceptable() {
        Ok(code)
    } else {
        Err(format!("{code} is no finding that can be denied or accepted"))
    }
}

fn parse_bind(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, id)) if !name.is_empty() && !id.is_empty() => Ok((name.to_owned(), id.to_owned())),
        _ => Err("write a compiled name, `=`, and the id of what it is".to_owned()),
    }
}

fn parse_day(text: &str) -> Result<Date, String> {
    crate::check::cases::parse_day(text).ok_or_else(|| "a day is written as 2026-01-31".to_owned())
}
