//! Change-request rows.

use serde_json::{Value, json};

use super::{expect, manifest_of, problems, role};
use crate::support::artifacts::{Output, read_file};
use crate::support::judge::Verdict::{Allow, Deny, Partial};
use crate::support::manifest as manifest_reader;

const TABLE: &str = "id,change,Source Address,destination_address,Protocol,Ports,purpose\r\n\
    R1,add,10.90.0.0/22,\"172.16.1.10/32, 172.16.1.11/32\",tcp,\"53, 135-139\",\"directory, names\"\r\n\
    R2,add,10.90.0.0/22,172.16.9.10/32,TCP,8080,proxy\r\n\
    R3,remove,10.90.0.0/22,172.16.9.10/32,tcp,3128,old proxy\r\n\
    R4,add,172.20.0.0/16,10.90.0.0/22,icmp,8,ping\r\n\
    R5,add,172.20.0.0/16,update.example,tcp,443,updates\r\n";

fn read(table: &str) -> Output {
    let here = |addresses: &[&str]| role("x", addresses, json!({"none": {}}));
    let mut updates = role("internet", &[], Value::Null);
    updates["kind"] = json!("citrix-cloud");
    updates["known_by"] = json!({"fqdn": ["update.example"]});
    let roles = json!({
        "vda": role("vda", &["10.90.0.0/22"], Value::Null),
        "dc": here(&["172.16.1.10/32", "172.16.1.11/32"]),
        "more": here(&["172.16.1.8/29"]),
        "proxy": here(&["172.16.9.10/32"]),
        "users": here(&["172.20.0.0/16"]),
        "updates": updates,
    });
    let bytes = table.as_bytes().to_vec();
    let manifest = manifest_of("firewall", &roles, &[("p/change-request.csv", &bytes)]);
    let file = read_file("p/change-request.csv", "p", bytes).unwrap();
    Output::new(manifest_reader::read(&manifest), vec![file])
}

#[test]
fn a_row_opens_and_everything_else_is_shut() {
    let rows = [
        ("vda -> dc : tcp/53", Allow),
        ("vda -> dc : tcp/135-139", Allow),
        ("vda -> dc : tcp/134-139", Partial),
        ("vda -> dc : udp/53", Deny),
        ("vda -> more : tcp/53", Partial),
        ("dc -> vda : tcp/53", Deny),
        ("vda -> proxy : tcp/8080", Allow),
        ("vda -> proxy : tcp/3128", Deny),
        ("users -> vda : icmp/8", Allow),
        ("users -> vda : icmp/0", Deny),
        ("users -> updates : tcp/443", Allow),
    ];
    expect(&read(TABLE), &rows);
    assert_eq!(problems(&read(TABLE)), "");
}

#[test]
fn tables_that_cannot_be_read_are_faults() {
    for (from, to, words) in [
        ("Source Address", "origin", "no column"),
        ("R2,add", "R2,deny", "a denying row"),
        ("8080", "80a", "no service"),
        ("old proxy", "=1+1", "as a formula"),
        ("tcp,\"53", "sctp,\"53", "no service"),
    ] {
        let found = problems(&read(&TABLE.replace(from, to)));
        assert!(found.contains(words), "{from}: {found}");
    }
}
