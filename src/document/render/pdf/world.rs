//! What the typesetter sees: one template, one file of data, the built-in fonts. No folder, no package, no clock.
//!
//! In: the data. Out: a `World`.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::document::render::fonts;

const TEMPLATE: &str = include_str!("template.typ");

/// Fonts and their index, read once.
static FONTS: LazyLock<(Vec<Font>, LazyHash<FontBook>)> = LazyLock::new(|| {
    let files = fonts::all();
    let fonts: Vec<Font> = files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect();
    let book = FontBook::from_fonts(&fonts);
    (fonts, LazyHash::new(book))
});

/// The world of one document.
pub(super) struct DocumentWorld {
    library: LazyHash<Library>,
    template: Source,
    data: (FileId, Bytes),
}

impl DocumentWorld {
    /// A world whose only file beside the template is `data.json`; `None` where the paths are refused.
    pub(super) fn new(data: Vec<u8>) -> Option<Self> {
        let template = Source::new(file("main.typ")?, TEMPLATE.to_owned());
        let data = (file("data.json")?, Bytes::new(data));
        Some(Self { library: LazyHash::new(Library::default()), template, data })
    }
}

fn file(path: &str) -> Option<FileId> {
    Some(RootedPath::new(VirtualRoot::Project, VirtualPath::new(path).ok()?).intern())
}

impl World for DocumentWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &FONTS.1
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() { Ok(self.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data.0 { Ok(self.data.1.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.0.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
