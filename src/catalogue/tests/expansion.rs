//! Each intent against the language's table. The expected lines were written from the table before the data was
//! looked at: `a>b` is left to right, `b>a` the other way.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::super::*;

fn party(kind: &str) -> Participant<'_> {
    let (kind, attribute) = kind.split_once(':').unwrap_or((kind, ""));
    Participant {
        kind,
        service: Some(attribute).filter(|text| !text.is_empty() && text.parse::<u16>().is_err()),
        port: attribute.parse().ok(),
    }
}

fn options(pairs: &[(&str, &str)]) -> IndexMap<String, OptionValue> {
    let value =
        |text: &str| text.parse().map_or_else(|_| OptionValue::Word(text.to_owned()), OptionValue::Port);
    pairs.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect()
}

fn expand(
    intent: &str,
    left: &[&str],
    right: &[&str],
    via: Option<&str>,
    given: &[(&str, &str)],
) -> Expanded<'static> {
    let catalogue = Catalogue::builtin();
    let left: Vec<_> = left.iter().map(|kind| party(kind)).collect();
    let right: Vec<_> = right.iter().map(|kind| party(kind)).collect();
    let via = via.map(party);
    let options = options(given);
    let release = catalogue.newest();
    let request = Expansion { left: &left, right: &right, via: via.as_ref(), options: &options, release };
    catalogue.expand(catalogue.intent(intent).unwrap(), &request)
}

/// Lines such as `L0>R0 tcp/80`, sorted, each once.
fn lines(expanded: &Expanded<'_>) -> BTreeSet<String> {
    let name = |party: PartyRef| match party {
        PartyRef::Left(at) => format!("L{at}"),
        PartyRef::Right(at) => format!("R{at}"),
        PartyRef::Via => "V".to_owned(),
    };
    let mut lines = BTreeSet::new();
    for flow in &expanded.flows {
        for ports in &flow.ports {
            let range = match PortRange::new(ports.low, ports.high) {
                Some(range) => range.to_string(),
                None => ports.icmp.map_or(String::new(), |icmp| icmp.message_type.to_string()),
            };
            let line = format!("{}>{} {}/{range}", name(flow.from), name(flow.to), ports.transport.word());
            lines.insert(line);
        }
    }
    lines
}

fn expected(from_to: &str, ports: &str) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for arrow in from_to.split_whitespace() {
        for port in ports.split_whitespace() {
            lines.insert(format!("{arrow} {port}"));
        }
    }
    lines
}

#[track_caller]
fn check(intent: &str, left: &str, right: &str, given: &[(&str, &str)], wanted: &[(&str, &str)]) {
    let expanded = expand(intent, &[left], &[right], None, given);
    let wanted: BTreeSet<String> =
        wanted.iter().flat_map(|(arrows, ports)| expected(arrows, ports)).collect();
    assert_eq!(lines(&expanded), wanted, "{intent} {left} -> {right} {given:?}");
    assert_eq!(expanded.idle, [], "{intent} {left} -> {right}");
    assert_eq!(expanded.missing_ports, []);
    assert_eq!(expanded.too_many, None);
}

#[test]
fn registration() {
    for broker in ["connector", "delivery-controller"] {
        for desktop in ["vda", "linux-vda", "remote-pc", "pvs-target"] {
            check("vda-registration", desktop, broker, &[], &[("L0>R0 R0>L0", "tcp/80")]);
            let websocket = [("transport", "websocket")];
            check("vda-registration", desktop, broker, &websocket, &[("L0>R0", "tcp/443")]);
        }
    }
}

