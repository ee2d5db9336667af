//! Sequences: the order in which parties call each other to get one thing done.
//!
//! In: checked values from `load`. Out: entries with read access only.
//!
//! Invariant: every step is between participants of its sequence, and the flows that it names exist.

use serde::{Deserialize, Serialize};

use super::access::{lists, optional_texts, texts, values};
use super::text::Text;
use super::value::Source;

/// Steps in their order, and who takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Sequence {
    pub(super) id: Text,
    pub(super) title: Text,
    pub(super) what: Text,
    pub(super) home: Text,
    pub(super) participants: Vec<Participation>,
    pub(super) steps: Vec<Step>,
    pub(super) note: Option<Text>,
    pub(super) sources: Vec<Source>,
    pub(super) verified: bool,
}

impl Sequence {
    texts! {
        /// Id, never changed or reused.
        id,
        /// Title of its picture.
        title,
        /// One sentence: what is done.
        what,
        /// The participant on whose platform the sequence happens.
        home,
    }
    optional_texts! {
        /// A remark.
        note,
    }
    lists! {
        /// Who takes part, from left to right.
        participants: Participation,
        /// What happens, in order.
        steps: Step,
        /// Where it was read, at least one.
        sources: Source,
    }
    values! {
        /// False where no document that was read confirms it.
        verified: bool,
    }
}

/// Who takes part in a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Participation {
    pub(super) name: Text,
    pub(super) title: Text,
}

impl Participation {
    texts! {
        /// The name that steps use.
        name,
        /// What it is called in a picture.
        title,
    }
}

/// One call of a sequence, or what a participant does by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Step {
    pub(super) from: Text,
    pub(super) to: Text,
    pub(super) what: Text,
    pub(super) why: Text,
    pub(super) flows: Vec<Text>,
}

impl Step {
    texts! {
        /// Who starts.
        from,
        /// Who answers; the same for what a participant does by itself.
        to,
        /// What happens, in a few words.
        what,
        /// Why, or what fails without it, in one sentence.
        why,
    }
    lists! {
        /// Ids of the flows of which the step needs one; none for what needs no connection of the site's.
        flows: Text,
    }
}
