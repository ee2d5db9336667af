//! The typed entries of the catalogue: kinds, flows, conditions, names, releases, permissions, rules.
//!
//! In: checked values from `load`. Out: entries with read access only.
//!
//! Invariant: every entry has an id; every flow and name has at least one source; kinds and conditions that an entry
//! names exist.

use serde::{Deserialize, Serialize};

use super::access::{lists, optional_texts, texts, values};
use super::text::Text;
use super::value::{
    Change, Direction, Encryption, IcmpMessage, KindClass, Need, PortRange, Sensitivity, Source, Transport,
};

/// Who runs a role in the vendor's cloud offers: `citrix`, `customer`, or `n/a` where it is no part of the offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Managed {
    pub(super) daas: Text,
    pub(super) daas_flex: Text,
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
#[serde(bound(deserialize = "'de: 'static"))]
pub struct RoleKind {
    pub(super) name: Text,
    pub(super) title: Text,
    pub(super) what: Text,
    pub(super) tier: Text,
    pub(super) classes: Vec<KindClass>,
    pub(super) aliases: Vec<Text>,
    pub(super) domain_member: bool,
    pub(super) provisioned: bool,
    pub(super) managed: Managed,
    pub(super) attributes: Vec<Text>,
    pub(super) members: Vec<Text>,
    pub(super) note: Option<Text>,
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
        /// What the design findings have to know of it.
        classes: KindClass,
        /// Other names that mean this kind, as written in documents.
        aliases: Text,
        /// Attributes that a role of this kind may have beyond those of every role.
        attributes: Text,
        /// The kinds that a pseudo kind stands for, canonical; empty for every other kind.
        members: Text,
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

    /// True where the kind is of a class.
    pub fn is(&self, class: KindClass) -> bool {
        self.classes.contains(&class)
    }

    /// True where the kind only stands for other kinds, so that no machine is of it.
    pub fn is_pseudo(&self) -> bool {
        !self.members.is_empty()
    }
}

/// A flow: who opens a connection to whom, on what, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct FlowEntry {
    pub(super) id: Text,
    pub(super) from: Text,
    pub(super) to: Text,
    pub(super) transport: Transport,
    pub(super) ports: Vec<PortRange>,
    pub(super) source_ports: Vec<PortRange>,
    pub(super) icmp: Option<IcmpMessage>,
    #[serde(default)]
    pub(super) direction: Direction,
    pub(super) service: Text,
    pub(super) what: Text,
    pub(super) why: Text,
    pub(super) need: Need,
    pub(super) when: Vec<Text>,
    pub(super) condition: Option<Text>,
    pub(super) encryption: Option<Encryption>,
    pub(super) sensitivity: Option<Sensitivity>,
    pub(super) area: Text,
    pub(super) since: Option<Text>,
    pub(super) until: Option<Text>,
    pub(super) paired_with: Option<Text>,
    pub(super) dynamic: bool,
    pub(super) local_only: bool,
    pub(super) port_parameter: Option<Text>,
    pub(super) fqdn: Option<Text>,
    pub(super) note: Option<Text>,
    pub(super) changes: Vec<Change>,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
    /// Derived by the loader: see [`FlowEntry::is_selectable`].
    pub(super) selectable: bool,
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
        /// What decides the port, where the customer chooses it; then [`FlowEntry::ports`] holds the document's example,
        /// if any.
        port_parameter,
        /// Name of the destination.
        fqdn,
        /// A remark, for example on sources that disagree.
        note,
    }
    lists! {
        /// Destination ports; empty for ICMP. Only an example where [`FlowEntry::port_parameter`] is set.
        ports: PortRange,
        /// Source ports, where a document states them.
        source_ports: PortRange,
        /// Conditions that must all hold.
        when: Text,
        /// What later editions said differently without changing the ports, oldest first.
        changes: Change,
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
        /// What an eavesdropper or intruder gains, where known.
        sensitivity: Option<Sensitivity>,
        /// True where the port is picked at run time from the range.
        dynamic: bool,
        /// True where the traffic never leaves the machine.
        local_only: bool,
        /// False where no document that was read confirms the entry.
        verified: bool,
    }

    /// The id as people see it: in backticks, with a remark where no document confirms the entry.
    pub fn label(&self) -> String {
        let remark = if self.verified { "" } else { " (unverified)" };
        format!("`{}`{remark}", self.id)
    }

    /// True where an intent may select it. What never leaves a machine, and what is kept only as history or to
    /// recognise foreign rules, is false: its conditions say so.
    pub fn is_selectable(&self) -> bool {
        self.selectable
    }
}

/// A condition that a flow, name or rule may depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Condition {
    pub(super) name: Text,
    pub(super) text: Text,
    pub(super) group: Text,
    pub(super) never_selected: bool,
    pub(super) excludes: Vec<Text>,
    pub(super) implies: Vec<Text>,
    pub(super) implied_by: Vec<Text>,
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
    values! {
        /// True where no rule may come of an entry that depends on it: it is history, an error of a document, or known
        /// only to be recognised.
        never_selected: bool,
    }
    lists! {
        /// Conditions that can't hold together with this one.
        excludes: Text,
        /// Conditions that this one brings with it.
        implies: Text,
        /// Conditions that bring this one with them.
        implied_by: Text,
    }
}

/// A name that a role must reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct NameEntry {
    pub(super) id: Text,
    pub(super) from: Text,
    pub(super) to: Option<Text>,
    pub(super) fqdn: Text,
    pub(super) transport: Transport,
    pub(super) ports: Vec<PortRange>,
    pub(super) what: Text,
    pub(super) need: Need,
    pub(super) when: Vec<Text>,
    pub(super) edition: Text,
    pub(super) wildcard: bool,
    pub(super) template: Vec<Text>,
    pub(super) tls_interception: Option<Text>,
    pub(super) azure_service_tag: Option<Text>,
    pub(super) aws_endpoint: Option<Text>,
    pub(super) note: Option<Text>,
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
        when: Text,
        /// Parameters in the name.
        template: Text,
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
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Release {
    pub(super) name: Text,
    pub(super) title: Text,
    pub(super) note: Option<Text>,
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
