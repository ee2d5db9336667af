//! The proof of a compile: no loss, every widening known with its cause, no widening that meets a promise.
//!
//! In: a policy and the permits of its planned platforms. Out: [`Widening`]s and reports.
//!
//! Invariant: the listed widenings together with the intended set are exactly what the artefacts permit.

use super::compare::{Deployed, Points, products};
use super::{NotAligned, Permits, Spelling};
use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use crate::policy::address::AddressSet;
use crate::policy::example::{self, Packet};
use crate::policy::flow_set::FlowSet;
use crate::policy::owners::Owners;
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{EnforcedBy, Flow, Forbid, PlatformId, Policy, RoleId};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Most overlaps or causes that one report spells out.
const MOST_EXAMPLES: usize = 4;

/// Why a target can't tell a party from the one that a flow is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    /// It is the same party.
    Same,
    /// Both wear one group.
    Group,
    /// Both are seen at the same addresses.
    Range,
}

/// Something that the artefacts permit and the file does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widening {
    /// `W-n`; `S-n` where the file itself says that the gaining role wears another role's group.
    pub id: String,
    /// Who may start.
    pub from: RoleId,
    /// Who may be reached.
    pub to: RoleId,
    /// On what.
    pub services: ServiceSet,
    /// The part of the source's addresses, when not all of them.
    pub from_part: Option<AddressSet>,
    /// The part of the destination's addresses, when not all of them.
    pub to_part: Option<AddressSet>,
    /// Why, in words.
    pub cause: String,
    /// True where every gaining end wears a group by its own `same-group-as`.
    pub declared: bool,
    /// True where a group or range that roles share is the cause.
    pub shared: bool,
    /// The one spelling that has it; `None` for all.
    pub spelling: Option<&'static str>,
    /// Names of the forbids that it meets.
    pub forbids: Vec<String>,
    /// Positions in [`Policy::flows`] of what was meant.
    flows: Vec<usize>,
    /// The lowest packet of it that a forbid excludes which the network must keep.
    counterexample: Option<Packet>,
}

/// What one platform lets through, with the excess of single spellings.
#[derive(Debug, Clone, Default)]
pub struct PlatformPermits {
    /// What every spelling permits.
    pub permits: Permits,
    /// What single spellings permit besides.
    pub spellings: Vec<SpellingPermits>,
}

impl PlatformPermits {
    /// What one spelling permits, with its excess.
    pub fn of_spelling(&self, spelling: Spelling) -> Cow<'_, Permits> {
        match self.spellings.iter().find(|wider| wider.spelling == spelling) {
            None => Cow::Borrowed(&self.permits),
            Some(wider) => Cow::Owned(Permits {
                egress: self.permits.egress.union(&wider.excess.egress),
                ingress: self.permits.ingress.union(&wider.excess.ingress),
                opens_only: self.permits.opens_only,
            }),
        }
    }
}

/// What one spelling permits beyond its plan.
#[derive(Debug, Clone)]
pub struct SpellingPermits {
    /// The spelling.
    pub spelling: Spelling,
    /// What it permits besides.
    pub excess: Permits,
    /// Why, in words.
    pub cause: String,
    /// True where the user named the spelling, so that it can't be left out instead.
    pub is_asked_for: bool,
}

/// The result of the comparison.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// What all artefacts together decide.
    pub deployed: Deployed,
    /// Every widening, undeclared ones first.
    pub widenings: Vec<Widening>,
    /// Spellings that are not written, because they would break a promise that the others keep, or because their tool
    /// can't be told the rules.
    pub withheld: Vec<(PlatformId, &'static str)>,
}

impl Proof {
    /// What these artefacts let pass besides, and those of an earlier proof of the same site not at all.
    pub fn widenings_beyond(&self, policy: &Policy, (before, earlier): (&Policy, &Self)) -> Vec<Widening> {
        let known = earlier.deployed.passing(before);
        let mut found = describe_all(policy, &self.deployed.widenings(policy).difference(&known), None);
        let is_known = |widening: &Widening| {
            let ends = |one: &Widening| (one.from, one.to, one.from_part.clone(), one.to_part.clone());
            let mut alike = earlier.widenings.iter().filter(|one| one.spelling == widening.spelling);
            alike.any(|one| {
                ends(one) == ends(widening) && widening.services.difference(&one.services).is_empty()
            })
        };
        let of_spelling = self.widenings.iter().filter(|widening| widening.spelling.is_some());
        found.extend(of_spelling.filter(|widening| !is_known(widening)).cloned());
        number(policy, &mut found);
        found
    }
}

