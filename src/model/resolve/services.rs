//! Named services and port lists.

use super::Resolver;
use crate::catalogue::{ServicePorts, Transport as Transports};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::policy::service::{Protocol, ServiceSet};
use crate::syntax::ast::{Port, PortKind, Ports, Service, Statement, Transport};
use crate::syntax::keyword::PORT_WORDS;
use std::collections::{BTreeMap, BTreeSet};

impl Resolver<'_> {
    /// Fills the table of services. A service may name others, in any order, but not itself through them.
    pub(super) fn resolve_services(&mut self) {
        let mut waiting: BTreeMap<&str, &Service> = BTreeMap::new();
        for statement in self.statements.clone() {
            let Statement::Service(service) = statement else { continue };
            if PORT_WORDS.contains(&service.name.text.as_str()) {
                let message = format!("a service can't be called `{}`", service.name.text);
                let report = Diagnostic::new(codes::RESERVED_NAME, message)
                    .label(service.name.span, "has a meaning of its own behind a colon")
                    .help("choose another name");
                self.report(report);
                continue;
            }
            if let Some(first) = waiting.get(service.name.text.as_str()) {
                let message = format!("service `{}` is declared twice", service.name.text);
                let report = Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .label(service.name.span, "declared again here")
                    .label(first.name.span, "first declared here")
                    .help("give one of them another name, or delete it");
                self.report(report);
                continue;
            }
            waiting.insert(&service.name.text, service);
        }
        // A service is ready when every service that it names is: each is looked at once for each name in it.
        let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
        let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, service) in &waiting {
            let named: Vec<&str> = names_in(service).filter(|name| waiting.contains_key(name)).collect();
            missing.insert(name, named.len());
            for other in named {
                users.entry(other).or_default().push(name);
            }
        }
        let mut ready: Vec<&str> =
            missing.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
        while let Some(name) = ready.pop() {
            let Some(service) = waiting.remove(name) else { continue };
            let set = self.port_list(&service.ports);
            self.services.insert(name.to_owned(), set);
            for user in users.remove(name).unwrap_or_default() {
                if let Some(count) = missing.get_mut(user) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        ready.push(user);
                    }
                }
            }
        }
        if !waiting.is_empty() {
            self.report_cycle(&waiting);
        }
    }

    fn report_cycle(&mut self, waiting: &BTreeMap<&str, &Service>) {
        let mut circle = waiting.clone();
        // What nobody in it waits for is only behind the circle, not part of it.
        loop {
            let named: BTreeSet<&str> = circle.values().flat_map(|service| names_in(service)).collect();
            let before = circle.len();
            circle.retain(|name, _| named.contains(name));
            if circle.len() == before {
                break;
            }
        }
        let names: Vec<String> = circle.keys().map(|name| format!("`{name}`")).collect();
        let message = format!("services are defined by each other in a circle: {}", names.join(", "));
        let mut report = Diagnostic::new(codes::SERVICE_CYCLE, message);
        for service in circle.values() {
            report = report.label(service.name.span, "waits for another of them");
        }
        self.report(report.help("give at least one of them ports of its own"));
        for name in waiting.keys() {
            self.services.insert((*name).to_owned(), ServiceSet::empty());
        }
    }

    /// The set that a port list means; a name that nobody declares is reported and adds nothing.
    pub(super) fn port_list(&mut self, ports: &[Port]) -> ServiceSet {
        let mut set = ServiceSet::empty();
        for port in ports {
            let one = match &port.kind {
                PortKind::Ports { transport, low, high } => {
                    ServiceSet::ports(protocol(*transport), *low, *high)
                }
                PortKind::Icmp { v6, icmp_type, icmp_code } => {
                    let protocol = if *v6 { Protocol::ICMPV6 } else { Protocol::ICMP };
                    ServiceSet::icmp(protocol, *icmp_type, *icmp_code)
                }
                PortKind::Named(name) => self.named_service(name, port),
            };
            set = set.union(&one);
        }
        set
    }

    /// The set behind a flow's colon.
    pub(super) fn ports(&mut self, ports: &Ports) -> ServiceSet {
        match ports {
            Ports::Any(_) => ServiceSet::any(),
            Ports::List(list) => self.port_list(list),
        }
    }

    fn named_service(&mut self, name: &str, port: &Port) -> ServiceSet {
        if let Some(set) = self.services.get(name) {
            return set.clone();
        }
        if !self.lost_names.contains(name) {
            let message = format!("service `{name}` is used here but no line declares it");
            let report = Diagnostic::new(codes::UNKNOWN_SERVICE, message).label(port.span, "not declared");
            let report = match nearest(name, self.services.keys().map(String::as_str)) {
                Some(near) => report.help_edit(format!("did you mean `{near}`?"), port.span, near),
                None => report.help(format!("declare it with `service {name} = tcp/443`, or write the port")),
            };
            self.report(report);
        }
        ServiceSet::empty()
    }
}

/// The services that a service names.
fn names_in(service: &Service) -> impl Iterator<Item = &str> {
    service.ports.iter().filter_map(|port| match &port.kind {
        PortKind::Named(name) => Some(name.as_str()),
        PortKind::Ports { .. } | PortKind::Icmp { .. } => None,
    })
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Tcp => Protocol::TCP,
        Transport::Udp => Protocol::UDP,
    }
}

/// The set that the ports of a catalogue flow mean.
pub(crate) fn service_set(ports: &[ServicePorts]) -> ServiceSet {
    ports.iter().fold(ServiceSet::empty(), |sum, one| {
        sum.union(&match one.transport {
            Transports::Tcp => ServiceSet::ports(Protocol::TCP, one.low, one.high),
            Transports::Udp => ServiceSet::ports(Protocol::UDP, one.low, one.high),
            Transports::Icmp => messages(Protocol::ICMP, one),
            Transports::Icmpv6 => messages(Protocol::ICMPV6, one),
        })
    })
}

fn messages(protocol: Protocol, ports: &ServicePorts) -> ServiceSet {
    match ports.icmp {
        Some(message) => ServiceSet::icmp(protocol, Some(message.message_type), message.code),
        None => ServiceSet::icmp(protocol, None, None),
    }
}
