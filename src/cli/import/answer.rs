//! What an export says, in the form of its JSON.
//!
//! In: a read export, and the site that was written of it. Out: [`Answer`], which the text is written from as well.

use crate::drift::{Access, permitted};
use crate::driver::{FirstSite, ReadExport};
use crate::policy::EnforcementState;
use crate::target::export::Deployed;
use crate::target::half::Direction;
use crate::target::observed::{Action, Author, PeerName, Peers, Rule};
use serde::Serialize;
use std::path::Path;

/// Form of the JSON.
const SCHEMA: &str = "segc/import/1";

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    pub(super) schema: &'static str,
    pub(super) target: &'a str,
    #[serde(skip)]
    pub(super) title: &'a str,
    pub(super) points: Vec<JsonPoint<'a>>,
    pub(super) sets: Vec<JsonSet<'a>>,
    pub(super) unexplained: Vec<String>,
    pub(super) not_understood: Vec<JsonProblem<'a>>,
    pub(super) site: Option<JsonSite<'a>>,
}

/// An enforcement point.
#[derive(Debug, Serialize)]
pub(super) struct JsonPoint<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) belongs_to: Option<&'a str>,
    pub(super) at: &'a str,
    pub(super) members: String,
    pub(super) state: &'static str,
    pub(super) attached: Option<bool>,
    pub(super) rules: Vec<JsonRule<'a>>,
    pub(super) permits: Vec<JsonPermit>,
}

/// A rule as it stands.
#[derive(Debug, Serialize)]
pub(super) struct JsonRule<'a> {
    pub(super) at: &'a str,
    pub(super) remark: Option<&'a str>,
    pub(super) direction: &'static str,
    pub(super) action: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) service: String,
}

/// What passes, whatever the rules are that let it.
#[derive(Debug, Serialize)]
pub(super) struct JsonPermit {
    pub(super) direction: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) service: String,
}

/// A set of addresses.
#[derive(Debug, Serialize)]
pub(super) struct JsonSet<'a> {
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) addresses: Option<String>,
}

/// Something that is not understood.
#[derive(Debug, Serialize)]
pub(super) struct JsonProblem<'a> {
    pub(super) point: String,
    pub(super) at: &'a str,
    pub(super) why: &'a str,
}

/// The site that was written.
#[derive(Debug, Serialize)]
pub(super) struct JsonSite<'a> {
    /// Null when it goes to no file.
    pub(super) path: Option<String>,
    /// The site, when it goes to no file.
    pub(super) text: Option<&'a str>,
    pub(super) allows: usize,
    pub(super) roles: Vec<JsonRole<'a>>,
    pub(super) segments: Vec<JsonSegment<'a>>,
    pub(super) unsaid: Vec<JsonUnsaid<'a>>,
}

/// A role that stands for a group.
#[derive(Debug, Serialize)]
pub(super) struct JsonRole<'a> {
    pub(super) role: &'a str,
    pub(super) id: &'a str,
}

/// A segment that stands for an enforcement point before a network.
#[derive(Debug, Serialize)]
pub(super) struct JsonSegment<'a> {
    pub(super) segment: &'a str,
    pub(super) id: &'a str,
}

/// What no line says.
#[derive(Debug, Serialize)]
pub(super) struct JsonUnsaid<'a> {
    pub(super) at: &'a str,
    pub(super) what: &'a str,
}

impl<'a> Answer<'a> {
    pub(super) fn new(read: &'a ReadExport, written: Option<(&Path, &'a FirstSite)>) -> Self {
        let export = &read.export;
        let set = |set: &'a crate::target::export::NamedSet| JsonSet {
            id: &set.id,
            name: &set.title,
            addresses: set.addresses.as_ref().map(ToString::to_string),
        };
        let problem = |one: &'a Deployed| {
            one.problem.as_ref().map(|problem| JsonProblem {
                point: one.shown(),
                at: &problem.pointer,
                why: &problem.why,
            })
        };
        Self {
            schema: SCHEMA,
            target: read.target.info().id,
            title: read.target.info().title,
            points: export.guards.iter().filter(|one| one.problem.is_none()).map(point).collect(),
            sets: export.sets.iter().map(set).collect(),
            unexplained: export.unexplained.iter().map(PeerName::to_string).collect(),
            not_understood: export.guards.iter().filter_map(problem).collect(),
            site: written.map(|(path, site)| json_site(path, site)),
        }
    }
}

fn json_site<'a>(path: &Path, site: &'a FirstSite) -> JsonSite<'a> {
    let is_file = path != Path::new("-");
    JsonSite {
        path: is_file.then(|| path.display().to_string()),
        text: (!is_file).then_some(site.text.as_str()),
        allows: site.allows,
        roles: site.roles.iter().map(|(role, id)| JsonRole { role, id }).collect(),
        segments: site.segments.iter().map(|(segment, id)| JsonSegment { segment, id }).collect(),
        unsaid: site.unsaid.iter().map(|one| JsonUnsaid { at: &one.at, what: &one.what }).collect(),
    }
}

fn point(one: &Deployed) -> JsonPoint<'_> {
    let directions = [Direction::Ingress, Direction::Egress];
    let permits = directions.into_iter().flat_map(|direction| {
        permitted(&one.guard, direction).into_iter().map(move |access| permit(direction, &access))
    });
    JsonPoint {
        id: &one.id,
        name: &one.title,
        belongs_to: one.belongs_to,
        at: &one.guard.pointer,
        members: side(&one.guard.members),
        state: match one.guard.state {
            EnforcementState::Save => "save",
            EnforcementState::Monitor => "monitor",
            EnforcementState::Enforce => "enforce",
        },
        attached: one.attached,
        rules: one.guard.rules.iter().map(|rule| json_rule(one, rule)).collect(),
        permits: permits.collect(),
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    }
}

fn json_rule<'a>(one: &'a Deployed, rule: &'a Rule) -> JsonRule<'a> {
    let remark = match rule.author {
        Author::Platform => Some("the platform's own"),
        Author::File => one.remarks.get(&rule.pointer).map(String::as_str),
    };
    JsonRule {
        at: &rule.pointer,
        remark,
        direction: word(rule.direction),
        action: if rule.action == Action::Allow { "allow" } else { "deny" },
        from: side(&rule.from),
        to: side(&rule.to),
        service: rule.services.to_string(),
    }
}

fn side(peers: &Peers) -> String {
    let mut words: Vec<String> = Vec::new();
    if peers.everybody {
        words.push("everybody".to_owned());
    }
    if peers.guarded {
        words.push("its members".to_owned());
    }
    words.extend(peers.names.iter().map(PeerName::to_string));
    words.extend(peers.addresses.ranges().iter().map(ToString::to_string));
    if words.is_empty() { "nobody".to_owned() } else { words.join(", ") }
}

fn permit(direction: Direction, access: &Access) -> JsonPermit {
    let (own, peer) = (access.own.to_string(), access.peer.to_string());
    let (from, to) = match direction {
        Direction::Ingress => (peer, own),
        Direction::Egress => (own, peer),
    };
    JsonPermit { direction: word(direction), from, to, service: access.services.to_string() }
}
