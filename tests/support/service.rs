//! Services as numbers: `tcp/443`, `udp/6910-6930`, `icmp/8/0` in, one protocol and an inclusive run out.
//!
//! Invariant: an ICMP type and code are one number, type times 256 plus code, so that ports and ICMP are asked alike.

/// A protocol that the language can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
    Icmp,
    Icmp6,
}

impl Protocol {
    /// Reads the protocol's name in any case.
    pub(crate) fn parse(text: &str) -> Option<Protocol> {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(Protocol::Tcp),
            "udp" => Some(Protocol::Udp),
            "icmp" => Some(Protocol::Icmp),
            "icmpv6" | "icmp6" => Some(Protocol::Icmp6),
            _ => None,
        }
    }
}

/// A run of ports (or ICMP types and codes), both ends included; no protocol means every protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Service {
    pub(crate) protocol: Option<Protocol>,
    pub(crate) first: u16,
    pub(crate) last: u16,
}

/// Everything.
pub(crate) const EVERY_SERVICE: Service = Service { protocol: None, first: 0, last: u16::MAX };

impl Service {
    /// All of one protocol.
    pub(crate) fn every(protocol: Protocol) -> Service {
        Service { protocol: Some(protocol), first: 0, last: u16::MAX }
    }

    /// Ports `first` to `last` of a protocol.
    pub(crate) fn ports(protocol: Protocol, first: u16, last: u16) -> Service {
        Service { protocol: Some(protocol), first, last }
    }

    /// An ICMP type, with a code or with every code.
    pub(crate) fn icmp(protocol: Protocol, kind: u8, code: Option<u8>) -> Service {
        let base = u16::from(kind) << 8;
        let (low, high) = code.map_or((0, 255), |code| (u16::from(code), u16::from(code)));
        Service { protocol: Some(protocol), first: base | low, last: base | high }
    }

    /// Reads the form of a case file: `tcp/443`, `tcp/1-9`, `icmp`, `icmp/8`, `icmp/8/0`, `any`.
    pub(crate) fn parse(text: &str) -> Option<Service> {
        if text == "any" {
            return Some(EVERY_SERVICE);
        }
        let mut parts = text.split('/');
        let protocol = Protocol::parse(parts.next()?)?;
        let (second, third) = (parts.next(), parts.next());
        let service = match (protocol, second) {
            (Protocol::Icmp | Protocol::Icmp6, None) => Service::every(protocol),
            (Protocol::Icmp | Protocol::Icmp6, Some(kind)) => {
                let code = third.map(str::parse).transpose().ok()?;
                Service::icmp(protocol, kind.parse().ok()?, code)
            }
            (_, Some(ports)) if third.is_none() => {
                let (first, last) = parse_ports(ports)?;
                Service::ports(protocol, first, last)
            }
            _ => return None,
        };
        parts.next().is_none().then_some(service)
    }

    pub(crate) fn holds(self, protocol: Protocol, number: u16) -> bool {
        self.protocol.is_none_or(|own| own == protocol) && self.first <= number && number <= self.last
    }

    /// Whether every packet of `other` is one of this service.
    pub(crate) fn covers(self, other: Service) -> bool {
        (self.protocol.is_none() || self.protocol == other.protocol)
            && self.first <= other.first
            && other.last <= self.last
    }
}

/// Reads `443`, `1024-2048` or `*` (every port); nothing else, no signs, no reversed ranges.
pub(crate) fn parse_ports(text: &str) -> Option<(u16, u16)> {
    let number = |part: &str| -> Option<u16> {
        (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())).then(|| part.parse().ok())?
    };
    if text == "*" {
        return Some((0, u16::MAX));
    }
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}

#[test]
fn services_are_read_as_case_files_spell_them() {
    assert_eq!(Service::parse("tcp/443"), Some(Service::ports(Protocol::Tcp, 443, 443)));
    assert_eq!(Service::parse("udp/1-9"), Some(Service::ports(Protocol::Udp, 1, 9)));
    assert_eq!(Service::parse("icmp/8/0"), Some(Service::ports(Protocol::Icmp, 2048, 2048)));
    for wrong in ["tcp", "tcp/9-3", "tcp/70000", "sctp/1", "tcp/1/2", "icmp/8/0/1", "tcp/+1"] {
        assert_eq!(Service::parse(wrong), None, "{wrong}");
    }
}
