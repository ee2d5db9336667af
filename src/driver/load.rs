//! A site's file and everything that it includes.
//!
//! In: the main text and a reader for the others. Out: a [`Site`] with all trees.
//!
//! Invariant: an include is a relative path that stays inside the folder of the site's own file; each file is read
//! once, and at most [`MOST_FILES`] are.

use super::{Shared, Site};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{Include, Statement, ValueKind};
use std::collections::BTreeMap;

/// Most files of one site.
const MOST_FILES: usize = 4096;

/// The attribute of a site that names catalogue files of its own.
const EXTRA: &str = "catalogue-extra";

/// Longest chain of includes.
const DEEPEST_INCLUDE: usize = 64;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadFailure {
    /// It is not there, or the system refuses; with the system's words.
    Unreadable(String),
    /// It is not UTF-8.
    NotUtf8,
    /// It is larger than an input may be; with the largest size.
    TooLarge(&'static str),
    /// It lies outside of the site's folder, for example behind a symbolic link.
    Outside,
}

impl ReadFailure {
    /// The report for the file of a name.
    pub fn diagnostic(&self, name: &str) -> Diagnostic {
        let (code, why, help) = match self {
            Self::Unreadable(why) => (codes::CANNOT_READ, why.clone(), "correct the path"),
            Self::NotUtf8 => {
                (codes::NOT_UTF8, "it is not UTF-8 text".to_owned(), "save it as UTF-8 in your editor")
            }
            Self::TooLarge(most) => {
                (codes::TOO_LARGE, format!("it is larger than {most}"), "split it, or name another file")
            }
            Self::Outside => {
                let help = "put the file into the folder of the site's own file or below";
                (codes::INCLUDE_OUTSIDE, "it lies outside of the site's folder".to_owned(), help)
            }
        };
        Diagnostic::new(code, format!("`{name}` can't be read: {why}")).help(help)
    }
}

/// Reads files of a site for [`load`].
pub trait SourceReader {
    /// The text of a file given by its path relative to the site's folder, with `/`, free of `.` and `..`; with the
    /// name to show to people.
    ///
    /// # Errors
    /// See [`ReadFailure`].
    fn read(&self, relative: &str) -> Result<SourceText, ReadFailure>;
}

/// A text with the name that people know it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// For messages.
    pub name: String,
    /// The text.
    pub text: String,
}

struct Loader<'a> {
    reader: &'a dyn SourceReader,
    shared: &'a Shared,
    site: Site,
    seen: BTreeMap<String, SourceId>,
}

/// A text to be parsed, and the chain of includes that led to it.
struct Waiting {
    path: String,
    text: SourceText,
    chain: Vec<(String, Span)>,
}

/// Loads a site: parses the main text and follows its includes. `main` is its path relative to the site's folder.
pub fn load(main: &str, text: SourceText, reader: &dyn SourceReader) -> Site {
    load_shared(main, text, reader, &Shared::default())
}

/// As [`load`], for a site of several: what they have in common is parsed once.
pub fn load_shared(main: &str, text: SourceText, reader: &dyn SourceReader, shared: &Shared) -> Site {
    let mut loader = Loader { reader, shared, site: Site::new(), seen: BTreeMap::new() };
    let mut waiting = vec![Waiting { path: main.to_owned(), text, chain: Vec::new() }];
    while let Some(Waiting { path, text, chain }) = waiting.pop() {
        let includes = loader.parse(&path, text);
        for include in includes.iter().rev() {
            if let Some((target, text)) = loader.follow(&path, include, &chain) {
                let mut longer = chain.clone();
                longer.push((path.clone(), include.span));
                waiting.push(Waiting { path: target, text, chain: longer });
            }
        }
    }
    loader.extend_catalogue();
    loader.site
}

