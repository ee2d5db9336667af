//! Which deployed enforcement point is which compiled one, and which names are one another.
//!
//! In: compiled enforcement points, an export, and what a person bound by hand. Out: [`Matched`].
//!
//! Invariant: a match is by name, by tag, by whom it guards, or by hand, never by rules that look alike. Where two fit
//! equally well none is taken, and neither is what lives elsewhere than the site says.

use super::binding::{bind_labels, bind_sets};
use super::leftover::wears;
use super::names::{Names, single, typed};
use super::{Ambiguous, Site, Wanted};
use crate::target::export::{Deployed, Export, Marks};
use crate::target::observed::{Action, PeerName, Peers, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// What a person says: a compiled name, and the id of what it is.
pub type Binds = BTreeMap<String, String>;

/// Who is who.
pub(super) struct Matched {
    /// For each compiled enforcement point the deployed ones, the one that is it first; the others guard the same machines.
    pub(super) pairs: Vec<Vec<usize>>,
    pub(super) names: Names,
    pub(super) ambiguous: Vec<Ambiguous>,
    /// What was taken for a compiled one by another sign than its name.
    pub(super) remarks: Vec<String>,
    /// What was bound and is not there.
    pub(super) unknown: Vec<String>,
}

/// Names of an enforcement point in a compiled file: its name, and the last step of its place. A number only counts places
/// of a list and names nothing.
pub(super) fn compiled_names(wanted: &Wanted<'_>) -> [String; 2] {
    let name = wanted.guard.name.as_str();
    let step = wanted.guard.pointer.rsplit('/').next().unwrap_or(name);
    let is_number = step.bytes().all(|byte| byte.is_ascii_digit());
    [name.to_lowercase(), if is_number { name } else { step }.to_lowercase()]
}

pub(super) fn matched(site: &Site<'_>, export: &Export, binds: &Binds) -> Matched {
    let wanted = site.wanted.as_slice();
    let known_as: Vec<(PeerName, String)> =
        site.known.iter().flat_map(|(_, known)| known.sets.iter().cloned()).collect();
    let known_as = known_as.as_slice();
    let mut names = Names::of_sets(export);
    let mut unknown = bind_labels(wanted, export, known_as, binds, &mut names);
    let mut pairing = Pairing::new(wanted, export, binds, &names);
    pairing.run();
    let Pairing { mut taken, pairs, doubtful, mut remarks, .. } = pairing;
    let mut ambiguous: Vec<Ambiguous> = doubtful.into_values().collect();
    let mut pairs: Vec<Vec<usize>> =
        (0..wanted.len()).map(|place| pairs.get(&place).copied().into_iter().collect()).collect();
    for (one, found) in wanted.iter().zip(&pairs) {
        let deployed = found.first().and_then(|at| export.guards.get(*at));
        if let Some(name) = deployed.and_then(|one| one.name.clone())
            && let Some(compiled) = one.guard.members.names.first()
        {
            names.is(name, compiled.clone());
        }
    }
    remarks.extend(add_up(wanted, export, &names, &mut taken, &mut pairs));
    let (unbound, unclear) = bind_sets(wanted, export, known_as, binds, &mut names);
    unknown.extend(unbound);
    ambiguous.extend(unclear);
    Matched { pairs, names, ambiguous, remarks, unknown }
}

/// A sign that a deployed enforcement point is a compiled one, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// A person says so.
    Bound,
    /// Its name, and whom it guards or its tags.
    NameAndMore,
    /// Its name.
    Name,
    /// Another name that it has.
    OtherName,
    /// The tags that a compiled one has.
    Tags,
    /// A name that others may have too, among things that were made together with a matched one.
    Hint,
    /// Whom it guards.
    Members,
    /// A name that others may have too, and nothing else. It is never enough.
    HintAlone,
}

