//! The answer as a comment on a pull request.
//!
//! In: an [`Answer`]. Out: Markdown: a line that says it all, every change in a line, the rest behind a click.
//!
//! Invariant: the comment fits where it goes. What is left out for that is counted, a change last of all.
//! Invariant: what a site's text holds stays text: no markup, no mention of a person, no link, no reference.

use super::answer::{Answer, JsonChange, JsonFlow, JsonMove, JsonRule};
use askama::Template;

/// Most bytes of a comment; GitHub takes 65 536 characters.
/// Source: GitHub REST API, issue comments, error "body is too long (maximum is 65536 characters)", read 2026-11-28.
const MOST_BYTES: usize = 60_000;

/// Most addresses in a cell; the others are counted.
const MOST_ADDRESSES: usize = 6;

/// How many flows, rules and changes are shown, in the order in which it is tried to fit.
const SHOWN: [Shown; 5] = [
    Shown { flows: 1000, rules: 1000, changes: 1000 },
    Shown { flows: 150, rules: 50, changes: 1000 },
    Shown { flows: 30, rules: 0, changes: 200 },
    Shown { flows: 0, rules: 0, changes: 60 },
    Shown { flows: 0, rules: 0, changes: 0 },
];

#[derive(Debug, Clone, Copy)]
struct Shown {
    flows: usize,
    rules: usize,
    changes: usize,
}

#[derive(Template)]
#[template(path = "diff.md", escape = "none", config = "src/cli/askama.toml")]
struct Comment<'a> {
    answer: &'a Answer<'a>,
    shown: Shown,
}

/// Writes the comment. Writing to memory can't fail.
pub(super) fn render(answer: &Answer<'_>) -> String {
    let mut text = String::new();
    for shown in SHOWN {
        text = Comment { answer, shown }.render().unwrap_or_default();
        if text.len() <= MOST_BYTES {
            break;
        }
    }
    text
}

impl<'a> Comment<'a> {
    fn changes(&self) -> impl Iterator<Item = &'a JsonChange<'a>> {
        self.answer.changes.iter().take(self.shown.changes)
    }

    /// The flows with the numbers of their changes.
    fn all_flows(&self) -> impl Iterator<Item = (usize, &'a JsonFlow<'a>)> {
        let changes = self.answer.changes.iter().enumerate();
        changes.flat_map(|(at, change)| change.rows_that_differ().map(move |flow| (at + 1, flow)))
    }

    fn flows(&self) -> impl Iterator<Item = (usize, &'a JsonFlow<'a>)> {
        self.all_flows().take(self.shown.flows)
    }

    /// The rows that are enforced in another place, with the numbers of their changes.
    fn all_moves(&self) -> impl Iterator<Item = (usize, &'a JsonMove<'a>)> {
        let changes = self.answer.changes.iter().enumerate();
        changes.flat_map(|(at, change)| change.moves.iter().map(move |one| (at + 1, one)))
    }

    fn moves(&self) -> impl Iterator<Item = (usize, &'a JsonMove<'a>)> {
        self.all_moves().take(self.shown.flows)
    }

    /// The rules as one spelling of each platform has them; the other spellings say the same.
    fn all_rules(&self) -> impl Iterator<Item = &'a JsonRule<'a>> {
        self.answer.rules.iter().filter(|rule| rule.main)
    }

    fn rules(&self) -> impl Iterator<Item = &'a JsonRule<'a>> {
        self.all_rules().take(self.shown.rules)
    }

    fn left_out(&self) -> Vec<String> {
        let counts = [
            ("changes", self.answer.changes.len(), self.changes().count()),
            ("flows", self.all_flows().count(), self.flows().count()),
            ("moved rows", self.all_moves().count(), self.moves().count()),
            ("rules", self.all_rules().count(), self.rules().count()),
        ];
        let left_out = counts.into_iter().filter(|(_, all, shown)| all > shown);
        left_out.map(|(what, all, shown)| format!("{} of {all} {what}", all - shown)).collect()
    }
}

/// Some addresses, and how many more.
fn addresses(all: &[String]) -> String {
    let shown = all.iter().take(MOST_ADDRESSES).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(MOST_ADDRESSES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Filters of the template.
mod filters {
    #![expect(unreachable_pub, reason = "the attribute makes a public type of a filter")]

    use crate::cli::visible::visible;
    use crate::reference::filters::escape;

    /// Joins words, is not seen, and ends what GitHub and GitLab take for a mention, reference or link.
    const JOINER: char = '\u{2060}';

    /// A text in a cell or line.
    #[askama::filter_fn]
    pub(super) fn plain(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
        Ok(calm(&escape(&visible(&text.to_string()))))
    }

    /// A text without anything that a forge acts upon.
    pub(super) fn calm(text: &str) -> String {
        let mut calm = String::with_capacity(text.len());
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            calm.push(letter);
            let next = letters.peek().copied().unwrap_or(' ');
            let acts = match letter {
                '@' => next.is_alphanumeric(),
                '#' | '$' | '%' | '&' | '!' => next.is_ascii_digit(),
                // Not the one of `fd00::/64`.
                ':' => letters.clone().take(2).eq(['/', '/']),
                _ => calm.ends_with("www.") || calm.ends_with("GH-"),
            };
            if acts {
                calm.push(JOINER);
            }
        }
        calm
    }
}

#[cfg(test)]
mod tests {
    use super::filters::calm;

    #[test]
    fn nothing_is_a_mention_a_reference_or_a_link() {
        assert_eq!(calm("@all, a@b"), "@\u{2060}all, a@\u{2060}b");
        assert_eq!(calm("see #12, GH-7, !3"), "see #\u{2060}12, GH-\u{2060}7, !\u{2060}3");
        assert_eq!(calm("https://x www.x"), "https:\u{2060}//x www.\u{2060}x");
        assert_eq!(calm("fd00::/64"), "fd00::/64");
        assert_eq!(calm("tcp/443 at 10:30 & 2"), "tcp/443 at 10:30 & 2");
    }
}
