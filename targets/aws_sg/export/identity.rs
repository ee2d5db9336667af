//! By what groups are known: where they live, and with what they are tagged.
//!
//! In: a plan, or the fields of a described group. Out: [`Marks`], whose words are the same for both.
//!
//! Invariant: a fact is only compared where both have it, so what the site has no id for is no fact.

use super::super::cloudformation::{mark, tags};
use super::super::names::is_vpc_id;
use super::super::plan::Plan;
use super::super::read::list_name;
use crate::target::export::{Claim, Deployed, KnownAs, Marks, SiteWords};
use crate::target::observed::PeerName;
use serde_json::Value;

const ACCOUNT: &str = "account";
const REGION: &str = "Region";
const VPC: &str = "VPC";

/// Tags that segc writes and that say whose a group is, with the ones of them that hold for a whole platform.
const TAGS: [(&str, bool); 3] = [(SITE, true), (PLATFORM, true), ("segc:role", false)];
const SITE: &str = "segc:site";
const PLATFORM: &str = "segc:platform";

/// Tags of CloudFormation: the logical id is of a template, and the stack says which.
///
/// Source: AWS CloudFormation User Guide, "Resource tag", read 2026-11.
const LOGICAL_ID: &str = "aws:cloudformation:logical-id";
const STACK_ID: &str = "aws:cloudformation:stack-id";
const STACK_NAME: &str = "aws:cloudformation:stack-name";

/// By what the groups of a plan are known.
pub(in super::super) fn known_as(plan: &Plan) -> KnownAs {
    let lists = plan.prefix_lists.iter();
    let mut known = KnownAs {
        claim: Some(Claim {
            site: mark(&plan.site).to_lowercase(),
            platform: mark(&plan.platform).to_lowercase(),
        }),
        sets: lists.map(|list| (list_name(&list.parameter), list.name.clone())).collect(),
        ..KnownAs::default()
    };
    for group in &plan.groups {
        let told = tags(plan, group);
        let marks = marks(told.iter().map(|tag| (tag.key, tag.value.as_str())));
        known.home.extend(of_all(&marks));
        known.tags.insert(group.name.to_lowercase(), marks);
    }
    let vpc = plan.vpc.as_deref().filter(|vpc| is_vpc_id(vpc));
    place(&mut known.home, plan.account.as_deref(), plan.region.as_deref(), vpc);
    known
}

/// What a described group says of itself, readable or not.
pub(super) fn describe(deployed: &mut Deployed, group: &Value) {
    let text = |item: &'_ Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = group.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let told: Vec<(String, String)> =
        list.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value")?))).collect();
    let value =
        |wanted: &str| told.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.to_lowercase());
    deployed.names.extend(value("Name"));
    deployed.hints.extend(value(LOGICAL_ID));
    deployed.origin = value(STACK_ID).or_else(|| value(STACK_NAME));
    deployed.tags = marks(told.iter().map(|(key, value)| (key.as_str(), value.as_str())));
    deployed.claim = claim(&deployed.tags);
    deployed.home = of_all(&deployed.tags).collect();
    // arn:aws:ec2:REGION:ACCOUNT:security-group/ID
    let arn = text(group, "SecurityGroupArn");
    let region = arn.as_deref().and_then(|arn| arn.split(':').nth(3));
    let (account, vpc) = (text(group, "OwnerId"), text(group, "VpcId"));
    place(&mut deployed.home, account.as_deref(), region, vpc.as_deref());
}

/// How a site says where a group lives. Whoever wears it is known by it.
pub(in super::super) fn site_words(one: &Deployed, members: Option<&PeerName>) -> Option<SiteWords> {
    let is_plain = |text: &&String| text.chars().all(|one| one.is_ascii_alphanumeric() || one == '-');
    let words =
        [("account", ACCOUNT), ("region", REGION), ("vpc", VPC)].into_iter().filter_map(|(key, mark)| {
            let text = one.home.get(mark).filter(is_plain)?;
            Some(format!("{key} = \"{text}\""))
        });
    matches!(members, Some(PeerName::Group(_)))
        .then(|| SiteWords { platform: words.collect::<Vec<_>>().join("  "), ..SiteWords::default() })
}

fn place(home: &mut Marks, account: Option<&str>, region: Option<&str>, vpc: Option<&str>) {
    for (word, text) in [(ACCOUNT, account), (REGION, region), (VPC, vpc)] {
        home.extend(text.filter(|text| !text.is_empty()).map(|text| (word, text.to_lowercase())));
    }
}

fn marks<'t>(told: impl Iterator<Item = (&'t str, &'t str)>) -> Marks {
    let word = |key: &str| TAGS.iter().find(|(tag, _)| *tag == key).map(|(tag, _)| *tag);
    told.filter_map(|(key, value)| Some((word(key)?, value.to_lowercase()))).collect()
}

/// For whom segc made a group.
fn claim(marks: &Marks) -> Option<Claim> {
    let [site, platform] = [SITE, PLATFORM].map(|tag| marks.get(tag).cloned());
    Some(Claim { site: site?, platform: platform? })
}

/// The tags that hold for all groups of a platform.
fn of_all(marks: &Marks) -> impl Iterator<Item = (&'static str, String)> {
    let whole = TAGS.iter().filter(|(_, is_whole)| *is_whole);
    whole.filter_map(|(tag, _)| Some((*tag, marks.get(tag)?.clone())))
}
