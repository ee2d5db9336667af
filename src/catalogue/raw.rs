//! The YAML shapes of the catalogue, one struct for each kind of entry.
//!
//! In: text of a catalogue file. Out: [`RawFile`], not yet checked against other files.
//!
//! Invariant: every struct refuses unknown keys, and none uses `flatten` or `untagged`, so an error has its place.
//! Invariant: one shape for every file; which lists a file holds is its author's choice.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::intent::{End, Side};
use super::record::{RuleSeverity, RuleTopic};
use super::value::{Direction, Encryption, KindClass, Need, Sensitivity, Transport};

/// The value of `schema` in every catalogue file.
pub(super) const SCHEMA: &str = "segc-catalogue/1";

/// One catalogue file.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawFile {
    /// Must be [`SCHEMA`].
    pub(super) schema: String,
    /// What every name that the file declares begins with; only in a customer's own file.
    #[serde(default)]
    pub(super) namespace: Option<String>,
    /// Editions, oldest first.
    #[serde(default)]
    pub(super) releases: Vec<RawRelease>,
    /// Role kinds.
    #[serde(default)]
    pub(super) kinds: Vec<RawKind>,
    /// Conditions that `when` lists name.
    #[serde(default)]
    pub(super) conditions: Vec<RawCondition>,
    /// Pairs of conditions that can't hold together.
    #[serde(default)]
    pub(super) exclusive: Vec<[String; 2]>,
    /// Pairs of conditions of which the first brings the second.
    #[serde(default)]
    pub(super) implies: Vec<[String; 2]>,
    /// Flows.
    #[serde(default)]
    pub(super) flows: Vec<RawFlow>,
    /// Intents.
    #[serde(default)]
    pub(super) intents: Vec<RawIntent>,
    /// Names that must be reachable.
    #[serde(default)]
    pub(super) names: Vec<RawName>,
    /// Named groups of permissions.
    #[serde(default)]
    pub(super) permission_sets: Vec<RawPermissionSet>,
    /// Permissions of cloud and hypervisor accounts.
    #[serde(default)]
    pub(super) permissions: Vec<RawPermission>,
    /// Prerequisites that are neither a flow nor a permission.
    #[serde(default)]
    pub(super) prerequisites: Vec<RawPrerequisite>,
    /// Enterprise applications of the vendor.
    #[serde(default)]
    pub(super) applications: Vec<RawApplication>,
    /// Rules about deployments.
    #[serde(default)]
    pub(super) rules: Vec<RawRule>,
    /// Sequences of calls.
    #[serde(default)]
    pub(super) sequences: Vec<RawSequence>,
}

/// An edition of the port lists.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawRelease {
    pub(super) release: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) note: Option<String>,
}

/// A kind of role.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawKind {
    pub(super) kind: String,
    pub(super) title: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) what: String,
    pub(super) tier: String,
    #[serde(default)]
    pub(super) classes: Vec<KindClass>,
    #[serde(default)]
    pub(super) domain_member: bool,
    pub(super) citrix_managed: RawManaged,
    #[serde(default)]
    pub(super) provisioned: bool,
    #[serde(default)]
    pub(super) attributes: Vec<String>,
    #[serde(default)]
    pub(super) members: Vec<String>,
    #[serde(default)]
    pub(super) like: Option<String>,
    #[serde(default)]
    pub(super) note: Option<String>,
    #[serde(default = "yes")]
    pub(super) verified: bool,
}

/// Who runs a role in the two cloud offers: `citrix`, `customer` or `n/a`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawManaged {
    pub(super) daas: String,
    pub(super) daas_flex: String,
}

/// A condition.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawCondition {
    pub(super) condition: String,
    pub(super) text: String,
    pub(super) group: String,
    #[serde(default)]
    pub(super) never_selected: bool,
}

