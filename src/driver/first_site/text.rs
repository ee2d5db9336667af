//! The words of a first site.
//!
//! In: services, places and remarks of an export. Out: texts of the language.
//!
//! Invariant: a text of an export can't end its string or its comment. What the language has no word for is handed back.

use crate::policy::service::{Protocol, ServiceRange, ServiceSet};

/// A line that permits something, with the places that say so.
pub(super) fn allow(places: &[&str], from: &str, to: &str, ports: &[String], because: &str) -> String {
    let comments: String = places.iter().map(|place| format!("# {}\n", comment(place))).collect();
    format!("{comments}allow {from} -> {to} : {} because \"{because}\"\n", ports.join(", "))
}

/// Services as the language writes them, and those that it can't write.
pub(super) fn ports(services: &ServiceSet) -> (Vec<String>, ServiceSet) {
    let (mut words, mut rest) = (Vec::new(), ServiceSet::empty());
    for range in services.ranges() {
        let ServiceRange { protocol, low, high } = range;
        match protocol {
            Protocol::TCP | Protocol::UDP => {
                // Port 0 is no port of the language.
                if low == 0 {
                    rest = rest.union(&ServiceSet::ports(protocol, 0, 0));
                }
                if high > 0 {
                    words.push(ServiceRange { low: low.max(1), ..range }.to_string());
                }
            }
            Protocol::ICMP | Protocol::ICMPV6 => {
                let word = range.to_string();
                if ServiceSet::parse(&word) == Some(ServiceSet::from_ranges([range])) {
                    words.push(word);
                } else {
                    rest = rest.union(&ServiceSet::from_ranges([range]));
                }
            }
            _ => rest = rest.union(&ServiceSet::from_ranges([range])),
        }
    }
    if services.is_any() {
        // A line for a part of everything would look as if somebody had chosen these ports.
        return (Vec::new(), services.clone());
    }
    (words, rest)
}

/// Some services in words.
pub(super) fn most(services: &ServiceSet) -> String {
    if services.is_any() { "all protocols".to_owned() } else { services.to_string() }
}

/// A reason that the language takes.
pub(super) fn reason(remark: &str) -> String {
    let text = comment(remark);
    if text.is_empty() { "Deployed without a description".to_owned() } else { text }
}

/// A text on one line without what ends a string or changes the direction of writing.
pub(super) fn comment(text: &str) -> String {
    let is_plain = |character: &char| {
        (character.is_alphanumeric() || character.is_ascii_graphic() || *character == ' ')
            && !matches!(character, '"' | '\\')
    };
    text.chars().filter(is_plain).collect::<String>().trim().to_owned()
}
