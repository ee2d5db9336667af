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
use crate::target::export::{Deployed, Export, KnownAs};
use crate::target::observed::{Action, Author};
use std::collections::{BTreeMap, BTreeSet};

/// The differences by the place of the enforcement point in the export.
pub(super) fn leftovers(site: &Site<'_>, export: &Export, matched: &Matched) -> BTreeMap<usize, Drift> {
    let paired = matched.pairs.iter().flatten().filter_map(|at| export.guards.get(*at));
    // One thing of the export may be several enforcement points.
    let ours: BTreeSet<&str> = paired.map(|one| one.id.as_str()).collect();
    let in_doubt: BTreeSet<&str> =
        matched.ambiguous.iter().flat_map(|one| one.ids.iter().map(String::as_str)).collect();
    let is_open = |one: &Deployed| !ours.contains(one.id.as_str()) && !in_doubt.contains(one.id.as_str());
    let open = export.guards.iter().enumerate().filter(|(_, one)| is_open(one));
    open.filter_map(|(at, one)| Some((at, extra_point(one, written_for(site, &matched.names, one)?, export))))
        .collect()
}

/// The platform of the site for which segc wrote an enforcement point.
fn written_for<'a>(site: &Site<'a>, names: &Names, one: &'a Deployed) -> Option<&'a str> {
    let claim = one.claim.as_ref()?;
    let is_of_site = |known: &KnownAs| known.claim.as_ref().is_some_and(|own| own.site == claim.site);
    let mut of_site = site.known.iter().filter(|(_, known)| is_of_site(known)).peekable();
    of_site.peek()?;
    match &claim.platform {
        Some(platform) => match of_site.find(|(name, _)| name.to_lowercase() == *platform) {
            Some((name, known)) => (!differs(&known.home, &one.home)).then_some(*name),
            // A platform that the site has no more.
            None => (!site.platforms.contains(platform)).then_some(platform.as_str()),
        },
        None => {
            let all_compared = site.known.len() == site.platforms.len();
            let mut of_site = of_site.filter(|(_, known)| all_compared || wears(one, known, names));
            of_site.next().map(|(name, _)| *name)
        }
    }
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