#[test]
fn sessions() {
    for user in ["client", "netscaler-gateway", "connector"] {
        check("hdx-session", user, "vda", &[], &[("L0>R0", "tcp/1494 tcp/2598")]);
        check("hdx-session", user, "vda", &[("edt", "off")], &[("L0>R0", "tcp/1494 tcp/2598")]);
        let edt = "tcp/1494 tcp/2598 udp/1494 udp/2598";
        check("hdx-session", user, "vda", &[("edt", "on")], &[("L0>R0", edt)]);
        let also = [("edt", "off"), ("tls", "also")];
        check("hdx-session", user, "vda", &also, &[("L0>R0", "tcp/1494 tcp/2598 tcp/443")]);
    }
    let only = [("edt", "on"), ("tls", "only")];
    check("hdx-session", "client", "vda", &only, &[("L0>R0", "tcp/443 udp/443")]);
    check("hdx-session", "client", "linux-vda", &[("edt", "on")], &[("L0>R0", "tcp/1494 tcp/2598 udp/443")]);
}

#[test]
fn plain_tls_intents() {
    let tls = [("L0>R0", "tcp/443")];
    check("store-access", "client", "storefront", &[], &tls);
    check("store-access", "client", "netscaler-gateway", &[], &tls);
    check("ticketing", "netscaler-gateway", "delivery-controller", &[], &tls);
    check("ticketing", "netscaler-gateway", "connector", &[], &tls);
    check("director-data", "director", "delivery-controller", &[], &tls);
    check("admin-console", "admin", "delivery-controller", &[], &tls);
    check("admin-console", "admin", "director", &[], &tls);
    check("mcs-azure", "delivery-controller", "azure-service", &[], &tls);
    check("mcs-azure", "connector", "azure-service", &[], &tls);
    check("store-enumeration", "storefront", "connector", &[], &tls);
    check("store-enumeration", "storefront", "delivery-controller", &[], &tls);
    let http = [("xml", "http")];
    check("store-enumeration", "storefront", "delivery-controller", &http, &[("L0>R0", "tcp/80")]);
}

#[test]
fn stores() {
    check("gateway-store", "netscaler-gateway", "storefront", &[], &[("L0>R0 R0>L0", "tcp/443")]);
    check("store-sync", "storefront", "storefront", &[], &[("L0>R0 R0>L0", "tcp/808")]);
    let pinned = [("peer-port", "49300")];
    check("store-group", "storefront", "storefront", &pinned, &[("L0>R0 R0>L0", "tcp/49300")]);
    assert_eq!(expand("store-group", &["storefront"], &["storefront"], None, &pinned).warnings, []);
    check("store-group", "storefront", "storefront", &[], &[("L0>R0 R0>L0", "tcp/49152-65535")]);
    let wide = expand("store-group", &["storefront"], &["storefront"], None, &[]);
    assert_eq!(wide.warnings.len(), 1);
    assert!(wide.warnings[0].help.contains("peer-port"));
}

#[test]
fn brokers_and_databases() {
    for broker in ["connector", "delivery-controller"] {
        check("broker-peers", broker, broker, &[], &[("L0>R0 R0>L0", "tcp/80 tcp/89")]);
    }
    check("site-database", "delivery-controller", "sql-server", &[], &[("L0>R0", "tcp/1433")]);
    check("site-database", "wem-server", "sql-server", &[], &[("L0>R0", "tcp/1433")]);
    let licences = [("L0>R0", "tcp/27000 tcp/7279 tcp/8083")];
    check("licensing", "delivery-controller", "license-server", &[], &licences);
    check("policy-agent", "vda", "wem-server", &[], &[("L0>R0", "tcp/8286"), ("R0>L0", "tcp/49752")]);
    check("mcs-ahv", "delivery-controller", "prism-central", &[], &[("L0>R0", "tcp/9440")]);
    check("mcs-ahv", "connector", "prism-central", &[], &[("L0>R0", "tcp/9440")]);
}

