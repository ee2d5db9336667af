//! What a planner gets besides the policy: the lock, the options, and a place for reports.

use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that were given out before and stay with their identity.
///
/// Sections are `<platform>/<what>`, for example `weu/priorities/nsg-az-desktops/Inbound`; keys are rule identities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object with `schema` and `numbers`")]
pub struct Lock {
    /// Always [`Lock::SCHEMA`].
    pub schema: String,
    /// Numbers by section and identity.
    pub numbers: BTreeMap<String, BTreeMap<String, u32>>,
}

impl Lock {
    /// The version of the form.
    pub const SCHEMA: &str = "segc/lock/1";

    /// A lock that holds nothing.
    pub fn new() -> Self {
        Self { schema: Self::SCHEMA.to_owned(), numbers: BTreeMap::new() }
    }
}

/// What a planner works with.
#[derive(Debug)]
pub struct PlanContext<'a> {
    sink: &'a mut Sink,
    lock: &'a Lock,
    used: Lock,
    options: &'a BTreeMap<String, String>,
}

impl<'a> PlanContext<'a> {
    /// A context for one platform. `options` are the contents of side files by option name, for example
    /// `categories` with the text of `--categories FILE`.
    pub fn new(sink: &'a mut Sink, lock: &'a Lock, options: &'a BTreeMap<String, String>) -> Self {
        Self { sink, lock, used: Lock::new(), options }
    }

    /// Reports a finding about the plan.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.report(diagnostic);
    }

    /// The text of a side file.
    pub fn option(&self, name: &str) -> Option<&'a str> {
        self.options.get(name).map(String::as_str)
    }

    /// True when the lock has a number for an identity in a section whose name starts like this.
    pub fn remembers(&self, sections: &str, identity: &str) -> bool {
        let from = self.lock.numbers.range(sections.to_owned()..);
        from.take_while(|(name, _)| name.starts_with(sections))
            .any(|(_, numbers)| numbers.contains_key(identity))
    }

    /// The numbers that the lock has in a section.
    pub fn locked(&self, section: &str) -> BTreeMap<String, u32> {
        self.lock.numbers.get(section).cloned().unwrap_or_default()
    }

    /// Keeps numbers that several identities may share, for example places, with those that the lock has for identities
    /// that are absent today.
    pub fn keep(&mut self, section: &str, numbers: BTreeMap<String, u32>) {
        let mut kept = self.locked(section);
        kept.extend(numbers);
        self.used.numbers.entry(section.to_owned()).or_default().extend(kept);
    }

    /// Takes back the numbers given out in sections whose name starts like this, before they are given out anew.
    pub fn forget(&mut self, sections: &str) {
        self.used.numbers.retain(|name, _| !name.starts_with(sections));
    }

    /// Gives each identity a number between `low` and `high`, both included, no number twice, stable: an identity
    /// keeps what the lock has; a new one starts looking at the place that its identity points at, and takes no number
    /// that the lock keeps for somebody who is absent today, while others are left. `None` when there are more
    /// identities than numbers. Reports SEG0005 as a warning for a locked number that can't be kept.
    pub fn numbers(
        &mut self,
        section: &str,
        identities: &[String],
        low: u32,
        high: u32,
    ) -> Option<BTreeMap<String, u32>> {
        let space = high.checked_sub(low)?.checked_add(1)?;
        if u64::try_from(identities.len()).ok()? > u64::from(space) {
            return None;
        }
        let locked = self.lock.numbers.get(section).cloned().unwrap_or_default();
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        let mut given: BTreeMap<String, u32> = BTreeMap::new();
        for identity in identities {
            let Some(number) = locked.get(identity).copied() else { continue };
            if (low..=high).contains(&number) && taken.insert(number) {
                given.insert(identity.clone(), number);
            } else if !given.contains_key(identity) {
                self.report(useless_number(section, identity, number, low, high));
            }
        }
        let absent = locked.iter().filter(|(identity, number)| {
            !given.contains_key(*identity) && (low..=high).contains(*number) && !taken.contains(number)
        });
        let mut reserved: BTreeSet<u32> = absent.map(|(_, number)| *number).collect();
        if identities.len().saturating_add(reserved.len()) > usize::try_from(space).ok()? {
            reserved.clear();
        }
        let mut fresh: Vec<&String> =
            identities.iter().filter(|identity| !given.contains_key(*identity)).collect();
        fresh.sort();
        fresh.dedup();
        for identity in fresh {
            let mut offset = crate::policy::identity::slot(&[identity], space);
            while taken.contains(&(low + offset)) || reserved.contains(&(low + offset)) {
                offset = (offset + 1) % space;
            }
            taken.insert(low + offset);
            given.insert(identity.clone(), low + offset);
        }
        let kept = locked.into_iter().filter(|(_, number)| reserved.contains(number));
        self.used.numbers.entry(section.to_owned()).or_default().extend(kept.chain(given.clone()));
        Some(given)
    }

    /// The numbers given out, to be kept in the lock file.
    pub fn into_used(self) -> Lock {
        self.used
    }
}

fn useless_number(section: &str, identity: &str, number: u32, low: u32, high: u32) -> Diagnostic {
    let message = format!("the lock's number {number} for `{identity}` in `{section}` can't be kept");
    Diagnostic::new(codes::BAD_LOCK, message)
        .severity(Severity::Warning)
        .note(format!("numbers go from {low} to {high}, and each may be given once"))
        .help("take the lock from version control again; the rule gets another number now")
}
