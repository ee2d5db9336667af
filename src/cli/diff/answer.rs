//! The comparison as programs read it; every other form is made of the same values.
//!
//! In: a comparison. Out: [`Answer`].
//!
//! Invariant: keys are only ever added.

mod build;

use serde::Serialize;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(in super::super) struct Answer<'a> {
    pub(in super::super) site: &'a str,
    /// The day of the second release.
    pub(in super::super) as_of: String,
    pub(in super::super) from: &'a str,
    pub(in super::super) to: &'a str,
    pub(in super::super) before: Side<'a>,
    pub(in super::super) after: Side<'a>,
    /// True for the way back.
    pub(in super::super) reversed: bool,
    /// How many changes there are of each class, in a line.
    pub(in super::super) summary: String,
    /// True where neither the files nor the artefacts permit anything else, and nothing is enforced less.
    pub(in super::super) same_access: bool,
    pub(in super::super) checked: Checked,
    pub(in super::super) changes: Vec<JsonChange<'a>>,
    /// What changes for the platforms.
    pub(in super::super) rules: Vec<JsonRule<'a>>,
    /// Findings that only the second release brings about.
    pub(in super::super) opens: Vec<JsonFinding<'a>>,
    /// Findings that only the first release brings about.
    pub(in super::super) closes: Vec<JsonFinding<'a>>,
    /// Findings that are about more or less than before, or say something else.
    pub(in super::super) alters: Vec<JsonAltered<'a>>,
    pub(in super::super) quotas: Vec<JsonQuota<'a>>,
    /// Exceptions of the second release, by the day on which they end.
    pub(in super::super) exceptions: Vec<JsonException<'a>>,
    pub(in super::super) order_of_work: Vec<&'a str>,
    /// The steps of `order_of_work` with their days and changes.
    pub(in super::super) steps: Vec<JsonStep<'a>>,
    pub(in super::super) not_compared: &'a [&'static str],
    pub(in super::super) exit: u8,
}

/// One of two releases.
#[derive(Debug, Serialize)]
pub(in super::super) struct Side<'a> {
    pub(in super::super) release: Option<&'a str>,
    pub(in super::super) as_of: Option<String>,
    pub(in super::super) catalogue: &'a str,
}

/// How many packet classes differ, and that the changes account for each of them once. Counts are texts: they may be
/// larger than programs' numbers.
#[derive(Debug, Serialize)]
pub(in super::super) struct Checked {
    pub(in super::super) accounted: bool,
    /// The days that were compared: of the first and of the second release.
    pub(in super::super) days: [String; 2],
    pub(in super::super) intent: JsonSum,
    pub(in super::super) artefact: Option<JsonSum>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonSum {
    pub(in super::super) opened: String,
    pub(in super::super) closed: String,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonChange<'a> {
    pub(in super::super) class: &'static str,
    pub(in super::super) level: &'static str,
    pub(in super::super) what: String,
    pub(in super::super) statement: &'a str,
    pub(in super::super) path: &'a str,
    pub(in super::super) line: u32,
    /// The catalogue entry, where there is one only.
    pub(in super::super) catalogue: Option<&'a str>,
    pub(in super::super) verified: Option<bool>,
    /// The first reason.
    pub(in super::super) because: &'a str,
    /// Every reason.
    pub(in super::super) reasons: &'a [String],
    pub(in super::super) roles: &'a [String],
    pub(in super::super) flows: Vec<JsonFlow<'a>>,
    /// Further rows with packets that the flows of other changes tell.
    pub(in super::super) repeats: Vec<JsonFlow<'a>>,
    pub(in super::super) packets: String,
    pub(in super::super) rows: &'a [String],
    pub(in super::super) artefacts: &'a [String],
    /// Rows that another place enforces, or others, though no packet of them differs.
    pub(in super::super) moves: Vec<JsonMove<'a>>,
    /// True where something is no longer dropped that no rule permits.
    pub(in super::super) loosens: bool,
    /// Positions in the answer's `rules`.
    pub(in super::super) rules: &'a [usize],
    /// Codes of findings that it brings about.
    pub(in super::super) opens: Vec<&'a str>,
    /// Codes of findings that it ends.
    pub(in super::super) closes: Vec<&'a str>,
    /// Codes of findings that are about more or less by it, or say something else.
    pub(in super::super) alters: Vec<&'a str>,
    pub(in super::super) notes: &'a [String],
    pub(in super::super) starts: Option<String>,
    pub(in super::super) expires: Option<String>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonFlow<'a> {
    pub(in super::super) row: &'a str,
    /// `opens` or `closes`.
    pub(in super::super) effect: &'static str,
    pub(in super::super) from: &'a str,
    pub(in super::super) to: &'a str,
    pub(in super::super) service: String,
    pub(in super::super) addresses: JsonAddresses<'a>,
    /// True where the artefacts of both releases let it pass.
    pub(in super::super) passes_in_both: bool,
    pub(in super::super) reasons: Vec<JsonReason<'a>>,
}

/// A row of which one end is enforced in another place.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonMove<'a> {
    /// `add` or `remove`.
    pub(in super::super) effect: &'static str,
    pub(in super::super) platform: &'a str,
    /// Who does it, where no artefact of the site does.
    pub(in super::super) by: Option<&'a str>,
    pub(in super::super) row: &'a str,
    pub(in super::super) from: &'a str,
    pub(in super::super) to: &'a str,
    pub(in super::super) service: String,
    pub(in super::super) addresses: JsonAddresses<'a>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonAddresses<'a> {
    pub(in super::super) from: &'a [String],
    pub(in super::super) to: &'a [String],
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonReason<'a> {
    pub(in super::super) statement: &'a str,
    pub(in super::super) path: &'a str,
    pub(in super::super) line: u32,
    pub(in super::super) catalogue: Option<&'a str>,
    pub(in super::super) verified: Option<bool>,
    pub(in super::super) because: Option<&'a str>,
    pub(in super::super) encryption: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonRule<'a> {
    pub(in super::super) artefact: &'a str,
    pub(in super::super) platform: &'a str,
    /// True in the main spelling of the platform; the others repeat it.
    pub(in super::super) main: bool,
    /// `added`, `removed` or `changed`.
    pub(in super::super) effect: &'static str,
    pub(in super::super) rule: &'a str,
    pub(in super::super) rows: &'a [String],
    pub(in super::super) before: Option<JsonSeen<'a>>,
    pub(in super::super) after: Option<JsonSeen<'a>>,
}

/// What a rule says to its platform, and where.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonSeen<'a> {
    pub(in super::super) sees: &'a str,
    pub(in super::super) pointer: &'a str,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonFinding<'a> {
    pub(in super::super) code: &'a str,
    pub(in super::super) finding: Option<&'a str>,
    pub(in super::super) severity: &'a str,
    pub(in super::super) message: &'a str,
    pub(in super::super) help: &'a [String],
    pub(in super::super) notes: &'a [String],
    pub(in super::super) accepted: Option<&'a str>,
    pub(in super::super) labels: Vec<JsonLabel<'a>>,
}

/// A finding of both releases.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonAltered<'a> {
    pub(in super::super) before: JsonFinding<'a>,
    pub(in super::super) after: JsonFinding<'a>,
    /// The roles that it is about now and was not.
    pub(in super::super) more: &'a [Vec<String>],
    /// The roles that it was about and is not.
    pub(in super::super) less: &'a [Vec<String>],
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonLabel<'a> {
    pub(in super::super) path: &'a str,
    pub(in super::super) line: u32,
    pub(in super::super) column: u32,
    pub(in super::super) text: &'a str,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonQuota<'a> {
    pub(in super::super) platform: &'a str,
    pub(in super::super) quota: &'a str,
    pub(in super::super) before: Option<u64>,
    pub(in super::super) after: Option<u64>,
    pub(in super::super) limit: u64,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonException<'a> {
    pub(in super::super) name: &'a str,
    pub(in super::super) starts: String,
    pub(in super::super) expires: String,
    /// From the second release's day to the end; negative when it has expired.
    pub(in super::super) days_left: i64,
    pub(in super::super) owner: Option<&'a str>,
    pub(in super::super) ticket: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonStep<'a> {
    pub(in super::super) what: &'a str,
    pub(in super::super) from: Option<String>,
    /// Positions in the answer's `changes`.
    pub(in super::super) changes: &'a [usize],
}

impl JsonAltered<'_> {
    /// What it said of itself before, where that differs: weight, message, why it was accepted.
    pub(in super::super) fn was(&self) -> Option<String> {
        let Self { before, after, .. } = self;
        let mut parts = Vec::new();
        parts.extend((before.severity != after.severity).then_some(before.severity));
        parts.extend((before.message != after.message).then_some(before.message));
        let accepted = match (before.accepted, after.accepted) {
            (was, is) if was == is => None,
            (Some(why), _) => Some(format!("accepted because {why}")),
            (None, _) => Some("not accepted".to_owned()),
        };
        parts.extend(accepted.as_deref());
        (!parts.is_empty()).then(|| parts.join(": "))
    }

