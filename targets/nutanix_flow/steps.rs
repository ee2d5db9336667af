//! What stands for the blanks in the notes on what to do next.
//!
//! In: a plan. Out: texts for a POSIX shell, quoted where the site chose them.

use super::plan::Plan;
use crate::target::steps::quoted;
use std::collections::BTreeSet;

/// The blanks of a plan.
pub(crate) fn blanks(plan: &Plan) -> Vec<(&'static str, String)> {
    let prism = plan.prism.as_deref().map_or_else(
        || ": \"${PRISM:?set it to the address of Prism Central}\"".to_owned(),
        |prism| format!("PRISM={}", quoted(prism)),
    );
    let worn: BTreeSet<String> =
        plan.worn.values().flat_map(|worn| worn.iter()).map(ToString::to_string).collect();
    vec![
        ("LOOKUPS", prism),
        ("CATEGORIES", Vec::from_iter(worn).join("\n")),
        ("SCRIPT_PRISM", include_str!("prism.py").to_owned()),
        ("SCRIPT_V4", include_str!("apply_v4.py").to_owned()),
        ("SCRIPT_V3", include_str!("apply_v3.py").to_owned()),
    ]
}
