//! What AWS accepts: numbers, lengths, characters. Facts only, each with its source.
//!
//! In: nothing. Out: named values that planning, naming and counting read.
//!
//! Invariant: no other file of this target holds a limit of AWS.

use crate::policy::address::Family;
use crate::target::text::TextLimit;

/// Rules that a group may have in one direction and one address family, when the account's quota was not raised.
///
/// Source: Amazon VPC User Guide, "Amazon VPC quotas", section "Security groups",
/// <https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html>, read 2026-11.
pub const RULES_PER_GROUP: u64 = 60;

/// Groups that a network interface may wear, when the account's quota was not raised.
///
/// Source: as [`RULES_PER_GROUP`], read 2026-11.
pub const GROUPS_PER_INTERFACE: u64 = 5;

/// The most that the quota of groups can be raised to.
///
/// Source: as [`RULES_PER_GROUP`], read 2026-11.
pub const RAISED_GROUPS_PER_INTERFACE: u64 = 16;

/// Rules of a group times groups of a network interface, at most; also the most that the quota can be raised to for an
/// interface with one group.
///
/// Source: as [`RULES_PER_GROUP`], read 2026-11.
pub const RULES_TIMES_GROUPS: u64 = 1_000;

/// Groups in one Region of an account.
///
/// Source: as [`RULES_PER_GROUP`], read 2026-11.
pub const GROUPS_PER_REGION: u64 = 2_500;

/// Resources in one template.
///
/// Source: AWS CloudFormation User Guide, "Understand CloudFormation quotas",
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>, read 2026-11.
pub const TEMPLATE_RESOURCES: u64 = 500;

/// Bytes of one template that is passed by its address in S3 (51,200 when it is passed in the call).
///
/// Source: as [`TEMPLATE_RESOURCES`], read 2026-11.
pub const TEMPLATE_BYTES: u64 = 1_048_576;

/// Parameters of one template.
///
/// Source: as [`TEMPLATE_RESOURCES`], read 2026-11.
pub const TEMPLATE_PARAMETERS: u64 = 200;

/// Characters of a logical id; letters and digits only.
///
/// Source: as [`TEMPLATE_RESOURCES`], read 2026-11.
#[cfg(test)]
pub const LOGICAL_ID: usize = 255;

/// Characters of a role's part of a logical id, before a hash. Ours, so that a rule's id with two roles, a service and a
/// hash stays under 255.
pub const TOKEN: usize = 60;

/// Characters of a site's or role's part of a group's name, before a hash. Ours, so that `seg-<site>-<role>` with a hash
/// stays under 255.
pub const NAME_PART: usize = 100;

/// Characters of a hash that tells shortened or ambiguous names apart.
pub const HASH: usize = 8;

/// Group names and group descriptions: 1 to 255 characters.
///
/// Source: AWS CloudFormation Template Reference, `AWS::EC2::SecurityGroup`, properties `GroupName` and
/// `GroupDescription`; EC2 API Reference, `CreateSecurityGroup`; read 2026-11.
pub const GROUP_TEXT: TextLimit = TextLimit { length: 255, allowed: is_group_character };

/// Rule descriptions: as group descriptions, without `&`, which may stand beside a CIDR only.
///
/// Source: EC2 API Reference, `IpRange` and `UserIdGroupPair`, member `Description`, read 2026-11.
pub const RULE_TEXT: TextLimit = TextLimit { length: 255, allowed: is_rule_character };

/// Values of tags: 256 characters; these are the ones that every AWS service takes.
///
/// Source: Amazon EC2 User Guide, "Tag your Amazon EC2 resources", section "Tag restrictions",
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html>, read 2026-11.
pub const TAG_VALUE: TextLimit = TextLimit { length: 256, allowed: is_tag_character };

/// Names of prefix lists: 255 characters. AWS states no character set; segc takes those that need no quoting in a shell.
///
/// Source: EC2 API Reference, `CreateManagedPrefixList`, member `PrefixListName`, read 2026-11.
pub const PREFIX_LIST_NAME: TextLimit = TextLimit { length: 255, allowed: is_tag_character };

/// Entries that a prefix list may have.
///
/// Source: as [`RULES_PER_GROUP`], section "Customer-managed prefix lists", read 2026-11.
pub const PREFIX_LIST_ENTRIES: u64 = 1_000;

/// Rules of all security groups that name one prefix list.
///
/// Source: as [`PREFIX_LIST_ENTRIES`], "References to a prefix list per resource type", read 2026-11.
pub const PREFIX_LIST_REFERENCES: u64 = 5_000;

/// How the names of the lists that AWS keeps begin; a customer's list can't.
///
/// Source: as [`PREFIX_LIST_NAME`], read 2026-11.
pub const AWS_LIST: &str = "com.amazonaws.";

/// Where the names of lists have `global` in the place of a Region, they are the same everywhere.
pub const GLOBAL: &str = "global";

/// What one rule with a list of AWS counts, by the service in its name.
///
/// Source: Amazon VPC User Guide, "AWS-managed prefix lists", section "Available AWS-managed prefix lists",
/// <https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>, read 2026-11.
pub const AWS_LIST_WEIGHTS: &[(&str, u64)] = &[
    ("cloudfront.origin-facing", 55),
    ("dynamodb", 1),
    ("ec2-instance-connect", 2),
    ("groundstation", 5),
    ("route53-healthchecks", 25),
    ("s3", 1),
    ("s3express", 6),
    ("vpc-lattice", 10),
];

/// The range that a group's own egress rule names so that it matches nothing: loopback never leaves a machine, but the
/// rule's presence keeps CloudFormation from leaving "everything outbound" in place.
///
/// Source: AWS CloudFormation Template Reference, `AWS::EC2::SecurityGroup`, property `SecurityGroupEgress`, example
/// "Remove the default egress rule", read 2026-11; RFC 1122 section 3.2.1.3 for loopback.
pub const NOWHERE: &str = "127.0.0.1/32";

/// The families in which one rule that names a group counts 1.
///
/// Source: as [`RULES_PER_GROUP`] says 1; older editions say 1 in each family, so both are counted, read 2026-11.
pub const GROUP_COUNTS_IN: [Family; 2] = [Family::V4, Family::V6];

fn is_group_character(character: char) -> bool {
    character == '&' || is_rule_character(character)
}

/// Braces may stand too, but CloudFormation resolves `{{...}}` in properties, so they are left out.
///
/// Source: AWS CloudFormation User Guide, "Get values stored in other services using dynamic references", read 2026-11.
fn is_rule_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=;!$*".contains(character)
}

fn is_tag_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || " +-=._:/@".contains(character)
}
