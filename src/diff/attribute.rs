//! What a change touches and brings about: artefacts, rules and findings.
//!
//! In: the changes, the rules and findings that differ. Out: the changes with positions of these.
//!
//! Invariant: a finding about what artefacts let pass besides comes of a change at that level, and of no other one.

use super::classify::Both;
use super::findings::Differing;
use super::release::{Finding, Place, Release};
use super::rules::RuleChange;
use super::{Change, ChangedFlow, Class, Effect, Level};
use std::collections::{BTreeMap, BTreeSet};

/// Codes of findings about what artefacts let pass beyond the file: shared, by the file's word or a name, and against a
/// promise.
const OF_WIDENINGS: [&str; 3] = ["SEG4017", "SEG6002", "SEG6003"];

/// Says of each change which artefacts and rules it touches, and which findings it brings about or ends.
pub(super) fn link(both: &Both<'_>, changes: &mut [Change], rules: &[RuleChange], findings: &Differing) {
    let artefacts = carriers(both, changes);
    for change in changes.iter_mut() {
        let rows: BTreeSet<&str> = change.rows.iter().map(String::as_str).collect();
        let touches = |rule: &RuleChange| rule.rows.iter().any(|row| rows.contains(row.as_str()));
        change.rules = own_rules(change, rules, touches);
        let carried = rows.iter().filter_map(|row| artefacts.get(*row)).flatten();
        let paths: BTreeSet<&str> = carried.copied().collect();
        change.artefacts = paths.into_iter().map(str::to_owned).collect();
    }
    orphans(both, changes, rules);
    let Differing { opens, closes, changes: alters } = findings;
    attribute(both, changes, true, &Vec::from_iter(opens), |change, at| change.opens.push(at));
    attribute(both, changes, false, &Vec::from_iter(closes), |change, at| change.closes.push(at));
    for after in [false, true] {
        let texts = alters.iter().map(|one| if after { &one.after } else { &one.before });
        attribute(both, changes, after, &Vec::from_iter(texts), |change, at| {
            if !change.alters.contains(&at) {
                change.alters.push(at);
            }
        });
    }
}

/// Gives rules that no change touches to those of the model that are about an end of their rows: their role is enforced in
/// another place of its platform, or named in another way.
fn orphans(both: &Both<'_>, changes: &mut [Change], rules: &[RuleChange]) {
    let told: BTreeSet<usize> = changes.iter().flat_map(|change| &change.rules).copied().collect();
    let left: Vec<usize> = positions(rules, |rule| !rule.rows.is_empty());
    let left: Vec<usize> = left.into_iter().filter(|at| !told.contains(at)).collect();
    if left.is_empty() {
        return;
    }
    let mut ends: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for after in [false, true] {
        for flow in &both.own(after).flows {
            let (from, to) = both.pairs(after, flow);
            ends.entry(&flow.row).or_default().extend([both.pairing.name(from), both.pairing.name(to)]);
        }
    }
    for at in left {
        let rows = rules.get(at).into_iter().flat_map(|rule| &rule.rows);
        let roles: BTreeSet<&str> =
            rows.filter_map(|row| ends.get(row.as_str())).flatten().copied().collect();
        let is_about = |change: &&mut Change| {
            change.class == Class::Model && change.roles.iter().any(|role| roles.contains(role.as_str()))
        };
        changes.iter_mut().filter(is_about).for_each(|change| change.rules.push(at));
    }
}

/// Gives findings to the changes of which they come: what artefacts let pass besides, where they are about that; else
/// what else they are about. They are those of the second release (`opens`), or of the first.
fn attribute(
    both: &Both<'_>,
    changes: &mut [Change],
    opens: bool,
    findings: &[&Finding],
    give: impl Fn(&mut Change, usize),
) {
    let statements = statements_of(both.own(opens), findings);
    for (at, finding) in findings.iter().copied().enumerate() {
        let is_of = |change: &&mut Change| is_of_artefacts(change, opens, finding);
        let of_artefacts: Vec<&mut Change> = changes.iter_mut().filter(is_of).collect();
        if !of_artefacts.is_empty() {
            of_artefacts.into_iter().for_each(|change| give(change, at));
            continue;
        }
        // A statement that opens something may end what its line was warned about, so what is of its line comes before what
        // is of a role.
        type Belongs<'b> = &'b dyn Fn(&Change) -> bool;
        let [mine, of_line, of_model]: [Belongs<'_>; 3] = [
            &|change| belongs(both, opens, change, finding),
            &|change| is_of_statement(&statements, change, finding),
            &|change| is_of_model(change, finding),
        ];
        for is_of in [mine, of_line, of_model] {
            let mut found = changes.iter_mut().filter(|change| is_of(change)).peekable();
            if found.peek().is_some() {
                found.for_each(|change| give(change, at));
                break;
            }
        }
    }
}

/// The statements of the rows of each line at which findings point.
type Statements<'a> = BTreeMap<&'a Place, BTreeSet<&'a str>>;