/// A flow: who opens a connection to whom, on what, and why.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawFlow {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) transport: Transport,
    #[serde(default)]
    pub(super) ports: Vec<RawPorts>,
    #[serde(default)]
    pub(super) source_ports: Vec<RawPorts>,
    #[serde(default)]
    pub(super) icmp_type: Option<RawPorts>,
    #[serde(default)]
    pub(super) icmp_code: Option<u8>,
    #[serde(default)]
    pub(super) direction: Direction,
    pub(super) service: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) need: Need,
    #[serde(default)]
    pub(super) when: Vec<String>,
    #[serde(default)]
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) encryption: Option<Encryption>,
    #[serde(default)]
    pub(super) sensitivity: Option<Sensitivity>,
    pub(super) area: String,
    #[serde(default)]
    pub(super) since: Option<String>,
    #[serde(default)]
    pub(super) until: Option<String>,
    #[serde(default)]
    pub(super) paired_with: Option<String>,
    #[serde(default)]
    pub(super) dynamic: bool,
    #[serde(default)]
    pub(super) local_only: bool,
    #[serde(default)]
    pub(super) port_parameter: Option<String>,
    #[serde(default)]
    pub(super) fqdn: Option<String>,
    #[serde(default)]
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) changes: Vec<RawChange>,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// An intent: a need by name, and the flows that meet it.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawIntent {
    pub(super) intent: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) left: Vec<String>,
    pub(super) right: Vec<String>,
    #[serde(default)]
    pub(super) via: Vec<String>,
    #[serde(default)]
    pub(super) options: Pairs<RawOption>,
    pub(super) flows: Vec<RawRow>,
    #[serde(default)]
    pub(super) note: Option<String>,
}

/// An option of an intent: one of some words, or a port.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawOption {
    #[serde(default)]
    pub(super) values: Vec<String>,
    #[serde(default)]
    pub(super) default: Option<String>,
    #[serde(default)]
    pub(super) selects: Pairs<OneOrMany>,
    #[serde(default)]
    pub(super) port: bool,
    pub(super) what: String,
}

/// One line of an intent's flows.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawRow {
    pub(super) flow: String,
    pub(super) from: Side,
    pub(super) to: Side,
    #[serde(default)]
    pub(super) from_kinds: Vec<String>,
    #[serde(default)]
    pub(super) to_kinds: Vec<String>,
    #[serde(default)]
    pub(super) to_service: Vec<String>,
    #[serde(default)]
    pub(super) to_service_except: Vec<String>,
    #[serde(default)]
    pub(super) ports: Vec<RawPorts>,
    #[serde(default)]
    pub(super) port_from: Option<RawPortFrom>,
    #[serde(default)]
    pub(super) when: Pairs<OneOrMany>,
    #[serde(default)]
    pub(super) when_absent: Vec<String>,
    #[serde(default)]
    pub(super) direct_only: bool,
    #[serde(default)]
    pub(super) warn: Option<RawWarning>,
}

/// Where a row takes its port from: `{ option: NAME }` or `{ role: from|to, attribute: port }`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPortFrom {
    #[serde(default)]
    pub(super) option: Option<String>,
    #[serde(default)]
    pub(super) role: Option<End>,
    #[serde(default)]
    pub(super) attribute: Option<String>,
}

/// A name that a role must reach.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawName {
    pub(super) id: String,
    pub(super) from: String,
    #[serde(default)]
    pub(super) to: Option<String>,
    pub(super) fqdn: String,
    pub(super) transport: Transport,
    pub(super) ports: Vec<RawPorts>,
    pub(super) what: String,
    pub(super) need: Need,
    #[serde(default)]
    pub(super) when: Vec<String>,
    pub(super) edition: String,
    #[serde(default)]
    pub(super) wildcard: bool,
    #[serde(default)]
    pub(super) template: Vec<String>,
    #[serde(default)]
    pub(super) tls_interception: Option<String>,
    #[serde(default)]
    pub(super) azure_service_tag: Option<String>,
    #[serde(default)]
    pub(super) aws_endpoint: Option<String>,
    #[serde(default)]
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// A named group of permissions.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPermissionSet {
    pub(super) set: String,
    pub(super) what: String,
    pub(super) platform: String,
    #[serde(default)]
    pub(super) when: Vec<String>,
    #[serde(default)]
    pub(super) permissions: Vec<String>,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
}

