//! Figures as pixels, for formats that don't show vector pictures everywhere.
//!
//! In: an SVG document. Out: a PNG of it.
//!
//! Invariant: nothing but the document and the built-in fonts is read: no file, no address that the document names.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

use super::fonts;

/// Why a figure can't be drawn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PictureError {
    /// The document isn't an SVG picture.
    #[error("figure `{id}` is no SVG picture: {why}")]
    NotSvg {
        /// The figure.
        id: String,
        /// What the parser says.
        why: String,
    },
    /// It has no area, or more pixels than fit into memory.
    #[error("figure `{id}` can't be drawn with {width} by {height} pixels")]
    Size {
        /// The figure.
        id: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
}

/// The built-in fonts, loaded once.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for font in fonts::all() {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family(fonts::TEXT);
    fonts.set_serif_family(fonts::TEXT);
    fonts.set_monospace_family(fonts::CODE);
    Arc::new(fonts)
});

/// Draws a figure `width` pixels wide on white; its height follows.
pub(super) fn png(id: &str, svg: &str, width: u32) -> Result<Vec<u8>, PictureError> {
    let tree = usvg::Tree::from_str(&fonts::drawable(svg), &options())
        .map_err(|error| PictureError::NotSvg { id: id.to_owned(), why: error.to_string() })?;
    let scale = width as f32 / tree.size().width();
    let height = (tree.size().height() * scale).ceil() as u32;
    let size = || PictureError::Size { id: id.to_owned(), width, height };
    let mut pixels = Pixmap::new(width, height).ok_or_else(size)?;
    pixels.fill(resvg::tiny_skia::Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    pixels.encode_png().map_err(|_| size())
}

/// How documents are read: with our fonts, without any file.
fn options() -> usvg::Options<'static> {
    usvg::Options {
        font_family: fonts::TEXT.to_owned(),
        fontdb: Arc::clone(&FONTS),
        image_href_resolver: usvg::ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..usvg::Options::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{PictureError, png};

    const SVG: &str =
        "<svg xmlns='http://www.w3.org/2000/svg' width='40' height='20'><text y='15'>Aא</text></svg>";

    #[test]
    fn a_picture_has_the_width_that_was_asked_for_and_ink() {
        let bytes = png("f", SVG, 400).unwrap();
        let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        assert_eq!((picture.width(), picture.height()), (400, 200));
        assert!(picture.pixels().iter().any(|pixel| pixel.red() < 50));
        assert_eq!(bytes, png("f", SVG, 400).unwrap());
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(matches!(png("f", "<svg", 10), Err(PictureError::NotSvg { .. })));
        assert!(matches!(png("f", SVG, 0), Err(PictureError::Size { .. })));
    }

    #[test]
    fn a_picture_reads_no_file() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let svg = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><image href='{path}' width='9' height='9'/></svg>"
        );
        let bytes = png("f", &svg, 9).unwrap();
        let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
        assert!(picture.pixels().iter().all(|pixel| pixel.red() == 255));
    }
}
