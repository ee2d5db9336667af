//! Diagnostics for people: source excerpts with labels, in colour where asked for.

use super::{Diagnostic, Severity};
use crate::source::{SourceId, SourceMap};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// Text of some diagnostics, with an empty line after each.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&renderer.render(&report(diagnostic, sources)));
        out.push_str("\n\n");
    }
    out
}

fn report<'a>(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Vec<Group<'a>> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = match diagnostic.code.finding() {
        Some(finding) => format!("{finding}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let title = level.primary_title(message).id(diagnostic.code.to_string());
    let mut group = Group::with_title(title);
    for (source, file) in labelled_sources(diagnostic, sources) {
        let mut snippet = Snippet::source(file.text.as_str()).path(file.name.as_str());
        for (at, label) in
            diagnostic.labels.iter().enumerate().filter(|(_, label)| label.span.source == source)
        {
            let kind = if at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let range = clamp(label.span.start, &file.text)..clamp(label.span.end, &file.text);
            snippet = snippet.annotation(kind.span(range).label(label.text.as_str()));
        }
        group = group.element(snippet);
    }
    for note in &diagnostic.notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    if let Some(reason) = &diagnostic.accepted {
        group = group.element(Level::NOTE.message(format!("accepted: {reason}")));
        return vec![group];
    }
    for help in &diagnostic.helps {
        group = group.element(Level::HELP.message(help.text.as_str()));
    }
    vec![group]
}

/// The sources that a diagnostic points at, each once, in order of first mention.
fn labelled_sources<'a>(
    diagnostic: &Diagnostic,
    sources: &'a SourceMap,
) -> Vec<(SourceId, &'a crate::source::SourceFile)> {
    let mut seen = indexmap::IndexSet::new();
    seen.extend(diagnostic.labels.iter().map(|label| label.span.source));
    seen.into_iter().filter_map(|id| sources.get(id).map(|file| (id, file))).collect()
}

/// A byte offset moved back onto a character boundary inside the text.
fn clamp(offset: u32, text: &str) -> usize {
    let mut at = (offset as usize).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
