//! Steps that add or remove rows, place by place.
//!
//! In: changes and the rules that differ. Out: a step for what opens, for what closes, and for what is enforced in another
//! place, each with its rows by platform.
//!
//! Invariant: a step names a row on a platform only where a rule of it changes there; where none does, it says so.

use super::super::classify::Both;
use super::super::release::{Artefact, Release};
use super::super::rules::{RuleChange, RuleEffect};
use super::super::{Change, ChangedFlow, Effect, Level};
use super::{Step, positions};
use std::collections::{BTreeMap, BTreeSet};

/// Where rows are enforced: a platform, and who does it where no artefact does.
type Site<'a> = (&'a str, Option<&'a str>);

/// Rows by the site that enforces them.
type BySite<'a> = BTreeMap<Site<'a>, BTreeSet<&'a str>>;

/// The rows that open or close, by the platform that enforces them.
pub(super) fn differing(
    both: &Both<'_>,
    changes: &[Change],
    rules: &[RuleChange],
    effect: Effect,
    what: &str,
) -> Option<Step> {
    // What waits for a day has a step of its own; what artefacts let pass besides comes and goes with the rows.
    let has_part = |change: &Change| {
        let is_effect = change.rows_that_differ().any(|flow| flow.effect == effect);
        let is_now = change.packets > 0 || !change.repeats.is_empty();
        is_effect && change.level == Level::Intent && is_now
    };
    let found = positions(changes, has_part);
    let flows = found.iter().filter_map(|at| changes.get(*at)).flat_map(Change::rows_that_differ);
    let flows: Vec<&ChangedFlow> = flows.filter(|flow| flow.effect == effect).collect();
    let own = both.own(effect == Effect::Opens);
    let sites = Sites::new(own, &flows, rules, effect);
    let kept = kept(changes);
    let said = |row: &str| {
        if !kept.contains(row) {
            return row.to_owned();
        }
        let parts: BTreeSet<String> =
            flows.iter().filter(|flow| flow.row == row).map(|flow| part(flow)).collect();
        format!("{row} ({})", Vec::from_iter(parts).join(", "))
    };
    (!found.is_empty()).then(|| Step::new(format!("{what}: {}", sites.words(said, effect)), found))
}

/// Where some rows are enforced.
#[derive(Default)]
struct Sites<'a> {
    /// A rule changes, or somebody has to change one.
    changing: BySite<'a>,
    /// The artefact has a rule, and none of them changes.
    unchanged: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Nobody is known to enforce them.
    elsewhere: BTreeSet<&'a str>,
}

impl<'a> Sites<'a> {
    fn new(own: &'a Release, flows: &[&'a ChangedFlow], rules: &'a [RuleChange], effect: Effect) -> Self {
        let wanted: BTreeSet<&str> = flows.iter().map(|flow| flow.row.as_str()).collect();
        let mut sites = Self { elsewhere: wanted.clone(), ..Self::default() };
        let touched = touched(rules, effect, &wanted);
        for (platform, row) in own.artefacts.iter().flatten().flat_map(|one| carried(one, &wanted)) {
            sites.elsewhere.remove(row);
            if touched.contains(&(platform, row)) {
                sites.changing.entry((platform, None)).or_default().insert(row);
            } else {
                sites.unchanged.entry(platform).or_default().insert(row);
            }
        }
        for flow in flows {
            for (platform, by) in others(own, flow) {
                sites.elsewhere.remove(flow.row.as_str());
                sites.changing.entry((platform, Some(by))).or_default().insert(&flow.row);
            }
        }
        sites
    }

    fn words(&self, said: impl Fn(&str) -> String + Copy, effect: Effect) -> String {
        let joined = |rows: &BTreeSet<&str>| rows.iter().map(|row| said(row)).collect::<Vec<_>>().join(", ");
        let mut parts = by_site(&self.changing, said);
        let verb = if effect == Effect::Opens { "get" } else { "lose" };
        parts.extend(self.unchanged.iter().map(|(platform, rows)| {
            format!("on `{platform}` no rule changes, and the groups of rows {} {verb} members", joined(rows))
        }));
        if !self.elsewhere.is_empty() {
            parts.push(format!("enforced elsewhere rows {}", joined(&self.elsewhere)));
        }
        parts.join("; ")
    }
}

/// The rows that an artefact carries, of those that are wanted.
fn carried<'a>(artefact: &'a Artefact, wanted: &BTreeSet<&'a str>) -> BTreeSet<(&'a str, &'a str)> {
    let rows = artefact.rules.iter().flat_map(|rule| &rule.rows).map(String::as_str);
    rows.filter(|row| wanted.contains(row)).map(|row| (artefact.platform.as_str(), row)).collect()
}

/// Platforms and rows of which a rule changes. One that only goes adds nothing, and the other way round, unless nothing
/// else happens to the row there.
fn touched<'a>(
    rules: &'a [RuleChange],
    effect: Effect,
    wanted: &BTreeSet<&str>,
) -> BTreeSet<(&'a str, &'a str)> {
    let of = |rule: &'a RuleChange| {
        let rows = rule.rows.iter().map(String::as_str).filter(|row| wanted.contains(row));
        rows.map(|row| (rule.platform.as_str(), row))
    };
    let main = || rules.iter().filter(|rule| rule.is_main);
    let mut touched: BTreeSet<_> = main().filter(|rule| rule.effect.may(effect)).flat_map(of).collect();
    let rest: BTreeSet<_> = main().flat_map(of).filter(|place| !touched.contains(place)).collect();
    touched.extend(rest);
    touched
}

