//! The typed entries of the catalogue: kinds, flows, conditions, names, releases, permissions, rules.
//!
//! In: checked values from `load`. Out: entries with read access only.
//!
//! Invariant: every entry has an id; every flow and name has at least one source; kinds and conditions that an entry
//! names exist.

use serde::{Deserialize, Serialize};

use super::access::{lists, optional_texts, texts, values};
use super::value::{Direction, Encryption, IcmpMessage, Need, PortRange, Source, Transport};

/// Who runs a role in the vendor's cloud offers: `citrix`, `customer`, or `n/a` where it is no part of the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Managed {
    pub(super) daas: String,
    pub(super) daas_flex: String,
}

impl Managed {
    texts! {
        /// In Citrix DaaS.
        daas,
        /// In Citrix DaaS Flex.
        daas_flex,
    }
}

/// A kind of role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleKind {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) what: String,
    pub(super) tier: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) domain_member: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) provisioned: bool,
    pub(super) managed: Managed,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attributes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) members: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    pub(super) verified: bool,
}

impl RoleKind {
    texts! {
        /// Canonical name, the word after the colon of a `role` line.
        name,
        /// Name for people.
        title,
        /// One line: what such a machine does.
        what,
        /// Usual network tier, for example `control` or `data`.
        tier,
    }
    lists! {
        /// Other names that mean this kind, as written in documents.
        aliases: String,
        /// Attributes that a role of this kind may have beyond those of every role.
        attributes: String,
        /// The kinds that a pseudo kind stands for, canonical; empty for every other kind.
        members: String,
    }
    values! {
        /// True where machines of this kind usually belong to the domain.
        domain_member: bool,
        /// True where image provisioning makes and removes the machines.
        provisioned: bool,
        /// False where the entry is a judgement that no document confirms.
        verified: bool,
    }
    optional_texts! {
        /// A remark.
        note,
    }

    /// Who runs it in the vendor's cloud offers.
    pub fn managed(&self) -> &Managed {
        &self.managed
    }

    /// True where the kind only stands for other kinds, so that no machine is of it.
    pub fn is_pseudo(&self) -> bool {
        !self.members.is_empty()
    }
}

/// A flow: who opens a connection to whom, on what, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowEntry {
    pub(super) id: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) transport: Transport,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ports: Vec<PortRange>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) source_ports: Vec<PortRange>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) icmp: Option<IcmpMessage>,
    #[serde(default)]
    pub(super) direction: Direction,
    pub(super) service: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) need: Need,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) when: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) condition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) encryption: Option<Encryption>,
    pub(super) area: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) until: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) paired_with: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) dynamic: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) local_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) port_parameter: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fqdn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl FlowEntry {
    texts! {
        /// Id, never changed or reused.
        id,
        /// Canonical kind that opens the connection; may be a pseudo kind.
        from,
        /// Canonical kind that is connected to; may be a pseudo kind.
        to,
        /// Name of the service for people.
        service,
        /// One sentence: what travels.
        what,
        /// One sentence for a firewall reviewer: why it is needed.
        why,
        /// Product area.
        area,
    }
    optional_texts! {
        /// The conditions in plain words, perhaps finer than [`FlowEntry::when`].
        condition,
        /// Oldest edition that has the flow; `None` where the editions don't list it.
        since,
        /// Newest edition that has the flow; `None` while it is current.
        until,
        /// The flow in the other direction that belongs to this one.
        paired_with,
        /// What decides the port, where the customer chooses it; then [`FlowEntry::ports`] is empty.
        port_parameter,
        /// Name of the destination.
        fqdn,
        /// A remark, for example on sources that disagree.
        note,
    }
    lists! {
        /// Destination ports; empty for ICMP and where [`FlowEntry::port_parameter`] is set.
        ports: PortRange,
        /// Source ports, where a document states them.
        source_ports: PortRange,
        /// Conditions that must all hold.
        when: String,
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// What it travels on.
        transport: Transport,
        /// The ICMP message; `None` is every message, and always for TCP and UDP.
        icmp: Option<IcmpMessage>,
        /// Who may start.
        direction: Direction,
        /// How much it is needed.
        need: Need,
        /// What protects the content, where known.
        encryption: Option<Encryption>,
        /// True where the port is picked at run time from the range.
        dynamic: bool,
        /// True where the traffic never leaves the machine.
        local_only: bool,
        /// False where no document that was read confirms the entry.
        verified: bool,
    }
}

/// A condition that a flow, name or rule may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) group: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) excludes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) implies: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) implied_by: Vec<String>,
}

impl Condition {
    texts! {
        /// Slug that `when` lists use.
        name,
        /// The condition in plain words.
        text,
        /// Topic, for example `hdx` or `hosting`.
        group,
    }
    lists! {
        /// Conditions that can't hold together with this one.
        excludes: String,
        /// Conditions that this one brings with it.
        implies: String,
        /// Conditions that bring this one with them.
        implied_by: String,
    }
}

/// A name that a role must reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameEntry {
    pub(super) id: String,
    pub(super) from: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) to: Option<String>,
    pub(super) fqdn: String,
    pub(super) transport: Transport,
    pub(super) ports: Vec<PortRange>,
    pub(super) what: String,
    pub(super) need: Need,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) when: Vec<String>,
    pub(super) edition: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) wildcard: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) template: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) tls_interception: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) azure_service_tag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) aws_endpoint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl NameEntry {
    texts! {
        /// Id, never changed or reused.
        id,
        /// Canonical kind that must reach the name.
        from,
        /// The name; `*` stands for labels, `<...>` for a parameter of [`NameEntry::template`].
        fqdn,
        /// One line: what it is for.
        what,
        /// Edition of the cloud that has the name (`commercial`, `government`, ...), or `all`.
        edition,
    }
    optional_texts! {
        /// Canonical kind that answers to the name, where the catalogue has one.
        to,
        /// `forbidden` where a proxy must not open the TLS connection.
        tls_interception,
        /// Azure's own name for the addresses behind it.
        azure_service_tag,
        /// The AWS endpoint that replaces it inside a VPC.
        aws_endpoint,
        /// A remark.
        note,
    }
    lists! {
        /// Destination ports.
        ports: PortRange,
        /// Conditions that must all hold.
        when: String,
        /// Parameters in the name.
        template: String,
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// What it travels on.
        transport: Transport,
        /// How much it is needed.
        need: Need,
        /// True where the name holds a `*`.
        wildcard: bool,
        /// False where no document that was read confirms the entry.
        verified: bool,
    }
}

/// An edition of the port lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub(super) name: String,
    pub(super) title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

impl Release {
    texts! {
        /// Label that `since`, `until` and a site's `catalogue` use.
        name,
        /// What the edition is.
        title,
    }
    optional_texts! {
        /// How complete it is.
        note,
    }
}