/// Compares what the platforms permit with what the file says, and reports losses, widenings and broken promises.
pub fn prove(policy: &Policy, platforms: &BTreeMap<PlatformId, PlatformPermits>, sink: &mut Sink) -> Proof {
    let base = platforms.iter().map(|(id, platform)| (*id, platform.permits.clone())).collect();
    let deployed = Deployed::new(policy, base);
    report_losses(policy, &deployed, sink);
    let known = deployed.widenings(policy);
    let mut widenings = describe_all(policy, &known, None);
    let mut withheld = Vec::new();
    for (id, platform) in platforms {
        for SpellingPermits { spelling, excess, cause, is_asked_for } in &platform.spellings {
            let wider = widened(policy, platforms, *id, excess).widenings(policy).difference(&known);
            let found = describe_all(policy, &wider, Some((spelling.id, cause)));
            match found.iter().find(|widening| kept_by_network(policy, widening).next().is_some()) {
                Some(broken) if !is_asked_for => {
                    sink.report(withhold(policy, *id, spelling, broken));
                    withheld.push((*id, spelling.id));
                }
                _ => widenings.extend(found),
            }
        }
    }
    number(policy, &mut widenings);
    for widening in &widenings {
        report_widening(policy, widening, sink);
    }
    report_declared(policy, &widenings, sink);
    Proof { deployed, widenings, withheld }
}

/// The forbids that a widening meets and that the network must keep.
fn kept_by_network<'a>(policy: &'a Policy, widening: &'a Widening) -> impl Iterator<Item = &'a Forbid> {
    policy
        .forbids()
        .iter()
        .filter(|forbid| widening.forbids.contains(&forbid.name) && forbid.enforced_by == EnforcedBy::Network)
}

fn withhold(policy: &Policy, id: PlatformId, spelling: &Spelling, broken: &Widening) -> Diagnostic {
    let platform = policy.platform(id).map_or("", |platform| platform.name.as_str());
    let message = format!(
        "the spelling `{}` of `{platform}` is not written: it would permit what a forbid excludes",
        spelling.id
    );
    let report = with_places(policy, broken, Diagnostic::new(codes::SPELLING_WITHHELD, message));
    let report = kept_by_network(policy, broken)
        .fold(report, |report, forbid| report.label(forbid.span, format!("`{}` excludes it", forbid.name)));
    with_example(broken, report.note(broken.cause.clone()))
        .help("apply another spelling of the platform; they are exact")
}

/// The report for a rule that cuts through a party's addresses: a planner's mistake, not the user's.
pub fn not_aligned(platform: &str, error: &NotAligned) -> Diagnostic {
    let message = format!("a rule of `{platform}` covers {} only in part", error.addresses);
    Diagnostic::new(codes::INTERNAL_ERROR, message).help("please report this with the site that shows it")
}

fn widened(
    policy: &Policy,
    platforms: &BTreeMap<PlatformId, PlatformPermits>,
    wider: PlatformId,
    excess: &Permits,
) -> Deployed {
    let permits = platforms.iter().map(|(id, platform)| {
        let mut permits = platform.permits.clone();
        if *id == wider {
            permits.egress = permits.egress.union(&excess.egress);
            permits.ingress = permits.ingress.union(&excess.ingress);
        }
        (*id, permits)
    });
    Deployed::new(policy, permits.collect())
}

fn report_losses(policy: &Policy, deployed: &Deployed, sink: &mut Sink) {
    for loss in deployed.losses(policy) {
        let platform = policy.platform(loss.platform).map_or("", |platform| platform.name.as_str());
        let end = if loss.egress { "leave its source" } else { "reach its destination" };
        for flow in policy.flows() {
            let lost = services_of(policy, &loss.classes, flow.from, flow.to).intersection(&flow.services);
            if lost.is_empty() {
                continue;
            }
            let message = format!(
                "the rules for `{platform}` would not let {lost} from `{}` to `{}` {end}",
                policy.name(flow.from),
                policy.name(flow.to),
            );
            let mut report = Diagnostic::new(codes::LOSS, message);
            for reason in &flow.provenance {
                report = report.label(reason.span, "asked for here");
            }
            sink.report(report.help("please report this with the site that shows it"));
        }
    }
}

fn services_of(policy: &Policy, set: &FlowSet, from: RoleId, to: RoleId) -> ServiceSet {
    let universe = policy.universe();
    let pairs = universe
        .of_role(from)
        .iter()
        .flat_map(|source| universe.of_role(to).iter().map(|destination| (*source, *destination)));
    pairs
        .fold(ServiceSet::empty(), |sum, (source, destination)| sum.union(&set.services(source, destination)))
}

