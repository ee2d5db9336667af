//! The teams that get an extract of their own.
//!
//! In: rows, needs and rules of the catalogue. Out: whose they are.
//!
//! Invariant: every row, need and task is at least one team's.

use super::facts::Facts;
use super::rows::MatrixRow;
use crate::catalogue::{KindClass, RuleTopic};
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

/// Words of a need's kind, by the team that provides such things.
const NEED_KINDS: &[(&str, Team)] = &[
    ("account", Team::Directory),
    ("group", Team::Directory),
    ("gpo", Team::Directory),
    ("policy", Team::Directory),
    ("ou", Team::Directory),
    ("dns", Team::Directory),
    ("ntp", Team::Directory),
    ("time", Team::Directory),
    ("directory", Team::Directory),
    ("certificate", Team::Directory),
    ("pki", Team::Directory),
    ("proxy", Team::Proxy),
    ("endpoint", Team::Cloud),
    ("subscription", Team::Cloud),
    ("quota", Team::Cloud),
    ("permission", Team::Cloud),
    ("image", Team::Cloud),
    ("category", Team::Cloud),
    ("tag", Team::Cloud),
    ("address", Team::Firewall),
    ("network", Team::Firewall),
    ("subnet", Team::Firewall),
    ("segment", Team::Firewall),
    ("vlan", Team::Firewall),
    ("route", Team::Firewall),
    ("routing", Team::Firewall),
    ("peering", Team::Firewall),
    ("vpn", Team::Firewall),
    ("firewall", Team::Firewall),
    ("setting", Team::Citrix),
    ("consent", Team::Citrix),
    ("licence", Team::Citrix),
    ("license", Team::Citrix),
    ("decision", Team::Citrix),
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
        let by_kind = NEED_KINDS.iter().find(|(word, _)| *word == kind).map(|(_, team)| *team);
        let is_made_by_several = ["account", "group", "setting", "policy"].contains(&kind.as_str());
        let first = if is_made_by_several { by_owner.or(by_kind) } else { by_kind.or(by_owner) };
        first.unwrap_or(Self::Citrix)
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