    /// What it is about besides.
    pub(in super::super) fn more_words(&self) -> String {
        roles_in_words(self.more)
    }

    /// What it is not about any more.
    pub(in super::super) fn less_words(&self) -> String {
        roles_in_words(self.less)
    }
}

/// `users and web, users and api`: the lists of roles that a finding is about.
fn roles_in_words(lists: &[Vec<String>]) -> String {
    lists.iter().map(|roles| roles.join(" and ")).collect::<Vec<_>>().join(", ")
}

impl Checked {
    /// What was checked, in a sentence.
    pub(in super::super) fn words(&self) -> String {
        let [old, new] = &self.days;
        let days = match (old == new, old.is_empty() || new.is_empty()) {
            (_, true) => String::new(),
            (true, _) => format!(" as of {new}"),
            (false, _) => format!(", {old} against {new}"),
        };
        let closed = |count: &str| format!("{count} {}", if count == "1" { "closes" } else { "close" });
        let opened = |count: &str| match count {
            "1" => "1 packet class opens".to_owned(),
            _ => format!("{count} packet classes open"),
        };
        let mut words = format!(
            "checked{days}: {} and {} in the files",
            opened(&self.intent.opened),
            closed(&self.intent.closed)
        );
        if let Some(beyond) = &self.artefact {
            let opens = if beyond.opened == "1" { "opens" } else { "open" };
            let (opened, closed) = (&beyond.opened, closed(&beyond.closed));
            words.push_str(&format!(", {opened} {opens} and {closed} in the artefacts besides"));
        }
        words.push_str("; the changes account for each of them once");
        // Days are written so that their order is the order of time.
        if new < old && !new.is_empty() {
            words.push_str(&format!(
                "; the second release is read on the earlier day, and `--as-of {old}` reads both on one day"
            ));
        }
        words
    }
}

impl<'a> JsonChange<'a> {
    /// All rows with packets that differ.
    pub(in super::super) fn rows_that_differ(&self) -> impl Iterator<Item = &JsonFlow<'a>> {
        self.flows.iter().chain(&self.repeats)
    }

    /// The catalogue entry, with a remark where no document confirms it.
    pub(in super::super) fn entry(&self) -> String {
        let remark = if self.verified == Some(false) { " (unverified)" } else { "" };
        self.catalogue.map_or_else(String::new, |entry| format!("{entry}{remark}"))
    }
}