fn describe_all(policy: &Policy, set: &FlowSet, spelling: Option<(&'static str, &String)>) -> Vec<Widening> {
    let owners = Owners::new(policy);
    let mut classes: BTreeMap<(RoleId, RoleId, ServiceSet), Points> = BTreeMap::new();
    for (from, to, services) in set.iter() {
        for (source, destination) in owners.pairs(from, to) {
            let points = classes.entry((source, destination, services.clone())).or_default();
            points.insert((from, to));
        }
    }
    let products = classes.into_iter().flat_map(|((from, to, services), points)| {
        let parts = products(policy.universe(), points, &services).into_iter();
        parts.map(move |points| (from, to, services.clone(), points))
    });
    products
        .map(|(from, to, services, points)| describe(policy, from, to, services, &points, spelling))
        .collect()
}

fn describe(
    policy: &Policy,
    from: RoleId,
    to: RoleId,
    services: ServiceSet,
    points: &Points,
    spelling: Option<(&'static str, &String)>,
) -> Widening {
    // What one spelling has besides may be on services that nobody asked for between the two.
    let asked = if spelling.is_some() { ServiceSet::any() } else { services.clone() };
    let meant = meant_flows(policy, (from, to), &asked, points);
    let closest = meant.iter().map(|(likeness, _)| *likeness).min();
    let flows: Vec<usize> =
        meant.into_iter().filter(|(likeness, _)| Some(*likeness) == closest).map(|(_, flow)| flow).collect();
    let first = flows.first().and_then(|at| policy.flows().get(*at));
    let shown = if flows.is_empty() { flows_with_an_end(policy, from, to, &services) } else { flows.clone() };
    let cause = match spelling {
        Some((_, cause)) => cause.clone(),
        None => first.map_or_else(
            || "a rule names addresses by a name that may hold these too".to_owned(),
            |flow| cause(policy, flow, from, to),
        ),
    };
    let wears_by_word = |role: RoleId| policy.party(role).is_some_and(|party| party.group != role);
    let declared = spelling.is_none()
        && first.is_some_and(|flow| {
            let gains: Vec<RoleId> =
                [(flow.from, from), (flow.to, to)].iter().filter(|(a, b)| a != b).map(|(_, b)| *b).collect();
            let same_group = likeness(policy, flow.from, from) != Some(Likeness::Range)
                && likeness(policy, flow.to, to) != Some(Likeness::Range);
            same_group && !gains.is_empty() && gains.into_iter().all(wears_by_word)
        });
    Widening {
        id: String::new(),
        forbids: forbids_met(policy, points, &services).map(|forbid| forbid.name.clone()).collect(),
        counterexample: counterexample(policy, points, &services),
        from_part: part(policy, from, points.iter().map(|(from, _)| *from)),
        to_part: part(policy, to, points.iter().map(|(_, to)| *to)),
        from,
        to,
        services,
        cause,
        declared,
        shared: spelling.is_none() && first.is_some_and(|flow| (flow.from, flow.to) != (from, to)),
        spelling: spelling.map(|(id, _)| id),
        flows: shown,
    }
}

/// The flows that a widening comes from, with how unlike the parties are.
fn meant_flows(
    policy: &Policy,
    (from, to): (RoleId, RoleId),
    services: &ServiceSet,
    points: &Points,
) -> Vec<((Likeness, Likeness), usize)> {
    let sources = addresses_of(policy, points.iter().map(|(from, _)| *from));
    let destinations = addresses_of(policy, points.iter().map(|(_, to)| *to));
    // Who only shares addresses with the meant party gains what lies at these addresses, and nothing else.
    let alike = |meant, gaining, there: &AddressSet| {
        let likeness = likeness(policy, meant, gaining)?;
        let covers = policy.party(meant).is_some_and(|party| party.addresses.contains_all(there));
        (likeness != Likeness::Range || covers).then_some(likeness)
    };
    let flows = policy.flows().iter().enumerate().filter(|(_, flow)| flow.services.meets(services));
    flows
        .filter_map(|(at, flow)| {
            Some(((alike(flow.from, from, &sources)?, alike(flow.to, to, &destinations)?), at))
        })
        .collect()
}

fn addresses_of(policy: &Policy, points: impl Iterator<Item = AtomId>) -> AddressSet {
    let atoms: Vec<_> = points.filter_map(|atom| policy.universe().get(atom)).collect();
    AddressSet::union_of(atoms.into_iter().map(|atom| &atom.addresses))
}

/// Where no line is meant for parties like these: the lines that share an end, for example one that names a set of
/// addresses whose extent only the platform knows.
fn flows_with_an_end(policy: &Policy, from: RoleId, to: RoleId, services: &ServiceSet) -> Vec<usize> {
    let flows = policy.flows().iter().enumerate().filter(|(_, flow)| flow.services.meets(services));
    let alike = |meant, gaining| likeness(policy, meant, gaining).is_some();
    flows.filter(|(_, flow)| alike(flow.from, from) || alike(flow.to, to)).map(|(at, _)| at).collect()
}

fn likeness(policy: &Policy, meant: RoleId, gaining: RoleId) -> Option<Likeness> {
    let (a, b) = (policy.party(meant)?, policy.party(gaining)?);
    let points = |role| policy.universe().of_role(role);
    let is_part = || points(gaining).iter().all(|atom| points(meant).contains(atom));
    if meant == gaining || (a.platform.is_none() && b.platform.is_none() && is_part()) {
        Some(Likeness::Same)
    } else if a.group == b.group {
        Some(Likeness::Group)
    } else if a.addresses.meets(&b.addresses) || a.known_by.iter().any(|name| b.known_by.contains(name)) {
        Some(Likeness::Range)
    } else {
        None
    }
}

fn cause(policy: &Policy, flow: &Flow, from: RoleId, to: RoleId) -> String {
    let ends = [(flow.from, from), (flow.to, to)].into_iter().filter(|(meant, gaining)| meant != gaining);
    let texts: Vec<String> = ends
        .map(|(meant, gaining)| {
            let names = format!("`{}` and `{}`", policy.name(gaining), policy.name(meant));
            if likeness(policy, meant, gaining) == Some(Likeness::Group) {
                return format!("{names} wear one security group");
            }
            let common = policy.party(meant).zip(policy.party(gaining));
            let common = common.map(|(a, b)| a.addresses.intersection(&b.addresses)).unwrap_or_default();
            if common.is_empty() {
                format!("{names} have one name")
            } else {
                format!("{names} share {common}")
            }
        })
        .collect();
    if texts.is_empty() { "the rule can't be written more exactly".to_owned() } else { texts.join("; ") }
}

fn part(policy: &Policy, role: RoleId, points: impl Iterator<Item = AtomId>) -> Option<AddressSet> {
    let universe = policy.universe();
    let points: BTreeSet<AtomId> = points.collect();
    if universe.of_role(role).iter().all(|atom| points.contains(atom)) {
        return None;
    }
    Some(addresses_of(policy, points.into_iter()))
}

fn forbids_met<'a>(
    policy: &'a Policy,
    points: &'a Points,
    services: &'a ServiceSet,
) -> impl Iterator<Item = &'a Forbid> {
    let excluded =
        move |forbid: &&Forbid| points.iter().any(|(from, to)| forbid.excludes(*from, *to).meets(services));
    policy.forbids().iter().filter(excluded)
}