impl Loader<'_> {
    fn parse(&mut self, path: &str, text: SourceText) -> Vec<Include> {
        let source = self.site.sources.add_relative(text.name, path, text.text);
        self.seen.insert(path.to_owned(), source);
        let text = self.site.sources.get(source).map_or("", |file| file.text.as_str());
        let (file, diagnostics) = self.shared.parse(source, text);
        self.site.sink.extend(diagnostics);
        let include = |statement: &Statement| {
            if let Statement::Include(include) = statement { Some(include.clone()) } else { None }
        };
        let includes = file.statements.iter().filter_map(include).collect();
        self.site.files.push(file);
        includes
    }

    /// The file that an include names, if it has to be read.
    fn follow(
        &mut self,
        from: &str,
        include: &Include,
        chain: &[(String, Span)],
    ) -> Option<(String, SourceText)> {
        let Some(target) = join(from, &include.path.text) else {
            self.refuse_outside(include);
            return None;
        };
        if target == from || chain.iter().any(|(path, _)| *path == target) {
            let mut report = Diagnostic::new(
                codes::INCLUDE_CYCLE,
                format!("`{target}` includes itself through this line"),
            )
            .label(include.path.span, "comes back to it");
            for (path, span) in chain.iter().skip_while(|(path, _)| *path != target) {
                report = report.label(*span, format!("`{path}` goes on here"));
            }
            self.site.sink.report(report.help("take one of these includes out"));
            return None;
        }
        if self.seen.contains_key(&target) {
            return None;
        }
        if self.seen.len() >= MOST_FILES || chain.len() >= DEEPEST_INCLUDE {
            let message =
                format!("more than {MOST_FILES} files, or more than {DEEPEST_INCLUDE} includes deep");
            let report = Diagnostic::new(codes::TOO_MUCH, message)
                .label(include.path.span, "")
                .help("include fewer files");
            self.site.sink.report(report);
            return None;
        }
        self.seen.insert(target.clone(), SourceId(0));
        match self.reader.read(&target) {
            Ok(text) => Some((target, text)),
            Err(ReadFailure::Outside) => {
                self.refuse_outside(include);
                None
            }
            Err(failure) => {
                self.site.sink.report(failure.diagnostic(&target).label(include.path.span, "included here"));
                None
            }
        }
    }

    fn refuse_outside(&mut self, include: &Include) {
        self.refuse_path(&include.path.text, include.path.span);
    }

    fn refuse_path(&mut self, path: &str, span: Span) {
        let message = format!("`{path}` is not inside the site's folder");
        let report = Diagnostic::new(codes::INCLUDE_OUTSIDE, message).label(span, "").help(
            "put the file into the folder of the site's own file or below, and name it by a relative path",
        );
        self.site.sink.report(report);
    }

    /// Puts the files of `catalogue-extra` on top of the catalogue.
    fn extend_catalogue(&mut self) {
        let mut extras = Vec::new();
        for (path, value, span) in extra_paths(&self.site) {
            let Some(target) = join(&path, &value) else {
                self.refuse_path(&value, span);
                continue;
            };
            if self.seen.contains_key(&target) {
                let message = format!("`{target}` is named twice, or is a file of the site itself");
                let report = Diagnostic::new(codes::CATALOGUE_DUPLICATE, message).label(span, "");
                self.site.sink.report(report.help("name each catalogue file once"));
                continue;
            }
            match self.reader.read(&target) {
                Ok(text) => {
                    let source = self.site.sources.add_relative(text.name, &target, text.text);
                    self.seen.insert(target, source);
                    extras.push(source);
                }
                Err(ReadFailure::Outside) => self.refuse_path(&value, span),
                Err(failure) => {
                    self.site.sink.report(failure.diagnostic(&target).label(span, "named here"));
                }
            }
        }
        extend_by(&mut self.site, &extras, self.shared);
    }
}

/// Extends a site's catalogue by texts among its sources. Reports of what is wrong with them are in its sink.
pub fn extend_with(site: &mut Site, extras: &[SourceId]) {
    extend_by(site, extras, &Shared::default());
}

fn extend_by(site: &mut Site, extras: &[SourceId], shared: &Shared) {
    if extras.is_empty() {
        return;
    }
    let files: Vec<_> = extras.iter().filter_map(|id| site.sources.get(*id)).collect();
    let texts: Vec<(&str, &str)> =
        files.iter().map(|file| (file.name.as_str(), file.text.as_str())).collect();
    match shared.extend(&site.catalogue, &texts) {
        Ok(extended) => site.catalogue = extended,
        Err(problems) => {
            for problem in problems {
                let at = texts.iter().position(|(name, _)| *name == problem.file).unwrap_or_default();
                if let (Some(source), Some((_, text))) = (extras.get(at), texts.get(at)) {
                    site.sink.report(problem.to_diagnostic(*source, text));
                }
            }
        }
    }
}

/// The values of `catalogue-extra`: path of the file in which each stands, value, place.
fn extra_paths(site: &Site) -> Vec<(String, String, Span)> {
    let mut paths = Vec::new();
    for statement in site.files.iter().flat_map(|file| &file.statements) {
        let Statement::Site(header) = statement else { continue };
        let wanted = header.block.attributes.iter().filter(|attribute| attribute.key.text == EXTRA);
        for value in wanted.flat_map(|attribute| &attribute.values) {
            if let (ValueKind::Text(text), Some(file)) = (&value.kind, site.sources.get(value.span.source)) {
                paths.push((file.relative.clone(), text.clone(), value.span));
            }
        }
    }
    paths
}

/// A path relative to the folder of `from`, without `.` and `..`; `None` when it is absolute or leaves the root.
pub(super) fn join(from: &str, path: &str) -> Option<String> {
    let is_absolute = path.starts_with(['/', '\\']) || path.get(1..2) == Some(":");
    if path.is_empty() || is_absolute || path.contains(['\0', '\\']) {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Texts(BTreeMap<&'static str, &'static str>);

    impl SourceReader for Texts {
        fn read(&self, relative: &str) -> Result<SourceText, ReadFailure> {
            let text = self.0.get(relative).ok_or(ReadFailure::Unreadable("not there".to_owned()))?;
            Ok(SourceText { name: relative.to_owned(), text: (*text).to_owned() })
        }
    }

    fn codes_of(main: &str, others: &[(&'static str, &'static str)]) -> Vec<String> {
        let texts = Texts(others.iter().copied().collect());
        let text = SourceText { name: "site.seg".to_owned(), text: main.to_owned() };
        let site = load("site.seg", text, &texts);
        site.sink.into_sorted().iter().map(|diagnostic| diagnostic.code.to_string()).collect()
    }

    #[test]
    fn includes_stay_inside_and_end() {
        assert_eq!(join("a/b.seg", "../c.seg").as_deref(), Some("c.seg"));
        assert_eq!(join("a/b.seg", "../../c.seg"), None);
        assert_eq!(join("b.seg", "/etc/passwd"), None);
        assert_eq!(codes_of("include \"../x.seg\"", &[]), ["SEG2113"]);
        assert_eq!(codes_of("include \"x.seg\"", &[]), ["SEG0002"]);
        assert_eq!(codes_of("include \"x.seg\"", &[("x.seg", "include \"site.seg\"")]), ["SEG2114"]);
        let twice = [("x.seg", "include \"y.seg\""), ("y.seg", "")];
        assert!(codes_of("include \"x.seg\" include \"y.seg\"", &twice).is_empty());
    }
}
