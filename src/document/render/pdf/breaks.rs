//! Places where long words may be broken, which the typesetter wouldn't find by itself.
//!
//! In: words. Out: words with zero-width spaces where a line may end.
//!
//! Invariant: nothing else is changed; words that fit are left alone.

/// Where a line may end: it takes no width.
const BREAK: char = '\u{200b}';

/// Lets words that are longer than some letters be broken: behind separators, and wherever a line would be full.
pub(super) fn breakable(words: &str, letters: usize) -> String {
    let letters = letters.max(2);
    let mut out = String::with_capacity(words.len());
    let mut word = String::new();
    for letter in words.chars() {
        if letter.is_whitespace() {
            push_word(&mut out, &word, letters);
            word.clear();
            out.push(letter);
        } else {
            word.push(letter);
        }
    }
    push_word(&mut out, &word, letters);
    out
}

fn push_word(out: &mut String, word: &str, letters: usize) {
    if word.chars().count() <= letters {
        out.push_str(word);
        return;
    }
    let mut run = 0;
    let mut rest = word.chars().peekable();
    while let Some(letter) = rest.next() {
        out.push(letter);
        run += 1;
        let Some(next) = rest.peek() else { break };
        // What joins pictograms or combines with a letter stays with it.
        let joined = letter == '\u{200d}'
            || matches!(*next, '\u{200d}' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
        if !joined && (run >= letters || (run > 2 && is_separator(letter))) {
            out.push(BREAK);
            run = 0;
        }
    }
}

fn is_separator(letter: char) -> bool {
    matches!(letter, '.' | ':' | '/' | '-' | '_' | ',' | ';' | '@' | '=' | '&' | '?')
}

#[cfg(test)]
mod tests {
    use super::breakable;

    #[test]
    fn words_that_fit_stay() {
        assert_eq!(breakable("a few short words\nand lines", 8), "a few short words\nand lines");
    }

    #[test]
    fn long_words_break_behind_separators_or_where_the_line_is_full() {
        assert_eq!(breakable("region.console.example", 10), "region.\u{200b}console.\u{200b}example");
        assert_eq!(breakable(&"x".repeat(25), 10), format!("{0}\u{200b}{0}\u{200b}xxxxx", "x".repeat(10)));
        assert_eq!(breakable("👩\u{200d}💻👩\u{200d}💻", 2), "👩\u{200d}💻\u{200b}👩\u{200d}💻");
    }
}