#[test]
fn directory() {
    let member = "tcp/53 tcp/88 tcp/135 tcp/389 tcp/445 tcp/464 tcp/636 tcp/3268 tcp/3269 tcp/49152-65535 \
                  udp/53 udp/88 udp/123 udp/389 udp/464";
    let kinds = "storefront delivery-controller director license-server sql-server wem-server vda connector \
                 provisioning-server windows-server";
    for kind in kinds.split_whitespace() {
        check("domain-member", kind, "domain-controller", &[], &[("L0>R0", member)]);
    }
    let pinged = format!("{member} icmp/8");
    check("domain-member", "vda", "domain-controller", &[("ping", "on")], &[("L0>R0", &pinged)]);
    let flex = "tcp/53 tcp/88 tcp/135 tcp/139 tcp/389 tcp/445 tcp/636 \
                udp/53 udp/88 udp/123 udp/137 udp/138 udp/389";
    check("flex-domain", "vda", "domain-controller", &[], &[("L0>R0", flex)]);
    check("flex-domain", "connector", "domain-controller", &[], &[("L0>R0", flex)]);
    let core = "tcp/80 tcp/443 tcp/1494 tcp/2598";
    check("flex-core", "vda", "connector", &[], &[("L0>R0 R0>L0", core)]);
    for kind in ["temp-worker", "volume-worker", "vda", "netscaler-gateway", "connector"] {
        for server in ["domain-controller", "dns-server"] {
            check("name-resolution", kind, server, &[], &[("L0>R0", "tcp/53 udp/53")]);
        }
    }
}

#[test]
fn desktops_and_help_desk() {
    check("profile-share", "vda", "file-server", &[], &[("L0>R0", "tcp/445")]);
    let high = "tcp/49152-65535 udp/49152-65535";
    for who in ["admin", "director"] {
        let full = format!("{high} tcp/135 tcp/3389");
        check("shadowing", who, "vda", &[], &[("L0>R0", &full)]);
        check("shadowing", who, "vda", &[("scope", "high-ports")], &[("L0>R0", high)]);
    }
    check("pvs-boot", "vda", "provisioning-server", &[], &[("L0>R0", "udp/67 udp/69 udp/4011")]);
    // The row of the logon repeats a port of the range.
    let stream = "udp/6910 udp/6910-6930 tcp/54321-54323";
    check("pvs-stream", "vda", "provisioning-server", &[], &[("L0>R0", stream)]);
    let back = [("L0>R0", stream), ("R0>L0", "udp/6901 udp/6902 udp/6905")];
    check("pvs-stream", "vda", "provisioning-server", &[("server-calls", "on")], &back);
}

#[test]
fn ways_out() {
    check("web-out", "vda", "proxy:8080", &[], &[("L0>R0", "tcp/8080")]);
    check("web-out", "storefront", "proxy:8080", &[], &[("L0>R0", "tcp/8080")]);
    check("cloud-control", "connector", "citrix-cloud", &[], &[("L0>R0", "tcp/443")]);
    for kind in ["connector", "vda", "license-server"] {
        let through = expand("cloud-control", &[kind], &["citrix-cloud"], Some("proxy:3128"), &[]);
        let wanted = [expected("L0>V", "tcp/3128"), expected("V>R0", "tcp/443")].concat_sets();
        assert_eq!(lines(&through), wanted, "{kind}");
        assert_eq!(through.idle, []);
    }
    let portless = expand("cloud-control", &["connector"], &["citrix-cloud"], Some("proxy"), &[]);
    assert_eq!(portless.missing_ports, [PartyRef::Via]);
    assert_eq!(lines(&portless), expected("V>R0", "tcp/443"));
}

trait ConcatSets {
    fn concat_sets(self) -> BTreeSet<String>;
}

impl<const N: usize> ConcatSets for [BTreeSet<String>; N] {
    fn concat_sets(self) -> BTreeSet<String> {
        self.into_iter().flatten().collect()
    }
}