/// The ends of a row that sit on a platform and that somebody else enforces, with who.
fn others<'a>(own: &'a Release, flow: &ChangedFlow) -> Vec<(&'a str, &'a str)> {
    let ends = flow.ends.iter().filter_map(|end| own.party(*end)).filter(|party| !party.enforced);
    let by = |party| super::super::places::manager(own, party);
    ends.filter_map(|party| Some((party.platform.as_deref()?, by(party)?))).collect()
}

/// Rows of which a part opens and another part closes: their ids alone don't say what to do.
fn kept(changes: &[Change]) -> BTreeSet<&str> {
    let rows = |effect: Effect| -> BTreeSet<&str> {
        let flows = changes.iter().flat_map(|change| &change.flows);
        flows.filter(|flow| flow.effect == effect).map(|flow| flow.row.as_str()).collect()
    };
    rows(Effect::Opens).intersection(&rows(Effect::Closes)).copied().collect()
}

/// The part of a row that opens or closes.
fn part(flow: &ChangedFlow) -> String {
    let (from, to) = (flow.from_addresses.join(" "), flow.to_addresses.join(" "));
    format!("{} from {from} to {to}", flow.services)
}

/// Rows that a place gets, or loses, of which no packet opens, or closes: their role moved or has others who enforce it,
/// or a rule was split.
pub(super) fn moved(changes: &[Change], rules: &[RuleChange], effect: Effect) -> Option<Step> {
    let told: BTreeSet<&str> = changes
        .iter()
        .flat_map(Change::rows_that_differ)
        .filter(|flow| flow.effect == effect)
        .map(|flow| flow.row.as_str())
        .collect();
    let (wanted, what) = match effect {
        Effect::Opens => (RuleEffect::Added, "add what another rule or place enforces now"),
        Effect::Closes => (RuleEffect::Removed, "remove what another rule or place enforces now"),
    };
    let mut sites = BySite::new();
    for rule in rules.iter().filter(|rule| rule.is_main && rule.effect == wanted) {
        let mut rows = rule.rows.iter().map(String::as_str).filter(|row| !told.contains(row)).peekable();
        if rows.peek().is_some() {
            sites.entry((&rule.platform, None)).or_default().extend(rows);
        }
    }
    let is_of = |change: &Change| change.moves.iter().any(|one| one.flow.effect == effect);
    let found = positions(changes, is_of);
    for one in changes.iter().flat_map(|change| &change.moves).filter(|one| one.flow.effect == effect) {
        sites.entry((&one.platform, one.by.as_deref())).or_default().insert(&one.flow.row);
    }
    let parts = by_site(&sites, str::to_owned);
    (!parts.is_empty()).then(|| Step::new(format!("{what}: {}", parts.join("; ")), found))
}

/// Rules of rows of which no packet opens or closes that say something else: an end of them is named in another way, or
/// another rule has a part of them.
pub(super) fn renamed(changes: &[Change], rules: &[RuleChange]) -> Option<Step> {
    let told: BTreeSet<&str> =
        changes.iter().flat_map(Change::rows_that_differ).map(|flow| flow.row.as_str()).collect();
    let mut sites = BySite::new();
    for rule in rules.iter().filter(|rule| rule.is_main && rule.effect == RuleEffect::Changed) {
        let mut rows = rule.rows.iter().map(String::as_str).filter(|row| !told.contains(row)).peekable();
        if rows.peek().is_some() {
            sites.entry((&rule.platform, None)).or_default().extend(rows);
        }
    }
    let parts = by_site(&sites, str::to_owned);
    let what = "change the rules that say the same in another way now";
    (!parts.is_empty()).then(|| Step::new(format!("{what}: {}", parts.join("; ")), Vec::new()))
}

/// Enforcement points that only one release has: a new one has to be put before its roles, and an old one taken away.
pub(super) fn points(rules: &[RuleChange], effect: Effect) -> Option<Step> {
    let (wanted, what) = match effect {
        Effect::Opens => (RuleEffect::Added, "make, and attach only once the rules are there"),
        Effect::Closes => (RuleEffect::Removed, "remove what guards nobody any more"),
    };
    let mut platforms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.is_main && rule.is_point() && rule.effect == wanted) {
        platforms.entry(&rule.platform).or_default().insert(rule.point());
    }
    let part = |(platform, points): (&&str, &BTreeSet<&str>)| {
        let points: Vec<String> = points.iter().map(|point| format!("`{point}`")).collect();
        format!("on `{platform}` {}", points.join(", "))
    };
    let parts: Vec<String> = platforms.iter().map(part).collect();
    (!parts.is_empty()).then(|| Step::new(format!("{what}: {}", parts.join("; ")), Vec::new()))
}

/// Rows by site, as people read them.
fn by_site(sites: &BySite<'_>, said: impl Fn(&str) -> String + Copy) -> Vec<String> {
    let joined = |rows: &BTreeSet<&str>| rows.iter().map(|row| said(row)).collect::<Vec<_>>().join(", ");
    let part = |((platform, by), rows): (&Site<'_>, &BTreeSet<&str>)| {
        let by = by.map_or_else(String::new, |by| format!(", by {by},"));
        format!("on `{platform}`{by} rows {}", joined(rows))
    };
    sites.iter().map(part).collect()
}