impl Sign {
    const ALL: [Self; 8] = [
        Self::Bound,
        Self::NameAndMore,
        Self::Name,
        Self::OtherName,
        Self::Tags,
        Self::Hint,
        Self::Members,
        Self::HintAlone,
    ];

    /// What a reader should know of a match by this sign.
    fn remark(self) -> Option<&'static str> {
        match self {
            Self::Bound | Self::NameAndMore | Self::Name | Self::HintAlone => None,
            Self::OtherName => Some("one of its other names says so"),
            Self::Tags => Some("it was renamed, and has its tags"),
            Self::Hint => Some("it was renamed, and was made together with others of the site"),
            Self::Members => Some("it was renamed, and guards the same machines"),
        }
    }
}

/// Who is taken for whom, while it is found out.
struct Pairing<'a> {
    wanted: &'a [Wanted<'a>],
    export: &'a Export,
    binds: &'a Binds,
    names: &'a Names,
    taken: BTreeSet<usize>,
    pairs: BTreeMap<usize, usize>,
    doubtful: BTreeMap<usize, Ambiguous>,
    /// What made the matched ones.
    origins: BTreeSet<&'a str>,
    remarks: Vec<String>,
}

impl<'a> Pairing<'a> {
    fn new(wanted: &'a [Wanted<'a>], export: &'a Export, binds: &'a Binds, names: &'a Names) -> Self {
        Self {
            wanted,
            export,
            binds,
            names,
            taken: BTreeSet::new(),
            pairs: BTreeMap::new(),
            doubtful: BTreeMap::new(),
            origins: BTreeSet::new(),
            remarks: Vec::new(),
        }
    }

    /// Pairs off by the strongest sign first, so that a weaker one never takes what is another one's by a stronger one.
    fn run(&mut self) {
        for sign in Sign::ALL {
            let before = self.taken.clone();
            for place in 0..self.wanted.len() {
                if !self.pairs.contains_key(&place) && !self.doubtful.contains_key(&place) {
                    self.pair(place, sign, &before);
                }
            }
            let matched = self.pairs.values().filter_map(|at| self.export.guards.get(*at));
            self.origins = matched.filter_map(|one| one.origin.as_deref()).collect();
        }
    }

    fn pair(&mut self, place: usize, sign: Sign, before: &BTreeSet<usize>) {
        let Some(one) = self.wanted.get(place) else { return };
        let fits = |at: usize, other: &Deployed| !before.contains(&at) && self.sign(one, other) == Some(sign);
        let all: Vec<(usize, &Deployed)> =
            self.export.guards.iter().enumerate().filter(|(at, other)| fits(*at, other)).collect();
        match all.as_slice() {
            [] => {}
            [(found, other)] if sign != Sign::HintAlone && self.taken.insert(*found) => {
                self.pairs.insert(place, *found);
                let remark = sign
                    .remark()
                    .map(|why| format!("{} is taken for {}: {why}", other.shown(), one.guard.name));
                self.remarks.extend(remark);
            }
            several => {
                let ids = several.iter().map(|(_, one)| one.id.clone()).collect();
                self.doubtful.insert(place, Ambiguous { name: one.guard.name.clone(), ids });
                self.taken.extend(several.iter().map(|(at, _)| *at));
            }
        }
    }

    /// The strongest sign that a deployed enforcement point is a compiled one.
    fn sign(&self, wanted: &Wanted<'_>, one: &Deployed) -> Option<Sign> {
        let ours = compiled_names(wanted);
        if let Some(id) = ours.iter().find_map(|name| self.binds.get(name)) {
            return one.is_called(id).then_some(Sign::Bound);
        }
        if differs(&wanted.known.home, &one.home) {
            return None;
        }
        let [name, _] = &ours;
        let is_tagged = wanted.tags().is_some_and(|tags| !tags.is_empty() && one.tags == *tags);
        let is_other = wanted.tags().is_some_and(|tags| differs(tags, &one.tags));
        let guards_same = guards_same(wanted, one, self.names);
        let is_hint = one.hints.iter().any(|hint| ours.contains(hint)) && !is_other;
        let of_one_origin = one.origin.as_deref().is_some_and(|origin| self.origins.contains(origin));
        let signs = [
            (one.names.first() == Some(name) && (guards_same || is_tagged), Sign::NameAndMore),
            (one.names.first() == Some(name), Sign::Name),
            (one.names.iter().any(|name| ours.contains(name)) && !is_other, Sign::OtherName),
            (is_tagged, Sign::Tags),
            (is_hint && of_one_origin, Sign::Hint),
            (guards_same, Sign::Members),
            (is_hint, Sign::HintAlone),
        ];
        signs.into_iter().find(|(is, _)| *is).map(|(_, sign)| sign)
    }
}

