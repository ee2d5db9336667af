//! The content of a document, apart from every format.
//!
//! In: nothing. Out: the types that sections are made of and that every format renders.
//!
//! Invariant: text is plain text: no format's markup is in it, and each format escapes it. Whose words a text is
//! ([`Voice`]) is kept, so that a reader can tell ours from the customer's.
//! Invariant: tables, rows and figures have ids, the same in every format.

use time::Date;

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is called.
    pub title: Text,
    /// One line below the title.
    pub subtitle: Text,
    /// What the cover states: label and value.
    pub facts: Vec<(String, Text)>,
    /// The day that formats write as their date of creation, so that equal content gives equal bytes.
    pub date: Date,
    /// The language of our own words, as in BCP 47 (`en`).
    pub language: &'static str,
    /// The sections, in reading order.
    pub sections: Vec<Section>,
}

/// A numbered part of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Stable name, as an anchor (`firewall-matrix`).
    pub id: String,
    /// Its heading.
    pub title: String,
    /// What it says; never empty: a section that has nothing to say says why.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading below the section's.
    Heading {
        /// Stable name, as an anchor.
        id: String,
        /// Its words.
        title: Text,
    },
    /// A paragraph.
    Paragraph(Text),
    /// Items without an order.
    Bullets(Vec<Text>),
    /// Items in the order in which they are done.
    Steps(Vec<Text>),
    /// Things to tick off, in the order in which they are done.
    Checklist(Vec<Task>),
    /// Something that must not be missed.
    Callout {
        /// How much it matters.
        weight: Weight,
        /// One line.
        title: Text,
        /// The rest.
        body: Vec<Text>,
    },
    /// Text to be copied as it is: a policy document, a command.
    Listing {
        /// Name of the file it would be (`mcs-permissions.json`).
        name: String,
        /// Its lines, without a final line feed.
        text: String,
    },
    /// A table.
    Table(Table),
    /// A picture.
    Figure(Figure),
    /// A box to sign in for each party.
    SignOff(Vec<Signature>),
}

/// Something to do, by someone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What to do.
    pub what: Text,
    /// Who does it, where known.
    pub owner: Option<Text>,
    /// By when, where known.
    pub due: Option<Date>,
}

/// Who signs, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The team or party.
    pub party: Text,
    /// What the signature states.
    pub statement: Text,
}

/// How much a callout matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Good to know.
    Note,
    /// Has to be looked at.
    Warning,
    /// Has to be decided before the build.
    Decision,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Stable name (`firewall-matrix`), also the name of its CSV file and sheet.
    pub id: String,
    /// What it shows, one line.
    pub caption: Text,
    /// The heading of the rows' ids, which are its first column in every format (`Id`, `Segment`).
    pub key: String,
    /// Its other columns, in order.
    pub columns: Vec<Column>,
    /// Its rows, in order; none is a table that says so.
    pub rows: Vec<Row>,
}

impl Table {
    /// The id of the firewall matrix.
    pub const MATRIX: &'static str = "firewall-matrix";

    /// True where what became of a row is a column, the second one: where a row says it.
    pub fn shows_change(&self) -> bool {
        self.rows.iter().any(|row| row.change.is_some())
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Stable name (`source-address`), also the heading in CSV.
    pub id: &'static str,
    /// Its heading for people.
    pub title: String,
    /// Its share of the width, relative to the other columns.
    pub width: u16,
    /// What its cells hold.
    pub kind: ColumnKind,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnKind {
    /// Words.
    Words,
    /// Ids, addresses, ports: not hyphenated, in a fixed-width face.
    Code,
    /// Numbers, aligned at the end.
    Number,
    /// Days, written `2026-01-31`.
    Day,
    /// Few distinct values, worth a filter.
    Choice,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Stable id, unique in its table.
    pub id: String,
    /// What became of it since the earlier release, where one is compared with.
    pub change: Option<Change>,
    /// Cells, as many as the table has columns.
    pub cells: Vec<Text>,
}

/// What became of a row since an earlier release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It wasn't there.
    New,
    /// It was there and says something else now.
    Changed,
    /// It was there and is shown to be removed.
    Removed,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Stable name (`overview`).
    pub id: String,
    /// One line below it.
    pub caption: Text,
    /// What it shows, for whoever can't see it.
    pub description: String,
    /// The picture: a whole SVG document without scripts, styles from outside or links.
    pub svg: String,
    /// Its width, in CSS pixels.
    pub width: u32,
    /// Its height, in CSS pixels.
    pub height: u32,
    /// The same as Mermaid text.
    pub mermaid: String,
}

/// Whose words a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Voice {
    /// This document's own, or the catalogue's.
    Ours,
    /// The site's author: a reason, a name, a detail from the `.seg` file.
    Site,
}

/// How a part of a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Face {
    /// As the rest.
    Plain,
    /// Emphasised.
    Strong,
    /// Fixed width: an id, an address, a command.
    Code,
}

/// A part of a text in one voice and face.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The words; line feeds are line breaks.
    pub words: String,
    /// Whose they are.
    pub voice: Voice,
    /// How they are set.
    pub face: Face,
    /// Where they lead: an `https` address of a source.
    pub link: Option<String>,
}

/// A text of parts, read one after the other with nothing between.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Text(pub Vec<Part>);

impl Text {
    /// A text in one voice and face.
    pub fn of(words: impl Into<String>, voice: Voice, face: Face) -> Self {
        Self(vec![Part { words: words.into(), voice, face, link: None }])
    }

    /// Our words.
    pub fn ours(words: impl Into<String>) -> Self {
        Self::of(words, Voice::Ours, Face::Plain)
    }

    /// Words of the site's author.
    pub fn site(words: impl Into<String>) -> Self {
        Self::of(words, Voice::Site, Face::Plain)
    }

    /// Ours in fixed width.
    pub fn code(words: impl Into<String>) -> Self {
        Self::of(words, Voice::Ours, Face::Code)
    }

    /// A title of a source that leads to it.
    pub fn link(words: impl Into<String>, address: impl Into<String>) -> Self {
        let part =
            Part { words: words.into(), voice: Voice::Ours, face: Face::Plain, link: Some(address.into()) };
        Self(vec![part])
    }

    /// Followed by another text.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.0.extend(next.0);
        self
    }

    /// The words alone.
    pub fn words(&self) -> String {
        self.0.iter().map(|part| part.words.as_str()).collect()
    }

    /// True where it has no words.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|part| part.words.is_empty())
    }
}
