//! Filters of Markdown templates.
//!
//! In: texts of any content. Out: texts that can stand in a cell of a table.
//!
//! Invariant: what a text holds changes neither the rows and cells of the table nor the page around it.

#![expect(unreachable_pub, reason = "the attribute makes a public type of a filter")]

/// A text in a cell. What stands between backticks stays code, everything else is shown as it is written.
#[askama::filter_fn]
pub(crate) fn cell(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(escape(&text.to_string()))
}

/// A text as code in a cell; nothing where the text is empty.
#[askama::filter_fn]
pub(crate) fn code(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(as_code(&text.to_string()))
}

/// The place of an entry in a page, for links.
#[askama::filter_fn]
pub(crate) fn anchor(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(place(&text.to_string()))
}

/// A text as code; nothing where it is empty.
pub(super) fn as_code(text: &str) -> String {
    let text = one_line(text).replace('`', "'");
    if text.is_empty() { text } else { format!("`{}`", escape_code(&text)) }
}

/// The name of a place in a page.
pub(super) fn place(text: &str) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    text.chars().map(plain).collect()
}

/// A text in a cell, as [`cell`] gives it.
pub(crate) fn escape(text: &str) -> String {
    let text = one_line(text);
    let parts: Vec<&str> = text.split('`').collect();
    // Only single, paired backticks are code; runs of them would mean something else to Markdown.
    if parts.len().is_multiple_of(2) || text.contains("``") || text.contains("\\`") {
        return escape_plain(&text).replace('`', "\\`");
    }
    let part = |(at, part): (usize, &&str)| {
        if at.is_multiple_of(2) { escape_plain(part) } else { escape_code(part) }
    };
    parts.iter().enumerate().map(part).collect::<Vec<_>>().join("`")
}

fn escape_plain(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('*', "\\*")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('[', "\\[")
        .replace('_', "\\_")
        .replace('~', "\\~")
}

/// Inside of code only the bar has a meaning, that of a cell's end.
fn escape_code(text: &str) -> String {
    text.replace('|', "\\|")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn nothing_ends_a_cell_or_starts_markup() {
        assert_eq!(escape("a | b \\ c\nd"), "a \\| b \\\\ c d");
        assert_eq!(
            escape("<script> *.a and *.b [x](y) &lt;"),
            "&lt;script> \\*.a and \\*.b \\[x](y) &amp;lt;"
        );
        assert_eq!(escape("set `<a|b>*` now"), "set `<a\\|b>*` now");
        assert_eq!(escape("a ` b | <c"), "a \\` b \\| &lt;c");
        assert_eq!(escape("``` <script> `"), "\\`\\`\\` &lt;script> \\`");
        assert_eq!(escape("_a_ ~~b~~"), "\\_a\\_ \\~\\~b\\~\\~");
    }
}
