//! Requests that others wrote; and what is refused.

use super::super::read::read;
use crate::target::observed::{Observed, PeerName, Unreadable};

fn request(line: [&str; 6]) -> Result<Observed, Unreadable> {
    let [source, destination, protocol, ports, from, starts] = line;
    let header = "id,source role,source address,destination role,destination address,protocol,ports,starts from,\
                  purpose,rationale,managed by,valid until,catalogue entry";
    read(format!("{header}\n1,{from},{source},b,{destination},{protocol},{ports},{starts},,,,,\n").as_bytes())
}

#[test]
fn lines_are_ranges_names_and_services_as_people_write_them() {
    let observed = request(["10.0.0.9", "'=a.example", "icmp", "type 3 codes 1-4", "a", "a"]).unwrap();
    let rules = &observed.guards[0].rules;
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].from.addresses.to_string(), "10.0.0.9/32");
    assert!(rules[0].to.names.contains(&PeerName::Host("=a.example".to_owned())));
    assert_eq!(rules[0].services.to_string(), "icmp/3/1-3/4");
    assert_eq!(rules[0].pointer, "line 2");
    assert!(observed.opens_only);
    assert!(
        request(["any", "fd00::/64", "ip/50", "all", "a", "a"]).unwrap().guards[0].rules[1].from.everybody
    );
}

#[test]
fn what_could_mean_something_else_is_refused_with_its_line() {
    for line in [
        ["10.0.0.9/8", "x", "tcp", "443", "a", "a"],
        ["", "x", "tcp", "443", "a", "a"],
        ["y", "x", "tcp", "all", "a", "a"],
        ["y", "x", "tcp", "9-8", "a", "a"],
        ["y", "x", "sctp", "443", "a", "a"],
        ["y", "x", "ip/50", "443", "a", "a"],
        ["y", "x", "tcp", "443", "a", "b"],
    ] {
        assert_eq!(request(line).unwrap_err().pointer, "line 2", "{line:?}");
    }
    assert_eq!(read(b"id,source\n").unwrap_err().pointer, "line 1");
}