/// True where both say something, and not the same.
pub(super) fn differs(one: &Marks, other: &Marks) -> bool {
    one.iter().any(|(key, value)| other.get(key).is_some_and(|other| other != value))
}

/// A deployed enforcement point of a compiled one's name that lives elsewhere, with where.
pub(super) fn elsewhere(wanted: &Wanted<'_>, export: &Export) -> Option<String> {
    let name = wanted.guard.name.to_lowercase();
    let one = export
        .guards
        .iter()
        .find(|one| one.names.first() == Some(&name) && differs(&wanted.known.home, &one.home))?;
    let apart =
        wanted.known.home.iter().find(|(key, value)| one.home.get(*key).is_some_and(|other| other != *value));
    let (key, value) = apart?;
    let found = one.home.get(key)?;
    let (shown, name) = (one.shown(), &wanted.guard.name);
    let id = one.path.as_ref().unwrap_or(&one.id);
    Some(format!(
        "{shown} has its name, and is of the {key} `{found}`, not `{value}`; if it is the one, say so: `--bind {name}={id}`"
    ))
}

/// True when both guard machines with the same labels.
fn guards_same(wanted: &Wanted<'_>, one: &Deployed, names: &Names) -> bool {
    let has_labels = |peers: &Peers| peers.names.iter().any(|name| matches!(name, PeerName::Labels(_)));
    has_labels(&wanted.guard.members) && names.side(&one.guard.members) == wanted.guard.members
}

