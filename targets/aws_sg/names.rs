//! Names: logical ids, group names and parameters, each from one identity alone.
//!
//! In: names of sites, roles and prefix lists as the author wrote them. Out: names that AWS accepts.
//!
//! Invariant: a name depends on nothing but what it names, so a new role or rule never renames another one. Where the
//! cleaned text could stand for two identities, both carry a hash of the identity, whether the other one exists or not.
//! No counters.

use super::limits;
use super::plan::{Group, Peer};
use crate::policy::identity::short_hash;
use crate::policy::service::{Protocol, ServiceRange};
use crate::target::half::Direction;
use crate::target::text;
use ipnet::IpNet;

/// Words that begin the service in a rule's id; a role whose part of the id holds one makes the id ambiguous.
const SERVICE_WORDS: [&str; 4] = ["Tcp", "Udp", "Icmp", "Protocol"];

/// A role's part of a logical id: `temp-worker` becomes `TempWorker`.
///
/// Words of lower-case letters and digits that start with a letter survive this without loss. All other names
/// (`vda-2`, which would read like `vda2`, `VDA`, `a_b`) and long ones end with a hash.
pub(super) fn token(name: &str) -> String {
    let camel: String = name
        .split(|character: char| !character.is_ascii_alphanumeric())
        .map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            first.to_ascii_uppercase() + rest
        })
        .collect();
    if name.split('-').all(is_plain_word) && camel.len() <= limits::TOKEN {
        return camel;
    }
    hashed(&camel, limits::TOKEN, "x", &["token", name])
}

fn is_plain_word(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.chars().all(|character| character.is_ascii_lowercase() || character.is_ascii_digit())
}

/// The start of a text, a separator, and the hash of an identity.
fn hashed(text: &str, length: usize, separator: &str, identity: &[&str]) -> String {
    let start: String = text.chars().take(length).collect();
    format!("{start}{separator}{}", short_hash(identity, limits::HASH))
}

/// The logical id of a role's group: `SgVda`.
pub(super) fn group_id(role: &str) -> String {
    format!("Sg{}", token(role))
}

/// The logical id of a further group of a role: `Sg2Vda`. No role's part of an id begins with a digit, so no role has it.
pub(super) fn further_group_id(token: &str, part: u32) -> String {
    format!("Sg{part}{token}")
}

/// The name of a further group of a role: `seg-<site>-<role>.2`. No name of the language has a dot, so no role has it.
pub(super) fn further_group_name(first: &str, part: u32) -> String {
    format!("{first}.{part}")
}

/// The name of a role's group: `seg-<site>-<role>` in lower case, because AWS compares group names without case.
pub(super) fn group_name(site: &str, role: &str) -> String {
    let site_part = name_part(site);
    let role_part = name_part(role);
    // A site has one name, so only its length can hurt; two roles may differ in what cleaning takes away.
    let site_fits = (1..=limits::NAME_PART).contains(&site_part.len());
    let role_fits = role_part == role && role_part.len() <= limits::NAME_PART;
    let cut = |part: &str, name: &str| hashed(part, limits::NAME_PART, "-", &["name", name]);
    format!(
        "seg-{}-{}",
        if site_fits { site_part } else { cut(&site_part, site) },
        if role_fits { role_part } else { cut(&role_part, role) }
    )
}

fn name_part(name: &str) -> String {
    let kept = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
    text::clean(name, kept).replace(' ', "-").to_ascii_lowercase()
}

/// The parameter that stands for a prefix list: `PrefixListS3` for the list of AWS, `PrefixListOwnDns` for a
/// customer's list.
pub(super) fn parameter(list: &str) -> String {
    match aws_list(list) {
        Some((_, service)) => format!("PrefixList{}", token(&service.replace('.', "-"))),
        None => format!("PrefixListOwn{}", token(list)),
    }
}