/// The lowest packet of some classes that a forbid excludes which the network must keep.
fn counterexample(policy: &Policy, points: &Points, services: &ServiceSet) -> Option<Packet> {
    let kept = policy.forbids().iter().filter(|forbid| forbid.enforced_by == EnforcedBy::Network);
    let excluded: Vec<(AtomId, AtomId, ServiceSet)> = kept
        .flat_map(|forbid| points.iter().map(move |(from, to)| (*from, *to, forbid.excludes(*from, *to))))
        .map(|(from, to, excluded)| (from, to, excluded.intersection(services)))
        .collect();
    example::lowest(policy, excluded.iter().map(|(from, to, services)| (*from, *to, services)))
}

/// Undeclared widenings first, each series numbered from 1 in name order.
fn number(policy: &Policy, widenings: &mut [Widening]) {
    widenings.sort_by_key(|widening| {
        let names = (policy.name(widening.from).to_owned(), policy.name(widening.to).to_owned());
        (widening.declared, widening.spelling.is_some(), names, widening.services.clone())
    });
    let (mut undeclared, mut declared) = (0, 0);
    for widening in widenings {
        let (letter, count) = if widening.declared { ("S", &mut declared) } else { ("W", &mut undeclared) };
        *count += 1;
        widening.id = format!("{letter}-{count}");
    }
}

