//! Damaged artefacts: every example is compiled in memory, each of its artefacts is damaged in one place at a time, and
//! the product's own reading of the bytes must tell each damage from what was proved.
//!
//! A damage that is without effect is skipped only where that is shown without the product: a rule that is taken away
//! while a twin of it, or a wider one between the same ends, stands beside it.

mod terraform;

use segc::check::Strictness;
use segc::diagnostic::Sink;
use segc::driver::{
    CompileOptions, Plans, ReadFailure, Selection, SourceReader, SourceText, check_model, compile, load,
    plan, resolve_site,
};
use segc::policy::Policy;
use segc::target::Lock;
use segc::target::verify::report;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

struct Folder(PathBuf);

impl SourceReader for Folder {
    fn read(&self, path: &str) -> Result<SourceText, ReadFailure> {
        let text = std::fs::read_to_string(self.0.join(path));
        let text = text.map_err(|error| ReadFailure::Unreadable(error.to_string()))?;
        Ok(SourceText { name: path.to_owned(), text })
    }
}

/// A compiled site with what its artefacts are held against.
struct Compiled {
    policy: Policy,
    plans: Plans,
    files: Vec<(String, Vec<u8>)>,
}

fn compiled(name: &str, text: &str, folder: &Path) -> Compiled {
    let source = SourceText { name: "site.seg".to_owned(), text: text.to_owned() };
    let mut site = load("site.seg", source, &Folder(folder.to_owned()));
    let model = resolve_site(&mut site);
    let mut sink = Sink::new();
    let options =
        CompileOptions { selection: Selection::default(), lock: Lock::new(), side_files: BTreeMap::new() };
    let done = model.and_then(|model| {
        let policy = check_model(&model, None, Strictness::Compile, &mut sink)?;
        let files = compile(&policy, &site, &options, &mut sink)?.files;
        let plans = plan(&policy, &options, &mut Sink::new())?;
        let files = files.into_iter().map(|file| (file.path, file.bytes)).collect();
        Some(Compiled { policy, plans, files })
    });
    done.unwrap_or_else(|| panic!("{name}: {:#?} {:#?}", sink.into_sorted(), site.sink.into_sorted()))
}

fn sites() -> Vec<(String, Compiled)> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<String> = std::fs::read_dir(&examples)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| examples.join(name).join("site.seg").is_file())
        .collect();
    names.sort();
    let site = |name: String| {
        let folder = examples.join(&name);
        let text = std::fs::read_to_string(folder.join("site.seg")).unwrap();
        let compiled = compiled(&name, &text, &folder);
        (name, compiled)
    };
    // The tour has every platform, both address families, names, and groups that are shared.
    let grammar = examples.with_file_name("grammar");
    let tour = std::fs::read_to_string(grammar.join("tour.seg")).unwrap();
    let tour = ("tour".to_owned(), compiled("tour", &tour, &grammar));
    names.into_iter().map(site).chain([tour]).collect()
}

/// A damage: what was done, and the damaged document.
type Damage = (String, Value);

/// A document with one place changed.
fn changed(document: &Value, pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut damaged = document.clone();
    change(damaged.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing at {pointer}")));
    damaged
}

/// A document without one place.
fn without(document: &Value, pointer: &str) -> Value {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    changed(document, parent, |parent| match parent {
        Value::Array(list) => drop(list.remove(last.parse().unwrap())),
        Value::Object(map) => assert!(map.shift_remove(last).is_some(), "nothing at {pointer}"),
        other => panic!("{other} has no parts"),
    })
}

fn items<'a>(document: &'a Value, pointer: &str) -> &'a [Value] {
    document.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Renames keys of an object, each to the other one of its pair.
