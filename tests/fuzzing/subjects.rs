//! What fuzzing gives any bytes to: one function for each reader of foreign input.
//!
//! In: bytes. Out: nothing; a subject panics where a reader breaks its promise.
//!
//! Invariant: the same functions are run by `cargo test` (module `fuzzing`) and by the libFuzzer targets in `fuzz/`.

use crate::pipeline::{compile_text, compile_whole};
use segc::diagnostic::{Diagnostic, Severity, Sink};
use segc::drift::Binds;
use segc::driver::{Compiled, deployed, first_site, read_exports};
use segc::policy::Policy;
use segc::source::SourceId;
use segc::syntax::{lex::lex, parse};
use segc::target::Lock;
use segc::target::export::ExportFile;
use segc::targets::TARGETS;
use std::sync::OnceLock;

/// A site with kept numbers and with categories, to give locks and categories to.
const SITE: &str = include_str!("../../examples/three-platforms-r1/site.seg");

/// Something that takes any bytes.
pub(crate) type Subject = fn(&[u8]);

/// Every subject by the name of its corpus.
pub(crate) const SUBJECTS: &[(&str, Subject)] = &[
    ("parse_seg", parse_seg),
    ("compile_site", compile_site),
    ("load_catalogue", load_catalogue),
    ("read_cases", read_cases),
    ("read_lock", read_lock),
    ("read_categories", read_categories),
    ("read_manifest", read_manifest),
    ("read_artifact", read_artifact),
    ("read_export", read_export),
];

/// The lexer and the parser: the tokens joined are the text, and every label lies in it.
pub(crate) fn parse_seg(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let covered: usize = lex(&text).map(|token| (token.end - token.start) as usize).sum();
    assert_eq!(covered, text.len());
    let (file, diagnostics) = parse(SourceId(0), &text);
    assert!(file.statements.len() <= text.len());
    for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
    }
}

/// The whole pipeline: files or an error, and never a plan that loses a flow.
pub(crate) fn compile_site(bytes: &[u8]) {
    compiled(&String::from_utf8_lossy(bytes), &Lock::new(), None);
}

/// Catalogue files, alone and on top of the built-in catalogue. Either way is fine: it must end.
pub(crate) fn load_catalogue(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = segc::catalogue::load(&[("flows/extra.yaml", &text)]);
    let _ = segc::catalogue::extend(segc::catalogue::Catalogue::builtin(), &[("own.yaml", &text)]);
}

/// Acceptance tables.
pub(crate) fn read_cases(bytes: &[u8]) {
    let mut sink = Sink::new();
    let table = segc::check::cases::read(SourceId(0), &String::from_utf8_lossy(bytes), &mut sink);
    assert_eq!(table.is_none(), sink.has_errors());
}

/// Locks: whatever numbers one holds, the site compiles with it.
pub(crate) fn read_lock(bytes: &[u8]) {
    if let Ok(lock) = serde_json::from_slice::<Lock>(bytes) {
        compiled(SITE, &lock, None);
    }
}

/// Categories of `--categories`.
pub(crate) fn read_categories(bytes: &[u8]) {
    compiled(SITE, &Lock::new(), Some(&String::from_utf8_lossy(bytes)));
}

/// Manifests, as a release of a comparison.
pub(crate) fn read_manifest(bytes: &[u8]) {
    let manifest = segc::driver::read_manifest(&String::from_utf8_lossy(bytes));
    let _ = manifest.and_then(|manifest| manifest.on(None));
}

/// Artefacts, by the reader of every spelling of every target.
pub(crate) fn read_artifact(bytes: &[u8]) {
    for target in TARGETS {
        for spelling in target.info().spellings {
            let _ = target.read(*spelling, bytes);
        }
    }
}

/// Exports, several in a list `files` or one: read, compared with a site, and said as a first site, which must be one.
pub(crate) fn read_export(bytes: &[u8]) {
    static COMPILED: OnceLock<Option<(Policy, Compiled)>> = OnceLock::new();
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes) else { return };
    let files = value.get("files").and_then(|files| files.as_array().cloned()).unwrap_or_else(|| vec![value]);
    let file = |(at, value)| ExportFile { name: format!("{at}.json"), value };
    let files: Vec<ExportFile> = files.into_iter().enumerate().map(file).collect();
    let mut sink = Sink::new();
    for read in read_exports(files.clone(), &mut sink) {
        let site = first_site(&read, "first", "2026-01-01");
        let (_, faults) = parse(SourceId(0), &site.text);
        assert!(faults.is_empty(), "{faults:?}\n{}", site.text);
    }
    if let Some((policy, compiled)) = COMPILED.get_or_init(|| compile_whole(SITE, &Lock::new(), None).0) {
        deployed(policy, compiled, read_exports(files, &mut Sink::new()), &Binds::new(), &mut sink);
    }
}

/// Compiles, and holds the outcome against what a compile promises.
fn compiled(text: &str, lock: &Lock, categories: Option<&str>) {
    let (compiled, reports) = compile_text(text, lock, categories);
    let has_error = reports.iter().any(|report: &Diagnostic| report.severity == Severity::Error);
    assert_eq!(compiled.is_none(), has_error, "either files or an error");
    for report in &reports {
        assert!(!["SEG0001", "SEG6001"].contains(&report.code.to_string().as_str()), "{report:?}");
    }
}
