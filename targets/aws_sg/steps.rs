//! What stands for the blanks in the notes on what to do next.
//!
//! In: a plan. Out: texts for a POSIX shell, quoted where the site chose them.

use super::cloudformation::{VPC_PARAMETER, tags};
use super::names;
use super::plan::{Plan, PrefixList};
use super::terraform::VPC_VARIABLE;
use crate::target::steps::quoted;
use crate::target::text;

/// Longest name of a stack.
/// Source: CloudFormation API Reference, `CreateStack`, parameter `StackName`, read 2026-11.
const STACK_NAME: usize = 128;

/// The blanks of a plan.
pub(super) fn blanks(plan: &Plan) -> Vec<(&'static str, String)> {
    let lists = || plan.prefix_lists.iter();
    let parameters = lists().map(|list| format!("{}=\"${}\"", list.parameter, shell_variable(list)));
    let parameters: Vec<String> =
        std::iter::once(format!("{VPC_PARAMETER}=\"$VPC_ID\"")).chain(parameters).collect();
    let variables = lists()
        .map(|list| format!("-var \"{}=${}\"", names::variable(&list.parameter), shell_variable(list)));
    let symbol = |list: &PrefixList| {
        let symbol = quoted(&format!("prefix-list:{}", list.name));
        format!("{symbol}=\"${}\"", shell_variable(list))
    };
    let symbols: Vec<String> = lists().map(symbol).collect();
    let variables: Vec<String> =
        std::iter::once(format!("-var \"{VPC_VARIABLE}=$VPC_ID\"")).chain(variables).collect();
    vec![
        ("REGION", region(plan)),
        ("STACK", quoted(&stack(plan))),
        ("SITE_FILTER", site_filter(plan)),
        ("LOOKUPS", lookups(plan)),
        ("PARAMETERS", parameters.join(" ")),
        ("VARIABLES", variables.join(" ")),
        ("SYMBOLS", symbols.join(" ")),
        ("SCRIPT", include_str!("apply_api.py").to_owned()),
    ]
}

fn region(plan: &Plan) -> String {
    plan.region.as_deref().map_or_else(|| "\"$AWS_REGION\"".to_owned(), quoted)
}

/// Letters, digits and hyphens, beginning with a letter.
fn stack(plan: &Plan) -> String {
    let part = |name: &str| text::clean(name, |c| c.is_ascii_alphanumeric()).replace(' ', "-");
    format!("seg-{}-{}", part(&plan.site), part(&plan.platform)).chars().take(STACK_NAME).collect()
}

/// The groups of the site by the tag that they have. A comma would end the value.
fn site_filter(plan: &Plan) -> String {
    let tags = plan.groups.first().map(|group| tags(plan, group)).unwrap_or_default();
    let site = tags.into_iter().find(|tag| tag.key == "segc:site").map(|tag| tag.value);
    quoted(&format!("Name=tag:segc:site,Values={}", site.unwrap_or_default().replace(',', "\\,")))
}

/// Commands that find the ids which only the account knows.
fn lookups(plan: &Plan) -> String {
    let mut lines = Vec::new();
    if plan.region.is_none() {
        lines.push(": \"${AWS_REGION:?set it to the Region of the VPC}\"".to_owned());
    }
    let region = region(plan);
    lines.push(match plan.vpc.as_deref() {
        Some(id) if names::is_vpc_id(id) => format!("VPC_ID={id}"),
        Some(name) => {
            let filter = quoted(&format!("Name=tag:Name,Values={}", name.replace(',', "\\,")));
            format!(
                "VPC_ID=$(aws ec2 describe-vpcs --region {region} --filters {filter} --query 'Vpcs[].VpcId' --output text)"
            )
        }
        None => ": \"${VPC_ID:?set it to the id of the VPC}\"".to_owned(),
    });
    lines.extend(plan.prefix_lists.iter().map(|list| lookup(list, &region)));
    lines.join("\n")
}

fn lookup(list: &PrefixList, region: &str) -> String {
    let name = shell_variable(list);
    if names::is_list_id(&list.name) {
        return format!("{name}={}", list.name);
    }
    let filter = quoted(&format!("Name=prefix-list-name,Values={}", list.name));
    format!(
        "{name}=$(aws ec2 describe-managed-prefix-lists --region {region} --filters {filter} --query 'PrefixLists[].PrefixListId' --output text)"
    )
}

fn shell_variable(list: &PrefixList) -> String {
    names::variable(&list.parameter).to_ascii_uppercase()
}