/// One permission of a cloud or hypervisor account.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPermission {
    pub(super) id: String,
    pub(super) platform: String,
    pub(super) permission: String,
    pub(super) what: String,
    pub(super) stage: String,
    pub(super) need: Need,
    pub(super) set: String,
    #[serde(default)]
    pub(super) resource: Option<String>,
    #[serde(default)]
    pub(super) condition: Option<String>,
    #[serde(default)]
    pub(super) scope: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// A prerequisite that is neither a flow nor a permission.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawPrerequisite {
    pub(super) id: String,
    pub(super) platform: String,
    pub(super) what: String,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// An enterprise application of the vendor.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawApplication {
    pub(super) id: String,
    pub(super) application_id: String,
    pub(super) what: String,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// A rule about deployments that a compiler can check.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawRule {
    pub(super) id: String,
    pub(super) area: String,
    pub(super) severity: RuleSeverity,
    pub(super) statement: String,
    pub(super) check: String,
    pub(super) kept_by: Vec<String>,
    #[serde(default)]
    pub(super) topic: Option<RuleTopic>,
    #[serde(default)]
    pub(super) platforms: Vec<String>,
    #[serde(default)]
    pub(super) when: Vec<String>,
    #[serde(default)]
    pub(super) flows: Vec<String>,
    #[serde(default)]
    pub(super) without_rule: Option<RawConsequence>,
    #[serde(default)]
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// A sequence of calls.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawSequence {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) what: String,
    pub(super) home: String,
    pub(super) participants: Vec<RawParticipant>,
    pub(super) steps: Vec<RawStep>,
    #[serde(default)]
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<RawSource>,
    pub(super) verified: bool,
}

/// Who takes part in a sequence.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawParticipant {
    pub(super) name: String,
    pub(super) title: String,
}

/// One step of a sequence.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) what: String,
    pub(super) why: String,
    #[serde(default)]
    pub(super) flows: Vec<String>,
}

/// Where a fact was read.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawSource {
    pub(super) title: String,
    #[serde(default)]
    pub(super) date: Option<String>,
    #[serde(default)]
    pub(super) version: Option<String>,
    #[serde(default)]
    pub(super) address: Option<String>,
    #[serde(default)]
    pub(super) read: Option<String>,
    pub(super) says: String,
}

/// What a release says differently of an entry.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChange {
    pub(super) release: String,
    pub(super) what: String,
}

/// What to tell the author when a row applies.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWarning {
    pub(super) message: String,
    pub(super) help: String,
}

/// What is seen when a deployment rule is not kept.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawConsequence {
    pub(super) text: String,
    #[serde(default)]
    pub(super) quoted: bool,
}

fn yes() -> bool {
    true
}

/// A port or number as written: `80` or `"49152-65535"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RawPorts {
    /// A whole number.
    Number(u64),
    /// Text.
    Text(String),
}

impl fmt::Display for RawPorts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

struct PortsVisitor;

impl Visitor<'_> for PortsVisitor {
    type Value = RawPorts;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a port number or a range `\"low-high\"`")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<RawPorts, E> {
        Ok(RawPorts::Number(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<RawPorts, E> {
        Ok(RawPorts::Text(value.to_owned()))
    }
}

impl<'de> Deserialize<'de> for RawPorts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PortsVisitor)
    }
}

/// One word or a list of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OneOrMany(pub(super) Vec<String>);

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a word or a list of words")
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany(vec![value.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(OneOrMany(words))
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

/// A mapping in the order written, in which no key stands twice.
#[derive(Debug)]
pub(super) struct Pairs<V>(pub(super) Vec<(String, V)>);

impl<V> Default for Pairs<V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

struct PairsVisitor<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for PairsVisitor<V> {
    type Value = Pairs<V>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a mapping")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<V>, A::Error> {
        let mut pairs: indexmap::IndexMap<String, V> = indexmap::IndexMap::new();
        while let Some((key, value)) = map.next_entry::<String, V>()? {
            if pairs.contains_key(&key) {
                return Err(de::Error::custom(format_args!("the key `{key}` stands twice")));
            }
            pairs.insert(key, value);
        }
        Ok(Pairs(pairs.into_iter().collect()))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Pairs<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}