/// Adds the others that guard the same machines and only permit something from or to others: their rules add up. Says so.
fn add_up(
    wanted: &[Wanted<'_>],
    export: &Export,
    names: &Names,
    taken: &mut BTreeSet<usize>,
    pairs: &mut [Vec<usize>],
) -> Vec<String> {
    let mut remarks = Vec::new();
    for (one, found) in wanted.iter().zip(pairs) {
        let Some(first) = found.first().and_then(|at| export.guards.get(*at)) else { continue };
        for (at, other) in export.guards.iter().enumerate() {
            let permits =
                |rule: &Rule| rule.action == Action::Allow && !(rule.from.guarded && rule.to.guarded);
            let is_alike = other.guard.state == first.guard.state && other.guard.scope == first.guard.scope;
            let adds_up = is_alike && other.problem.is_none() && other.guard.rules.iter().all(permits);
            if adds_up && guards_same(one, other, names) && taken.insert(at) {
                found.push(at);
                let (shown, name) = (other.shown(), &one.guard.name);
                remarks.push(format!(
                    "{shown} guards the same machines as {name}: its rules were added to those"
                ));
            }
        }
    }
    remarks
}

/// Deployed enforcement points that no compiled one is, and that guard machines of a compiled one too, with why they matter.
pub(super) fn besides(site: &Site<'_>, export: &Export, matched: &Matched) -> BTreeMap<usize, String> {
    let wanted = site.wanted.as_slice();
    let ours: BTreeSet<usize> = matched.pairs.iter().flatten().copied().collect();
    let parts: BTreeSet<&String> =
        ours.iter().filter_map(|at| export.guards.get(*at)).map(|one| &one.id).collect();
    let others = export.guards.iter().enumerate().filter(|(at, _)| !ours.contains(at));
    let compiled: Vec<(&str, Vec<BTreeSet<String>>)> =
        wanted.iter().map(|one| (one.guard.name.as_str(), labels_of(&one.guard.members))).collect();
    let nested = |one: &BTreeSet<String>, other: &BTreeSet<String>| !one.is_empty() && one.is_subset(other);
    let why = |one: &Deployed| {
        if parts.contains(&one.id) {
            return Some("it has rules for other machines besides".to_owned());
        }
        let unknown = unexplained(export, &matched.names, &one.guard.members);
        if let Some(why) =
            unknown.first().and_then(|_| unknown_members(&compiled, one, &matched.names, &unknown))
        {
            return Some(why);
        }
        let labels = labels_of(&matched.names.side(&one.guard.members));
        let shares =
            |own: &BTreeSet<String>| labels.iter().any(|other| nested(own, other) || nested(other, own));
        let found = compiled.iter().find(|(_, own)| own.iter().any(shares));
        if let Some(problem) = &one.problem {
            let may_guard = found.is_some() || one.guard.members == Peers::default();
            let unread = format!("it may guard machines of the site, and can't be read: {problem}");
            return may_guard.then_some(unread);
        }
        let beside = || {
            // What segc wrote for another site guards that site's machines.
            let may_be_ours = one.claim.is_none();
            let label =
                site.known.iter().find(|(_, known)| wears(one, known, &matched.names))?.1.label.as_ref()?;
            may_be_ours.then(|| format!("it guards machines of {label} that no role of the site is"))
        };
        let shared =
            found.map(|(name, _)| format!("it guards machines of {name} too, and its rules count for them"));
        shared.or_else(beside)
    };
    others.filter_map(|(at, one)| Some((at, why(one)?))).collect()
}

/// Why an enforcement point with labels that no file explains may matter: what is known of its labels fits.
fn unknown_members(
    compiled: &[(&str, Vec<BTreeSet<String>>)],
    one: &Deployed,
    names: &Names,
    unknown: &BTreeSet<PeerName>,
) -> Option<String> {
    let words: BTreeSet<String> = unknown.iter().map(typed).collect();
    let known = labels_of(&names.side(&one.guard.members)).into_iter().map(|labels| -> BTreeSet<String> {
        labels.into_iter().filter(|label| !words.contains(label)).collect()
    });
    let known: Vec<BTreeSet<String>> = known.collect();
    let may_be =
        |own: &BTreeSet<String>| known.iter().any(|known| known.is_subset(own) || own.is_subset(known));
    let fits = compiled.iter().any(|(_, own)| own.iter().any(may_be));
    let list: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    fits.then(|| {
        format!(
            "it may guard machines of the site: no file says what {} is; give the file of all categories (`--categories FILE`)",
            list.join(", ")
        )
    })
}

/// The sets of labels on a side.
pub(super) fn labels_of(peers: &Peers) -> Vec<BTreeSet<String>> {
    let sets = peers.names.iter().filter_map(|name| match name {
        PeerName::Labels(labels) => Some(labels.clone()),
        _ => None,
    });
    sets.collect()
}

/// Whom a deployed enforcement point guards, and both sides of its rules.
pub(super) fn sides(one: &Deployed) -> impl Iterator<Item = &Peers> {
    let rules = one.guard.rules.iter().flat_map(|rule| [&rule.from, &rule.to]);
    std::iter::once(&one.guard.members).chain(rules)
}

/// The names of a side that no file explains.
pub(super) fn unexplained(export: &Export, names: &Names, peers: &Peers) -> BTreeSet<PeerName> {
    let renamed = names.side(peers);
    let is_open = |name: &PeerName| export.unexplained.contains(name) || names.is_doubtful(name);
    single([&renamed]).into_iter().filter(is_open).collect()
}
