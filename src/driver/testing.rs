//! Policies of the example sites, for tests of whatever works on policies.
//!
//! In: the texts of `examples/` and `grammar/`, as they were when the tests were built. Out: checked policies.

use super::{ReadFailure, SourceReader, SourceText, check_model, load, resolve_site};
use crate::check::Strictness;
use crate::diagnostic::Sink;
use crate::policy::Policy;

const EXAMPLES: &[(&str, &str)] = &[
    ("cvad-nutanix", include_str!("../../examples/cvad-nutanix/site.seg")),
    ("daas-aws", include_str!("../../examples/daas-aws/site.seg")),
    ("flex-azure", include_str!("../../examples/flex-azure/site.seg")),
    ("three-platforms-r1", include_str!("../../examples/three-platforms-r1/site.seg")),
    ("three-platforms-r2", include_str!("../../examples/three-platforms-r2/site.seg")),
    ("tour", include_str!("../../grammar/tour.seg")),
];

/// The one file that an example includes.
struct Shared;

impl SourceReader for Shared {
    fn read(&self, path: &str) -> Result<SourceText, ReadFailure> {
        let text = include_str!("../../grammar/tour-shared.seg").to_owned();
        Ok(SourceText { name: path.to_owned(), text })
    }
}

/// The examples with their policies.
pub(crate) fn examples() -> Vec<(&'static str, Policy)> {
    EXAMPLES.iter().map(|(name, text)| (*name, policy_of(name, text))).collect()
}

/// The policy of a site's text.
pub(crate) fn policy_of(name: &str, text: &str) -> Policy {
    let mut site = load("site.seg", SourceText { name: name.to_owned(), text: text.to_owned() }, &Shared);
    let model = resolve_site(&mut site).unwrap_or_else(|| panic!("{name}: {:#?}", site.sink.into_sorted()));
    check_model(&model, None, Strictness::Compile, &mut Sink::new()).unwrap()
}
