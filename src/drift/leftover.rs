//! What segc once wrote for the site, and what nothing compiles to any more.
//!
//! In: what a site compiles to, and an export with its matches. Out: a difference for each enforcement point that is left.
//!
//! Invariant: only a mark of segc makes a thing ours. What bears the mark and lives elsewhere than the site says is another
//! deployment of the same site, and what another platform of the site may have is not judged.

use super::matching::{Matched, differs, labels_of};
use super::names::Names;
use super::points::blank;
use super::{Drift, Kind, Site};
use crate::policy::EnforcementState;
use crate::target::export::{Deployed, Export, KnownAs, Marks};
use crate::target::observed::{Action, Author};
use std::collections::{BTreeMap, BTreeSet};

/// The differences by the place of the enforcement point in the export.
pub(super) fn leftovers(site: &Site<'_>, export: &Export, matched: &Matched) -> BTreeMap<usize, Drift> {
    let paired = matched.pairs.iter().flatten().filter_map(|at| export.guards.get(*at));
    // One thing of the export may be several enforcement points.
    let ours: BTreeSet<&str> = paired.map(|one| one.id.as_str()).collect();
    let in_doubt: BTreeSet<&str> =
        matched.ambiguous.iter().flat_map(|one| one.ids.iter().map(String::as_str)).collect();
    // What has the name of a missing one is told with it.
    let missing = site.wanted.iter().zip(&matched.pairs).filter(|(_, found)| found.is_empty());
    let missing: BTreeSet<String> = missing.map(|(one, _)| one.guard.name.to_lowercase()).collect();
    let is_open = |one: &Deployed| {
        let id = one.id.as_str();
        let is_told = one.names.first().is_some_and(|name| missing.contains(name));
        !ours.contains(id) && !in_doubt.contains(id) && !is_told
    };
    let homes = homes(site, export, matched);
    let open = export.guards.iter().enumerate().filter(|(_, one)| is_open(one));
    open.filter_map(|(at, one)| Some((at, extra_point(one, written_for(site, &homes, one)?, export))))
        .collect()
}

/// Where each platform lives: as the site says, and as all that was matched lives.
fn homes<'a>(site: &Site<'a>, export: &Export, matched: &Matched) -> BTreeMap<&'a str, Marks> {
    let mut found: BTreeMap<&str, Marks> = BTreeMap::new();
    for (one, pairs) in site.wanted.iter().zip(&matched.pairs) {
        for home in pairs.iter().filter_map(|at| export.guards.get(*at)).map(|one| &one.home) {
            let common = found.entry(one.platform).or_insert_with(|| home.clone());
            common.retain(|key, value| home.get(key) == Some(value));
        }
    }
    let home = |(platform, known): &(&'a str, &KnownAs)| {
        let mut home = known.home.clone();
        home.extend(found.get(platform).cloned().unwrap_or_default());
        (*platform, home)
    };
    site.known.iter().map(home).collect()
}

/// The platform of the site for which segc wrote an enforcement point.
fn written_for<'a>(site: &Site<'a>, homes: &BTreeMap<&'a str, Marks>, one: &'a Deployed) -> Option<&'a str> {
    let claim = one.claim.as_ref()?;
    let known = || site.known.iter().filter_map(|(name, known)| Some((*name, known.claim.as_ref()?)));
    if let Some((name, _)) = known().find(|(_, own)| *own == claim) {
        let lives_here = homes.get(name).is_none_or(|home| !differs(home, &one.home));
        return lives_here.then_some(name);
    }
    // A platform that the site has no more.
    let is_gone = known().any(|(_, own)| own.site == claim.site) && !site.platforms.contains(&claim.platform);
    is_gone.then_some(claim.platform.as_str())
}

/// True where an enforcement point guards machines that wear a platform's label.
pub(super) fn wears(one: &Deployed, known: &KnownAs, names: &Names) -> bool {
    let worn = labels_of(&names.side(&one.guard.members));
    known.label.as_ref().is_some_and(|label| worn.iter().any(|labels| labels.contains(label)))
}

fn extra_point(one: &Deployed, platform: &str, export: &Export) -> Drift {
    let of_file = || one.guard.rules.iter().filter(|rule| rule.author == Author::File);
    let filters = one.attached != Some(false) && one.guard.state == EnforcementState::Enforce;
    let allows = of_file().any(|rule| rule.action == Action::Allow);
    let rules = match of_file().count() {
        1 => "one rule".to_owned(),
        count => format!("{count} rules"),
    };
    let idle = if filters { "" } else { "; it filters nothing now" };
    Drift {
        point: one.title.clone(),
        deployed: Some(one.shown()),
        deployed_at: Some(one.guard.pointer.clone()),
        opens: filters && allows,
        closes: filters && export.unguarded_passes,
        note: Some(format!(
            "segc wrote it for platform {platform} of this site, and nothing compiles to it now: {rules}{idle}; remove it once nothing uses it"
        )),
        ..blank(Kind::ExtraPoint, platform, "")
    }
}
