//! XML as it is written: elements inside of elements, every text and attribute escaped.
//!
//! In: names, attributes, texts. Out: a well-formed document.
//!
//! Invariant: elements are closed by the function that opens them, and texts have no character that XML forbids.

use crate::document::render::visible::visible;

/// A document that is being written.
#[derive(Debug)]
pub(super) struct Xml(String);

/// Attributes, in order.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

impl Xml {
    /// A document with its declaration.
    pub(super) fn new() -> Self {
        Self("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n".to_owned())
    }

    /// An element with what a function writes inside of it.
    pub(super) fn element(&mut self, name: &str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Self)) {
        self.start(name, attributes);
        self.0.push('>');
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element without anything inside.
    pub(super) fn empty(&mut self, name: &str, attributes: Attributes<'_>) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    /// An element whose only attribute is `w:val`.
    pub(super) fn value(&mut self, name: &str, value: &str) {
        self.empty(name, &[("w:val", value)]);
    }

    /// An element that holds a text.
    pub(super) fn leaf(&mut self, name: &str, attributes: Attributes<'_>, text: &str) {
        self.element(name, attributes, |xml| xml.text(text));
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (key, value) in attributes {
            self.0.push(' ');
            self.0.push_str(key);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
    }

    fn text(&mut self, text: &str) {
        for letter in visible(text).chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\n' => self.0.push_str("&#10;"),
                '\t' => self.0.push_str("&#9;"),
                _ => self.0.push(letter),
            }
        }
    }

    /// The document.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Xml;

    #[test]
    fn what_is_written_reads_back() {
        let hostile = "<&>\"' ]]> \u{0} \u{fffe} \n\t";
        let mut xml = Xml::new();
        xml.element("a", &[("b", hostile)], |xml| {
            xml.empty("c", &[]);
            xml.leaf("d", &[], hostile);
        });
        let text = String::from_utf8(xml.finish()).unwrap();
        let read = roxmltree::Document::parse(&text).unwrap();
        let shown = "<&>\"' ]]> [U+0000] [U+FFFE] \n\t";
        assert_eq!(read.root_element().attribute("b"), Some(shown));
        assert_eq!(read.root_element().last_element_child().unwrap().text(), Some(shown));
    }
}