fn swapped(object: &mut Value, pairs: &[(&str, &str)]) {
    let map = object.as_object_mut().unwrap();
    let old = std::mem::take(map);
    for (key, value) in old {
        let other = pairs.iter().find_map(|(a, b)| match key.as_str() {
            k if k == *a => Some(*b),
            k if k == *b => Some(*a),
            _ => None,
        });
        map.insert(other.unwrap_or(&key).to_owned(), value);
    }
}

/// Another address of the same family that belongs to nobody of the sites.
fn elsewhere(text: &str) -> &'static str {
    if text.contains(':') { "2001:db8:ffff::/48" } else { "203.0.113.0/24" }
}

/// A name of a set or group that nobody has.
const NOBODY: &str = "nobody-is-known-by-this";

fn cloudformation(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for (id, resource) in document["Resources"].as_object().unwrap() {
        let pointer = format!("/Resources/{id}");
        let properties = format!("{pointer}/Properties");
        let mut add = |what: &str, damaged| damages.push((format!("{id}: {what}"), damaged));
        add("gone", without(document, &pointer));
        if resource["Type"] == "AWS::EC2::SecurityGroup" {
            add("egress unstated", without(document, &format!("{properties}/SecurityGroupEgress")));
            add(
                "another name",
                changed(document, &format!("{properties}/GroupName"), |v| *v = json!(NOBODY)),
            );
            continue;
        }
        let all = |v: &mut Value| {
            v["IpProtocol"] = json!("-1");
            v.as_object_mut().unwrap().retain(|key, _| key != "FromPort" && key != "ToPort");
        };
        add("every protocol", changed(document, &properties, all));
        if matches!(resource["Properties"]["IpProtocol"].as_str(), Some("tcp" | "udp")) {
            let wide = |v: &mut Value| v["ToPort"] = json!(65535);
            let unused = |v: &mut Value| (v["FromPort"], v["ToPort"]) = (json!(7), json!(7));
            add("wide port", changed(document, &properties, wide));
            add("another port", changed(document, &properties, unused));
        }
        let turned = |v: &mut Value| {
            let is_in = v["Type"] == "AWS::EC2::SecurityGroupIngress";
            v["Type"] =
                json!(if is_in { "AWS::EC2::SecurityGroupEgress" } else { "AWS::EC2::SecurityGroupIngress" });
            let pairs = [
                ("SourceSecurityGroupId", "DestinationSecurityGroupId"),
                ("SourcePrefixListId", "DestinationPrefixListId"),
            ];
            swapped(&mut v["Properties"], &pairs);
        };
        add("turned", changed(document, &pointer, turned));
        add("unknown key", changed(document, &properties, |v| v["Condition"] = json!("x")));
        for key in ["CidrIp", "CidrIpv6"].iter().filter(|key| resource["Properties"].get(**key).is_some()) {
            let other = elsewhere(resource["Properties"][*key].as_str().unwrap());
            add("elsewhere", changed(document, &format!("{properties}/{key}"), |v| *v = json!(other)));
            let everywhere = if other.contains(':') { "::/0" } else { "0.0.0.0/0" };
            add("everywhere", changed(document, &format!("{properties}/{key}"), |v| *v = json!(everywhere)));
        }
    }
    damages
}

fn calls(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for (at, group) in items(document, "/groups").iter().enumerate() {
        let pointer = format!("/groups/{at}");
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        for (call, _) in items(group, "/RevokeSecurityGroupEgress").iter().enumerate() {
            let revoke = format!("{pointer}/RevokeSecurityGroupEgress/{call}");
            damages.push((format!("{revoke} gone"), without(document, &revoke)));
        }
        let authorize = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress");
        damages
            .push((format!("{pointer} turned"), changed(document, &pointer, |v| swapped(v, &[authorize]))));
        for call in [authorize.0, authorize.1] {
            for (place, permission) in items(group, &format!("/{call}/IpPermissions")).iter().enumerate() {
                let pointer = format!("{pointer}/{call}/IpPermissions/{place}");
                let all = |v: &mut Value| {
                    v["IpProtocol"] = json!("-1");
                    v.as_object_mut().unwrap().retain(|key, _| key != "FromPort" && key != "ToPort");
                };
                damages.push((format!("{pointer} every protocol"), changed(document, &pointer, all)));
                damages.push((format!("{pointer} gone"), without(document, &pointer)));
                for list in ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"] {
                    for (at, _) in items(permission, &format!("/{list}")).iter().enumerate() {
                        let peer = format!("{pointer}/{list}/{at}");
                        damages.push((format!("{peer} gone"), without(document, &peer)));
                        damages.push((format!("{peer} another"), changed(document, &peer, another_end)));
                    }
                }
            }
        }
    }
    damages
}

