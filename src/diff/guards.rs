//! Promises and tests that differ.
//!
//! In: the forbids and expects of two releases. Out: changes of class guard, and of class text where only the words of a
//! promise differ.
//!
//! Invariant: a promise that names renamed roles, or the same roles in another order, is the same promise.

use super::classify::Both;
use super::pairing::PairId;
use super::release::{Expect, Forbid, Place, Side};
use super::{Change, Class, words};
use crate::policy::service::ServiceSet;
use std::collections::{BTreeMap, BTreeSet};

/// A side in pairs; `None` for `any`.
type Who = Option<BTreeSet<PairId>>;

fn who(both: &Both<'_>, after: bool, side: &Side) -> Who {
    match side {
        Side::Any => None,
        Side::Parties(parties) => Some(parties.iter().map(|party| both.pair(after, *party)).collect()),
    }
}

/// What a promise excludes, in words of both releases.
#[derive(Debug, PartialEq, Eq)]
struct Promise {
    from: Who,
    to: Who,
    both_ways: bool,
    services: ServiceSet,
    enforced_by: String,
}

fn promise(both: &Both<'_>, after: bool, forbid: &Forbid) -> Promise {
    Promise {
        from: who(both, after, &forbid.from),
        to: who(both, after, &forbid.to),
        both_ways: forbid.both_ways,
        services: forbid.services.clone(),
        enforced_by: forbid.enforced_by.clone(),
    }
}

/// Adds what differs in promises and tests.
pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) {
    let [before, after] = both.releases;
    if let (Some(old), Some(new)) = (&before.forbids, &after.forbids) {
        forbids(both, old, new, changes);
    }
    if let (Some(old), Some(new)) = (&before.expects, &after.expects) {
        expects(both, old, new, changes);
    }
}

fn forbids(both: &Both<'_>, old: &[Forbid], new: &[Forbid], changes: &mut Vec<Change>) {
    let by_name = |list: &[Forbid]| -> BTreeMap<String, usize> {
        list.iter().enumerate().map(|(at, forbid)| (forbid.name.clone(), at)).collect()
    };
    let (old_names, new_names) = (by_name(old), by_name(new));
    let mut gone: Vec<&Forbid> = old.iter().filter(|forbid| !new_names.contains_key(&forbid.name)).collect();
    for forbid in new {
        let Some(earlier) = old_names.get(&forbid.name).and_then(|at| old.get(*at)) else {
            let same = |earlier: &&Forbid| promise(both, false, earlier) == promise(both, true, forbid);
            match gone.iter().position(same) {
                Some(at) => {
                    let what = format!("forbid `{}` is now called `{}`", gone.remove(at).name, forbid.name);
                    changes.push(told(Class::Text, what, &forbid.name, &forbid.place, &forbid.because));
                }
                None => {
                    let what = format!("forbid `{}` is new: {}", forbid.name, sentence(both, true, forbid));
                    changes.push(told(Class::Guard, what, &forbid.name, &forbid.place, &forbid.because));
                }
            }
            continue;
        };
        changes.extend(kept(both, earlier, forbid));
    }
    for forbid in gone {
        let what = format!("forbid `{}` is gone: {}", forbid.name, sentence(both, false, forbid));
        changes.push(told(Class::Guard, what, &forbid.name, &forbid.place, &forbid.because).gone());
    }
}

fn told(class: Class, what: String, name: &str, place: &Place, because: &str) -> Change {
    let mut change = Change::new(class, what, format!("forbid {name}"), place.clone());
    change.because = vec![because.to_owned()];
    change
}

fn kept(both: &Both<'_>, old: &Forbid, new: &Forbid) -> Option<Change> {
    let (earlier, later) = (promise(both, false, old), promise(both, true, new));
    if earlier == later {
        let is_same = old.because == new.because;
        let what = format!("forbid `{}` gives another reason", new.name);
        return (!is_same).then(|| told(Class::Text, what, &new.name, &new.place, &new.because));
    }
    let mut parts = Vec::new();
    parts.extend(side(both, "from", &earlier.from, &later.from));
    parts.extend(side(both, "to", &earlier.to, &later.to));
    parts.extend(excluded(&earlier.services, &later.services));
    if earlier.both_ways != later.both_ways {
        parts.push(if later.both_ways { "holds both ways" } else { "holds one way only" }.to_owned());
    }
    if earlier.enforced_by != later.enforced_by {
        parts.push(format!("is kept by {}, and was by {}", later.enforced_by, earlier.enforced_by));
    }
    let what = format!("forbid `{}` {}", new.name, parts.join("; "));
    let mut change = told(Class::Guard, what, &new.name, &new.place, &new.because);
    if old.because != new.because {
        change.notes.push(format!("its reason was: {}", old.because));
    }
    Some(change)
}

