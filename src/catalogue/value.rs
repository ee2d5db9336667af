//! Small values of the catalogue: transports, port ranges, ICMP messages, needs, encryption, sources.
//!
//! In: nothing. Out: types that the YAML shapes, the typed entries and the expansion share.
//!
//! Invariant: a [`PortRange`] is never reversed and never holds port 0.

use serde::{Deserialize, Serialize};

use super::text::Text;

/// What a flow travels on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP for IPv4.
    Icmp,
    /// ICMP for IPv6.
    Icmpv6,
}

impl Transport {
    /// The word used in the language and in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmpv6 => "icmpv6",
        }
    }

    /// True for TCP and UDP.
    pub fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

/// A range of destination ports, both ends included, 1 to 65535.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortRange {
    low: u16,
    high: u16,
}

impl PortRange {
    /// A range, if it is not reversed and does not hold port 0.
    pub fn new(low: u16, high: u16) -> Option<Self> {
        (low != 0 && low <= high).then_some(Self { low, high })
    }

    /// Smallest port.
    pub fn low(self) -> u16 {
        self.low
    }

    /// Largest port.
    pub fn high(self) -> u16 {
        self.high
    }

    /// True when every port of `other` is in this range.
    pub fn covers(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }
}

impl std::fmt::Display for PortRange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.low == self.high {
            write!(formatter, "{}", self.low)
        } else {
            write!(formatter, "{}-{}", self.low, self.high)
        }
    }
}

/// An ICMP message by type and, where it matters, code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IcmpMessage {
    /// Type, 0 to 255.
    #[serde(rename = "type")]
    pub message_type: u8,
    /// Code, 0 to 255; `None` is every code.
    pub code: Option<u8>,
}

/// How much a flow is needed, judged inside its conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Nothing works without it.
    Required,
    /// Needed when a feature is used.
    Conditional,
    /// Works without it, less well.
    Optional,
}

impl Need {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Conditional => "conditional",
            Self::Optional => "optional",
        }
    }
}

/// What protects the content of a flow on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Nothing: who listens, reads.
    Clear,
    /// The product signs or encrypts messages inside an unencrypted connection.
    MessageProtected,
    /// TLS where the administrator has switched it on.
    OptionalTls,
    /// TLS or DTLS always.
    Tls,
}

impl Encryption {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::MessageProtected => "message-protected",
            Self::OptionalTls => "optional-tls",
            Self::Tls => "tls",
        }
    }
}

/// What a design finding has to know of a kind of role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindClass {
    /// A machine on which users' sessions run.
    Desktop,
    /// A machine at which a user sits.
    UserDevice,
    /// A machine from which administrators work.
    Admin,
    /// What desktops register with.
    Broker,
    /// What may bring sessions in from outside.
    Gateway,
    /// A short-lived machine that image provisioning makes besides the desktops.
    Helper,
    /// Who may write images besides brokers and administrators.
    ImageWriter,
    /// What holds images, or has the power to change them.
    ImageStore,
    /// Whose loss is the loss of many.
    HighValue,
    /// What answers for the domain.
    Directory,
}

impl KindClass {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::UserDevice => "user-device",
            Self::Admin => "admin",
            Self::Broker => "broker",
            Self::Gateway => "gateway",
            Self::Helper => "helper",
            Self::ImageWriter => "image-writer",
            Self::ImageStore => "image-store",
            Self::HighValue => "high-value",
            Self::Directory => "directory",
        }
    }
}

/// What an eavesdropper or intruder gains at a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sensitivity {
    /// Names, time, addresses, boot files, reachability.
    Infrastructure,
    /// Logs, traps, counters, analytics.
    Telemetry,
    /// Brokering, registration, health, licences, replication of settings.
    Control,
    /// Files, disks, databases, profiles, recordings, print jobs.
    Data,
    /// What a user sees, types and hears.
    Session,
    /// Power over machines: consoles, remote desktops, interfaces of clouds and hypervisors.
    Management,
    /// Passwords, tickets, keys, certificates.
    Credentials,
}

impl Sensitivity {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Infrastructure => "infrastructure",
            Self::Telemetry => "telemetry",
            Self::Control => "control",
            Self::Data => "data",
            Self::Session => "session",
            Self::Management => "management",
            Self::Credentials => "credentials",
        }
    }
}

/// Who may start a connection of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Only the `from` side.
    #[default]
    To,
    /// Either side, on the same ports.
    Both,
}

impl Direction {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Both => "both",
        }
    }
}

/// What an edition says differently of an entry that keeps its ports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Change {
    /// The edition that brought it.
    pub release: Text,
    /// What is different, one clause.
    pub what: Text,
}

/// Where a fact was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Source {
    /// Title of the document.
    pub title: Text,
    /// Its date, as precise as it is known (`2023-12`).
    pub date: Option<Text>,
    /// Its version or edition, where it has one instead of a date.
    pub version: Option<Text>,
    /// Its address.
    pub address: Option<Text>,
    /// The day on which it was read.
    pub read: Option<Text>,
    /// What it says about this entry.
    pub says: Text,
}