/// Names another end in place of the one of a peer.
fn another_end(peer: &mut Value) {
    for key in ["CidrIp", "CidrIpv6", "GroupId", "PrefixListId"] {
        if let Some(value) = peer.get_mut(key) {
            let is_range = key.starts_with("Cidr");
            let other = if is_range { elsewhere(value.as_str().unwrap()) } else { NOBODY };
            *value = json!(other);
        }
    }
}

fn arm(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for (at, resource) in items(document, "/resources").iter().enumerate() {
        let rules = items(resource, "/properties/securityRules");
        if rules.is_empty() {
            continue;
        }
        let base = format!("/resources/{at}");
        damages.push((format!("{base} gone"), without(document, &base)));
        damages.push((
            format!("{base} another name"),
            changed(document, &base, |v| v["name"] = json!("nsg-nobody")),
        ));
        for (number, rule) in rules.iter().enumerate() {
            let name = rule["name"].as_str().unwrap();
            let rule_place = format!("{base}/properties/securityRules/{number}");
            let place = format!("{rule_place}/properties");
            let mut add = |what: &str, damaged| damages.push((format!("{name}: {what}"), damaged));
            add("gone", without(document, &rule_place));
            let access = if rule["properties"]["access"] == "Allow" { "Deny" } else { "Allow" };
            add("flipped", changed(document, &place, |v| v["access"] = json!(access)));
            let turned = if rule["properties"]["direction"] == "Inbound" { "Outbound" } else { "Inbound" };
            add("turned", changed(document, &place, |v| v["direction"] = json!(turned)));
            let is_closing = rule["properties"]["access"] == "Deny";
            for (other, closing) in rules.iter().enumerate().filter(|(_, other)| {
                !is_closing
                    && other["properties"]["access"] == "Deny"
                    && other["properties"]["direction"] == rule["properties"]["direction"]
            }) {
                let mut damaged = document.clone();
                let own = rule["properties"]["priority"].clone();
                damaged.pointer_mut(&place).unwrap()["priority"] = closing["properties"]["priority"].clone();
                let other = format!("{base}/properties/securityRules/{other}/properties");
                damaged.pointer_mut(&other).unwrap()["priority"] = own;
                add("swapped with the closing rule", damaged);
            }
            if is_closing {
                continue;
            }
            add(
                "every port",
                changed(document, &place, |v| {
                    v.as_object_mut().unwrap().retain(|key, _| !key.starts_with("destinationPort"));
                    v["destinationPortRange"] = json!("*");
                    v["protocol"] = json!("*");
                }),
            );
            for side in ["source", "destination"] {
                let emptied = |v: &mut Value, prefix: &str| {
                    let is_side = |key: &String| key.starts_with(side) && !key.contains("Port");
                    v.as_object_mut().unwrap().retain(|key, _| !is_side(key));
                    v[format!("{side}AddressPrefix")] = json!(prefix);
                };
                add(
                    &format!("{side} elsewhere"),
                    changed(document, &place, |v| emptied(v, "203.0.113.0/24")),
                );
                add(&format!("{side} a tag"), changed(document, &place, |v| emptied(v, "Batch")));
            }
        }
    }
    damages
}