fn side(both: &Both<'_>, word: &str, old: &Who, new: &Who) -> Vec<String> {
    let names = |set: Vec<&PairId>| words::quoted(set.into_iter().map(|pair| both.pairing.name(*pair)));
    match (old, new) {
        (Some(old), Some(new)) => {
            let more: Vec<&PairId> = new.difference(old).collect();
            let less: Vec<&PairId> = old.difference(new).collect();
            let mut parts = Vec::new();
            if !more.is_empty() {
                parts.push(format!("now holds {word} {} too", names(more)));
            }
            if !less.is_empty() {
                parts.push(format!("no longer holds {word} {}", names(less)));
            }
            parts
        }
        (Some(_), None) => vec![format!("now holds {word} any")],
        (None, Some(new)) => vec![format!("now holds {word} {} only", names(new.iter().collect()))],
        (None, None) => Vec::new(),
    }
}

fn excluded(old: &ServiceSet, new: &ServiceSet) -> Vec<String> {
    let (more, less) = (new.difference(old), old.difference(new));
    let mut parts = Vec::new();
    if !more.is_empty() {
        parts.push(format!("now excludes {more} too"));
    }
    if !less.is_empty() {
        parts.push(format!("no longer excludes {less}"));
    }
    parts
}

fn sentence(both: &Both<'_>, after: bool, forbid: &Forbid) -> String {
    let arrow = if forbid.both_ways { "<->" } else { "->" };
    let (from, to) = (side_words(both, after, &forbid.from), side_words(both, after, &forbid.to));
    format!("{from} {arrow} {to} : {}", forbid.services)
}

fn side_words(both: &Both<'_>, after: bool, side: &Side) -> String {
    match who(both, after, side) {
        None => "any".to_owned(),
        Some(pairs) => pairs.iter().map(|pair| both.pairing.name(*pair)).collect::<Vec<_>>().join(", "),
    }
}

/// One question of a test. Tests of a list are as good as a list of tests.
type Question = (bool, Who, Who, ServiceSet);

fn questions(both: &Both<'_>, after: bool, expects: &[Expect]) -> BTreeMap<Question, Place> {
    let mut questions = BTreeMap::new();
    for expect in expects {
        let (from, to) = (who(both, after, &expect.from), who(both, after, &expect.to));
        let one = |who: &Who| -> Vec<Who> {
            let each =
                |pairs: &BTreeSet<PairId>| pairs.iter().map(|pair| Some(BTreeSet::from([*pair]))).collect();
            who.as_ref().map_or_else(|| vec![None], each)
        };
        for source in one(&from) {
            for destination in one(&to) {
                let question =
                    |from: &Who, to: &Who| (expect.allow, from.clone(), to.clone(), expect.services.clone());
                questions.entry(question(&source, &destination)).or_insert_with(|| expect.place.clone());
                if expect.both_ways {
                    questions.entry(question(&destination, &source)).or_insert_with(|| expect.place.clone());
                }
            }
        }
    }
    questions
}

fn expects(both: &Both<'_>, old: &[Expect], new: &[Expect], changes: &mut Vec<Change>) {
    let (old, new) = (questions(both, false, old), questions(both, true, new));
    let words = |(allow, from, to, services): &Question| {
        let names = |who: &Who| match who {
            None => "any".to_owned(),
            Some(pairs) => pairs.iter().map(|pair| both.pairing.name(*pair)).collect::<Vec<_>>().join(", "),
        };
        let verb = if *allow { "allow" } else { "deny" };
        format!("expect {verb} {} -> {} : {services}", names(from), names(to))
    };
    let lists = [("new", &new, &old), ("gone", &old, &new)];
    for (verb, one, other) in lists {
        let mut places: BTreeMap<&Place, Vec<String>> = BTreeMap::new();
        for (question, place) in one.iter().filter(|(question, _)| !other.contains_key(*question)) {
            places.entry(place).or_default().push(words(question));
        }
        for (place, texts) in places {
            let plural = if texts.len() == 1 { "a test is" } else { "tests are" };
            let what = format!("{plural} {verb}: {}", words::listed(&texts, "; "));
            let change = Change::new(Class::Guard, what, "expect", place.clone());
            changes.push(if verb == "gone" { change.gone() } else { change });
        }
    }
}
