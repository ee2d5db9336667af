//! Lines with aligned columns.
//!
//! In: rows of cells. Out: text, the columns padded to their widest cell.
//!
//! Invariant: no line ends with a space, and a cell holds no line break.

/// Spaces between two columns.
const GAP: &str = "  ";

/// The rows as indented lines. A row may have fewer cells than others; a column without any text is left out.
pub(super) fn align(rows: &[Vec<String>], indent: &str) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(at) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let mut text = String::new();
    for row in rows {
        let used = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
        let padded = used.map(|(cell, width)| format!("{cell:<width$}"));
        let line = padded.collect::<Vec<_>>().join(GAP).replace(['\n', '\r'], " ");
        text.push_str(format!("{indent}{line}").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::align;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let rows = [row(&["a", "", "bb", ""]), row(&["aaa", "", "b", "c"]), row(&["a"])];
        assert_eq!(align(&rows, " "), " a    bb\n aaa  b   c\n a\n");
    }
}