/// The input of a Terraform document that stands for a parameter: `prefix_list_s3` for `PrefixListS3`. No parameter has
/// an underscore, so no two have one input.
pub(super) fn variable(parameter: &str) -> String {
    let mut name = String::new();
    for character in parameter.chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

/// The Region (or `global`) and the service in the name of a list that AWS keeps.
pub(super) fn aws_list(list: &str) -> Option<(&str, &str)> {
    list.strip_prefix(limits::AWS_LIST)?.split_once('.')
}

/// True for an id of a list, in place of a name.
///
/// Source: EC2 API Reference, `DescribeManagedPrefixLists`, examples, read 2026-11.
pub(super) fn is_list_id(text: &str) -> bool {
    text.strip_prefix("pl-").is_some_and(|digits| (8..=17).contains(&digits.len()) && is_lower_hex(digits))
}

/// True for an id of a VPC, in place of a name.
///
/// Source: EC2 API Reference, `DescribeVpcs`, and "Resource IDs" of the EC2 User Guide, read 2026-11.
pub(super) fn is_vpc_id(text: &str) -> bool {
    text.strip_prefix("vpc-").is_some_and(|digits| [8, 17].contains(&digits.len()) && is_lower_hex(digits))
}

fn is_lower_hex(digits: &str) -> bool {
    digits.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'))
}

/// The logical id of a rule, from group, direction, service and peer: `InVdaTcp80FromSgConnector`.
///
/// The first service word parts the group from the rest, and every other part ends where its own letters or digits do;
/// so two rules have one id only if the group's part holds a service word, and then a hash tells them apart.
pub(super) fn rule_id(
    group: &Group,
    direction: Direction,
    service: ServiceRange,
    peer: &Peer,
    peer_group: Option<&Group>,
) -> String {
    let (start, word) = match direction {
        Direction::Ingress => ("In", "From"),
        Direction::Egress => ("Out", "To"),
    };
    let own = group.token();
    let (service, peer) = (service_token(service), peer_token(peer, peer_group));
    let readable = format!("{start}{own}{service}{word}{peer}");
    if SERVICE_WORDS.iter().any(|word| own.contains(word)) {
        let identity = ["rule", start, own, &service, &peer];
        return hashed(&readable, readable.len(), "x", &identity);
    }
    readable
}

fn service_token(range: ServiceRange) -> String {
    let ServiceRange { protocol, low, high } = range;
    let ([kind, code], [_, last_code]) = (low.to_be_bytes(), high.to_be_bytes());
    let word = match protocol {
        Protocol::TCP => "Tcp".to_owned(),
        Protocol::UDP => "Udp".to_owned(),
        Protocol::ICMP => "Icmp".to_owned(),
        Protocol::ICMPV6 => "Icmpv6".to_owned(),
        Protocol(number) => return format!("Protocol{number}"),
    };
    if protocol.has_ports() {
        return if low == high { format!("{word}{low}") } else { format!("{word}{low}To{high}") };
    }
    match (range.is_whole_protocol(), code == last_code) {
        (true, _) => format!("{word}All"),
        (false, true) => format!("{word}Type{kind}Code{code}"),
        (false, false) => format!("{word}Type{kind}"),
    }
}

fn peer_token(peer: &Peer, group: Option<&Group>) -> String {
    match peer {
        Peer::Group(_) => group.map(|group| group.id.clone()).unwrap_or_default(),
        Peer::Cidr(net) => cidr_token(*net),
        Peer::PrefixList(list) => parameter(list),
    }
}

/// `10.60.4.0/28` becomes `Cidr10x60x4x0n28`, `fd00:20::/32` becomes `Cidrfd00x20xxn32`.
fn cidr_token(net: IpNet) -> String {
    let text = match net {
        IpNet::V4(net) => net.to_string().replace('.', "x"),
        // A mapped address such as `::ffff:1.2.3.4` is the only one with both separators.
        IpNet::V6(net) => net.to_string().replace(':', "x").replace('.', "p"),
    };
    format!("Cidr{}", text.replace('/', "n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_role_names_read_well_and_others_carry_a_hash() {
        assert_eq!(token("temp-worker"), "TempWorker");
        assert_eq!(group_name("contoso-gov-aws", "vda"), "seg-contoso-gov-aws-vda");
        for name in ["vda-2", "VDA", "a_b", "a--b", &"long".repeat(40)] {
            let token = token(name);
            assert!(token.chars().all(|character| character.is_ascii_alphanumeric()), "{token}");
            assert!(token.len() <= limits::TOKEN + 1 + limits::HASH, "{token}");
        }
        assert_eq!(token("vda2"), "Vda2");
        assert_ne!(token("vda-2"), token("vda_2"));
    }

    #[test]
    fn names_that_differ_in_case_or_in_refused_characters_stay_apart() {
        let names = ["web", "Web", "WEB", "we\u{df}", "wess", "we ss", "we&ss"];
        let mut cleaned: Vec<String> =
            names.iter().map(|name| group_name("s", name).to_ascii_lowercase()).collect();
        cleaned.sort();
        cleaned.dedup();
        assert_eq!(cleaned.len(), names.len(), "{cleaned:?}");
        for name in cleaned {
            assert!(name.chars().all(limits::GROUP_TEXT.allowed), "{name}");
            assert!(!name.starts_with("sg-"));
        }
        assert!(group_name(&"s".repeat(500), &"r".repeat(500)).len() <= limits::GROUP_TEXT.length);
    }

    #[test]
    fn parameters_name_the_service_or_the_customers_list() {
        assert_eq!(parameter("com.amazonaws.us-gov-west-1.s3"), "PrefixListS3");
        assert_eq!(
            parameter("com.amazonaws.global.cloudfront.origin-facing"),
            "PrefixListCloudfrontOriginFacing"
        );
        assert_eq!(parameter("s3"), "PrefixListOwnS3");
        assert_eq!(variable("PrefixListOwnS3"), "prefix_list_own_s3");
        assert!(is_list_id("pl-63a5400a") && !is_list_id("pl-S3"));
        assert!(is_vpc_id("vpc-0a1b2c3d") && !is_vpc_id("vpc-citrix"));
    }

    #[test]
    fn ranges_of_both_families_have_their_own_tokens() {
        let tokens: Vec<String> = ["10.60.4.0/28", "fd00:20::/32", "::ffff:1.2.3.4/128"]
            .map(|net| net.parse().unwrap())
            .map(cidr_token)
            .into();
        assert_eq!(tokens, ["Cidr10x60x4x0n28", "Cidrfd00x20xxn32", "Cidrxxffffx1p2p3p4n128"]);
    }
}