fn report_widening(policy: &Policy, widening: &Widening, sink: &mut Sink) {
    let broken: Vec<&Forbid> = kept_by_network(policy, widening).collect();
    if broken.is_empty() && widening.declared {
        return;
    }
    let what = format!(
        "{} from `{}` to `{}`",
        widening.services,
        policy.name(widening.from),
        policy.name(widening.to)
    );
    let report = match broken.first() {
        Some(forbid) => {
            let message = format!(
                "the artefacts would permit {} from `{}` to `{}`, which forbid `{}` excludes",
                widening.services.intersection(&forbid.services),
                policy.name(widening.from),
                policy.name(widening.to),
                forbid.name
            );
            let help = "give the roles groups or ranges of their own, or let somebody else keep the promise: \
                        `enforced-by config` or `enforced-by citrix`";
            let report = Diagnostic::new(codes::WIDENING_MEETS_FORBID, message).help(help);
            match widening.spelling {
                Some(id) => report.note(format!("only the spelling `{id}` permits it")),
                None => report,
            }
        }
        None => {
            let message =
                format!("{}: the artefacts permit {what}, which the file does not say", widening.id);
            Diagnostic::new(if widening.shared { codes::SHARED_WIDENING } else { codes::WIDENING }, message)
                .help("accept it, or give the roles groups or ranges of their own")
        }
    };
    let report =
        with_places(policy, widening, report).about([policy.name(widening.from), policy.name(widening.to)]);
    let report = broken
        .iter()
        .fold(report, |report, forbid| report.label(forbid.span, format!("`{}` excludes it", forbid.name)));
    sink.report(with_example(widening, report.note(widening.cause.clone())));
}

/// A packet for which a promise would be broken.
fn with_example(widening: &Widening, report: Diagnostic) -> Diagnostic {
    match &widening.counterexample {
        Some(packet) => report.note(packet.note()),
        None => report,
    }
}

/// The line that asks for the flow, and the line that makes the roles one party.
fn with_places(policy: &Policy, widening: &Widening, mut report: Diagnostic) -> Diagnostic {
    let flows: Vec<&Flow> = widening.flows.iter().filter_map(|at| policy.flows().get(*at)).collect();
    for flow in flows.iter().take(MOST_EXAMPLES) {
        for reason in flow.provenance.iter().take(1) {
            let ends = format!("meant for `{}` to `{}`", policy.name(flow.from), policy.name(flow.to));
            report = report.label(reason.span, ends);
        }
    }
    if flows.is_empty() {
        for party in [widening.from, widening.to].into_iter().filter_map(|role| policy.party(role)) {
            report = report.label(party.span, "one end of it");
        }
    }
    let mut shown = BTreeSet::new();
    for flow in flows.iter().take(MOST_EXAMPLES) {
        for (meant, gaining) in [(flow.from, widening.from), (flow.to, widening.to)] {
            if meant == gaining {
                continue;
            }
            for role in [meant, gaining] {
                let Some(party) = policy.party(role).filter(|_| shown.insert(role)) else { continue };
                report = match party.group_span {
                    Some(span) => report.label(span, format!("`{}` wears another role's group", party.name)),
                    None => report.label(party.span, format!("`{}` can't be told apart", party.name)),
                };
            }
        }
    }
    report
}

/// One note for each role that gets more because the file gives it another role's group.
fn report_declared(policy: &Policy, widenings: &[Widening], sink: &mut Sink) {
    let mut by_role: BTreeMap<RoleId, Vec<&Widening>> = BTreeMap::new();
    for widening in widenings.iter().filter(|widening| widening.declared) {
        let wearer = [widening.from, widening.to]
            .into_iter()
            .find(|role| policy.party(*role).is_some_and(|party| party.group != *role));
        if let Some(wearer) = wearer {
            by_role.entry(wearer).or_default().push(widening);
        }
    }
    for (role, gained) in by_role {
        let Some(party) = policy.party(role) else { continue };
        let message = format!(
            "role `{}` wears the group of `{}` and gets what that group may do: {}",
            party.name,
            policy.name(party.group),
            if gained.len() == 1 { "1 widening".to_owned() } else { format!("{} widenings", gained.len()) }
        );
        let mut report = Diagnostic::new(codes::WIDENING, message).severity(Severity::Note);
        if let Some(span) = party.group_span {
            report = report.label(span, "said here");
        }
        for widening in gained {
            report = report.note(format!(
                "{}: `{}` to `{}` on {}",
                widening.id,
                policy.name(widening.from),
                policy.name(widening.to),
                widening.services
            ));
            report = report.about([policy.name(widening.from), policy.name(widening.to)]);
        }
        sink.report(report);
    }
}
