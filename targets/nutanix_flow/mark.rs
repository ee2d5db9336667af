//! The mark of segc on policies and address groups: the end of their descriptions.
//!
//! In: what a thing is, and the site; or a description that is deployed. Out: the description; or the site for which segc
//! wrote it.
//!
//! Invariant: what a thing is gets cut before the mark does, so that the mark of a site is the same on all of its things.

use super::limits::POLICY_DESCRIPTION;
use crate::target::text;

const MARK: &str = "Written by segc for site ";

/// What is written for a site.
pub(super) fn description(what: &str, site: &str) -> String {
    let mark = format!("{MARK}{}", marked(site));
    let what = text::clean(what, POLICY_DESCRIPTION.allowed);
    let room = POLICY_DESCRIPTION.length.saturating_sub(mark.chars().count() + 2);
    let what: String = what.chars().take(room).collect();
    if what.is_empty() { mark } else { format!("{what}. {mark}") }
}

/// A site as the mark has it.
fn marked(site: &str) -> String {
    let room = POLICY_DESCRIPTION.length.saturating_sub(MARK.len());
    text::clean(site, POLICY_DESCRIPTION.allowed).chars().take(room).collect()
}

/// A site as [`site_of`] gives it.
pub(super) fn known_as(site: &str) -> String {
    marked(site).to_lowercase()
}

/// The site for which segc wrote something, in lower case.
pub(super) fn site_of(description: &str) -> Option<String> {
    description.rsplit_once(MARK).map(|(_, site)| site.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_read_back_however_long_the_rest_is() {
        for (what, site) in [
            ("Tier Web: web", "acme"),
            (&*"role ".repeat(400), "Köln / West"),
            ("x", &*"long ".repeat(400)),
            ("", "a"),
        ] {
            let text = description(what, site);
            assert!(text.chars().count() <= POLICY_DESCRIPTION.length, "{text}");
            assert_eq!(site_of(&text), Some(known_as(site)), "{text}");
        }
        assert_eq!(site_of("somebody's policy"), None);
    }
}