const V4_SIDES: [(&str, &str); 4] = [
    ("srcCategoryReferences", "destCategoryReferences"),
    ("srcSubnet", "destSubnet"),
    ("srcIpv6Subnet", "destIpv6Subnet"),
    ("srcAddressGroupReferences", "destAddressGroupReferences"),
];

fn flow_v4(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for (at, _) in items(document, "/addressGroups").iter().enumerate() {
        let pointer = format!("/addressGroups/{at}");
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        for list in ["ipv4Addresses", "ipv6Addresses"] {
            for (place, _) in items(document, &format!("{pointer}/{list}")).iter().enumerate() {
                let address = format!("{pointer}/{list}/{place}");
                damages.push((format!("{address} gone"), without(document, &address)));
            }
        }
    }
    for (at, policy) in items(document, "/policies").iter().enumerate() {
        let pointer = format!("/policies/{at}");
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        let mut flag = |what: &str, value: Value| {
            damages.push((format!("{pointer} {what}"), changed(document, &pointer, |v| v[what] = value)));
        };
        flag("isIpv6TrafficAllowed", json!(true));
        flag("type", json!("QUARANTINE"));
        flag("state", json!(if policy["state"] == "ENFORCE" { "MONITOR" } else { "ENFORCE" }));
        for (number, rule) in items(policy, "/rules").iter().enumerate() {
            let place = format!("{pointer}/rules/{number}");
            let spec = format!("{place}/spec");
            let mut add = |what: &str, damaged| damages.push((format!("{place}: {what}"), damaged));
            add("no category", changed(document, &spec, |v| v["securedGroupCategoryReferences"] = json!([])));
            if rule["type"] == "INTRA_GROUP" {
                add("allow", changed(document, &spec, |v| v["securedGroupAction"] = json!("ALLOW")));
                continue;
            }
            add("gone", without(document, &place));
            add("turned", changed(document, &spec, |v| swapped(v, &V4_SIDES)));
            add(
                "every protocol",
                changed(document, &spec, |v| {
                    v.as_object_mut().unwrap().retain(|key, _| !key.ends_with("Services"));
                    v["isAllProtocolAllowed"] = json!(true);
                }),
            );
            for list in ["tcpServices", "udpServices"] {
                if !items(rule, &format!("/spec/{list}")).is_empty() {
                    add(
                        "wide port",
                        changed(document, &format!("{spec}/{list}/0"), |v| v["endPort"] = json!(65535)),
                    );
                }
            }
            for key in
                V4_SIDES.iter().flat_map(|(a, b)| [*a, *b]).filter(|key| rule["spec"].get(*key).is_some())
            {
                let pointer = format!("{spec}/{key}");
                let other = |v: &mut Value| match v {
                    Value::Array(list) => list[0] = json!(NOBODY),
                    subnet if key.contains("v6") => subnet["value"] = json!("2001:db8::"),
                    subnet => *subnet = json!({"value": "203.0.113.0", "prefixLength": 24}),
                };
                add("another peer", changed(document, &pointer, other));
            }
        }
    }
    damages
}