#[test]
fn aws_provisioning() {
    for s3 in ["gateway-endpoint:s3", "interface-endpoint:s3"] {
        let right = ["temp-worker", "volume-worker", "interface-endpoint:ec2", s3, "interface-endpoint:kms"];
        for broker in ["connector", "delivery-controller"] {
            let expanded = expand("mcs-aws", &[broker], &right, None, &[]);
            let wanted = expected("L0>R1 L0>R2 L0>R3 L0>R4 R0>R3", "tcp/443");
            assert_eq!(lines(&expanded), wanted, "{broker} {s3}");
            assert_eq!(expanded.idle, []);
        }
    }
    let without_storage = expand("mcs-aws", &["connector"], &["temp-worker"], None, &[]);
    assert_eq!(without_storage.idle, [PartyRef::Left(0), PartyRef::Right(0)]);
}

#[test]
fn every_broker_endpoint_pair_has_one_entry() {
    for service in ["ec2", "s3", "sts", "iam", "kms"] {
        for broker in ["connector", "delivery-controller"] {
            let endpoint = format!("interface-endpoint:{service}");
            let expanded = expand("mcs-aws", &[broker], &[&endpoint], None, &[]);
            assert_eq!(expanded.flows.len(), 1, "{broker} {service}");
        }
    }
}

#[test]
fn mixed_peers_take_no_part() {
    let mixed = expand("broker-peers", &["connector"], &["delivery-controller"], None, &[]);
    assert_eq!(mixed.flows, []);
    assert_eq!(mixed.idle, [PartyRef::Left(0), PartyRef::Right(0)]);
}

#[test]
fn too_large_a_line_is_refused_without_work() {
    let many = vec!["client"; 10_000];
    let desktops = vec!["vda"; 10_000];
    let expanded = expand("hdx-session", &many, &desktops, None, &[]);
    assert_eq!(expanded.flows, []);
    assert_eq!(expanded.too_many, Some(TooManyFlows { flows: 100_000_000, limit: FLOW_LIMIT }));
}

/// No option given, then every word of every choice by itself.
fn single_choices(intent: &Intent) -> Vec<IndexMap<String, OptionValue>> {
    let mut all = vec![IndexMap::new()];
    for (name, spec) in intent.options() {
        if let OptionSpec::Choice { values, .. } = spec {
            let word = |word: &Text| OptionValue::Word(word.to_string());
            all.extend(values.iter().map(|value| IndexMap::from([(name.to_string(), word(value))])));
        }
    }
    all
}

/// True when a party of this kind takes part in some flow with one of the others.
fn is_busy(
    intent: &Intent,
    on_left: bool,
    kind: &str,
    others: &[Text],
    given: &IndexMap<String, OptionValue>,
) -> bool {
    let catalogue = Catalogue::builtin();
    others.iter().any(|other| {
        let (left, right) = if on_left { (kind, other.as_str()) } else { (other.as_str(), kind) };
        let left = [Participant { kind: left, service: Some("s3"), port: Some(8080) }];
        // Some rows lie between two parties of the right side.
        let further = ["aws-s3-api", "vda"].map(|kind| Participant { kind, service: None, port: None });
        let right =
            [&[Participant { kind: right, service: Some("s3"), port: Some(8080) }][..], &further].concat();
        let release = catalogue.newest();
        let request = Expansion { left: &left, right: &right, via: None, options: given, release };
        let own = if on_left { PartyRef::Left(0) } else { PartyRef::Right(0) };
        !catalogue.expand(intent, &request).idle.contains(&own)
    })
}

#[test]
fn every_allowed_kind_has_a_row() {
    for intent in Catalogue::builtin().intents() {
        let choices = single_choices(intent);
        for (on_left, kinds, others) in [
            (true, intent.left_kinds(), intent.right_kinds()),
            (false, intent.right_kinds(), intent.left_kinds()),
        ] {
            for kind in kinds {
                let busy = choices.iter().any(|given| is_busy(intent, on_left, kind, others, given));
                assert!(busy, "{} {} {kind}", intent.name(), if on_left { "left" } else { "right" });
            }
        }
    }
}
