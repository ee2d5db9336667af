//! A site compiled in memory: what tests and fuzz targets ask of the whole pipeline.

use segc::check::Strictness;
use segc::diagnostic::{Diagnostic, Sink};
use segc::driver::{
    CompileOptions, Compiled, ReadFailure, ReadRelease, Reading, Selection, SourceReader, SourceText,
    check_model, compile, load, read_release, resolve_site,
};
use segc::policy::Policy;
use segc::target::Lock;
use std::collections::BTreeMap;

struct NoFiles;

impl SourceReader for NoFiles {
    fn read(&self, _: &str) -> Result<SourceText, ReadFailure> {
        Err(ReadFailure::Unreadable("there are no other files".to_owned()))
    }
}

/// Compiles a text without includes: the files, if there was no error, and everything that was reported.
pub(crate) fn compile_text(
    text: &str,
    lock: &Lock,
    categories: Option<&str>,
) -> (Option<Compiled>, Vec<Diagnostic>) {
    let (compiled, reports) = compile_whole(text, lock, categories);
    (compiled.map(|(_, compiled)| compiled), reports)
}

/// As [`compile_text`], with the policy that the files are for.
pub(crate) fn compile_whole(
    text: &str,
    lock: &Lock,
    categories: Option<&str>,
) -> (Option<(Policy, Compiled)>, Vec<Diagnostic>) {
    let source = SourceText { name: "site.seg".to_owned(), text: text.to_owned() };
    let mut site = load("site.seg", source, &NoFiles);
    let mut compiled = None;
    if let Some(model) = resolve_site(&mut site) {
        let mut sink = Sink::new();
        let side_files = categories.map(|text| ("categories".to_owned(), text.to_owned()));
        let options = CompileOptions {
            selection: Selection::default(),
            lock: lock.clone(),
            side_files: BTreeMap::from_iter(side_files),
        };
        let policy = check_model(&model, None, Strictness::Compile, &mut sink);
        let both = policy.map(|policy| (compile(&policy, &site, &options, &mut sink), policy));
        compiled = both.and_then(|(compiled, policy)| Some((policy, compiled?)));
        site.sink.extend(sink.into_sorted());
    }
    (compiled, site.sink.into_sorted())
}

/// A text without includes as a release of a comparison; `None` where it can't be resolved.
pub(crate) fn release_of(text: &str) -> Option<ReadRelease> {
    let source = SourceText { name: "site.seg".to_owned(), text: text.to_owned() };
    let mut site = load("site.seg", source, &NoFiles);
    let options =
        CompileOptions { selection: Selection::default(), lock: Lock::new(), side_files: BTreeMap::new() };
    read_release(&mut site, Reading::default(), &options)
}
