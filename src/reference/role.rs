//! A role kind as it is shown.
//!
//! In: a kind of a catalogue. Out: [`RoleView`], and [`RoleDetails`] with the intents in which it can stand.
//!
//! Invariant: every field of an entry is in its view, so that JSON loses nothing.

use crate::catalogue::{Catalogue, Intent, KindClass, RoleKind, Text};
use serde::Serialize;

/// Everything that the catalogue says of a kind.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct RoleView<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) what: &'a str,
    pub(super) tier: &'a str,
    pub(super) classes: &'a [KindClass],
    pub(super) aliases: &'a [Text],
    pub(super) domain_member: bool,
    pub(super) provisioned: bool,
    pub(super) citrix_managed: Managed<'a>,
    pub(super) attributes: &'a [Text],
    pub(super) members: &'a [Text],
    pub(super) note: Option<&'a str>,
    pub(super) verified: bool,
}

/// Who runs the kind in the vendor's cloud offers.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Managed<'a> {
    pub(super) daas: &'a str,
    pub(super) daas_flex: &'a str,
}

/// A kind with the intents in which it can stand.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RoleDetails<'a> {
    #[serde(flatten)]
    pub(super) role: RoleView<'a>,
    pub(super) intents: Places<'a>,
}

/// Intents by the place that a kind may have in them.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Places<'a> {
    pub(super) left: Vec<&'a str>,
    pub(super) right: Vec<&'a str>,
    pub(super) via: Vec<&'a str>,
}

impl<'a> From<&'a RoleKind> for RoleView<'a> {
    fn from(kind: &'a RoleKind) -> Self {
        let managed = kind.managed();
        Self {
            name: kind.name(),
            title: kind.title(),
            what: kind.what(),
            tier: kind.tier(),
            classes: kind.classes(),
            aliases: kind.aliases(),
            domain_member: kind.domain_member(),
            provisioned: kind.provisioned(),
            citrix_managed: Managed { daas: managed.daas(), daas_flex: managed.daas_flex() },
            attributes: kind.attributes(),
            members: kind.members(),
            note: kind.note(),
            verified: kind.verified(),
        }
    }
}

impl<'a> RoleDetails<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, kind: &'a RoleKind) -> Self {
        let standing = |side: fn(&'a Intent) -> &'a [Text]| {
            let intents = catalogue.intents();
            intents
                .filter(|intent| side(intent).iter().any(|name| name == kind.name()))
                .map(Intent::name)
                .collect()
        };
        let intents = Places {
            left: standing(Intent::left_kinds),
            right: standing(Intent::right_kinds),
            via: standing(Intent::via_kinds),
        };
        Self { role: kind.into(), intents }
    }
}
