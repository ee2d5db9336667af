//! `segc init`: a commented first site, made from a profile.
//!
//! In: a profile's name, where to write, and the site's name. Out: the site, or the list of profiles.
//! Invariant: a file that exists is never replaced without `--force`, and what is written has no syntax error.

use super::args::{Global, Init};
use super::files::{self, WriteFailure};
use super::profiles::{self, Profile};
use super::terminal::{Stream, Terminal};
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::driver::{ReadFailure, SourceReader, SourceText, load};
use crate::source::SourceMap;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Where a site goes when nothing is said.
const DEFAULT_FILE: &str = "site.seg";

/// What was written.
#[derive(Debug, Serialize)]
struct Written<'a> {
    profile: &'a str,
    /// Absent when the text was asked for on standard output.
    path: Option<String>,
    /// The site, when it went to no file.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

pub(super) fn run(arguments: &Init, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    let Some(typed) = &arguments.profile else {
        list(&terminal);
        return EXIT_FINE;
    };
    match text_of(typed, arguments.name.as_deref()) {
        Ok((profile, text)) => deliver(arguments, profile, &text, &terminal),
        Err(complaint) => {
            terminal.complain(&complaint);
            EXIT_USAGE
        }
    }
}

fn list(terminal: &Terminal) {
    if terminal.is_json() {
        terminal.print_json(&profiles::TABLE);
        return;
    }
    for profile in profiles::TABLE {
        terminal.print(&format!("{:<14}  {}\n", profile.name, profile.title));
    }
    if !terminal.is_quiet() {
        terminal.complain("\nwrite one with `segc init --profile NAME`\n");
    }
}

/// The site of a profile, or what to tell the user.
fn text_of(typed: &str, name: Option<&str>) -> Result<(&'static Profile, String), String> {
    let Some(profile) = profiles::find(typed) else {
        let help = match nearest(typed, profiles::TABLE.iter().map(|profile| profile.name)) {
            Some(near) => format!("did you mean `{near}`? `segc init` lists all profiles"),
            None => "`segc init` lists all profiles".to_owned(),
        };
        return Err(format!("error: there is no profile `{typed}`\n\nhelp: {help}\n"));
    };
    let Some(name) = name else { return Ok((profile, profile.text.to_owned())) };
    named(profile, name).map(|text| (profile, text)).ok_or_else(|| {
        format!(
            "error: {name:?} can't be the name of a site\n\nhelp: write a text on one line, without control \
             characters and without characters that change the direction of writing\n"
        )
    })
}

/// The profile's site under another name. `None` when no text of the language can say the name.
fn named(profile: &Profile, name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return None;
    }
    let (before, rest) = profile.text.split_once("\nsite \"")?;
    let (_, after) = rest.split_once('"')?;
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    let text = format!("{before}\nsite \"{escaped}\"{after}");
    is_readable(&text).then_some(text)
}

/// True for a text that the parser takes: it alone knows what may stand in a string.
fn is_readable(text: &str) -> bool {
    let source = SourceText { name: DEFAULT_FILE.to_owned(), text: text.to_owned() };
    !load(DEFAULT_FILE, source, &NoFiles).sink.has_errors()
}

/// A profile includes nothing.
struct NoFiles;

impl SourceReader for NoFiles {
    fn read(&self, _: &str) -> Result<SourceText, ReadFailure> {
        Err(ReadFailure::Outside)
    }
}

/// Prints or writes the site, and says so.
fn deliver(arguments: &Init, profile: &Profile, text: &str, terminal: &Terminal) -> u8 {
    let path = arguments.output.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    if path == Path::new("-") {
        if terminal.is_json() {
            terminal.print_json(&Written { profile: profile.name, path: None, text: Some(text) });
        } else {
            terminal.print(text);
        }
        return EXIT_FINE;
    }
    let bytes = text.as_bytes();
    let written = if arguments.force {
        files::replace_all(&[(path.clone(), bytes)])
    } else {
        files::create(&path, bytes)
    };
    if let Err(failure) = written {
        return refuse(&failure, terminal);
    }
    let shown = path.display().to_string();
    if terminal.is_json() {
        terminal.print_json(&Written { profile: profile.name, path: Some(shown), text: None });
    } else if !terminal.is_quiet() {
        terminal.print(&format!(
            "wrote `{shown}` from the profile `{}`\n\nnext: change what its first lines name, then type `segc check {}`\n",
            profile.name,
            in_shell(&shown)
        ));
    }
    EXIT_FINE
}

fn refuse(failure: &WriteFailure, terminal: &Terminal) -> u8 {
    let help = if failure.is_existing_file() {
        "nothing was written; give another file with `-o`, or `--force` to replace this one"
    } else {
        "nothing was written; give a file that can be written with `-o`"
    };
    let report = [Diagnostic::new(codes::CANNOT_WRITE, failure.to_string()).help(help)];
    if terminal.is_json() {
        terminal.report_json(&report, &SourceMap::default());
    } else {
        terminal.report(&report, &SourceMap::default(), Stream::Report);
    }
    EXIT_FINDINGS
}

/// A path as a shell takes it.
fn in_shell(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if path.chars().all(is_plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
