//! A site as the sections ask for it.
//!
//! In: an [`Input`]. Out: [`Facts`]: the rows of the matrix, the rules that concern the site, and short questions.
//!
//! Invariant: nothing is worded here.

use super::changes::Changes;
use super::content::Text;
use super::input::{Input, PlatformKind};
use super::rows::{EarlierRow, MatrixRow, rows};
use super::team::Team;
use super::text::{self, Words};
use crate::catalogue::{DeploymentRule, KindClass, RoleKind, RuleTopic};
use crate::model::{DeliveryModel, Need};
use crate::policy::{Party, Platform, PlatformId, RoleId};
use std::collections::BTreeSet;

/// Tiers of kinds that stand for others: somebody's cloud, people's devices, what the customer has anyway.
const FOREIGN_TIERS: [&str; 6] = ["cloud-api", "external", "identity", "network", "client", "data"];

/// Kinds of those tiers that nevertheless belong to the product.
const PRODUCT_KINDS: [&str; 1] = ["citrix-cloud"];

/// What the sections are made of.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// The site.
    pub(crate) input: &'a Input<'a>,
    /// The fixed texts.
    pub(crate) words: &'static Words,
    /// The team that the document is for; `None` for all.
    pub(crate) team: Option<Team>,
    /// Every row of the matrix, whatever the team.
    pub(crate) all_rows: Vec<MatrixRow<'a>>,
    /// What became of the rows since an earlier release, where one is compared with.
    pub(crate) changes: Option<Changes<'a>>,
    /// The rules of the catalogue that concern the site.
    pub(crate) rules: Vec<&'a DeploymentRule>,
    /// The conditions of the catalogue that hold for the site.
    pub(crate) held: BTreeSet<&'a str>,
}

impl<'a> Facts<'a> {
    /// Works out what the sections ask for.
    pub(crate) fn new(input: &'a Input<'a>, team: Option<Team>) -> Self {
        let held = input.review.conditions();
        let rules = input.catalogue.rules().iter();
        let rules = rules.filter(|rule| input.review.concerns(rule, &held)).collect();
        let all_rows = rows(input.policy);
        let changes = input.earlier.map(|earlier| Changes::new(input.policy, &all_rows, earlier.release));
        Self { input, words: text::fixed(), team, all_rows, changes, rules, held }
    }

    /// The rows of the matrix that the document shows.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &MatrixRow<'a>> {
        self.all_rows.iter().filter(|row| self.team.is_none_or(|team| team.has_row(self, row)))
    }

    /// The rows of the earlier release that are gone, as far as the document shows them.
    pub(crate) fn removed(&self) -> impl Iterator<Item = &EarlierRow<'a>> {
        let all = self
            .changes
            .iter()
            .flat_map(move |changes| changes.removed.iter().map(move |row| (changes, row)));
        all.filter(|(changes, row)| self.team.is_none_or(|team| team.had_row(self, changes, row)))
            .map(|(_, row)| row)
    }

    /// The needs that the document shows, by day, those without a day last.
    pub(crate) fn needs(&self) -> Vec<&'a Need> {
        let needs = self.input.model.needs.iter();
        let mut needs: Vec<&Need> =
            needs.filter(|need| self.team.is_none_or(|team| Team::of_need(need) == team)).collect();
        needs.sort_by_key(|need| (need.due.is_none(), need.due));
        needs
    }

    /// The rules of a topic that the document states.
    pub(crate) fn rules_of(&self, topics: &[RuleTopic]) -> Vec<&'a DeploymentRule> {
        let told = self.rules.iter().filter(|rule| rule.topic().is_some_and(|topic| topics.contains(&topic)));
        told.copied().collect()
    }

    /// The rules that are told to the document's team, whatever their topic.
    pub(crate) fn team_rules(&self) -> impl Iterator<Item = &'a DeploymentRule> {
        let is_told = |rule: &DeploymentRule| {
            rule.topic().is_some_and(|topic| self.team.is_none_or(|team| Team::of_topic(topic) == team))
        };
        self.rules.iter().copied().filter(move |rule| is_told(rule))
    }

    pub(crate) fn party(&self, role: RoleId) -> Option<&'a Party> {
        self.input.policy.party(role)
    }

    /// A role's name, as the site's author wrote it.
    pub(crate) fn name(&self, role: RoleId) -> Text {
        Text::site(self.input.policy.name(role))
    }

    pub(crate) fn kind(&self, party: &Party) -> Option<&'a RoleKind> {
        self.input.catalogue.kind(&party.kind)
    }

    pub(crate) fn kind_is(&self, role: RoleId, kind: &str) -> bool {
        self.party(role).is_some_and(|party| party.kind == kind)
    }

    pub(crate) fn is_class(&self, role: RoleId, class: KindClass) -> bool {
        self.party(role).and_then(|party| self.kind(party)).is_some_and(|kind| kind.is(class))
    }

    /// Whether a role is a part of the product, whoever runs it.
    pub(crate) fn is_product(&self, role: RoleId) -> bool {
        self.party(role).is_some_and(|party| self.is_product_kind(&party.kind))
    }

    /// Whether roles of a kind are a part of the product.
    pub(crate) fn is_product_kind(&self, kind: &str) -> bool {
        let is_own =
            |kind: &RoleKind| PRODUCT_KINDS.contains(&kind.name()) || !FOREIGN_TIERS.contains(&kind.tier());
        self.input.catalogue.kind(kind).is_none_or(is_own)
    }

    pub(crate) fn platform(&self, id: PlatformId) -> Option<&'a Platform> {
        self.input.policy.platform(id)
    }

    /// What is known of the kind of a platform.
    pub(crate) fn platform_kind(&self, platform: &Platform) -> Option<&'a PlatformKind> {
        self.input.kinds.iter().find(|kind| kind.kind == platform.kind)
    }

    /// True where a platform's artefacts are requests to people.
    pub(crate) fn is_request(&self, platform: PlatformId) -> bool {
        let kind = self.platform(platform).and_then(|platform| self.platform_kind(platform));
        kind.is_some_and(|kind| kind.is_request)
    }

    /// True where a platform of the site takes rules for the role's end of a flow.
    pub(crate) fn is_guarded_by_platform(&self, role: RoleId) -> bool {
        let enforced = self.party(role).filter(|party| party.enforced);
        enforced.and_then(|party| party.platform).is_some_and(|platform| !self.is_request(platform))
    }

    /// True where Citrix runs the place that a role sits in.
    pub(crate) fn is_run_by_vendor(&self, party: &Party) -> bool {
        let platform = party.platform.and_then(|id| self.platform(id));
        party.managed_by.as_deref() == Some("citrix") || platform.is_some_and(|platform| !platform.written)
    }

    /// True where the vendor runs networks for the customer.
    pub(crate) fn has_managed_network(&self) -> bool {
        matches!(self.input.model.site.delivery_model, Some(DeliveryModel::Flex | DeliveryModel::Managed))
            || self.input.policy.platforms().any(|(_, platform)| !platform.written)
    }
}
