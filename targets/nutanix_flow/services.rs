//! Services in the platform's form.
//!
//! In: the services of flows, all of one protocol. Out: port ranges, or ICMP types with codes.
//!
//! Invariant: exactly these services, or nothing: a protocol that only the all-protocol form could name is refused.

use super::limits::{ICMP, ICMPV6, MessageLimit};
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};

/// The services of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Services {
    /// TCP port ranges, ascending.
    Tcp(Vec<Ports>),
    /// UDP port ranges, ascending.
    Udp(Vec<Ports>),
    /// ICMP messages, ascending.
    Icmp(Vec<Message>),
    /// ICMPv6 messages, ascending.
    IcmpV6(Vec<Message>),
}

/// Consecutive ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ports {
    /// First.
    pub(crate) start: u16,
    /// Last.
    pub(crate) end: u16,
}

/// Some messages of ICMP or ICMPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Message {
    /// Every type and code.
    All,
    /// Every code of a type.
    Type(u8),
    /// One code of a type.
    Code(u8, u8),
}

/// The platform's form of services of one protocol.
///
/// # Errors
/// Why the platform can't say them, to be put behind them.
pub(crate) fn plan_services(protocol: Protocol, services: &ServiceSet) -> Result<Services, String> {
    let ranges = services.ranges();
    let ports = || ranges.iter().map(|range| Ports { start: range.low, end: range.high }).collect();
    match protocol {
        Protocol::TCP => Ok(Services::Tcp(ports())),
        Protocol::UDP => Ok(Services::Udp(ports())),
        Protocol::ICMP => messages(&ranges, ICMP).map(Services::Icmp),
        Protocol::ICMPV6 => messages(&ranges, ICMPV6).map(Services::IcmpV6),
        _ => Err("a rule names tcp, udp, icmp and icmpv6, or lets every protocol pass".to_owned()),
    }
}

fn messages(ranges: &[ServiceRange], limit: MessageLimit) -> Result<Vec<Message>, String> {
    let mut messages = Vec::new();
    for range in ranges {
        if range.is_whole_protocol() {
            return Ok(vec![Message::All]);
        }
        let [first_type, first_code] = range.low.to_be_bytes();
        let [last_type, last_code] = range.high.to_be_bytes();
        for kind in first_type..=last_type {
            if kind > limit.last_type {
                return Err(format!("a rule names types up to {}", limit.last_type));
            }
            let from = if kind == first_type { first_code } else { 0 };
            let to = if kind == last_type { last_code } else { u8::MAX };
            if (from, to) == (0, u8::MAX) {
                messages.push(Message::Type(kind));
                continue;
            }
            if to > limit.last_code {
                return Err(format!("a rule names codes up to {}", limit.last_code));
            }
            messages.extend((from..=to).map(|code| Message::Code(kind, code)));
        }
    }
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{SiteBuilder, services};

    fn planned(text: &str) -> Result<Services, String> {
        let policy = SiteBuilder::new()
            .role("a", None, &["10.0.0.1/32", "fd00::1/128"])
            .role("b", None, &["10.0.0.2/32", "fd00::2/128"])
            .allow("x", "a", "b", text)
            .policy();
        plan_services(policy.flows()[0].protocol, &policy.flows()[0].services)
    }

    #[test]
    fn ports_are_merged_ranges() {
        let expected = vec![Ports { start: 80, end: 81 }, Ports { start: 443, end: 443 }];
        assert_eq!(planned("tcp/80,tcp/81,tcp/443"), Ok(Services::Tcp(expected)));
        assert_eq!(planned("udp/0-65535"), Ok(Services::Udp(vec![Ports { start: 0, end: 65535 }])));
    }

    #[test]
    fn icmp_names_all_a_type_or_a_code() {
        assert_eq!(planned("icmp"), Ok(Services::Icmp(vec![Message::All])));
        assert_eq!(planned("icmp/8,icmp/9"), Ok(Services::Icmp(vec![Message::Type(8), Message::Type(9)])));
        assert_eq!(
            planned("icmp/3/3,icmp/3/4"),
            Ok(Services::Icmp(vec![Message::Code(3, 3), Message::Code(3, 4)]))
        );
        assert_eq!(planned("icmpv6/128/0"), Ok(Services::IcmpV6(vec![Message::Code(128, 0)])));
    }

    #[test]
    fn what_no_rule_can_name_is_refused() {
        assert!(planned("icmp/44").is_err());
        assert!(planned("icmp/3/16").is_err());
        assert!(planned("icmpv6/202").is_err());
        assert!(planned("icmpv6/1/11").is_err());
        let policy =
            SiteBuilder::new().role("a", None, &["10.0.0.1/32"]).allow("x", "a", "a", "any").policy();
        assert!(
            policy.flows().iter().any(|flow| flow.services != services("icmp")
                && plan_services(flow.protocol, &flow.services).is_err())
        );
    }
}
