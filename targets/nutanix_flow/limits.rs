//! What the fields of Flow documents take: lengths, characters, ranges.
//!
//! In: text from the site. Out: names and limits that Prism Central accepts, or what is wrong with a text.
//!
//! Invariant: no platform maximum (policies, rules, ports, group entries) stands here: those are on pages behind a
//! login that nobody of this project could read. What an author states of them is kept by `quota`.
//!
//! Sources: "v4 client" is the vendor's ntnx-microseg-py-client 4.3.2, package `models/microseg/v4/config`, and "v3
//! description" the vendor's API description of Prism Central v3, version 3.1.0; both read 2026-11-22.

use crate::policy::identity::short_hash;
use crate::target::text::{TextLimit, clean};

/// Most characters of a policy's name: 63 in v4, 64 in v3; both spellings use the same name.
/// Source: v4 client, `NetworkSecurityPolicy.name`, 2026-11-22.
pub(crate) const POLICY_NAME: usize = 63;

/// Most characters of an address group's name. Source: v4 client, `AddressGroup.name`, 2026-11-22.
pub(crate) const GROUP_NAME: usize = 64;

/// What a rule's description takes. v3 has the same length and no rule about characters.
/// Source: v4 client, `NetworkSecurityPolicyRule.description`, 2026-11-22.
pub(crate) const RULE_DESCRIPTION: TextLimit = TextLimit { length: 64, allowed: may_describe };

/// What a policy's description takes; v3 takes 1000 characters.
/// Source: v4 client, `NetworkSecurityPolicy.description`, 2026-11-22.
pub(crate) const POLICY_DESCRIPTION: TextLimit = TextLimit { length: 512, allowed: may_describe };

/// Most characters of a category's key and of its value.
/// Source: v3 description, categories, 64 each; v4 the same, 2026-11-22.
pub(crate) const CATEGORY_PART: usize = 64;

/// Characters that neither a category's key nor its value may have.
/// Source: v4 prism API description, `Category.key` and `Category.value`, 2026-11-22.
const NOT_IN_A_CATEGORY: &str = "/,!\"#%'()*+:;=?\\|[]^&";

/// The largest ICMP type and code that a rule can name.
/// Source: v4 client, `IcmpTypeCodeSpec`, and v3 description, `icmp_type_code_list`, 2026-11-22.
pub(crate) const ICMP: MessageLimit = MessageLimit { last_type: 43, last_code: 15 };

/// The largest ICMPv6 type and code that a rule can name.
/// Source: v4 client, `IcmpV6TypeCodeSpec`, 2026-11-22.
pub(crate) const ICMPV6: MessageLimit = MessageLimit { last_type: 201, last_code: 10 };

/// The key that the target of a classic (v3) application policy must have.
/// Source: v3 description, `app_rule.target_group`, and the vendor's guide BP-2125, 2026-11-22.
pub(crate) const CLASSIC_KEY: &str = "AppType";

/// The key of a tier where the platform's block says nothing: one of the keys that every Prism Central has.
/// Source: the vendor's guide BP-2125, 2026-11-22.
pub(crate) const TIER_KEY: &str = "AppTier";

/// The range of ICMP messages that a rule can name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessageLimit {
    /// Largest type.
    pub(crate) last_type: u8,
    /// Largest code.
    pub(crate) last_code: u8,
}

/// Source: v4 client, pattern of `description` in `NetworkSecurityPolicy`, `NetworkSecurityPolicyRule` and
/// `AddressGroup`, 2026-11-22.
fn may_describe(character: char) -> bool {
    character.is_ascii_alphanumeric() || " _:.()-".contains(character)
}

/// The pattern has a backslash too; nobody needs it in a name.
/// Source: v4 client, pattern of `name` in `NetworkSecurityPolicy` and `AddressGroup`, 2026-11-22.
fn may_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || " _.-".contains(character)
}

/// The name of a policy or group: the words joined by hyphens.
///
/// A name that had to be changed to fit ends with a hash of the words, so that two of them never become one.
pub(crate) fn object_name(words: &[&str], length: usize) -> String {
    const HASH: usize = 8;
    let wanted = words.join("-");
    let cleaned = clean(&wanted, may_name);
    let edges = |character: char| !character.is_ascii_alphanumeric();
    let trimmed = cleaned.trim_matches(edges);
    if trimmed == wanted && wanted.chars().count() <= length && !wanted.is_empty() {
        return wanted;
    }
    let start: String = trimmed.chars().take(length.saturating_sub(HASH + 1)).collect();
    let hash = short_hash(words, HASH);
    let start = start.trim_matches(edges);
    if start.is_empty() { hash } else { format!("{start}-{hash}") }
}

/// What keeps a text from being a category's key or value; `None` when nothing does.
pub(crate) fn category_fault(text: &str) -> Option<String> {
    let bad = text.chars().find(|character| NOT_IN_A_CATEGORY.contains(*character) || character.is_control());
    if text.trim().is_empty() {
        Some("it is empty".to_owned())
    } else if text.trim() != text {
        Some("it starts or ends with a space".to_owned())
    } else if text.starts_with('$') {
        Some("it starts with `$`".to_owned())
    } else if let Some(bad) = bad {
        Some(format!("it has `{}`", bad.escape_debug()))
    } else if text.chars().count() > CATEGORY_PART {
        Some(format!("it has more than {CATEGORY_PART} characters"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_fit_stay_and_others_end_with_a_hash_of_what_was_meant() {
        assert_eq!(object_name(&["tailspin-dc1", "storefront"], 63), "tailspin-dc1-storefront");
        let odd = object_name(&["Köln / West", "a"], 63);
        assert!(odd.starts_with("Koeln West-a-"), "{odd}");
        assert_ne!(odd, object_name(&["Köln * West", "a"], 63));
        let long = object_name(&[&"x".repeat(80), "b"], 63);
        assert_eq!(long.len(), 63);
        assert_ne!(long, object_name(&[&"x".repeat(80), "c"], 63));
        assert!(object_name(&["s", "role-"], 63).ends_with(|last: char| last.is_ascii_alphanumeric()));
        assert_eq!(object_name(&["", ""], 63).len(), 8);
    }

    #[test]
    fn categories_refuse_what_prism_refuses() {
        assert_eq!(category_fault("Citrix Infrastructure"), None);
        for bad in ["", " ", " a", "$a", "a:b", "a|b", "a\nb", &"x".repeat(65)] {
            assert!(category_fault(bad).is_some(), "{bad:?}");
        }
    }
}
