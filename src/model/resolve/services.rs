//! Named services and port lists.

use super::Resolver;
use crate::catalogue::{ServicePorts, Transport as Transports};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::policy::service::{Protocol, ServiceSet};
use crate::syntax::ast::{Port, PortKind, Ports, Service, Statement, Transport};
use crate::syntax::keyword::PORT_WORDS;
use std::collections::BTreeMap;

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
        while !waiting.is_empty() {
            let ready: Vec<&Service> =
                waiting.values().copied().filter(|service| !waits_for(service, &waiting)).collect();
            if ready.is_empty() {
                self.report_cycle(&waiting);
                return;
            }
            for service in ready {
                waiting.remove(service.name.text.as_str());
                let set = self.port_list(&service.ports);
                self.services.insert(service.name.text.clone(), set);
            }
        }
    }

    fn report_cycle(&mut self, waiting: &BTreeMap<&str, &Service>) {
        let names: Vec<String> = waiting.keys().map(|name| format!("`{name}`")).collect();
        let message = format!("services are defined by each other in a circle: {}", names.join(", "));
        let mut report = Diagnostic::new(codes::SERVICE_CYCLE, message);
        for service in waiting.values() {
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

fn waits_for(service: &Service, waiting: &BTreeMap<&str, &Service>) -> bool {
    service
        .ports
        .iter()
        .any(|port| matches!(&port.kind, PortKind::Named(name) if waiting.contains_key(name.as_str())))
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
