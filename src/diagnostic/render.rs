//! Diagnostics for people: source excerpts with labels, in colour where asked for.

use super::{Diagnostic, Label, Severity};
use crate::source::{SourceFile, SourceId, SourceMap};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Longest line that is shown, in bytes: nobody reads a longer one, and drawing it takes long.
const LONGEST_LINE: usize = 8000;

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
        let labels: Vec<(usize, &Label)> =
            diagnostic.labels.iter().enumerate().filter(|(_, label)| label.span.source == source).collect();
        group = match excerpt(file, &labels) {
            Some(snippet) => group.element(snippet),
            None => places(group, file, &labels),
        };
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

/// The lines around some labels with the labels drawn in; `None` where a line is too long to be shown.
fn excerpt<'a>(
    file: &'a SourceFile,
    labels: &[(usize, &'a Label)],
) -> Option<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let ends = |(_, label): &(usize, &Label)| {
        [clamp(label.span.start, &file.text), clamp(label.span.end, &file.text)]
    };
    let all: Vec<usize> = labels.iter().flat_map(ends).collect();
    let (first, last) = (all.iter().min().copied()?, all.iter().max().copied()?);
    if all.iter().any(|at| is_long(&file.text, *at)) {
        return None;
    }
    // Drawing goes through the whole text that it is given.
    // A place behind the last line is shown at its end.
    let shown = if first == file.text.len() { file.text.trim_end_matches('\n').len() } else { first };
    let start = file.text.get(..shown)?.rfind('\n').map_or(0, |at| at + 1);
    let end = file.text.get(last..)?.find('\n').map_or(file.text.len(), |at| last + at + 1);
    let line = file.line_column(u32::try_from(start).ok()?).line;
    let mut snippet =
        Snippet::source(file.text.get(start..end)?).path(file.name.as_str()).line_start(line as usize);
    for (at, label) in labels {
        let kind = if *at == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        let range = clamp(label.span.start, &file.text) - start..clamp(label.span.end, &file.text) - start;
        snippet = snippet.annotation(kind.span(range).label(label.text.as_str()));
    }
    Some(snippet)
}

/// True where the line of an offset is too long to be shown.
fn is_long(text: &str, at: usize) -> bool {
    let (before, behind) = text.as_bytes().split_at(at);
    let goes_on = |byte: &&u8| **byte != b'\n';
    let most = LONGEST_LINE + 1;
    let left = before.iter().rev().take(most).take_while(goes_on).count();
    left + behind.iter().take(most).take_while(goes_on).count() > LONGEST_LINE
}

/// The places of some labels without their lines.
fn places<'a>(mut group: Group<'a>, file: &'a SourceFile, labels: &[(usize, &'a Label)]) -> Group<'a> {
    for (_, label) in labels {
        let at = file.line_column(label.span.start);
        let origin = Origin::path(file.name.as_str()).line(at.line as usize).char_column(at.column as usize);
        group = group.element(origin);
        if !label.text.is_empty() {
            group = group.element(Level::NOTE.message(label.text.as_str()));
        }
    }
    group
}

/// The sources that a diagnostic points at, each once, in order of first mention.
fn labelled_sources<'a>(diagnostic: &Diagnostic, sources: &'a SourceMap) -> Vec<(SourceId, &'a SourceFile)> {
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
