//! The teams that get an extract of their own.
//!
//! In: rows, needs and rules of the catalogue. Out: whose they are.
//!
//! Invariant: every row, need and task is at least one team's.

use super::changes::Changes;
use super::facts::Facts;
use super::rows::{EarlierRow, MatrixRow};
use crate::catalogue::{KindClass, RuleTopic};
use crate::diff::release::Party as EarlierParty;
use crate::model::Need;
use crate::policy::RoleId;

/// A team on the customer's side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Team {
    /// Networks and firewalls.
    Firewall,
    /// Directory, names, time, certificates.
    Directory,
    /// Cloud and hypervisor platforms.
    Cloud,
    /// Ways out to named destinations.
    Proxy,
    /// The product itself.
    Citrix,
}

/// The kind of a proxy.
const PROXY: &str = "proxy";

/// Kinds of roles that answer for names, time and certificates beside the directory.
const DIRECTORY_KINDS: [&str; 4] = ["dns-server", "ntp-server", "certificate-authority", "entra-id"];

/// Words of a need's kind, with the team that provides such things and the part of the document that lists them.
const NEED_KINDS: &[(&str, Team, RuleTopic)] = &[
    ("account", Team::Directory, RuleTopic::Accounts),
    ("group", Team::Directory, RuleTopic::Directory),
    ("gpo", Team::Directory, RuleTopic::Directory),
    ("policy", Team::Directory, RuleTopic::Directory),
    ("ou", Team::Directory, RuleTopic::Directory),
    ("dns", Team::Directory, RuleTopic::Directory),
    ("ntp", Team::Directory, RuleTopic::Directory),
    ("time", Team::Directory, RuleTopic::Directory),
    ("directory", Team::Directory, RuleTopic::Directory),
    ("certificate", Team::Directory, RuleTopic::Certificates),
    ("pki", Team::Directory, RuleTopic::Certificates),
    ("proxy", Team::Proxy, RuleTopic::Names),
    ("endpoint", Team::Cloud, RuleTopic::Platform),
    ("subscription", Team::Cloud, RuleTopic::Platform),
    ("quota", Team::Cloud, RuleTopic::Platform),
    ("permission", Team::Cloud, RuleTopic::Accounts),
    ("image", Team::Cloud, RuleTopic::Platform),
    ("category", Team::Cloud, RuleTopic::Platform),
    ("tag", Team::Cloud, RuleTopic::Platform),
    ("address", Team::Firewall, RuleTopic::Network),
    ("network", Team::Firewall, RuleTopic::Network),
    ("subnet", Team::Firewall, RuleTopic::Network),
    ("segment", Team::Firewall, RuleTopic::Network),
    ("vlan", Team::Firewall, RuleTopic::Network),
    ("route", Team::Firewall, RuleTopic::Network),
    ("routing", Team::Firewall, RuleTopic::Network),
    ("peering", Team::Firewall, RuleTopic::Network),
    ("vpn", Team::Firewall, RuleTopic::Network),
    ("firewall", Team::Firewall, RuleTopic::Flows),
    ("setting", Team::Citrix, RuleTopic::Product),
    ("consent", Team::Citrix, RuleTopic::Responsibility),
    ("licence", Team::Citrix, RuleTopic::Product),
    ("license", Team::Citrix, RuleTopic::Product),
    ("decision", Team::Citrix, RuleTopic::Risk),
];

/// Words in the name of an owner, by the team that it then is.
const OWNER_WORDS: &[(&str, Team)] = &[
    ("directory", Team::Directory),
    ("identity", Team::Directory),
    ("pki", Team::Directory),
    ("cloud", Team::Cloud),
    ("platform", Team::Cloud),
    ("proxy", Team::Proxy),
    ("firewall", Team::Firewall),
    ("network", Team::Firewall),
    ("citrix", Team::Citrix),
];

impl Team {
    /// Every team, in the order in which a deployment needs them.
    pub const ALL: [Self; 5] = [Self::Firewall, Self::Directory, Self::Cloud, Self::Proxy, Self::Citrix];

