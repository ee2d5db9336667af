//! What a planner gets besides the policy: the lock, the options, and a place for reports.

use crate::diagnostic::{Diagnostic, Sink};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Numbers that were given out before and stay with their identity.
///
/// Sections are `<platform>/<what>`, for example `weu/priorities/nsg-az-desktops/Inbound`; keys are rule identities.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

    /// Gives each identity a number between `low` and `high`, both included, no number twice, stable: an identity
    /// keeps what the lock has; a new one starts looking at the place that its identity points at. `None` when there
    /// are more identities than numbers.
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
        let mut taken: BTreeMap<u32, String> = BTreeMap::new();
        let locked = self.lock.numbers.get(section);
        for identity in identities {
            let number = locked.and_then(|section| section.get(identity)).copied();
            if let Some(number) = number.filter(|number| (low..=high).contains(number)) {
                taken.entry(number).or_insert_with(|| identity.clone());
            }
        }
        let mut given: BTreeMap<String, u32> =
            taken.iter().map(|(number, identity)| (identity.clone(), *number)).collect();
        let mut fresh: Vec<&String> =
            identities.iter().filter(|identity| !given.contains_key(*identity)).collect();
        fresh.sort();
        for identity in fresh {
            let mut offset = crate::policy::identity::slot(&[identity], space);
            while taken.contains_key(&(low + offset)) {
                offset = (offset + 1) % space;
            }
            taken.insert(low + offset, identity.clone());
            given.insert(identity.clone(), low + offset);
        }
        self.used.numbers.entry(section.to_owned()).or_default().extend(given.clone());
        Some(given)
    }

    /// The numbers given out, to be kept in the lock file.
    pub fn into_used(self) -> Lock {
        self.used
    }
}