fn statements_of<'a>(release: &'a Release, findings: &[&'a Finding]) -> Statements<'a> {
    let places = findings.iter().flat_map(|finding| &finding.labels).map(|(place, _, _)| place);
    let mut statements: Statements<'_> = places.map(|place| (place, BTreeSet::new())).collect();
    if !statements.is_empty() {
        for reason in release.flows.iter().flat_map(|flow| &flow.reasons) {
            if let Some(of_line) = statements.get_mut(&reason.place) {
                of_line.insert(&reason.statement);
            }
        }
    }
    statements
}

/// Whether a finding points at a line of the statement that a change of access is put down to.
fn is_of_statement(statements: &Statements<'_>, change: &Change, finding: &Finding) -> bool {
    let mut places = finding.labels.iter().map(|(place, _, _)| place);
    change.level == Level::Intent
        && !change.flows.is_empty()
        && !OF_WIDENINGS.contains(&finding.code.as_str())
        && places
            .any(|place| statements.get(place).is_some_and(|all| all.contains(change.statement.as_str())))
}

/// Whether a finding is about a role of which something else than its access differs: delivery, trust, kind.
fn is_of_model(change: &Change, finding: &Finding) -> bool {
    let mut about = finding.about.iter().flatten();
    let is_widening = OF_WIDENINGS.contains(&finding.code.as_str());
    change.class == Class::Model && !is_widening && about.any(|role| change.roles.contains(role))
}

/// Whether a finding is about roles between which a change lets artefacts pass more, or less, on the compared days.
fn is_of_artefacts(change: &Change, opens: bool, finding: &Finding) -> bool {
    let is_of = |flow: &ChangedFlow| {
        finding.about.iter().any(|pair| pair[..] == [flow.from.clone(), flow.to.clone()])
    };
    let is_of_widening = OF_WIDENINGS.contains(&finding.code.as_str());
    is_of_widening
        && change.level == Level::Artefact
        && change.packets > 0
        && change.opens_access() == opens
        && change.flows.iter().any(is_of)
}

/// The rules of a change's rows by which it comes about. A role that moves widens by the new rules and narrows by the
/// old ones; where only the others differ, rules were joined or split, and it comes about by these.
fn own_rules(change: &Change, rules: &[RuleChange], touches: impl Fn(&RuleChange) -> bool) -> Vec<usize> {
    let all = positions(rules, touches);
    let effects: Vec<Effect> =
        [(change.opens_access(), Effect::Opens), (change.closes_access(), Effect::Closes)]
            .into_iter()
            .filter_map(|(is_there, effect)| is_there.then_some(effect))
            .collect();
    let may = |at: &&usize| {
        let rule = rules.get(**at);
        rule.is_some_and(|rule| effects.is_empty() || effects.iter().any(|effect| rule.effect.may(*effect)))
    };
    let own: Vec<usize> = all.iter().filter(may).copied().collect();
    if own.is_empty() { all } else { own }
}

fn positions<T>(list: &[T], wanted: impl Fn(&T) -> bool) -> Vec<usize> {
    list.iter().enumerate().filter(|(_, one)| wanted(one)).map(|(at, _)| at).collect()
}

/// The artefacts of either release that carry rows of the changes.
fn carriers<'a>(both: &Both<'a>, changes: &[Change]) -> BTreeMap<String, BTreeSet<&'a str>> {
    let wanted: BTreeSet<&str> = changes.iter().flat_map(|change| &change.rows).map(String::as_str).collect();
    let mut carriers: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for artefact in both.releases.iter().flat_map(|release| release.artefacts.iter().flatten()) {
        for row in
            artefact.rules.iter().flat_map(|rule| &rule.rows).filter(|row| wanted.contains(row.as_str()))
        {
            carriers.entry(row.clone()).or_default().insert(&artefact.path);
        }
    }
    carriers
}

/// Whether a finding comes of a change.
///
/// It comes of a role or platform that only one release has where it is about that role; of other addresses where it
/// points at what says them; of everything else where it points at one of its statements.
fn belongs(both: &Both<'_>, opens: bool, change: &Change, finding: &Finding) -> bool {
    let places = || finding.labels.iter().map(|(place, _, _)| place).filter(|place| place.line > 0);
    let is_own_place = change.is_after == opens && places().any(|place| *place == change.place);
    let about = || finding.about.iter().flatten();
    if change.level == Level::Artefact || OF_WIDENINGS.contains(&finding.code.as_str()) {
        return false;
    }
    if change.flows.is_empty() || matches!(change.class, Class::Widened | Class::Narrowed) {
        return is_own_place;
    }
    let is_lone = |name: &String| {
        let there = both.releases.map(|release| release.find(name).is_some());
        there != [true, true] && change.roles.contains(name)
    };
    if change.statement.starts_with("role ") || change.statement.starts_with("platform ") {
        return is_own_place || about().any(is_lone);
    }
    let effect = Effect::of(opens);
    let reasons = || change.flows.iter().filter(|flow| flow.effect == effect).flat_map(|flow| &flow.reasons);
    is_own_place || places().any(|place| reasons().any(|reason| reason.place == *place))
}
