//! Source texts and places in them.
//!
//! In: file names and texts, handed over by the command line. Out: [`Span`]s, and their translation to lines and
//! columns for people.
//!
//! Invariant: this module reads no file; a [`SourceMap`] holds texts that somebody else read.

use serde::Serialize;

/// Index of a text in its [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct SourceId(pub u32);

/// Half-open byte range `start..end` of one source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// The text that the range belongs to.
    pub source: SourceId,
    /// First byte of the range.
    pub start: u32,
    /// First byte after the range.
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `source`; an `end` before `start` gives an empty range at `start`.
    pub fn new(source: SourceId, start: u32, end: u32) -> Self {
        Self { source, start, end: end.max(start) }
    }

    /// The smallest range that holds both; ranges of different texts give the first one.
    pub fn to(self, other: Self) -> Self {
        if self.source != other.source {
            return self;
        }
        Self { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value with the place where it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// One source text with the name that people know it by.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path as the user wrote it, included files beside it; `<stdin>` for standard input.
    pub name: String,
    /// Path relative to the site's folder, with `/`: the same on every machine.
    pub relative: String,
    /// The whole text.
    pub text: String,
    line_starts: Vec<u32>,
}

/// A place for people: both numbers start at 1, columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters (Unicode scalar values), from 1.
    pub column: u32,
}

impl SourceFile {
    fn new(name: String, relative: String, text: String) -> Self {
        let mut line_starts = vec![0];
        for (at, byte) in text.bytes().enumerate() {
            if byte == b'\n' {
                line_starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { name, relative, text, line_starts }
    }

    /// Line and column of a byte offset; an offset past the end gives the end.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let (line, before) = self.before(offset);
        LineColumn { line, column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX) }
    }

    /// Line and column of a byte offset as editors and code scanners count: in UTF-16 code units, from 1.
    pub fn line_column_utf16(&self, offset: u32) -> LineColumn {
        let (line, before) = self.before(offset);
        LineColumn { line, column: u32::try_from(before.encode_utf16().count() + 1).unwrap_or(u32::MAX) }
    }

    /// The line of a byte offset, and what stands before the offset on it.
    fn before(&self, offset: u32) -> (u32, &str) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        let end = (offset as usize).min(self.text.len());
        (u32::try_from(line).unwrap_or(u32::MAX), self.text.get(start as usize..end).unwrap_or(""))
    }
}

/// All source texts of one run, in the order in which they were read.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text and gives its id. Texts are limited to 4 GiB by their reader.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let name = name.into();
        self.add_relative(name.clone(), name, text)
    }

    /// Adds a text whose path relative to the site's folder is known.
    pub fn add_relative(
        &mut self,
        name: impl Into<String>,
        relative: impl Into<String>,
        text: impl Into<String>,
    ) -> SourceId {
        let id = SourceId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name.into(), relative.into(), text.into()));
        id
    }

    /// The text behind an id, if the id belongs to this map.
    pub fn get(&self, id: SourceId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All texts with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &SourceFile)> {
        self.files
            .iter()
            .enumerate()
            .map(|(at, file)| (SourceId(u32::try_from(at).unwrap_or(u32::MAX)), file))
    }

    /// File name, line and column of the start of a span; `None` for a span of another map.
    pub fn locate(&self, span: Span) -> Option<(&str, LineColumn)> {
        self.get(span.source).map(|file| (file.name.as_str(), file.line_column(span.start)))
    }

    /// The text that a span covers, empty for a span of another map.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source)
            .and_then(|file| file.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let mut map = SourceMap::new();
        let id = map.add("a.seg", "é = 1\nx");
        let place = |start| map.locate(Span::new(id, start, start)).map(|(_, at)| (at.line, at.column));
        assert_eq!(place(0), Some((1, 1)));
        assert_eq!(place(2), Some((1, 2)));
        assert_eq!(place(7), Some((2, 1)));
        assert_eq!(place(99), Some((2, 2)));
    }

    #[test]
    fn editors_count_code_units() {
        let mut map = SourceMap::new();
        let id = map.add("a.seg", "😀é = 1");
        let file = map.get(id).unwrap();
        assert_eq!((file.line_column(6).column, file.line_column_utf16(6).column), (3, 4));
    }
}