fn flow_v3(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for (at, rule) in items(document, "/network_security_rules").iter().enumerate() {
        let pointer = format!("/network_security_rules/{at}");
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        let resources = format!("{pointer}/spec/resources");
        let app_rule = format!("{resources}/app_rule");
        let ipv6 = rule["spec"]["resources"]["allow_ipv6_traffic"] == true;
        damages.push((
            format!("{pointer} ipv6"),
            changed(document, &resources, |v| v["allow_ipv6_traffic"] = json!(!ipv6)),
        ));
        let lists = ("inbound_allow_list", "outbound_allow_list");
        let action = &rule["spec"]["resources"]["app_rule"]["action"];
        let action = if action == "APPLY" { "MONITOR" } else { "APPLY" };
        damages.push((
            format!("{pointer} action"),
            changed(document, &app_rule, |v| v["action"] = json!(action)),
        ));
        let (one, other) = (
            &rule["spec"]["resources"]["app_rule"][lists.0],
            &rule["spec"]["resources"]["app_rule"][lists.1],
        );
        if one != other {
            damages
                .push((format!("{pointer} turned"), changed(document, &app_rule, |v| swapped(v, &[lists]))));
        }
        damages.push((format!("{pointer} no list"), without(document, &format!("{app_rule}/{}", lists.0))));
        let within = &rule["spec"]["resources"]["app_rule"]["target_group"]["default_internal_policy"];
        let flipped = if within == "DENY_ALL" { "ALLOW_ALL" } else { "DENY_ALL" };
        damages.push((
            format!("{pointer} within"),
            changed(document, &format!("{app_rule}/target_group"), |v| {
                v["default_internal_policy"] = json!(flipped)
            }),
        ));
        for list in [lists.0, lists.1] {
            for (number, _) in items(rule, &format!("/spec/resources/app_rule/{list}")).iter().enumerate() {
                let place = format!("{app_rule}/{list}/{number}");
                damages.push((format!("{place} gone"), without(document, &place)));
                let all = |v: &mut Value| {
                    v.as_object_mut()
                        .unwrap()
                        .retain(|key, _| !key.ends_with("_list") || key.starts_with("address"));
                    v["protocol"] = json!("ALL");
                };
                damages.push((format!("{place} every protocol"), changed(document, &place, all)));
                let everybody = |v: &mut Value| {
                    v.as_object_mut().unwrap().retain(|key, _| {
                        !["filter", "ip_subnet", "address_group_inclusion_list"].contains(&key.as_str())
                    });
                    v["peer_specification_type"] = json!("ALL");
                };
                damages.push((format!("{place} everybody"), changed(document, &place, everybody)));
            }
        }
    }
    damages
}

fn of_json(path: &str, document: &Value) -> Vec<Damage> {
    match path.rsplit('/').next().unwrap() {
        "security-groups.cloudformation.json" => cloudformation(document),
        "security-groups.api.json" => calls(document),
        "network-security-groups.arm.json" => arm(document),
        "flow-policies.v4.json" => flow_v4(document),
        "flow-policies.v3.json" => flow_v3(document),
        "security-groups.tf.json" => terraform::security_groups(document),
        "network-security-groups.tf.json" => terraform::network_security_groups(document),
        "flow-policies.tf.json" => terraform::flow(document),
        other => panic!("{other} has no damages here"),
    }
}

/// Damages of a change request: each line gone, turned, wider and elsewhere.
fn of_csv(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut damages = Vec::new();
    let mut add = |at: usize, what: &str, line: Option<String>| {
        let mut damaged: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        match line {
            Some(line) => damaged[at] = line,
            None => drop(damaged.remove(at)),
        }
        damages.push((format!("line {}: {what}", at + 1), (damaged.join("\n") + "\n").into_bytes()));
    };
    for (at, line) in lines.iter().enumerate().skip(1) {
        let cells: Vec<&str> = line.split("\",\"").collect();
        let with = |changes: &[(usize, &str)]| {
            let mut cells = cells.clone();
            for (at, text) in changes {
                cells[*at] = text;
            }
            Some(cells.join("\",\""))
        };
        // Another row may ask for the same, for another reason.
        let is_twin = |other: &&str| {
            let other: Vec<&str> = other.split("\",\"").collect();
            [2, 4, 5, 6].iter().all(|cell| other[*cell] == cells[*cell])
        };
        if lines.iter().filter(|line| is_twin(line)).count() == 1 {
            add(at, "gone", None);
        }
        add(at, "addresses swapped", with(&[(2, cells[4]), (4, cells[2])]));
        add(at, "starts from the other end", with(&[(7, cells[3])]));
        add(at, "another source", with(&[(2, elsewhere(cells[2]))]));
        add(at, "any destination", with(&[(4, "any")]));
        if matches!(cells[5], "tcp" | "udp") {
            add(at, "every port", with(&[(6, "0-65535")]));
            add(at, "another port", with(&[(6, "7")]));
        }
    }
    damages
}

