//! What to do with an artefact: the notes of its target, with the blanks filled in.
//!
//! In: a target's README and the values of one compile. Out: the section for one spelling, commands between fences, so that
//! they can be copied as they are.
//!
//! Invariant: the README is the only source of these texts, so it and what is printed can't disagree; a value is quoted for
//! a shell before it gets here, or by [`quoted`].

/// The heading of the part of a README that has a section for each spelling.
const HEADING: &str = "## Next steps";

/// The section of a spelling, without its heading.
pub fn section(notes: &str, spelling: &str) -> Option<String> {
    let part = notes.split_once(&format!("\n{HEADING}\n"))?.1;
    let part = part.split("\n## ").next()?;
    let heading = format!("`{spelling}`");
    let section = part.split("\n### ").skip(1).find(|section| section.starts_with(&heading))?;
    Some(section.split_once('\n').map_or("", |(_, body)| body).trim().to_owned())
}

/// A section with values in the place of its blanks, such as `{FILE}`.
pub fn filled(section: &str, blanks: &[(&str, String)]) -> String {
    let mut text = String::with_capacity(section.len());
    let mut rest = section;
    // One pass, so that nothing in a value is taken for a blank.
    while let Some((before, behind)) = rest.split_once('{') {
        text.push_str(before);
        let blank = blanks.iter().find_map(|(name, value)| {
            let after = behind.strip_prefix(name)?.strip_prefix('}')?;
            Some((value, after))
        });
        match blank {
            Some((value, after)) => {
                text.push_str(value);
                rest = after;
            }
            None => {
                text.push('{');
                rest = behind;
            }
        }
    }
    text + rest
}

/// A word that every POSIX shell takes as it is.
///
/// Source: POSIX.1-2017, Shell Command Language, section 2.2.2 "Single-Quotes".
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:=@%+,-".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: &str = "# T\n\n## Next steps\n\n### `arm`\n\nApply:\n\n```\ndo {FILE} {X}\n```\n\n### `v4`\n\nno\n\n## Facts\n\n### `csv`\n\nno\n";

    #[test]
    fn sections_end_with_the_next_heading_and_blanks_are_filled_once() {
        let arm = section(NOTES, "arm").unwrap();
        assert_eq!(arm, "Apply:\n\n```\ndo {FILE} {X}\n```");
        assert_eq!(section(NOTES, "csv"), None);
        let blanks = [("FILE", "{X}".to_owned()), ("X", "y".to_owned())];
        assert_eq!(filled(&arm, &blanks), "Apply:\n\n```\ndo {X} y\n```");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("out/gov"), "out/gov");
        assert_eq!(quoted("it's $HOME"), "'it'\\''s $HOME'");
        assert_eq!(quoted("-o"), "'-o'");
        assert_eq!(quoted(""), "''");
    }
}
