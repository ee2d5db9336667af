//! What a manifest says about a release besides its artefacts: the JSON of flows, promises, exceptions and the rest.
//!
//! In, out: the values of the keys, as they are written and as they are read.
//!
//! Invariant: sets, days and states are read as strictly as sites are; a value that is none is a mistake at its place.
//! Invariant: keys are only ever added. Keys that this segc doesn't know are passed over, because a later one of the
//! same version may have added them.

use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::policy::{Encryption, EnforcementState, FlowNeed, parse_day};
use ipnet::IpNet;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use time::Date;

/// Attributes as text, by key.
pub(crate) type Attributes = BTreeMap<String, String>;

/// The keys of the manifest for which this module is there.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Facts {
    /// All that the site statement says besides, by key.
    pub(crate) site_attributes: Attributes,
    pub(crate) platforms: Vec<Platform>,
    pub(crate) segments: Vec<Segment>,
    /// Rows in force on the day, whether or not an artefact carries them.
    pub(crate) flows: Vec<Flow>,
    pub(crate) forbids: Vec<Promise>,
    pub(crate) expects: Vec<Expect>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) needs: Vec<Need>,
    pub(crate) rollout: Option<Rollout>,
    /// Null where nobody looked for them.
    pub(crate) findings: Option<Vec<Finding>>,
}

/// Where something stands in the site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) line: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Platform {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) attributes: Attributes,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) name: String,
    pub(crate) platform: String,
    pub(crate) addresses: Addresses,
    pub(crate) trust: Option<String>,
    pub(crate) place: Place,
}

/// What is said of a role besides its identity.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RoleFacts {
    pub(crate) was: Option<String>,
    pub(crate) internet: bool,
    pub(crate) group: Option<String>,
    pub(crate) trust: Option<String>,
    pub(crate) state: Option<State>,
    pub(crate) attributes: Attributes,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) services: Services,
    pub(crate) reasons: Vec<Reason>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reason {
    pub(crate) statement: String,
    pub(crate) place: Place,
    pub(crate) catalogue: Option<String>,
    pub(crate) verified: Option<bool>,
    pub(crate) because: Option<String>,
    pub(crate) services: Services,
    pub(crate) encryption: Option<Encryption>,
    pub(crate) need: Option<FlowNeed>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Promise {
    pub(crate) name: String,
    pub(crate) from: Vec<String>,
    pub(crate) to: Vec<String>,
    pub(crate) both_ways: bool,
    pub(crate) services: Services,
    pub(crate) because: String,
    pub(crate) enforced_by: String,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Expect {
    pub(crate) allow: bool,
    pub(crate) from: Vec<String>,
    pub(crate) to: Vec<String>,
    pub(crate) both_ways: bool,
    pub(crate) services: Services,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Exception {
    pub(crate) name: String,
    pub(crate) flows: Vec<Flow>,
    /// What the artefacts let pass besides once it is in force; null where nobody knows.
    #[serde(default)]
    pub(crate) widenings: Option<Vec<Widening>>,
    pub(crate) pierces: Vec<String>,
    pub(crate) starts: Day,
    pub(crate) expires: Day,
    pub(crate) because: String,
    pub(crate) ticket: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) place: Place,
}

/// What comes with an exception at the artefact level.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Widening {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) service: Services,
    /// The part of the source's addresses; null for all of them.
    pub(crate) from_addresses: Option<Addresses>,
    /// The part of the destination's addresses; null for all of them.
    pub(crate) to_addresses: Option<Addresses>,
    pub(crate) cause: String,
    pub(crate) declared: bool,
    pub(crate) spelling: Option<String>,
    pub(crate) forbids: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Need {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) attributes: Attributes,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rollout {
    pub(crate) start: Option<State>,
    pub(crate) observe: Option<u32>,
    pub(crate) enforce: BTreeMap<String, Enforcement>,
    pub(crate) place: Place,
}

/// The first day on which a role's rules drop.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Enforcement {
    pub(crate) from: Day,
    pub(crate) place: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) code: String,
    pub(crate) finding: Option<String>,
    pub(crate) severity: String,
    pub(crate) message: String,
    pub(crate) help: Vec<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) accepted: Option<String>,
    pub(crate) labels: Vec<Label>,
    /// The roles that it is about: one list for each pair or role.
    pub(crate) about: Vec<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) text: String,
}

/// A set of services as a list in words: `tcp/443, udp/1024-2048`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Services(pub(crate) ServiceSet);

/// A set of addresses as the fewest ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addresses(pub(crate) AddressSet);

/// A day as 2026-01-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) Date);

/// What happens to traffic that no rule permits: `save`, `monitor`, `enforce`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State(pub(crate) EnforcementState);

impl Serialize for Services {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.explicit())
    }
}

impl<'de> Deserialize<'de> for Services {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let services = ServiceSet::parse_explicit(&text);
        services.map(Self).ok_or_else(|| D::Error::custom(format_args!("`{text}` is no list of services")))
    }
}

impl Serialize for Addresses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.ranges().iter().map(ToString::to_string))
    }
}

impl<'de> Deserialize<'de> for Addresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        parse_addresses(texts.iter().map(String::as_str)).map(Self).map_err(D::Error::custom)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_day(&text).map(Self).ok_or_else(|| D::Error::custom(format_args!("`{text}` is no day")))
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self.0 {
            EnforcementState::Save => "save",
            EnforcementState::Monitor => "monitor",
            EnforcementState::Enforce => "enforce",
        })
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "save" => Ok(Self(EnforcementState::Save)),
            "monitor" => Ok(Self(EnforcementState::Monitor)),
            "enforce" => Ok(Self(EnforcementState::Enforce)),
            other => Err(D::Error::custom(format_args!("`{other}` is none of save, monitor, enforce"))),
        }
    }
}

/// Ranges as a set, or what is wrong with one of them.
pub(crate) fn parse_addresses<'a>(texts: impl Iterator<Item = &'a str>) -> Result<AddressSet, String> {
    let parse = |text: &str| {
        let net = text.parse::<IpNet>().ok().filter(|net| net.trunc() == *net);
        net.ok_or_else(|| format!("`{text}` is no range of addresses"))
    };
    let ranges: Vec<IpNet> = texts.map(parse).collect::<Result<_, _>>()?;
    Ok(AddressSet::from_ranges(&ranges))
}
