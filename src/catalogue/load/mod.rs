//! From YAML text to a checked [`Catalogue`], with every mistake reported.
//!
//! In: names and texts of catalogue files. Out: a catalogue, or all [`Problem`]s with file, line and column.
//!
//! Invariant: text is hostile until parsed: it is bounded in size, weighed before anything is built from it, and never
//! makes this module panic.
//! Invariant: this module knows no other part of segc, so that the build script runs the same code over the built-in
//! data.

mod conditions;
mod flows;
mod intents;
mod kinds;
mod locate;
mod names;
mod namespace;
mod records;
mod report;
mod selects;
mod sequences;
#[cfg(test)]
mod tests;
mod weigh;

use super::raw::{RawFile, SCHEMA};
use super::store::Catalogue;
use locate::Locator;
use report::{Place, Report};
pub use report::{Problem, ProblemKind};

/// Most bytes that one catalogue file may have.
pub const FILE_LIMIT: usize = 256 * 1024;

/// Builds a catalogue from files, each a name for people and its text.
///
/// # Errors
///
/// All problems that were found, in the order of the files and entries: SEG3001 for text that does not have the form
/// of the schema, SEG3002 for ids and names used twice, SEG3003 for references to nothing, SEG3004 for impossible
/// values. A file that can't be read as YAML hides what is behind the mistake.
pub fn load(files: &[(&str, &str)]) -> Result<Catalogue, Vec<Problem>> {
    build(Catalogue::default(), files, Owner::Product)
}

/// A catalogue with a customer's own files on top. Nothing of the base changes: what the files declare begins with
/// their `namespace`.
///
/// # Errors
///
/// As [`load`], and SEG3006 for a file without a namespace, and for names outside of it.
pub fn extend(base: &Catalogue, files: &[(&str, &str)]) -> Result<Catalogue, Vec<Problem>> {
    build(base.clone(), files, Owner::Customer)
}

/// Whose files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Product,
    Customer,
}

fn build(base: Catalogue, files: &[(&str, &str)], owner: Owner) -> Result<Catalogue, Vec<Problem>> {
    let mut report = Report::new(files);
    let mut parsed = Vec::new();
    for (at, (_, text)) in files.iter().enumerate() {
        match parse(text) {
            Ok(file) => parsed.push((at, file)),
            Err(mistake) => report.at(at, ProblemKind::Syntax, mistake),
        }
    }
    if !report.is_empty() {
        return Err(report.into_problems());
    }
    namespace::check_files(&base, &parsed, owner, &mut report);
    let mut catalogue = base;
    kinds::add_releases(&mut catalogue, &parsed, &mut report);
    kinds::add_kinds(&mut catalogue, &parsed, &mut report);
    conditions::add_conditions(&mut catalogue, &parsed, &mut report);
    flows::add_flows(&mut catalogue, &parsed, &mut report);
    names::add_names(&mut catalogue, &parsed, &mut report);
    records::add_records(&mut catalogue, &parsed, &mut report);
    sequences::add_sequences(&mut catalogue, &parsed, &mut report);
    intents::add_intents(&mut catalogue, &parsed, &mut report);
    kinds::let_kinds_stand_in(&mut catalogue, &parsed);
    if report.is_empty() { Ok(catalogue) } else { Err(report.into_problems()) }
}

/// A parsed file and its place in the list of files.
type Parsed = [(usize, RawFile)];

/// A mistake in the text of one file.
#[derive(Debug)]
struct Mistake {
    line: usize,
    column: usize,
    message: String,
    help: String,
}

impl Mistake {
    fn new(line: usize, column: usize, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { line, column, message: message.into(), help: help.into() }
    }
}

fn parse(text: &str) -> Result<RawFile, Mistake> {
    if text.len() > FILE_LIMIT {
        let message = format!("a catalogue file may have {FILE_LIMIT} bytes, this one has {}", text.len());
        return Err(Mistake::new(1, 1, message, "split it into several files"));
    }
    if text.trim().is_empty() {
        return Err(Mistake::new(1, 1, "the file is empty", format!("start it with `schema: {SCHEMA}`")));
    }
    weigh::weigh(text).map_err(|error| yaml_mistake(&error))?;
    let file: RawFile = serde_yaml::from_str(text).map_err(|error| yaml_mistake(&error))?;
    if file.schema != SCHEMA {
        let (line, column) = Locator::new(text).word("schema");
        let message = format!("this segc does not know the schema `{}`", file.schema);
        return Err(Mistake::new(line, column, message, format!("write `schema: {SCHEMA}`")));
    }
    Ok(file)
}

/// The parser's own message in the user's words, without the place that it ends with.
fn yaml_mistake(error: &serde_yaml::Error) -> Mistake {
    let (line, column) =
        error.location().map_or((1, 1), |place| (place.line().max(1), place.column().max(1)));
    let whole = error.to_string();
    let place = format!(" at line {line} column {column}");
    let message = whole
        .replace(&place, "")
        .replace("unknown field", "unknown key")
        .replace("missing field", "missing key")
        .replace("duplicate field", "key given twice:")
        .replace("unknown variant", "unknown word");
    Mistake::new(
        line,
        column,
        message,
        "`segc catalogue schema` has the keys and values of each kind of entry",
    )
}
