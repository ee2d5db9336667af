//! Typed entries beside flows: permissions, prerequisites, applications, deployment rules.
//!
//! In: checked values from `load`. Out: entries with read access only.
//!
//! Invariant: every entry has an id, and what it refers to exists.

use serde::{Deserialize, Serialize};

use super::access::{lists, optional_texts, texts, values};
use super::text::Text;
use super::value::{Need, Source};

/// A named group of permissions, granted together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct PermissionSet {
    pub(super) name: Text,
    pub(super) what: Text,
    pub(super) platform: Text,
    pub(super) when: Vec<Text>,
    pub(super) permissions: Vec<Text>,
    pub(super) sources: Vec<Source>,
}

impl PermissionSet {
    texts! {
        /// Name that permissions refer to.
        name,
        /// One line: what the group is for.
        what,
        /// Platform that grants it, for example `azure`.
        platform,
    }
    lists! {
        /// Conditions that must all hold for a document to list the group; empty where only people can choose it.
        when: Text,
        /// Permission names of the platform that the source gives as one list; may be empty.
        permissions: Text,
        /// Where it was read; may be empty.
        sources: Source,
    }
}

/// One permission of a cloud or hypervisor account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Permission {
    pub(super) id: Text,
    pub(super) platform: Text,
    pub(super) permission: Text,
    pub(super) what: Text,
    pub(super) stage: Text,
    pub(super) need: Need,
    pub(super) set: Text,
    pub(super) resource: Option<Text>,
    pub(super) condition: Option<Text>,
    pub(super) scope: Option<Text>,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl Permission {
    texts! {
        /// Id, never changed or reused.
        id,
        /// Platform that grants it.
        platform,
        /// Its name on the platform.
        permission,
        /// One line: what it is used for.
        what,
        /// When it is used, for example `connection` or `cleanup`.
        stage,
        /// The group that it belongs to.
        set,
    }
    optional_texts! {
        /// What it is granted on.
        resource,
        /// When it is needed, in plain words.
        condition,
        /// How far it reaches.
        scope,
    }
    lists! {
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// How much it is needed.
        need: Need,
        /// False where no document that was read confirms it.
        verified: bool,
    }
}

/// A prerequisite that is neither a flow nor a permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Prerequisite {
    pub(super) id: Text,
    pub(super) platform: Text,
    pub(super) what: Text,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl Prerequisite {
    texts! {
        /// Id, never changed or reused.
        id,
        /// Platform that it concerns.
        platform,
        /// One sentence: what must be so.
        what,
    }
    lists! {
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// False where no document that was read confirms it.
        verified: bool,
    }
}

/// An enterprise application that the vendor registers in a customer's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Application {
    pub(super) id: Text,
    pub(super) application_id: Text,
    pub(super) what: Text,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl Application {
    texts! {
        /// Id, never changed or reused.
        id,
        /// The application's id in the directory.
        application_id,
        /// One line: what it is for.
        what,
    }
    lists! {
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// False where no document that was read confirms it.
        verified: bool,
    }
}

/// A rule about deployments that a compiler can check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct DeploymentRule {
    pub(super) id: Text,
    pub(super) area: Text,
    pub(super) severity: RuleSeverity,
    pub(super) statement: Text,
    pub(super) check: Text,
    pub(super) kept_by: Vec<Text>,
    pub(super) topic: Option<RuleTopic>,
    pub(super) platforms: Vec<Text>,
    pub(super) when: Vec<Text>,
    pub(super) flows: Vec<Text>,
    pub(super) without_rule: Option<Consequence>,
    pub(super) note: Option<Text>,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl DeploymentRule {
    texts! {
        /// Id, never changed or reused.
        id,
        /// Product area.
        area,
        /// The rule in one sentence.
        statement,
        /// How a compiler can tell whether it is kept.
        check,
    }
    optional_texts! {
        /// A remark.
        note,
    }
    lists! {
        /// Who sees to it: codes of `segc check` and `segc compile`, `design` where segc can't break it, `document`
        /// where the customer's document does it, `confirm` where people must look.
        kept_by: Text,
        /// Platforms that it concerns; empty means all.
        platforms: Text,
        /// Conditions that must all hold.
        when: Text,
        /// Ids of the flows that it speaks of.
        flows: Text,
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// How much it weighs.
        severity: RuleSeverity,
        /// The part of the prerequisite document that states it; `None` where the customer has nothing to do with it.
        topic: Option<RuleTopic>,
        /// False where no document that was read confirms it.
        verified: bool,
    }

    /// What is seen when the rule is not kept, where known.
    pub fn without_rule(&self) -> Option<&Consequence> {
        self.without_rule.as_ref()
    }
}

/// The part of the prerequisite document that states a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleTopic {
    /// Segments and routes.
    Network,
    /// Rows of the firewall matrix.
    Flows,
    /// Names to allow, and proxies.
    Names,
    /// Names of the customer's own, time, directory.
    Directory,
    /// Accounts and permissions.
    Accounts,
    /// Subscriptions, endpoints, quotas.
    Platform,
    /// Certificates.
    Certificates,
    /// Who does and who answers for what.
    Responsibility,
    /// Settings of the product.
    Product,
    /// Risks.
    Risk,
}

/// Weight of a deployment rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleSeverity {
    /// A reviewer should look.
    Warning,
    /// The deployment does not work or must not be.
    Error,
}

impl RuleSeverity {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is seen when a deployment rule is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Consequence {
    /// What is seen.
    pub text: Text,
    /// True where the text is the product's own message.
    pub quoted: bool,
}