/// Every damage of a file, as bytes.
fn damages(path: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    if path.ends_with(".csv") {
        return of_csv(bytes);
    }
    let bytes_of = |(what, document): Damage| (what, serde_json::to_vec(&document).unwrap());
    let document: Value = serde_json::from_slice(bytes).unwrap();
    // Where a port range ends at 65535 already, widening it changes nothing.
    let damages = of_json(path, &document).into_iter().filter(|(_, damaged)| *damaged != document);
    damages.map(bytes_of).collect()
}

/// How many damages of each file take effect at least.
const LEAST: &[(&str, usize)] = &[
    ("change-request.csv", 200),
    ("flow-policies.v3.json", 400),
    ("flow-policies.tf.json", 700),
    ("flow-policies.v4.json", 800),
    ("network-security-groups.arm.json", 350),
    ("network-security-groups.tf.json", 350),
    ("security-groups.api.json", 500),
    ("security-groups.cloudformation.json", 1000),
    ("security-groups.tf.json", 1000),
];

#[test]
fn every_damage_of_an_artefact_is_caught() {
    let (mut caught, mut missed) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let sites = sites();
    for (name, site) in &sites {
        for (path, bytes) in &site.files {
            assert_eq!(site.plans.verify(&site.policy, path, bytes), Ok(()), "{name}: {path}");
            let file = path.rsplit('/').next().unwrap();
            for (what, damaged) in damages(path, bytes) {
                match site.plans.verify(&site.policy, path, &damaged) {
                    Err(_) => *caught.entry(file).or_default() += 1,
                    Ok(()) => missed.push(format!("{name}: {path}: {what}")),
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
    // So that no damage is skipped without anybody noticing.
    for (file, least) in LEAST {
        assert!(caught.get(file) >= Some(least), "{file}: {caught:?}");
    }
}

#[test]
fn a_report_has_the_place_an_example_and_both_ends() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = std::fs::read_to_string(examples.join("daas-aws/site.seg")).unwrap();
    let site = compiled("daas-aws", &text, &examples);
    let is_template = |(path, _): &&(String, Vec<u8>)| path.ends_with("cloudformation.json");
    let (path, bytes) = site.files.iter().find(is_template).unwrap();
    let document: Value = serde_json::from_slice(bytes).unwrap();
    let resources = document["Resources"].as_object().unwrap();
    let rule = resources.keys().find(|id| id.starts_with("InVdaTcp1494FromCidr")).unwrap();
    let place = &format!("/Resources/{rule}");
    let wide = changed(&document, &format!("{place}/Properties"), |v| v["FromPort"] = json!(1490));
    let said = |damaged: &Value| {
        let mismatch = site.plans.verify(&site.policy, path, damaged.to_string().as_bytes()).unwrap_err();
        let report = report(&site.policy, path, None, &mismatch);
        (report.code.to_string(), report.message.clone(), format!("{report:?}"))
    };
    let (code, message, all) = said(&wide);
    assert_eq!(code, "SEG6015");
    let way = ["would let tcp/1490-1493 from 10.50.0.0/15", "reach its destination, and the plan would not"];
    assert!(way.iter().all(|part| message.contains(part)), "{message}");
    assert!(
        all.contains(&format!("at {place}")) && all.contains("for example tcp/1490 from 10.50.0.0"),
        "{all}"
    );
    let (code, message, all) = said(&changed(&document, place, |v| v["Condition"] = json!("Prod")));
    assert_eq!(code, "SEG6016");
    assert!(
        message.contains("unknown field `Condition`") && all.contains(&format!("at {place}/Condition")),
        "{all}"
    );
}