    /// The word that is typed for it, and its id in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Firewall => "firewall",
            Self::Directory => "directory",
            Self::Cloud => "cloud",
            Self::Proxy => "proxy",
            Self::Citrix => "citrix",
        }
    }

    /// The team of a word. `None` where there is none.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|team| team.word() == word)
    }

    /// The team that provides what a site needs: whom the owner's name says, where the kind is an account, which several
    /// teams make; else whom the kind says; else the owner; else the product's team, which coordinates.
    pub(crate) fn of_need(need: &Need) -> Self {
        let owner = need.owner.as_deref().unwrap_or_default().to_lowercase();
        let by_owner = OWNER_WORDS.iter().find(|(word, _)| owner.contains(word)).map(|(_, team)| *team);
        let kind = need.kind.to_lowercase();
        let by_kind = NEED_KINDS.iter().find(|(word, ..)| *word == kind).map(|(_, team, _)| *team);
        let is_made_by_several = ["account", "group", "setting", "policy"].contains(&kind.as_str());
        let first = if is_made_by_several { by_owner.or(by_kind) } else { by_kind.or(by_owner) };
        first.unwrap_or(Self::Citrix)
    }

    /// The part of the document that lists what a site needs.
    pub(crate) fn topic_of(need: &Need) -> RuleTopic {
        let kind = need.kind.to_lowercase();
        let known = NEED_KINDS.iter().find(|(word, ..)| *word == kind);
        known.map_or(RuleTopic::Product, |(.., topic)| *topic)
    }

    /// The team that a topic of the catalogue's rules is told to.
    pub(crate) fn of_topic(topic: RuleTopic) -> Self {
        match topic {
            RuleTopic::Network | RuleTopic::Flows => Self::Firewall,
            RuleTopic::Directory | RuleTopic::Certificates => Self::Directory,
            RuleTopic::Platform | RuleTopic::Accounts => Self::Cloud,
            RuleTopic::Names => Self::Proxy,
            RuleTopic::Responsibility | RuleTopic::Product | RuleTopic::Risk => Self::Citrix,
        }
    }

    /// Whether a row of the matrix is this team's.
    pub(crate) fn has_row(self, facts: &Facts<'_>, row: &MatrixRow<'_>) -> bool {
        let is = |pick: &dyn Fn(RoleId) -> bool| pick(row.from) || pick(row.to);
        match self {
            Self::Firewall => crosses_a_network(facts, row),
            Self::Directory => is(&|role| is_directory(facts, role)),
            Self::Cloud => is(&|role| facts.is_guarded_by_platform(role)),
            Self::Proxy => is(&|role| facts.kind_is(role, PROXY)),
            Self::Citrix => is(&|role| facts.is_product(role)),
        }
    }

    /// Whether a row of an earlier release was this team's.
    pub(crate) fn had_row(self, facts: &Facts<'_>, changes: &Changes<'_>, row: &EarlierRow<'_>) -> bool {
        let ends = [row.from, row.to].map(|role| changes.party(role));
        let is = |pick: &dyn Fn(&EarlierParty) -> bool| ends.iter().flatten().any(|party| pick(party));
        let is_request = |name: &str| {
            let platform = changes.release.platforms.iter().find(|platform| platform.name == name);
            let kind = |platform: &str| facts.input.kinds.iter().find(|known| known.kind == platform);
            platform.and_then(|platform| kind(&platform.kind)).is_some_and(|kind| kind.is_request)
        };
        match self {
            Self::Firewall => {
                let [from, to] = ends.map(|party| party.and_then(|party| party.platform.as_deref()));
                from.is_none() || from != to || from.is_some_and(is_request)
            }
            Self::Directory => is(&|party| {
                let kind = facts.input.catalogue.kind(&party.kind);
                DIRECTORY_KINDS.contains(&party.kind.as_str())
                    || kind.is_some_and(|kind| kind.is(KindClass::Directory))
            }),
            Self::Cloud => is(&|party| party.platform.as_deref().is_some_and(|name| !is_request(name))),
            Self::Proxy => is(&|party| party.kind == PROXY),
            Self::Citrix => is(&|party| facts.is_product_kind(&party.kind)),
        }
    }
}

/// True where packets leave one place for another: something else than the two ends' own platform lies between.
fn crosses_a_network(facts: &Facts<'_>, row: &MatrixRow<'_>) -> bool {
    let place = |role| facts.party(role).and_then(|party| party.platform);
    let (from, to) = (place(row.from), place(row.to));
    from.is_none() || from != to || from.is_some_and(|platform| facts.is_request(platform))
}

fn is_directory(facts: &Facts<'_>, role: RoleId) -> bool {
    facts.is_class(role, KindClass::Directory)
        || facts.party(role).is_some_and(|party| DIRECTORY_KINDS.contains(&party.kind.as_str()))
}
