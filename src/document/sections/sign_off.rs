//! Section: sign-off.
//!
//! In: [`Facts`]. Out: a box for each team, the owner of the site, and the customer.
//!
//! Invariant: every owner of a need signs.

use super::{paragraph, section as section_of};
use crate::document::content::{Block, Section, Signature, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::ours;
use std::collections::BTreeSet;

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    let words = facts.words;
    let mut signatures: Vec<Signature> = Vec::new();
    let teams = Team::ALL.into_iter().filter(|team| facts.team.is_none_or(|own| own == *team));
    signatures.extend(
        teams.map(|team| Signature {
            party: ours(words.title(team.word())),
            statement: ours(words.signs_team),
        }),
    );
    let owners: BTreeSet<&str> = facts.needs().iter().filter_map(|need| need.owner.as_deref()).collect();
    signatures.extend(
        owners
            .into_iter()
            .map(|owner| Signature { party: Text::site(owner), statement: ours(words.signs_owner) }),
    );
    if facts.team.is_none() {
        let site = &facts.input.model.site;
        signatures.extend(
            site.owner
                .as_deref()
                .map(|owner| Signature { party: Text::site(owner), statement: ours(words.signs_site) }),
        );
        let customer = site.customer.as_deref().map_or_else(|| ours(words.customer), Text::site);
        signatures.push(Signature { party: customer, statement: ours(words.signs_customer) });
    }
    let blocks = vec![paragraph(words.sign_intro, &[]), Block::SignOff(signatures)];
    Some(section_of(facts, "sign-off", blocks, words.sign_intro))
}
